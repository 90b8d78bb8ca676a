import { expect } from 'chai';
import { fromBase64, toBase64 } from '../../../src/core/bytes/base64.ts';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import { canonicalBytes } from '../../../src/core/trust/canonical-json.ts';
import { parseEnvelope, unverifiedPayload } from '../../../src/core/trust/jws.ts';
import { publicKeyToPkcs1Pem } from '../../../src/core/trust/key-export.ts';
import type { RsaPublicKey } from '../../../src/core/trust/key-model.ts';
import { MOST_ROOT_BYTES, encodeRoot, parseRoot, readFirstRoot, readNextRoot } from '../../../src/core/trust/root.ts';
import { publicKeyFromDer } from '../../../src/core/trust/subject-public-key.ts';
import { unsignedRoot } from '../../../src/core/trust/threshold-signing.ts';
import { ReleaseHost, SPAN } from '../../doubles/release-host.ts';
import { person, signedBy } from '../../doubles/signers.ts';
import { codeOf, refusal } from './refusals.ts';

type Json = Record<string, unknown>;

async function payloadOf(): Promise<Json & { keys: Json[]; roles: Record<string, { keys: string[]; threshold: number }> }> {
  const { root } = await ReleaseHost.open();
  return JSON.parse(new TextDecoder().decode(await encodeRoot(root))) as Awaited<ReturnType<typeof payloadOf>>;
}

async function fault(change: (payload: Awaited<ReturnType<typeof payloadOf>>) => void): Promise<string> {
  const payload = await payloadOf();
  change(payload);
  return refusal(() => parseRoot(canonicalBytes(payload)));
}

describe('a root file', () => {
  it('reads back as what was written, with keys of every kind', async () => {
    const { root } = await ReleaseHost.open();
    const rsa = await person('Hal', 'RS256');
    const full = { ...root, keys: [...root.keys, rsa.key], revoked: ['cd'.repeat(32)] };
    expect(await parseRoot(await encodeRoot(full))).to.deep.equal(full);
  });

  for (const [name, field, change] of [
    ['version 0', 'version', (payload) => (payload['version'] = 0)],
    ['an end before its beginning', 'expires', (payload) => (payload['expires'] = payload['issued'])],
    ['no keys', 'keys', (payload) => delete (payload as Json)['keys']],
    ['33 keys', 'keys', (payload) => (payload.keys = Array<Json>(33).fill(payload.keys[0]!))],
    ['a key twice', 'keys', (payload) => payload.keys.push({ ...payload.keys[0]!, name: 'Somebody else' })],
    ['a key without a name', 'keys[0].name', (payload) => (payload.keys[0]!['name'] = '')],
    ['a key that is no base64', 'keys[0].spki', (payload) => (payload.keys[0]!['spki'] = '!')],
    ['a key that is no key', 'keys[0].spki', (payload) => (payload.keys[0]!['spki'] = 'MAA=')],
    ['no roles', 'roles', (payload) => delete (payload as Json)['roles']],
    ['no role for releases', 'roles.release', (payload) => delete payload.roles['release']],
    ['a threshold of 0', 'roles.root.threshold', (payload) => (payload.roles['root']!.threshold = 0)],
    ['a threshold of more keys than there are', 'roles.root.threshold', (payload) => (payload.roles['root']!.threshold = 3)],
    ['a threshold of one and a half', 'roles.release.threshold', (payload) => (payload.roles['release']!.threshold = 1.5)],
    ['a role without keys', 'roles.root.threshold', (payload) => (payload.roles['root']!.keys = [])],
    ['a key twice in a role', 'roles.root.keys', (payload) => payload.roles['root']!.keys.push(payload.roles['root']!.keys[0]!)],
    ['a role of keys that are not there', 'roles.root.keys', (payload) => (payload.roles['root']!.keys[0] = 'ab'.repeat(32))],
    ['a fingerprint that is none', 'roles.root.keys', (payload) => (payload.roles['root']!.keys[0] = 'ab')],
    ['a revoked key that has a say', 'revoked', (payload) => (payload['revoked'] = [payload.roles['root']!.keys[0]])],
    ['no list of revoked keys', 'revoked', (payload) => delete payload['revoked']],
  ] as const satisfies readonly (readonly [string, string, (payload: Awaited<ReturnType<typeof payloadOf>>) => unknown])[]) {
    it(`is refused with ${name}`, async () => expect(await fault(change)).to.equal(`ROOT_MALFORMED root.payload.${field}`));
  }

  it('does not let one key count twice by another spelling of it', async () => {
    const [bo, hal] = await Promise.all([person('Bo', 'ES256'), person('Hal', 'RS256')]);
    // SEC 1 §2.3.3: a point may be compressed.
    const { x, y } = bo.publicKey as { x: Uint8Array; y: Uint8Array } & typeof bo.publicKey;
    const prefix = [0x30, 0x39, ...bo.publicKey.spki.subarray(2, 23), 0x03, 0x22, 0x00];
    const compressed = Uint8Array.from([...prefix, 2 + (y[31]! & 1), ...x]);
    const pkcs1 = publicKeyToPkcs1Pem(hal.publicKey as RsaPublicKey).replaceAll(/-----.*-----|\s/g, '');
    const known = [bo, hal].map(({ publicKey }) => toBase64(publicKey.spki));
    for (const spki of [toBase64(compressed), pkcs1]) {
      expect(known).to.include(toBase64(publicKeyFromDer(fromBase64(spki)).spki));
      expect(await fault((payload) => payload.keys.push({ name: 'Bo again', spki }))).to.equal('ROOT_MALFORMED root.payload.keys[5].spki');
    }
  });

  it('has a fingerprint that more signatures do not change', async () => {
    const host = await ReleaseHost.open();
    const once = await readFirstRoot(await signedBy(await unsignedRoot(host.root), host.rootSigners));
    const again = await readFirstRoot(await signedBy(await unsignedRoot(host.root), [...host.rootSigners, await person('Cleo')]));
    expect(again.fingerprint).to.equal(once.fingerprint);
    expect(once.fingerprint).to.equal(await sha256Hex(unverifiedPayload(parseEnvelope(once.bytes, 'root', MOST_ROOT_BYTES), 'root')));
    expect(await readFirstRoot(once.bytes, once.fingerprint)).to.deep.equal(once);
  });

  it('is not shown to a person when its own keys have not signed it', async () => {
    const host = await ReleaseHost.open();
    const bytes = await signedBy(await unsignedRoot(host.root), host.rootSigners.slice(1));
    expect(await codeOf(() => readFirstRoot(bytes))).to.equal('ROOT_NEW_KEYS_MISSING');
  });

  it('is not parsed before the keys of the one before it have vouched for it', async () => {
    const host = await ReleaseHost.open();
    const first = await readFirstRoot(host.files.get('root.json')!);
    const nonsense = { payload: toBase64(new TextEncoder().encode('no JSON'), 'base64url'), signatures: [] };
    expect(await codeOf(async () => readNextRoot(first, await signedBy(nonsense, [])))).to.equal('ROOT_OLD_KEYS_MISSING');
    expect(await codeOf(async () => readNextRoot(first, await signedBy(nonsense, host.rootSigners)))).to.equal('JSON_MALFORMED');
  });

  it('is not signed when nobody could read it back', async () => {
    const { root } = await ReleaseHost.open();
    expect(await codeOf(() => encodeRoot({ ...root, version: 0 }))).to.equal('ROOT_MALFORMED');
    expect(await codeOf(() => encodeRoot({ ...root, ...SPAN, expiresMs: SPAN.issuedMs }))).to.equal('ROOT_MALFORMED');
  });
});
