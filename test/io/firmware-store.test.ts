import { openDB } from 'idb';
import { expect } from 'chai';
import { StoreError } from '../../src/app/errors.ts';
import type { FirmwareRecord, HistoryEntry } from '../../src/app/model.ts';
import { OtterDatabaseHandle } from '../../src/io/store/database.ts';
import { IdbDeviceStore, IdbHistoryStore, IdbSettingsStore } from '../../src/io/store/device-store.ts';
import { IdbFirmwareStore } from '../../src/io/store/firmware-store.ts';
import { firmwareOf, infoOf } from '../app/fixtures.ts';

const bytesOf = (text: string): Blob => new Blob([text]);
const shaOf = (index: number): string => index.toString(16).padStart(64, '0');
const install = (change: Partial<HistoryEntry> = {}): HistoryEntry => ({
  id: 'h1',
  deviceId: 'd1',
  at: 5,
  act: 'update',
  outcome: 'confirmed',
  ...change,
});

async function rejection(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('was accepted'),
    (error: unknown) => error,
  );
}

describe('the database of this browser', () => {
  let name: string;
  let database: OtterDatabaseHandle;
  let firmware: IdbFirmwareStore;
  let history: IdbHistoryStore;
  let devices: IdbDeviceStore;

  beforeEach(() => {
    name = `otter-test-${crypto.randomUUID()}`;
    database = new OtterDatabaseHandle(name);
    firmware = new IdbFirmwareStore(database);
    history = new IdbHistoryStore(database);
    devices = new IdbDeviceStore(database);
  });

  afterEach(async () => {
    await database.close();
    indexedDB.deleteDatabase(name);
  });

  const blobKeys = async (): Promise<string[]> => (await database.open()).getAllKeys('blobs');

  describe('firmware', () => {
    it('is kept once: the same bytes twice give the record that is there', async () => {
      const first = await firmware.put(firmwareOf({ notes: 'mine' }), bytesOf('abc'));
      const second = await firmware.put(firmwareOf({ notes: 'other' }), bytesOf('abc'));
      expect([first.isNew, second.isNew]).to.deep.equal([true, false]);
      expect(second.record.notes).to.equal('mine');
      expect(await firmware.all()).to.have.length(1);
      expect(await blobKeys()).to.have.length(1);
      expect(await (await firmware.bytes(firmwareOf().sha256))!.text()).to.equal('abc');
    });

    it('is all there or not at all when the disk runs full in the middle', async () => {
      const put = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'put')!;
      const original = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
        if (this.name === 'blobs') throw new DOMException('no room', 'QuotaExceededError');
        return key === undefined ? original.call(this, value) : original.call(this, value, key);
      };
      try {
        const error = await rejection(firmware.put(firmwareOf(), bytesOf('abc')));
        expect(error).to.be.instanceOf(StoreError);
        expect((error as StoreError).code).to.equal('STORAGE_FULL');
        expect((error as StoreError).cause).to.be.instanceOf(DOMException);
      } finally {
        Object.defineProperty(IDBObjectStore.prototype, 'put', put);
      }
      expect(await firmware.all()).to.deep.equal([]);
      expect(await firmware.bytes(firmwareOf().sha256)).to.equal(undefined);
      expect((await firmware.put(firmwareOf(), bytesOf('abc'))).isNew).to.equal(true);
    });

    it('gets its bytes back when only the record had survived', async () => {
      await (await database.open()).put('firmware', firmwareOf());
      expect((await firmware.put(firmwareOf(), bytesOf('abc'))).isNew).to.equal(false);
      expect(await (await firmware.bytes(firmwareOf().sha256))!.text()).to.equal('abc');
    });

    it('changes only what is named, and a version that a person gave is certain', async () => {
      await firmware.put(firmwareOf({ versionCertain: false }), bytesOf('abc'));
      expect((await firmware.edit(firmwareOf().sha256, { notes: 'n' }))!.versionCertain).to.equal(false);
      const edited = await firmware.edit(firmwareOf().sha256, { version: '2.0', tags: ['field'] });
      expect(edited).to.deep.equal(firmwareOf({ notes: 'n', version: '2.0', tags: ['field'], versionCertain: true }));
      expect(await firmware.get(firmwareOf().sha256)).to.deep.equal(edited);
      expect(await firmware.edit(shaOf(9), { notes: 'x' })).to.equal(undefined);
      const signature = { value: 'AAAA', addedAt: 1 };
      // Two tabs at once: neither loses what the other adds.
      await Promise.all(
        [1, 2].map((addedAt) => firmware.changeSignatures(firmwareOf().sha256, (all) => [...all, { ...signature, addedAt }])),
      );
      expect((await firmware.get(firmwareOf().sha256))?.signatures?.map(({ addedAt }) => addedAt)).to.have.members([1, 2]);
      const full = firmware.changeSignatures(firmwareOf().sha256, () => {
        throw new RangeError('no room');
      });
      expect(await full.catch((error: Error) => error.name)).to.equal('StoreError');
      expect((await firmware.get(firmwareOf().sha256))?.signatures).to.have.length(2);
      expect(await firmware.changeSignatures(firmwareOf().sha256, () => [])).to.not.have.property('signatures');
      expect(await firmware.changeSignatures(shaOf(9), () => [signature])).to.equal(undefined);
    });

    it('is deleted with its bytes when nothing refers to it', async () => {
      await firmware.put(firmwareOf(), bytesOf('abc'));
      await firmware.delete(firmwareOf().sha256);
      expect(await blobKeys()).to.deep.equal([]);
    });

    it('leaves its bytes to the history of a device, until that device is removed', async () => {
      await firmware.put(firmwareOf(), bytesOf('abc'));
      await history.add(install({ sha256: firmwareOf().sha256 }));
      await firmware.delete(firmwareOf().sha256);
      expect(await firmware.get(firmwareOf().sha256)).to.equal(undefined);
      expect(await blobKeys()).to.have.length(1);
      await devices.delete('d1');
      expect(await blobKeys()).to.deep.equal([]);
      expect(await history.ofDevice('d1')).to.deep.equal([]);
    });

    it('can be deleted even from histories', async () => {
      await firmware.put(firmwareOf(), bytesOf('abc'));
      await history.add(install({ sha256: firmwareOf().sha256 }));
      await firmware.delete(firmwareOf().sha256, { evenFromHistory: true });
      expect(await blobKeys()).to.deep.equal([]);
      expect(await history.ofFirmware(firmwareOf().sha256)).to.have.length(1);
    });

    it('stays when a removed device had it but the library has it too', async () => {
      await firmware.put(firmwareOf(), bytesOf('abc'));
      await history.add(install({ sha256: firmwareOf().sha256 }));
      await devices.delete('d1');
      expect(await blobKeys()).to.have.length(1);
    });

    it('keeps what a job by cable says it changes: whoever connects later knows that a slot is half written', async () => {
      const entry = install({
        act: 'flash',
        outcome: 'started',
        ranges: [{ offset: 0x10000, length: 0x2000 }],
        slotChange: 'chosen',
        region: 'nvs',
      });
      await history.add(entry);
      expect(await history.ofDevice('d1')).to.deep.equal([entry]);
    });

    it('leaves out stored records that break a rule, whatever they are', async () => {
      await firmware.put(firmwareOf(), bytesOf('abc'));
      const db = await database.open();
      const hostile: unknown[] = [
        { sha256: shaOf(1) },
        { ...firmwareOf(), sha256: 'not hex' },
        { ...firmwareOf(), sha256: shaOf(2), size: -1 },
        { ...firmwareOf(), sha256: shaOf(3), tags: Array.from({ length: 1000 }, () => 'x') },
        { ...firmwareOf(), sha256: shaOf(4), name: 'x'.repeat(1e6) },
        { ...firmwareOf(), sha256: shaOf(5), source: null },
        { ...firmwareOf(), sha256: shaOf(6), kind: 'constructor' },
        { ...firmwareOf(), sha256: shaOf(7), addedAt: Number.NaN },
      ];
      for (const record of hostile) await db.put('firmware', record);
      await db.put('blobs', 'no blob' as unknown as Blob, shaOf(8));
      expect(await firmware.all()).to.deep.equal([firmwareOf()]);
      expect(await firmware.bytes(shaOf(8))).to.equal(undefined);
    });

    it('of 1,000 records opens and filters in less than 50 ms, without a byte of them', async () => {
      const db = await database.open();
      const transaction = db.transaction(['firmware', 'blobs'], 'readwrite');
      const big = new Blob([new Uint8Array(64 * 1024)]);
      for (let index = 0; index < 1000; index++) {
        const record: FirmwareRecord = firmwareOf({ sha256: shaOf(index), addedAt: index, name: `project-${index % 50}` });
        void transaction.objectStore('firmware').put(record);
        void transaction.objectStore('blobs').put(big, record.sha256);
      }
      await transaction.done;
      await firmware.all();
      const times: number[] = [];
      for (let round = 0; round < 7; round++) {
        const startedAt = performance.now();
        const found = (await firmware.all()).filter((record) => record.name.includes('project-7'));
        times.push(performance.now() - startedAt);
        expect(found).to.have.length(20);
        expect(found[0]!.addedAt).to.equal(957);
      }
      // Other work shares this machine: the fastest round tells what the code costs.
      expect(Math.min(...times)).to.be.below(50);
    });
  });

  it('serves two connections, each seeing the other’s writes', async () => {
    const other = new OtterDatabaseHandle(name);
    const elsewhere = new IdbFirmwareStore(other);
    const [first, second] = await Promise.all([firmware.put(firmwareOf(), bytesOf('abc')), elsewhere.put(firmwareOf(), bytesOf('abc'))]);
    expect([first.isNew, second.isNew].sort()).to.deep.equal([false, true]);
    await elsewhere.delete(firmwareOf().sha256);
    expect(await firmware.get(firmwareOf().sha256)).to.equal(undefined);
    await other.close();
  });

  it('makes way for a newer version of the app, and says so when it is too old itself', async () => {
    await firmware.all();
    const newer = await openDB(name, 1_000);
    const error = await rejection(firmware.all());
    expect((error as StoreError).code).to.equal('STORE_NEWER');
    newer.close();
  });

  it('opens again after it was closed', async () => {
    await firmware.put(firmwareOf(), bytesOf('abc'));
    await database.close();
    expect(await firmware.all()).to.have.length(1);
  });

  it('keeps a device, drops what is hostile in it, and reads history newest first', async () => {
    const guarded = { onlyTrusted: true, guardedProduct: 'greenhouse-node' };
    const known = { addedAt: 1, lastInfo: infoOf(), ...guarded };
    const record = { id: 'd1', name: 'D', kind: 'network' as const, baseUrl: 'http://192.168.4.1/', ...known };
    await devices.put(record);
    expect(await devices.all()).to.deep.equal([record]);
    expect(await devices.change('d1', { name: 'E' })).to.include({ name: 'E' });
    expect(await devices.change('gone', { name: 'E' })).to.equal(undefined);
    const db = await database.open();
    await db.put('devices', { ...record, id: 'd2', baseUrl: 'javascript:alert(1)/' });
    await db.put('devices', { ...record, id: 'd3', lastInfo: { version: 7 } });
    const all = await devices.all();
    expect(all.map((device) => device.id)).to.deep.equal(['d1', 'd3']);
    expect(all[1]).to.not.have.property('lastInfo');
    await history.add(install({ id: 'a', at: 1 }));
    await history.add(install({ id: 'b', at: 2 }));
    await db.put('history', { id: 'c', deviceId: 'd1', at: 'yesterday' });
    expect((await history.ofDevice('d1')).map((entry) => entry.id)).to.deep.equal(['b', 'a']);
  });

  it('keeps settings field by field: one bad value does not cost the others', async () => {
    const settings = new IdbSettingsStore(database);
    expect(await settings.read()).to.deep.equal({ theme: 'system', confirmTimeoutS: 60 });
    await settings.write({ theme: 'dark' });
    await (await database.open()).put('settings', { theme: 'dark', confirmTimeoutS: 'soon' }, 'app');
    expect(await settings.read()).to.deep.equal({ theme: 'dark', confirmTimeoutS: 60 });
    expect(await settings.write({ confirmTimeoutS: 90 })).to.deep.equal({ theme: 'dark', confirmTimeoutS: 90 });
  });
});
