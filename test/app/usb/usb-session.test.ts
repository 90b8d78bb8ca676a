import { expect } from 'chai';
import type { UsbJobState } from '../../../src/app/usb/model.ts';
import type { LiveUsbSession } from '../../../src/app/usb/usb-session.ts';
import type { MayStart } from '../../../src/app/slot-word.ts';
import { SerialError } from '../../../src/app/usb/errors.ts';
import { UsbError } from '../../../src/app/usb/usb-errors.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { OtterError } from '../../../src/core/errors.ts';
import { encodePartitionTable } from '../../../src/core/image/partition-table.ts';
import { parseUf2 } from '../../../src/core/image/uf2.ts';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import { Random } from '../../doubles/random.ts';
import type { Partition } from '../../../src/core/image/model.ts';
import { MOVED_ROWS, flash } from '../../core/image/builders.ts';
import { TABLE, appBytes, bootloaderBytes, otadataBytes } from '../../core/bundle/plan-fixtures.ts';
import { CHIP_FLASH_BYTES, FakeChip } from './fake-chip.ts';
import { UsbBench, filesOf } from './usb-doubles.ts';

const NVS = new Random(5).bytes(0x5000);
const APP_OFFSET = 0x10000;

/** A board in use: boot loader, table, otadata for app0, 1.0.0 in app0, NVS with something in it. */
async function boardInUse(version = '1.0.0'): Promise<FakeChip> {
  const chip = new FakeChip(CHIP_FLASH_BYTES);
  chip.put(0x1000, await bootloaderBytes());
  chip.put(0x8000, encodePartitionTable({ partitions: TABLE }));
  chip.put(0x9000, NVS);
  chip.put(0xe000, otadataBytes(1));
  chip.put(APP_OFFSET, await appBytes({ version, bytes: 200_000 }));
  chip.bootLog = `ets Jul 29 2019\r\nI (31) app_init: App version:      1.1.0\u001b[0m\r\n`;
  return chip;
}

const APP_STARTS = 'I (1) app_init: App version:      1.1.0\n';
const RESTARTS = 'rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\n' + APP_STARTS;
const NEW_APP = () => appBytes({ version: '1.1.0', bytes: 200_000 });

async function readySession(bench: UsbBench): Promise<LiveUsbSession> {
  const session = await bench.session();
  await session.connect();
  return session;
}

function ended(session: LiveUsbSession): Promise<UsbJobState> {
  return new Promise((resolve) => {
    const look = (): boolean => {
      const { job, phase } = session.state.value;
      if (!job || job.outcome === 'running' || phase === 'working') return false;
      resolve(job);
      return true;
    };
    if (look()) return;
    const end = session.state.subscribe(() => look() && end());
  });
}

async function rejection(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return error instanceof OtterError ? error.code : (error as Error).name;
  }
  return 'nothing';
}

const flashNow = async (session: LiveUsbSession, options: Partial<Parameters<LiveUsbSession['flash']>[0]> = {}) => {
  await session.flash({ full: false, snapshot: 'nothing', ...options });
  return ended(session);
};

