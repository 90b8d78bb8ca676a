import { expect } from 'chai';
import { toBase64 } from '../../src/core/bytes/base64.ts';
import { sha256Hex } from '../../src/core/bytes/sha256.ts';
import { signDetached } from '../../src/core/trust/detached-signature.ts';
import { fingerprint } from '../../src/core/trust/fingerprint.ts';
import { parsePrivateKey } from '../../src/core/trust/private-key.ts';
import { parsePublicKey } from '../../src/core/trust/public-key.ts';
import { importSigningKey } from '../../src/core/trust/signing-key.ts';
import { pemFile } from '../vectors/keys/keys.ts';
import { makeKey, type Recipe, type TestKey } from '../core/trust/keys-for-tests.ts';
import { ecdsaBlock, rsaBlock, SECTOR, withBlocks } from '../core/trust/secure-boot-builders.ts';
import { padded } from '../core/image/builders.ts';
import { Bench, lines, makeFirmware, outcome, type Json } from '../doubles/virtual-bench.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const spki = ({ publicKey }: TestKey): string => toBase64(publicKey.spki);
const signature = async ({ privateKey }: TestKey, bytes: Uint8Array) => ({
  'X-Firmware-Signature': toBase64(await signDetached(privateKey, bytes)),
});
const inSectors = (image: Bytes): Bytes => padded(image, Math.ceil(image.length / SECTOR) * SECTOR, 0xff);

