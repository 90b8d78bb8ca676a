// `node test/openssl/signatures.mjs`: what we sign OpenSSL verifies, and the other way round, raw and in base64; what was changed neither of us does.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'rolldown';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const MESSAGE = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
const CHANGED = MESSAGE.with(40_000, MESSAGE[40_000] ^ 1);
const RSA = { name: 'RSASSA-PKCS1-v1_5', publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };

/** How each key is made by either side; `isRaw`: signed without a digest of its own. */
const KEYS = {
  'RSA-2048': { ours: { ...RSA, modulusLength: 2048 }, theirs: ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'] },
  'RSA-3072': { ours: { ...RSA, modulusLength: 3072 }, theirs: ['RSA', '-pkeyopt', 'rsa_keygen_bits:3072'] },
  'P-256': { ours: { name: 'ECDSA', namedCurve: 'P-256' }, theirs: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'] },
  'P-384': { ours: { name: 'ECDSA', namedCurve: 'P-384' }, theirs: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-384'] },
  Ed25519: { ours: { name: 'Ed25519' }, theirs: ['ED25519'], isRaw: true },
};

const run = promisify(execFile);

/** @param {string} folder @param {string[]} args */
const openssl = (folder, ...args) => run('openssl', args, { cwd: folder });

/** @param {string} folder @param {boolean} [isRaw] */
const opensslSign = (folder, isRaw) =>
  isRaw
    ? openssl(folder, 'pkeyutl', '-sign', '-rawin', '-inkey', 'key.pem', '-in', 'm.bin', '-out', 'm.sig')
    : openssl(folder, 'dgst', '-sha256', '-sign', 'key.pem', '-out', 'm.sig', 'm.bin');

/** @param {string} folder @param {string} message @param {boolean} [isRaw] */
async function opensslAccepts(folder, message, isRaw) {
  const args = isRaw
    ? ['pkeyutl', '-verify', '-rawin', '-pubin', '-inkey', 'public.pem', '-in', message, '-sigfile', 'm.sig']
    : ['dgst', '-sha256', '-verify', 'public.pem', '-signature', 'm.sig', message];
  return openssl(folder, ...args).then(
    () => true,
    (/** @type {{ code: unknown, stdout: string, stderr: string }} */ error) => {
      // Anything but a refusal is a mistake of ours in asking.
      assert.equal(error.code, 1, `${error.stdout}${error.stderr}`);
      return false;
    },
  );
}

/** @param {any} core @param {string} folder @param {typeof KEYS[keyof typeof KEYS]} key */
async function weSign(core, folder, { ours, isRaw }) {
  const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(ours, false, ['sign', 'verify']));
  await writeFile(path.join(folder, 'public.der'), new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)));
  await openssl(folder, 'pkey', '-pubin', '-inform', 'DER', '-in', 'public.der', '-out', 'public.pem');
  const signature = await core.signDetached(pair.privateKey, MESSAGE);
  await writeFile(path.join(folder, 'm.sig'), signature);
  assert.equal(await opensslAccepts(folder, 'm.bin', isRaw), true);
  assert.equal(await opensslAccepts(folder, 'changed.bin', isRaw), false);
  await writeFile(path.join(folder, 'm.sig.b64'), core.encodeSignatureFile(signature));
  await openssl(folder, 'base64', '-d', '-in', 'm.sig.b64', '-out', 'm.sig');
  assert.equal(await opensslAccepts(folder, 'm.bin', isRaw), true, 'through base64');
}

/** @param {any} core @param {string} folder @param {typeof KEYS[keyof typeof KEYS]} key */
async function theySign(core, folder, { theirs, isRaw }) {
  await openssl(folder, 'genpkey', '-algorithm', ...theirs, '-out', 'key.pem');
  await openssl(folder, 'pkey', '-in', 'key.pem', '-pubout', '-out', 'public.pem');
  await opensslSign(folder, isRaw);
  const key = core.parsePublicKey(await readFile(path.join(folder, 'public.pem')));
  await openssl(folder, 'base64', '-in', 'm.sig', '-out', 'folded.b64');
  await openssl(folder, 'base64', '-A', '-in', 'm.sig', '-out', 'one-line.b64');
  for (const file of ['m.sig', 'folded.b64', 'one-line.b64']) {
    const signature = core.parseSignatureFile(await readFile(path.join(folder, file)));
    assert.equal((await core.verifyDetached(key, MESSAGE, signature)).verdict, 'valid', file);
    assert.equal((await core.verifyDetached(key, CHANGED, signature)).verdict, 'invalid', file);
  }
  const written = core.encodeSignatureFile(core.parseSignatureFile(await readFile(path.join(folder, 'm.sig'))));
  assert.equal(written, await readFile(path.join(folder, 'folded.b64'), 'utf8'), 'what we write is what they write');
}

/** The core is TypeScript for browsers: one bundle of it runs here as well. @param {string} folder */
async function loadCore(folder) {
  const file = path.join(folder, 'core.mjs');
  await build({ input: path.join(HERE, 'signature-core.ts'), platform: 'node', output: { file, format: 'esm' }, logLevel: 'silent' });
  return (await import(pathToFileURL(file).href)).core;
}

/** Both ways for every kind of key. Prints what failed. @returns {Promise<{ passed: number, failed: number }>} */
export async function roundTripSignatures() {
  const folder = await mkdtemp(path.join(tmpdir(), 'otter-openssl-'));
  const counts = { passed: 0, failed: 0 };
  try {
    const core = await loadCore(folder);
    await writeFile(path.join(folder, 'm.bin'), MESSAGE);
    await writeFile(path.join(folder, 'changed.bin'), CHANGED);
    for (const [name, key] of Object.entries(KEYS)) {
      for (const round of [weSign, theySign]) {
        try {
          await round(core, folder, key);
          counts.passed++;
        } catch (error) {
          counts.failed++;
          console.error(`${name}, ${round.name}:`, error);
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return counts;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failed } = await roundTripSignatures();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
