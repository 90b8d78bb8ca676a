import { expect } from 'chai';
import { OtterError } from '../../../src/core/errors.ts';
import { toBase64 } from '../../../src/core/bytes/base64.ts';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import { inspectFirmware } from '../../../src/core/image/inspect.ts';
import { signDetached } from '../../../src/core/trust/detached-signature.ts';
import { LibraryError } from '../../../src/app/errors.ts';
import { recordOf } from '../../../src/app/firmware-record.ts';
import type { FirmwareRecord, FirmwareReport } from '../../../src/app/model.ts';
import { Subject } from '../../../src/app/observable.ts';
import type { ChangeSignatures } from '../../../src/app/ports.ts';
import { SignatureDesk } from '../../../src/app/trust/signature-desk.ts';
import { belongsTo } from '../../../src/app/trust/signature-files.ts';
import { canonicalBytes } from '../../../src/core/trust/canonical-json.ts';
import { signingInput } from '../../../src/core/trust/jws.ts';
import { unsignedRelease, unsignedRoot } from '../../../src/core/trust/threshold-signing.ts';
import { IMAGE, ReleaseHost, releaseOf } from '../../doubles/release-host.ts';
import { person } from '../../doubles/signers.ts';
import { makeKey, type TestKey } from '../../core/trust/keys-for-tests.ts';
import { signedV2 } from '../../core/trust/secure-boot-builders.ts';
import { HeldKeys } from '../../doubles/held-keys.ts';
import { TakenDown } from '../../doubles/taken-down.ts';
import { makeFirmware } from '../../doubles/virtual-bench.ts';

/** One firmware on a shelf. */
class Desk {
  readonly keys = new HeldKeys();
  readonly log = new TakenDown();
  readonly records = new Subject<readonly FirmwareRecord[] | undefined>([]);
  readings = 0;
  readonly desk: SignatureDesk;
  #record: FirmwareRecord;

  readonly report: FirmwareReport;

