import { expect } from 'chai';
import { CHIPS } from '../../../src/core/image/chips.ts';
import { burnEfuses, clockDivider, describeChip, formatMac, parseMac, romBaudRate } from '../../../src/core/serial/describe-chip.ts';
import { describeFlash } from '../../../src/core/serial/jedec.ts';
import { readField, writeField, type RegisterWords } from '../../../src/core/serial/register-field.ts';
import { driveFlash, SPI_CMD_USR } from '../../../src/core/serial/spi-command.ts';
import type { ChipTarget } from '../../../src/core/serial/target-model.ts';
import { flashReach, targetByChipId, targetByMagic, TARGETS } from '../../../src/core/serial/targets.ts';
import { watchdogReset } from '../../../src/core/serial/watchdogs.ts';
import { SEED, withSeed } from '../../doubles/random.ts';

const ALL: readonly ChipTarget[] = Object.values(TARGETS);
const MAC = 'a0:b1:c2:d3:e4:f5';
const reading = (words: RegisterWords) => async (address: number) => words.get(address) ?? 0;

/** Newest revision that the chip can tell apart from nothing. */
const revisionOf = ({ identity }: ChipTarget) => (identity.minor.length === 0 ? 0 : identity.majorCodes ? 301 : 101);

describe('TARGETS', () => {
  it('chips are told apart by magic and by chip id', () => {
    const magics = ALL.flatMap((target) => target.magics);
    expect(new Set(magics).size).to.equal(magics.length);
    for (const target of ALL) {
      for (const magic of target.magics) expect(targetByMagic(magic)).to.equal(target);
      const { id } = CHIPS[target.name];
      if (id !== undefined) expect(targetByChipId(id)).to.equal(target);
    }
    expect(targetByMagic(-0x000f_3eff)?.name, 'a signed word').to.equal('ESP8266');
    expect(targetByChipId(0xffff)).to.equal(undefined);
  });

  it('a chip that cannot say its id says its magic', () => {
    for (const { name, rom, magics } of ALL) expect(rom.securityInfo === 'long' || magics.length === 1, name).to.equal(true);
  });

  it('only some stubs have addresses of four bytes, and no ROM', () => {
    const beyond = ALL.filter((target) => flashReach(target, true) > 0x100_0000).map(({ name }) => name);
    expect(beyond).to.have.members(['ESP32-S3', 'ESP32-C5', 'ESP32-C61', 'ESP32-P4']);
    for (const target of ALL) expect(flashReach(target, false), target.name).to.equal(0x100_0000);
  });

  it('USB-OTG product ids are chip ids', () => {
    for (const { name, usb } of ALL) if (usb?.otgProductId !== undefined) expect(usb.otgProductId, name).to.equal(CHIPS[name].id);
  });

  for (const target of ALL) {
    it(`${target.name}: what is burnt is what is read`, async () => {
      const revision = revisionOf(target);
      const { security } = target;
      const state = {
        flashEncryption: security !== undefined,
        secureBoot: security !== undefined,
        secureDownload: security?.secureDownload !== undefined,
      };
      const words = burnEfuses(target, { mac: MAC, revision, ...state, flashCryptCount: state.flashEncryption ? 1 : 0 });
      writeField(target.uartClockDivider, clockDivider(target, { crystalMhz: 40, baudRate: 115_200 }), words);
      const chip = await describeChip(reading(words), target, 115_200);
      expect(chip).to.deep.include({ mac: MAC, revision });
      expect(chip.description).not.to.include('unknown');
      expect(chip.security).to.deep.equal(state);
    });

    it(`${target.name}: fields of the identity do not overlap`, () => {
      const { identity, security } = target;
      const variants = Object.entries(identity.variants)
        .filter(([name]) => name !== 'flash' && name !== 'psram')
        .map(([, field]) => field);
      const fields = [identity.mac, identity.major, identity.minor, ...variants];
      if (security) fields.push(security.flashCryptCount, security.downloadDisabled, security.encryptedDownloadDisabled);
      if (security?.secureDownload) fields.push(security.secureDownload);
      for (const memory of [identity.flash, identity.psram]) if (memory) fields.push(memory.capacity, memory.vendor ?? []);
      const seen = new Set<string>();
      for (const { address, shift, width } of fields.flat()) {
        expect(shift + width).to.be.at.most(32);
        for (let bit = shift; bit < shift + width; bit++) {
          const name = `0x${address.toString(16)} bit ${bit}`;
          expect(seen.has(name), name).to.equal(false);
          seen.add(name);
        }
      }
    });
  }
});

