/** Which pins the SPI controller is on, and what the flash chip keeps to itself. */
import { expect } from 'chai';
import { eraseRegion, flashBegin, spiAttach } from '../../../src/core/serial/commands.ts';
import {
  driveFlash,
  FLASH_COMMANDS,
  SPI_CMD_OFFSET,
  SPI_CMD_USR,
  SPI_USR,
  type FlashDriver,
} from '../../../src/core/serial/spi-command.ts';
import { powerFlash } from '../../../src/io/serial/flash-power.ts';
import { TARGETS } from '../../../src/core/serial/targets.ts';
import { VIRTUAL_CHIPS, type VirtualChipName } from '../../../src/virtual/chip-model.ts';
import { DownloadChip } from '../../doubles/download-chip.ts';

const ALL = Object.keys(VIRTUAL_CHIPS) as VirtualChipName[];
const IDENTITY = 0x16_40c8;
const NOTHING_THERE = 0xff_ffff;
const ATTACHED_BY_ROM = new Set<VirtualChipName>(['ESP32-S2', 'ESP32-P4']);
const SPI_FAILED = 0xc4;
const WRITE_ENABLE = 0x06;
const WRITE_STATUS = 0x01;
const BLOCK_PROTECTION = 0x1c;

const drive = <T>(chip: DownloadChip, work: (flash: FlashDriver) => Promise<T>) => driveFlash(chip.registers, TARGETS[chip.name].spi, work);
const identityOf = (chip: DownloadChip) => drive(chip, ({ ask }) => ask(FLASH_COMMANDS.readId, 24));
const statusOf = (chip: DownloadChip) => drive(chip, ({ ask }) => ask(FLASH_COMMANDS.readStatus, 8));
const send = (chip: DownloadChip, ...commands: readonly number[]) => drive(chip, (flash) => flash.send(...commands));

async function writeStatus(chip: DownloadChip, value: number): Promise<void> {
  const { base, usr, usr2, mosiLength, w0 } = TARGETS[chip.name].spi;
  await send(chip, WRITE_ENABLE);
  await chip.registers.write(
    { address: base + mosiLength!, value: 7 },
    { address: base + usr, value: SPI_USR.command + SPI_USR.mosi },
    { address: base + usr2, value: 0x7000_0000 | WRITE_STATUS },
    { address: base + w0, value },
    { address: base + SPI_CMD_OFFSET, value: SPI_CMD_USR },
  );
}

describe('the flash of a virtual chip, and who reaches it', () => {
  for (const name of ALL) {
    it(`answers once it is attached: ${name}`, async () => {
      const chip = new DownloadChip(name);
      expect(await identityOf(chip)).to.equal(ATTACHED_BY_ROM.has(name) ? IDENTITY : NOTHING_THERE);
      expect(await chip.codeOf('SPI_ATTACH', spiAttach.encode({ pins: 0, legacy: 0 }))).to.equal(0);
      expect(await identityOf(chip)).to.equal(IDENTITY);
    });
  }

  it('is attached by a stub as it starts', async () => {
    const chip = new DownloadChip('ESP32-C3');
    await chip.startStub();
    expect(await identityOf(chip)).to.equal(IDENTITY);
  });

  it('is not on any other pins: nothing is written to it or erased from there', async () => {
    const chip = new DownloadChip('ESP32');
    chip.flash.program(0, Uint8Array.of(0));
    await chip.startStub();
    expect(await chip.codeOf('SPI_ATTACH', spiAttach.encode({ pins: 1 }))).to.equal(0);
    expect(await identityOf(chip)).to.equal(NOTHING_THERE);
    const order = { size: 4096, blocks: 1, blockSize: 0x4000, offset: 0, encrypted: 0 };
    expect(await chip.codeOf('FLASH_BEGIN', flashBegin.encode(order))).to.equal(SPI_FAILED);
    expect(await chip.codeOf('ERASE_REGION', eraseRegion.encode({ offset: 0, length: 4096 }))).to.equal(SPI_FAILED);
    expect(await chip.codeOf('ERASE_FLASH')).to.equal(SPI_FAILED);
    expect(chip.flash.read(0, 1)[0]).to.equal(0);
  });

  for (const revision of [301, 302]) {
    it(`has no power in an ESP32-P4 v${revision / 100} until somebody switches it on, step by step`, async () => {
      const chip = new DownloadChip('ESP32-P4', { revision });
      await chip.startStub();
      expect(await identityOf(chip)).to.equal(NOTHING_THERE);
      expect(await chip.codeOf('ERASE_REGION', eraseRegion.encode({ offset: 0, length: 4096 }))).to.equal(SPI_FAILED);
      const clock = { sleep: async () => undefined };
      const { signal } = new AbortController();
      await powerFlash(TARGETS['ESP32-P4'].flashSupply!, 300, { registers: chip.registers, clock, signal });
      expect(await identityOf(chip), 'of a wafer that needs nothing').to.equal(NOTHING_THERE);
      await powerFlash(TARGETS['ESP32-P4'].flashSupply!, revision, { registers: chip.registers, clock, signal });
      expect(await identityOf(chip)).to.equal(IDENTITY);
      expect(chip.waitedMs).to.be.at.least(10);
      await chip.registers.write({ address: TARGETS['ESP32-P4'].flashSupply!.pads[0]!.address, value: 0 });
      expect(await identityOf(chip)).to.equal(NOTHING_THERE);
    });
  }

  it('is reset by two commands, and not by the second alone', async () => {
    const chip = new DownloadChip('ESP32-C3');
    await chip.startStub();
    await send(chip, FLASH_COMMANDS.powerDown, FLASH_COMMANDS.reset);
    expect(await identityOf(chip)).to.equal(NOTHING_THERE);
    await send(chip, FLASH_COMMANDS.enableReset, FLASH_COMMANDS.reset);
    expect(await identityOf(chip)).to.equal(IDENTITY);
  });

  it('keeps its status registers while the chip around it is reset', async () => {
    const before = new DownloadChip('ESP32-C3');
    await before.startStub();
    await writeStatus(before, BLOCK_PROTECTION);
    expect(await statusOf(before)).to.equal(BLOCK_PROTECTION);
    const after = new DownloadChip('ESP32-C3', { flash: before.flash });
    await after.startStub();
    expect(await statusOf(after)).to.equal(BLOCK_PROTECTION);
  });
});