describe('a USB session', () => {
  it('connects, identifies, and reads what lies in the flash', async () => {
    const bench = new UsbBench(await boardInUse());
    const session = await readySession(bench);
    const { phase, layout, loader, title, connectSteps, baudRate } = session.state.value;
    expect({ phase, loader, title, baudRate }).to.deep.equal({
      phase: 'ready',
      loader: 'stub',
      title: 'CP2102 (10c4:ea60)',
      baudRate: 921_600,
    });
    expect(connectSteps.map(({ step }) => step)).to.deep.equal(['reset', 'sync', 'identify']);
    expect(layout).to.include({ hasBootloader: true, nvs: 'used' });
    expect(layout!.slots.map(({ label, otaIndex, state, next, app }) => [label, otaIndex, state, next, app?.version])).to.deep.equal([
      ['app0', 0, 'VALID', true, '1.0.0'],
      ['app1', 1, 'UNDEFINED', false, undefined],
    ]);
    expect(bench.memory.known, 'nothing failed: nothing to remember').to.equal(undefined);
  });

  it('has the last answer of a device forgotten before its flash is changed, and not at the end, when it may have answered anew', async () => {
    const bench = new UsbBench(await boardInUse());
    const session = await readySession(bench);
    await session.read({ offset: 0, length: 0x1000 });
    expect(bench.forgotten, 'a read changes nothing').to.deep.equal([]);
    await session.erase('everything');
    const begun = bench.history.findIndex(({ outcome, ranges }) => outcome === 'started' && ranges);
    expect(bench.history.map(({ outcome }) => outcome).at(-1)).to.equal('done');
    expect(bench.forgotten).to.deep.equal([`${bench.history[begun]!.deviceId} before entry ${begun + 1}`]);
  });

  describe('with a table that a project moved', () => {
    const MOVED: readonly Partition[] = MOVED_ROWS.map((row) => ({ flags: 0, ...row }));
    const merged = async (version: string) =>
      flash(0x60000, {
        0x1000: await bootloaderBytes(),
        0x10000: encodePartitionTable({ partitions: MOVED }),
        0x19000: new Uint8Array(0x3000).fill(0x5a),
        0x20000: await appBytes({ version, bytes: 200_000 }),
      });

    it('finds it, and keeps what it names', async () => {
      const chip = new FakeChip(CHIP_FLASH_BYTES);
      chip.put(0, await merged('1.0.0'));
      const session = await readySession(new UsbBench(chip));
      const { layout } = session.state.value;
      expect([layout!.tableOffset, layout!.nvs, layout!.slots[0]!.app?.version]).to.deep.equal([0x10000, 'used', '1.0.0']);
      await session.bring(filesOf(['greenhouse-merged.bin', await merged('1.1.0')]));
      const { plan } = session.state.value;
      expect(plan!.problems).to.deep.equal([]);
      expect(plan!.partitions.find(({ label }) => label === 'nvs')!.fate).to.equal('kept');
    });

    describe('while the table of an earlier project still lies at the usual place', () => {
      const stale = async () => {
        const chip = await boardInUse('0.9.0');
        chip.put(0, await merged('1.0.0'));
        chip.put(0x8000, encodePartitionTable({ partitions: TABLE }));
        return chip;
      };
      const brought = async (session: LiveUsbSession) => session.bring(filesOf(['greenhouse-merged.bin', await merged('1.1.0')]));
      const isOfMovedTable = ({ state }: LiveUsbSession) => {
        const { layout, plan } = state.value;
        expect([layout!.tableOffset, layout!.slots[0]!.app?.version]).to.deep.equal([0x10000, '1.0.0']);
        expect(plan!.target.tableOffset).to.equal(0x10000);
        expect(plan!.problems).to.deep.equal([]);
        expect(plan!.partitions.find(({ label }) => label === 'nvs')!.fate).to.equal('kept');
      };

      it('looks where the table of what is brought is', async () => {
        const session = await readySession(new UsbBench(await stale()));
        expect(session.state.value.layout!.tableOffset, 'nothing speaks against it yet').to.equal(undefined);
        await brought(session);
        isOfMovedTable(session);
      });

      it('also when that was brought before anybody connected', async () => {
        const session = await new UsbBench(await stale()).session();
        await brought(session);
        await session.connect();
        isOfMovedTable(session);
      });

      it('and plans by it when somebody is quick', async () => {
        const session = await readySession(new UsbBench(await stale()));
        const bringing = brought(session);
        while (!session.state.value.plan) await new Promise((resolve) => setTimeout(resolve, 0));
        const job = await flashNow(session);
        await bringing;
        expect([job.outcome, job.result?.fromVersion, job.result?.toVersion]).to.deep.equal(['done', '1.0.0', '1.1.0']);
        expect(session.state.value.layout!.nvs, 'kept').to.equal('used');
      });

      it('and still does when it connects anew', async () => {
        const session = await readySession(new UsbBench(await stale()));
        await brought(session);
        expect((await flashNow(session)).outcome).to.equal('done');
        session.clear();
        await session.connect();
        expect(session.state.value.layout!.tableOffset).to.equal(0x10000);
      });

      it('but only as long as that is brought', async () => {
        const bench = new UsbBench(await stale());
        const session = await readySession(bench);
        await brought(session);
        session.clear();
        await bench.clock.sleep(1);
        for (let i = 0; i < 50 && session.state.value.layout!.tableOffset !== undefined; i++)
          await new Promise((resolve) => setTimeout(resolve, 1));
        expect(session.state.value.layout!.tableOffset).to.equal(undefined);
        await brought(session);
        expect(session.state.value.layout!.tableOffset).to.equal(0x10000);
        await session.run();
        session.clear();
        await session.connect();
        expect(session.state.value.layout!.tableOffset, 'nothing was written').to.equal(undefined);
      });

      it('says when that look failed, and looks once more when it connects', async () => {
        const bench = new UsbBench(await stale());
        const session = await readySession(bench);
        bench.chip.deaf = new SerialError('TIMED_OUT', 'not answered', { command: 'READ_FLASH', timeoutMs: 3_000 });
        await brought(session);
        expect([session.state.value.phase, session.state.value.problem?.code]).to.deep.equal(['console', 'TIMED_OUT']);
        bench.chip.deaf = undefined;
        await session.connect();
        isOfMovedTable(session);
      });

      it('holds what is brought against both tables', async () => {
        const bench = new UsbBench(await stale());
        const tables: unknown[] = [];
        bench.untrusted = async (_board, _parts, from) => {
          tables.push(from?.tables?.map((table) => table.map(({ offset }) => offset)));
          return [];
        };
        const session = await readySession(bench);
        await brought(session);
        await flashNow(session, { full: true });
        const both = [TABLE, MOVED].map((table) => table.map(({ offset }) => offset));
        expect(tables.slice(-3)).to.deep.include(both);
        expect(tables).to.deep.include([both[0], both[0]]);
      });

      it('asks about what would start by either table', async () => {
        const chip = await stale();
        const bench = new UsbBench(chip);
        chip.put(0x150000, await appBytes({ version: '0.8.0' }));
        chip.put(0xe000, otadataBytes(1, 2));
        const asked: unknown[] = [];
        bench.mayStart = async (_board, slot) => void asked.push(slot?.label);
        const session = await readySession(bench);
        await brought(session);
        await session.erase({ offset: 0xe000, length: 0x2000 });
        expect(asked).to.deep.equal(['app0']);
      });

      it('but where there is none, believes the one that there is', async () => {
        const session = await readySession(new UsbBench(await boardInUse('0.9.0')));
        await brought(session);
        const { layout, plan } = session.state.value;
        expect([layout!.tableOffset, layout!.slots[0]!.app?.version]).to.deep.equal([undefined, '0.9.0']);
        expect(plan!.problems.map(({ code }) => code)).to.include('TABLE_CHANGES');
      });
    });

    it('believes the one that it wrote, not the one that was there before', async () => {
      const chip = await boardInUse('0.9.0');
      chip.put(0xe000, otadataBytes(1, 2));
      chip.put(0x150000, await appBytes({ version: '0.8.0' }));
      const session = await readySession(new UsbBench(chip));
      expect(session.state.value.layout!.tableOffset).to.equal(undefined);
      await session.bring(filesOf(['greenhouse-merged.bin', await merged('1.1.0')]));
      const job = await flashNow(session);
      expect([job.outcome, job.result?.toVersion]).to.deep.equal(['done', '1.1.0']);
      const { layout } = session.state.value;
      expect([layout!.tableOffset, layout!.slots.find(({ next }) => next)!.app?.version]).to.deep.equal([0x10000, '1.1.0']);
    });
  });

  it('reads a blank chip', async () => {
    const session = await readySession(new UsbBench());
    expect(session.state.value.layout).to.deep.equal({ hasBootloader: false, tableProblem: 'ERASED', slots: [], nvs: 'none' });
  });

  it('keeps the console open when the chip does not answer, and says why', async () => {
    const bench = new UsbBench();
    bench.chip.refuse = new SerialError('NO_ANSWER', 'silence', {});
    const session = await bench.session();
    expect(await rejection(session.connect())).to.equal('NO_ANSWER');
    expect(session.state.value.phase).to.equal('console');
    expect(session.state.value.problem!.code).to.equal('NO_ANSWER');
    bench.wire!.print('hello');
    expect(bench.consoleBuffer.text).to.match(/hello$/);
    bench.chip.refuse = undefined;
    await session.connect();
    expect(session.state.value.problem).to.equal(undefined);
  });

  it('is held from the attempt to connect until the application runs', async () => {
    const bench = new UsbBench(await boardInUse());
    const held: string[] = [];
    bench.usb.held.subscribe((boards) => held.push(boards.map(({ portId, mac }) => `${portId} ${mac}`.trim()).join()));
    const session = await readySession(bench);
    const { mac } = session.state.value.chip!;
    expect(held).to.deep.equal(['port-1', `port-1 ${mac}`]);
    await session.run();
    expect(held.at(-1)).to.equal('');
  });

  it('is not ready when the chip falls silent while its flash is looked at', async () => {
    const chip = await boardInUse();
    chip.deaf = new SerialError('TIMED_OUT', 'not answered', { command: 'READ_FLASH', timeoutMs: 3_000 });
    const session = await new UsbBench(chip).session();
    expect(await rejection(session.connect())).to.equal('TIMED_OUT');
    expect([session.state.value.phase, session.state.value.problem?.code]).to.deep.equal(['console', 'TIMED_OUT']);
    chip.deaf = undefined;
    await session.connect();
    expect(session.state.value.phase).to.equal('ready');
  });

  it('connects anew for a job before which the chip restarted', async () => {
    const bench = new UsbBench(await boardInUse());
    const session = await readySession(bench);
    bench.chip.isThere = false;
    await session.erase({ offset: 0x9000, length: 0x1000 });
    expect([bench.chip.connects, session.state.value.job?.outcome]).to.deep.equal([2, 'done']);
  });

  it('stops an attempt to connect', async () => {
    const bench = new UsbBench();
    const session = await bench.session();
    const connecting = session.connect();
    session.stop();
    expect(await rejection(connecting)).to.equal('AbortError');
    expect(session.state.value.phase).to.equal('console');
    expect(session.state.value.problem).to.equal(undefined);
  });

  it('plans what was brought before the chip was known', async () => {
    const bench = new UsbBench(await boardInUse());
    const session = await bench.session();
    await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
    expect(session.state.value.bundle!.parts).to.deep.equal([]);
    await session.connect();
    const { plan, bundle, estimatedMs } = session.state.value;
    expect(plan!.writes.map(({ offset }) => offset)).to.deep.equal([APP_OFFSET]);
    expect(bundle!.parts).to.have.length(1);
    expect(estimatedMs).to.be.above(100);
    const { savingMs } = session.state.value;
    expect(savingMs!.overwritten).to.be.within(2200, 2300);
    expect(savingMs!.everything).to.be.within(45_000, 47_000);
    session.choose({ appSlot: 'app1' });
    await session.flash({ full: false, snapshot: 'nothing' });
    await ended(session);
    expect(bench.chip.calls.some((call) => call.startsWith('write 150000'))).to.equal(true);
    session.clear();
    expect(session.state.value.plan).to.equal(undefined);
  });

  it('says what cannot be planned, and what cannot be flashed', async () => {
    const session = await readySession(new UsbBench(await boardInUse()));
    expect(await rejection(session.flash({ full: false, snapshot: 'nothing' }))).to.equal('PLAN_MISSING');
    expect(await rejection(session.bring(filesOf(['nothing.bin', new Uint8Array()])))).to.match(/^BUNDLE_/);
    await session.bring(filesOf(['firmware.bin', await appBytes({ minChipRevision: 399 })]));
    expect(await rejection(session.flash({ full: false, snapshot: 'nothing' }))).to.equal('PLAN_BLOCKED');
  });

  describe('flashing', () => {
    it('writes, verifies, starts, and proves the version by the boot log', async () => {
      const bench = new UsbBench(await boardInUse());
      const session = await readySession(bench);
      const app = await NEW_APP();
      await session.bring(filesOf(['firmware.bin', app]));
      const job = await flashNow(session, { full: true });
      expect(job.outcome).to.equal('done');
      expect(job.stages.map(({ stage, status }) => `${stage} ${status}`)).to.deep.equal([
        'connect done',
        'compare skipped',
        'write done',
        'verify done',
        'start done',
      ]);
      expect(job.result).to.deep.include({ fromVersion: '1.0.0', toVersion: '1.1.0', provedBy: 'boot-log', bytesInFlash: app.length });
      expect(job.result!.parts[0]).to.deep.equal({
        name: 'firmware.bin',
        offset: APP_OFFSET,
        size: app.length,
        sha256: await sha256Hex(app),
      });
      expect(new Set(job.sectors.states)).to.deep.equal(new Set(['verified']));
      expect(bench.chip.flash.slice(APP_OFFSET, APP_OFFSET + app.length)).to.deep.equal(app);
      expect(bench.chip.flash.slice(0x9000, 0xe000), 'NVS stays').to.deep.equal(NVS);
      expect(session.state.value.phase).to.equal('console');
      expect([bench.wakeLock.taken, bench.wakeLock.held, bench.leaveGuard.taken, bench.leaveGuard.held]).to.deep.equal([1, 0, 1, 0]);
      expect(bench.history.map(({ outcome, act, deviceId }) => [act, outcome, deviceId])).to.deep.equal([
        ['flash', 'started', 'usb:a0:b1:c2:d3:e4:f5'],
        ['flash', 'started', 'usb:a0:b1:c2:d3:e4:f5'],
        ['flash', 'confirmed', 'usb:a0:b1:c2:d3:e4:f5'],
      ]);
    });

    it('takes of a whole flash that goes back the firmware that its boot choice starts', async () => {
      const chip = await boardInUse();
      chip.put(0x150000, await appBytes({ version: '1.1.0' }));
      chip.put(0xe000, otadataBytes(1, 2));
      chip.bootLog = APP_STARTS;
      const dump = chip.flash.slice();
      chip.flash.fill(0xff);
      const bench = new UsbBench(chip);
      const session = await readySession(bench);
      await session.bring(filesOf(['a0b1c2d3e4f5-0x000000.bin', dump]));
      expect(session.state.value.bundle).to.include({ name: 'greenhouse', version: '1.1.0' });
      const job = await flashNow(session);
      expect([job.outcome, job.problem]).to.deep.equal(['done', undefined]);
      expect(job.result!.written).to.deep.equal({ version: '1.1.0', project: 'greenhouse', slot: 'app1', startsNext: true });
      expect(bench.history.at(-1)).to.include({ toVersion: '1.1.0', slot: 'app1', outcome: 'confirmed' });
      const { record } = await bench.library.add(new Blob([dump]), 'dump.bin', { kind: 'file', detail: '' });
      expect(record, 'nor is it called after the other slot').to.include({ version: '1.1.0', imageVersion: '1.1.0' });
    });

    it('writes only the sectors that differ', async () => {
      const bench = new UsbBench(await boardInUse('1.1.0'));
      bench.chip.flash[APP_OFFSET + 0x20000]! ^= 0xff;
      const session = await readySession(bench);
      const app = await NEW_APP();
      await session.bring(filesOf(['firmware.bin', app]));
      const job = await flashNow(session);
      expect(job.outcome).to.equal('done');
      expect(job.result!.bytesWritten).to.be.at.most(4 * 0x1000);
      expect(bench.chip.flash.slice(APP_OFFSET, APP_OFFSET + app.length)).to.deep.equal(app);
      expect(job.sectors.states.filter((state) => state === 'same').length).to.be.above(40);
    });

    it('writes nothing where all is the same', async () => {
      const bench = new UsbBench(await boardInUse('1.1.0'));
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      bench.chip.calls.length = 0;
      const job = await flashNow(session);
      expect(job.result!.bytesWritten).to.equal(0);
      expect(bench.chip.calls.filter((call) => !call.startsWith('md5'))).to.deep.equal(['run']);
      expect(bench.chip.calls.length, 'a short round trip allows for more questions').to.be.below(24);
    });

    it('proves by the descriptor in the flash where the boot log says nothing', async () => {
      const bench = new UsbBench(await boardInUse());
      bench.chip.bootLog = 'hello\r\n';
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      const job = await flashNow(session);
      expect(job.result).to.deep.include({ toVersion: '1.1.0', provedBy: 'descriptor' });
      expect(bench.history.at(-1)!.outcome).to.equal('done');
    });

    it('claims nothing when another version starts, when it crashes, and when nothing is heard', async () => {
      for (const [bootLog, code] of [
        ['I (1) cpu_start: App version:      0.9.0\n', 'OTHER_VERSION_STARTS'],
        ["Guru Meditation Error: Core  0 panic'ed\n", 'DOES_NOT_START'],
        ['E (61) boot: Failed to verify partition table\n', 'DOES_NOT_START'],
        [`${APP_STARTS}Guru Meditation Error: Core  0 panic'ed\n`, 'APP_CRASHES'],
        [`${APP_STARTS}${RESTARTS.repeat(2)}`, 'APP_CRASHES'],
        ['', 'NOTHING_PRINTED'],
      ] as const) {
        const bench = new UsbBench(await boardInUse());
        bench.chip.bootLog = bootLog;
        const session = await readySession(bench);
        await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
        const job = await flashNow(session);
        expect([job.outcome, job.problem!.code, job.left]).to.deep.equal(['unverified', code, 'complete']);
      }
    });

    it('lets an application restart once, and asks that it stays up then', async () => {
      const bench = new UsbBench(await boardInUse());
      bench.chip.bootLog = `${APP_STARTS}${RESTARTS}`;
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      const job = await flashNow(session);
      expect([job.outcome, job.result!.provedBy]).to.deep.equal(['done', 'boot-log']);
      const start = job.stages.find(({ stage }) => stage === 'start')!;
      expect(start.endedAt! - start.startedAt!).to.be.at.least(3000);
    });

    it('expects nothing of USB that the application has to set up first', async () => {
      const bench = new UsbBench(await boardInUse());
      bench.chip.bootLog = '';
      bench.chip.identity = { ...bench.chip.identity, connection: 'usb-otg' };
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      expect((await flashNow(session)).outcome).to.equal('done');
    });

    it('writes a region that does not verify once more, and fails when that does not help', async () => {
      for (const [times, outcome] of [
        [1, 'done'],
        [2, 'failed'],
      ] as const) {
        const bench = new UsbBench(await boardInUse());
        bench.chip.badAt = { offset: APP_OFFSET + 0x100, times };
        const session = await readySession(bench);
        await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
        const job = await flashNow(session, { full: true });
        expect(job.outcome).to.equal(outcome);
        if (outcome === 'failed') expect([job.problem!.code, job.left]).to.deep.equal(['VERIFY_FAILED', 'partly-written']);
      }
    });

    it('erases everything but what is kept by choice', async () => {
      const bench = new UsbBench(await boardInUse());
      bench.chip.put(0x300000, Uint8Array.of(1, 2, 3));
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      session.choose({ eraseAll: true, keep: ['nvs'] });
      await flashNow(session);
      expect(bench.chip.flash.slice(0x9000, 0xe000)).to.deep.equal(NVS);
      expect(bench.chip.flash[0x300000]).to.equal(0xff);
      expect(bench.chip.calls).to.not.include('erase flash');
      const whole = new UsbBench(await boardInUse());
      const other = await readySession(whole);
      await other.bring(filesOf(['firmware.bin', await NEW_APP()]));
      other.choose({ eraseAll: true });
      const job = await flashNow(other);
      expect(whole.chip.calls).to.include('erase flash');
      expect(job.stages.find(({ stage }) => stage === 'compare')!.status, 'an erased chip needs no comparing').to.equal('skipped');
    });

    it('reads no partition that its flash is too small for', async () => {
      const bench = new UsbBench(await boardInUse());
      const beyond = { ...TABLE.at(-1)!, label: 'beyond', type: 0, subtype: 0x1f, offset: CHIP_FLASH_BYTES, size: 0xf000_0000 };
      bench.chip.put(0x8000, encodePartitionTable({ partitions: [...TABLE, beyond] }));
      const session = await readySession(bench);
      expect(session.state.value.layout!.partitions!.at(-1)!.label, 'it is shown all the same').to.equal('beyond');
      const reads = bench.chip.calls.flatMap((call) => /^(?:read|md5) ([0-9a-f]+)/.exec(call)?.[1] ?? []);
      expect(Math.max(...reads.map((offset) => Number.parseInt(offset, 16)))).to.be.below(CHIP_FLASH_BYTES);
    });

    it('writes what is the same now and is erased before', async () => {
      const bench = new UsbBench(await boardInUse());
      const app = await NEW_APP();
      bench.chip.put(APP_OFFSET, app);
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', app]));
      session.choose({ eraseAll: true, keep: ['nvs'] });
      expect((await flashNow(session)).outcome).to.equal('done');
      expect(bench.chip.flash.slice(APP_OFFSET, APP_OFFSET + app.length)).to.deep.equal(app);
    });

    it('begins once, however often it is asked for', async () => {
      const bench = new UsbBench(await boardInUse());
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      const wish = { full: false, snapshot: 'nothing' } as const;
      const asked = await Promise.allSettled([session.flash(wish), session.flash(wish)]);
      expect(asked.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected']);
      expect(asked[1]).to.have.nested.property('reason.code', 'USB_BUSY');
      expect((await ended(session)).outcome).to.equal('done');
    });

    it('leaves a chip in secure download mode unverified, and says so', async () => {
      const bench = new UsbBench(await boardInUse());
      bench.chip.loader = 'secure-download';
      bench.chip.identity = { ...bench.chip.identity, security: { flashEncryption: false, secureBoot: false, secureDownload: true } };
      const session = await readySession(bench);
      await session.bring(filesOf(['0x10000.bin', await NEW_APP()]));
      const job = await flashNow(session);
      expect([job.outcome, job.problem?.code]).to.deep.equal(['unverified', 'CANNOT_VERIFY']);
      expect(bench.chip.calls.filter((call) => call.startsWith('md5'))).to.deep.equal([]);
    });
  });

  describe('bad luck', () => {
    it('says that the cable was lost, and goes on where it was after it is plugged in again', async () => {
      const bench = new UsbBench(await boardInUse());
      const session = await readySession(bench);
      const app = await NEW_APP();
      await session.bring(filesOf(['firmware.bin', app]));
      bench.chip.flash.fill(0xff, APP_OFFSET, APP_OFFSET + 0x40000);
      bench.chip.onBlock = (written) => written >= 0x18000 && bench.portIsThere && bench.pull();
      const lost = await flashNow(session, { full: true });
      expect([lost.outcome, lost.left, lost.problem!.code]).to.deep.equal(['lost', 'partly-written', 'CABLE_LOST']);
      expect(session.state.value.phase).to.equal('unplugged');
      expect(bench.wakeLock.held + bench.leaveGuard.held).to.equal(0);

      bench.chip.onBlock = () => undefined;
      bench.chip.calls.length = 0;
      bench.plugIn();
      expect(session.state.value.phase).to.equal('closed');
      await session.resume();
      const job = await ended(session);
      expect(job.outcome).to.equal('done');
      const written = bench.chip.calls.filter((call) => call.startsWith('write'));
      expect(written[0], 'what was written before stays').to.equal(
        `write ${(APP_OFFSET + 0x18000).toString(16)} ${(app.length - 0x18000).toString(16)}`,
      );
      expect(bench.chip.flash.slice(APP_OFFSET, APP_OFFSET + app.length)).to.deep.equal(app);
      expect(bench.history.map(({ outcome }) => outcome)).to.deep.equal([
        'started',
        'started',
        'failed',
        'started',
        'started',
        'confirmed',
      ]);
      expect(new Set(bench.history.map(({ id }) => id)).size, 'one job in the history').to.equal(1);
      expect(await rejection(session.resume())).to.equal('NOTHING_TO_RESUME');
    });

    it('does not go on with a chip that does not tell whether it is the same', async () => {
      const bench = new UsbBench(await boardInUse());
      const security = { flashEncryption: false, secureBoot: false, secureDownload: true };
      bench.chip.loader = 'secure-download';
      bench.chip.identity = { ...bench.chip.identity, revision: undefined, mac: '', security };
      const session = await readySession(bench);
      const app = await NEW_APP();
      await session.bring(filesOf(['firmware.bin', app]));
      bench.chip.onBlock = (written) => written >= 0x18000 && bench.portIsThere && bench.pull();
      const lost = await flashNow(session, { full: true });
      expect([lost.outcome, lost.problem!.code, lost.problem!.details['canGoOn']]).to.deep.equal(['lost', 'CABLE_LOST', false]);
      expect(session.state.value.canResume).to.equal(false);
      expect(await rejection(session.resume())).to.equal('NOTHING_TO_RESUME');
      bench.chip.onBlock = () => undefined;
      bench.plugIn();
      await session.connect();
      expect((await flashNow(session, { full: true })).problem!.code).to.equal('CANNOT_VERIFY');
      expect(bench.chip.flash.slice(APP_OFFSET, APP_OFFSET + app.length)).to.deep.equal(app);

      await session.run();
      bench.chip.identity = { ...bench.chip.identity, security: { ...security, flashEncryption: true } };
      const other = await flashNow(session, { full: true });
      expect([other.outcome, other.problem!.code, other.left]).to.deep.equal(['failed', 'OTHER_CHIP', 'untouched']);
    });

    it('can still go on when another tab held the device at the first attempt', async () => {
      const bench = new UsbBench(await boardInUse());
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      bench.chip.onBlock = () => bench.portIsThere && bench.pull();
      await flashNow(session, { full: true });
      bench.chip.onBlock = () => undefined;
      bench.plugIn();
      const lock = 'device:usb:a0:b1:c2:d3:e4:f5';
      bench.locks.elsewhere.add(lock);
      expect(await rejection(session.resume())).to.equal('USB_IN_OTHER_TAB');
      expect([session.state.value.canResume, session.isWriting]).to.deep.equal([true, false]);
      bench.locks.elsewhere.delete(lock);
      await session.resume();
      expect((await ended(session)).outcome).to.equal('done');
      expect(session.state.value.canResume).to.equal(false);
    });

    it('does not go on with another board', async () => {
      const bench = new UsbBench(await boardInUse());
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      bench.chip.onBlock = () => bench.portIsThere && bench.pull();
      await flashNow(session, { full: true });
      bench.chip.onBlock = () => undefined;
      bench.chip.identity = { ...bench.chip.identity, mac: '00:00:00:00:00:01' };
      bench.plugIn();
      await session.resume();
      const job = await ended(session);
      expect([job.outcome, job.problem!.code]).to.deep.equal(['failed', 'OTHER_CHIP']);
    });

    it('erases again what an application may have used since', async () => {
      const bench = new UsbBench(await boardInUse());
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      session.choose({ resetOtadata: true });
      bench.chip.onBlock = () => bench.portIsThere && bench.pull();
      expect((await flashNow(session, { full: true })).outcome).to.equal('lost');
      bench.chip.onBlock = () => undefined;
      bench.chip.put(0xe000, otadataBytes(2));
      bench.plugIn();
      await session.resume();
      expect((await ended(session)).outcome).to.equal('done');
      expect(bench.chip.flash.subarray(0xe000, 0xe020).every((byte) => byte === 0xff)).to.equal(true);
    });

    it('takes a board that comes back as another port for the one that is missing', async () => {
      const bench = new UsbBench(await boardInUse());
      const session = await readySession(bench);
      bench.pull();
      bench.plugIn({ ...bench.registry.handle, id: 'port-2' });
      expect(session.state.value.phase).to.equal('closed');
      expect(await bench.usb.session('port-2')).to.equal(session);
    });

    it('stops when it is told to, and says what the chip is left in', async () => {
      const bench = new UsbBench(await boardInUse());
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      bench.chip.onBlock = (written) => written > 0 && session.stop();
      const job = await flashNow(session, { full: true });
      expect([job.outcome, job.left, job.canStop]).to.deep.equal(['stopped', 'partly-written', false]);
      expect(job.problem).to.equal(undefined);
      expect(session.state.value.phase).to.equal('console');
      bench.chip.onBlock = () => undefined;
      const again = await flashNow(session);
      expect(again.outcome, 'connects by itself and succeeds').to.equal('done');
    });

    it('goes on after a stop, and marks the slot until a job has come to its end there', async () => {
      const bench = new UsbBench(await boardInUse());
      bench.chip.flash.fill(0x5a, APP_OFFSET + 0x1000, APP_OFFSET + 0x30000);
      const session = await readySession(bench);
      const marks = () => session.state.value.layout!.slots.map(({ unfinished }) => unfinished);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      bench.chip.onBlock = (written) => written >= 0x8000 && session.stop();
      expect((await flashNow(session)).outcome).to.equal('stopped');
      expect([session.state.value.canResume, ...marks()]).to.deep.equal([true, true, undefined]);
      bench.chip.onBlock = () => undefined;
      await session.connect();
      expect(marks(), 'as found by whoever connects later').to.deep.equal([true, undefined]);
      await session.resume();
      expect((await ended(session)).outcome).to.equal('done');
      expect([session.state.value.canResume, ...marks()]).to.deep.equal([false, undefined, undefined]);
      await session.connect();
      expect(marks()).to.deep.equal([undefined, undefined]);
    });

    it('says which job broke off there, and takes the half for neither version', async () => {
      const bench = new UsbBench(await boardInUse());
      const common = { deviceId: 'usb:a0:b1:c2:d3:e4:f5', act: 'flash', project: 'greenhouse', toVersion: '1.1.0' } as const;
      const broken = { ...common, id: 'a', at: 1, outcome: 'interrupted', sha256: 'ab'.repeat(32) } as const;
      bench.history.push({ ...broken, ranges: [{ offset: APP_OFFSET, length: 0x20000 }] });
      const session = await readySession(bench);
      expect(session.state.value.layout!.slots[0]!.brokenOff).to.include({ toVersion: '1.1.0', sha256: broken.sha256 });
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      const { result } = await flashNow(session, { snapshot: 'overwritten' });
      expect(result).to.include({ toVersion: '1.1.0', overUnfinished: true }).and.not.have.property('fromVersion');
      expect(bench.history.at(-1)).to.not.have.property('fromVersion');
    });

    it('remembers how what lies in a slot started the last time', async () => {
      const bench = new UsbBench(await boardInUse());
      const common = { deviceId: 'usb:a0:b1:c2:d3:e4:f5', act: 'flash', slot: 'app0', toVersion: '1.0.0' } as const;
      const session = await bench.session();
      const last = async () => {
        await session.connect();
        return session.state.value.layout!.slots[0]!.lastStart;
      };
      expect(await last()).to.equal(undefined);
      bench.history.push({ ...common, id: 'a', at: 1, outcome: 'unconfirmed', code: 'APP_CRASHES' });
      expect(await last()).to.equal('crashed');
      bench.history.push({ ...common, id: 'b', at: 2, outcome: 'confirmed' });
      expect(await last()).to.equal('proven');
      bench.history.push({ ...common, id: 'c', at: 3, outcome: 'unconfirmed', code: 'APP_CRASHES', toVersion: '0.9.0' });
      expect(await last(), 'another version that lay there').to.equal('proven');
    });

    it('finds what a page that was reloaded in the middle has begun', async () => {
      const bench = new UsbBench(await boardInUse());
      const common = { deviceId: 'usb:a0:b1:c2:d3:e4:f5', act: 'flash' } as const;
      bench.history.push({ ...common, id: 'a', at: 1, outcome: 'interrupted', ranges: [{ offset: 0x151000, length: 0x2000 }] });
      const session = await readySession(bench);
      const marks = () => session.state.value.layout!.slots.map(({ unfinished }) => unfinished);
      expect(marks()).to.deep.equal([undefined, true]);
      bench.history.push({ ...common, id: 'b', at: 2, outcome: 'done', ranges: [{ offset: 0x151000, length: 0x1000 }] });
      await session.connect();
      expect(marks(), 'half of it').to.deep.equal([undefined, true]);
      bench.history.push({ ...common, id: 'c', at: 3, outcome: 'confirmed', act: 'update', slot: 'app1' });
      await session.connect();
      expect(marks()).to.deep.equal([undefined, undefined]);
    });

    it('refuses two things at once, and a device that another tab writes to', async () => {
      const bench = new UsbBench(await boardInUse());
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      await session.flash({ full: true, snapshot: 'nothing' });
      expect(bench.usb.busy.value).to.equal(true);
      for (const attempt of [
        session.connect(),
        session.run(),
        session.console.start(9600),
        session.flash({ full: true, snapshot: 'nothing' }),
      ])
        expect(await rejection(attempt)).to.equal('USB_BUSY');
      await ended(session);
      expect(bench.usb.busy.value).to.equal(false);
      bench.locks.elsewhere.add('device:usb:a0:b1:c2:d3:e4:f5');
      expect(await rejection(session.flash({ full: true, snapshot: 'nothing' }))).to.equal('USB_IN_OTHER_TAB');
      expect(await rejection(session.erase('everything'))).to.equal('USB_IN_OTHER_TAB');
      expect(session.state.value.phase).to.not.equal('working');
    });
  });

  describe('snapshots', () => {
    it('keep what is overwritten, and go back', async () => {
      const bench = new UsbBench(await boardInUse());
      const before = bench.chip.flash.slice();
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      const job = await flashNow(session, { snapshot: 'overwritten' });
      const kept = bench.library.records.get(job.result!.undo!)!;
      expect(kept.record).to.deep.include({
        kind: 'uf2',
        chip: 'ESP32',
        tags: ['snapshot'],
        source: { kind: 'device', detail: 'usb:a0:b1:c2:d3:e4:f5' },
      });
      const { runs } = await parseUf2(new Uint8Array(await kept.blob.arrayBuffer()));
      expect(runs.map(({ flashOffset }) => flashOffset)).to.deep.equal([APP_OFFSET, 0x41000]);
      bench.chip.bootLog = 'ets Jul 29 2019\n';
      await session.restore(job.result!.undo!);
      const restored = await ended(session);
      expect([restored.kind, restored.outcome, restored.result!.toVersion]).to.deep.equal(['restore', 'done', '1.0.0']);
      expect(bench.chip.flash).to.deep.equal(before);
      expect(bench.history.at(-1)).to.include({ act: 'restore', sha256: job.result!.undo });
    });

    it('keep only the sectors that are overwritten, and put every byte back', async () => {
      const bench = new UsbBench(await boardInUse('1.1.0'));
      for (const at of [0x20010, 0x2f123]) bench.chip.flash[APP_OFFSET + at]! ^= 0xff;
      const before = bench.chip.flash.slice();
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      const { result, stages } = await flashNow(session, { snapshot: 'overwritten' });
      expect(stages.slice(0, 4).map(({ stage, status }) => `${stage} ${status}`)).to.deep.equal([
        'connect done',
        'compare done',
        'read done',
        'write done',
      ]);
      expect(stages.find(({ stage }) => stage === 'read')!.total).to.equal(result!.bytesWritten);
      bench.chip.bootLog = 'ets Jul 29 2019\n';
      await session.restore(result!.undo!);
      await ended(session);
      expect(bench.chip.flash).to.deep.equal(before);
    });

    it('are not taken where nothing is overwritten', async () => {
      const bench = new UsbBench(await boardInUse('1.1.0'));
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      bench.chip.calls.length = 0;
      const { result, stages, outcome } = await flashNow(session, { snapshot: 'overwritten' });
      expect([outcome, stages.find(({ stage }) => stage === 'read')!.status, result!.undo]).to.deep.equal(['done', 'skipped', undefined]);
      expect(bench.library.records.size).to.equal(0);
      expect(bench.chip.calls.some((call) => call.startsWith('read'))).to.equal(false);
    });

    it('read nothing of blank flash, and claim no way back to it', async () => {
      const bench = new UsbBench(await boardInUse());
      bench.chip.flash.fill(0xff, APP_OFFSET + 0x1000);
      bench.chip.flash.fill(0x5a, APP_OFFSET + 0x20000, APP_OFFSET + 0x21000);
      const before = bench.chip.flash.slice();
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      const { result, stages } = await flashNow(session, { snapshot: 'overwritten', full: true });
      expect(stages.find(({ stage }) => stage === 'read')!.total).to.be.below(result!.bytesWritten - 0xf000);
      bench.chip.bootLog = 'ets Jul 29 2019\n';
      await session.restore(result!.undo!);
      await ended(session);
      expect(bench.chip.flash, 'what was blank is blank again').to.deep.equal(before);

      bench.chip.flash.fill(0xff, APP_OFFSET, APP_OFFSET + 0x40000);
      bench.chip.calls.length = 0;
      bench.library.records.clear();
      await session.connect();
      const over = await flashNow(session, { snapshot: 'overwritten', full: true });
      expect([over.result!.undo, bench.library.records.size]).to.deep.equal([undefined, 0]);
    });

    it('hold after a break what was there before the first attempt', async () => {
      const bench = new UsbBench(await boardInUse());
      bench.chip.flash.fill(0x5a, APP_OFFSET + 0x1000, APP_OFFSET + 0x30000);
      const before = bench.chip.flash.slice();
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      bench.chip.onBlock = (written) => written >= 0x8000 && bench.portIsThere && bench.pull();
      expect((await flashNow(session, { snapshot: 'overwritten' })).outcome).to.equal('lost');
      bench.chip.onBlock = () => undefined;
      bench.plugIn();
      await session.resume();
      const { result, outcome } = await ended(session);
      expect(outcome).to.equal('done');
      bench.chip.bootLog = 'ets Jul 29 2019\n';
      await session.restore(result!.undo!);
      await ended(session);
      expect(bench.chip.flash).to.deep.equal(before);
    });

    it('keep the whole flash where all of it is erased', async () => {
      const bench = new UsbBench(await boardInUse());
      const before = bench.chip.flash.slice();
      const session = await readySession(bench);
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      session.choose({ eraseAll: true });
      const { result } = await flashNow(session, { snapshot: 'overwritten' });
      expect(result!.undo).to.equal(await sha256Hex(before));
    });

    it('of the whole flash are plain images', async () => {
      const bench = new UsbBench(await boardInUse());
      const before = bench.chip.flash.slice();
      const session = await readySession(bench);
      const sha256 = await session.snapshot('everything');
      expect(sha256).to.equal(await sha256Hex(before));
      bench.chip.flash.fill(0);
      bench.chip.bootLog = 'ets Jul 29 2019\n';
      await session.restore(sha256);
      expect((await ended(session)).outcome).to.equal('done');
      expect(bench.chip.flash).to.deep.equal(before);
    });

    it('go back although somebody had brought the same bytes as a file before', async () => {
      for (const snapshot of ['overwritten', 'everything'] as const) {
        const flashOnce = async (bench: UsbBench) => {
          const session = await readySession(bench);
          await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
          return { session, undo: (await flashNow(session, { snapshot })).result!.undo! };
        };
        const first = new UsbBench(await boardInUse());
        const { undo } = await flashOnce(first);
        const bench = new UsbBench(await boardInUse());
        const original = bench.chip.flash.slice();
        await bench.library.add(first.library.records.get(undo)!.blob, 'backup', { kind: 'file', detail: '' });
        const again = await flashOnce(bench);
        expect(again.undo).to.equal(undo);
        bench.chip.bootLog = 'ets Jul 29 2019\n';
        await again.session.restore(undo);
        expect((await ended(again.session)).outcome, snapshot).to.equal('done');
        expect(bench.chip.flash, snapshot).to.deep.equal(original);
      }
    });

    it('of another chip, and files that are none, are refused', async () => {
      const bench = new UsbBench(await boardInUse());
      const session = await readySession(bench);
      const { record } = await bench.library.add(new Blob([await NEW_APP()]), 'app.bin', { kind: 'file', detail: '' });
      expect(await rejection(session.restore(record.sha256))).to.equal('SNAPSHOT_UNUSABLE');
      const foreign = await bench.library.add(new Blob([await appBytes({ chip: 'ESP32-C3' })]), 'c3.bin', { kind: 'device', detail: '' });
      expect(await rejection(session.restore(foreign.record.sha256))).to.equal('SNAPSHOT_UNUSABLE');
    });
  });

  describe('by hand', () => {
    it('reads a region', async () => {
      const session = await readySession(new UsbBench(await boardInUse()));
      const blob = await session.read({ offset: 0x9000, length: 0x5000 });
      expect(new Uint8Array(await blob.arrayBuffer())).to.deep.equal(NVS);
      expect(session.state.value.job!.result!.readSha256).to.equal(await sha256Hex(NVS));
      expect(session.state.value.phase).to.equal('ready');
      expect(await rejection(session.read({ offset: 0x3ff000, length: 0x1001 }))).to.equal('RANGE_INVALID');
    });

    it('erases a region of whole sectors, and sees what became of it', async () => {
      const bench = new UsbBench(await boardInUse());
      const session = await readySession(bench);
      expect(await rejection(session.erase({ offset: 0x9000, length: 0x10 }))).to.equal('RANGE_INVALID');
      await session.erase({ offset: 0x9000, length: 0x5000 });
      expect(session.state.value.layout!.nvs).to.equal('empty');
      const named = [
        [{ offset: 0x9000, length: 0x1000 }, '0x009000 – 0x00a000'],
        [{ offset: 0x1000, length: 0x7000 }, 'boot loader'],
        [{ offset: 0x8000, length: 0x1000 }, 'partition table'],
        ['everything', undefined],
      ] as const;
      expect(bench.history.at(-1)!.region).to.equal('nvs');
      for (const [range, region] of named) {
        await session.erase(range);
        expect(bench.history.at(-1)!.region).to.equal(region);
      }
      expect(session.state.value.layout!.hasBootloader).to.equal(false);
      expect(new Set(bench.history.map(({ act }) => act))).to.deep.equal(new Set(['erase']));
    });

    it('switches the slot, goes back, and invalidates one', async () => {
      const chip = await boardInUse();
      chip.put(0x150000, await appBytes({ version: '2.0.0' }));
      chip.bootLog = '';
      const session = await readySession(new UsbBench(chip));
      const next = async (): Promise<string | undefined> => {
        await session.connect();
        return session.state.value.layout!.slots.find((slot) => slot.next)?.label;
      };
      await session.selectSlot('app1');
      expect(await next()).to.equal('app1');
      await session.selectSlot('app0');
      expect(await next()).to.equal('app0');
      await session.invalidateSlot('app0');
      expect(session.state.value.job!.log.map(({ text }) => text)).to.include(
        'compared 4096 bytes with 1 MD5: 0 found to be the same, 4096 to write',
      );
      expect(session.state.value.job!.result).to.deep.include({ invalidSlot: 'app0', chosenSlot: { now: 'app1', before: 'app0' } });
      expect(await next()).to.equal('app1');
      expect(await rejection(session.selectSlot('app7'))).to.equal('SLOT_UNKNOWN');
    });

    it('asks whoever guards the board about what would start then, and changes nothing where that is refused', async () => {
      const chip = await boardInUse();
      const other = await appBytes({ version: '2.0.0' });
      chip.put(0x150000, other);
      chip.bootLog = '';
      const bench = new UsbBench(chip);
      const session = await readySession(bench);
      const asked: unknown[] = [];
      bench.mayStart = async (...about) => {
        asked.push(about);
        if (about[2]?.evenUnknown !== true) throw new UsbError('PLAN_BLOCKED', 'not without a word', {});
      };
      const before = chip.flash.slice();
      expect(await rejection(session.selectSlot('app1'))).to.equal('PLAN_BLOCKED');
      expect(chip.flash).to.deep.equal(before);
      const [board, slot] = asked[0] as Parameters<MayStart>;
      expect(board).to.match(/^usb:/);
      expect(slot).to.deep.equal({ label: 'app1', version: '2.0.0', sha256: toHex(other.subarray(-32)) });
      await session.selectSlot('app1', { evenUnknown: true });
      await session.selectSlot('app0', { evenUnknown: true });
      asked.length = 0;
      expect(await rejection(session.invalidateSlot('app0')), 'the other one would start').to.equal('PLAN_BLOCKED');
      expect((asked[0] as Parameters<MayStart>)[1]).to.deep.equal(slot);
      asked.length = 0;
      await session.invalidateSlot('app1');
      expect(asked, 'what starts stays the same').to.deep.equal([]);
    });

    describe('with an old application in the other slot of a guarded board', () => {
      const guarded = async () => {
        const chip = await boardInUse();
        const old = await appBytes({ version: '0.8.0' });
        chip.put(0x150000, old);
        chip.bootLog = 'ets Jul 29 2019\n';
        const bench = new UsbBench(chip);
        const asked: unknown[] = [];
        bench.mayStart = async (_board, slot, word) => {
          asked.push(slot);
          if (word?.evenUnknown !== true) throw new UsbError('PLAN_BLOCKED', 'not without a word', {});
        };
        return {
          bench,
          asked,
          session: await readySession(bench),
          slot: { label: 'app1', version: '0.8.0', sha256: toHex(old.subarray(-32)) },
        };
      };
      const startsNext = ({ state }: LiveUsbSession) => state.value.layout!.slots.find(({ next }) => next)?.label;

      it('asks about it where a boot choice is brought that starts it', async () => {
        const { bench, asked, session, slot } = await guarded();
        const before = bench.chip.flash.slice();
        await session.bring(filesOf(['otadata@0xe000.bin', otadataBytes(2)]));
        expect(await rejection(flashNow(session))).to.equal('PLAN_BLOCKED');
        expect(asked).to.deep.equal([slot]);
        expect(bench.chip.flash).to.deep.equal(before);
        await session.flash({ full: false, snapshot: 'overwritten' }, { evenUnknown: true });
        expect((await ended(session)).outcome).to.equal('done');
        expect(startsNext(session)).to.equal('app1');
        asked.length = 0;
        await session.undo();
        expect((await ended(session)).outcome).to.equal('done');
        expect([startsNext(session), asked], 'the way back asks nobody').to.deep.equal(['app0', []]);
      });

      it('asks about it where the boot choice is erased that kept it from starting', async () => {
        const { asked, session } = await guarded();
        const range = { offset: 0xe000, length: 0x2000 };
        await session.selectSlot('app1', { evenUnknown: true });
        asked.length = 0;
        await session.connect();
        expect(await rejection(session.erase(range))).to.equal('PLAN_BLOCKED');
        expect(asked).to.deep.include.members([
          { label: 'app0', version: '1.0.0', sha256: toHex((await appBytes({ version: '1.0.0', bytes: 200_000 })).subarray(-32)) },
        ]);
        await session.erase(range, { evenUnknown: true });
        expect(startsNext(session)).to.equal('app0');
      });

      it('asks about nothing that the job brings itself, or that starts now', async () => {
        const { asked, session } = await guarded();
        await session.bring(filesOf(['otadata@0xe000.bin', otadataBytes(2)], ['firmware@0x150000.bin', await NEW_APP()]));
        expect((await flashNow(session)).outcome).to.equal('done');
        expect(startsNext(session)).to.equal('app1');
        await session.connect();
        await session.erase({ offset: 0x9000, length: 0x5000 });
        await session.erase('everything');
        expect(asked).to.deep.equal([]);
      });
    });

    it('reads the boot choice of a chip that restarted unnoticed before it changes it', async () => {
      const chip = await boardInUse();
      chip.put(0x150000, await appBytes({ version: '2.0.0' }));
      chip.bootLog = '';
      const session = await readySession(new UsbBench(chip));
      // Its application ran, and went over to the other slot.
      chip.put(0xe000, otadataBytes(6));
      chip.isThere = false;
      await session.selectSlot('app0');
      await session.connect();
      expect(session.state.value.layout!.slots.find((slot) => slot.next)?.label).to.equal('app0');
    });

    it('does not take the last slot that starts', async () => {
      const session = await readySession(new UsbBench(await boardInUse()));
      expect(await rejection(session.invalidateSlot('app0'))).to.equal('SLOT_IS_LAST');
      expect(await rejection(session.selectSlot('app1'))).to.equal('SLOT_IS_EMPTY');
    });

    it('leaves a chip with secure boot its boot loader', async () => {
      const bench = new UsbBench(await boardInUse());
      bench.chip.identity = { ...bench.chip.identity, security: { flashEncryption: false, secureBoot: true, secureDownload: false } };
      const session = await readySession(bench);
      for (const range of ['everything', { offset: 0x1000, length: 0x1000 }] as const)
        expect(await rejection(session.erase(range))).to.equal('CHIP_PROTECTED');
      await session.erase({ offset: 0x9000, length: 0x5000 });
    });

    it('writes nothing plain to a chip with flash encryption', async () => {
      const bench = new UsbBench(await boardInUse());
      bench.chip.identity = { ...bench.chip.identity, security: { flashEncryption: true, secureBoot: false, secureDownload: false } };
      const session = await readySession(bench);
      expect(await rejection(session.erase('everything'))).to.equal('CHIP_PROTECTED');
      expect(await rejection(session.selectSlot('app0'))).to.equal('CHIP_PROTECTED');
      await session.bring(filesOf(['firmware.bin', await NEW_APP()]));
      expect(await rejection(session.flash({ full: true, snapshot: 'nothing' }))).to.equal('PLAN_BLOCKED');
    });
  });

  describe('its console', () => {
    it('listens at any rate, sends, resets', async () => {
      const bench = new UsbBench();
      const session = await bench.session();
      await session.console.start(74_880);
      expect([session.state.value.phase, session.console.open.value, session.console.baudRate.value]).to.deep.equal([
        'console',
        true,
        74_880,
      ]);
      bench.wire!.print('line\n');
      await session.console.send('help\r\n');
      expect(new TextDecoder().decode(bench.wire!.sent[0])).to.equal('help\r\n');
      await session.console.reset();
      expect(bench.wire!.signals.map(({ requestToSend }) => requestToSend)).to.deep.equal([true, false]);
      await session.console.setBaudRate(9600);
      expect(bench.wire!.baudRate).to.equal(9600);
      expect(bench.consoleBuffer.text).to.contain('line\n> help');
      await bench.clock.sleep(1);
      expect(session.console.version.value).to.be.above(0);
      await session.close();
      expect([session.state.value.phase, session.console.open.value]).to.deep.equal(['closed', false]);
    });

    it('says that it is not open', async () => {
      const session = await new UsbBench().session();
      expect(await rejection(session.console.send('x'))).to.equal('CHIP_NOT_READY');
    });
  });
});

describe('the USB service', () => {
  it('lists what was allowed and is open, virtual devices too', async () => {
    const bench = new UsbBench();
    expect(bench.usb.support).to.equal('yes');
    await bench.usb.refresh();
    bench.deviceNames.clear();
    bench.onDevicesKnown = () => bench.deviceNames.set('greenhouse', 'Greenhouse');
    const session = await bench.usb.session('virtual:greenhouse');
    expect(bench.usb.ports.value).to.deep.equal([
      { portId: 'port-1', kind: 'usb', title: 'CP2102 (10c4:ea60)' },
      { portId: 'virtual:greenhouse', kind: 'virtual', title: 'Greenhouse' },
    ]);
    expect(await bench.usb.session('virtual:greenhouse')).to.equal(session);
    expect(await bench.usb.choose()).to.equal('port-1');
    expect(await rejection(bench.usb.session('port-9'))).to.equal('PORT_UNKNOWN');
  });

  it('brings an install manifest by its address', async () => {
    const bench = new UsbBench(await boardInUse());
    const manifest = {
      name: 'Greenhouse',
      version: '1.1.0',
      builds: [{ chipFamily: 'ESP32', parts: [{ path: 'app.bin', offset: APP_OFFSET }] }],
    };
    bench.fetched.set('https://example.org/fw/manifest.json', new TextEncoder().encode(JSON.stringify(manifest)));
    bench.fetched.set('https://example.org/fw/app.bin', await NEW_APP());
    const session = await readySession(bench);
    await session.bringUrl('https://example.org/fw/manifest.json');
    expect(session.state.value.bundle).to.deep.include({ name: 'Greenhouse', version: '1.1.0', origin: 'esp-web-tools' });
    expect(session.state.value.plan!.writes.map(({ offset }) => offset)).to.deep.equal([APP_OFFSET]);
    expect(await rejection(session.bringUrl('file:///etc/passwd'))).to.equal('BUNDLE_ADDRESS');
  });
});
