/**
 * The keys that a board was provisioned with, and what it does with them: it verifies for itself, over what lies in its flash, who signed an
 * update (S0, S1, S2). A signature comes with the update (`X-Firmware-Signature`) or stands behind the image (Secure Boot V2). What was in the
 * flash before is not asked.
 */
import { fromBase64, toBase64 } from '../../core/bytes/base64.ts';
import type { EspImage, FirmwareContent, Partition } from '../../core/image/model.ts';
import { findSecureBootBlocks } from '../../core/image/secure-boot.ts';
import { MOST_TRUSTED_KEYS } from '../../core/ota/device-contract.ts';
import { fingerprint } from '../../core/trust/fingerprint.ts';
import { checkFirmware } from '../../core/trust/firmware-check.ts';
import type { FirmwareSignature, KnownKey } from '../../core/trust/firmware-signature.ts';
import type { PublicKey } from '../../core/trust/key-model.ts';
import { isWeak } from '../../core/trust/key-strength.ts';
import { publicKeyFromDer } from '../../core/trust/subject-public-key.ts';
import { TrustError } from '../../core/trust/trust-error.ts';
import type { BenchSettings } from '../bench.ts';
import type { BoardState } from '../board-state.ts';
import type { Board } from '../board.ts';
import { SECTOR_BYTES } from '../flash.ts';
import { DeviceError } from './device-error.ts';

/** A list of public keys, each as the one SPKI that there is of it. */
export function isKeyList(value: unknown): boolean {
  return Array.isArray(value) && value.length <= MOST_TRUSTED_KEYS && value.every(isSpki);
}

function isSpki(value: unknown): boolean {
  try {
    return typeof value === 'string' && toBase64(parseSpki(value).spki) === value;
  } catch (error) {
    if (error instanceof RangeError || error instanceof TrustError) return false;
    throw error;
  }
}

const parseSpki = (base64: string): PublicKey => publicKeyFromDer(fromBase64(base64));

/** Settings of before this switch have keys, or no check. */
export const checksSignatures = ({ signatureRequired, trustedKeys }: Pick<BenchSettings, 'signatureRequired' | 'trustedKeys'>): boolean =>
  signatureRequired || trustedKeys.length > 0;

/** They have no names on the board, and it believes all of them but those that are too weak, as boards of before may have. */
export function provisionedKeys({ trustedKeys }: Pick<BenchSettings, 'trustedKeys'>): Promise<readonly KnownKey[]> {
  const keys = trustedKeys.map(parseSpki).filter((key) => !isWeak(key));
  return Promise.all(
    keys.map(async (publicKey) => {
      return { fingerprint: await fingerprint(publicKey), name: '', publicKey, status: 'active', trusted: true } as const;
    }),
  );
}

interface Written {
  readonly partition: Pick<Partition, 'offset'>;
  /** Of the file. */
  readonly length: number;
  /** Absent = no application: only a signature that came with it can speak for it. */
  readonly image?: EspImage | undefined;
  readonly signature?: Uint8Array | undefined;
}

/**
 * For a board that checks, and has nothing to check with: nothing could pass, so nothing is erased for it.
 * @throws DeviceError SIGNATURE_INVALID
 */
export async function assertCanTrust({ bench }: Pick<BoardState, 'bench'>): Promise<void> {
  if (checksSignatures(bench) && (await provisionedKeys(bench)).length === 0) throw new DeviceError(...NO_KEY);
}

/**
 * For a board that checks. What it refuses must not be found by a boot loader either: the first sector of it is erased.
 * @throws DeviceError SIGNATURE_MISSING, SIGNATURE_INVALID; FlashError
 */
export async function refuseUntrusted(board: Board, written: Written): Promise<void> {
  const problem = await signatureProblem(board, written);
  if (!problem) return;
  board.flash.erase(written.partition.offset, SECTOR_BYTES);
  throw problem;
}

export async function signatureProblem(
  { flash, state }: Board,
  { partition, length, image, signature }: Written,
): Promise<DeviceError | undefined> {
  if (!checksSignatures(state.bench)) return undefined;
  const keys = await provisionedKeys(state.bench);
  const bytes = flash.read(partition.offset, length);
  const content = await contentOf(bytes, image);
  const detached = signature ? [{ bytes: signature }] : [];
  return refusalOf((await checkFirmware({ bytes, content, detached }, keys)).signature);
}

/** The slot may hold signatures of an earlier image behind the end of this file: those are not of it. */
async function contentOf(bytes: Uint8Array, image: EspImage | undefined): Promise<FirmwareContent> {
  if (!image) return { kind: 'unknown' };
  return { kind: 'app', image: { ...image, secureBoot: await findSecureBootBlocks(bytes, image.imageLength) } };
}

type Refusal = readonly [code: 'SIGNATURE_MISSING' | 'SIGNATURE_INVALID', message: string];

const NO_KEY: Refusal = ['SIGNATURE_INVALID', 'this device checks signatures and has no key: it takes nothing until it is given one'];
const OTHER_KEY: Refusal = ['SIGNATURE_INVALID', 'it is signed by a key that this device does not have'];

const REFUSALS: Readonly<Record<Exclude<FirmwareSignature['status'], 'trusted'>, Refusal>> = {
  unsigned: ['SIGNATURE_MISSING', 'nobody has signed it, and this device takes only what one of its keys has signed'],
  tampered: ['SIGNATURE_INVALID', 'no key of this device has made this signature over these bytes'],
  'unknown-key': OTHER_KEY,
  'revoked-key': OTHER_KEY,
  'cannot-check': ['SIGNATURE_INVALID', 'this device has no key that could check this signature'],
};

function refusalOf({ status }: FirmwareSignature): DeviceError | undefined {
  if (status === 'trusted') return undefined;
  const [code, message] = REFUSALS[status];
  return new DeviceError(code, message);
}
