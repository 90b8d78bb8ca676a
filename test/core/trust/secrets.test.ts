import { expect } from 'chai';
import { toBase64 } from '../../../src/core/bytes/base64.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { fingerprint } from '../../../src/core/trust/fingerprint.ts';
import { writeKeysHeader } from '../../../src/core/trust/keys-header.ts';
import { parsePublicKey } from '../../../src/core/trust/public-key.ts';
import { parseSecretFile, parseSecretText, sealedDeliveryPsk, secretOfBytes } from '../../../src/core/trust/secret-import.ts';
import { Random } from '../../doubles/random.ts';
import { sharedData } from '../../doubles/shared-data.ts';
import { pemFile, pemText } from '../../vectors/keys/keys.ts';
import { trustErrorOf } from './trust-errors.ts';

const BYTES = new Random(1).bytes(32);
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('a shared secret', () => {
  const writings = {
    hexadecimal: toHex(BYTES),
    base64: toBase64(BYTES),
    'base64 without padding': toBase64(BYTES).replace('=', ''),
    base64url: toBase64(BYTES, 'base64url'),
  };
  for (const [name, text] of Object.entries(writings)) {
    it(`is read from ${name}, typed and in a file, with spaces around`, () => {
      for (const secret of [parseSecretText(text), parseSecretText(` ${text}\r\n`), parseSecretFile(utf8(`${text}\n`))]) {
        expect(secret).to.deep.equal({ bytes: BYTES, digits: toHex(BYTES) });
      }
    });
  }

  it('is read from a file of 32 bytes, even if they happen to be letters', () => {
    expect(parseSecretFile(BYTES)).to.deep.equal(secretOfBytes(BYTES));
    expect(toHex(parseSecretFile(utf8('correct horse battery staple 123')).bytes)).to.match(/^636f7272/);
  });

  it('keeps the case of its digits, because S2 takes the digits for the key', () => {
    const digits = toHex(BYTES).toUpperCase();
    const secret = parseSecretText(digits);
    expect(secret).to.deep.equal({ bytes: BYTES, digits });
    expect(sealedDeliveryPsk(secret)).to.deep.equal(utf8(digits));
  });

  for (const [what, read] of [
    ['nothing', () => parseSecretText('  ')],
    ['63 digits', () => parseSecretText(toHex(BYTES).slice(1))],
    ['62 digits', () => parseSecretText(toHex(BYTES).slice(2))],
    ['a key of 128 bits', () => parseSecretText('00112233445566778899aabbccddeeff')],
    ['a file with a key of 128 bits in hexadecimal', () => parseSecretFile(utf8('00112233445566778899aabbccddeeff'))],
    ['base64 of 31 bytes', () => parseSecretText(toBase64(BYTES.subarray(1)))],
    ['base64 with stray bits', () => parseSecretText(`${toBase64(BYTES).slice(0, 42)}/`)],
    ['a sentence', () => parseSecretText('this is no key')],
    ['endless text', () => parseSecretText('a'.repeat(100_000))],
    ['a file of 33 bytes', () => parseSecretFile(Uint8Array.of(...BYTES, 1))],
    ['a huge file', () => parseSecretFile(new Uint8Array(10_000_000).fill(0x41))],
    ['31 bytes', () => secretOfBytes(BYTES.slice(1))],
  ] as const) {
    it(`is not read from ${what}`, async () => {
      const { code, details, cause } = await trustErrorOf(read);
      expect([code, details.field, details.found, cause]).to.deep.equal(['KEY_MALFORMED', 'secret', undefined, undefined]);
    });
  }

  it('no error repeats it', async () => {
    const error = await trustErrorOf(() => parseSecretText(`${toHex(BYTES)}!`));
    expect(JSON.stringify([error.message, error.details])).to.not.include(toHex(BYTES).slice(0, 6));
  });

  it('authenticates as the server did that S2 was observed with', async function () {
    const bytes = await sharedData('vectors/seeds/s2v1_golden.json');
    if (!bytes) return this.skip();
    const { keys } = JSON.parse(new TextDecoder().decode(bytes)) as { keys: Record<string, string> };
    const written = keys['hmac_psk_ascii_TEST_ONLY'] ?? '';
    expect(sealedDeliveryPsk(parseSecretText(written))).to.deep.equal(utf8(written));
    expect(toHex(parseSecretText(keys['aes_key_hex_TEST_ONLY'] ?? '').bytes)).to.equal(keys['aes_key_hex_TEST_ONLY']);
  });
});

describe('writeKeysHeader()', () => {
  const publicKey = parsePublicKey(pemFile('rsa-2048.public'));

  it('writes the public key, and no secret that was not asked for', async () => {
    const header = writeKeysHeader({ publicKey, fingerprint: await fingerprint(publicKey) });
    expect(literals(header, 'SERVER_PUBLIC_KEY')).to.equal(pemText('rsa-2048.public'));
    expect(header)
      .to.include('Nothing in this file is secret.')
      .and.include(`RSA-2048, SHA-256 of its SPKI: ${await fingerprint(publicKey)}`);
    expect(header).to.not.match(/AES_FIRMWARE_KEY|HMAC_PSK|SECRET/);
    expect(header).to.match(/#ifndef OTA_KEYS_H\n#define OTA_KEYS_H\n[^]*#endif \/\* OTA_KEYS_H \*\/\n$/);
  });

  it('writes the secrets that are asked for, and says that they are', async () => {
    const secret = secretOfBytes(BYTES);
    const header = writeKeysHeader({ publicKey, fingerprint: await fingerprint(publicKey), aesKey: secret, psk: secret });
    expect(header).to.include('THIS FILE HOLDS SECRETS').and.not.include('Nothing in this file is secret');
    const [, values = ''] = /AES_FIRMWARE_KEY\[32\] = \{([^}]*)\}/.exec(header) ?? [];
    expect(Uint8Array.from(values.match(/0x[0-9a-f]{2}/g) ?? [], Number)).to.deep.equal(BYTES);
    expect(literals(header, 'HMAC_PSK')).to.equal(toHex(BYTES));
  });

  it('has no character that C wants escaped', async () => {
    const secret = secretOfBytes(BYTES);
    const header = writeKeysHeader({ publicKey, fingerprint: await fingerprint(publicKey), aesKey: secret, psk: secret });
    expect(header)
      .to.match(/^[\n -~]+$/)
      .and.not.include('??');
    expect(header.replaceAll('\\n', '')).to.not.include('\\');
  });
});

/** What a C compiler makes of the string. */
function literals(header: string, name: string): string {
  const [, body = ''] = new RegExp(`${name}\\[\\] =\\n([^;]*);`).exec(header) ?? [];
  return (body.match(/"[^"]*"/g) ?? []).map((literal) => JSON.parse(literal) as string).join('');
}
