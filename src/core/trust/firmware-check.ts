/**
 * Finds out what each signature of a firmware is: those behind its image (Secure Boot) and those that lie beside it. What that means for a product
 * is for `firmware-signature.ts`.
 */
import { defined } from '../fields.ts';
import type { FirmwareContent, SecureBootBlock } from '../image/model.ts';
import { SIGNATURE_SECTOR_BYTES, findSecureBootBlocks } from '../image/secure-boot.ts';
import { CURVES } from './curves.ts';
import { verifyDetached } from './detached-signature.ts';
import { ecdsaDerToP1363 } from './ecdsa-der.ts';
import { fingerprint as fingerprintOf } from './fingerprint.ts';
import { judgeFirmware } from './firmware-signature.ts';
import type { FirmwareSignature, KnownKey, SignatureFinding } from './firmware-signature.ts';
import type { Fingerprint, PublicKey } from './key-model.ts';
import { verifySecureBoot } from './secure-boot-signature.ts';
import type { SecureBootCheck } from './secure-boot-signature.ts';
import type { CannotCheckReason } from './signature-verdict.ts';

/** A signature that is kept beside a firmware. */
export interface DetachedSignature {
  /** Raw, as `parseSignatureFile` gives it. */
  readonly bytes: Uint8Array;
  /** Of the key that is said to have made it; without one, every known key may have. */
  readonly fingerprint?: Fingerprint;
}

export interface FirmwareEvidence {
  /** The file. */
  readonly bytes: Uint8Array;
  /** What the X-ray says it is. */
  readonly content: FirmwareContent;
  readonly detached: readonly DetachedSignature[];
}

/** The one status, with every finding that it comes from. */
export interface CheckedFirmware {
  readonly signature: FirmwareSignature;
  readonly findings: readonly SignatureFinding[];
}

/** @param keys all that may have signed for the product, whether it believes them or not */
export async function checkFirmware(evidence: FirmwareEvidence, keys: readonly KnownKey[]): Promise<CheckedFirmware> {
  const { bytes, content, detached } = evidence;
  const beside = detached.map((signature) => checkDetached(bytes, signature, keys));
  const [inside, ...others] = await Promise.all([checkContent(bytes, content, keys), ...beside]);
  const findings = settled([...inside, ...others]);
  return { signature: judgeFirmware(findings, keys), findings };
}

/** Beside a valid signature, one that names no key tells nothing of the bytes any more: it may be anybody's. */
function settled(findings: readonly SignatureFinding[]): readonly SignatureFinding[] {
  if (findings.every(({ verdict }) => verdict !== 'valid')) return findings;
  return findings.map((finding) =>
    finding.verdict === 'invalid' && finding.reason === 'no-trusted-key'
      ? { verdict: 'cannot-check', reason: 'no-key', source: finding.source }
      : finding,
  );
}

async function checkContent(bytes: Uint8Array, content: FirmwareContent, keys: readonly KnownKey[]): Promise<readonly SignatureFinding[]> {
  switch (content.kind) {
    case 'app':
    case 'bootloader':
      return checkBlocks(bytes, content.image.secureBoot, keys);
    case 'damaged':
      // Where the image ends cannot be told any more, but its signature sector would be the last one.
      return checkBlocks(bytes, await findSecureBootBlocks(bytes, Math.max(0, bytes.length - SIGNATURE_SECTOR_BYTES)), keys);
    case 'encrypted':
      return [{ verdict: 'cannot-check', reason: 'encrypted' }];
    case 'merged':
    case 'uf2':
    case 'hex': {
      const isSigned = content.parts.some(({ content }) => 'image' in content && content.image.secureBoot.length > 0);
      return isSigned ? [{ verdict: 'cannot-check', reason: 'partly-signed' }] : [];
    }
    default:
      return [];
  }
}

async function checkBlocks(
  bytes: Uint8Array,
  blocks: readonly SecureBootBlock[],
  keys: readonly KnownKey[],
): Promise<readonly SignatureFinding[]> {
  const checks = await verifySecureBoot(
    bytes,
    blocks,
    keys.map(({ publicKey }) => publicKey),
  );
  const [first] = blocks;
  const isWhole = first?.version === 1 || bytes.length <= (first?.offset ?? 0) + SIGNATURE_SECTOR_BYTES;
  return Promise.all(checks.map((check) => findingOf(check, { isWhole, keys })));
}

/** @param isWhole nothing that is not signed follows the signature */
async function findingOf(
  check: SecureBootCheck,
  { isWhole, keys }: { readonly isWhole: boolean; readonly keys: readonly KnownKey[] },
): Promise<SignatureFinding> {
  const { version, index, scheme, keyDigest, publicKey } = check;
  const source = { form: 'secure-boot', version, index, scheme, ...defined({ keyDigest }) } as const;
  const fingerprint = publicKey && (await fingerprintOf(publicKey));
  const named = { source, ...defined({ fingerprint }) };
  if (check.verdict === 'cannot-check') return { verdict: 'cannot-check', reason: check.reason, ...named };
  if (check.verdict === 'invalid') {
    // A block of V1 names no key.
    const isClaimed = version === 2 || keys.some((key) => key.trusted && isV1Key(key.publicKey));
    return isClaimed ? { verdict: 'invalid', reason: check.reason, ...named } : { verdict: 'cannot-check', reason: 'no-key', ...named };
  }
  if (!isWhole) return { verdict: 'cannot-check', reason: 'partly-signed', ...named };
  return { verdict: 'valid', source, publicKey: check.publicKey, fingerprint: await fingerprintOf(check.publicKey) };
}

const isV1Key = (key: PublicKey): boolean => key.kind === 'EC' && key.curve === 'P-256';

/**
 * A signature that names no key is held against every key that could have made it. When none did, it is wrong if a trusted key is among those: who
 * trusts a key expects it to sign. Otherwise nobody here can tell.
 */
async function checkDetached(message: Uint8Array, signature: DetachedSignature, keys: readonly KnownKey[]): Promise<SignatureFinding> {
  const { bytes, fingerprint } = signature;
  const able = keys.filter((key) => (fingerprint === undefined ? couldHaveMade(key.publicKey, bytes) : key.fingerprint === fingerprint));
  const facts = { source: { form: 'detached' }, ...defined({ fingerprint }) } as const;
  let unchecked: CannotCheckReason | undefined;
  // One after the other: the browser copies the message for each.
  for (const { fingerprint, publicKey } of able) {
    const found = await verifyDetached(publicKey, message, bytes);
    if (found.verdict === 'valid') return { verdict: 'valid', source: { form: 'detached', scheme: found.scheme }, fingerprint, publicKey };
    if (found.verdict === 'cannot-check') unchecked ??= found.reason;
  }
  if (unchecked) return { verdict: 'cannot-check', reason: unchecked, ...facts };
  if (fingerprint !== undefined && able.length > 0) return { verdict: 'invalid', reason: 'signature', ...facts };
  return able.some(({ trusted }) => trusted)
    ? { verdict: 'invalid', reason: 'no-trusted-key', ...facts }
    : { verdict: 'cannot-check', reason: 'no-key', ...facts };
}

/** By its form. */
function couldHaveMade(key: PublicKey, signature: Uint8Array): boolean {
  switch (key.kind) {
    case 'RSA':
      return signature.length === Math.ceil(key.modulusBits / 8);
    case 'EC':
      return ecdsaDerToP1363(signature, CURVES[key.curve].byteLength) !== undefined;
    case 'Ed25519':
      return signature.length === 64;
  }
}
