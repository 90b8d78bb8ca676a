import { expect } from 'chai';
import { fromBase64, toBase64 } from '../../../src/core/bytes/base64.ts';
import { verifyJws } from '../../../src/core/trust/jws-algorithms.ts';
import type { JwsAlgorithm } from '../../../src/core/trust/jws-algorithms.ts';
import { parseEnvelope, signingInput, unverifiedPayload } from '../../../src/core/trust/jws.ts';
import type { JwsEnvelope } from '../../../src/core/trust/jws.ts';
import { assertQuorum, checkSignatures, openEnvelope } from '../../../src/core/trust/quorum.ts';
import type { Quorum } from '../../../src/core/trust/quorum.ts';
import { encodeEnvelope, signEnvelope } from '../../../src/core/trust/threshold-signing.ts';
import { utf8 } from '../image/builders.ts';
import { person, publicKeyOf } from '../../doubles/signers.ts';
import type { Person } from '../../doubles/signers.ts';
import { codeOf, refusal } from './refusals.ts';

const PAYLOAD = toBase64(utf8('{"a":1}'), 'base64url');
const KID = 'ab'.repeat(32);
const encoded = (value: unknown): string => toBase64(utf8(typeof value === 'string' ? value : JSON.stringify(value)), 'base64url');
const signature = (header: unknown, more: object = {}) => ({ protected: encoded(header), signature: encoded('sig'), ...more });
const parse = (value: unknown): JwsEnvelope =>
  parseEnvelope(utf8(typeof value === 'string' ? value : JSON.stringify(value)), 'release', 8192);
const withHeader = (header: unknown, more: object = {}) => ({ payload: PAYLOAD, signatures: [signature(header, more)] });

