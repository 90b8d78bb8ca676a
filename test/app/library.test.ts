import { expect } from 'chai';
import { LibraryError, StoreError } from '../../src/app/errors.ts';
import { recordOf, plainFileName } from '../../src/app/firmware-record.ts';
import { FirmwareLibrary, MAX_FIRMWARE_FILE_BYTES } from '../../src/app/library.ts';
import type { FirmwareRecord, FirmwareReport } from '../../src/app/model.ts';
import { parseFirmwareRecord } from '../../src/app/records.ts';
import type { ChangeSignatures, ChangeTopic, FirmwareStore } from '../../src/app/ports.ts';
import { crc32 } from '../../src/core/bytes/crc32.ts';
import { sha256Hex } from '../../src/core/bytes/sha256.ts';
import { HELPING_BYTES } from '../../src/core/bytes/pacer.ts';
import { ZipWriter, readZipEntries } from '../../src/core/bytes/zip.ts';
import { uf2 } from '../core/image/builders.ts';
import { firmwareOf, imageOf, reportOf } from './fixtures.ts';
import { TakenDown } from '../doubles/taken-down.ts';

/** The store's promises, in a map. */
class MapStore implements FirmwareStore {
  readonly records = new Map<string, FirmwareRecord>();
  readonly blobs = new Map<string, Blob>();
  full = false;
  async all() {
    return [...this.records.values()];
  }
  async get(sha256: string) {
    return this.records.get(sha256);
  }
  async put(record: FirmwareRecord, bytes: Blob) {
    if (this.full) throw new StoreError('STORAGE_FULL', 'no room', {});
    const known = this.records.get(record.sha256);
    if (!known) this.records.set(record.sha256, record);
    this.blobs.set(record.sha256, bytes);
    return { record: known ?? record, isNew: !known };
  }
  async bytes(sha256: string) {
    return this.blobs.get(sha256);
  }
  async edit(sha256: string, change: Partial<FirmwareRecord>) {
    const known = this.records.get(sha256);
    const edited = known && { ...known, ...change };
    if (edited) this.records.set(sha256, edited);
    return edited;
  }
  async changeSignatures(sha256: string, change: ChangeSignatures) {
    return this.edit(sha256, { signatures: change(this.records.get(sha256)?.signatures ?? []) });
  }
  async delete(sha256: string) {
    this.records.delete(sha256);
  }
}

class Bench {
  readonly store = new MapStore();
  readonly told: ChangeTopic[] = [];
  readonly log = new TakenDown();
  inspected = 0;
  /** How often others had their turn in long work. */
  pauses = 0;
  /** What the X-ray finds besides the hash. */
  found: Partial<FirmwareReport> = {};
  readonly library: FirmwareLibrary;
  heard: ((topic: ChangeTopic) => void) | undefined;

  constructor() {
    this.library = new FirmwareLibrary({
      store: this.store,
      history: { add: async () => undefined, ofDevice: async () => [], ofFirmware: async () => [] },
      inspector: {
        inspect: async (file): Promise<FirmwareReport> => {
          this.inspected++;
          const bytes = new Uint8Array(await file.arrayBuffer());
          return reportOf({ ...this.found, sha256: await sha256Hex(bytes), size: bytes.length });
        },
      },
      shelf: {
        list: async () => [
          { fileName: 'demo.bin', title: 'Demo', purpose: 'p', size: 4, sha256: await sha256Hex(new TextEncoder().encode('demo')) },
        ],
        fetch: async () => new Blob(['demo']),
      },
      meter: { use: async () => ({ usedBytes: 1, quotaBytes: 2, persisted: false }), askToPersist: () => undefined },
      notifier: { tell: (topic) => void this.told.push(topic), subscribe: (listener) => ((this.heard = listener), () => undefined) },
      clock: { now: () => 1_763_600_000_000, sleep: async () => void this.pauses++ },
      record: this.log.record,
    });
  }

  add(text: string | Uint8Array<ArrayBuffer>, fileName = 'a.bin') {
    return this.library.add(new Blob([text]), fileName, { kind: 'file', detail: fileName });
  }
}

