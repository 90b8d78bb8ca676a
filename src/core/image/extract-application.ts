/**
 * Takes the application out of a file that holds more: a merged image, a UF2 or HEX container. The bytes come out as they lie in the
 * flash, with the signature behind them; nothing is repaired or added.
 */
import { Pacer } from '../bytes/pacer.ts';
import { applicationPart } from './application-part.ts';
import type { FlashRun } from './flash-runs.ts';
import { parseIntelHex } from './intel-hex.ts';
import type { EspImage, FirmwareContent } from './model.ts';
import { parseUf2 } from './uf2.ts';

const SECTOR = 0x1000;
/** `esp_secure_boot_sig_block_t` of version 1: four bytes of version, 64 of signature. */
const SIGNATURE_V1_BYTES = 68;

/** `content`: what the X-ray said of these very bytes. */
export async function extractApplication(
  bytes: Uint8Array,
  content: FirmwareContent,
  pacer = new Pacer(),
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const part = applicationPart(content);
  if (!part) return undefined;
  const start = part.flashOffset;
  const runs = await runsOf(bytes, content, pacer);
  const run = runs.find(({ flashOffset, bytes }) => start >= flashOffset && start < flashOffset + bytes.length);
  return run?.bytes.slice(start - run.flashOffset, start - run.flashOffset + applicationEnd(part.content.image));
}

async function runsOf(bytes: Uint8Array, { kind }: FirmwareContent, pacer: Pacer): Promise<readonly FlashRun[]> {
  if (kind === 'uf2') return (await parseUf2(bytes, pacer)).runs;
  if (kind === 'hex') return (await parseIntelHex(bytes, pacer)).runs;
  return [{ flashOffset: 0, bytes }];
}

/** A chip with secure boot asks for the signature that follows the image. */
function applicationEnd({ imageLength, secureBoot }: EspImage): number {
  const signature = secureBoot.at(-1);
  if (!signature) return imageLength;
  return signature.version === 1 ? signature.offset + SIGNATURE_V1_BYTES : (Math.floor(signature.offset / SECTOR) + 1) * SECTOR;
}
