// What the key ring saves, in OpenSSL's hands: every command that a key's page shows, and every one in docs/openssl.md, typed as it stands there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadTrust, openssl, temporaryFolder } from './openssl.mjs';

const trust = await loadTrust();
const folder = await temporaryFolder();
after(() => rm(folder, { recursive: true, force: true }));

const PASSPHRASE = 'four words that nobody';
const NAME = 'Release 2026';
const MESSAGE = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
const file = (/** @type {string} */ name) => path.join(folder, name);
const read = async (/** @type {string} */ name) => new Uint8Array(await readFile(file(name)));

const newRing = () =>
  new trust.KeyRing({
    store: new trust.MemoryKeyStore(),
    notifier: { tell: () => undefined, subscribe: () => () => undefined },
    clock: { now: () => 0 },
    newId: () => 'id',
    random: (bytes) => crypto.getRandomValues(bytes),
    meter: { askToPersist: () => undefined },
  });

/** In the folder, as a person would; only the passphrase is not typed. @param {string} line */
function type(line) {
  const asks = /\.backup\.pem|\bold\.pem/.test(line) ? ` -passin 'pass:${PASSPHRASE}'` : '';
  const sets = line.includes('-topk8') ? ` -passout 'pass:${PASSPHRASE}'` : '';
  const typed = line.replace(/^openssl \w+/, (command) => `${command}${asks}${sets}`);
  const { status, stdout, stderr } = spawnSync('sh', ['-c', typed], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, `${typed}\n${stderr}`);
  return stdout;
}

const naming = { name: NAME, purpose: '', exportable: true };

/** @param {{ blob: Blob, fileName: string }} saved */
async function save({ blob, fileName }) {
  await writeFile(file(fileName), new Uint8Array(await blob.arrayBuffer()));
  return fileName;
}

/** A key, its files, and a signature by it, as they lie in a folder of downloads. @param {import('./trust.ts').MadeAlgorithm} algorithm */
async function download(algorithm) {
  const ring = newRing();
  const record = await ring.make(algorithm, naming);
  const { privateKey, publicKey } = await ring.useToSign(record.id);
  const signature = await trust.signDetached(privateKey, MESSAGE);
  await writeFile(file('firmware.bin'), MESSAGE);
  await writeFile(file('firmware.bin.sig'), signature);
  await writeFile(file('firmware.bin.sig.b64'), trust.encodeSignatureFile(signature));
  await save(await ring.exportPublic(record.id, 'pem'));
  await save(await ring.exportPrivate(record.id, PASSPHRASE));
  return { record, publicKey, signature };
}

for (const algorithm of trust.MADE_ALGORITHMS) {
  it(`every command on the page of a key with ${algorithm} is true`, async () => {
    const { record, publicKey, signature } = await download(algorithm);
    const lines = trust.opensslCommands(record).map(({ line }) => line);
    assert.equal(lines.length, 5);
    const [check = '', fromBase64 = '', fingerprint = '', backup = '', sign = ''] = lines;
    assert.match(type(check), /Verified OK|Signature Verified Successfully/);
    await rm(file('firmware.bin.sig'));
    type(fromBase64);
    assert.deepEqual(await read('firmware.bin.sig'), signature);
    assert.ok(type(fingerprint).includes(record.id));
    assert.equal(type(backup), trust.publicKeyToPem(publicKey));
    type(sign);
    assert.equal((await trust.verifyDetached(publicKey, MESSAGE, await read('firmware.bin.sig'))).verdict, 'valid');
  });
}

/** Code blocks of the page in their order; those for one kind of key say so. */
const BLOCKS = [...(await readFile(new URL('../../docs/openssl.md', import.meta.url), 'utf8')).matchAll(/```sh ?(\w*)\n([^`]*)```/g)].map(
  ([, kind = '', lines = '']) => ({ kind, lines: lines.trim().split('\n') }),
);

describe('docs/openssl.md', () => {
  before(async () => {
    await writeFile(file('old.pem'), openssl(['genrsa', '-traditional', '-aes128', '-passout', `pass:${PASSPHRASE}`, '2048']));
    type('openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=otter -keyout certificate.key -out certificate.pem');
  });

  for (const [algorithm, kinds] of /** @type {const} */ ([
    ['ECDSA P-256', ['', 'old', 'certificate']],
    ['Ed25519', ['ed25519']],
  ])) {
    it(`is true for ${algorithm}`, async () => {
      const { publicKey } = await download(algorithm);
      const wanted = BLOCKS.filter(({ kind }) => /** @type {readonly string[]} */ (kinds).includes(kind));
      assert.ok(wanted.length >= 2);
      for (const line of wanted.flatMap(({ lines }) => lines)) type(line);
      assert.equal((await trust.verifyDetached(publicKey, MESSAGE, await read('firmware.bin.sig'))).verdict, 'valid');
    });
  }

  it('brings keys that are taken', async () => {
    const ring = newRing();
    for (const name of ['ecdsa.pem', 'ed25519.pem', 'rsa.pem']) {
      assert.equal((await ring.importPrivate(await read(name), naming)).privateKey, 'exportable', name);
    }
    assert.equal((await ring.importPrivate(await read('new.pem'), { ...naming, passphrase: PASSPHRASE })).algorithm, 'RSA-2048');
    await assert.rejects(ring.importPrivate(await read('old.pem'), { ...naming, passphrase: PASSPHRASE }), {
      code: 'KEY_ENCRYPTION_UNSUPPORTED',
    });
    assert.equal((await ring.importPublic(await read('certificate.pub.pem'), naming)).algorithm, 'RSA-2048');
    await assert.rejects(ring.importPublic(await read('certificate.pem'), naming), { code: 'KEY_UNSUPPORTED' });
  });
});
