import { expect } from 'chai';
import { BOOTLOADER_OFFSETS, chipById, chipByUf2Family, CHIPS, memoryRegion } from '../../../src/core/image/chips.ts';

describe('CHIPS', () => {
  it('has the ids of esp_chip_id_t', () => {
    const ids = Object.fromEntries(Object.values(CHIPS).map(({ name, id }) => [name, id]));
    expect(ids).to.deep.equal({
      'ESP8266': undefined, 'ESP32': 0, 'ESP32-S2': 2, 'ESP32-C3': 5, 'ESP32-S3': 9, 'ESP32-C2': 12, 'ESP32-C6': 13, 'ESP32-H2': 16,
      'ESP32-P4': 18, 'ESP32-C61': 20, 'ESP32-C5': 23, 'ESP32-H21': 25, 'ESP32-H4': 28, 'ESP32-S31': 32,
    }); // prettier-ignore
  });

  it('has the boot loader where each ROM looks for it', () => {
    const at = (offset: number) =>
      Object.values(CHIPS)
        .filter(({ bootloaderOffset }) => bootloaderOffset === offset)
        .map(({ name }) => name);
    expect(at(0x1000)).to.have.members(['ESP32', 'ESP32-S2']);
    expect(at(0x2000)).to.have.members(['ESP32-P4', 'ESP32-C5', 'ESP32-H4', 'ESP32-S31']);
    expect(BOOTLOADER_OFFSETS).to.deep.equal([0, 0x1000, 0x2000]);
  });

  it('finds chips by id and by UF2 family', () => {
    for (const facts of Object.values(CHIPS)) {
      expect(chipByUf2Family(facts.uf2Family)?.name).to.equal(facts.name);
      if (facts.id !== undefined) expect(chipById(facts.id)?.name).to.equal(facts.name);
    }
    expect(chipById(1)).to.equal(undefined);
    expect(chipByUf2Family(0)).to.equal(undefined);
  });

  it('has memory rows that do not overlap', () => {
    for (const { name, memory } of Object.values(CHIPS)) {
      const rows = [...memory].toSorted(([a], [b]) => a - b);
      rows.forEach(([from, to], i) => {
        expect(from, name).to.be.below(to);
        if (i > 0) expect(from, name).to.be.at.least(rows[i - 1]![1]);
      });
    }
  });

  for (const [chip, address, region] of [
    ['ESP32', 0x3f400020, 'DROM'],
    ['ESP32', 0x3ffb0000, 'DRAM'],
    ['ESP32', 0x3fff0000, 'DIRAM'],
    ['ESP32', 0x40080000, 'IRAM'],
    ['ESP32', 0x400c0000, 'RTC_FAST'],
    ['ESP32', 0x50000000, 'RTC_SLOW'],
    ['ESP32', 0x400d0018, 'IROM'],
    ['ESP32', 0, 'PADDING'],
    ['ESP32', 0x60000000, 'UNKNOWN'],
    ['ESP32-S3', 0x3c000020, 'DROM'],
    ['ESP32-S3', 0x600fe000, 'RTC_FAST'],
    ['ESP32-C3', 0x42000020, 'IROM'],
    ['ESP32-C6', 0x40800000, 'DIRAM'],
    ['ESP32-P4', 0x48000000, 'PSRAM'],
    ['ESP8266', 0x40210010, 'IROM'],
  ] as const) {
    it(`${chip} has ${region} at 0x${address.toString(16)}`, () => expect(memoryRegion(CHIPS[chip], address)).to.equal(region));
  }
});
