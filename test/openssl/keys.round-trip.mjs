// Keys there and back: what OpenSSL writes is read as the same key, and what is written here is the same key to OpenSSL.
import assert from 'node:assert/strict';
import { writeFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { loadTrust, openssl, temporaryFolder } from './openssl.mjs';

const trust = await loadTrust();
const folder = await temporaryFolder();
after(() => rm(folder, { recursive: true, force: true }));

const PASSPHRASE = 'Fischotter 🦦 "\'$';
/** @param {Uint8Array<ArrayBuffer>} bytes */
const random = (bytes) => crypto.getRandomValues(bytes);

/** How OpenSSL is told to make one. */
const KEYS = {
  'RSA-2048': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'RSA-3072': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:3072'],
  'RSA-4096 with the exponent 3': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:4096', '-pkeyopt', 'rsa_keygen_pubexp:3'],
  'P-256': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'P-384': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  'P-521': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  Ed25519: ['-algorithm', 'ED25519'],
};

const ENCRYPTED = ['-passout', `pass:${PASSPHRASE}`];
/** The ways in which OpenSSL writes a private key that it reads from its input. */
const PRIVATE_FORMS = {
  'PKCS#8': ['pkey'],
  'PKCS#8 in DER': ['pkey', '-outform', 'DER'],
  'its traditional form': ['pkey', '-traditional'],
  'its traditional form in DER': ['pkey', '-traditional', '-outform', 'DER'],
  'PKCS#8 with text': ['pkey', '-text'],
  'PBES2, as OpenSSL chooses': ['pkcs8', '-topk8', ...ENCRYPTED],
  'PBES2 in DER': ['pkcs8', '-topk8', '-outform', 'DER', ...ENCRYPTED],
  'PBES2, AES-128': ['pkcs8', '-topk8', '-v2', 'aes-128-cbc', ...ENCRYPTED],
  'PBES2, AES-192': ['pkcs8', '-topk8', '-v2', 'aes-192-cbc', ...ENCRYPTED],
  'PBES2, HMAC-SHA-1': ['pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA1', ...ENCRYPTED],
  'PBES2, HMAC-SHA-512, 100,000 iterations': [
    'pkcs8',
    '-topk8',
    '-v2',
    'aes-256-cbc',
    '-v2prf',
    'hmacWithSHA512',
    '-iter',
    '100000',
    ...ENCRYPTED,
  ],
  'PBES2, by pkey': ['pkey', '-aes256', ...ENCRYPTED],
};
const PUBLIC_FORMS = {
  SPKI: ['pkey', '-pubin'],
  'SPKI in DER': ['pkey', '-pubin', '-outform', 'DER'],
  'SPKI with text': ['pkey', '-pubin', '-text'],
};

for (const [name, how] of Object.entries(KEYS)) {
  const pem = openssl(['genpkey', ...how]);
  const publicPem = openssl(['pkey', '-pubout'], pem);
  const spki = openssl(['pkey', '-pubout', '-outform', 'DER'], pem);
  const pkcs8 = openssl(['pkcs8', '-topk8', '-nocrypt', '-outform', 'DER'], pem);

  describe(`${name} of OpenSSL`, () => {
    for (const [form, args] of Object.entries(PRIVATE_FORMS)) {
      // Ed25519 is younger than that.
      if (name === 'Ed25519' && args.includes('-traditional')) continue;
      it(`is read in ${form}`, async () => {
        const key = await trust.parsePrivateKey(openssl(args, pem), PASSPHRASE);
        assert.deepEqual([key.publicKey.spki, key.pkcs8], [spki, pkcs8]);
      });
    }

    for (const [form, args] of Object.entries(PUBLIC_FORMS)) {
      it(`is read in ${form}`, () => assert.deepEqual(trust.parsePublicKey(openssl(args, publicPem)).spki, spki));
    }

    it('is not read when it is cut', async () => {
      await assert.rejects(trust.parsePrivateKey(pkcs8.subarray(0, -1)), { code: 'KEY_MALFORMED' });
    });

    it('has the fingerprint that `openssl dgst -sha256` gives', async () => {
      const hex = Buffer.from(openssl(['dgst', '-sha256', '-binary'], spki)).toString('hex');
      assert.equal(await trust.fingerprint(trust.parsePublicKey(publicPem)), hex);
    });
  });

  describe(`${name} to OpenSSL`, () => {
    it('is the same public key in SPKI', () => {
      assert.deepEqual(openssl(['pkey', '-pubin', '-outform', 'DER'], trust.publicKeyToPem(trust.parsePublicKey(publicPem))), spki);
    });

    const key = trust.parsePublicKey(publicPem);
    if (key.kind === 'RSA') {
      it('is the same public key in PKCS#1', () => {
        assert.deepEqual(openssl(['rsa', '-RSAPublicKey_in', '-outform', 'DER'], trust.publicKeyToPkcs1Pem(key)), spki);
      });
    }

    it('is the same private key, encrypted here, and not with another passphrase', async () => {
      const file = path.join(folder, 'key.pem');
      // One with as many iterations as a backup gets: each takes a second on a slow machine.
      const iterations = name === 'Ed25519' ? undefined : 1000;
      await writeFile(file, trust.encryptedKeyToPem(await trust.encryptPkcs8(pkcs8, PASSPHRASE, random, iterations)));
      assert.deepEqual(openssl(['pkcs8', '-topk8', '-nocrypt', '-in', file, '-passin', `pass:${PASSPHRASE}`, '-outform', 'DER']), pkcs8);
      assert.throws(() => openssl(['pkey', '-in', file, '-passin', 'pass:otter', '-noout']));
    });
  });
}

for (const curve of ['P-192', 'P-256', 'P-384', 'P-521']) {
  it(`a compressed point on ${curve} is the same key`, () => {
    const pem = openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`]);
    /** @param {string} form */
    const written = (form) => openssl(['ec', '-pubout', '-outform', 'DER', '-conv_form', form], pem);
    assert.deepEqual(trust.parsePublicKey(written('compressed')).spki, written('uncompressed'));
  });
}
