import { expect } from 'chai';
import { zlibSync } from 'fflate';
import { md5Hex } from '../../../src/core/bytes/md5.ts';
import {
  changeBaudRate,
  encodeDataBlock,
  encodeFlashSize,
  encodeRegisterWrites,
  eraseRegion,
  flashBegin,
  flashEnd,
  memBegin,
  memEnd,
  parseMd5Reply,
  readFlash,
  readFlashAcknowledge,
  readReg,
  spiAttach,
  spiFlashMd5,
} from '../../../src/core/serial/commands.ts';
import { describeChip } from '../../../src/core/serial/describe-chip.ts';
import { type CommandName, encodeRequest } from '../../../src/core/serial/packet.ts';
import { readField } from '../../../src/core/serial/register-field.ts';
import { parseSecurityInfo } from '../../../src/core/serial/security-info.ts';
import { encodeSlip, SLIP_END, SLIP_ESCAPE } from '../../../src/core/serial/slip.ts';
import { driveFlash } from '../../../src/core/serial/spi-command.ts';
import { CHIP_MAGIC_ADDRESS, targetByMagic, TARGETS } from '../../../src/core/serial/targets.ts';
import { chipModel, VIRTUAL_CHIPS, type VirtualChipName } from '../../../src/virtual/chip-model.ts';
import { NorFlash, SECTOR_BYTES } from '../../../src/virtual/flash.ts';
import { concat } from '../../core/image/builders.ts';
import { DownloadChip, FLASH_BYTES } from '../../doubles/download-chip.ts';
import { randomFrom } from '../../doubles/virtual-bench.ts';

const ALL = Object.keys(VIRTUAL_CHIPS) as VirtualChipName[];
const KIB = 1024;
const random = (length: number, seed = 1) => randomFrom(seed)(new Uint8Array(length));
const block = (data: Uint8Array, sequence = 0) => encodeDataBlock({ sequence, data });
const END = flashEnd.encode({ stay: 1 });

const romBegin = (name: VirtualChipName, size: number, offset: number, blockSize = 0x400) => {
  const words = { size, blocks: Math.ceil(size / blockSize), blockSize, offset };
  return flashBegin.encode(TARGETS[name].rom.beginWords === 5 ? { ...words, encrypted: 0 } : words);
};
const stubBegin = (size: number, offset: number, wireSize = size, encrypted = 0) =>
  flashBegin.encode({ size, blocks: Math.ceil(wireSize / 0x4000), blockSize: 0x4000, offset, encrypted });

async function withStub(
  name: VirtualChipName = 'ESP32',
  around: ConstructorParameters<typeof DownloadChip>[1] = {},
): Promise<DownloadChip> {
  const chip = new DownloadChip(name, around);
  expect(await chip.startStub()).to.equal('OHAI');
  return chip;
}

async function writeDeflated(chip: DownloadChip, data: Uint8Array, offset: number): Promise<number[]> {
  const packed = zlibSync(data);
  const codes = [await chip.codeOf('FLASH_DEFL_BEGIN', stubBegin(data.length, offset, packed.length))];
  for (let at = 0; at < packed.length; at += 0x4000) {
    codes.push(await chip.codeOf('FLASH_DEFL_DATA', block(packed.subarray(at, at + 0x4000), at / 0x4000)));
  }
  codes.push(await chip.codeOf('FLASH_DEFL_END', END));
  return codes;
}

/** As Espressif's tool describes a chip without memory in its package (5.3), in our words. */
const FEATURES: Readonly<Record<VirtualChipName, string>> = {
  ESP32: 'Wi-Fi, Bluetooth, Dual core + LP core, 240 MHz',
  'ESP32-S2': 'Wi-Fi, Single core, 240 MHz',
  'ESP32-S3': 'Wi-Fi, Bluetooth 5 (LE), Dual core + LP core, 240 MHz',
  'ESP32-C2': 'Wi-Fi, Bluetooth 5 (LE), Single core, 120 MHz',
  'ESP32-C3': 'Wi-Fi, Bluetooth 5 (LE), Single core, 160 MHz',
  'ESP32-C5': 'Wi-Fi 6 (2.4 and 5 GHz), Bluetooth 5 (LE), IEEE 802.15.4, Single core + LP core, 240 MHz',
  'ESP32-C6': 'Wi-Fi 6, Bluetooth 5 (LE), IEEE 802.15.4, Single core + LP core, 160 MHz',
  'ESP32-C61': 'Wi-Fi 6, Bluetooth 5 (LE), Single core, 160 MHz',
  'ESP32-H2': 'Bluetooth 5 (LE), IEEE 802.15.4, Single core, 96 MHz',
  'ESP32-P4': 'Dual core + LP core, 400 MHz',
};