/** Values of the RFCs' examples: key as JWK, protected header, payload, signature. */
const EXAMPLES = {
  'RFC 7515 A.2': {
    algorithm: 'RS256',
    jwk: {
      kty: 'RSA',
      n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
      e: 'AQAB',
    },
    imported: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    header: 'eyJhbGciOiJSUzI1NiJ9',
    payload: 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ',
    signature:
      'cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw',
  },
  'RFC 7515 A.3': {
    algorithm: 'ES256',
    jwk: {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
    imported: { name: 'ECDSA', namedCurve: 'P-256' },
    header: 'eyJhbGciOiJFUzI1NiJ9',
    payload: 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ',
    signature: 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
  },
  'RFC 8037 A.4': {
    algorithm: 'EdDSA',
    jwk: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
    imported: { name: 'Ed25519' },
    header: 'eyJhbGciOiJFZERTQSJ9',
    payload: 'RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc',
    signature: 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
  },
} as const satisfies Record<string, { readonly algorithm: JwsAlgorithm } & Record<string, unknown>>;

describe('JWS: the examples of the RFCs', () => {
  for (const [name, { algorithm, jwk, imported, header, payload, signature }] of Object.entries(EXAMPLES)) {
    it(`${name}: ${algorithm}`, async () => {
      const key = await publicKeyOf(await crypto.subtle.importKey('jwk', jwk, imported, true, ['verify']));
      const message = signingInput({ payload, signatures: [] }, header);
      const bytes = fromBase64(signature, 'base64url');
      expect(await verifyJws(algorithm, key, message, bytes)).to.equal(true);
      message[3]! ^= 1;
      expect(await verifyJws(algorithm, key, message, bytes)).to.equal(false);
    });
  }

  it('RFC 7515 A.6: a `kid` that is not protected names nobody', async () => {
    const { header, payload, signature } = EXAMPLES['RFC 7515 A.2'];
    const value = { payload, signatures: [{ protected: header, header: { kid: '2010-12-29' }, signature }] };
    expect(await refusal(() => parse(value))).to.equal('JWS_UNPROTECTED release.signatures[0].header.kid');
  });
});

describe('parseEnvelope()', () => {
  it('keeps payload and protected headers as they were written', () => {
    const value = withHeader(`{ "kid" : "${KID}",\n"alg":"RS256", "note":"x"}`, { header: { note: 'not protected' }, more: 1 });
    const envelope = parse({ ...value, more: [] });
    expect(envelope.payload).to.equal(PAYLOAD);
    expect(envelope.signatures).to.deep.equal([
      { protectedHeader: value.signatures[0]!.protected, algorithm: 'RS256', kid: KID, signature: utf8('sig') },
    ]);
    expect([...unverifiedPayload(envelope, 'release')]).to.deep.equal([...utf8('{"a":1}')]);
  });

  it('takes one that nobody has signed yet', () => {
    expect(parse({ payload: PAYLOAD, signatures: [] }).signatures).to.deep.equal([]);
  });

  for (const alg of ['none', 'None', 'NONE', 'HS256', 'RS1', 'rs256', 'ES512', 'Ed448', '', 'toString', '__proto__']) {
    it(`refuses the algorithm ${JSON.stringify(alg)}`, async () => {
      expect(await refusal(() => parse(withHeader({ alg, kid: KID })))).to.equal('JWS_ALGORITHM release.signatures[0].protected.alg');
    });
  }

  for (const [name, header, code] of [
    ['crit', { crit: ['exp'] }, 'JWS_CRIT'],
    ['crit', { crit: [] }, 'JWS_CRIT'],
    ['crit', { crit: null }, 'JWS_CRIT'],
    ['b64', { b64: false }, 'JWS_UNENCODED'],
    ['b64', { b64: true }, 'JWS_UNENCODED'],
    ['jwk', { jwk: EXAMPLES['RFC 8037 A.4'].jwk }, 'JWS_EMBEDDED_KEY'],
    ['jku', { jku: 'https://example.org/keys' }, 'JWS_EMBEDDED_KEY'],
    ['x5u', { x5u: 'https://example.org/key' }, 'JWS_EMBEDDED_KEY'],
    ['x5c', { x5c: ['MII'] }, 'JWS_EMBEDDED_KEY'],
    ['x5t', { x5t: 'abc' }, 'JWS_EMBEDDED_KEY'],
    ['x5t#S256', { 'x5t#S256': 'abc' }, 'JWS_EMBEDDED_KEY'],
  ] as const) {
    it(`refuses the header ${JSON.stringify(header)}, before it looks at the algorithm`, async () => {
      for (const alg of ['RS256', 'none'])
        expect(await refusal(() => parse(withHeader({ alg, kid: KID, ...header })))).to.equal(
          `${code} release.signatures[0].protected.${name}`,
        );
    });
  }

  for (const name of ['alg', 'kid', 'typ', 'crit', 'jwk', 'jku', 'x5u', 'x5c', 'b64']) {
    it(`refuses ${name} in a header that is not protected`, async () => {
      const value = withHeader({ alg: 'RS256', kid: KID }, { header: { [name]: 'x' } });
      expect(await refusal(() => parse(value))).to.equal(`JWS_UNPROTECTED release.signatures[0].header.${name}`);
    });
  }

  it('refuses two signatures by one key, also when they differ', async () => {
    const value = {
      payload: PAYLOAD,
      signatures: [signature({ alg: 'Ed25519', kid: KID }), signature({ alg: 'EdDSA', kid: KID }, { signature: encoded('other') })],
    };
    expect(await refusal(() => parse(value))).to.equal('JWS_KEY_TWICE release.signatures[1]');
  });

  it('refuses a member twice, outside and in a protected header', async () => {
    const text = JSON.stringify(withHeader({ alg: 'RS256', kid: KID }));
    expect(await refusal(() => parse(text.replace('{"payload"', '{"payload":"e30","payload"')))).to.equal('JSON_MALFORMED release');
    expect(await refusal(() => parse(withHeader(`{"alg":"none","alg":"RS256","kid":"${KID}"}`)))).to.equal(
      'JSON_MALFORMED release.signatures[0].protected',
    );
  });

  for (const [name, value, field] of [
    ['a list', [], ''],
    ['the compact serialization as text', `"${PAYLOAD}"`, ''],
    ['the flattened serialization', { payload: PAYLOAD, ...signature({ alg: 'RS256', kid: KID }) }, '.protected'],
    ['both serializations at once', { ...withHeader({ alg: 'RS256', kid: KID }), signature: 'e30' }, '.signature'],
    ['no payload', { signatures: [] }, '.payload'],
    ['a payload in standard base64', { payload: 'e30=', signatures: [] }, '.payload'],
    ['a payload that is empty', { payload: '', signatures: [] }, '.payload'],
    ['no signatures', { payload: PAYLOAD }, '.signatures'],
    ['signatures that are no list', { payload: PAYLOAD, signatures: {} }, '.signatures'],
    ['33 signatures', { payload: PAYLOAD, signatures: Array(33).fill(signature({ alg: 'RS256', kid: KID })) }, '.signatures'],
    ['a signature that is null', { payload: PAYLOAD, signatures: [null] }, '.signatures[0]'],
    ['no protected header', { payload: PAYLOAD, signatures: [{ signature: 'e30' }] }, '.signatures[0].protected'],
    ['a protected header that is a list', withHeader([]), '.signatures[0].protected'],
    ['no kid', withHeader({ alg: 'RS256' }), '.signatures[0].protected.kid'],
    ['a kid that is no fingerprint', withHeader({ alg: 'RS256', kid: KID.toUpperCase() }), '.signatures[0].protected.kid'],
    ['an alg that is no text', withHeader({ alg: 1, kid: KID }), '.signatures[0].protected.alg'],
    ['an unprotected header that is text', withHeader({ alg: 'RS256', kid: KID }, { header: 'x' }), '.signatures[0].header'],
    ['stray bits in a signature', withHeader({ alg: 'RS256', kid: KID }, { signature: 'e31' }), '.signatures[0].signature'],
    ['a signature that never ends', withHeader({ alg: 'RS256', kid: KID }, { signature: 'A'.repeat(4000) }), '.signatures[0].signature'],
  ] as const) {
    it(`refuses ${name}`, async () => expect(await refusal(() => parse(value))).to.equal(`JWS_MALFORMED release${field}`));
  }

  it('refuses a payload with stray bits when it is opened, and no sooner', async () => {
    const envelope = parse({ payload: 'e31', signatures: [] });
    expect(await refusal(() => unverifiedPayload(envelope, 'release'))).to.equal('JWS_MALFORMED release.payload');
  });

  it('refuses what is larger than it may be', async () => {
    expect(await codeOf(() => parseEnvelope(new Uint8Array(8193), 'release', 8192))).to.equal('SET_FILE_TOO_LARGE');
  });
});

const quorum = (people: readonly Person[], threshold: number, revoked: readonly Person[] = []): Quorum => ({
  keys: new Map(people.map(({ key }) => [key.fingerprint, key.publicKey])),
  threshold,
  revoked: new Set(revoked.map(({ key }) => key.fingerprint)),
});
const OPTIONS = { where: 'release' } as const;

describe('signing and opening an envelope', () => {
  const unsigned: JwsEnvelope = { payload: PAYLOAD, signatures: [] };
  const KINDS = ['RS256', 'PS256', 'ES256', 'ES384', 'Ed25519'] as const;

  for (const kind of KINDS) {
    it(`${kind}, there and back through a file`, async () => {
      const signer = await person('Ada', kind);
      const envelope = parse(new TextDecoder().decode(encodeEnvelope(await signEnvelope(unsigned, signer))));
      expect(envelope.signatures[0]!.algorithm).to.equal(kind);
      const { payload, signers } = await openEnvelope(envelope, quorum([signer], 1), OPTIONS);
      expect([...payload]).to.deep.equal([...utf8('{"a":1}')]);
      expect(signers).to.deep.equal([signer.key.fingerprint]);
    });
  }

  it('takes Ed25519 by its older name', async () => {
    const signer = await person('Ada');
    const protectedHeader = encoded({ alg: 'EdDSA', kid: signer.key.fingerprint });
    const bytes = await crypto.subtle.sign('Ed25519', signer.privateKey, signingInput(unsigned, protectedHeader));
    const value = {
      payload: PAYLOAD,
      signatures: [{ protected: protectedHeader, signature: toBase64(new Uint8Array(bytes), 'base64url') }],
    };
    await openEnvelope(parse(value), quorum([signer], 1), OPTIONS);
  });

  it('lets all algorithms sign one payload', async () => {
    const people = await Promise.all(KINDS.map((kind) => person('Ada', kind)));
    let envelope = unsigned;
    for (const signer of people) envelope = await signEnvelope(envelope, signer);
    expect(await assertQuorum(envelope, quorum(people, 5), OPTIONS)).to.have.length(5);
    expect(await codeOf(() => assertQuorum(envelope, quorum(people, 6), OPTIONS))).to.equal('THRESHOLD_NOT_MET');
  });

  it('does not open what nobody has signed', async () => {
    expect(await codeOf(() => openEnvelope(unsigned, quorum([], 1), OPTIONS))).to.equal('THRESHOLD_NOT_MET');
  });

  it('refuses to sign twice by one key', async () => {
    const signer = await person('Ada');
    const envelope = await signEnvelope(unsigned, signer);
    expect(await codeOf(() => signEnvelope(envelope, signer))).to.equal('JWS_KEY_TWICE');
  });

  it('refuses halves of two keys, short RSA keys and keys for something else', async () => {
    const [ada, bo, short] = await Promise.all([person('Ada'), person('Bo'), person('Ada', 'RS256 of 1024 bits')]);
    expect(await codeOf(() => signEnvelope(unsigned, { ...ada, publicKey: bo.publicKey }))).to.equal('JWS_KEY_UNFIT');
    expect(await codeOf(() => signEnvelope(unsigned, short))).to.equal('JWS_KEY_UNFIT');
    const { privateKey } = (await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits'])) as CryptoKeyPair;
    expect(await codeOf(() => signEnvelope(unsigned, { ...ada, privateKey }))).to.equal('JWS_KEY_UNFIT');
  });

  it('counts an algorithm that is not for the key as wrong, and does not ask it of strangers', async () => {
    const [ada, bo, rsa] = await Promise.all([person('Ada', 'ES256'), person('Bo'), person('Ada', 'RS256')]);
    const envelope = await signEnvelope(unsigned, ada);
    for (const algorithm of ['ES384', 'RS256', 'Ed25519'] as const) {
      const confused = { ...envelope, signatures: [{ ...envelope.signatures[0]!, algorithm }] };
      expect([...(await checkSignatures(confused, quorum([ada], 1))).values()]).to.deep.equal(['wrong']);
      expect([...(await checkSignatures(confused, quorum([bo], 1))).values()]).to.deep.equal(['unknown']);
    }
    const short = await person('Bo', 'RS256 of 1024 bits');
    const weak = { ...(await signEnvelope(unsigned, rsa)).signatures[0]!, kid: short.key.fingerprint };
    expect([...(await checkSignatures({ ...unsigned, signatures: [weak] }, quorum([short], 1))).values()]).to.deep.equal(['wrong']);
  });

  it('tells valid, wrong, unknown and revoked signatures apart', async () => {
    const [ada, bo, cleo, dan] = await Promise.all([person('Ada'), person('Bo', 'ES256'), person('Cleo'), person('Dan')]);
    let envelope = unsigned;
    for (const signer of [ada, bo, cleo, dan]) envelope = await signEnvelope(envelope, signer);
    const [first, second, ...others] = envelope.signatures;
    const damaged = { ...envelope, signatures: [first!, { ...second!, signature: second!.signature.map((byte) => byte ^ 1) }, ...others] };
    const answers = await checkSignatures(damaged, quorum([ada, bo, dan], 2, [dan]));
    expect([...answers.values()]).to.deep.equal(['valid', 'wrong', 'unknown', 'revoked']);
    expect(await codeOf(() => assertQuorum(damaged, quorum([ada, bo, dan], 2, [dan]), OPTIONS))).to.equal('KEY_REVOKED');
    expect(await codeOf(() => assertQuorum(damaged, quorum([ada, bo], 2), OPTIONS))).to.equal('THRESHOLD_NOT_MET');
    expect(await assertQuorum(damaged, quorum([ada, bo], 1), OPTIONS)).to.deep.equal([ada.key.fingerprint]);
  });

  it('says "cannot check" of a key that the browser does not take, and never "valid"', async () => {
    const [ada, bo] = await Promise.all([person('Ada'), person('Bo', 'ES256')]);
    const envelope = await signEnvelope(await signEnvelope(unsigned, ada), bo);
    const broken = { ...bo.publicKey, spki: bo.publicKey.spki.slice(0, -1) };
    const keys = new Map([
      [ada.key.fingerprint, ada.publicKey],
      [bo.key.fingerprint, broken],
    ]);
    const revoked = new Set<string>();
    expect(await codeOf(() => assertQuorum(envelope, { keys, threshold: 2, revoked }, OPTIONS))).to.equal('THRESHOLD_UNCHECKED');
    expect(await codeOf(() => assertQuorum(envelope, { keys, threshold: 3, revoked }, OPTIONS))).to.equal('THRESHOLD_NOT_MET');
    expect(await assertQuorum(envelope, { keys, threshold: 1, revoked }, OPTIONS)).to.deep.equal([ada.key.fingerprint]);
  });
});
