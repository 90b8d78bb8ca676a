import { expect } from 'chai';
import { TrustError } from '../../../src/core/trust/trust-error.ts';
import { factsOf } from '../../../src/core/trust/log-acts.ts';
import { appendTo } from '../../../src/core/trust/log-chain.ts';
import { headInFacts, parseSignedHead, signHead, verifyHead, type SignedHead } from '../../../src/core/trust/log-head.ts';
import { verifyChain } from '../../../src/core/trust/log-verify.ts';
import { atOf, chainOf, linesOfChain } from './log-fixtures.ts';

const KID = 'ab'.repeat(32);
const AT = atOf(20);
const RSA = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };

const newPair = async (algorithm: RsaHashedKeyGenParams | EcKeyGenParams | Algorithm): Promise<CryptoKeyPair> =>
  (await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])) as CryptoKeyPair;

describe('a signed head', () => {
  const chain = chainOf(5);
  const [, , third] = chain;
  const sign = ({ privateKey }: CryptoKeyPair): Promise<SignedHead> => signHead(third!, AT, { kid: KID, key: privateKey });

  for (const algorithm of [RSA, { name: 'ECDSA', namedCurve: 'P-256' }, { name: 'Ed25519' }]) {
    it(`is verified by its ${algorithm.name} key, and by no other`, async () => {
      const pair = await newPair(algorithm);
      const head = await sign(pair);
      expect(head).to.include({ seq: 3, h: third!.h, at: AT, kid: KID });
      expect(await verifyHead(head, pair.publicKey)).to.equal(true);
      expect(await verifyHead(head, (await newPair(algorithm)).publicKey)).to.equal(false);
    });
  }

  it('is false once any of its fields is another', async () => {
    const pair = await newPair({ name: 'Ed25519' });
    const head = await sign(pair);
    for (const change of [{ seq: 4 }, { h: chain[3]!.h }, { at: atOf(1) }, { kid: 'cd'.repeat(32) }, { signature: 'AAAA' }])
      expect(await verifyHead({ ...head, ...change }, pair.publicKey), Object.keys(change)[0]).to.equal(false);
  });

  it('is not signed by a key that encrypts', async () => {
    const key = await crypto.subtle.generateKey({ name: 'AES-CBC', length: 256 }, false, ['encrypt']);
    const error: unknown = await signHead(third!, AT, { kid: KID, key }).catch((error: unknown) => error);
    expect(error).to.be.instanceOf(TrustError).and.include({ code: 'KEY_UNSUPPORTED' });
  });

  it('is an entry of the log like any other, and what it tells is looked at', async () => {
    const head = await sign(await newPair({ name: 'Ed25519' }));
    const body = { at: AT, act: 'head-signed', by: 'page' } as const;
    const told = (given: SignedHead) => appendTo(chain[4]!, { ...body, facts: factsOf('head-signed', { ...given, name: 'mine' }) });
    expect(headInFacts(told(head).facts)).to.deep.equal(head);
    const verdict = await verifyChain([linesOfChain([...chain, told(head)])]);
    expect(verdict.broken).to.equal(undefined);
    expect(verdict.signedHeads).to.deep.equal([head]);
    const lie = await verifyChain([[...chain, told({ ...head, h: chain[3]!.h })]]);
    expect(lie.broken).to.include({ seq: 6, reason: 'rewritten' });
  });

  it('that was kept as a file is read field by field', async () => {
    const head = await sign(await newPair({ name: 'Ed25519' }));
    expect(parseSignedHead(JSON.parse(JSON.stringify(head)))).to.deep.equal(head);
    for (const change of [{ seq: 0 }, { seq: '3' }, { h: 'AB' }, { at: 'today' }, { kid: '' }, { signature: '+/' }, { signature: 'A' }]) {
      expect(() => parseSignedHead({ ...head, ...change }), JSON.stringify(change)).to.throw(TrustError, `head.${Object.keys(change)[0]}`);
    }
    for (const value of [null, 7, 'head', [head]]) expect(() => parseSignedHead(value)).to.throw(TrustError);
  });
});
