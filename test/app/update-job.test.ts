import { expect } from 'chai';
import type { Problem } from '../../src/app/model.ts';
import { UPDATE_STAGES } from '../../src/app/model.ts';
import { TRUTH_TIMEOUT_MS, createUpdateJob, step } from '../../src/app/update-job.ts';
import type { JobCommand, JobEvent, UpdateJob } from '../../src/app/update-machine.ts';
import { RETURN_TIMEOUT_MS } from '../../src/app/update-return.ts';
import type { UpdatePhase, UpdateResult } from '../../src/core/ota/device-contract.ts';
import { Random, withSeed } from '../doubles/random.ts';
import { FILE_SIZE, NEW_SHA, OLD_SHA, firmwareOf, infoOf, s1InfoOf, updatedInfoOf } from './fixtures.ts';

type EventBody = JobEvent extends infer Event ? (Event extends { at: number } ? Omit<Event, 'at'> : never) : never;

const CONFIRM_MS = 60_000;
const RESULT: UpdateResult = { slot: 'ota_1', bytes: FILE_SIZE, sha256: NEW_SHA, version: '1.1.0' };
const problem = (code: string): Problem => ({ code, message: code, details: {} });

/** Drives the machine like a runner would, with a clock of its own. */
class Drive {
  at = 1000;
  job: UpdateJob;
  commands: readonly JobCommand[];
  finishes = 0;

  constructor(dialect: 'otter' | 's1' = 'otter') {
    const firmware = firmwareOf();
    const options = {
      id: 'j',
      deviceId: 'd',
      deviceName: 'D',
      firmware,
      fromVersion: '1.0.0',
      slot: 'ota_1',
      dialect,
      confirmTimeoutMs: CONFIRM_MS,
    };
    const { job, commands } = createUpdateJob({ ...options, at: this.at });
    this.job = job;
    this.commands = commands;
  }

  tell(event: EventBody, afterMs = 100): this {
    this.at += afterMs;
    const { job, commands } = step(this.job, { ...event, at: this.at } as JobEvent);
    this.job = job;
    this.commands = commands;
    this.finishes += commands.filter((command) => command.do === 'finish').length;
    return this;
  }

  checked(): this {
    const before = this.job.dialect === 'otter' ? infoOf() : s1InfoOf('1.0.0');
    return this.tell({
      type: 'checked',
      before,
      slot: this.job.dialect === 'otter' ? 'ota_1' : '',
      acceptedSha256s: [NEW_SHA],
      summary: '9 pass',
    });
  }

  phase(phase: UpdatePhase, done: number, total = FILE_SIZE): this {
    return this.tell({ type: 'progress', progress: { phase, done, total } });
  }

  written(done: number, afterMs: number): this {
    return this.tell({ type: 'progress', progress: { phase: 'writing', done, total: FILE_SIZE } }, afterMs);
  }

  get speeds(): number[] {
    return this.job.state.speed.map((sample) => sample.bytesPerSecond);
  }

  uploaded(): this {
    return this.checked()
      .phase('erasing', FILE_SIZE)
      .phase('writing', FILE_SIZE)
      .phase('verifying', FILE_SIZE)
      .tell({ type: 'uploaded', result: RESULT });
  }

  restarted(): this {
    return this.uploaded().tell({ type: 'restart-asked' }).tell({ type: 'silence' });
  }

  get orders(): string[] {
    return this.commands.map((command) => command.do);
  }

  get outcome(): string {
    return this.job.state.outcome;
  }

  status(stage: string): string | undefined {
    return this.job.state.stages.find((entry) => entry.stage === stage)?.status;
  }
}

