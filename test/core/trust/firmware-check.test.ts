import { expect } from 'chai';
import { identifyFirmware } from '../../../src/core/image/inspect.ts';
import { signDetached } from '../../../src/core/trust/detached-signature.ts';
import { fingerprint } from '../../../src/core/trust/fingerprint.ts';
import { checkFirmware } from '../../../src/core/trust/firmware-check.ts';
import type { DetachedSignature } from '../../../src/core/trust/firmware-check.ts';
import type { KnownKey } from '../../../src/core/trust/firmware-signature.ts';
import { sharedData } from '../../doubles/shared-data.ts';
import { DEFAULT_ROWS, concat, flash, partitionTable, smallApp, smallBootloader } from '../image/builders.ts';
import { makeKey } from './keys-for-tests.ts';
import type { Recipe, TestKey } from './keys-for-tests.ts';
import { OPENSSL_SIGNATURES } from './openssl-signatures.ts';
import { SECTOR, signedV1, signedV2, unsignedContent } from './secure-boot-builders.ts';

const known = async ({ publicKey }: Pick<TestKey, 'publicKey'>, more: Partial<KnownKey> = {}): Promise<KnownKey> => ({
  fingerprint: await fingerprint(publicKey),
  name: 'release',
  publicKey,
  status: 'active',
  trusted: true,
  ...more,
});

interface Beside {
  readonly keys?: readonly KnownKey[];
  readonly detached?: readonly DetachedSignature[];
}

async function signatureOf(bytes: Uint8Array, { keys = [], detached = [] }: Beside = {}) {
  return (await checkFirmware({ bytes, content: await identifyFirmware(bytes), detached }, keys)).signature;
}

const changed = (bytes: Uint8Array<ArrayBuffer>, at: number) => bytes.with(at, bytes[at]! ^ 1);

describe('checkFirmware(), a signature beside the file', () => {
  for (const recipe of ['RSA-2048', 'P-256', 'Ed25519'] as const satisfies readonly Recipe[]) {
    it(`${recipe}: trusted, tampered, by a stranger, revoked`, async () => {
      const key = await makeKey(recipe);
      const app = await smallApp();
      const detached = [{ bytes: await signDetached(key.privateKey, app) }];
      const mine = await known(key);
      expect(await signatureOf(app, { detached, keys: [mine] })).to.include({ status: 'trusted', key: mine });
      expect(await signatureOf(changed(app, 200), { detached, keys: [mine] })).to.include({ status: 'tampered', reason: 'no-trusted-key' });
      expect(await signatureOf(app, { detached, keys: [{ ...mine, trusted: false }] })).to.include({ status: 'unknown-key' });
      expect(await signatureOf(app, { detached, keys: [{ ...mine, status: 'revoked' }] })).to.include({ status: 'revoked-key' });
      expect(await signatureOf(app, { detached, keys: [{ ...mine, status: 'retired' }] })).to.include({ status: 'trusted' });
    });
  }

  it('that names no key tells nothing of bytes that another signature proves', async () => {
    const [key, other] = [await makeKey('P-256'), await makeKey('P-256')];
    const app = await smallApp();
    const valid = { bytes: await signDetached(key.privateKey, app) };
    const stray = { bytes: await signDetached(other.privateKey, app) };
    const revoked = { ...(await known(key)), status: 'revoked' } as const;
    expect(await signatureOf(app, { detached: [stray], keys: [await known(key)] })).to.include({
      status: 'tampered',
      reason: 'no-trusted-key',
    });
    expect(await signatureOf(app, { detached: [valid, stray], keys: [revoked] })).to.include({ status: 'revoked-key' });
  });

  it('that names no key is held against all that could have made it', async () => {
    const keys = await Promise.all((['P-256', 'P-256', 'P-384', 'Ed25519', 'RSA-2048'] as const).map((recipe) => makeKey(recipe)));
    const app = await smallApp();
    const ring = await Promise.all(keys.map((key) => known(key)));
    for (const [i, { privateKey }] of keys.entries()) {
      const detached = [{ bytes: await signDetached(privateKey, app) }];
      expect(await signatureOf(app, { detached, keys: ring })).to.include({ status: 'trusted', key: ring[i] });
    }
  });

  it('that names no key cannot be checked where no trusted key could have made it', async () => {
    const [mine, other, stranger] = [await makeKey('P-256'), await makeKey('Ed25519'), await makeKey('P-256')];
    const app = await smallApp();
    const detached = [{ bytes: await signDetached(mine.privateKey, app) }];
    for (const keys of [[], [await known(other)], [await known(stranger, { trusted: false })]]) {
      expect(await signatureOf(app, { detached, keys })).to.deep.equal({
        status: 'cannot-check',
        reason: 'no-key',
        source: { form: 'detached' },
      });
    }
  });

  it('that names a key is held against that one', async () => {
    const [mine, other] = [await makeKey('P-256'), await makeKey('P-256')];
    const app = await smallApp();
    const [mineKnown, otherKnown] = [await known(mine, { trusted: false }), await known(other)];
    const bytes = await signDetached(mine.privateKey, app);
    const named = (key: KnownKey) => ({ detached: [{ bytes, fingerprint: key.fingerprint }], keys: [mineKnown, otherKnown] });
    expect(await signatureOf(app, named(mineKnown))).to.include({ status: 'unknown-key', key: mineKnown });
    expect(await signatureOf(app, named(otherKnown))).to.include({ status: 'tampered', fingerprint: otherKnown.fingerprint });
    expect(await signatureOf(changed(app, 200), named(mineKnown))).to.include({ status: 'tampered' });
    expect(await signatureOf(app, { ...named(mineKnown), keys: [otherKnown] })).to.include({ status: 'cannot-check', reason: 'no-key' });
  });

  it('on P-192 cannot be checked, right or wrong', async () => {
    const { publicKey, signature } = OPENSSL_SIGNATURES['P-192'];
    const keys = [await known({ publicKey })];
    expect(await signatureOf(await smallApp(), { detached: [{ bytes: signature }], keys })).to.include({
      status: 'cannot-check',
      reason: 'key-unsupported',
    });
  });
});

