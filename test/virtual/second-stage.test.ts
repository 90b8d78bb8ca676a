import { expect } from 'chai';
import { CHIPS } from '../../src/core/image/chips.ts';
import { parseImage } from '../../src/core/image/image.ts';
import { PARTITION_TABLE_OFFSET } from '../../src/core/image/partition-table.ts';
import { VIRTUAL_CHIPS, type VirtualChipName } from '../../src/virtual/chip-model.ts';
import { NorFlash } from '../../src/virtual/flash.ts';
import { retargetImage } from '../../src/virtual/provision.ts';
import { factoryBootloader, findSecondStage } from '../../src/virtual/second-stage.ts';
import { sharedData } from '../doubles/shared-data.ts';
import { Bench, makeFirmware } from '../doubles/virtual-bench.ts';

const ALL = Object.keys(VIRTUAL_CHIPS) as VirtualChipName[];
const SIZE = 1 << 21;

const flashWith = (chip: VirtualChipName, bytes: Uint8Array): NorFlash => {
  const flash = new NorFlash(SIZE);
  flash.program(CHIPS[chip].bootloaderOffset, bytes);
  return flash;
};

/** As a flasher leaves them. */
function put(bench: Bench, offset: number, bytes: Uint8Array): void {
  const { flash } = bench.device.board;
  flash.erase(offset, Math.ceil(bytes.length / 0x1000) * 0x1000);
  flash.program(offset, bytes);
}

const restart = (bench: Bench): Promise<Response> => bench.hand('POST', 'bench/power-cycle');
const logOf = (bench: Bench): string => bench.device.board.state.log.join('\n');

describe('the boot loader in the flash of a virtual board', () => {
  for (const chip of ALL) {
    it(`is there when a new ${chip} leaves the factory, and is started`, async () => {
      const bench = await Bench.start({ chip }, await retargetImage(await makeFirmware({ version: '1.0.0' }), chip));
      const { bootloaderOffset } = CHIPS[chip];
      const image = await parseImage(bench.device.board.flash.read(bootloaderOffset, PARTITION_TABLE_OFFSET - bootloaderOffset));
      expect(image).to.deep.include({ chip, role: 'bootloader', flashSize: '4MB', flashMode: 'DIO' });
      expect(image.bootloaderDescriptor?.idfVersion).to.equal('v5.2.2');
      expect([image.checksum.valid, image.appendedHash?.valid]).to.deep.equal([true, true]);
      expect(image.segments.map(({ region }) => region)).not.to.include('UNKNOWN');
      await restart(bench);
      expect((await bench.later(3_000))['version']).to.equal('1.0.0');
      expect(logOf(bench)).to.contain(`boot: ESP-IDF v5.2.2 2nd stage bootloader`);
    });
  }

  it('is missed when it is erased, until it is back', async () => {
    const bench = await Bench.start();
    const { bootloaderOffset } = CHIPS.ESP32;
    const kept = bench.device.board.flash.read(bootloaderOffset, 0x1000).slice();
    put(bench, bootloaderOffset, new Uint8Array(0x1000).fill(0xff));
    await restart(bench);
    expect((await bench.later(5_000))['status']).to.equal(503);
    expect(logOf(bench).split('invalid header: 0xffffffff').length).to.be.above(10);
    expect(logOf(bench)).to.contain('rst:0x10 (RTCWDT_RTC_RESET)');
    put(bench, bootloaderOffset, kept);
    expect((await bench.later(5_000))['version']).to.equal('1.0.0');
  });

  it('is not started with a wrong checksum: each ROM says so in its words', async () => {
    for (const [chip, words] of [
      ['ESP32', /^csum err:0x[0-9a-f]{2}!=0x[0-9a-f]{2}$/m],
      ['ESP32-C3', /^Checksum failure\. Calculated 0x[0-9a-f]{2} stored 0x[0-9a-f]{2}$/m],
    ] as const) {
      const { bytes } = await factoryBootloader(chip, 4);
      bytes[60]! ^= 4;
      const found = await findSecondStage(flashWith(chip, bytes), chip);
      expect(found.image).to.equal(undefined);
      expect(found.lines.join('\n'))
        .to.match(words)
        .and.match(/^load:0x[0-9a-f]{8},len:/m);
    }
  });

  it('is started with a wrong hash, which only later ROMs mention', async () => {
    for (const [chip, mentions] of [
      ['ESP32', false],
      ['ESP32-S3', true],
    ] as const) {
      const { bytes } = await factoryBootloader(chip, 4);
      bytes[bytes.length - 1]! ^= 1;
      const found = await findSecondStage(flashWith(chip, bytes), chip);
      expect(found.image?.role).to.equal('bootloader');
      expect(found.lines.includes('Attempting to boot anyway...')).to.equal(mentions);
    }
  });

  it('starts no application, no image of another chip and no half of one', async () => {
    const { bytes } = await factoryBootloader('ESP32-S2', 4);
    const whole = (await factoryBootloader('ESP32', 4)).bytes;
    for (const wrong of [bytes, await makeFirmware({ version: '1.0.0' }), whole.subarray(0, 90), Uint8Array.of(1, 2, 3, 4)])
      expect((await findSecondStage(flashWith('ESP32', wrong), 'ESP32')).image).to.equal(undefined);
    expect((await findSecondStage(flashWith('ESP32', Uint8Array.of(1, 2, 3, 4)), 'ESP32')).lines[0]).to.equal('invalid header: 0x04030201');
  });

  it('may be a real one, which speaks for itself', async function () {
    const bytes = await sharedData('firmware/hello_world/esp32/bootloader.bin');
    if (!bytes) return this.skip();
    const bench = await Bench.start();
    put(bench, CHIPS.ESP32.bootloaderOffset, bytes);
    await restart(bench);
    expect((await bench.later(3_000))['version']).to.equal('1.0.0');
    expect(logOf(bench))
      .to.contain('load:0x3fff0030,len:6036')
      .and.contain('entry 0x40080620')
      .and.contain('ESP-IDF v5.2.2-dirty 2nd stage');
  });
});

