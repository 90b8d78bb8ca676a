import { expect } from 'chai';
import { fromBase64, toBase64 } from '../../../src/core/bytes/base64.ts';
import { encodeSignatureFile, parseSignatureFile, signDetached, verifyDetached } from '../../../src/core/trust/detached-signature.ts';
import { parsePublicKey } from '../../../src/core/trust/public-key.ts';
import { TrustError } from '../../../src/core/trust/trust-error.ts';
import { SEED, withSeed } from '../../doubles/random.ts';
import { sharedData } from '../../doubles/shared-data.ts';
import { thrownBy, utf8 } from '../image/builders.ts';
import { makeKey } from './keys-for-tests.ts';
import type { Recipe } from './keys-for-tests.ts';
import { MESSAGE, OPENSSL_SIGNATURES } from './openssl-signatures.ts';

const SCHEMES = {
  'RSA-2048': 'RSA-PKCS1-SHA256',
  'P-256': 'ECDSA-SHA256',
  'P-384': 'ECDSA-SHA256',
  'P-521': 'ECDSA-SHA256',
  Ed25519: 'Ed25519',
} as const satisfies Partial<Record<Recipe, string>>;

type Signed = keyof typeof SCHEMES;

const flipped = (bytes: Uint8Array, bit: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(bytes, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

describe('verifyDetached()', () => {
  for (const [name, scheme] of Object.entries(SCHEMES) as [Signed, string][]) {
    const { publicKey, signature } = OPENSSL_SIGNATURES[name];

    it(`${name}: knows what OpenSSL signed, and what was changed since`, async () => {
      expect(await verifyDetached(publicKey, MESSAGE, signature)).to.deep.equal({ verdict: 'valid', scheme });
      for (let bit = 0; bit < 8 * MESSAGE.length; bit++) {
        expect(await verifyDetached(publicKey, flipped(MESSAGE, bit), signature), `bit ${bit}`).to.deep.equal({ verdict: 'invalid' });
      }
    });

    it(`${name}: refuses a signature with any bit flipped, cut anywhere, or with more behind it`, async () => {
      for (let bit = 0; bit < 8 * signature.length; bit++) {
        expect(await verifyDetached(publicKey, MESSAGE, flipped(signature, bit)), `bit ${bit}`).to.deep.equal({ verdict: 'invalid' });
      }
      const longer = Uint8Array.of(...signature, 0);
      const others = [...Array.from(signature, (_, length) => signature.subarray(0, length)), longer];
      for (const other of others) expect(await verifyDetached(publicKey, MESSAGE, other)).to.deep.equal({ verdict: 'invalid' });
    });

    it(`${name}: its key made no signature of another kind`, async () => {
      for (const [other, { signature }] of Object.entries(OPENSSL_SIGNATURES)) {
        if (other !== name) expect(await verifyDetached(publicKey, MESSAGE, signature), other).to.deep.equal({ verdict: 'invalid' });
      }
    });
  }

  it('cannot check P-192, and says so of right and wrong signatures alike', async () => {
    const { publicKey, signature } = OPENSSL_SIGNATURES['P-192'];
    for (const message of [MESSAGE, utf8('another')]) {
      expect(await verifyDetached(publicKey, message, signature)).to.deep.equal({ verdict: 'cannot-check', reason: 'key-unsupported' });
    }
  });

  it('cannot check by a key that is none', async () => {
    const { publicKey, signature } = OPENSSL_SIGNATURES['P-256'];
    const broken = { ...publicKey, spki: flipped(publicKey.spki, 8 * publicKey.spki.length - 1) };
    expect(await verifyDetached(broken, MESSAGE, signature)).to.deep.equal({ verdict: 'cannot-check', reason: 'key-unsupported' });
  });

  it('knows RSA-PSS over the hash, as S2 signed first, and tells it from what S2 signs now', async function () {
    const golden = await s2Golden();
    if (!golden) return this.skip();
    const { key, firmware, pssSignature, signature } = golden;
    expect(await verifyDetached(key, firmware, signature)).to.deep.equal({ verdict: 'valid', scheme: 'RSA-PKCS1-SHA256' });
    expect(await verifyDetached(key, firmware, pssSignature)).to.deep.equal({ verdict: 'valid', scheme: 'RSA-PSS-OF-HASH' });
    for (let bit = 0; bit < 8 * pssSignature.length; bit += 5) {
      expect(await verifyDetached(key, firmware, flipped(pssSignature, bit)), `bit ${bit}`).to.deep.equal({ verdict: 'invalid' });
    }
    expect(await verifyDetached(key, flipped(firmware, 8000), pssSignature)).to.deep.equal({ verdict: 'invalid' });
  });
});

interface S2Transcript {
  readonly keys: { readonly rsa_public_pem: string };
  readonly firmware_b64: string;
  readonly pss_double_hash_signature_9575070_b64: string;
  readonly transcript: readonly { readonly response: { readonly body: { readonly signature?: string } } }[];
}

async function s2Golden() {
  const bytes = await sharedData('vectors/seeds/s2v1_golden.json');
  if (!bytes) return undefined;
  const golden = JSON.parse(new TextDecoder().decode(bytes)) as S2Transcript;
  const { signature = '' } = golden.transcript.map(({ response }) => response.body).find((body) => 'signature' in body) ?? {};
  return {
    key: parsePublicKey(utf8(golden.keys.rsa_public_pem)),
    firmware: fromBase64(golden.firmware_b64),
    pssSignature: fromBase64(golden.pss_double_hash_signature_9575070_b64),
    signature: fromBase64(signature),
  };
}

describe('signDetached()', () => {
  for (const recipe of ['RSA-2048', 'RSA-3072', 'P-256', 'P-384', 'P-521', 'Ed25519'] as const) {
    it(`${recipe}: signs what verifies`, async () => {
      const { publicKey, privateKey } = await makeKey(recipe);
      const signature = await signDetached(privateKey, MESSAGE);
      expect((await verifyDetached(publicKey, MESSAGE, signature)).verdict).to.equal('valid');
      expect((await verifyDetached(publicKey, utf8('another'), signature)).verdict).to.equal('invalid');
    });
  }

  it('signs nothing by a key that OpenSSL would not verify with -sha256', async () => {
    const { privateKey: pss } = await makeKey('RSA-3072-PSS');
    const sha512 = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-512' };
    const { privateKey: other } = await crypto.subtle.generateKey(sha512, false, ['sign', 'verify']);
    for (const key of [pss, other]) {
      expect(await thrownBy(() => signDetached(key, MESSAGE))).to.include({ name: 'TrustError', code: 'KEY_UNSUPPORTED' });
    }
  });
});

describe('parseSignatureFile()', () => {
  for (const [name, { signature }] of Object.entries(OPENSSL_SIGNATURES)) {
    it(`${name}: raw, and base64 with or without line ends`, () => {
      const base64 = toBase64(signature);
      const folded = (width: number, end: string) => base64.replaceAll(new RegExp(`.{1,${width}}`, 'g'), `$&${end}`);
      for (const text of [base64, folded(64, '\n'), folded(76, '\n'), folded(64, '\r\n')]) {
        expect(parseSignatureFile(utf8(text))).to.deep.equal(signature);
      }
      expect(parseSignatureFile(signature)).to.deep.equal(signature);
      expect(parseSignatureFile(utf8(encodeSignatureFile(signature)))).to.deep.equal(signature);
    });
  }

  for (const [name, file] of [
    ['nothing', new Uint8Array()],
    ['line ends only', utf8('\n\n')],
    ['a megabyte', new Uint8Array(1 << 20)],
    ['base64 that was cut', utf8('QUJDR')],
    ['base64 with stray bits', utf8('QUJDRB==')],
  ] as const) {
    it(`refuses ${name}`, async () => {
      expect(await thrownBy(() => parseSignatureFile(file)))
        .to.be.instanceOf(TrustError)
        .and.include({ code: 'SIGNATURE_MALFORMED' });
    });
  }

  it('gives bytes back or throws its own error, whatever it is given', () =>
    withSeed(SEED, (random) => {
      for (let run = 0; run < 500; run++) {
        const file = random.bytes(random.below(80)).map((byte) => (random.below(2) === 0 ? byte : 0x41 + (byte % 26)));
        try {
          expect(parseSignatureFile(file).length).to.be.greaterThan(0);
        } catch (error) {
          expect(error).to.be.instanceOf(TrustError);
        }
      }
    }));
});

describe('encodeSignatureFile()', () => {
  it('writes lines of 64 characters and ends the last one, as `openssl base64` does', () => {
    const lines = encodeSignatureFile(OPENSSL_SIGNATURES['RSA-2048'].signature).split('\n');
    expect(lines.map(({ length }) => length)).to.deep.equal([64, 64, 64, 64, 64, 24, 0]);
  });
});