describe('a board that was given keys', () => {
  let firmware: Bytes;
  let key: TestKey;
  let other: TestKey;
  before(async () => {
    firmware = await makeFirmware({ version: '1.1.0', bytes: 30_000 });
    [key, other] = await Promise.all([makeKey('P-256'), makeKey('P-256')]);
  });

  const start = (...keys: readonly TestKey[]): Promise<Bench> => Bench.start({ trustedKeys: keys.map(spki) });
  const codeOf = async (answer: Response): Promise<unknown> => (await outcome(answer)).code;

  /** It runs on, and neither boot loader nor a hand finds what was refused. */
  async function expectUntouched(bench: Bench): Promise<void> {
    await bench.restoreDevice();
    const info = await bench.info();
    expect(info).to.include({ version: '1.0.0', running: 'ota_0', next_boot: 'ota_0' });
    expect(info['slots'][1]).to.include({ version: '', sha256: '', state: 'INVALID', unfinished: true });
    expect(await codeOf(await bench.call('POST', 'rollback'))).to.equal('NO_ROLLBACK');
    await bench.call('POST', 'reboot');
    expect(await bench.later(10_000)).to.include({ version: '1.0.0', running: 'ota_0' });
  }

  it('says that it wants signatures, and by which keys', async () => {
    const bench = await start(key, other);
    const fingerprints = await Promise.all([key, other].map(({ publicKey }) => fingerprint(publicKey)));
    expect(await bench.info()).to.deep.include({ signature_required: true, trusted_keys: fingerprints });
    expect(await (await Bench.start()).info()).to.deep.include({ signature_required: false, trusted_keys: [] });
  });

  for (const recipe of ['RSA-2048', 'RSA-3072', 'P-256', 'P-384', 'Ed25519'] satisfies Recipe[]) {
    it(`takes what its ${recipe} key has signed, and runs it`, async () => {
      const signer = await makeKey(recipe);
      const bench = await start(other, signer);
      const said = await lines(await bench.upload(firmware, await signature(signer, firmware)));
      expect([...new Set(said.slice(0, -1).map((line) => line.phase))]).to.deep.equal(['erasing', 'writing', 'verifying', 'switching']);
      expect(said.at(-1).result).to.include({ version: '1.1.0', sha256: await sha256Hex(firmware) });
      await bench.call('POST', 'reboot');
      expect(await bench.later(10_000)).to.include({ version: '1.1.0', running: 'ota_1' });
    });
  }

  it('takes RSA-PSS over the 32 bytes of the hash, as older servers made it', async () => {
    const made = await crypto.subtle.generateKey(
      { name: 'RSA-PSS', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' },
      true,
      ['sign', 'verify'],
    );
    const digest = await crypto.subtle.digest('SHA-256', firmware);
    const signed = await crypto.subtle.sign({ name: 'RSA-PSS', saltLength: 222 }, made.privateKey, digest);
    const publicKey = toBase64(new Uint8Array(await crypto.subtle.exportKey('spki', made.publicKey)));
    const bench = await Bench.start({ trustedKeys: [publicKey] });
    const said = await outcome(await bench.upload(firmware, { 'X-Firmware-Signature': toBase64(new Uint8Array(signed)) }));
    expect(said.result.version).to.equal('1.1.0');
  });

  it('refuses what nobody signed', async () => {
    const bench = await start(key);
    expect(await codeOf(await bench.upload(firmware))).to.equal('SIGNATURE_MISSING');
    expect(await (await bench.call('GET', 'update')).json()).to.include({ state: 'failed', code: 'SIGNATURE_MISSING' });
    expect(await (await bench.call('GET', 'log')).text()).to.contain('UPDATE_FAILED: SIGNATURE_MISSING');
    await expectUntouched(bench);
  });

  it('refuses what another key signed', async () => {
    const bench = await start(key);
    expect(await codeOf(await bench.upload(firmware, await signature(other, firmware)))).to.equal('SIGNATURE_INVALID');
    await expectUntouched(bench);
  });

  it('refuses a signature of a kind that none of its keys makes', async () => {
    const bench = await start(key);
    expect(await codeOf(await bench.upload(firmware, await signature(await makeKey('Ed25519'), firmware)))).to.equal('SIGNATURE_INVALID');
  });

  it('refuses other bytes than those that were signed, also when they are sound firmware', async () => {
    const bench = await start(key);
    const changed = await makeFirmware({ version: '1.1.0', bytes: 30_004 });
    expect(await codeOf(await bench.upload(changed, await signature(key, firmware)))).to.equal('SIGNATURE_INVALID');
    await expectUntouched(bench);
    const longer = padded(firmware, firmware.length + 16, 0xff);
    expect(await codeOf(await bench.upload(longer, await signature(key, firmware)))).to.equal('SIGNATURE_INVALID');
  });

  it('verifies what is in its flash: a bit that flipped on the way is noticed', async () => {
    const bench = await Bench.start({ trustedKeys: [spki(key)], flipBitAtByte: 12_000 });
    expect(await codeOf(await bench.upload(firmware, await signature(key, firmware)))).to.equal('IMAGE_INVALID');
  });

  it('does not take from a revoked key once that is taken from it', async () => {
    const bench = await start(key, other);
    const headers = await signature(other, firmware);
    expect((await outcome(await bench.upload(firmware, headers))).result.version).to.equal('1.1.0');
    await bench.hand('PUT', 'bench', { trustedKeys: [spki(key)] });
    // The very same request: what is there already was proven by a key that the board no longer has.
    const again = { ...headers, 'X-Firmware-SHA256': await sha256Hex(firmware) };
    expect(await codeOf(await bench.upload(firmware, again))).to.equal('SIGNATURE_INVALID');
    await expectUntouched(bench);
  });

  it('that checks and has no key left refuses everything, says why, and erases nothing', async () => {
    const bench = await start(key);
    await bench.hand('PUT', 'bench', { signatureRequired: true, trustedKeys: [] });
    expect(await bench.info()).to.deep.include({ signature_required: true, trusted_keys: [] });
    const before = (await bench.info())['slots'];
    for (const headers of [{}, await signature(key, firmware)]) {
      const answer = await bench.upload(firmware, headers);
      const said = await answer.json();
      expect([answer.status, said.code]).to.deep.equal([422, 'SIGNATURE_INVALID']);
      expect(said.error).to.contain('has no key');
    }
    expect((await bench.info())['slots']).to.deep.equal(before);
    await bench.restoreDevice();
    expect(await bench.info()).to.deep.include({ signature_required: true, trusted_keys: [] });
    await bench.hand('PUT', 'bench', { trustedKeys: [spki(key)] });
    expect((await outcome(await bench.upload(firmware, await signature(key, firmware)))).result.version).to.equal('1.1.0');
  });

  it('reads what was stored before there was such a board: keys are checked with, none is no check', async () => {
    const settingsOf = async (bench: Bench): Promise<Record<string, unknown>> => {
      const { signatureRequired: _, ...before } = (bench.disk.state as { bench: Record<string, unknown> }).bench;
      bench.disk.state = { ...(bench.disk.state as object), bench: before };
      await bench.restoreDevice();
      return bench.info();
    };
    const fingerprints = [await fingerprint(key.publicKey)];
    expect(await settingsOf(await start(key))).to.deep.include({ signature_required: true, trusted_keys: fingerprints });
    expect(await settingsOf(await start())).to.deep.include({ signature_required: false, trusted_keys: [] });
  });

  it('has no use for an RSA key below 2048 bits that it was given before', async () => {
    const short = toBase64(parsePublicKey(pemFile('rsa-1024.public')).spki);
    const bench = await Bench.start({ trustedKeys: [short] });
    expect(await bench.info()).to.deep.include({ signature_required: true, trusted_keys: [] });
    const { publicKey, pkcs8 } = await parsePrivateKey(pemFile('rsa-1024'));
    const headers = await signature({ publicKey, privateKey: await importSigningKey({ publicKey, pkcs8 }, false) }, firmware);
    expect((await bench.upload(firmware, headers)).status).to.equal(422);
  });

  it('answers a repeated request without writing, as long as its key signed what is there', async () => {
    const bench = await start(key);
    const headers = { ...(await signature(key, firmware)), 'X-Firmware-SHA256': await sha256Hex(firmware) };
    await (await bench.upload(firmware, headers)).text();
    const said = await lines(await bench.upload(firmware, headers));
    expect(said).to.have.length(1);
    expect(said[0].result.version).to.equal('1.1.0');
  });

  it('refuses a signature that is no base64, or longer than any, before it erases', async () => {
    const bench = await start(key);
    const before = (await bench.info())['slots'];
    for (const value of ['?', 'AAA', 'A'.repeat(2736), ' AA AA ']) {
      const answer = await bench.upload(firmware, { 'X-Firmware-Signature': value });
      expect([answer.status, (await answer.json()).code], value.slice(0, 8)).to.deep.equal([400, 'MALFORMED']);
    }
    expect((await bench.info())['slots']).to.deep.equal(before);
  });

  it('without keys takes anything, and looks at no signature', async () => {
    const bench = await Bench.start();
    expect((await outcome(await bench.upload(firmware, await signature(other, firmware.subarray(1))))).result.version).to.equal('1.1.0');
  });

  describe('and a firmware with Secure Boot V2 blocks', () => {
    it('takes one by its key, RSA or ECDSA, also among others', async () => {
      const rsa = await makeKey('RSA-3072-PSS');
      const content = inSectors(firmware);
      const blocks = [await ecdsaBlock(content, other), await rsaBlock(content, rsa)];
      const bench = await start(key, rsa);
      expect((await outcome(await bench.upload(withBlocks(content, ...blocks)))).result.version).to.equal('1.1.0');
      const second = await start(key);
      const signed = withBlocks(content, await ecdsaBlock(content, key));
      expect((await outcome(await second.upload(signed))).result.bytes).to.equal(signed.length);
    });

    it('refuses one by another key, and one over other bytes', async () => {
      const bench = await start(key);
      const content = inSectors(firmware);
      expect(await codeOf(await bench.upload(withBlocks(content, await ecdsaBlock(content, other))))).to.equal('SIGNATURE_INVALID');
      const newer = inSectors(await makeFirmware({ version: '1.2.0', bytes: 30_000 }));
      expect(await codeOf(await bench.upload(withBlocks(newer, await ecdsaBlock(content, key))))).to.equal('SIGNATURE_INVALID');
      await expectUntouched(bench);
    });

    it('does not take what an earlier image left behind the end of this one for its signature', async () => {
      const bench = await start(key);
      const content = inSectors(firmware);
      await (await bench.upload(withBlocks(content, await ecdsaBlock(content, key)))).text();
      // Fills its sectors, so that the old block stands where its own would.
      expect(await codeOf(await bench.upload(firmware))).to.equal('SIGNATURE_MISSING');
    });
  });

  it('also at the door of S1, signed in or open to all', async () => {
    const bench = await Bench.start({ trustedKeys: [spki(key)], profile: 'as-shipped' });
    const form = (): FormData => {
      const data = new FormData();
      data.append('firmware', new Blob([firmware]), 'firmware.bin');
      return data;
    };
    const refused = await bench.call('POST', 'upload', { body: form() });
    expect([refused.status, await refused.text(), refused.headers.get('x-update-error')]).to.deep.equal([
      500,
      'Update failed!',
      'SIGNATURE_MISSING',
    ]);
    await expectUntouched(bench);
    const taken = await bench.call('POST', 'upload', { body: form(), headers: await signature(key, firmware) });
    expect([taken.status, await taken.text()]).to.deep.equal([200, 'Update successful! Rebooting...']);
    expect(await bench.later(10_000)).to.include({ version: '1.1.0' });
  });

  it('also for a file system, which only a signature beside it can speak for', async () => {
    const bench = await start(key);
    const files = new Uint8Array(8192).fill(3);
    const send = async (headers: Record<string, string>): Promise<Json> => {
      const body = new FormData();
      body.append('filesystem', new Blob([files]), 'spiffs.bin');
      return outcome(await bench.call('POST', 'update', { body, headers: { accept: 'application/x-ndjson', ...headers } }));
    };
    expect((await send({})).code).to.equal('SIGNATURE_MISSING');
    expect((await send(await signature(key, files))).result.bytes).to.equal(8192);
  });

  it('keeps its keys through a restart and a factory reset', async () => {
    const bench = await start(key);
    await bench.hand('POST', 'bench/factory-reset');
    await bench.restoreDevice();
    expect(await bench.later(10_000)).to.include({ signature_required: true });
  });

  it('is given only lists of public keys, each in its one form', async () => {
    const bench = await start();
    const rsa = spki(await makeKey('RSA-2048'));
    const lists = [rsa, [''], ['AAAA'], [`${spki(key)}\n`], [toBase64(key.publicKey.spki.subarray(1))], Array(9).fill(spki(key)), [7]];
    for (const trustedKeys of lists) {
      expect((await bench.hand('PUT', 'bench', { trustedKeys })).status, JSON.stringify(trustedKeys)).to.equal(400);
    }
    expect((await bench.hand('PUT', 'bench', { trustedKeys: Array(8).fill(rsa) })).status).to.equal(200);
    expect((await bench.hand('PUT', 'bench', { trustedKeys: [] })).status).to.equal(200);
  });
});
