import { expect } from 'chai';
import type { FirmwareRecord } from '../../../../src/app/model.ts';
import { ShelfIndex, WHOLE_SHELF } from '../../../../src/ui/views/library/shelf.ts';
import { whereabouts, whereaboutsWords } from '../../../../src/ui/views/library/whereabouts.ts';
import { deviceRecord, firmwareRecord, SHA_100, SHA_110, updatedInfo } from '../../../doubles/fixtures.ts';

let serial = 0;
const release = (change: Partial<FirmwareRecord>): FirmwareRecord =>
  firmwareRecord({ sha256: (serial += 1).toString(16).padStart(64, '0'), ...change });

const namesOf = (index: ShelfIndex, change: Partial<typeof WHOLE_SHELF> = {}): string[] =>
  index.query({ ...WHOLE_SHELF, ...change }).groups.flatMap((group) => group.records.map((record) => `${group.name} ${record.version}`));

describe('ShelfIndex', () => {
  const index = new ShelfIndex([
    release({ name: 'pump', version: '0.4.1', chip: 'ESP32-C3', size: 10, addedAt: 5, tags: ['beta'] }),
    release({ name: 'node', version: '1.9.0', size: 30, addedAt: 1 }),
    release({ name: 'node', version: '1.10.0', size: 20, addedAt: 2, notes: 'for the Gewächshaus' }),
    release({ name: '', fileName: 'firmware.bin', version: '', size: 5, addedAt: 9 }),
  ]);

  it('groups by project in the order of the alphabet, the newest version first', () => {
    expect(namesOf(index)).to.deep.equal(['firmware.bin ', 'node 1.10.0', 'node 1.9.0', 'pump 0.4.1']);
  });

  it('puts the group of the latest, or the largest, first when asked', () => {
    expect(namesOf(index, { sort: 'added' })).to.deep.equal(['firmware.bin ', 'pump 0.4.1', 'node 1.10.0', 'node 1.9.0']);
    expect(namesOf(index, { sort: 'size' })).to.deep.equal(['node 1.9.0', 'node 1.10.0', 'pump 0.4.1', 'firmware.bin ']);
  });

  it('finds all words, in any order and case, in whatever a record says', () => {
    expect(namesOf(index, { text: '1.10 NODE' })).to.deep.equal(['node 1.10.0']);
    expect(namesOf(index, { text: 'gewächshaus' })).to.deep.equal(['node 1.10.0']);
    expect(namesOf(index, { text: 'esp32-c3' })).to.deep.equal(['pump 0.4.1']);
    expect(namesOf(index, { text: 'pump 1.10' })).to.deep.equal([]);
  });

  it('narrows by chip and by tag, and offers only what is there', () => {
    expect(index.chips).to.deep.equal(['ESP32', 'ESP32-C3']);
    expect(index.tags).to.deep.equal(['beta']);
    expect(namesOf(index, { chip: 'ESP32-C3' })).to.deep.equal(['pump 0.4.1']);
    expect(namesOf(index, { tag: 'beta', chip: 'ESP32' })).to.deep.equal([]);
  });

  it('names the chip of a group only when all of it are for that chip', () => {
    const mixed = new ShelfIndex([release({ name: 'a', chip: 'ESP32' }), release({ name: 'a', chip: 'ESP32-C3' })]);
    expect(mixed.query(WHOLE_SHELF).groups[0]?.chip).to.equal(undefined);
    expect(index.query(WHOLE_SHELF).groups.at(-1)?.chip).to.equal('ESP32-C3');
  });
});

describe('whereabouts()', () => {
  const devices = [deviceRecord({ lastInfo: updatedInfo() }), deviceRecord({ id: 'b', name: 'bench-2', lastInfo: updatedInfo() })];

  it('tells running from resting, by the hash that devices report', () => {
    const places = whereabouts(devices);
    expect(places.get(SHA_110)?.map(({ device, runs }) => [device.name, runs])).to.deep.equal([
      ['esp32-ota', true],
      ['bench-2', true],
    ]);
    expect(whereaboutsWords(places.get(SHA_110))).to.equal('runs on 2');
    expect(whereaboutsWords(places.get(SHA_100))).to.equal('in 2 slots');
    expect(whereaboutsWords(whereabouts(devices.slice(0, 1)).get(SHA_110))).to.equal('runs on esp32-ota');
    expect(whereaboutsWords(undefined)).to.equal('');
  });

  it('takes an empty slot for nothing', () => {
    expect(whereabouts([deviceRecord({})]).size).to.equal(0);
    expect(whereabouts(devices).has('')).to.equal(false);
  });
});