/** An Arduino build: its version is read from the file's name. */
const GUESSED: Partial<FirmwareReport> = { proposedVersions: [{ version: '1.1.0', from: 'file-name', certain: false }] };

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: { code: string }) => error.code,
  );

describe('the firmware library', () => {
  it('keeps the same bytes once, whatever the file is called', async () => {
    const bench = new Bench();
    const first = await bench.add('one', 'a.bin');
    const again = await bench.add('one', 'b.bin');
    expect([first.isNew, again.isNew, again.record.fileName]).to.deep.equal([true, false, 'a.bin']);
    expect(bench.library.records.value).to.have.length(1);
    expect(bench.told).to.deep.equal(['firmware']);
  });

  it('takes down what was added, edited, imported and deleted, and nothing twice', async () => {
    const bench = new Bench();
    const { record } = await bench.add('one');
    await bench.add('one');
    await bench.library.edit(record.sha256, { notes: 'hunter2' });
    const { blob } = await bench.library.exportArchive();
    await bench.library.delete(record.sha256);
    await bench.library.importArchive(blob);
    expect(bench.log.acts).to.deep.equal(['firmware-added', 'firmware-edited', 'firmware-deleted', 'firmware-added']);
    const facts = { firmware: record.name, version: record.version, sha256: record.sha256 };
    expect(bench.log.entries.map(([, each]) => each)).to.deep.equal([
      { ...facts, source: 'file' },
      facts,
      facts,
      { ...facts, source: 'import' },
    ]);
  });

  it('keeps signatures beside a firmware, through the archive, and adds those of an archive to the ones that are there', async () => {
    const bench = new Bench();
    const { record } = await bench.add('one');
    const [first, second] = [
      { value: 'AAAA', addedAt: 1, keyId: 'ab'.repeat(32), fileName: 'one.bin.sig' },
      { value: 'BBBB', addedAt: 2 },
    ];
    const signed = await bench.library.changeSignatures(record.sha256, (there) => [...there, first]);
    expect(signed.signatures).to.deep.equal([first]);
    expect(bench.told.at(-1)).to.equal('firmware');
    const { blob } = await bench.library.exportArchive();
    await bench.library.delete(record.sha256);
    await bench.library.importArchive(blob);
    expect((await bench.library.get(record.sha256))?.signatures).to.deep.equal([first]);
    await bench.library.changeSignatures(record.sha256, () => [second]);
    bench.told.length = 0;
    expect(await bench.library.importArchive(blob)).to.deep.equal({ added: 0, known: 1 });
    expect((await bench.library.get(record.sha256))?.signatures).to.deep.equal([second, first]);
    expect(bench.told).to.deep.equal(['firmware']);
    expect(await codeOf(bench.library.changeSignatures('00'.repeat(32), () => []))).to.equal('FIRMWARE_UNKNOWN');
  });

  it('reads no more signatures than there is room for, and none that are something else', () => {
    const one = { value: 'AAAA', addedAt: 1 };
    const read = (signatures: unknown) => parseFirmwareRecord({ ...firmwareOf(), signatures });
    expect(read([one, { ...one, keyId: 'ab'.repeat(32), fileName: 'x.sig', other: 1 }])?.signatures).to.deep.equal([
      one,
      { ...one, keyId: 'ab'.repeat(32), fileName: 'x.sig' },
    ]);
    const broken = [
      Array.from({ length: 17 }, () => one),
      'AAAA',
      [null],
      [{ ...one, value: 7 }],
      [{ ...one, value: 'A'.repeat(2733) }],
      [{ ...one, keyId: 'x' }],
    ];
    for (const signatures of broken) expect(read(signatures), JSON.stringify(signatures).slice(0, 60)).to.equal(undefined);
  });

  it('refuses an empty and an impossible file before anybody reads it', async () => {
    const bench = new Bench();
    expect(await codeOf(bench.add(''))).to.equal('FILE_EMPTY');
    const huge = { size: MAX_FIRMWARE_FILE_BYTES + 1 } as Blob;
    expect(await codeOf(bench.library.inspect(huge, 'x'))).to.equal('FILE_TOO_LARGE');
    expect(bench.inspected).to.equal(0);
  });

  it('refuses what is no firmware, unless the person wants it all the same', async () => {
    const bench = new Bench();
    bench.found = { content: { kind: 'unknown' } };
    expect(await codeOf(bench.add('notes', 'notes.txt'))).to.equal('FILE_NOT_RECOGNISED');
    expect(bench.store.records.size).to.equal(0);
    const source = { kind: 'file', detail: 'notes.txt' } as const;
    const { record } = await bench.library.add(new Blob(['notes']), 'notes.txt', source, { evenUnknown: true });
    expect(record.kind).to.equal('unknown');
  });

  it('says what a file is that people take for firmware, even one as dense as an encrypted image', async () => {
    const bench = new Bench();
    for (const [kind, text, format] of [
      ['unknown', '# Release notes\n', 'text'],
      ['encrypted', '\u007fELF\u0001\u0001', 'elf'],
    ] as const) {
      bench.found = { content: { kind } } as Partial<FirmwareReport>;
      const error = await bench.add(text).catch((refusal: unknown) => refusal as LibraryError);
      expect(error).to.deep.include({ code: 'FILE_NOT_RECOGNISED' });
      expect((error as LibraryError).details).to.include({ format });
    }
    bench.found = { content: { kind: 'encrypted' } } as Partial<FirmwareReport>;
    expect((await bench.add('\u0001\u0002\u0003')).record.kind).to.equal('encrypted');
  });

  it('puts the application of a merged image beside it, and says where it came from', async () => {
    const bench = new Bench();
    const content = { kind: 'app', image: imageOf({ imageLength: 4, secureBoot: [] }) } as const;
    bench.found = { content: { kind: 'merged', parts: [{ flashOffset: 2, length: 4, name: 'factory', content }] } };
    const { record: whole } = await bench.add('..app!..', 'all of it.bin');
    bench.found = { content };
    const application = await bench.library.extractApplication(whole.sha256);
    expect(await (await bench.library.bytes(application.sha256)).text()).to.equal('app!');
    expect(application).to.include({ fileName: 'all of it-app.bin', kind: 'app', size: 4 });
    expect(application.source).to.deep.equal({ kind: 'file', detail: 'all of it.bin, application at 0x2' });
    expect(await codeOf(bench.library.extractApplication(application.sha256))).to.equal('NO_APPLICATION');
  });

  it('lets others have their turn while it takes an application out of a container', async () => {
    const bench = new Bench();
    const image = new Uint8Array(2 ** 20).fill(0x5a);
    const content = { kind: 'app', image: imageOf({ imageLength: image.length, secureBoot: [] }) } as const;
    bench.found = { content: { kind: 'uf2', parts: [{ flashOffset: 0x1_0000, length: image.length, name: 'app', content }] } };
    const container = uf2(0x1_0000, image);
    const { record: whole } = await bench.add(container, 'whole.uf2');
    bench.found = { content };
    expect((await bench.library.extractApplication(whole.sha256)).size).to.equal(image.length);
    expect(bench.pauses).to.be.at.least(container.length / HELPING_BYTES - 1);
  });

  it('passes a full disk on as it is, and changes nothing', async () => {
    const bench = new Bench();
    bench.store.full = true;
    expect(await codeOf(bench.add('one'))).to.equal('STORAGE_FULL');
    expect(bench.told).to.deep.equal([]);
  });

  it('notices bytes that are no longer what they were', async () => {
    const bench = new Bench();
    bench.store.records.set(firmwareOf().sha256, firmwareOf());
    bench.store.blobs.set(firmwareOf().sha256, new Blob(['other']));
    expect(await codeOf(bench.library.report(firmwareOf().sha256))).to.equal('FIRMWARE_CHANGED');
  });

  it('gives a record again for bytes that only a history still keeps', async () => {
    const bench = new Bench();
    const { record } = await bench.add('one');
    await bench.library.delete(record.sha256);
    expect(await bench.library.get(record.sha256)).to.include({ sha256: record.sha256, version: '1.1.0' });
    expect(bench.library.records.value).to.deep.equal([]);
  });

  it('checks what a person writes', async () => {
    const bench = new Bench();
    const { sha256 } = (await bench.add('one')).record;
    const edited = await bench.library.edit(sha256, { name: '  node ', tags: [' a ', 'a', '', 'b'] });
    expect([edited.name, edited.tags]).to.deep.equal(['node', ['a', 'b']]);
    expect(await codeOf(bench.library.edit(sha256, { name: '  ' }))).to.equal('EDIT_INVALID');
    expect(await codeOf(bench.library.edit(sha256, { notes: 'x'.repeat(10_001) }))).to.equal('EDIT_INVALID');
    expect(await codeOf(bench.library.edit(sha256, { tags: ['x'.repeat(33)] }))).to.equal('EDIT_INVALID');
    expect(await codeOf(bench.library.edit('0'.repeat(64), { name: 'x' }))).to.equal('FIRMWARE_UNKNOWN');
  });

  it('takes a demo from the shelf once', async () => {
    const bench = new Bench();
    const { record } = await bench.library.addDemo('demo.bin');
    expect(record.source).to.deep.equal({ kind: 'demo', detail: 'Demo' });
    expect((await bench.library.addDemo('demo.bin')).record).to.equal(record);
    expect(await codeOf(bench.library.addDemo('../other.bin'))).to.equal('DEMO_UNAVAILABLE');
  });

  it('reads again when another tab changed it', async () => {
    const bench = new Bench();
    await bench.library.load();
    bench.store.records.set(firmwareOf().sha256, firmwareOf());
    bench.heard?.('firmware');
    await new Promise((resolve) => setTimeout(resolve));
    expect(bench.library.records.value).to.have.length(1);
  });
});