describe('an update, as it should go', () => {
  it('checks, sends, restarts, waits and ends with the device’s own proof', () => {
    const drive = new Drive();
    expect(drive.orders).to.deep.equal(['check']);
    expect(drive.checked().orders).to.deep.equal(['upload']);
    expect(drive.phase('erasing', 4096).status('erase')).to.equal('active');
    expect(drive.phase('writing', 4096).status('write')).to.equal('active');
    expect(drive.phase('erasing', FILE_SIZE).status('erase')).to.equal('done');
    expect(drive.phase('verifying', 0).status('write')).to.equal('done');
    expect(drive.phase('switching', 1, 1).tell({ type: 'uploaded', result: RESULT }).orders).to.deep.equal(['restart']);
    expect(drive.tell({ type: 'restart-asked' }).orders).to.deep.equal(['written', 'poll']);
    expect(drive.tell({ type: 'silence' }).orders).to.deep.equal(['poll']);
    expect(drive.tell({ type: 'info', info: updatedInfoOf('PENDING_VERIFY') }, 2500).orders).to.deep.equal(['poll']);
    expect(drive.status('confirm')).to.equal('active');
    expect(drive.tell({ type: 'info', info: updatedInfoOf('VALID') }, 3000).orders).to.deep.equal(['finish']);
    const { state } = drive.job;
    expect(state.outcome).to.equal('confirmed');
    expect(state.problem).to.equal(undefined);
    expect(state.stages.map((stage) => stage.status)).to.deep.equal(UPDATE_STAGES.map(() => 'done'));
    expect(state.proof).to.deep.equal({
      version: '1.1.0',
      runningSlot: 'ota_1',
      slotSha256: NEW_SHA,
      slotState: 'VALID',
      awayMs: 2500,
      confirmMs: 3000,
      keptSlots: ['ota_0'],
    });
  });

  it('measures speed from what reached the flash, not from what left the page', () => {
    const drive = new Drive().checked().phase('receiving', 500_000);
    expect(drive.job.state.speed).to.have.length(0);
    drive.phase('writing', 0).written(50_000, 1000).written(150_000, 1000);
    expect(drive.speeds).to.deep.equal([100_000]);
  });

  it('takes no speed from what the device had buffered while it erased', () => {
    const drive = new Drive().checked().phase('erasing', FILE_SIZE).phase('writing', 16_384);
    drive.written(316_384, 250);
    expect(drive.speeds).to.deep.equal([]);
    drive.written(391_384, 250).written(466_384, 250);
    expect(drive.speeds).to.deep.equal([300_000, 300_000]);
  });

  it('never lets a late report take a count back', () => {
    const drive = new Drive().checked().phase('writing', 5000).phase('writing', 4000);
    expect(drive.job.state.stages.find((stage) => stage.stage === 'write')?.done).to.equal(5000);
  });

  it('takes the image’s hash where the device hashes only the image of a longer file', () => {
    const drive = new Drive().tell({ type: 'checked', before: infoOf(), slot: 'ota_1', acceptedSha256s: [NEW_SHA, OLD_SHA], summary: '' });
    drive.tell({ type: 'uploaded', result: RESULT }).tell({ type: 'restart-asked' }).tell({ type: 'silence' });
    expect(drive.tell({ type: 'info', info: updatedInfoOf('VALID', { sha256: OLD_SHA }) }).outcome).to.equal('confirmed');
  });
});

