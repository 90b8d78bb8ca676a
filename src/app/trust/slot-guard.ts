/**
 * May a slot that was written before be started on a guarded board? What lies in it is known by its hash alone: that of a file in the library, or
 * the one inside the image, as boards tell it. The way back that a boot loader takes by itself asks nobody, here as on a real board.
 */
import type { DeviceRecord, FirmwareReport } from '../model.ts';
import type { DeviceService, LibraryService } from '../services.ts';
import type { MayStart, StartingSlot } from '../slot-word.ts';
import { appImageOf } from '../../core/image/starting-app.ts';
import { guardedOf } from './cable-guard.ts';
import type { ReleaseService } from './release-services.ts';
import type { KeyService, SignatureService } from './services.ts';
import { SignatureError } from './signature-errors.ts';

export interface SlotGuardPorts {
  readonly devices: Pick<DeviceService, 'stored' | 'history'>;
  readonly library: Pick<LibraryService, 'get' | 'report'>;
  readonly keys: Pick<KeyService, 'load'>;
  readonly signatures: Pick<SignatureService, 'trust'>;
  readonly releases: Pick<ReleaseService, 'known'>;
}

/** It throws SignatureError SLOT_UNTRUSTED; where nobody gave their word also SLOT_NOT_KNOWN, and SLOT_MAY_BE_GUARDED. */
export function slotGuard(ports: SlotGuardPorts): MayStart {
  return async (board, slot, { evenUnknown = false } = {}) => {
    const { devices, keys } = ports;
    const { isKnown, candidates } = guardedOf(await devices.stored(), board);
    if (candidates.length === 0) return;
    await keys.load();
    const judged = await Promise.all(candidates.map((record) => refusalOf(slot, { board, record, ports })));
    const refusal = judged.find((found) => found !== undefined);
    if (!refusal || (evenUnknown && !(isKnown && refusal.code === 'SLOT_UNTRUSTED'))) return;
    throw isKnown ? refusal : new SignatureError('SLOT_MAY_BE_GUARDED', 'a guarded board would not start it', refusal.details);
  };
}

interface Court {
  readonly board: string;
  readonly record: DeviceRecord;
  readonly ports: SlotGuardPorts;
}

async function refusalOf(slot: StartingSlot | undefined, { board, record, ports }: Court): Promise<SignatureError | undefined> {
  const { name, guardedProduct: product = '' } = record;
  const details = { name, product, slot: slot?.label ?? '', version: slot?.version ?? '' };
  const sha256 = slot?.sha256 ? await fileOf(slot.sha256, [board, record.id], ports) : undefined;
  if (sha256 === undefined) return new SignatureError('SLOT_NOT_KNOWN', 'nobody here knows what lies there', details);
  const status = await statusOf(sha256, record, ports);
  if (status === 'trusted') return undefined;
  return new SignatureError('SLOT_UNTRUSTED', 'what lies there is not trusted', { ...details, status, sha256 });
}

/** Keys may be trusted by several products; what an application calls itself has to be this one. */
async function statusOf(sha256: string, { guardedProduct = '' }: DeviceRecord, { library, signatures }: SlotGuardPorts): Promise<string> {
  const project = appImageOf((await library.report(sha256)).content)?.appDescriptor?.projectName;
  if (guardedProduct === '' || project !== guardedProduct) return 'other-product';
  return (await signatures.trust(sha256, guardedProduct)).signature.status;
}

/** The file in the library that a slot holds. A hash that is none of a file is looked for in those that the board got, or that were released. */
async function fileOf(
  hash: string,
  boards: readonly string[],
  { devices, library, releases }: SlotGuardPorts,
): Promise<string | undefined> {
  if (await library.get(hash)) return hash;
  const released = (await releases.known()).find(({ release }) => release.appendedHash === hash)?.release.sha256;
  if (released !== undefined && (await library.get(released))) return released;
  const histories = await Promise.all([...new Set(boards)].map((id) => devices.history(id).catch(() => [])));
  for (const sha256 of new Set(histories.flat().map((entry) => entry.sha256))) {
    if (sha256 !== undefined && (await library.get(sha256)) && innerHash(await library.report(sha256)) === hash) return sha256;
  }
  return undefined;
}

function innerHash({ content }: FirmwareReport): string | undefined {
  const hash = appImageOf(content)?.appendedHash;
  return hash?.valid ? hash.stored : undefined;
}