describe('a version that the image states', () => {
  it('is a fact that nobody edits; a guess is a person’s to correct', async () => {
    const bench = new Bench();
    const { record } = await bench.add('one');
    expect(record.imageVersion).to.equal('1.1.0');
    expect(await codeOf(bench.library.edit(record.sha256, { version: '9.9.9' }))).to.equal('EDIT_INVALID');
    expect((await bench.library.edit(record.sha256, { version: '1.1.0', name: 'node' })).name).to.equal('node');
    bench.found = GUESSED;
    const guessed = (await bench.add('two')).record;
    expect(guessed.imageVersion).to.equal(undefined);
    expect((await bench.library.edit(guessed.sha256, { version: '9.9.9' })).version).to.equal('9.9.9');
  });

  it('is believed before the label of a record or of an archive', async () => {
    const record = { ...firmwareOf({ version: '9.9.9' }), imageVersion: '1.1.0' };
    expect(parseFirmwareRecord(record)).to.include({ version: '1.1.0', imageVersion: '1.1.0' });
    const source = new Bench();
    const { sha256 } = (await source.add('one')).record;
    source.store.records.set(sha256, firmwareOf({ sha256, version: '9.9.9' }));
    const { blob } = await source.library.exportArchive();
    const target = new Bench();
    await target.library.importArchive(blob);
    expect((await target.library.get(sha256))!.version).to.equal('1.1.0');
  });
});