describe('what may be claimed when the device is back', () => {
  it('unconfirmed: it runs the new firmware, which says nothing until the time is over', () => {
    const drive = new Drive().restarted().tell({ type: 'info', info: updatedInfoOf('PENDING_VERIFY') });
    expect(drive.tell({ type: 'info', info: updatedInfoOf('PENDING_VERIFY') }, CONFIRM_MS - 1).outcome).to.equal('running');
    expect(drive.tell({ type: 'info', info: updatedInfoOf('PENDING_VERIFY') }, 1).outcome).to.equal('unconfirmed');
    expect(drive.job.state.problem?.code).to.equal('NOT_CONFIRMED');
    expect(drive.job.state.proof?.slotState).to.equal('PENDING_VERIFY');
  });

  it('rolled-back: it comes back with the old one at once, as after a crash at boot', () => {
    const drive = new Drive().restarted().tell({ type: 'info', info: infoOf({ uptime_s: 1 }) }, 8000);
    expect(drive.outcome).to.equal('rolled-back');
    expect(drive.job.state.problem?.code).to.equal('ROLLED_BACK');
    expect(drive.status('confirm')).to.equal('failed');
  });

  it('rolled-back: it ran the new one, went away again and came back with the old', () => {
    const drive = new Drive().restarted().tell({ type: 'info', info: updatedInfoOf('PENDING_VERIFY') });
    drive.tell({ type: 'silence' }, 30_000).tell({ type: 'info', info: infoOf({ uptime_s: 1 }) }, 3000);
    expect(drive.outcome).to.equal('rolled-back');
  });

  it('unconfirmed: the slot that runs does not hold what was sent', () => {
    const drive = new Drive().restarted().tell({ type: 'info', info: updatedInfoOf('VALID', { sha256: OLD_SHA }) });
    expect([drive.outcome, drive.job.state.problem?.code]).to.deep.equal(['unconfirmed', 'SLOT_DIFFERS']);
  });

  it('unconfirmed: a slot without a hash and with another version proves nothing', () => {
    const drive = new Drive().restarted().tell({ type: 'info', info: { ...updatedInfoOf('VALID', { sha256: '' }), version: '9.9' } });
    expect([drive.outcome, drive.job.state.problem?.code]).to.deep.equal(['unconfirmed', 'NOT_PROVEN']);
  });

  it('unconfirmed: it never came back', () => {
    const drive = new Drive().restarted();
    expect(drive.tell({ type: 'silence' }, RETURN_TIMEOUT_MS - 500).outcome).to.equal('running');
    expect(drive.tell({ type: 'silence' }, 500).job.state.problem?.code).to.equal('DID_NOT_RETURN');
    expect(drive.outcome).to.equal('unconfirmed');
  });

  it('does not take the old boot, which still answers, for the new one', () => {
    const drive = new Drive().uploaded().tell({ type: 'restart-asked' });
    expect(drive.tell({ type: 'info', info: infoOf({ uptime_s: 1001 }) }, 500).outcome).to.equal('running');
    expect(drive.status('confirm')).to.equal('waiting');
    expect(drive.tell({ type: 'info', info: infoOf({ uptime_s: 1091 }) }, RETURN_TIMEOUT_MS).job.state.problem?.code).to.equal(
      'DID_NOT_RESTART',
    );
  });

  it('knows a restart by its uptime, when nobody saw the device away', () => {
    const drive = new Drive()
      .uploaded()
      .tell({ type: 'restart-asked' })
      .tell({ type: 'info', info: infoOf({ uptime_s: 1 }) }, 500);
    expect(drive.outcome).to.equal('rolled-back');
  });

  it('is not fooled by a boot counter that falls to zero without a boot', () => {
    const drive = new Drive().tell({
      type: 'checked',
      before: infoOf({ boot_count: 1 }),
      slot: 'ota_1',
      acceptedSha256s: [NEW_SHA],
      summary: '',
    });
    drive.tell({ type: 'uploaded', result: RESULT }).tell({ type: 'restart-asked' });
    expect(drive.tell({ type: 'info', info: infoOf({ boot_count: 0, uptime_s: 1001 }) }).outcome).to.equal('running');
  });
});

describe('what fails before the switch', () => {
  it('a check: nothing is sent', () => {
    const drive = new Drive().tell({ type: 'check-failed', problem: problem('PREFLIGHT_BLOCKED') });
    expect([drive.outcome, ...drive.orders]).to.deep.equal(['failed', 'finish']);
    expect(drive.status('check')).to.equal('failed');
  });

  for (const code of ['UPDATE_RUNNING', 'UPDATE_ERROR_SIZE', 'WRONG_CHIP', 'SESSION_EXPIRED', 'PASSWORD_CHANGE_REQUIRED']) {
    it(`a refusal: ${code} is the device’s word and needs no second question`, () => {
      const drive = new Drive().checked().tell({ type: 'upload-refused', problem: problem(code) });
      expect([drive.outcome, drive.job.state.problem?.code]).to.deep.equal(['failed', code]);
      expect(drive.status('erase')).to.equal('failed');
    });
  }

  it('is told with what the slot held, and the switch in words', () => {
    const before = infoOf();
    const slots = before.slots!.map((slot) => (slot.label === 'ota_1' ? { ...slot, version: '0.9.0', state: 'VALID' as const } : slot));
    const drive = new Drive().tell({
      type: 'checked',
      before: { ...before, slots },
      slot: 'ota_1',
      acceptedSha256s: [NEW_SHA],
      summary: '',
    });
    expect(drive.job.state.overwrites).to.equal('0.9.0');
    expect(new Drive().checked().job.state).to.not.have.property('overwrites');
    drive.phase('switching', 0, 1);
    expect(drive.job.state.log.at(-1)?.text).to.equal('switching the boot slot to ota_1');
  });
});