describe('register fields', () => {
  it('put numbers of any width back together, and leave the neighbours alone', () =>
    withSeed(SEED, async (random) => {
      for (let run = 0; run < 200; run++) {
        const words: RegisterWords = new Map([
          [0x100, random.u32()],
          [0x104, random.u32()],
        ]);
        const before = new Map(words);
        const low = { address: 0x100, shift: random.below(20), width: 1 + random.below(12) };
        const high = { address: 0x104, shift: 0, width: 32 };
        const value = random.u32() * 2 ** low.width + random.below(2 ** low.width);
        writeField([low, high], value, words);
        expect(await readField([low, high], reading(words))).to.equal(value);
        const mask = (2 ** low.width - 1) << low.shift;
        expect((words.get(0x100)! & ~mask) >>> 0).to.equal((before.get(0x100)! & ~mask) >>> 0);
      }
    }));

  it('refuse what does not fit', () => {
    const field = [{ address: 0, shift: 4, width: 3 }];
    expect(() => writeField(field, 8, new Map())).to.throw(RangeError);
    expect(() => writeField(field, -1, new Map())).to.throw(RangeError);
    expect(() => burnEfuses(TARGETS.ESP32, { mac: MAC, revision: 400 })).to.throw(RangeError);
    expect(() => burnEfuses(TARGETS.ESP32, { mac: 'a0:b1', revision: 0 })).to.throw(RangeError);
  });

  it('read signed words as they are meant', async () => {
    expect(await readField([{ address: 0, shift: 0, width: 32 }], async () => -1)).to.equal(0xffff_ffff);
  });
});

describe('describeChip()', () => {
  it('tells variants of a package apart', async () => {
    const describe = async (target: ChipTarget, likeness: { revision: number; package: number }) =>
      (await describeChip(reading(burnEfuses(target, { mac: MAC, ...likeness })), target, 115_200)).description;
    expect(await describe(TARGETS.ESP32, { revision: 100, package: 1 })).to.equal('ESP32-D0WD');
    expect(await describe(TARGETS.ESP32, { revision: 301, package: 1 })).to.equal('ESP32-D0WD-V3');
    expect(await describe(TARGETS.ESP32, { revision: 301, package: 5 })).to.equal('ESP32-PICO-V3');
    expect(await describe(TARGETS['ESP32-C3'], { revision: 4, package: 1 })).to.equal('ESP8685 (QFN28)');
    expect(await describe(TARGETS['ESP32-C3'], { revision: 4, package: 7 })).to.equal('ESP32-C3 (unknown package)');
  });

  it('names memory in the package', async () => {
    const { identity } = TARGETS['ESP32-S3'];
    const words = burnEfuses(TARGETS['ESP32-S3'], { mac: MAC, revision: 2 });
    writeField(identity.flash!.capacity, 1, words);
    writeField(identity.flash!.vendor!, 2, words);
    writeField(identity.psram!.capacity, 4, words);
    const { features } = await describeChip(reading(words), TARGETS['ESP32-S3'], 115_200);
    expect(features).to.include.members(['Embedded flash 8 MB (GigaDevice)', 'Embedded PSRAM 4 MB']);
  });

  it('an ESP32-S3 of the first block version is v0.0, whatever its revision bits say', async () => {
    const target: ChipTarget = TARGETS['ESP32-S3'];
    const words = burnEfuses(target, { mac: MAC, revision: 108 });
    expect((await describeChip(reading(words), target, 115_200)).revision).to.equal(108);
    for (const { field, value } of target.identity.revisionIsZeroWhen!) writeField(field, value, words);
    expect((await describeChip(reading(words), target, 115_200)).revision).to.equal(0);
  });

  it('tells crystals apart by the divider at the rate that is spoken', async () => {
    for (const [target, crystals] of [
      [TARGETS.ESP8266, [26, 40]],
      [TARGETS.ESP32, [26, 40]],
      [TARGETS['ESP32-C2'], [26, 40]],
      [TARGETS['ESP32-C5'], [40, 48]],
      [TARGETS['ESP32-H2'], [32]],
    ] as const) {
      for (const crystalMhz of crystals) {
        for (const baudRate of [115_200, 921_600]) {
          const words = burnEfuses(target, { mac: MAC, revision: 0 });
          writeField(target.uartClockDivider, clockDivider(target, { crystalMhz, baudRate }), words);
          expect((await describeChip(reading(words), target, baudRate)).crystalMhz, target.name).to.equal(crystalMhz);
        }
      }
    }
  });

  it('asks for every register once, one after the other', async () => {
    for (const target of ALL) {
      const asked: number[] = [];
      let pending = 0;
      await describeChip(
        async (address) => {
          expect(pending++).to.equal(0);
          asked.push(address);
          await Promise.resolve();
          pending--;
          return 0;
        },
        target,
        115_200,
      );
      expect(new Set(asked).size, target.name).to.equal(asked.length);
    }
  });

  it('secure boot V2 of the ESP32 counts from v3.0 on', async () => {
    const bit = TARGETS.ESP32.security!.secureBoot[1]!.field;
    for (const [revision, secureBoot] of [
      [100, false],
      [300, true],
    ] as const) {
      const words = burnEfuses(TARGETS.ESP32, { mac: MAC, revision });
      writeField(bit, 1, words);
      expect((await describeChip(reading(words), TARGETS.ESP32, 115_200)).security.secureBoot).to.equal(secureBoot);
    }
  });

  it('tells the first version of secure boot from the second', async () => {
    for (const [index, version] of [
      [0, { secureBootV1: true }],
      [1, {}],
    ] as const) {
      const words = burnEfuses(TARGETS.ESP32, { mac: MAC, revision: 301 });
      writeField(TARGETS.ESP32.security!.secureBoot[index]!.field, 1, words);
      const { security } = await describeChip(reading(words), TARGETS.ESP32, 115_200);
      expect(security).to.deep.equal({ flashEncryption: false, secureBoot: true, ...version, secureDownload: false });
    }
  });

  it('an ESP8266 without a prefix in its eFuses has one of the first two', async () => {
    const chip = (words: RegisterWords) => describeChip(reading(words), TARGETS.ESP8266, 115_200);
    expect(
      (
        await chip(
          new Map([
            [0x3ff0_0050, 0x5600_0000],
            [0x3ff0_0054, 0x1234],
          ]),
        )
      ).mac,
    ).to.equal('18:fe:34:12:34:56');
    expect(
      (
        await chip(
          new Map([
            [0x3ff0_0050, 0x5600_0000],
            [0x3ff0_0054, 0x0001_1234],
          ]),
        )
      ).mac,
    ).to.equal('ac:d0:74:12:34:56');
  });

  it('MAC addresses go both ways', () => {
    expect(formatMac(parseMac(MAC))).to.equal(MAC);
    expect(formatMac(1)).to.equal('00:00:00:00:00:01');
  });
});