describe('the library as one file', () => {
  it('comes back as it was, with what the person wrote', async () => {
    const source = new Bench();
    source.found = GUESSED;
    for (const text of ['one', 'two']) await source.add(text, `${text}.bin`);
    const { sha256 } = source.library.records.value![0]!;
    await source.library.edit(sha256, { name: 'mine', notes: 'n', tags: ['t'], version: '7' });
    const { blob, fileName } = await source.library.exportArchive();
    expect(fileName).to.equal('otter-library-2025-11-20.zip');

    const target = new Bench();
    target.found = GUESSED;
    await target.add('two');
    expect(await target.library.importArchive(blob)).to.deep.equal({ added: 1, known: 1 });
    expect(await target.library.get(sha256)).to.include({ name: 'mine', notes: 'n', version: '7', fileName: 'one.bin' });
    expect((await target.library.get(sha256))!.source.kind).to.equal('import');
    expect(await (await target.library.bytes(sha256)).text()).to.equal('one');
  });

  it('states the checksum of a firmware that is read in several pieces', async () => {
    const bench = new Bench();
    const bytes = Uint8Array.from({ length: HELPING_BYTES + 5 }, (_, at) => at ^ (at >> 7));
    const { record } = await bench.add(bytes);
    const { blob } = await bench.library.exportArchive();
    const read = async (offset: number, length: number) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    const entry = (await readZipEntries({ size: blob.size, read })).find(({ name }) => name.includes(record.sha256))!;
    expect(entry).to.include({ size: bytes.length, crc32: crc32(bytes) });
  });

  it('exports a choice, and only what is there', async () => {
    const bench = new Bench();
    const { sha256 } = (await bench.add('one')).record;
    await bench.add('two');
    const { blob } = await bench.library.exportArchive([sha256]);
    expect(await new Bench().library.importArchive(blob)).to.deep.equal({ added: 1, known: 0 });
    expect(await codeOf(bench.library.exportArchive(['0'.repeat(64)]))).to.equal('FIRMWARE_UNKNOWN');
  });

  const archiveOf = (entries: Readonly<Record<string, string>>): Blob => {
    const writer = new ZipWriter();
    const parts: BlobPart[] = [];
    for (const [name, text] of Object.entries(entries)) {
      const bytes = new TextEncoder().encode(text);
      parts.push(writer.add({ name, size: bytes.length, crc32: crc32(bytes) }), bytes);
    }
    return new Blob([...parts, writer.finish()]);
  };
  const manifest = (firmware: unknown): string => JSON.stringify({ format: 'otter-library', version: 1, firmware });

  const HOSTILE: readonly [string, () => Blob][] = [
    ['no archive', () => new Blob(['hello, this is no archive at all'])],
    ['no manifest', () => archiveOf({ 'other.txt': 'x' })],
    ['a manifest that is no JSON', () => archiveOf({ 'manifest.json': '{' })],
    ['a manifest of null', () => archiveOf({ 'manifest.json': 'null' })],
    ['another program’s manifest', () => archiveOf({ 'manifest.json': '{"name":"x","builds":[]}' })],
    ['a newer format', () => archiveOf({ 'manifest.json': JSON.stringify({ format: 'otter-library', version: 2, firmware: [] }) })],
    ['a firmware that is missing', () => archiveOf({ 'manifest.json': manifest([firmwareOf()]) })],
    [
      'a firmware that is not what its name says',
      () => archiveOf({ 'manifest.json': manifest([]), [`firmware/${'ab'.repeat(32)}.bin`]: 'evil' }),
    ],
  ];
  for (const [what, make] of HOSTILE) {
    it(`refuses ${what}, and stores nothing`, async () => {
      const bench = new Bench();
      const error = await bench.library.importArchive(make()).catch((error: unknown) => error);
      expect(error).to.be.instanceOf(LibraryError);
      expect((error as LibraryError).code).to.equal('ARCHIVE_INVALID');
      expect(bench.store.blobs.size).to.equal(0);
    });
  }

  it('takes nothing from a record that breaks a rule, but its bytes if they are what they say', async () => {
    const sha256 = await sha256Hex(new TextEncoder().encode('one'));
    const bench = new Bench();
    const blob = archiveOf({ 'manifest.json': manifest([{ ...firmwareOf({ sha256 }), name: 7 }]), [`firmware/${sha256}.bin`]: 'one' });
    expect(await bench.library.importArchive(blob)).to.deep.equal({ added: 1, known: 0 });
    expect((await bench.library.get(sha256))!.name).to.equal('greenhouse-node');
  });
});

describe('recordOf()', () => {
  it('keeps names plain', () => {
    expect(plainFileName('C:\\fake\\path\\fw.bin')).to.equal('fw.bin');
    expect(plainFileName('../../x\u0000\u202Egnp.bin')).to.equal('xgnp.bin');
    expect(plainFileName('')).to.equal('firmware.bin');
    expect(plainFileName('x'.repeat(1000))).to.have.length(255);
  });

  it('names what has no project after its file, and leaves a guessed version uncertain', () => {
    const report = reportOf({ content: { kind: 'unknown' }, proposedVersions: [{ version: '3.1', from: 'file-name', certain: false }] });
    expect(recordOf(report, 'thing-3.1.bin', { kind: 'file', detail: '' }, 5)).to.include({
      name: 'thing-3.1',
      version: '3.1',
      versionCertain: false,
      addedAt: 5,
    });
  });
});
