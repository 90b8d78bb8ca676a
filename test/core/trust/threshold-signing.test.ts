import { expect } from 'chai';
import { toBase64 } from '../../../src/core/bytes/base64.ts';
import { canonicalBytes } from '../../../src/core/trust/canonical-json.ts';
import { parseEnvelope, unverifiedPayload } from '../../../src/core/trust/jws.ts';
import type { JwsEnvelope, JwsSignature } from '../../../src/core/trust/jws.ts';
import type { JwsAlgorithm } from '../../../src/core/trust/jws-algorithms.ts';
import { MOST_RELEASE_BYTES, parseRelease } from '../../../src/core/trust/release.ts';
import { encodeEnvelope, mergeEnvelopes, signEnvelope, signingState, unsignedRelease } from '../../../src/core/trust/threshold-signing.ts';
import { IMAGE, ReleaseHost, releaseOf, roleOf } from '../../doubles/release-host.ts';
import { person } from '../../doubles/signers.ts';
import type { Person } from '../../doubles/signers.ts';
import { codeOf } from './refusals.ts';

/** As a file goes from hand to hand. */
const sent = (envelope: JwsEnvelope): JwsEnvelope => parseEnvelope(encodeEnvelope(envelope), 'release', MOST_RELEASE_BYTES);

async function team() {
  const people = await Promise.all([person('Cleo'), person('Dan', 'ES384'), person('Eve')]);
  const host = await ReleaseHost.open();
  return { people, root: host.root, unsigned: unsignedRelease(await releaseOf(IMAGE.bytes)) };
}

const keysOf = (people: readonly Person[]) => new Map(people.map(({ key, publicKey }) => [key.fingerprint, publicKey] as const));

