/** What a sender says of the firmware before it comes: the `X-Firmware-*` headers, and the first bytes themselves. */
import { fromBase64 } from '../../core/bytes/base64.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { isHex } from '../../core/bytes/hex.ts';
import { APP_DESCRIPTOR_BYTES, parseAppDescriptor } from '../../core/image/descriptors.ts';
import { readHeader, HEADER_BYTES, SEGMENT_HEADER_BYTES } from '../../core/image/header.ts';
import { failWith, ImageError } from '../../core/image/image-error.ts';
import { UPDATE_HEADERS } from '../../core/ota/device-contract.ts';
import { targetProblem, type BootRules } from '../slots.ts';
import { DeviceError } from './device-error.ts';

export interface UpdateDemand {
  /** Bytes of the firmware; 0 = not said. */
  readonly size: number;
  /** Lower-case hex; empty = not said. */
  readonly sha256: string;
  readonly md5: string;
  /** Raw, as `openssl dgst -sha256 -sign` writes it. */
  readonly signature?: Uint8Array;
}

/**
 * @param contentLength counts as the size: only when the body is the firmware and nothing else
 * @throws DeviceError MALFORMED
 */
export function parseDemand(headers: Headers, contentLength: boolean): UpdateDemand {
  const declared = headers.get(UPDATE_HEADERS.size) ?? (contentLength ? headers.get('content-length') : null);
  if (declared !== null && !/^\d{1,10}$/.test(declared))
    throw new DeviceError('MALFORMED', `${UPDATE_HEADERS.size} is not a number of bytes`);
  return {
    size: Number(declared ?? 0),
    sha256: hexHeader(headers, UPDATE_HEADERS.sha256, 32),
    md5: hexHeader(headers, UPDATE_HEADERS.md5, 16),
    ...signatureHeader(headers),
  };
}

/** RSA with 16,384 bits, in base64. */
const MOST_SIGNATURE_CHARACTERS = 2732;

function signatureHeader(headers: Headers): Pick<UpdateDemand, 'signature'> {
  const value = (headers.get(UPDATE_HEADERS.signature) ?? '').trim();
  if (value === '') return {};
  try {
    if (value.length <= MOST_SIGNATURE_CHARACTERS) return { signature: fromBase64(value) };
  } catch {
    // Refused below, as one that is too long.
  }
  throw new DeviceError('MALFORMED', `${UPDATE_HEADERS.signature} is not a signature in base64`);
}

function hexHeader(headers: Headers, name: string, byteLength: number): string {
  const value = (headers.get(name) ?? '').trim().toLowerCase();
  if (value !== '' && !isHex(value, byteLength)) throw new DeviceError('MALFORMED', `${name} is not ${byteLength} bytes in hex`);
  return value;
}

/** Header, first segment header, application descriptor. */
export const HEAD_BYTES = HEADER_BYTES + SEGMENT_HEADER_BYTES + APP_DESCRIPTOR_BYTES;

/**
 * Refuses what can never run here before a single sector is erased.
 * @param head the first HEAD_BYTES, or all there is
 * @throws DeviceError IMAGE_INVALID, WRONG_CHIP, CHIP_REVISION, SECURE_VERSION
 */
export function checkHead(head: Uint8Array, rules: BootRules): void {
  const { chip, minChipRevision, maxChipRevision } = readImageHeader(head);
  const appDescriptor = parseAppDescriptor(head.subarray(HEADER_BYTES + SEGMENT_HEADER_BYTES));
  const found = targetProblem({ chip: chip.name, minChipRevision, maxChipRevision, ...(appDescriptor && { appDescriptor }) }, rules);
  if (found) throw new DeviceError(found.code, found.problem);
}

function readImageHeader(head: Uint8Array): ReturnType<typeof readHeader> {
  try {
    return readHeader(new ByteReader(head, failWith('IMAGE_TRUNCATED')), () => undefined);
  } catch (cause) {
    if (cause instanceof ImageError) throw new DeviceError('IMAGE_INVALID', cause.message, {}, { cause });
    throw cause;
  }
}

interface Peeked {
  readonly head: Uint8Array;
  /** Everything, the head included. */
  readonly all: AsyncGenerator<Uint8Array, void, undefined>;
}

/** Looks at the first `count` bytes without taking them away. */
export async function peek(source: AsyncGenerator<Uint8Array, void, undefined>, count: number): Promise<Peeked> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  while (length < count) {
    const { done, value } = await source.next();
    if (done) break;
    pieces.push(value);
    length += value.length;
  }
  const head = new Uint8Array(Math.min(count, length));
  let at = 0;
  for (const piece of pieces) {
    head.set(piece.subarray(0, head.length - at), at);
    at = Math.min(head.length, at + piece.length);
  }
  return { head, all: again(pieces, source) };
}

async function* again(
  pieces: readonly Uint8Array[],
  source: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* pieces;
    yield* source;
  } finally {
    await source.return();
  }
}
