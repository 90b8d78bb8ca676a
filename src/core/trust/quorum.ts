/** Have enough of the right keys signed an envelope? Only then its payload is handed out. Knows keys and thresholds, no files. */
import { fitsKey, verifyJws } from './jws-algorithms.ts';
import { signingInput, unverifiedPayload } from './jws.ts';
import type { JwsEnvelope, JwsSignature } from './jws.ts';
import type { Fingerprint, PublicKey } from './key-model.ts';
import { TrustError } from './trust-error.ts';
import type { TrustErrorCode } from './trust-error.ts';

export interface Quorum {
  readonly keys: ReadonlyMap<Fingerprint, PublicKey>;
  /** So many of the keys, each counted once. */
  readonly threshold: number;
  readonly revoked: ReadonlySet<Fingerprint>;
}

/** `unknown`: by a key that has no say here; whether it is right is nobody's business. */
export type SignatureAnswer = 'valid' | 'wrong' | 'unknown' | 'revoked' | 'unchecked';

export interface QuorumOptions {
  /** What it is, for errors. */
  readonly where: string;
  /** What it is called when too few have signed. */
  readonly code?: TrustErrorCode;
}

export async function checkSignatures(
  envelope: JwsEnvelope,
  quorum: Pick<Quorum, 'keys' | 'revoked'>,
): Promise<ReadonlyMap<Fingerprint, SignatureAnswer>> {
  const answers = new Map<Fingerprint, SignatureAnswer>();
  for (const signature of envelope.signatures) answers.set(signature.kid, await checkSignature(envelope, signature, quorum));
  return answers;
}

/** An algorithm that is not for the key is as wrong as any other signature: it must not keep the others from counting. */
export async function checkSignature(
  envelope: JwsEnvelope,
  { algorithm, kid, protectedHeader, signature }: JwsSignature,
  { keys, revoked }: Pick<Quorum, 'keys' | 'revoked'>,
): Promise<SignatureAnswer> {
  if (revoked.has(kid)) return 'revoked';
  const key = keys.get(kid);
  if (!key) return 'unknown';
  if (!fitsKey(algorithm, key)) return 'wrong';
  try {
    return (await verifyJws(algorithm, key, signingInput(envelope, protectedHeader), signature)) ? 'valid' : 'wrong';
  } catch (error) {
    if (error instanceof TrustError) return 'unchecked';
    throw error;
  }
}

/** @returns who signed. @throws TrustError */
export async function assertQuorum(
  envelope: JwsEnvelope,
  quorum: Quorum,
  { where, code = 'THRESHOLD_NOT_MET' }: QuorumOptions,
): Promise<readonly Fingerprint[]> {
  const answers = await checkSignatures(envelope, quorum);
  const by = (wanted: SignatureAnswer): readonly Fingerprint[] =>
    [...answers].filter(([, answer]) => answer === wanted).map(([kid]) => kid);
  const signers = by('valid');
  if (signers.length >= quorum.threshold) return signers;
  const field = `${where}.signatures`;
  const wrong = by('wrong').length;
  const misfit = wrong > 0 ? `, and ${wrong} of its signatures ${wrong === 1 ? 'does' : 'do'} not fit these bytes` : '';
  const rule = `signed by ${signers.length} of the ${quorum.threshold} keys that it needs${misfit}`;
  if (signers.length + by('unchecked').length >= quorum.threshold) throw new TrustError('THRESHOLD_UNCHECKED', field, rule);
  const [revoked] = by('revoked');
  if (revoked !== undefined) throw new TrustError('KEY_REVOKED', field, `${rule}, and by one that is revoked`, { found: revoked });
  throw new TrustError(code, field, rule);
}

/** Verify before parse: the payload, once enough have signed it. @throws TrustError */
export async function openEnvelope(
  envelope: JwsEnvelope,
  quorum: Quorum,
  options: QuorumOptions,
): Promise<{ readonly payload: Uint8Array<ArrayBuffer>; readonly signers: readonly Fingerprint[] }> {
  const signers = await assertQuorum(envelope, quorum, options);
  return { payload: unverifiedPayload(envelope, options.where), signers };
}
