import { expect } from 'chai';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { derElement, derNull, derNumber, derOctetString, derOid, derSequence } from '../../../src/core/trust/der-writer.ts';
import { encryptedKeyToPem } from '../../../src/core/trust/key-export.ts';
import { encryptPkcs8 } from '../../../src/core/trust/pbes2.ts';
import { parsePrivateKey } from '../../../src/core/trust/private-key.ts';
import { pemFile } from '../../vectors/keys/keys.ts';
import { trustErrorOf } from './trust-errors.ts';

const random = (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes);
const PBKDF2 = '1.2.840.113549.1.5.12';
const AES128 = '2.16.840.1.101.3.4.1.2';
const SALT = new Uint8Array(8).fill(5);
const IV = new Uint8Array(16).fill(6);

interface Shape {
  readonly salt?: Uint8Array;
  readonly iterations?: number;
  readonly keyLength?: number;
  readonly prf?: Uint8Array;
  readonly iv?: Uint8Array;
  readonly ciphertext?: Uint8Array;
}

/** A file that says these things of itself. */
function encryptedFile({
  salt = derOctetString(SALT),
  iterations = 1,
  keyLength,
  prf,
  iv = IV,
  ciphertext = new Uint8Array(32),
}: Shape = {}) {
  const stated = [salt, derNumber(iterations), ...(keyLength === undefined ? [] : [derNumber(keyLength)]), ...(prf ? [prf] : [])];
  const derivation = derSequence(derOid(PBKDF2), derSequence(...stated));
  const parameters = derSequence(derivation, derSequence(derOid(AES128), derOctetString(iv)));
  return derSequence(derSequence(derOid('1.2.840.113549.1.5.13'), parameters), derOctetString(ciphertext));
}

/** PBKDF2 with HMAC-SHA-1, one round, and AES-128-CBC: what a file without a `prf` means. */
async function encryptWithDefaults(plaintext: Uint8Array<ArrayBuffer>, passphrase: string): Promise<Uint8Array> {
  const secret = await crypto.subtle.importKey('raw', new TextEncoder().encode(passphrase), 'PBKDF2', false, ['deriveKey']);
  const derivation = { name: 'PBKDF2', hash: 'SHA-1', salt: SALT, iterations: 1 };
  const key = await crypto.subtle.deriveKey(derivation, secret, { name: 'AES-CBC', length: 128 }, false, ['encrypt']);
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv: IV }, key, plaintext));
}

describe('encryptPkcs8()', () => {
  for (const name of ['rsa-2048', 'ec-P-256', 'ed25519']) {
    it(`${name}: is read again, in DER and in PEM, with a passphrase of any letters`, async () => {
      const key = await parsePrivateKey(pemFile(name));
      const encrypted = await encryptPkcs8(key.pkcs8, 'Fischotter 🦦', random, 1000);
      expect(await parsePrivateKey(encrypted, 'Fischotter 🦦')).to.deep.equal(key);
      expect(await parsePrivateKey(new TextEncoder().encode(encryptedKeyToPem(encrypted)), 'Fischotter 🦦')).to.deep.equal(key);
    });
  }

  it('never writes the same bytes twice, and states 600,000 iterations', async () => {
    const { pkcs8 } = await parsePrivateKey(pemFile('ed25519'));
    const files = [await encryptPkcs8(pkcs8, 'otter', random), await encryptPkcs8(pkcs8, 'otter', random)].map(toHex);
    expect(files[0]).to.not.equal(files[1]);
    expect(files[0]).to.include(toHex(derNumber(600_000)));
  });
});