describe('an answer that breaks off', () => {
  const broken = (): Drive =>
    new Drive()
      .checked()
      .phase('writing', 400_000)
      .tell({ type: 'upload-broken', problem: problem('CONNECTION_LOST') });

  it('is no failure before the device was asked', () => {
    const drive = broken();
    expect([drive.outcome, ...drive.orders]).to.deep.equal(['running', 'ask-truth']);
    expect(drive.job.state.canStop).to.equal(false);
  });

  it('goes on when the device has all of it', () => {
    expect(broken().tell({ type: 'truth', status: { state: 'succeeded', result: RESULT } }).orders).to.deep.equal(['restart']);
  });

  it('does not take an earlier success for this one', () => {
    for (const result of [
      { ...RESULT, slot: 'ota_0' },
      { ...RESULT, sha256: OLD_SHA },
    ]) {
      const drive = broken().tell({ type: 'truth', status: { state: 'succeeded', result } });
      expect([drive.outcome, drive.job.state.problem?.code]).to.deep.equal(['failed', 'UPDATE_LOST']);
    }
  });

  it('follows a device that still writes, and stops following one that stands still', () => {
    const drive = broken();
    for (let done = 500_000; done <= 800_000; done += 100_000) {
      drive.tell(
        { type: 'truth', status: { state: 'running', progress: { phase: 'writing', done, total: FILE_SIZE } } },
        TRUTH_TIMEOUT_MS - 1,
      );
      expect(drive.orders).to.deep.equal(['ask-truth']);
    }
    expect(drive.job.state.stages.find((stage) => stage.stage === 'write')?.done).to.equal(800_000);
    drive.tell(
      { type: 'truth', status: { state: 'running', progress: { phase: 'writing', done: 800_000, total: FILE_SIZE } } },
      TRUTH_TIMEOUT_MS,
    );
    expect([drive.outcome, drive.job.state.problem?.code]).to.deep.equal(['failed', 'UPDATE_LOST']);
  });

  it('fails in the device’s words', () => {
    const drive = broken().tell({ type: 'truth', status: { state: 'failed', code: 'UPDATE_ERROR_WRITE', error: 'sector 12' } });
    expect(drive.job.state.problem).to.deep.equal({ code: 'UPDATE_ERROR_WRITE', message: 'sector 12', details: {} });
  });

  it('calls an interruption by its name, also when the device has no code for it', () => {
    const drive = broken().tell({ type: 'truth', status: { state: 'interrupted' } });
    expect([drive.outcome, drive.job.state.problem?.code]).to.deep.equal(['failed', 'UPDATE_ERROR_ABORT']);
  });

  it('fails as lost when nobody can tell, but not at the first silence', () => {
    const drive = broken().tell({ type: 'truth-missing', problem: problem('UNREACHABLE') });
    expect(drive.orders).to.deep.equal(['ask-truth']);
    drive.tell({ type: 'truth-missing', problem: problem('UNREACHABLE') }, TRUTH_TIMEOUT_MS);
    expect(drive.job.state.problem).to.include({ code: 'UPDATE_LOST' });
    expect(drive.job.state.problem?.details).to.include({ cause: 'CONNECTION_LOST' });
  });

  it('says so when the session ended meanwhile', () => {
    const drive = broken().tell({ type: 'truth-missing', problem: problem('SESSION_EXPIRED') });
    expect([drive.outcome, drive.job.state.problem?.code]).to.deep.equal(['failed', 'SESSION_EXPIRED']);
  });
});