describe('romBaudRate()', () => {
  it('asks a ROM that believes in another crystal for another rate', async () => {
    const none = async () => 0;
    expect(await romBaudRate(none, TARGETS['ESP32-C3'], 921_600, 40)).to.equal(921_600);
    expect(await romBaudRate(none, TARGETS['ESP32-C2'], 921_600, 40)).to.equal(921_600);
    expect(await romBaudRate(none, TARGETS['ESP32-C2'], 460_800, 26)).to.equal(708_923);
    const c5 = async () => 48 * 2 ** 24;
    expect(await romBaudRate(c5, TARGETS['ESP32-C5'], 460_800, 48)).to.equal(460_800);
    expect(await romBaudRate(c5, TARGETS['ESP32-C5'], 460_800, 40)).to.equal(552_960);
    expect(await romBaudRate(none, TARGETS.ESP32, 460_800, 40), 'nothing measured').to.equal(460_800);
  });
});

describe('flash ids', () => {
  it('name manufacturer and size', () => {
    expect(describeFlash(0x1640ef)).to.deep.equal({ manufacturer: 'Winbond', jedecId: 'ef4016', bytes: 4 * 1024 * 1024 });
    expect(describeFlash(0x0001_881f).bytes, 'Adesto').to.equal(8 * 1024 * 1024);
    expect(describeFlash(0x39_0000).bytes).to.equal(32 * 1024 * 1024);
    expect(describeFlash(0x21_0020).bytes).to.equal(128 * 1024 * 1024);
    for (let code = 0x12; code <= 0x1c; code++) expect(describeFlash((code << 16) | 0x40c8).bytes).to.equal(2 ** code);
    expect(describeFlash(0xff_ffff)).to.deep.equal({ manufacturer: 'unknown (0xff)', jedecId: 'ffffff', bytes: undefined });
  });

  it('a controller that never finishes is looked at a bounded number of times', async () => {
    let looks = 0;
    const write = async () => {};
    const read = async () => (looks++, SPI_CMD_USR);
    const id = await driveFlash({ read, write }, TARGETS.ESP32.spi, ({ ask }) => ask(0x9f, 24));
    expect(id).to.equal(undefined);
    expect(looks).to.be.below(20);
  });
});

describe('watchdogReset()', () => {
  it('unlocks, sets the time, starts the watchdog and locks again', () => {
    const { rtc } = TARGETS['ESP32-S3'].watchdogs!;
    expect(watchdogReset(TARGETS['ESP32-S3'].watchdogs!)).to.deep.equal([
      { address: rtc.protect, value: 0x50d8_3aa1 },
      { address: rtc.config1, value: 2000 },
      { address: rtc.config0, value: 0xd000_0102 },
      { address: rtc.protect, value: 0 },
    ]);
  });
});