describe('an encrypted private key', () => {
  it('asks for its passphrase, and refuses a wrong one', async () => {
    for (const name of ['rsa-2048.aes-256-cbc', 'rsa-2048.aes-192-cbc', 'ec-P-256.hmacSHA1']) {
      expect((await trustErrorOf(() => parsePrivateKey(pemFile(name)))).code).to.equal('KEY_PASSPHRASE_NEEDED');
      expect((await trustErrorOf(() => parsePrivateKey(pemFile(name), ''))).code).to.equal('KEY_PASSPHRASE_WRONG');
      expect((await trustErrorOf(() => parsePrivateKey(pemFile(name), 'Otter'))).code).to.equal('KEY_PASSPHRASE_WRONG');
    }
  });

  it('is never believed with a wrong passphrase, whatever the padding looks like', async () => {
    const { pkcs8 } = await parsePrivateKey(pemFile('ed25519'));
    const file = await encryptPkcs8(pkcs8, 'right', random, 1);
    for (let i = 0; i < 600; i++)
      expect((await trustErrorOf(() => parsePrivateKey(file, `wrong ${i}`))).code).to.equal('KEY_PASSPHRASE_WRONG');
  });

  it('that states no prf is derived with HMAC-SHA-1', async () => {
    const key = await parsePrivateKey(pemFile('ed25519'));
    const ciphertext = await encryptWithDefaults(key.pkcs8, 'otter');
    expect(await parsePrivateKey(encryptedFile({ ciphertext }), 'otter')).to.deep.equal(key);
    expect(await parsePrivateKey(encryptedFile({ ciphertext, keyLength: 16 }), 'otter')).to.deep.equal(key);
  });

  it('with another one inside, or with a key that is broken, is refused for what it is', async () => {
    const { pkcs8 } = await parsePrivateKey(pemFile('ed25519'));
    const twice = await encryptPkcs8(await encryptPkcs8(pkcs8, 'otter', random, 1), 'otter', random, 1);
    expect((await trustErrorOf(() => parsePrivateKey(twice, 'otter'))).details.rule).to.equal('must be encrypted once');
    const broken = await encryptPkcs8(derSequence(derNumber(0), derNull()), 'otter', random, 1);
    expect((await trustErrorOf(() => parsePrivateKey(broken, 'otter'))).code).to.equal('KEY_MALFORMED');
  });

  const prf = (oid: string) => derSequence(derOid(oid), derNull());
  const parameters = 'privateKey.encryptionAlgorithm.parameters';
  for (const [what, shape, code, field] of [
    ['no iterations', { iterations: 0 }, 'KEY_MALFORMED', `${parameters}.keyDerivationFunc.parameters.iterationCount`],
    [
      'more iterations than anybody waits for',
      { iterations: 10_000_001 },
      'KEY_MALFORMED',
      `${parameters}.keyDerivationFunc.parameters.iterationCount`,
    ],
    [
      'a length of the key that is not its cipher’s',
      { keyLength: 32 },
      'KEY_MALFORMED',
      `${parameters}.keyDerivationFunc.parameters.keyLength`,
    ],
    ['a salt from elsewhere', { salt: prf('1.2.3') }, 'KEY_MALFORMED', `${parameters}.keyDerivationFunc.parameters.salt`],
    ['an unknown prf', { prf: prf('1.2.3') }, 'KEY_ENCRYPTION_UNSUPPORTED', `${parameters}.keyDerivationFunc.parameters.prf.algorithm`],
    ['a short IV', { iv: IV.subarray(1) }, 'KEY_MALFORMED', `${parameters}.encryptionScheme.parameters`],
    ['half a block', { ciphertext: new Uint8Array(24) }, 'KEY_MALFORMED', 'privateKey.encryptedData'],
    ['nothing in it', { ciphertext: new Uint8Array() }, 'KEY_MALFORMED', 'privateKey.encryptedData'],
  ] as const satisfies readonly (readonly [string, Shape, string, string])[]) {
    it(`with ${what} is refused before any key is derived`, async () => {
      const { code: actual, details } = await trustErrorOf(() => parsePrivateKey(encryptedFile(shape)));
      expect([actual, details.field]).to.deep.equal([code, field]);
    });
  }

  it('with an unknown scheme is refused with its number', async () => {
    const file = derSequence(derSequence(derOid('1.2.3.4'), derElement(0x30)), derOctetString(new Uint8Array(16)));
    expect((await trustErrorOf(() => parsePrivateKey(file, 'otter'))).details.found).to.equal('1.2.3.4');
  });
});