describe('a board that was stored before boards had a boot loader', () => {
  const asOnce = async (change: (bench: Bench) => void, state: object = {}): Promise<Bench> => {
    const bench = await Bench.start();
    bench.device.board.enterDownload(bench.clock.ms);
    change(bench);
    await bench.device.save();
    bench.disk.state = { ...(bench.disk.state as object), ...state, format: 1 };
    await bench.restoreDevice();
    return bench;
  };
  const eraseBootloader = (bench: Bench): void => bench.device.board.flash.erase(0, PARTITION_TABLE_OFFSET);

  it('gets one, starts, and is stored with it', async () => {
    const bench = await asOnce(eraseBootloader);
    await restart(bench);
    expect((await bench.later(3_000))['version']).to.equal('1.0.0');
    expect(bench.disk.state).to.include({ format: 2 });
    await bench.restoreDevice();
    expect(bench.device.board.flash.read(CHIPS.ESP32.bootloaderOffset, 1)[0]).to.equal(0xe9);
  });

  it('keeps the network that it was given, where it is kept now', async () => {
    const bench = await asOnce(eraseBootloader, { wifi: { ssid: 'Riverbank' } });
    expect(bench.device.board.network).to.equal('Riverbank');
    expect(bench.device.board.state).not.to.have.property('wifi');
  });

  it('stays erased when somebody has erased all of it', async () => {
    const bench = await asOnce(({ device: { board } }) => board.flash.erase(0, board.flash.size));
    await restart(bench);
    expect((await bench.later(3_000))['status']).to.equal(503);
    expect(logOf(bench)).to.contain('invalid header: 0xffffffff');
  });

  it('keeps what somebody has written there', async () => {
    const bench = await asOnce((made) => put(made, CHIPS.ESP32.bootloaderOffset, Uint8Array.of(1, 2, 3, 4)));
    expect(Array.from(bench.device.board.flash.read(CHIPS.ESP32.bootloaderOffset, 4))).to.deep.equal([1, 2, 3, 4]);
  });
});