describe('power that goes', () => {
  const broken = (): Drive =>
    new Drive()
      .checked()
      .phase('writing', 1000)
      .tell({ type: 'upload-broken', problem: problem('CONNECTION_LOST') });

  it('in the middle of the write is told apart from a connection that broke', () => {
    const status = { state: 'interrupted' } as const;
    const cut = broken().tell({ type: 'truth', status, info: infoOf({ uptime_s: 1, reset_reason: 'POWERON' }) });
    expect([cut.outcome, cut.job.state.problem?.code]).to.deep.equal(['failed', 'UPDATE_INTERRUPTED_BY_RESET']);
    expect(cut.job.state.problem?.details).to.deep.equal({ slot: 'ota_1', reset: 'POWERON' });
    const still = broken().tell({ type: 'truth', status, info: infoOf({ uptime_s: 1001 }) });
    expect([still.outcome, still.job.state.problem?.code]).to.deep.equal(['failed', 'UPDATE_ERROR_ABORT']);
  });

  for (const [reset_reason, by] of [
    ['POWERON', 'reset'],
    ['PANIC', undefined],
    ['SW', undefined],
  ] as const) {
    it(`before the confirmation: a rollback after ${reset_reason} is ${by ? 'not ' : ''}held against the firmware`, () => {
      const drive = new Drive().uploaded().tell({ type: 'restart-asked' }).tell({ type: 'silence' });
      drive.tell({ type: 'info', info: updatedInfoOf('PENDING_VERIFY') }).tell({ type: 'silence' });
      drive.tell({ type: 'info', info: infoOf({ uptime_s: 1, reset_reason }) });
      expect([drive.outcome, drive.job.state.problem?.details['by']]).to.deep.equal(['rolled-back', by]);
    });
  }
});

describe('stopping', () => {
  it('while checking ends at once', () => {
    expect(new Drive().tell({ type: 'stop' }).orders).to.deep.equal(['abort', 'finish']);
  });

  it('while writing aborts, asks the device, and ends as stopped', () => {
    const drive = new Drive().checked().phase('writing', 1000);
    expect(drive.job.state.canStop).to.equal(true);
    expect(drive.tell({ type: 'stop' }).orders).to.deep.equal(['abort']);
    expect(drive.job.state.canStop).to.equal(false);
    expect(drive.tell({ type: 'upload-aborted' }).orders).to.deep.equal(['ask-truth']);
    drive.tell({ type: 'truth', status: { state: 'failed', code: 'UPDATE_ERROR_ABORT', error: 'aborted' } });
    expect([drive.outcome, drive.job.state.problem]).to.deep.equal(['stopped', undefined]);
  });

  it('after the switch is refused and changes nothing', () => {
    const drive = new Drive().checked().phase('switching', 0, 1);
    expect(drive.job.state.canStop).to.equal(false);
    expect(drive.tell({ type: 'stop' }).orders).to.deep.equal([]);
    expect(drive.tell({ type: 'uploaded', result: RESULT }).orders).to.deep.equal(['restart']);
  });

  it('that crosses with the switch does not claim that the device stayed as it was', () => {
    const drive = new Drive().checked().phase('writing', 1000).tell({ type: 'stop' }).tell({ type: 'upload-aborted' });
    drive.tell({ type: 'truth', status: { state: 'succeeded', result: RESULT } });
    expect([drive.outcome, ...drive.orders]).to.deep.equal(['running', 'restart']);
  });

  it('twice is once', () => {
    expect(new Drive().checked().tell({ type: 'stop' }).tell({ type: 'stop' }).orders).to.deep.equal([]);
  });
});

