/** What was saved goes back by a plan: of this board whole and exactly, of another one only with a word for it. */
import { expect } from 'chai';
import { planProblemWords } from '../../../src/ui/plan-words.ts';
import type { UsbJobState } from '../../../src/app/usb/model.ts';
import type { LiveUsbSession } from '../../../src/app/usb/usb-session.ts';
import { encodePartitionTable } from '../../../src/core/image/partition-table.ts';
import { Random } from '../../doubles/random.ts';
import { TABLE, appBytes, bootloaderBytes, otadataBytes } from '../../core/bundle/plan-fixtures.ts';
import { CHIP_FLASH_BYTES, FakeChip } from './fake-chip.ts';
import { UsbBench, filesOf } from './usb-doubles.ts';

async function boardInUse(): Promise<FakeChip> {
  const chip = new FakeChip(CHIP_FLASH_BYTES);
  chip.put(0x1000, await bootloaderBytes());
  chip.put(0x8000, encodePartitionTable({ partitions: TABLE }));
  chip.put(0x9000, new Random(5).bytes(0x5000));
  chip.put(0xe000, otadataBytes(1));
  chip.put(0x10000, await appBytes({ version: '1.0.0', bytes: 200_000 }));
  chip.bootLog = 'ets Jul 29 2019\n';
  return chip;
}

async function readySession(bench: UsbBench): Promise<LiveUsbSession> {
  const session = await bench.session();
  await session.connect();
  return session;
}

async function flashed(session: LiveUsbSession, snapshot: 'nothing' | 'overwritten' | 'everything'): Promise<UsbJobState> {
  await session.flash({ full: false, snapshot });
  return new Promise((resolve) => {
    const look = (): void => {
      const { job, phase } = session.state.value;
      if (job && job.outcome !== 'running' && phase !== 'working') resolve(job);
    };
    session.state.subscribe(look);
    look();
  });
}

/** A board that runs 1.1.0 since a moment ago, and what was overwritten by it. */
async function updated(snapshot: 'overwritten' | 'everything') {
  const bench = new UsbBench(await boardInUse());
  const before = bench.chip.flash.slice();
  const session = await readySession(bench);
  await session.bring(filesOf(['firmware.bin', await appBytes({ version: '1.1.0', bytes: 200_000 })]));
  const { result } = await flashed(session, snapshot);
  session.dismissJob();
  session.clear();
  await session.connect();
  return { bench, session, before, sha256: result!.undo! };
}

const problemCodes = ({ state }: LiveUsbSession): readonly string[] => (state.value.plan?.problems ?? []).map(({ code }) => code);