describe('every virtual chip in download mode', () => {
  for (const name of ALL) {
    it(`tells what it is: ${name}`, async () => {
      const chip = new DownloadChip(name, { mac: 'a0:b1:c2:d3:e4:f5' });
      const read = async (address: number) => (await chip.ask('READ_REG', readReg.encode({ address }))).value;
      const { identity, rom } = TARGETS[name];
      expect(await chip.sync()).to.equal(8);
      expect(targetByMagic(await read(CHIP_MAGIC_ADDRESS))?.name).to.equal(name);
      expect((await readField(identity.mac, read)).toString(16)).to.equal('a0b1c2d3e4f5');
      expect(await readField(identity.minor, read)).to.equal(chipModel(name).revision % 100);
      const description = await describeChip(read, TARGETS[name], 115_200);
      expect(description.features.join(', ')).to.equal(FEATURES[name]);
      expect(description.revision).to.equal(chipModel(name).revision);
      const info = await chip.ask('GET_SECURITY_INFO');
      expect(info.status.failed).to.equal(rom.securityInfo === 'none');
      if (rom.securityInfo === 'long') expect(parseSecurityInfo(info.data).chip?.id).to.equal(chipModel(name).id);
    });

    it(`says its flash through the SPI registers: ${name}`, async () => {
      const chip = new DownloadChip(name);
      await chip.codeOf('SPI_ATTACH', spiAttach.encode({ pins: 0, legacy: 0 }));
      await driveFlash(chip.registers, TARGETS[name].spi, async ({ ask, askParameters, send }) => {
        expect(await ask(0x9f, 24)).to.equal(0x16_40c8);
        expect(await askParameters(0, 32), 'SFDP').to.equal(0x5044_4653);
        expect(await ask(0x05, 8)).to.equal(0);
        await send(0x06);
        expect(await ask(0x05, 8), 'write enable latch').to.equal(2);
      });
    });

    it(`writes and hashes by ROM, and by stub: ${name}`, async () => {
      const chip = new DownloadChip(name);
      const data = random(5 * KIB);
      expect(await chip.codeOf('FLASH_BEGIN', romBegin(name, data.length, 0x1_0000))).to.equal(0);
      for (let i = 0; i < 5; i++) expect(await chip.codeOf('FLASH_DATA', block(data.subarray(i * KIB, (i + 1) * KIB), i))).to.equal(0);
      const range = spiFlashMd5.encode({ offset: 0x1_0000, length: data.length, reserved1: 0, reserved2: 0 });
      const reply = await chip.ask('SPI_FLASH_MD5', range);
      expect(reply.data.length).to.equal(32);
      expect(parseMd5Reply(reply.data)).to.equal(md5Hex(data));
      expect(await chip.startStub()).to.equal('OHAI');
      expect(await writeDeflated(chip, data, 0x2_0000)).to.deep.equal([0, 0, 0]);
      const raw = await chip.ask(
        'SPI_FLASH_MD5',
        spiFlashMd5.encode({ offset: 0x2_0000, length: data.length, reserved1: 0, reserved2: 0 }),
      );
      expect(raw.data.length).to.equal(16);
      expect(parseMd5Reply(raw.data)).to.equal(md5Hex(data));
    });
  }
});