describe('signing by several people', () => {
  it('export, sign elsewhere, merge: in any order', async () => {
    const { people, root, unsigned } = await team();
    const [cleo, dan, eve] = await Promise.all(people.map((signer) => signEnvelope(sent(unsigned), signer)));
    const merge = (first: JwsEnvelope, second: JwsEnvelope) => mergeEnvelopes(first, second, keysOf(people));
    const merged = await merge(await merge(sent(cleo!), sent(unsigned)), await merge(sent(eve!), sent(dan!)));
    const other = await merge(dan!, await merge(unsigned, await merge(eve!, cleo!)));
    for (const envelope of [merged, other]) {
      const state = await signingState(sent(envelope), root);
      expect(state.signed.map(({ name }) => name)).to.deep.equal(['Cleo', 'Dan', 'Eve']);
      expect(state).to.deep.include({ open: [], missing: 0, others: [] });
    }
  });

  it('shows what is to be signed before it is', async () => {
    const { unsigned } = await team();
    expect(parseRelease(unverifiedPayload(sent(unsigned), 'release'))).to.deep.equal(await releaseOf(IMAGE.bytes));
  });

  it('says who has signed, who may, and how many are missing', async () => {
    const { people, root, unsigned } = await team();
    const before = await signingState(unsigned, root);
    expect(before).to.deep.include({ signed: [], missing: 2, others: [] });
    const after = await signingState(await signEnvelope(unsigned, people[1]!), root);
    expect(after.signed.map(({ name }) => name)).to.deep.equal(['Dan']);
    expect(after.open.map(({ name }) => name)).to.deep.equal(['Cleo', 'Eve']);
    expect(after.missing).to.equal(1);
  });

  it('lists signatures that do not count, with the reason', async () => {
    const { people, root, unsigned } = await team();
    const [cleo, dan] = people;
    const mallory = await person('Mallory');
    let envelope = await signEnvelope(await signEnvelope(await signEnvelope(unsigned, mallory), cleo!), dan!);
    const [first, second, third] = envelope.signatures;
    envelope = { ...envelope, signatures: [first!, { ...second!, signature: second!.signature.map((byte) => byte ^ 0x80) }, third!] };
    const revoking = { ...root, revoked: [dan!.key.fingerprint] };
    const state = await signingState(envelope, revoking);
    expect(state.others).to.deep.equal([
      { kid: mallory.key.fingerprint, answer: 'unknown' },
      { kid: cleo!.key.fingerprint, answer: 'wrong' },
      { kid: dan!.key.fingerprint, answer: 'revoked' },
    ]);
    expect(state).to.deep.include({ signed: [], missing: 2 });
  });

  it('asks the old and the new root file about a rotation', async () => {
    const { root, unsigned } = await team();
    const fay = await person('Fay');
    const next = { ...root, keys: [...root.keys, fay.key], roles: { ...root.roles, root: roleOf([fay]) } };
    const envelope = await signEnvelope(unsigned, fay);
    expect((await signingState(envelope, root, 'root')).missing).to.equal(2);
    expect((await signingState(envelope, next, 'root')).missing).to.equal(0);
  });

  it('does not merge signatures over different releases', async () => {
    const { people, unsigned } = await team();
    const other = unsignedRelease(await releaseOf(IMAGE.bytes, { notes: 'Other.' }));
    const signed = await signEnvelope(other, people[0]!);
    expect(await codeOf(() => mergeEnvelopes(unsigned, signed, keysOf(people)))).to.equal('JWS_PAYLOAD_DIFFERS');
  });

  it('counts somebody who signed two copies once', async () => {
    const { people, root, unsigned } = await team();
    const dan = people[1]!;
    const merged = await mergeEnvelopes(await signEnvelope(unsigned, dan), await signEnvelope(unsigned, dan), keysOf(people));
    expect(merged.signatures).to.have.length(1);
    expect((await signingState(merged, root)).missing).to.equal(1);
  });

  describe('one signer cannot stop the others', () => {
    const forged = (name: string, { kid }: JwsSignature, algorithm: JwsAlgorithm = 'Ed25519'): JwsSignature => ({
      protectedHeader: toBase64(canonicalBytes({ alg: algorithm, kid }), 'base64url'),
      algorithm,
      kid,
      signature: new TextEncoder().encode(name.padEnd(64)),
    });

    for (const [attack, algorithm] of [
      ['garbage under the key of another', 'Ed25519'],
      ['RS256 under an Ed25519 key', 'RS256'],
    ] as const) {
      it(`${attack}: the right signature is kept, whichever came first`, async () => {
        const { people, root, unsigned } = await team();
        const [cleo, dan] = people;
        const signed = await signEnvelope(await signEnvelope(unsigned, cleo!), dan!);
        const bad = { ...unsigned, signatures: [forged('eve', signed.signatures[0]!, algorithm)] };
        for (const pair of [
          [bad, signed],
          [signed, bad],
        ] as const) {
          const merged = await mergeEnvelopes(pair[0], sent(pair[1]), keysOf(people));
          expect(await signingState(sent(merged), root)).to.deep.include({ missing: 0, others: [] });
        }
        expect((await mergeEnvelopes(unsigned, bad, keysOf(people))).signatures).to.deep.equal([]);
        expect((await signingState(bad, root)).others).to.deep.equal([{ kid: cleo!.key.fingerprint, answer: 'wrong' }]);
        expect((await signingState(await signEnvelope(bad, cleo!), root)).missing).to.equal(1);
      });
    }

    it('a crowd of unknown signatures: those that count come first, and the file can be read back', async () => {
      const { people, root, unsigned } = await team();
      const strangers = Array.from({ length: 32 }, (_, index) =>
        forged('stranger', { kid: index.toString(16).padStart(64, '0') } as JwsSignature),
      );
      const crowd = sent({ ...unsigned, signatures: strangers });
      const signed = await signEnvelope(await signEnvelope(unsigned, people[0]!), people[1]!);
      for (const merged of [await mergeEnvelopes(crowd, signed, keysOf(people)), await mergeEnvelopes(signed, crowd, keysOf(people))])
        expect((await signingState(sent(merged), root)).missing).to.equal(0);
      expect((await signingState(sent(await signEnvelope(crowd, people[0]!)), root)).missing).to.equal(1);
    });
  });
});
