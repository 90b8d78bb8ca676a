/**
 * Whether the Secure Boot signatures behind an image are right, as a chip that has their key would find them. Whose key it is, and whether that one is
 * trusted, is for others to say.
 */
import { toHex } from '../bytes/hex.ts';
import { sha256Hex } from '../bytes/sha256.ts';
import { V1_BYTES, V2_BYTES } from '../image/secure-boot.ts';
import type { SecureBootBlock } from '../image/model.ts';
import type { PublicKey } from './key-model.ts';
import { hashOf, keyBytes, parseV2Block } from './secure-boot-block.ts';
import type { V2Block, V2Scheme } from './secure-boot-block.ts';
import { verifyEcdsaP1363, verifyRsaPss } from './signature-schemes.ts';
import type { SignatureHash } from './signature-schemes.ts';
import type { CannotCheckReason, InvalidReason } from './signature-verdict.ts';
import { TrustError } from './trust-error.ts';

export type SecureBootVerdict =
  | { readonly verdict: 'valid'; readonly publicKey: PublicKey }
  /** With the key that the block states, where it could be read. */
  | { readonly verdict: 'invalid'; readonly reason: InvalidReason; readonly publicKey?: PublicKey }
  | { readonly verdict: 'cannot-check'; readonly reason: CannotCheckReason; readonly publicKey?: PublicKey };

export type SecureBootCheck = SecureBootVerdict & {
  readonly index: number;
  readonly version: SecureBootBlock['version'];
  readonly scheme: SecureBootBlock['scheme'];
  /** Lower-case hex of what is burnt into a chip to name this key; not for V1, whose blocks hold none. */
  readonly keyDigest?: string;
};

const PSS_SALT_BYTES = 32;

/**
 * @param bytes the image from its first byte, with all that was found behind it
 * @param blocks as `findSecureBootBlocks` found them there
 * @param keys for V1, whose blocks name no key: one of them must have made the signature
 */
export function verifySecureBoot(
  bytes: Uint8Array,
  blocks: readonly SecureBootBlock[],
  keys: readonly PublicKey[] = [],
): Promise<readonly SecureBootCheck[]> {
  // The first block starts where the content ends.
  const content = new Content(bytes.subarray(0, blocks[0]?.offset));
  return Promise.all(
    blocks.map(async ({ version, scheme, offset, damaged }, index) => {
      if (version === 1) return { index, version, scheme, ...(await checkV1(content, bytes.subarray(offset, offset + V1_BYTES), keys)) };
      if (damaged) return { index, version, scheme, verdict: 'invalid', reason: 'block' };
      if (scheme === 'unknown') return { index, version, scheme, verdict: 'cannot-check', reason: 'scheme-unknown' };
      const block = bytes.subarray(offset, offset + V2_BYTES);
      const keyDigest = await sha256Hex(keyBytes(block, scheme));
      return { index, version, scheme, keyDigest, ...(await checkV2(content, block, scheme)) };
    }),
  );
}

/** What is signed. Each of its hashes is computed once, however many blocks state it. */
class Content {
  readonly bytes: Uint8Array;
  readonly #digests = new Map<SignatureHash, Promise<string>>();

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  digest(hash: SignatureHash): Promise<string> {
    const digest = this.#digests.get(hash) ?? this.#compute(hash);
    this.#digests.set(hash, digest);
    return digest;
  }

  async #compute(hash: SignatureHash): Promise<string> {
    return toHex(new Uint8Array(await crypto.subtle.digest(hash, this.bytes as Uint8Array<ArrayBuffer>)));
  }
}

async function checkV2(content: Content, bytes: Uint8Array, scheme: V2Scheme): Promise<SecureBootVerdict> {
  let block: V2Block;
  try {
    block = parseV2Block(bytes, scheme);
  } catch (error) {
    if (error instanceof TrustError) return { verdict: 'invalid', reason: 'block' };
    throw error;
  }
  const { publicKey, digest } = block;
  if (toHex(digest) !== (await content.digest(hashOf(scheme)))) return { verdict: 'invalid', reason: 'content', publicKey };
  const isValid = await orUnsupported(verifyV2(content, block, scheme));
  if (isValid === undefined) return { verdict: 'cannot-check', reason: 'key-unsupported', publicKey };
  return isValid ? { verdict: 'valid', publicKey } : { verdict: 'invalid', reason: 'signature', publicKey };
}

const verifyV2 = ({ bytes }: Content, { publicKey, signature }: V2Block, scheme: V2Scheme): Promise<boolean> =>
  scheme === 'RSA-3072-PSS'
    ? verifyRsaPss(publicKey, bytes, signature, { saltLength: PSS_SALT_BYTES })
    : verifyEcdsaP1363(publicKey, bytes, signature, hashOf(scheme));

/** A version word of zero, then r and s big-endian, on P-256 over SHA-256. */
async function checkV1(content: Content, block: Uint8Array, keys: readonly PublicKey[]): Promise<SecureBootVerdict> {
  const able = keys.filter((key) => key.kind === 'EC' && key.curve === 'P-256');
  for (const publicKey of able) {
    if ((await orUnsupported(verifyEcdsaP1363(publicKey, content.bytes, block.subarray(4)))) === true)
      return { verdict: 'valid', publicKey };
  }
  return able.length === 0 ? { verdict: 'cannot-check', reason: 'no-key' } : { verdict: 'invalid', reason: 'signature' };
}

/** `undefined`: the browser cannot use the key. */
async function orUnsupported(verified: Promise<boolean>): Promise<boolean | undefined> {
  try {
    return await verified;
  } catch (error) {
    if (error instanceof TrustError) return undefined;
    throw error;
  }
}