  private constructor(bytes: Uint8Array<ArrayBuffer>, report: FirmwareReport) {
    this.report = report;
    this.#record = recordOf(report, 'node.bin', { kind: 'file', detail: 'node.bin' }, 1);
    this.desk = new SignatureDesk({
      library: {
        records: this.records,
        get: async (sha256) => (sha256 === report.sha256 ? this.#record : undefined),
        report: async () => report,
        bytes: async () => (this.readings++, new Blob([bytes])),
        changeSignatures: (sha256, change) => this.#change(sha256, change),
      },
      keys: this.keys,
      clock: { now: () => 1000 },
      record: this.log.record,
    });
  }

  static async with(bytes: Uint8Array<ArrayBuffer>): Promise<Desk> {
    return new Desk(bytes, await inspectFirmware(bytes, 'node.bin'));
  }

  get sha256(): string {
    return this.report.sha256;
  }

  get signatures() {
    return this.#record.signatures ?? [];
  }

  attach(bytes: Uint8Array | string, name = 'node.bin.sig') {
    return this.desk.attach(this.sha256, new Blob([bytes as BlobPart]), name);
  }

  async #change(sha256: string, change: ChangeSignatures): Promise<FirmwareRecord> {
    if (sha256 !== this.sha256) throw new LibraryError('FIRMWARE_UNKNOWN', 'no such firmware', {});
    this.#record = { ...this.#record, signatures: change(this.signatures) };
    this.records.set([this.#record]);
    return this.#record;
  }
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    expect(error).to.be.instanceOf(OtterError);
    return (error as OtterError).code;
  }
  return 'nothing';
};

describe('SignatureDesk', () => {
  let firmware: Uint8Array<ArrayBuffer>;
  let release: TestKey;
  let other: TestKey;
  before(async () => {
    firmware = await makeFirmware({ version: '1.1.0' });
    [release, other] = await Promise.all([makeKey('P-256'), makeKey('P-256')]);
  });

  it('calls unsigned what nobody signed, without reading its bytes', async () => {
    const desk = await Desk.with(firmware);
    const trust = await desk.desk.trust(desk.sha256);
    expect(trust).to.deep.include({ product: 'bench-test', signature: { status: 'unsigned' }, isPinned: false, signatures: [] });
    expect(desk.readings).to.equal(0);
  });

  it('signs, and the product that trusts the key trusts the firmware', async () => {
    const desk = await Desk.with(firmware);
    const keyId = await desk.keys.add('Release 2026', release);
    const trust = await desk.desk.sign(desk.sha256, keyId);
    expect(trust.isPinned).to.equal(true);
    expect(trust.signature).to.deep.include({ status: 'trusted' });
    expect(desk.signatures).to.have.length(1);
    expect(desk.signatures[0]).to.include({ keyId, addedAt: 1000 });
    expect(desk.log.entries).to.deep.equal([
      [
        'firmware-signed',
        {
          firmware: 'bench-test',
          version: '1.1.0',
          sha256: desk.sha256,
          key: 'Release 2026',
          keyId,
          algorithm: 'ECDSA P-256',
        },
      ],
    ]);
  });

  it('names the files of several signatures by their keys, so that each can be saved beside the others and comes back', async () => {
    const desk = await Desk.with(firmware);
    const first = await desk.keys.add('Release 2.0 / <b>', release);
    const second = await desk.keys.add('Factory', other);
    const names = async (): Promise<string[]> => {
      const files = desk.signatures.map((_, index) => desk.desk.save(desk.sha256, index, index === 0 ? 'raw' : 'base64'));
      return (await Promise.all(files)).map(({ fileName }) => fileName);
    };
    await desk.desk.sign(desk.sha256, first);
    expect(await names()).to.deep.equal(['node.bin.sig']);
    await desk.desk.sign(desk.sha256, second);
    expect(await names()).to.deep.equal(['node.bin.by-Release-2-0-b.sig', 'node.bin.by-Factory.sig.b64']);
    for (const name of await names()) expect(belongsTo(name, 'node.bin'), name).to.equal(true);
    desk.keys.change(first, { name: 'factory' });
    expect(await names()).to.deep.equal([`node.bin.by-${first.slice(0, 8)}.sig`, `node.bin.by-${second.slice(0, 8)}.sig.b64`]);
    // By keys that are not here (any more), and by nobody knows whom.
    desk.keys.remove(first);
    await desk.attach(await signDetached((await makeKey('Ed25519')).privateKey, firmware), 'found.sig');
    expect(await names()).to.deep.equal([
      `node.bin.by-${first.slice(0, 8)}.sig`,
      'node.bin.by-Factory.sig.b64',
      'node.bin.by-unknown-3.sig.b64',
    ]);
  });

  it('keeps of a key the newest signature only', async () => {
    const desk = await Desk.with(firmware);
    const [first, second] = [await desk.keys.add('a', release), await desk.keys.add('b', other)];
    for (const keyId of [first, second, first]) await desk.desk.sign(desk.sha256, keyId);
    expect(desk.signatures.map(({ keyId }) => keyId)).to.deep.equal([second, first]);
  });

  for (const recipe of ['RSA-2048', 'RSA-3072', 'P-256', 'Ed25519'] as const) {
    it(`takes a .sig and a .sig.b64 by ${recipe}, and gives them back byte for byte`, async () => {
      const key = await makeKey(recipe);
      const signature = await signDetached(key.privateKey, firmware);
      for (const [file, name] of [
        [signature, 'node.bin.sig'],
        [`${toBase64(signature).replaceAll(/.{64}/g, '$&\n')}\n`, '../evil\u0000/node.sig.b64'],
      ] as const) {
        const desk = await Desk.with(firmware);
        const keyId = await desk.keys.add('Release', key, { trusted: false });
        const { signature: verdict } = await desk.attach(file, name);
        expect(verdict).to.include({ status: 'unknown-key', fingerprint: keyId });
        expect(desk.signatures[0]).to.include({ keyId, fileName: name.split('/').at(-1) });
        const raw = await desk.desk.save(desk.sha256, 0, 'raw');
        expect(raw.fileName).to.equal('node.bin.sig');
        expect(new Uint8Array(await raw.blob.arrayBuffer())).to.deep.equal(signature);
        const text = await desk.desk.save(desk.sha256, 0, 'base64');
        expect([text.fileName, (await text.blob.text()).replaceAll('\n', '')]).to.deep.equal(['node.bin.sig.b64', toBase64(signature)]);
        expect(await text.blob.text()).to.match(/^(?:[A-Za-z0-9+/=]{1,64}\n)+$/);
      }
    });
  }

  it('knows a signature over other bytes, and one by a key that is not here', async () => {
    const wrong = await signDetached(release.privateKey, firmware.subarray(1));
    const desk = await Desk.with(firmware);
    expect((await desk.attach(wrong)).signature).to.include({ status: 'cannot-check', reason: 'no-key' });
    expect(desk.log.acts).to.deep.equal(['signature-attached', 'signature-checked']);
    const keyId = await desk.keys.add('Release', release);
    expect((await desk.desk.trust(desk.sha256)).signature).to.deep.include({ status: 'tampered', reason: 'no-trusted-key' });
    desk.keys.change(keyId, { trusted: false });
    expect((await desk.desk.trust(desk.sha256)).signature).to.include({ status: 'cannot-check' });
  });

  it('changes its verdict with the keys, and says that it may have changed', async () => {
    const desk = await Desk.with(firmware);
    const keyId = await desk.keys.add('Release', release);
    await desk.desk.sign(desk.sha256, keyId);
    const statuses: string[] = [];
    let heard = 0;
    desk.desk.version.subscribe(() => void heard++);
    const before = heard;
    for (const standing of [{ status: 'retired' }, { status: 'revoked' }, { status: 'active', trusted: false }] as const) {
      desk.keys.change(keyId, standing);
      statuses.push((await desk.desk.trust(desk.sha256)).signature.status);
    }
    desk.keys.remove(keyId);
    statuses.push((await desk.desk.trust(desk.sha256)).signature.status);
    expect(statuses).to.deep.equal(['trusted', 'revoked-key', 'unknown-key', 'cannot-check']);
    expect(heard - before).to.equal(4);
  });

  it('looks at the bytes once for all who ask, until something changes', async () => {
    const desk = await Desk.with(firmware);
    const keyId = await desk.keys.add('Release', release);
    await desk.desk.sign(desk.sha256, keyId);
    const before = desk.readings;
    await Promise.all([desk.desk.trust(desk.sha256), desk.desk.trust(desk.sha256)]);
    await desk.desk.signatureBy(desk.sha256, [keyId]);
    expect(desk.readings).to.equal(before);
    desk.keys.change(keyId, { trusted: false });
    await desk.desk.trust(desk.sha256);
    expect(desk.readings).to.equal(before + 1);
  });

  it('judges Secure Boot blocks together with what lies beside the file', async () => {
    const key = await makeKey('P-256');
    const bytes = await signedV2(key, other);
    const desk = await Desk.with(bytes);
    const keyId = await desk.keys.add('Boot', key);
    const beside = await desk.keys.add('Beside', release, { trusted: false });
    const trust = await desk.desk.sign(desk.sha256, beside);
    expect(trust.signature).to.deep.include({ status: 'trusted' });
    expect(trust.findings.map(({ verdict, source }) => [verdict, source?.form])).to.deep.equal([
      ['valid', 'secure-boot'],
      ['valid', 'secure-boot'],
      ['valid', 'detached'],
    ]);
    expect(await desk.desk.signatureBy(desk.sha256, [keyId])).to.equal(undefined);
    expect(await desk.desk.signatureBy(desk.sha256, [keyId, beside])).to.equal(desk.signatures[0]!.value);
  });

  it('takes signatures away, and knows when there is none of that number', async () => {
    const desk = await Desk.with(firmware);
    const keyId = await desk.keys.add('Release', release);
    await desk.desk.sign(desk.sha256, keyId);
    expect((await desk.desk.remove(desk.sha256, 0)).signature.status).to.equal('unsigned');
    expect(desk.log.acts).to.deep.equal(['firmware-signed', 'signature-removed']);
    for (const index of [0, -1, 0.5, Number.NaN])
      expect(await codeOf(desk.desk.remove(desk.sha256, index)), String(index)).to.equal('SIGNATURE_UNKNOWN');
    expect(await codeOf(desk.desk.save(desk.sha256, 0, 'raw'))).to.equal('SIGNATURE_UNKNOWN');
  });

  it('keeps at most sixteen, and refuses files that are none', async () => {
    const desk = await Desk.with(firmware);
    for (let i = 0; i < 16; i++) await desk.attach(Uint8Array.of(0xff, i, 0xff));
    expect(await codeOf(desk.attach(Uint8Array.of(0xff, 16, 0xff)))).to.equal('TOO_MANY_SIGNATURES');
    expect(desk.signatures).to.have.length(16);
    await desk.attach(Uint8Array.of(0xff, 3, 0xff));
    expect(desk.signatures).to.have.length(16);
    for (const file of ['', 'AAA', new Uint8Array(5000), new Uint8Array(20 << 20)])
      expect(await codeOf(desk.attach(file))).to.equal('SIGNATURE_MALFORMED');
  });

  it('says so when a stored signature is no base64, instead of failing', async () => {
    const desk = await Desk.with(firmware);
    await desk.keys.add('Release', release);
    await desk.attach(Uint8Array.of(0xff, 0xfe));
    (desk.signatures[0] as { value: string }).value = '?';
    desk.records.set([]);
    expect((await desk.desk.trust(desk.sha256)).signature.status).to.equal('cannot-check');
  });

  it('confusion: signs no release, root file or head of a log that poses as a firmware', async () => {
    const { key } = await person('Mallory');
    const protectedHeader = toBase64(canonicalBytes({ alg: 'ES256', kid: key.fingerprint }), 'base64url');
    const head = { at: '2026-01-01T00:00:00.000Z', h: 'ab'.repeat(32), kid: key.fingerprint, seq: 3, typ: 'otter-log-head' };
    for (const bytes of [
      signingInput(unsignedRelease(await releaseOf(IMAGE.bytes)), protectedHeader),
      signingInput(await unsignedRoot((await ReleaseHost.open()).root), protectedHeader),
      canonicalBytes(head),
    ]) {
      const desk = await Desk.with(bytes);
      const keyId = await desk.keys.add('Release', release);
      expect(await codeOf(desk.desk.sign(desk.sha256, keyId))).to.equal('NOT_A_FIRMWARE');
      expect(desk.signatures).to.deep.equal([]);
      expect(desk.log.acts).to.deep.equal([]);
    }
  });

  it('signs nothing that is not in the library', async () => {
    const desk = await Desk.with(firmware);
    const keyId = await desk.keys.add('Release', release);
    const strange = await sha256Hex(Uint8Array.of(1));
    expect(await codeOf(desk.desk.sign(strange, keyId))).to.equal('FIRMWARE_UNKNOWN');
    expect(desk.log.acts).to.deep.equal([]);
  });
});