describe('an S1 device', () => {
  const sent = (): Drive => new Drive('s1').checked();

  it('restarts by itself and proves itself by its version', () => {
    const drive = sent().tell({ type: 'uploaded' });
    expect(drive.orders).to.deep.equal(['written', 'poll']);
    drive.tell({ type: 'silence' }).tell({ type: 'info', info: s1InfoOf('1.1.0') });
    expect(drive.outcome).to.equal('confirmed');
  });

  it('may drop the connection after the last byte and still have succeeded', () => {
    const drive = sent()
      .tell({ type: 'upload-broken', problem: problem('CONNECTION_LOST') })
      .tell({ type: 'silence' });
    expect(drive.tell({ type: 'info', info: s1InfoOf('1.1.0') }).outcome).to.equal('confirmed');
  });

  it('that drops the connection and comes back as it was has failed', () => {
    const drive = sent()
      .tell({ type: 'upload-broken', problem: problem('CONNECTION_LOST') })
      .tell({ type: 'silence' });
    drive.tell({ type: 'info', info: s1InfoOf('1.0.0') });
    expect([drive.outcome, drive.job.state.problem?.code]).to.deep.equal(['failed', 'CONNECTION_LOST']);
  });

  it('has no stage, no byte and no log line for what it never said', () => {
    const { stages, log } = sent().job.state;
    expect(stages.map(({ stage, status }) => `${stage} ${status}`)).to.deep.equal([
      'check done',
      'write active',
      'restart waiting',
      'confirm waiting',
    ]);
    expect(stages[1]).to.include({ done: 0, total: 0 });
    expect(log.filter(({ who }) => who === 'device')).to.deep.equal([]);
  });

  it('that took the file and comes back as it was is told apart from a rollback by slot', () => {
    const drive = sent()
      .tell({ type: 'uploaded' })
      .tell({ type: 'silence' })
      .tell({ type: 'info', info: s1InfoOf('1.0.0') });
    expect([drive.outcome, drive.job.state.problem?.details]).to.deep.equal(['rolled-back', { by: 'version' }]);
  });

  it('that comes back with a third version proves nothing', () => {
    const drive = sent()
      .tell({ type: 'uploaded' })
      .tell({ type: 'silence' })
      .tell({ type: 'info', info: s1InfoOf('7.0') });
    expect([drive.outcome, drive.job.state.problem?.code]).to.deep.equal(['unconfirmed', 'NOT_PROVEN']);
  });
});

describe('a restart that is refused', () => {
  it('leaves the update unconfirmed, not failed: the firmware is in place', () => {
    const drive = new Drive().uploaded().tell({ type: 'restart-refused', problem: problem('SESSION_EXPIRED') });
    expect([drive.outcome, drive.job.state.problem?.code]).to.deep.equal(['unconfirmed', 'SESSION_EXPIRED']);
  });
});

describe('events in any order', () => {
  const bodies = (random: Random): EventBody => {
    const total = FILE_SIZE;
    return random.pick<EventBody>([
      { type: 'checked', before: infoOf(), slot: 'ota_1', acceptedSha256s: [NEW_SHA], summary: '' },
      { type: 'check-failed', problem: problem('X') },
      {
        type: 'progress',
        progress: {
          phase: random.pick(['receiving', 'erasing', 'writing', 'verifying', 'switching'] as const),
          done: random.below(total),
          total,
        },
      },
      { type: 'progress', progress: { phase: 'writing', done: random.below(total), total } },
      { type: 'uploaded', result: RESULT },
      { type: 'upload-refused', problem: problem('X') },
      { type: 'upload-broken', problem: problem('X') },
      { type: 'upload-aborted' },
      { type: 'truth', status: { state: random.pick(['none', 'running', 'succeeded', 'failed', 'interrupted'] as const) } },
      { type: 'truth-missing', problem: problem('X') },
      { type: 'stop' },
      { type: 'restart-asked' },
      { type: 'restart-refused', problem: problem('X') },
      { type: 'info', info: random.pick([infoOf(), infoOf({ uptime_s: 0 }), updatedInfoOf('PENDING_VERIFY'), updatedInfoOf('VALID')]) },
      { type: 'silence' },
    ]);
  };

  it('end once, never claim more than was proven, and never stand still without a command (seeded)', () =>
    withSeed(20_251_120, (random) => {
      for (let round = 0; round < 2000; round++) {
        const drive = new Drive(random.pick(['otter', 's1'] as const));
        let pending = 1;
        for (let count = 0; count < 60; count++) {
          const before = drive.job;
          const event = bodies(random);
          drive.tell(event, random.below(5000));
          if (before.step.at === 'ended') {
            expect(drive.job, 'an ended job stays as it is').to.equal(before);
            continue;
          }
          pending += drive.commands.length;
          if (drive.outcome === 'confirmed') expect(event, 'confirmed only by the device’s own answer').to.include({ type: 'info' });
          if (drive.outcome === 'stopped') expect(before.step.at).to.be.oneOf(['checking', 'sending', 'asking']);
        }
        expect(pending).to.be.greaterThan(0);
        expect(drive.finishes).to.equal(drive.outcome === 'running' ? 0 : 1);
        expect(drive.job.state.stages.filter((stage) => stage.status === 'active').length === 0 || drive.outcome === 'running').to.equal(
          true,
        );
      }
    }));
});
