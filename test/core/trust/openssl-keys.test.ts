/** Every way in which OpenSSL 3 writes a key: either it is read as the right key, or it is refused under its name. */
import { expect } from 'chai';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import { fingerprint, keyName } from '../../../src/core/trust/fingerprint.ts';
import { publicKeyToPem, publicKeyToPkcs1Pem } from '../../../src/core/trust/key-export.ts';
import type { PublicKey } from '../../../src/core/trust/key-model.ts';
import { toPem } from '../../../src/core/trust/pem.ts';
import { parsePrivateKey } from '../../../src/core/trust/private-key.ts';
import { parsePublicKey } from '../../../src/core/trust/public-key.ts';
import type { TrustErrorCode } from '../../../src/core/trust/trust-error.ts';
import { derOf, KEY_FILES, pemFile, pemText, secureBootV1Point } from '../../vectors/keys/keys.ts';
import { trustErrorOf } from './trust-errors.ts';

const PASSPHRASE = 'otter';

/** Private key files, and the public key that OpenSSL wrote for each. */
const PRIVATE = {
  'rsa-1024': 'rsa-1024',
  'rsa-2048': 'rsa-2048',
  'rsa-2048.pkcs1': 'rsa-2048',
  'rsa-3072': 'rsa-3072',
  'rsa-3072.pkcs1': 'rsa-3072',
  'ec-P-256': 'ec-P-256',
  'ec-P-256.sec1': 'ec-P-256',
  'ec-P-256.sec1-no-public': 'ec-P-256',
  'ec-P-256.no-public': 'ec-P-256',
  'ec-P-256.compressed.sec1': 'ec-P-256',
  'ec-P-256.text': 'ec-P-256',
  'pkcs12-dump': 'ec-P-256',
  'ec-with-parameters.sec1': 'ec-with-parameters',
  'ec-P-384': 'ec-P-384',
  'ec-P-384.sec1': 'ec-P-384',
  'ec-P-521': 'ec-P-521',
  'ec-P-521.sec1': 'ec-P-521',
  ed25519: 'ed25519',
  'rsa-pss': 'rsa-pss',
  'rsa-2048.aes-128-cbc': 'rsa-2048',
  'rsa-2048.aes-192-cbc': 'rsa-2048',
  'rsa-2048.aes-256-cbc': 'rsa-2048',
  'ec-P-256.hmacSHA1': 'ec-P-256',
  'ec-P-256.hmacSHA384': 'ec-P-256',
  'ec-P-256.hmacSHA512': 'ec-P-256',
  'ed25519.encrypted': 'ed25519',
} as const satisfies Record<string, string>;

/** Public key files: what they hold, and the file of which they are another form. */
const PUBLIC = {
  'rsa-1024.public': ['RSA-1024', 'rsa-1024'],
  'rsa-2048.public': ['RSA-2048', 'rsa-2048'],
  'rsa-2048.pkcs1-public': ['RSA-2048', 'rsa-2048'],
  'rsa-3072.public': ['RSA-3072', 'rsa-3072'],
  'rsa-pss.public': ['RSA-2048', 'rsa-pss'],
  'ec-P-192.public': ['ECDSA P-192', 'ec-P-192'],
  'ec-P-192.compressed.public': ['ECDSA P-192', 'ec-P-192'],
  'ec-P-256.public': ['ECDSA P-256', 'ec-P-256'],
  'ec-P-256.compressed.public': ['ECDSA P-256', 'ec-P-256'],
  'ec-P-384.public': ['ECDSA P-384', 'ec-P-384'],
  'ec-P-384.compressed.public': ['ECDSA P-384', 'ec-P-384'],
  'ec-P-521.public': ['ECDSA P-521', 'ec-P-521'],
  'ec-P-521.compressed.public': ['ECDSA P-521', 'ec-P-521'],
  'ec-with-parameters.public': ['ECDSA P-256', 'ec-with-parameters'],
  'ed25519.public': ['Ed25519', 'ed25519'],
} as const satisfies Record<string, readonly [string, string]>;

