import { expect } from 'chai';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import {
  aesCbcPkcs7Decrypt,
  aesCbcPkcs7Encrypt,
  equalInConstantTime,
  hmac,
  pbkdf2,
  verifyHmac,
} from '../../../src/core/trust/symmetric.ts';
import { SEED, withSeed } from '../../doubles/random.ts';
import { utf8 } from '../image/builders.ts';

const KEY = fromHex('8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b');
const IV = fromHex('000102030405060708090a0b0c0d0e0f');

describe('AES-CBC with PKCS #7 padding', () => {
  it('takes 192-bit keys in every browser (NIST SP 800-38A F.2.3)', async () => {
    const plaintext = fromHex('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51');
    const ciphertext = toHex(await aesCbcPkcs7Encrypt(KEY, IV, plaintext));
    expect(ciphertext.slice(0, 64)).to.equal('4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a');
    expect(await aesCbcPkcs7Decrypt(KEY, IV, fromHex(ciphertext))).to.deep.equal(plaintext);
  });

  for (const keyBytes of [16, 24, 32]) {
    it(`${8 * keyBytes} bits: gives back messages of every length`, () =>
      withSeed(SEED, async (random) => {
        const [key, iv] = [random.bytes(keyBytes), random.bytes(16)];
        for (let length = 0; length < 40; length++) {
          const message = random.bytes(length);
          const ciphertext = await aesCbcPkcs7Encrypt(key, iv, message);
          expect(ciphertext.length).to.equal(length - (length % 16) + 16);
          expect(await aesCbcPkcs7Decrypt(key, iv, ciphertext)).to.deep.equal(message);
        }
      }));

    it(`${8 * keyBytes} bits: a ciphertext that was cut is no message`, async () => {
      const key = new Uint8Array(keyBytes);
      const ciphertext = await aesCbcPkcs7Encrypt(key, IV, new Uint8Array(20));
      for (let length = 0; length < ciphertext.length; length++) {
        expect(await aesCbcPkcs7Decrypt(key, IV, ciphertext.subarray(0, length)), `${length} bytes`).to.equal(undefined);
      }
    });
  }

  it('takes a key that the browser does not give away', async () => {
    const key = await crypto.subtle.importKey('raw', KEY.slice(0, 16), 'AES-CBC', false, ['encrypt', 'decrypt']);
    const ciphertext = await aesCbcPkcs7Encrypt(key, IV, utf8('sealed'));
    expect(ciphertext).to.deep.equal(await aesCbcPkcs7Encrypt(KEY.slice(0, 16), IV, utf8('sealed')));
    expect(await aesCbcPkcs7Decrypt(key, IV, ciphertext)).to.deep.equal(utf8('sealed'));
  });
});

describe('HMAC', () => {
  it('takes an empty key', async () => {
    expect(toHex(await hmac(new Uint8Array(), new Uint8Array()))).to.equal(
      'b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad',
    );
  });

  it('accepts a tag that was cut only at the length that was agreed', async () => {
    const tag = await hmac(KEY, utf8('chunk'));
    expect(await verifyHmac(KEY, utf8('chunk'), tag)).to.equal(true);
    expect(await verifyHmac(KEY, utf8('chunk'), tag.subarray(0, 16), { tagLength: 16 })).to.equal(true);
    for (const short of [tag.subarray(0, 16), tag.subarray(0, 0)]) expect(await verifyHmac(KEY, utf8('chunk'), short)).to.equal(false);
    expect(await verifyHmac(KEY, utf8('chunk'), tag, { tagLength: 16 })).to.equal(false);
  });

  it('takes a key that the browser does not give away, with the hash of that key', async () => {
    const key = await crypto.subtle.importKey('raw', KEY, { name: 'HMAC', hash: 'SHA-512' }, false, ['sign']);
    expect(await hmac(key, utf8('x'))).to.deep.equal(await hmac(KEY, utf8('x'), 'SHA-512'));
  });
});

describe('equalInConstantTime()', () => {
  it('compares length and every byte', () => {
    expect(equalInConstantTime(IV, IV.slice())).to.equal(true);
    expect(equalInConstantTime(IV, IV.subarray(1))).to.equal(false);
    for (let at = 0; at < IV.length; at++) expect(equalInConstantTime(IV, IV.with(at, 0xee))).to.equal(false);
  });
});

describe('PBKDF2', () => {
  it('derives with SHA-1, as old key files want it (RFC 6070)', async () => {
    const key = await pbkdf2(utf8('password'), { salt: utf8('salt'), iterations: 2, length: 20, hash: 'SHA-1' });
    expect(toHex(key)).to.equal('ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957');
  });
});