describe('checkFirmware(), Secure Boot', () => {
  it('V2: trusted, unknown, tampered', async () => {
    const [mine, theirs] = [await makeKey('RSA-3072-PSS'), await makeKey('P-256')];
    const keys = [await known(mine)];
    expect(await signatureOf(await signedV2(mine), { keys })).to.include({ status: 'trusted', key: keys[0] });
    expect(await signatureOf(await signedV2(theirs, mine), { keys })).to.include({ status: 'trusted' });
    expect(await signatureOf(await signedV2(theirs), { keys })).to.deep.include({ status: 'unknown-key', publicKey: theirs.publicKey });
    const file = await signedV2(mine);
    const names = { status: 'tampered', fingerprint: keys[0]?.fingerprint };
    expect(await signatureOf(changed(file, 200), { keys })).to.include({ ...names, reason: 'content' });
    expect(await signatureOf(changed(file, file.length - SECTOR + 900), { keys })).to.include({ status: 'tampered', reason: 'block' });
  });

  it('V2: an image that was damaged beyond reading was tampered with', async () => {
    const file = await signedV2(await makeKey('P-256'));
    const broken = file.with(1, 17);
    expect((await identifyFirmware(broken)).kind).to.equal('damaged');
    expect(await signatureOf(broken)).to.include({ status: 'tampered', reason: 'content' });
  });

  it('V2: what follows the signature is not signed', async () => {
    const key = await makeKey('P-256');
    const longer = concat(await signedV2(key), new Uint8Array(64).fill(0x42));
    expect(await signatureOf(longer, { keys: [await known(key)] })).to.include({ status: 'cannot-check', reason: 'partly-signed' });
  });

  it('V1: a key that is trusted is expected to sign', async () => {
    const [mine, theirs] = [await makeKey('P-256'), await makeKey('P-256')];
    const file = await signedV1(mine);
    expect(await signatureOf(file, { keys: [await known(mine)] })).to.include({ status: 'trusted' });
    expect(await signatureOf(file, { keys: [await known(theirs)] })).to.include({ status: 'tampered', reason: 'signature' });
    for (const keys of [[], [await known(theirs, { trusted: false })]]) {
      expect(await signatureOf(file, { keys })).to.include({ status: 'cannot-check', reason: 'no-key' });
    }
  });

  it('signs a part of a merged image, not the whole', async () => {
    const key = await makeKey('P-256');
    const parts = { 0x1000: await smallBootloader(), 0x8000: partitionTable(DEFAULT_ROWS), 0x10000: await signedV2(key) };
    const merged = flash(0x14000, parts);
    expect((await identifyFirmware(merged)).kind).to.equal('merged');
    const keys = [await known(key)];
    expect(await signatureOf(merged, { keys })).to.include({ status: 'cannot-check', reason: 'partly-signed' });
  });
});

describe('checkFirmware()', () => {
  it('is told of a trusted signature though another is broken', async () => {
    const [mine, theirs] = [await makeKey('Ed25519'), await makeKey('P-256')];
    const file = await signedV2(theirs);
    const broken = changed(file, 200);
    const detached = [{ bytes: await signDetached(mine.privateKey, broken) }];
    const { signature, findings } = await checkFirmware({ bytes: broken, content: await identifyFirmware(broken), detached }, [
      await known(mine),
    ]);
    expect(signature.status).to.equal('trusted');
    expect(findings.map(({ verdict }) => verdict)).to.deep.equal(['invalid', 'valid']);
  });

  it('calls unsigned what nobody signed', async () => {
    const keys = [await known(await makeKey('P-256'))];
    for (const file of [await smallApp(), await unsignedContent(), new Uint8Array(), new Uint8Array(100).fill(0xe9)]) {
      expect(await signatureOf(file, { keys })).to.deep.equal({ status: 'unsigned' });
    }
  });

  it('cannot look into what flash encryption hides', async function () {
    const file = await sharedData('firmware/signed/hello-world-signed-encrypted.bin');
    if (!file) return this.skip();
    expect(await signatureOf(file)).to.deep.equal({ status: 'cannot-check', reason: 'encrypted' });
  });
});