/** Refused: why, and under which name. */
const REFUSED_PRIVATE = {
  'ec-P-192': ['KEY_UNSUPPORTED', 'P-192'],
  'ec-P-192.sec1': ['KEY_UNSUPPORTED', 'P-192'],
  'ec-P-224': ['KEY_UNSUPPORTED', 'P-224'],
  'ec-secp256k1': ['KEY_UNSUPPORTED', 'secp256k1'],
  ed448: ['KEY_UNSUPPORTED', 'Ed448'],
  'ec-explicit.sec1': ['KEY_UNSUPPORTED', 'explicit curve parameters'],
  certificate: ['KEY_UNSUPPORTED', 'CERTIFICATE'],
  'rsa-2048.public': ['KEY_UNSUPPORTED', 'PUBLIC KEY'],
  'rsa-2048.des3': ['KEY_ENCRYPTION_UNSUPPORTED', 'DES-EDE3-CBC'],
  'ec-P-256.hmacSHA224': ['KEY_ENCRYPTION_UNSUPPORTED', 'hmacWithSHA224'],
  'ec-P-256.scrypt': ['KEY_ENCRYPTION_UNSUPPORTED', 'scrypt'],
  'ec-P-256.pkcs12': ['KEY_ENCRYPTION_UNSUPPORTED', 'PBE-SHA1-3DES'],
  'ec-P-256.pbes1': ['KEY_ENCRYPTION_UNSUPPORTED', 'PBE-MD5-DES'],
  'rsa-2048.proc-type': ['KEY_ENCRYPTION_UNSUPPORTED', 'AES-128-CBC'],
  'ec-P-256.proc-type': ['KEY_ENCRYPTION_UNSUPPORTED', 'DES-EDE3-CBC'],
} as const satisfies Record<string, readonly [TrustErrorCode, string]>;

const REFUSED_PUBLIC = {
  'ec-P-224.public': ['KEY_UNSUPPORTED', 'P-224'],
  'ec-secp256k1.public': ['KEY_UNSUPPORTED', 'secp256k1'],
  'ec-explicit.public': ['KEY_UNSUPPORTED', 'explicit curve parameters'],
  'ed448.public': ['KEY_UNSUPPORTED', 'Ed448'],
  certificate: ['KEY_UNSUPPORTED', 'CERTIFICATE'],
  'rsa-2048': ['KEY_UNSUPPORTED', 'PRIVATE KEY'],
  'rsa-2048.proc-type': ['KEY_UNSUPPORTED', 'RSA PRIVATE KEY'],
} as const satisfies Record<string, readonly [TrustErrorCode, string]>;

/** DER of these is another structure, and says so. */
const REFUSED_DER = {
  certificate: 'Certificate',
  'rsa-2048': 'PrivateKeyInfo',
  'rsa-2048.pkcs1': 'RSAPrivateKey',
  'ec-P-256.sec1': 'ECPrivateKey',
  'rsa-2048.aes-256-cbc': 'EncryptedPrivateKeyInfo',
} as const satisfies Record<string, string>;

const publicOf = (name: string): PublicKey => parsePublicKey(pemFile(`${name}.public`));

