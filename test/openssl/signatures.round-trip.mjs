// Signatures there and back: what is signed here OpenSSL verifies, and the other way round, raw and in base64; what was changed neither does.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { loadTrust, openssl, temporaryFolder } from './openssl.mjs';

const trust = await loadTrust();
const folder = await temporaryFolder();
after(() => rm(folder, { recursive: true, force: true }));

const file = (/** @type {string} */ name) => path.join(folder, name);
const MESSAGE = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
const CHANGED = MESSAGE.with(40_000, 0x55);
await writeFile(file('firmware.bin'), MESSAGE);
await writeFile(file('changed.bin'), CHANGED);

const RSA = { name: 'RSASSA-PKCS1-v1_5', publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };

/** How each side makes a key. `isRaw`: OpenSSL hands the algorithm the message and no digest. */
const KEYS = {
  'RSA-2048': { ours: { ...RSA, modulusLength: 2048 }, theirs: ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], isRaw: false },
  'RSA-3072': { ours: { ...RSA, modulusLength: 3072 }, theirs: ['RSA', '-pkeyopt', 'rsa_keygen_bits:3072'], isRaw: false },
  'P-256': { ours: { name: 'ECDSA', namedCurve: 'P-256' }, theirs: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'], isRaw: false },
  'P-384': { ours: { name: 'ECDSA', namedCurve: 'P-384' }, theirs: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-384'], isRaw: false },
  Ed25519: { ours: { name: 'Ed25519' }, theirs: ['ED25519'], isRaw: true },
};

/** By the key in `public.pem`. @param {string} message @param {string} signature @param {boolean} isRaw */
function opensslAccepts(message, signature, isRaw) {
  const args = isRaw
    ? ['pkeyutl', '-verify', '-rawin', '-pubin', '-inkey', file('public.pem'), '-in', file(message), '-sigfile', file(signature)]
    : ['dgst', '-sha256', '-verify', file('public.pem'), '-signature', file(signature), file(message)];
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  // Anything but these two is a question asked the wrong way.
  assert.match(`${stdout}${stderr}`, /^(Verified OK|Verification failure|Signature Verified Successfully|Signature Verification Failure)/);
  return status === 0;
}

/** With the key in `key.pem`. @param {boolean} isRaw */
const opensslSigns = (isRaw) =>
  isRaw
    ? openssl(['pkeyutl', '-sign', '-rawin', '-inkey', file('key.pem'), '-in', file('firmware.bin'), '-out', file('theirs.sig')])
    : openssl(['dgst', '-sha256', '-sign', file('key.pem'), '-out', file('theirs.sig'), file('firmware.bin')]);

for (const [name, { ours, theirs, isRaw }] of Object.entries(KEYS)) {
  describe(name, () => {
    it('signed here, verified by OpenSSL', async () => {
      const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(ours, false, ['sign', 'verify']));
      const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
      await writeFile(file('public.pem'), trust.publicKeyToPem(trust.parsePublicKey(spki)));
      const signature = await trust.signDetached(pair.privateKey, MESSAGE);
      await writeFile(file('ours.sig'), signature);
      assert.equal(opensslAccepts('firmware.bin', 'ours.sig', isRaw), true);
      assert.equal(opensslAccepts('changed.bin', 'ours.sig', isRaw), false);
      const decoded = openssl(['base64', '-d'], trust.encodeSignatureFile(signature));
      assert.deepEqual(decoded, signature);
    });

    it('signed by OpenSSL, verified here', async () => {
      openssl(['genpkey', '-algorithm', ...theirs, '-out', file('key.pem')]);
      const key = trust.parsePublicKey(openssl(['pkey', '-in', file('key.pem'), '-pubout']));
      opensslSigns(isRaw);
      const raw = new Uint8Array(await readFile(file('theirs.sig')));
      const [folded, oneLine] = [openssl(['base64'], raw), openssl(['base64', '-A'], raw)];
      for (const signatureFile of [raw, folded, oneLine]) {
        const signature = trust.parseSignatureFile(signatureFile);
        assert.equal((await trust.verifyDetached(key, MESSAGE, signature)).verdict, 'valid');
        assert.equal((await trust.verifyDetached(key, CHANGED, signature)).verdict, 'invalid');
      }
      assert.equal(trust.encodeSignatureFile(raw), new TextDecoder().decode(folded));
    });
  });
}
