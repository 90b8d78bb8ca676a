import { expect } from 'chai';
import { md5Hex } from '../../../src/core/bytes/md5.ts';
import type { ChipConnection, SerialWire } from '../../../src/app/usb/ports.ts';
import type { LoaderChipOptions } from '../../doubles/loader-chip.ts';
import type { LineSettings } from '../../../src/virtual/device/serial/line.ts';
import { desk, failure, firmware } from './desk.ts';
import type { Desk } from './desk.ts';

const { signal } = new AbortController();

interface Connected extends Desk {
  readonly wire: SerialWire;
  readonly connection: ChipConnection;
}

async function connected(
  options: LoaderChipOptions & { readonly baudRate?: number; readonly withoutStub?: boolean } = {},
  line: Partial<LineSettings> = {},
): Promise<Connected> {
  const made = desk(options, line);
  const wire = await made.open();
  const { baudRate = 921_600, withoutStub = false } = options;
  return Object.assign(made, { wire, connection: await made.connect(wire, { baudRate, withoutStub }) });
}

const bitsMs = (bytes: number, baudRate: number): number => (bytes * 10_000) / baudRate;

describe('ChipConnection', () => {
  describe('refuses before anything is sent', () => {
    const MB = 0x10_0000;
    const beyond = [16 * MB - 0x1000, 0x2000] as const;
    const actsOn = (connection: ChipConnection, [offset, length]: readonly [number, number]) => [
      () => connection.writeFlash(offset, firmware(length), { signal }),
      () => connection.eraseRegion(offset, length, { signal }),
      () => connection.readFlash(offset, length, { signal }),
      () => connection.md5(offset, length, { signal }),
    ];

    for (const [chip, withoutStub] of [
      ['ESP32', false],
      ['ESP32', true],
      ['ESP32-S3', true],
    ] as const) {
      it(`what lies beyond 16 MB with the ${withoutStub ? 'ROM' : 'stub'} of an ${chip}`, async () => {
        const board = await connected({ chip, withoutStub, flashBytes: 32 * MB, baudRate: 115_200 });
        const before = board.chip.seen.length;
        for (const act of actsOn(board.connection, beyond)) expect(await failure(act())).to.equal('BEYOND_REACH');
        if (withoutStub) expect(await failure(board.connection.eraseFlash({ signal }))).to.equal('BEYOND_REACH');
        expect(board.chip.seen.slice(before)).to.deep.equal([]);
        expect(board.connection.reach).to.equal(16 * MB);
        await board.wire.close();
      });
    }

    it('nothing of that where the stub has addresses of four bytes', async () => {
      const board = await connected({ chip: 'ESP32-S3', flashBytes: 32 * MB });
      for (const act of actsOn(board.connection, beyond)) expect(await failure(act())).to.equal('nothing');
      await board.wire.close();
    });

    it('what lies behind the end of the flash', async () => {
      const board = await connected({ chip: 'ESP32-S3' });
      const before = board.chip.seen.length;
      for (const act of actsOn(board.connection, [4 * MB - 0x1000, 0x2000])) expect(await failure(act())).to.equal('BEYOND_FLASH');
      expect(board.chip.seen.slice(before)).to.deep.equal([]);
      await board.wire.close();
    });
  });

  describe('writes', () => {
    it('what it is given, and tells how far it is', async () => {
      const { chip, connection, wire } = await connected();
      const bytes = firmware(150_001);
      const told: number[] = [];
      await connection.writeFlash(0x10000, bytes, { signal, onProgress: (done) => told.push(done) });
      expect(chip.flash.slice(0x10000, 0x10000 + bytes.length)).to.deep.equal(bytes);
      expect(told.at(-1)).to.equal(bytes.length);
      expect(told).to.deep.equal(told.toSorted((a, b) => a - b));
      expect(chip.seen).to.include('FLASH_DEFL_DATA');
      expect(chip.dropped).to.equal(0);
      await wire.close();
    });

    it('plainly what does not shrink', async () => {
      const { chip, connection, wire } = await connected();
      const bytes = crypto.getRandomValues(new Uint8Array(40_000));
      await connection.writeFlash(0, bytes, { signal });
      expect(chip.flash.slice(0, bytes.length)).to.deep.equal(bytes);
      expect(chip.seen).not.to.include('FLASH_DEFL_DATA');
      await wire.close();
    });

    it('with a ROM alone, in its block size', async () => {
      for (const chip of ['ESP32', 'ESP32-C3'] as const) {
        const board = await connected({ chip, withoutStub: true, baudRate: 460_800 });
        const bytes = firmware(10_000);
        await board.connection.writeFlash(0x1000, bytes, { signal });
        expect(board.chip.flash.slice(0x1000, 0x1000 + bytes.length)).to.deep.equal(bytes);
        await board.wire.close();
      }
    });

    it('drops nothing when the flash is slower than the line', async () => {
      const { chip, connection, wire } = await connected({ eraseMs: 60, pageMs: 1 });
      const bytes = firmware(200_000);
      await connection.writeFlash(0, bytes, { signal });
      expect(chip.dropped).to.equal(0);
      expect(chip.flash.slice(0, bytes.length)).to.deep.equal(bytes);
      await wire.close();
    });

    for (const [baudRate, latencyMs, share] of [
      [115_200, 1, 0.99],
      [460_800, 1, 0.97],
      [921_600, 1, 0.95],
      [2_000_000, 1, 0.9],
      [921_600, 16, 0.87],
      [2_000_000, 16, 0.75],
    ] as const) {
      it(`at ${baudRate} with ${latencyMs} ms near the limit of the line`, async () => {
        const { connection, clock, wire } = await connected({ baudRate }, { latencyMs });
        const bytes = firmware(400_000);
        const before = connection.traffic.sent;
        const begun = clock.now();
        await connection.writeFlash(0, bytes, { signal });
        const reached = bitsMs(connection.traffic.sent - before, baudRate) / (clock.now() - begun);
        console.log(`      write ${baudRate} baud, ${latencyMs} ms: ${(100 * reached).toFixed(1)} % of the line`);
        expect(reached).to.be.greaterThan(share);
        await wire.close();
      });
    }
  });

  describe('reads', () => {
    it('what is there, whatever its length', async () => {
      const { chip, connection, wire } = await connected();
      chip.flash.set(firmware(70_000), 0x8000);
      for (const [offset, length] of [
        [0x8000, 70_000],
        [0x8001, 5],
        [0x9000, 0x1000],
        [0x9000, 0x2000],
      ] as const) {
        const bytes = await connection.readFlash(offset, length, { signal });
        expect(bytes).to.deep.equal(chip.flash.slice(offset, offset + length));
      }
      await wire.close();
    });

    it('with a ROM alone', async () => {
      const { chip, connection, wire } = await connected({ withoutStub: true, baudRate: 115_200 });
      chip.flash.set(firmware(500), 0x8000);
      expect(await connection.readFlash(0x8000, 500, { signal })).to.deep.equal(chip.flash.slice(0x8000, 0x8000 + 500));
      await wire.close();
    });

    for (const [baudRate, latencyMs, share] of [
      [921_600, 1, 0.95],
      [2_000_000, 1, 0.95],
      [921_600, 16, 0.95],
    ] as const) {
      it(`at ${baudRate} with ${latencyMs} ms within 5 % of the line`, async () => {
        const { chip, connection, clock, wire } = await connected({ baudRate }, { latencyMs });
        chip.flash.set(firmware(1 << 20));
        const before = connection.traffic.received;
        const begun = clock.now();
        const bytes = await connection.readFlash(0, 1 << 20, { signal });
        const reached = bitsMs(connection.traffic.received - before, baudRate) / (clock.now() - begun);
        console.log(`      read ${baudRate} baud, ${latencyMs} ms: ${(100 * reached).toFixed(1)} % of the line`);
        expect(md5Hex(bytes)).to.equal(md5Hex(chip.flash.subarray(0, 1 << 20)));
        expect(reached).to.be.greaterThan(share);
        await wire.close();
      });
    }
  });

  it('hashes and erases, with a stub and with a ROM', async () => {
    for (const withoutStub of [false, true]) {
      const { chip, connection, wire } = await connected({ withoutStub, baudRate: 460_800 });
      chip.flash.set(firmware(0x3000), 0x1000);
      expect(await connection.md5(0x1000, 0x3000, { signal })).to.equal(md5Hex(firmware(0x3000)));
      await connection.eraseRegion(0x2000, 0x1000, { signal });
      expect(chip.flash.subarray(0x2000, 0x3000).every((byte) => byte === 0xff)).to.equal(true);
      expect(chip.flash[0x1000 + 5]).to.equal(firmware(6)[5]);
      await connection.eraseFlash({ signal });
      expect(chip.flash.every((byte) => byte === 0xff)).to.equal(true);
      await wire.close();
    }
  });

  it('does one thing at a time', async () => {
    const { connection, wire } = await connected();
    const first = connection.md5(0, 0x1000, { signal });
    expect(await failure(connection.md5(0, 0x1000, { signal }))).to.include('under way');
    await first;
    await wire.close();
  });

  describe('when bytes are lost or changed on the way', () => {
    for (const fault of ['loseByteToChip', 'loseByteToHost', 'flipByteToChip', 'flipByteToHost'] as const) {
      it(`writes and reads all the same: ${fault}`, async () => {
        const { chip, connection, faults, wire } = await connected();
        const bytes = firmware(100_000);
        for (const at of [40, 900, 33_333]) {
          faults.plan({ [fault]: at });
          await connection.writeFlash(0x10000, bytes, { signal });
          expect(await connection.md5(0x10000, bytes.length, { signal })).to.equal(md5Hex(bytes));
          faults.plan({ [fault]: at });
          expect(await connection.readFlash(0x10000, bytes.length, { signal })).to.deep.equal(bytes);
        }
        expect(chip.flash.slice(0x10000, 0x10000 + bytes.length)).to.deep.equal(bytes);
        await wire.close();
      });
    }

    for (const [withoutStub, faultAt] of [
      [false, 90_000],
      [true, 10_000],
    ] as const) {
      it(`begins anew at what is in the flash, not at what came out of the compressor: ${withoutStub ? 'ROM' : 'stub'}`, async () => {
        const { chip, connection, faults, wire } = await connected({ withoutStub });
        const bytes = firmware(180_000);
        const told: number[] = [];
        faults.plan({ loseByteToChip: faultAt });
        await connection.writeFlash(0x10000, bytes, { signal, onProgress: (done) => told.push(done) });
        expect(chip.seen.filter((command) => command === 'FLASH_DEFL_BEGIN').length).to.equal(2);
        expect(md5Hex(chip.flash.slice(0x10000, 0x10000 + bytes.length))).to.equal(md5Hex(bytes));
        expect(told.at(-1)).to.equal(bytes.length);
        await wire.close();
      });
    }

    it('takes a boot log in the flash for flash', async () => {
      const { chip, connection, faults, wire } = await connected({ baudRate: 115_200 });
      const line = new TextEncoder().encode('\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n');
      for (let at = 0; at + line.length <= 0x4000; at += line.length) chip.flash.set(line, at);
      // The END before the first packet, what follows it, and some of a packet further on.
      for (const at of [12, 13, 14, 5_000]) {
        faults.plan({ loseByteToHost: at });
        expect(await connection.readFlash(0, 0x4000, { signal }), `byte ${at}`).to.deep.equal(chip.flash.slice(0, 0x4000));
      }
      expect(await connection.isThere(signal)).to.equal(true);
      await wire.close();
    });

    it('goes on where it was, not from the front', async () => {
      const { connection, faults, wire } = await connected();
      const bytes = firmware(400_000);
      await connection.writeFlash(0, bytes, { signal });
      const whole = connection.traffic.sent;
      faults.plan({ loseByteToHost: 200 });
      const told: number[] = [];
      await connection.writeFlash(0, bytes, { signal, onProgress: (done) => told.push(done) });
      expect(connection.traffic.sent - whole).to.be.lessThan(1.4 * whole);
      await wire.close();
    });
  });

  it('always ends, and lets go of the port, when the cable is pulled or the chip falls silent', async () => {
    const seed = 20_261;
    const bytes = firmware(60_000);
    for (let run = 0; run < 24; run++) {
      const board = await connected();
      const at = 1 + ((run * 7919 + seed) % 40_000);
      const isPull = run % 2 === 0;
      board.faults.plan(isPull ? { unplugAtByte: at } : { resetAtByte: at });
      const begun = board.clock.now();
      const work = async (): Promise<void> => {
        await board.connection.writeFlash(0, bytes, { signal });
        await board.connection.readFlash(0, bytes.length, { signal });
      };
      const code = await failure(work());
      expect(code, `seed ${seed}, run ${run}, byte ${at}`).to.be.oneOf(
        isPull ? ['PORT_GONE'] : ['TIMED_OUT', 'FRAME_DAMAGED', 'COMMAND_REFUSED'],
      );
      expect(board.clock.now() - begun, `run ${run}`).to.be.lessThan(60_000);
      await board.wire.close();
      expect(board.port.isOpen).to.equal(false);
    }
  });

  describe('knows whether its chip is still there', () => {
    it('after noise, which it asks about', async () => {
      const { chip, connection, clock, wire } = await connected();
      const before = chip.seen.length;
      expect(await connection.isThere(signal)).to.equal(true);
      expect(chip.seen.slice(before), 'nothing was heard').to.deep.equal([]);
      chip.print('?');
      await clock.sleep(10);
      expect(await connection.isThere(signal)).to.equal(true);
      expect(chip.seen.slice(before)).to.deep.equal(['SYNC']);
      expect(await connection.isThere(signal), 'and asks once').to.equal(true);
      expect(chip.seen.slice(before)).to.deep.equal(['SYNC']);
      await wire.close();
    });

    for (const baudRate of [115_200, 921_600]) {
      it(`after a restart between two jobs: ${baudRate} baud`, async () => {
        const { chip, connection, clock, wire } = await connected({ baudRate });
        await chip.setPins({ enable: false, io0: true });
        await chip.setPins({ enable: true, io0: true });
        await clock.sleep(50);
        expect(await connection.isThere(signal)).to.equal(false);
        await wire.close();
      });
    }

    it('after it fell silent, and stays at the rate of the connection', async () => {
      const { chip, connection, wire } = await connected();
      chip.mode = 'off';
      expect(await failure(connection.md5(0, 0x1000, { signal }))).to.equal('TIMED_OUT');
      expect([wire.baudRate, await connection.isThere(signal)]).to.deep.equal([921_600, false]);
      await wire.close();
    });
  });

  it('stops at once when its signal says so', async () => {
    const board = await connected();
    const stop = new AbortController();
    const work = board.connection.writeFlash(0, firmware(400_000), { signal: stop.signal }).catch((error: unknown) => error);
    await board.clock.sleep(500);
    const reason = new Error('stop');
    const asked = board.clock.now();
    stop.abort(reason);
    expect(await work).to.equal(reason);
    expect(board.clock.now() - asked).to.be.lessThan(5);
    await board.wire.close();
    expect(board.port.isOpen).to.equal(false);
  });
});