describe('keys of OpenSSL', () => {
  for (const [file, publicFile] of Object.entries(PRIVATE)) {
    it(`parsePrivateKey() reads ${file}.pem, PEM and DER, with the public key that belongs to it`, async () => {
      const expected = publicOf(publicFile);
      for (const bytes of [pemFile(file), derOf(file)])
        expect((await parsePrivateKey(bytes, PASSPHRASE)).publicKey).to.deep.equal(expected);
    });
  }

  for (const [file, [name, privateFile]] of Object.entries(PUBLIC)) {
    it(`parsePublicKey() reads ${file}.pem, PEM and DER`, async () => {
      const key = parsePublicKey(pemFile(file));
      expect(keyName(key)).to.equal(name);
      expect(key).to.deep.equal(parsePublicKey(derOf(file)));
      expect(key).to.deep.equal(publicOf(privateFile));
    });
  }

  for (const [file, [code, found]] of Object.entries(REFUSED_PRIVATE)) {
    it(`parsePrivateKey() refuses ${file}.pem as ${found}`, async () => {
      const { code: actual, details } = await trustErrorOf(() => parsePrivateKey(pemFile(file), PASSPHRASE));
      expect([actual, details.found]).to.deep.equal([code, found]);
    });
  }

  for (const [file, [code, found]] of Object.entries(REFUSED_PUBLIC)) {
    it(`parsePublicKey() refuses ${file}.pem as ${found}`, async () => {
      const { code: actual, details } = await trustErrorOf(() => parsePublicKey(pemFile(file)));
      expect([actual, details.found]).to.deep.equal([code, found]);
    });
  }

  for (const [file, found] of Object.entries(REFUSED_DER)) {
    it(`parsePublicKey() refuses ${file} in DER as ${found}`, async () => {
      expect((await trustErrorOf(() => parsePublicKey(derOf(file)))).details.found).to.equal(found);
    });
  }

  it('parsePrivateKey() refuses a public key in DER, and as the 64 bytes of Secure Boot V1', async () => {
    expect((await trustErrorOf(() => parsePrivateKey(derOf('rsa-2048.public')))).details.found).to.equal('SubjectPublicKeyInfo');
    expect((await trustErrorOf(async () => parsePrivateKey(await secureBootV1Point()))).details.found).to.equal(
      'Secure Boot V1 public key',
    );
  });

  it('no file of the folder is left out', () => {
    const tested = new Set([PRIVATE, PUBLIC, REFUSED_PRIVATE, REFUSED_PUBLIC].flatMap((table) => Object.keys(table)));
    expect(KEY_FILES.filter((file) => !tested.has(file))).to.deep.equal([]);
  });

  it('parsePublicKey() reads the 64 bytes of a Secure Boot V1 key', async () => {
    expect(parsePublicKey(await secureBootV1Point())).to.deep.equal(publicOf('ec-P-256'));
  });

  for (const file of ['rsa-2048', 'rsa-3072', 'ec-P-192', 'ec-P-256', 'ec-P-384', 'ec-P-521', 'ed25519']) {
    it(`${file}: the public key is written byte for byte as OpenSSL does`, async () => {
      expect(publicKeyToPem(publicOf(file))).to.equal(pemText(`${file}.public`));
      expect(await fingerprint(publicOf(file))).to.equal(await sha256Hex(derOf(`${file}.public`)));
    });
  }

  it('PKCS#1 is written byte for byte as OpenSSL does', () => {
    const key = publicOf('rsa-2048');
    if (key.kind !== 'RSA') throw new Error('not RSA');
    expect(publicKeyToPkcs1Pem(key)).to.equal(pemText('rsa-2048.pkcs1-public'));
  });

  for (const file of ['rsa-2048', 'rsa-3072', 'ec-P-256', 'ec-P-384', 'ec-P-521', 'ed25519']) {
    it(`${file}: the canonical PKCS#8 is the one that OpenSSL writes`, async () => {
      expect(toPem('PRIVATE KEY', (await parsePrivateKey(pemFile(file))).pkcs8)).to.equal(pemText(file));
    });
  }

  it('whatever the container, the canonical PKCS#8 is the same', async () => {
    const { pkcs8 } = await parsePrivateKey(pemFile('ec-P-256'));
    for (const [file, publicFile] of Object.entries(PRIVATE)) {
      if (publicFile !== 'ec-P-256') continue;
      expect(toHex((await parsePrivateKey(pemFile(file), PASSPHRASE)).pkcs8), file).to.equal(toHex(pkcs8));
    }
  });

  it('a PEM file with CR LF, with text around and with spaces at the ends of lines is the same key', () => {
    const text = pemText('ec-P-256.public');
    for (const variant of [
      text.replaceAll('\n', '\r\n'),
      `Bag Attributes\n  x: y\n${text}more`,
      text.replaceAll('\n', ' \t\n'),
      text.trim(),
    ]) {
      expect(parsePublicKey(new TextEncoder().encode(variant))).to.deep.equal(publicOf('ec-P-256'));
    }
  });

  it('of several keys in a file the first of the right kind is read', async () => {
    const file = new TextEncoder().encode(
      ['certificate', 'ed25519', 'ec-P-256.public', 'rsa-2048', 'ed25519.public'].map(pemText).join(''),
    );
    expect(keyName(parsePublicKey(file))).to.equal('ECDSA P-256');
    expect(keyName((await parsePrivateKey(file)).publicKey)).to.equal('Ed25519');
  });
});
