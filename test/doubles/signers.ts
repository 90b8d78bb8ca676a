/** People with keys, for tests: made once for a run, for generating an RSA key takes its time. */
import { fingerprint } from '../../src/core/trust/fingerprint.ts';
import type { PublicKey } from '../../src/core/trust/key-model.ts';
import type { JwsEnvelope } from '../../src/core/trust/jws.ts';
import type { RootKey } from '../../src/core/trust/root.ts';
import { publicKeyFromDer } from '../../src/core/trust/subject-public-key.ts';
import { encodeEnvelope, signEnvelope } from '../../src/core/trust/threshold-signing.ts';
import type { Signer } from '../../src/core/trust/threshold-signing.ts';

const ALGORITHMS = {
  Ed25519: { name: 'Ed25519' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  ES384: { name: 'ECDSA', namedCurve: 'P-384' },
  RS256: rsa('RSASSA-PKCS1-v1_5', 2048),
  PS256: rsa('RSA-PSS', 2048),
  'RS256 of 1024 bits': rsa('RSASSA-PKCS1-v1_5', 1024),
} as const;

type Kind = keyof typeof ALGORITHMS;

function rsa(name: string, modulusLength: number): RsaHashedKeyGenParams {
  return { name, modulusLength, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };
}

export interface Person extends Signer {
  readonly key: RootKey;
}

const people = new Map<string, Promise<Person>>();

/** The same key for the same name. */
export function person(name: string, kind: Kind = 'Ed25519'): Promise<Person> {
  const known = people.get(`${name} ${kind}`) ?? makePerson(name, kind);
  people.set(`${name} ${kind}`, known);
  return known;
}

async function makePerson(name: string, kind: Kind): Promise<Person> {
  const pair = (await crypto.subtle.generateKey(ALGORITHMS[kind], false, ['sign', 'verify'])) as CryptoKeyPair;
  const publicKey = await publicKeyOf(pair.publicKey);
  return { privateKey: pair.privateKey, publicKey, key: { name, publicKey, fingerprint: await fingerprint(publicKey) } };
}

export const publicKeyOf = async (key: CryptoKey): Promise<PublicKey> =>
  publicKeyFromDer(new Uint8Array(await crypto.subtle.exportKey('spki', key)));

export async function signedBy(envelope: JwsEnvelope, signers: readonly Signer[]): Promise<Uint8Array<ArrayBuffer>> {
  let signed = envelope;
  for (const signer of signers) signed = await signEnvelope(signed, signer);
  return encodeEnvelope(signed);
}