describe('the mask ROM', () => {
  it('insists on its number of words at BEGIN, and on small blocks', async () => {
    for (const [name, right, wrong] of [['ESP32', 4, 5] as const, ['ESP32-C3', 5, 4] as const]) {
      const chip = new DownloadChip(name);
      const words = new Uint8Array(4 * wrong);
      new DataView(words.buffer).setUint32(8, 0x400, true);
      expect(await chip.codeOf('FLASH_BEGIN', words)).to.equal(0x05);
      expect(await chip.codeOf('FLASH_DEFL_BEGIN', words)).to.equal(0x05);
      expect(await chip.codeOf('FLASH_BEGIN', new Uint8Array(4 * right))).to.equal(0);
      expect(await chip.codeOf('FLASH_BEGIN', romBegin(name, 0x2000, 0, 0x2000))).to.equal(0x05);
      expect(await chip.codeOf('FLASH_BEGIN', romBegin(name, 0x2000, 0, 0x1800))).to.equal(0);
    }
  });

  it('refuses a broken checksum, data before BEGIN, data beyond the announced blocks and places outside the flash', async () => {
    const chip = new DownloadChip('ESP32-C3');
    const data = random(KIB);
    expect(await chip.codeOf('FLASH_DATA', block(data))).to.equal(0x06);
    expect(await chip.codeOf('FLASH_BEGIN', romBegin('ESP32-C3', 0x2000, FLASH_BYTES - 0x1000))).to.equal(0x06);
    expect(await chip.codeOf('FLASH_BEGIN', romBegin('ESP32-C3', KIB, 0))).to.equal(0);
    const broken = encodeRequest('FLASH_DATA', block(data));
    broken[30]! ^= 1;
    const [reply] = await chip.frames(encodeSlip(broken));
    expect([...reply!.subarray(8)]).to.deep.equal([1, 7, 0, 0]);
    expect(await chip.codeOf('FLASH_DATA', block(data))).to.equal(0);
    expect(await chip.codeOf('FLASH_DATA', block(data, 1))).to.equal(0x06);
    expect(chip.flash.read(0, KIB)).to.deep.equal(data);
  });

  it('takes its flash for 2 MB until it is told how large it is', async () => {
    const chip = new DownloadChip('ESP32-C3');
    const behind = romBegin('ESP32-C3', KIB, 2 << 20);
    expect(await chip.codeOf('FLASH_BEGIN', behind)).to.equal(0x06);
    expect(await chip.codeOf('SPI_SET_PARAMS', encodeFlashSize(FLASH_BYTES))).to.equal(0);
    expect(await chip.codeOf('FLASH_BEGIN', behind)).to.equal(0);
  });

  it('repeats its last reply for an opcode it does not know (ESP32)', async () => {
    const chip = new DownloadChip('ESP32');
    await chip.sync();
    const replies = await chip.frames(encodeSlip(encodeRequest('GET_SECURITY_INFO')));
    expect(replies.map((reply) => [reply[1], ...reply.subarray(8, 10)])).to.deep.equal(Array.from({ length: 8 }, () => [0x08, 1, 5]));
    await chip.ask('READ_REG', readReg.encode({ address: CHIP_MAGIC_ADDRESS }));
    expect((await chip.frames(encodeSlip(encodeRequest('ERASE_FLASH')))).map((reply) => reply[1])).to.deep.equal([0x0a]);
  });

  it('leaves the code of a refusal in the next success, once', async () => {
    const chip = new DownloadChip('ESP32');
    const status = async () => [...(await chip.frames(encodeSlip(encodeRequest('SPI_ATTACH', new Uint8Array(8)))))[0]!.subarray(8)];
    expect(await chip.codeOf('FLASH_BEGIN', new Uint8Array(20))).to.equal(0x05);
    expect(await status()).to.deep.equal([0, 5, 0, 0]);
    expect(await status()).to.deep.equal([0, 0, 0, 0]);
  });

  it('inflates, and reports a stream that is none', async () => {
    const chip = new DownloadChip('ESP32');
    const data = new Uint8Array(8 * KIB).map((_, i) => i >> 5);
    const packed = zlibSync(data);
    expect(packed.length).to.be.lessThan(KIB);
    expect(await chip.codeOf('FLASH_DEFL_BEGIN', romBegin('ESP32', data.length, 0))).to.equal(0);
    expect(await chip.codeOf('FLASH_DEFL_DATA', block(packed))).to.equal(0);
    expect(chip.flash.read(0, data.length)).to.deep.equal(data);
    expect(await chip.codeOf('FLASH_DEFL_BEGIN', romBegin('ESP32', data.length, 0))).to.equal(0);
    expect(await chip.codeOf('FLASH_DEFL_DATA', block(random(KIB)))).to.equal(0x0b);
  });

  it('in secure download mode writes the flash and refuses everything that reads or runs', async () => {
    const chip = new DownloadChip('ESP32-C3', { secure: { download: true } });
    expect(parseSecurityInfo((await chip.ask('GET_SECURITY_INFO')).data).flags).to.equal(4);
    const refused: readonly CommandName[] = [
      'READ_REG',
      'WRITE_REG',
      'MEM_BEGIN',
      'MEM_DATA',
      'MEM_END',
      'SPI_FLASH_MD5',
      'READ_FLASH_SLOW',
    ];
    for (const command of refused) expect(await chip.codeOf(command, new Uint8Array(16)), command).to.equal(0x05);
    expect(await chip.codeOf('FLASH_BEGIN', romBegin('ESP32-C3', KIB, 0))).to.equal(0);
    expect(await chip.codeOf('FLASH_DATA', block(random(KIB)))).to.equal(0);
  });

  it('runs another program, which is no stub and answers nothing', async () => {
    const chip = new DownloadChip('ESP32');
    await chip.ask('MEM_BEGIN', memBegin.encode({ size: 4, blocks: 1, blockSize: 0x1800, address: 0x4008_0000 }));
    await chip.ask('MEM_DATA', block(new Uint8Array(4)));
    const output = await chip.exchange(encodeSlip(encodeRequest('MEM_END', memEnd.encode({ stay: 0, entry: 0x4008_0000 }))));
    expect(new TextDecoder().decode(output)).to.include('Hello world!');
    expect(await chip.sync()).to.equal(0);
  });

  it('with secure boot, starts a stub only through its own flash function (ESP32-S3)', async () => {
    const chip = new DownloadChip('ESP32-S3', { secure: { secureBoot: true } });
    expect(await chip.startStub()).to.equal('');
    chip.statusLength = 4;
    const write = { address: 0x3fce_f688, value: 0x4037_8010, mask: 0xffff_ffff, delayMicroseconds: 0 };
    expect(await chip.codeOf('WRITE_REG', encodeRegisterWrites([write]))).to.equal(0);
    const frames = await chip.frames(encodeSlip(encodeRequest('READ_FLASH_SLOW', new Uint8Array(8))));
    expect(frames.map((frame) => new TextDecoder().decode(frame))).to.deep.equal(['OHAI']);
  });

  it('with secure boot, starts no stub at all (ESP32-C3)', async () => {
    const chip = new DownloadChip('ESP32-C3', { secure: { secureBoot: true } });
    expect(await chip.startStub()).to.equal('');
    chip.statusLength = 4;
    expect(await chip.sync()).to.equal(8);
  });

  it('does not start a stub when told so', async () => {
    const chip = new DownloadChip('ESP32', { stubFails: true });
    expect(await chip.startStub()).to.equal('');
    expect(await chip.sync()).to.equal(0);
  });

  it('restarts at FLASH_END 0, by the watchdog and by the reset register, after its reply', async () => {
    const write = (address: number, value: number) =>
      encodeRegisterWrites([{ address, value: value >>> 0, mask: 0xffff_ffff, delayMicroseconds: 0 }]);
    const left = new DownloadChip('ESP32');
    expect(await left.codeOf('FLASH_END', flashEnd.encode({ stay: 0 }))).to.equal(0);
    expect(left.events).to.deep.equal(['restart']);
    const { config0, protect, key } = TARGETS['ESP32-C3'].watchdogs!.rtc;
    const bitten = new DownloadChip('ESP32-C3');
    expect(await bitten.codeOf('WRITE_REG', write(config0, 0x8000_0000))).to.equal(0);
    expect(bitten.events, 'locked').to.deep.equal([]);
    await bitten.ask('WRITE_REG', write(protect, key));
    await bitten.ask('WRITE_REG', write(config0, 0x8000_0000));
    expect(await bitten.codeOf('WRITE_REG', write(protect, 0)), 'time for the lock').to.equal(0);
    expect(bitten.events).to.deep.equal(['restart']);
    const reset = new DownloadChip('ESP32');
    expect(await reset.codeOf('WRITE_REG', write(0x3ff4_8000, 0x8000_0000))).to.equal(0);
    expect(reset.events).to.deep.equal(['restart']);
  });

  it('is the ROM again when the stub is left, and the application when the ROM is', async () => {
    for (const [hasStub, into] of [
      [true, 'download'],
      [false, 'application'],
    ] as const) {
      const left: string[] = [];
      const chip = new DownloadChip('ESP32', { restart: (target) => left.push(target) });
      if (hasStub) await chip.startStub();
      await chip.ask('FLASH_BEGIN', flashBegin.encode({ size: 0, blocks: 0, blockSize: 0x400, offset: 0 }));
      expect(await chip.codeOf('FLASH_END', flashEnd.encode({ stay: 0 }))).to.equal(0);
      expect(left).to.deep.equal([into]);
    }
  });

  it('answers a change of rate at the old one', async () => {
    const order: string[] = [];
    const chip = new DownloadChip('ESP32', { send: () => order.push('reply'), setBaudRate: (rate) => order.push(`${rate}`) });
    await chip.exchange(encodeSlip(encodeRequest('CHANGE_BAUDRATE', changeBaudRate.encode({ baudRate: 921_600, previous: 0 }))));
    expect(order).to.deep.equal(['reply', '921600']);
  });
});

