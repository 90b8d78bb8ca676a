import { expect } from 'chai';
import type { SerialError } from '../../../src/app/usb/errors.ts';
import { wireOpener } from '../../../src/io/serial/wire.ts';
import { USB_JTAG_CIRCUIT } from '../../../src/virtual/device/serial/auto-reset.ts';
import { desk, failure, ReopeningPort } from './desk.ts';

const withoutResets = (steps: readonly { readonly step: string }[]): string[] => steps.map(({ step }) => step);

describe('LoaderConnector', () => {
  it('resets, identifies, starts the stub and goes to the fastest rate', async () => {
    const { chip, steps, open, connect } = desk();
    const wire = await open();
    const connection = await connect(wire, { baudRate: 921_600 });
    expect(withoutResets(steps)).to.deep.equal(['reset', 'sync', 'identify', 'stub', 'baud']);
    expect([connection.loader, connection.baudRate, chip.baudRate]).to.deep.equal(['stub', 921_600, 921_600]);
    const { identity } = connection;
    expect(identity.chip).to.equal('ESP32');
    expect(identity.mac).to.equal('a0:b1:c2:d3:e4:f5');
    expect(identity.crystalMhz).to.equal(40);
    expect(identity.connection).to.equal('uart');
    expect(identity.flash).to.deep.equal({ manufacturer: 'Winbond', jedecId: 'ef4016', bytes: 4 << 20 });
    expect(connection.traffic.roundTrips).to.be.greaterThan(10);
    await wire.close();
  });

  it('knows a chip by its id', async () => {
    const { open, connect } = desk({ chip: 'ESP32-C3' });
    const wire = await open();
    const connection = await connect(wire);
    expect([connection.identity.chip, connection.loader]).to.deep.equal(['ESP32-C3', 'stub']);
    await wire.close();
  });

  it('knows a chip whose ROM answers in the shorter form', async () => {
    const { chip, open, connect } = desk({ chip: 'ESP8266' }, { maxBaudRate: 500_000 });
    const wire = await open();
    const connection = await connect(wire, { baudRate: 921_600 });
    expect([connection.identity.chip, connection.loader, connection.baudRate]).to.deep.equal(['ESP8266', 'stub', 460_800]);
    await connection.writeFlash(0, Uint8Array.of(1, 2, 3, 4), { signal: new AbortController().signal });
    expect([...chip.flash.subarray(0, 5)]).to.deep.equal([1, 2, 3, 4, 0xff]);
    await wire.close();
  });

  it('writes nothing with a ROM that erases more than it is told to', async () => {
    const { chip, open, connect } = desk({ chip: 'ESP8266' });
    const wire = await open();
    const connection = await connect(wire, { withoutStub: true });
    const { signal } = new AbortController();
    for (const act of [
      () => connection.writeFlash(0, Uint8Array.of(1, 2, 3, 4), { signal }),
      () => connection.eraseRegion(0, 0x1000, { signal }),
    ]) {
      expect(await act().catch((error: unknown) => error)).to.have.property('code', 'NEEDS_STUB');
    }
    expect(chip.seen).to.not.include('FLASH_BEGIN');
    await wire.close();
  });

  it('passes on what the chip prints', async () => {
    const board = desk();
    const wire = await board.open();
    await board.connect(wire);
    expect(board.printed).to.include('waiting for download');
    await wire.close();
  });

  it('works with the ROM when it is asked to, and when the stub does not greet', async () => {
    const asked = desk();
    const wire = await asked.open();
    expect((await asked.connect(wire, { withoutStub: true, baudRate: 460_800 })).loader).to.equal('rom');
    expect(asked.chip.baudRate).to.be.closeTo(460_800, 2_000);
    await wire.close();

    const dead = desk({ stubDies: true });
    const other = await dead.open();
    const connection = await dead.connect(other);
    expect(connection.loader).to.equal('rom');
    expect(withoutResets(dead.steps)).to.include('stub-refused');
    await other.close();
  });

  it('finds the flash in the package of an ESP32 without a stub', async () => {
    // ESP32-PICO-D4: CLK 6, Q 17, D 8, CS 16, HD 11.
    const { chip, open, connect } = desk({ flashPins: (11 << 24) | (16 << 18) | (8 << 12) | (17 << 6) | 6 });
    const wire = await open();
    const connection = await connect(wire, { withoutStub: true });
    expect([connection.loader, connection.identity.flash.bytes]).to.deep.equal(['rom', 4 << 20]);
    await connection.writeFlash(0x1000, Uint8Array.of(1, 2, 3, 4), { signal: new AbortController().signal });
    expect([...chip.flash.subarray(0x1000, 0x1005)]).to.deep.equal([1, 2, 3, 4, 0xff]);
    await wire.close();
  });

  describe('switches the flash of an ESP32-P4 on where its ROM does not', () => {
    const PARTS = [
      { revision: 301 },
      { revision: 302 },
      { revision: 302, romPowersFlash: true },
      { revision: 301, romPowersFlash: true },
      { revision: 300 },
      { revision: 103 },
    ] as const;
    for (const part of PARTS) {
      for (const withoutStub of [false, true]) {
        it(`v${part.revision / 100}${'romPowersFlash' in part ? ', with the fuse' : ''}: ${withoutStub ? 'ROM' : 'stub'}`, async () => {
          const { chip, open, connect } = desk({ chip: 'ESP32-P4', ...part });
          const wire = await open();
          const connection = await connect(wire, { withoutStub });
          expect([connection.identity.revision, connection.loader]).to.deep.equal([part.revision, withoutStub ? 'rom' : 'stub']);
          expect(connection.identity.flash.bytes).to.equal(4 << 20);
          await connection.writeFlash(0x2000, Uint8Array.of(1, 2, 3, 4), { signal: new AbortController().signal });
          expect([...chip.flash.subarray(0x2000, 0x2005)]).to.deep.equal([1, 2, 3, 4, 0xff]);
          await wire.close();
        });
      }
      it(`v${part.revision / 100}${'romPowersFlash' in part ? ', with the fuse' : ''}: ROM, once more after a stub that died`, async () => {
        const { chip, open, connect } = desk({ chip: 'ESP32-P4', stubDies: true, ...part });
        const wire = await open();
        const connection = await connect(wire);
        expect([connection.loader, connection.identity.flash.bytes]).to.deep.equal(['rom', 4 << 20]);
        await connection.writeFlash(0x2000, Uint8Array.of(1, 2, 3, 4), { signal: new AbortController().signal });
        expect([...chip.flash.subarray(0x2000, 0x2005)]).to.deep.equal([1, 2, 3, 4, 0xff]);
        await wire.close();
      });
    }
  });

  it('stops the watchdog of the application where only the core is reset, and once more after a stub that died', async () => {
    for (const stubDies of [false, true]) {
      const usb = { usbVendorId: 0x303a, usbProductId: 0x1001 };
      const { chip, open, connect } = desk({ chip: 'ESP32-C3', stubDies }, { usb, circuit: USB_JTAG_CIRCUIT });
      const wire = await open();
      expect([(await connect(wire)).loader, chip.watchdogRuns]).to.deep.equal([stubDies ? 'rom' : 'stub', false]);
      await wire.close();
    }
  });

  it('tells a ROM of 4 MB where the flash does not tell its size', async () => {
    const { chip, open, connect } = desk({ chip: 'ESP32-C3', flashId: 0xff_40ef });
    const wire = await open();
    const connection = await connect(wire, { withoutStub: true });
    expect(connection.identity.flash.bytes).to.equal(undefined);
    await connection.writeFlash(0x300000, Uint8Array.of(1, 2, 3, 4), { signal: new AbortController().signal });
    expect([...chip.flash.subarray(0x300000, 0x300005)]).to.deep.equal([1, 2, 3, 4, 0xff]);
    await wire.close();
  });

  describe('starts the flash chip anew', () => {
    for (const withoutStub of [false, true]) {
      it(`whatever an application left it in: ${withoutStub ? 'ROM' : 'stub'}`, async () => {
        const { chip, open, connect } = desk({ chip: 'ESP32-C3' });
        const wire = await open();
        await connect(wire, { withoutStub });
        expect(chip.flashCommands.slice(-2)).to.deep.equal([0x66, 0x99]);
        await wire.close();
      });

      it(`also an XMC that did not start well: ${withoutStub ? 'ROM' : 'stub'}`, async () => {
        const { steps, open, connect } = desk({ xmcIsStuck: true });
        const wire = await open();
        const { identity } = await connect(wire, { withoutStub });
        expect(identity.flash).to.deep.equal({ manufacturer: 'XMC / Micron', jedecId: '204016', bytes: 4 << 20 });
        expect(withoutResets(steps)).not.to.include('flash-silent');
        await wire.close();
      });
    }

    it('and says so when it does not answer', async () => {
      for (const flashId of [0, 0xff_ffff]) {
        const { steps, open, connect } = desk({ flashId });
        const wire = await open();
        await connect(wire);
        expect(withoutResets(steps)).to.include('flash-silent');
        await wire.close();
      }
    });

    it('and leaves it alone where nobody may ask it', async () => {
      const { chip, open, connect } = desk({ chip: 'ESP32-C3', secureDownload: true });
      const wire = await open();
      await connect(wire);
      expect(chip.flashCommands).to.deep.equal([]);
      await wire.close();
    });
  });

  it('finds the stub whose greeting was lost', async () => {
    const { open, connect } = desk({ stubGreetingIsLost: true });
    const wire = await open();
    expect((await connect(wire)).loader).to.equal('stub');
    await wire.close();
  });

  it('steps down from a rate that the adapter does not bear', async () => {
    const { steps, open, connect } = desk({}, { maxBaudRate: 500_000 });
    const wire = await open();
    const connection = await connect(wire, { baudRate: 921_600 });
    expect([connection.loader, connection.baudRate]).to.deep.equal(['stub', 460_800]);
    expect(withoutResets(steps).filter((step) => step.startsWith('baud'))).to.deep.equal(['baud', 'baud-refused', 'baud']);
    await wire.close();
  });

  it('changes the rate of a port that must be opened anew for it, and does not reset the chip by that', async () => {
    const { chip, port, clock, connect } = desk();
    const browserPort = new ReopeningPort(port);
    const wire = await wireOpener(clock)(browserPort, 115_200);
    const connection = await connect(wire, { baudRate: 921_600 });
    expect([connection.loader, connection.baudRate, chip.baudRate, browserPort.openings]).to.deep.equal(['stub', 921_600, 921_600, 2]);
    await connection.writeFlash(0x10000, Uint8Array.of(1, 2, 3, 4), { signal: new AbortController().signal });
    await connection.run();
    await clock.sleep(100);
    expect(chip.mode).to.equal('application');
    await wire.close();
    expect(port.isOpen).to.equal(false);
  });

  it('steps down from a rate at which the port does not open', async () => {
    const { steps, port, clock, connect } = desk();
    const wire = await wireOpener(clock)(new ReopeningPort(port, 500_000), 115_200);
    const connection = await connect(wire, { baudRate: 921_600 });
    expect([connection.loader, connection.baudRate]).to.deep.equal(['stub', 460_800]);
    expect(withoutResets(steps)).to.include('baud-refused');
    await wire.close();
  });

  describe('at a rate that does not work', () => {
    it('asks at the rate before first: a chip that did not change over needs no reset', async () => {
      const board = desk({ staysAtRate: 921_600 }, { hasCircuit: false });
      board.chip.mode = 'stub';
      const wire = await board.open();
      const connection = await board.connect(wire, { baudRate: 921_600 });
      expect([connection.loader, connection.baudRate, board.chip.baudRate]).to.deep.equal(['stub', 460_800, 460_800]);
      const rates = board.steps.flatMap((step) => ('baudRate' in step ? [`${step.step} ${step.baudRate}`] : []));
      expect(rates).to.deep.equal(['baud 921600', 'baud-refused 921600', 'baud 460800']);
      await wire.close();
    });

    it('finds a stub that takes the end of a frame for the start of one since then', async () => {
      const board = desk({ staysAtRate: 921_600, losesPhase: true }, { hasCircuit: false });
      board.chip.mode = 'stub';
      const wire = await board.open();
      const connection = await board.connect(wire, { baudRate: 921_600 });
      expect([connection.loader, connection.baudRate, board.chip.baudRate]).to.deep.equal(['stub', 460_800, 460_800]);
      const after = board.steps.slice(board.steps.findIndex(({ step }) => step === 'baud'));
      expect(withoutResets(after)).to.deep.equal(['baud', 'baud-refused', 'baud']);
      await wire.close();
    });

    it('without a reset circuit says which rate it was, and at which the next attempt begins', async () => {
      const board = desk({}, { hasCircuit: false, maxBaudRate: 500_000 });
      board.chip.mode = 'rom';
      const wire = await board.open();
      const error = await board.connect(wire, { baudRate: 921_600 }).catch((reason: unknown) => reason);
      expect(error).to.have.property('code', 'RATE_LOST');
      expect((error as SerialError).details).to.deep.equal({ baudRate: 921_600, nextBaudRate: 460_800 });
      // BOOT and RESET, by hand.
      await board.chip.setPins({ enable: false, io0: false });
      await board.chip.setPins({ enable: true, io0: false });
      const connection = await board.connect(wire, { baudRate: 460_800 });
      expect([connection.loader, connection.baudRate]).to.deep.equal(['stub', 460_800]);
      await wire.close();
    });
  });

  it('asks a chip that may be in its boot loader already before it resets it', async () => {
    const board = desk();
    board.chip.mode = 'rom';
    const wire = await board.open();
    expect((await board.connect(wire, { asksFirst: true })).loader).to.equal('stub');
    expect(withoutResets(board.steps)).not.to.include('reset');
    await wire.close();
  });

  it('finds a stub that was left running at its rate where no reset works', async () => {
    const board = desk({}, { hasCircuit: false });
    board.chip.mode = 'stub';
    board.chip.baudRate = 921_600;
    const wire = await board.open();
    const connection = await board.connect(wire, { baudRate: 921_600 });
    expect([connection.loader, connection.baudRate]).to.deep.equal(['stub', 921_600]);
    await wire.close();
  });

  it('recognises secure download mode and asks nothing of it that it does not offer', async () => {
    const { chip, open, connect } = desk({ chip: 'ESP32-C3', secureDownload: true });
    const wire = await open();
    const connection = await connect(wire, { baudRate: 460_800 });
    expect(connection.loader).to.equal('secure-download');
    expect(connection.identity.security.secureDownload).to.equal(true);
    expect(chip.seen).not.to.include('READ_REG');
    expect(chip.seen).not.to.include('MEM_BEGIN');
    const { signal } = new AbortController();
    expect(await failure(connection.readFlash(0, 0x1000, { signal }))).to.equal('SECURE_DOWNLOAD');
    expect(await failure(connection.md5(0, 0x1000, { signal }))).to.equal('SECURE_DOWNLOAD');
    await connection.writeFlash(0x10000, Uint8Array.of(1, 2, 3, 4), { signal });
    expect([...chip.flash.subarray(0x10000, 0x10005)]).to.deep.equal([1, 2, 3, 4, 0xff]);
    await wire.close();
  });

  for (const chip of ['ESP32-C2', 'ESP32-C5'] as const) {
    it(`leaves the rate of an ${chip} in secure download mode, whose registers do not tell what its ROM would make of another`, async () => {
      const board = desk({ chip, secureDownload: true });
      const wire = await board.open();
      const connection = await board.connect(wire, { baudRate: 460_800 });
      expect([connection.loader, connection.baudRate]).to.deep.equal(['secure-download', 115_200]);
      expect(board.chip.seen).not.to.include('CHANGE_BAUDRATE');
      expect(withoutResets(board.steps)).not.to.include('baud-refused');
      await wire.close();
    });
  }

  describe('says why nobody answers', () => {
    it('when nothing comes back', async () => {
      const { open, connect, clock } = desk({ isMute: true });
      const wire = await open();
      const begun = clock.now();
      expect(await failure(connect(wire))).to.equal('NO_ANSWER');
      expect(clock.now() - begun).to.be.lessThan(15_000);
      await wire.close();
    });

    it('when the chip starts its application', async () => {
      const { open, connect } = desk({ neverDownloads: true });
      const wire = await open();
      expect(await failure(connect(wire))).to.equal('WRONG_MODE');
      await wire.close();
    });

    it('when the application prints and nothing resets it', async () => {
      const board = desk({}, { hasCircuit: false });
      const wire = await board.open();
      const work = failure(board.connect(wire));
      board.chip.print('I (1234) wifi: connected\r\n');
      expect(await work).to.equal('NO_SYNC_BUT_TEXT');
      await wire.close();
    });
  });

  it('ends with the reason of its signal, at once', async () => {
    const { open, connect, clock } = desk({ isMute: true });
    const wire = await open();
    const stop = new AbortController();
    const work = connect(wire, { signal: stop.signal }).catch((error: unknown) => error);
    await clock.sleep(1_000);
    const reason = new Error('enough');
    stop.abort(reason);
    expect(await work).to.equal(reason);
    await wire.close();
  });

  it('lets go of the chip that it holds in reset when it is stopped there', async () => {
    const { chip, clock, open, connect } = desk();
    const wire = await open();
    chip.mode = 'off';
    const stop = new AbortController();
    const work = connect(wire, { signal: stop.signal }).catch((error: unknown) => error);
    await clock.sleep(50);
    const reason = new Error('enough');
    stop.abort(reason);
    expect(await work).to.equal(reason);
    await clock.sleep(50);
    expect(chip.mode).to.equal('application');
    await wire.close();
  });

  it('ends when the cable is pulled', async () => {
    const { open, connect, clock, port } = desk({ isMute: true });
    const wire = await open();
    const work = failure(connect(wire));
    await clock.sleep(1_000);
    port.unplug();
    expect(await work).to.equal('PORT_GONE');
    await wire.close();
    expect(port.isOpen).to.equal(false);
  });

  it('starts the application when it is told to', async () => {
    const board = desk();
    const wire = await board.open();
    const connection = await board.connect(wire, { baudRate: 921_600 });
    await connection.run();
    await board.clock.sleep(100);
    expect([board.chip.mode, wire.baudRate]).to.deep.equal(['application', 115_200]);
    expect(board.printed).to.include('hello');
    await wire.close();
  });

  describe('starts the application over USB Serial/JTAG', () => {
    const JTAG = { usb: { usbVendorId: 0x303a, usbProductId: 0x1001 }, circuit: USB_JTAG_CIRCUIT };

    it('by RTS where that is enough', async () => {
      const board = desk({ chip: 'ESP32-C3' }, JTAG);
      const wire = await board.open();
      const connection = await board.connect(wire);
      expect(connection.identity.connection).to.equal('usb-serial-jtag');
      await connection.run();
      await board.clock.sleep(100);
      expect([board.chip.mode, board.chip.watchdogResets]).to.deep.equal(['application', 0]);
      await wire.close();
    });

    for (const chip of ['ESP32-C3', 'ESP32-S3'] as const) {
      it(`by the watchdog of an ${chip} that was brought into download mode by hand`, async () => {
        const board = desk({ chip, bootWasHeld: true }, JTAG);
        const wire = await board.open();
        const connection = await board.connect(wire);
        await connection.run();
        await board.clock.sleep(100);
        expect([board.chip.mode, board.chip.watchdogResets]).to.deep.equal(['application', 1]);
        await wire.close();
      });
    }

    it('of a chip that an application told to wait for a download after its next reset', async () => {
      for (const bootWasHeld of [false, true]) {
        const board = desk({ chip: 'ESP32-S3', downloadIsForced: true, bootWasHeld }, JTAG);
        const wire = await board.open();
        const connection = await board.connect(wire);
        await connection.run();
        await board.clock.sleep(100);
        expect([board.chip.mode, board.chip.watchdogResets]).to.deep.equal(['application', bootWasHeld ? 1 : 0]);
        await wire.close();
      }
    });

    it('and leaves the watchdog of an ESP32-C6 alone, whose port would not come back', async () => {
      const board = desk({ chip: 'ESP32-C6', bootWasHeld: true }, JTAG);
      const wire = await board.open();
      await (await board.connect(wire)).run();
      await board.clock.sleep(100);
      expect([board.chip.mode, board.chip.watchdogResets]).to.deep.equal(['rom', 0]);
      await wire.close();
    });
  });
});
