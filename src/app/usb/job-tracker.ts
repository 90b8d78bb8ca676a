/** The state of one job while it runs: what its steps report, put together and published no more often than anybody can see. */
import type { FlashRange } from '../../core/bundle/plan-model.ts';
import { SECTOR_BYTES, endOf, sectorsOf } from '../../core/bundle/ranges.ts';
import type { Problem } from '../model.ts';
import type { Clock } from '../ports.ts';
import { addLine, breakStages, completeStage, enterStage, measureSpeed, newStages, reportStage, skipStage } from './job-stages.ts';
import type { SpeedMark } from './job-stages.ts';
import type { FlashStage, SectorState, UsbJobKind, UsbJobResult, UsbJobState } from './model.ts';

const PUBLISH_MS = 50;

export interface NewJob {
  readonly id: string;
  readonly kind: UsbJobKind;
  readonly stages: readonly FlashStage[];
}

export interface JobEnd {
  readonly outcome: Exclude<UsbJobState['outcome'], 'running'>;
  readonly left?: NonNullable<UsbJobState['left']>;
  readonly problem?: Problem;
  readonly result?: UsbJobResult;
  readonly resumeFrom?: number;
  readonly saved?: string;
}

export class JobTracker {
  readonly #clock: Clock;
  readonly #publish: (state: UsbJobState) => void;
  #state: UsbJobState;
  #firstSector = 0;
  #sectors: SectorState[] = [];
  #mark: SpeedMark | undefined;
  #publishedAt = 0;

  constructor(job: NewJob, clock: Clock, publish: (state: UsbJobState) => void) {
    this.#clock = clock;
    this.#publish = publish;
    this.#state = {
      id: job.id,
      kind: job.kind,
      stages: newStages(job.stages),
      sectors: { offset: 0, states: [] },
      speed: [],
      log: [],
      startedAt: clock.now(),
      outcome: 'running',
      canStop: true,
    };
  }

  get state(): UsbJobState {
    return this.#state;
  }

  begin(): void {
    this.#tell({});
  }

  has(stage: FlashStage): boolean {
    return this.#state.stages.some((state) => state.stage === stage);
  }

  enter(stage: FlashStage, total = 0): void {
    this.#mark = undefined;
    this.#tell({ stages: enterStage(this.#state.stages, stage, this.#clock.now(), total) });
  }

  report(stage: FlashStage, done: number): void {
    this.#change({ stages: reportStage(this.#state.stages, stage, done) });
    if (stage === 'write' || stage === 'read') {
      const { speed, mark } = measureSpeed(this.#state.speed, this.#mark, { at: this.#clock.now(), bytes: done });
      this.#mark = mark;
      this.#change({ speed });
    }
    if (this.#clock.now() - this.#publishedAt >= PUBLISH_MS) this.#tell({});
  }

  complete(stage: FlashStage): void {
    this.#tell({ stages: completeStage(this.#state.stages, stage, this.#clock.now()) });
  }

  skip(stage: FlashStage): void {
    this.#tell({ stages: skipStage(this.#state.stages, stage) });
  }

  log(text: string, who: 'otter' | 'device' = 'otter'): void {
    this.#tell(addLine(this.#state, this.#clock.now(), text, who));
  }

  /** The map of sectors: from the first to the last of `ranges`, those in between kept. */
  cover(ranges: readonly FlashRange[]): void {
    const sectors = ranges.map(sectorsOf);
    if (sectors.length === 0) return;
    this.#firstSector = Math.min(...sectors.map(({ offset }) => offset));
    const end = Math.max(...sectors.map(endOf));
    this.#sectors = Array.from({ length: (end - this.#firstSector) / SECTOR_BYTES }, () => 'kept');
    for (const range of ranges) this.mark(range, 'waiting');
    this.#tell({});
  }

  mark(range: FlashRange, state: SectorState): void {
    const whole = sectorsOf(range);
    const from = Math.max(0, (whole.offset - this.#firstSector) / SECTOR_BYTES);
    const to = Math.min(this.#sectors.length, (endOf(whole) - this.#firstSector) / SECTOR_BYTES);
    this.#sectors.fill(state, from, Math.max(from, to));
  }

  /** A hand is needed, or no longer. */
  needReset(isNeeded: boolean): void {
    const { needsReset: _before, ...rest } = this.#state;
    this.#state = rest;
    this.#tell(isNeeded ? { needsReset: true } : {});
  }

  forbidStop(): void {
    this.#tell({ canStop: false });
  }

  /** The last state; it is not published here, so that nobody sees an end before everything is tidied up. */
  end(end: JobEnd): UsbJobState {
    const at = this.#clock.now();
    const stages =
      end.outcome === 'done' ? this.#state.stages : breakStages(this.#state.stages, at, end.outcome === 'stopped' ? 'stopped' : 'failed');
    const code = end.problem ? `: ${end.problem.code}` : '';
    const logged = addLine(this.#state, at, `${end.outcome}${code}`);
    this.#state = { ...logged, ...end, stages, endedAt: at, canStop: false, sectors: this.#map() };
    return this.#state;
  }

  #map(): UsbJobState['sectors'] {
    return { offset: this.#firstSector, states: this.#sectors.slice() };
  }

  #change(change: Partial<UsbJobState>): void {
    this.#state = { ...this.#state, ...change };
  }

  #tell(change: Partial<UsbJobState>): void {
    this.#change({ ...change, sectors: this.#map() });
    this.#publishedAt = this.#clock.now();
    this.#publish(this.#state);
  }
}