describe('a stub', () => {
  it('erases what it writes over, and only those sectors', async () => {
    const flash = new NorFlash(FLASH_BYTES);
    flash.program(0, new Uint8Array(0x8000));
    const chip = await withStub('ESP32', { flash });
    const data = random(0x1800);
    expect(await writeDeflated(chip, data, 0x2000)).to.deep.equal([0, 0, 0]);
    expect(flash.read(0x2000, data.length)).to.deep.equal(data);
    expect(flash.read(0x3800, 0x800).every((byte) => byte === 0xff)).to.equal(true);
    expect(flash.read(0x1fff, 1)[0]).to.equal(0);
    expect(flash.read(0x4000, 1)[0]).to.equal(0);
  });

  it('has NOR semantics: without an erase the flash keeps the AND of both writes', async () => {
    const flash = new NorFlash(FLASH_BYTES);
    const chip = new DownloadChip('ESP32', { flash });
    const [first, second] = [random(KIB, 1), random(KIB, 2)];
    // The ROM erases `size` bytes and takes as many blocks as it was told.
    for (const [size, data] of [[KIB, first] as const, [0, second] as const]) {
      await chip.ask('FLASH_BEGIN', flashBegin.encode({ size, blocks: 1, blockSize: KIB, offset: 0x1000 }));
      expect(await chip.codeOf('FLASH_DATA', block(data))).to.equal(0);
    }
    expect(flash.read(0x1000, KIB)).to.deep.equal(first.map((byte, i) => byte & second[i]!));
  });

  it('says what is wrong with a block in the answer to it, or to the next', async () => {
    const chip = await withStub();
    expect(await chip.codeOf('FLASH_DATA', block(random(16)))).to.equal(0xc6);
    expect(await chip.codeOf('FLASH_END', END)).to.equal(0xc6);
    expect(await chip.codeOf('FLASH_BEGIN', flashBegin.encode({ size: 16, blocks: 1, blockSize: 0x8000, offset: 0 }))).to.equal(0xc2);
    expect(await chip.codeOf('FLASH_BEGIN', new Uint8Array(12))).to.equal(0xc0);
    expect(await chip.codeOf('FLASH_BEGIN', stubBegin(0x2000, FLASH_BYTES - 0x1000))).to.equal(0xc4);
    await chip.ask('FLASH_BEGIN', stubBegin(0x100, 0));
    const request = encodeRequest('FLASH_DATA', block(random(0x100)));
    request[40]! ^= 0x10;
    expect([...(await chip.frames(encodeSlip(request)))[0]!.subarray(8)]).to.deep.equal([0xc1, 0]);
    const wrongLength = block(random(0x100));
    wrongLength[0]! ^= 1;
    expect(await chip.codeOf('FLASH_DATA', wrongLength)).to.equal(0xc0);
    expect(await chip.codeOf('FLASH_END', END)).to.equal(0xc8);
  });

  it('tells broken, short, long and altered deflated streams apart', async () => {
    const data = random(0x1000);
    const packed = zlibSync(data);
    const outcome = async (stream: readonly Uint8Array[], size = data.length) => {
      const chip = await withStub();
      await chip.ask('FLASH_DEFL_BEGIN', stubBegin(size, 0, packed.length));
      let code = 0;
      for (const [i, part] of stream.entries()) code ||= await chip.codeOf('FLASH_DEFL_DATA', block(part, i));
      return code || (await chip.codeOf('FLASH_DEFL_END', END));
    };
    expect(await outcome([packed])).to.equal(0);
    expect(await outcome([packed.subarray(0, 100), packed.subarray(100)])).to.equal(0);
    expect(await outcome([random(500, 3)]), 'noise').to.equal(0xc7);
    expect(await outcome([packed.subarray(0, 2000)]), 'short').to.equal(0xc8);
    expect(await outcome([packed, random(100)]), 'long').to.equal(0xc9);
    const altered = packed.slice();
    altered[altered.length - 1]! ^= 1;
    expect(await outcome([altered]), 'checksum').to.equal(0xc7);
  });

  it('erases regions in whole sectors only', async () => {
    const chip = await withStub();
    chip.flash.program(0, new Uint8Array(0x4000));
    expect(await chip.codeOf('ERASE_REGION', eraseRegion.encode({ offset: 1, length: 0x1000 }))).to.equal(0xc0);
    expect(await chip.codeOf('ERASE_REGION', eraseRegion.encode({ offset: 0, length: 0x800 }))).to.equal(0xc0);
    expect(await chip.codeOf('ERASE_REGION', eraseRegion.encode({ offset: FLASH_BYTES, length: 0x1000 }))).to.equal(0xc4);
    expect(await chip.codeOf('ERASE_REGION', eraseRegion.encode({ offset: 0x1000, length: 0x2000 }))).to.equal(0);
    expect([0, 0x1000, 0x2fff, 0x3000].map((at) => chip.flash.read(at, 1)[0])).to.deep.equal([0, 0xff, 0xff, 0]);
    expect(await chip.codeOf('ERASE_FLASH')).to.equal(0);
    expect(chip.flash.read(0, 1)[0]).to.equal(0xff);
  });

  it('reads packet by packet, each acknowledged, and ends with the MD5', async () => {
    const chip = await withStub();
    const data = random(0x2345, 9);
    chip.flash.program(0, data);
    const order = readFlash.encode({ offset: 0, length: data.length, packetSize: 0x1000, maxInFlight: 64 });
    let [, packet] = await chip.frames(encodeSlip(encodeRequest('READ_FLASH', order)));
    const read: number[] = [];
    while (packet && read.length < data.length) {
      read.push(...packet);
      [packet] = await chip.frames(encodeSlip(readFlashAcknowledge.encode({ received: read.length })));
    }
    expect(Uint8Array.from(read)).to.deep.equal(data);
    expect(parseMd5Reply(packet!)).to.equal(md5Hex(data));
    expect(await chip.sync()).to.equal(8);
  });

  it('ends a read when something else than an acknowledgement comes', async () => {
    const chip = await withStub();
    await chip.frames(
      encodeSlip(encodeRequest('READ_FLASH', readFlash.encode({ offset: 0, length: 0x4000, packetSize: 0x1000, maxInFlight: 1 }))),
    );
    expect((await chip.frames(encodeSlip(Uint8Array.of(1, 2)))).map(({ length }) => length)).to.deep.equal([16]);
    expect(await chip.sync()).to.equal(8);
  });

  it('refuses to encrypt without flash encryption', async () => {
    expect(await (await withStub()).codeOf('FLASH_BEGIN', stubBegin(32, 0, 32, 1))).to.equal(0xc4);
    const fused = await withStub('ESP32-S3', { secure: { flashEncryption: true } });
    expect(await fused.codeOf('FLASH_BEGIN', stubBegin(32, 0, 32, 1))).to.equal(0);
  });

  it('reports a worn-out sector with the next command, and dies with the power', async () => {
    const worn = await withStub();
    worn.flash.program(0x1000, new Uint8Array(16));
    worn.flash.failSectorAt(0x1000);
    await worn.ask('FLASH_BEGIN', stubBegin(0x2000, 0));
    expect(await worn.codeOf('FLASH_DATA', block(random(0x2000)))).to.equal(0);
    expect(await worn.codeOf('FLASH_END', END)).to.equal(0xc4);
    const cut = await withStub();
    cut.flash.schedulePowerCut(3);
    await cut.ask('FLASH_BEGIN', stubBegin(0x2000, 0));
    await cut.ask('FLASH_DATA', block(random(0x2000)));
    expect(cut.events.at(-1)).to.equal('power lost');
    expect(await cut.sync()).to.equal(0);
  });

  it('takes the next block while it writes, and no further one', async () => {
    let finish: (() => void) | undefined;
    let replies = 0;
    const chip = new DownloadChip('ESP32', {
      send: () => replies++,
      wait: (ms) => (ms > 100 ? new Promise((resolve) => (finish = resolve)) : Promise.resolve()),
    });
    const send = (command: CommandName, payload: Uint8Array) => chip.mode.receive(encodeSlip(encodeRequest(command, payload)));
    await send('MEM_BEGIN', memBegin.encode({ size: 4, blocks: 1, blockSize: 4, address: 0x400a_8000 }));
    await send('MEM_DATA', block(new Uint8Array(4)));
    await send('MEM_END', memEnd.encode({ stay: 0, entry: 0x400a_8000 }));
    await chip.mode.settle();
    await send('FLASH_BEGIN', stubBegin(0x3_0000, 0));
    replies = 0;
    chip.flash.program(0, new Uint8Array(0x3_0000));
    await send('FLASH_DATA', block(random(0x4000)));
    expect(replies, 'answered before it is written').to.equal(1);
    await send('FLASH_DATA', block(random(0x4000), 1));
    const turn = () => new Promise((resolve) => setTimeout(resolve));
    await turn();
    expect(replies, 'the next one waits').to.equal(1);
    finish!();
    await turn();
    expect(replies).to.equal(2);
  });

  it('drops a frame at the escape that breaks it, and takes its end for a start', async () => {
    const chip = await withStub();
    const request = encodeSlip(encodeRequest('READ_REG', readReg.encode({ address: CHIP_MAGIC_ADDRESS })));
    const heard = async (bytes: Uint8Array) => (await chip.frames(bytes)).length;
    expect(await heard(request)).to.equal(1);
    expect(await heard(concat(request.subarray(0, 5), Uint8Array.of(SLIP_ESCAPE, 0x20), request.subarray(5)))).to.equal(0);
    expect(await heard(request), 'out of phase').to.equal(0);
    expect(await heard(Uint8Array.of(SLIP_END))).to.equal(0);
    expect(await heard(request)).to.equal(1);
    expect(await heard(request.subarray(1)), 'without its start').to.equal(0);
    expect(await heard(request), 'out of phase').to.equal(0);
    expect(await heard(concat(Uint8Array.of(SLIP_END), request))).to.equal(1);
  });

  it('tells whoever sends next of work that failed, and nobody else', async () => {
    const flash = new NorFlash(FLASH_BYTES);
    const chip = await withStub('ESP32', { flash });
    flash.read = () => {
      throw new RangeError('a fault of the double');
    };
    const unheard: unknown[] = [];
    const listener = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      unheard.push(event.reason);
    };
    addEventListener('unhandledrejection', listener);
    try {
      const request = encodeSlip(
        encodeRequest('SPI_FLASH_MD5', spiFlashMd5.encode({ offset: 0, length: KIB, reserved1: 0, reserved2: 0 })),
      );
      const told = await chip.exchange(request).catch((error: unknown) => error);
      expect(told).to.be.instanceOf(RangeError);
      // The browser tells of it after a task.
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(unheard).to.deep.equal([]);
    } finally {
      removeEventListener('unhandledrejection', listener);
    }
  });

  describe('that is sent more than it has room for', () => {
    const dataFrame = (sequence: number) => encodeSlip(encodeRequest('FLASH_DATA', block(random(KIB, sequence + 1), sequence)));
    const FIRST = [random(KIB, 1), random(KIB, 2), random(KIB, 3)];

    /** A stub in the middle of a write, whose flash takes as long as `finish` is not called. */
    async function writing() {
      const waiting: (() => void)[] = [];
      let isSlow = false;
      const replies: number[] = [];
      const chip = await withStub('ESP32', { wait: () => (isSlow ? new Promise((resolve) => waiting.push(resolve)) : undefined) });
      await chip.codeOf('FLASH_BEGIN', stubBegin(3 * KIB, 0));
      isSlow = true;
      const finish = async () => {
        isSlow = false;
        for (const resolve of waiting.splice(0)) resolve();
        const frames = await chip.frames(new Uint8Array(0));
        replies.push(...frames.map((frame) => frame[1]!));
        isSlow = true;
      };
      const written = () => FIRST.map((data, i) => chip.flash.read(i * KIB, KIB).every((byte, at) => byte === data[at]));
      return { chip, finish, replies, written, receive: (bytes: Uint8Array) => chip.mode.receive(bytes) };
    }

    it('loses the third of three blocks that do not wait for their answers', async () => {
      const { receive, finish, replies, written } = await writing();
      await receive(concat(dataFrame(0), dataFrame(1), dataFrame(2)));
      await finish();
      expect(replies).to.deep.equal([0x03, 0x03]);
      expect(written()).to.deep.equal([true, true, false]);
    });

    it('takes its end for a start when a buffer is free again by then, and is out of phase until one END more', async () => {
      const { chip, receive, finish, replies, written } = await writing();
      const third = dataFrame(2);
      await receive(concat(dataFrame(0), dataFrame(1), third.subarray(0, 100)));
      await finish();
      await receive(third.subarray(100));
      await finish();
      for (let again = 0; again < 2; again++) {
        await receive(third);
        await finish();
        expect(replies).to.deep.equal([0x03, 0x03]);
        expect(written()).to.deep.equal([true, true, false]);
      }
      await receive(concat(Uint8Array.of(SLIP_END), third));
      await finish();
      expect(replies).to.deep.equal([0x03, 0x03, 0x03]);
      expect(written()).to.deep.equal([true, true, true]);
      expect(await chip.codeOf('FLASH_END', END)).to.equal(0);
    });

    it('has a buffer taken up by a frame that broke off, until it is looked at', async () => {
      const { receive, finish, replies, written } = await writing();
      const broken = Uint8Array.of(SLIP_END, 0, 0x03, SLIP_ESCAPE, 0x20);
      await receive(concat(dataFrame(0), broken, dataFrame(1)));
      await finish();
      expect(written()).to.deep.equal([true, false, false]);
      await receive(dataFrame(1));
      await finish();
      expect(replies).to.deep.equal([0x03, 0x03]);
      expect(written()).to.deep.equal([true, true, false]);
    });

    it('takes them all where the flash takes no time', async () => {
      const chip = await withStub();
      await chip.codeOf('FLASH_BEGIN', stubBegin(3 * KIB, 0));
      expect(await chip.frames(concat(dataFrame(0), dataFrame(1), dataFrame(2)))).to.have.length(3);
      expect(chip.flash.read(2 * KIB, KIB)).to.deep.equal(FIRST[2]);
    });
  });

  it('costs time: erasing, programming, hashing', async () => {
    const chip = await withStub();
    chip.flash.program(0, new Uint8Array(0x2_0000));
    chip.waitedMs = 0;
    await chip.ask('ERASE_REGION', eraseRegion.encode({ offset: SECTOR_BYTES, length: SECTOR_BYTES }));
    expect(chip.waitedMs).to.be.closeTo(45, 1);
    chip.waitedMs = 0;
    await chip.ask('ERASE_REGION', eraseRegion.encode({ offset: 0x1_0000, length: 0x1_0000 }));
    expect(chip.waitedMs).to.be.closeTo(150, 1);
  });
});