describe('a saved flash that is brought back', () => {
  for (const snapshot of ['overwritten', 'everything'] as const) {
    it(`is planned first, saves what it overwrites, and leaves every byte as it was (${snapshot})`, async () => {
      const { bench, session, before, sha256 } = await updated(snapshot);
      const now = bench.chip.flash.slice();
      await session.bringFirmware(sha256);
      expect(bench.chip.flash, 'nothing is written yet').to.deep.equal(now);
      const { plan, bundle } = session.state.value;
      expect(bundle!.snapshot).to.include({ board: 'a0:b1:c2:d3:e4:f5', isWhole: snapshot === 'everything' });
      expect(plan!.partitions.find(({ label }) => label === 'app0')!.fate).to.not.equal('kept');
      expect(problemCodes(session)).to.deep.equal([]);
      const job = await flashed(session, 'overwritten');
      expect([job.kind, job.outcome]).to.deep.equal(['restore', 'done']);
      expect(bench.chip.flash).to.deep.equal(before);
      expect(bench.history.at(-1)).to.include({ act: 'restore', sha256 });
      bench.chip.bootLog = 'ets Jul 29 2019\n';
      await session.restore(job.result!.undo!);
      await new Promise<void>((resolve) => session.state.subscribe(({ phase }) => phase === 'console' && resolve()));
      expect(bench.chip.flash, 'and the way back from there').to.deep.equal(now);
    });
  }

  it('names its board, its moment, and whether it is the whole flash', async () => {
    const { bench, sha256, session } = await updated('overwritten');
    expect(bench.library.records.get(sha256)!.record.name).to.match(
      /^Snapshot of ESP32-D0WD-V3 a0:b1:c2:d3:e4:f5, 1970-01-01 \d\d:\d\d UTC, a part$/,
    );
    const whole = await session.snapshot('everything');
    expect(bench.library.records.get(whole)!.record.name).to.match(/, whole flash$/);
  });

  it('says how much of it was blank, and known to be so without reading', async () => {
    const { session } = await updated('overwritten');
    await session.snapshot('everything');
    const { result, log, stages } = session.state.value.job!;
    const { total } = stages.find(({ stage }) => stage === 'read')!;
    expect(result!.bytesBlank)
      .to.equal(CHIP_FLASH_BYTES - total)
      .and.above(0);
    expect(log.map(({ text }) => text).join('\n')).to.include(`${result!.bytesBlank} of them blank by the MD5 of the chip and not read`);
  });

  it('keeps what is to stay', async () => {
    const { bench, session, sha256 } = await updated('everything');
    bench.chip.put(0x9000, new Random(6).bytes(0x5000));
    const settings = bench.chip.flash.slice(0x9000, 0xe000);
    await session.connect();
    await session.bringFirmware(sha256);
    session.choose({ keep: ['nvs'] });
    await flashed(session, 'nothing');
    expect(bench.chip.flash.slice(0x9000, 0xe000)).to.deep.equal(settings);
  });

  it('is doubted on another board: a part of its flash most of all; settings stay those of the board', async () => {
    for (const snapshot of ['overwritten', 'everything'] as const) {
      const { bench, session, sha256 } = await updated(snapshot);
      bench.chip.identity = { ...bench.chip.identity, mac: '11:22:33:44:55:66' };
      bench.chip.put(0x9000, new Random(7).bytes(0x5000));
      await session.connect();
      await session.bringFirmware(sha256);
      const { plan } = session.state.value;
      const doubt = plan!.problems.find(({ code }) => code === 'OTHER_BOARD');
      expect(doubt).to.deep.equal({
        code: 'OTHER_BOARD',
        severity: 'warn',
        facts: {
          board: 'a0:b1:c2:d3:e4:f5',
          isWhole: snapshot === 'everything' ? 1 : 0,
          kept: snapshot === 'everything' ? 'nvs, spiffs' : '',
        },
      });
      expect(planProblemWords(doubt!).why.includes('comes along but nvs, spiffs: there this board keeps its own')).to.equal(
        snapshot === 'everything',
      );
      expect(plan!.partitions.find(({ label }) => label === 'nvs')!.fate).to.equal('kept');
    }
  });

  it('of another chip, or larger than this flash, is blocked', async () => {
    const { bench, session, sha256 } = await updated('everything');
    bench.chip.identity = { ...bench.chip.identity, flash: { ...bench.chip.identity.flash, bytes: CHIP_FLASH_BYTES / 2 } };
    await session.connect();
    await session.bringFirmware(sha256);
    expect(problemCodes(session)).to.include('BEYOND_FLASH');
    bench.chip.identity = { ...bench.chip.identity, chip: 'ESP32-S2' };
    await session.connect();
    await session.bringFirmware(sha256);
    expect(problemCodes(session)).to.include('WRONG_CHIP');
  });

  it('does not take the boot loader of another board to a chip with secure boot; its own goes back', async () => {
    const { bench, session, sha256 } = await updated('everything');
    const security = { ...bench.chip.identity.security, secureBoot: true };
    bench.chip.identity = { ...bench.chip.identity, security };
    await session.connect();
    await session.bringFirmware(sha256);
    expect(problemCodes(session)).to.not.include('SECURE_BOOT');
    bench.chip.identity = { ...bench.chip.identity, mac: '11:22:33:44:55:66' };
    await session.connect();
    await session.bringFirmware(sha256);
    expect(session.state.value.plan!.problems.find(({ code }) => code === 'SECURE_BOOT')).to.include({ severity: 'block' });
  });

  it('is never plain bytes on encrypted flash', async () => {
    const { bench, session, sha256 } = await updated('overwritten');
    const security = { ...bench.chip.identity.security, flashEncryption: true };
    bench.chip.identity = { ...bench.chip.identity, security };
    await session.connect();
    await session.bringFirmware(sha256);
    expect(problemCodes(session)).to.include('ENCRYPTED_FLASH');
  });
});
