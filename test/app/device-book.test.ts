import { expect } from 'chai';
import { DeviceBook } from '../../src/app/device-book.ts';
import type { DeviceRecord } from '../../src/app/model.ts';
import { Subject } from '../../src/app/observable.ts';
import type { DeviceLink, VirtualBench } from '../../src/app/ports.ts';
import { AppSettings, FIRST_SETTINGS } from '../../src/app/settings.ts';
import { FakeNotifier } from '../doubles/memory-log.ts';
import { SteppedClock } from '../doubles/stepped-clock.ts';
import { TakenDown } from '../doubles/taken-down.ts';

function bookWith(log: TakenDown, records = new Map<string, DeviceRecord>()): DeviceBook {
  return new DeviceBook({
    store: {
      all: async () => [...records.values()],
      put: async (record) => void records.set(record.id, record),
      change: async (id) => records.get(id),
      delete: async (id) => void records.delete(id),
    },
    history: { add: async () => undefined, ofDevice: async () => [], ofFirmware: async () => [] },
    locks: { held: async () => [] },
    bench: async () => ({}) as VirtualBench,
    openLink: () => ({}) as DeviceLink,
    clock: new SteppedClock(),
    page: { visible: new Subject(true) },
    notifier: new FakeNotifier(),
    newId: () => 'n1',
    virtualBase: 'http://localhost/app/virtual/device/',
    parseAddress: (text) => new URL(text).href,
    record: log.record,
  });
}

describe('the devices that a person knows', () => {
  it('are taken down when they are added, reset and removed, by name and never by address', async () => {
    const log = new TakenDown();
    const book = bookWith(log);
    const { id } = await book.addNetwork('http://pump.local/?token=hunter2', 'pump');
    (await book.session(id)).wasReset();
    await book.remove(id);
    const pump = { device: 'pump', deviceId: 'n1' };
    expect(log.entries).to.deep.equal([
      ['device-added', { ...pump, kind: 'network' }],
      ['device-reset', pump],
      ['device-removed', pump],
    ]);
    expect(JSON.stringify(log.entries)).to.not.contain('hunter2');
  });

  it('are read anew for whoever guards them, without a word to those who watch', async () => {
    const disk = new Map<string, DeviceRecord>();
    const book = bookWith(new TakenDown(), disk);
    const record = await book.addNetwork('http://pump.local/', 'pump');
    let told = 0;
    book.records.subscribe(() => told++);
    const before = told;
    disk.set(record.id, { ...record, onlyTrusted: true });
    expect((await book.stored()).find(({ id }) => id === record.id)).to.include({ onlyTrusted: true });
    expect(told).to.equal(before);
  });
});

describe('the settings of the app', () => {
  it('are taken down when they change', async () => {
    const log = new TakenDown();
    const settings = new AppSettings(
      { read: async () => FIRST_SETTINGS, write: async () => FIRST_SETTINGS },
      new FakeNotifier(),
      log.record,
    );
    await settings.change({ theme: 'dark' });
    expect(log.entries).to.deep.equal([['settings-changed', { settings: 'theme', theme: 'dark' }]]);
  });
});
