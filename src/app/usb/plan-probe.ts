/**
 * Asks an idle chip which writes of a plan are in its flash already, one MD5 each, and what of the others goes to blank flash. Whoever needs
 * the wire waits for the answer that is under way.
 */
import type { FlashPlan, FlashRange, PlannedWrite } from '../../core/bundle/plan-model.ts';
import { joinRanges, sectorsOf } from '../../core/bundle/ranges.ts';
import type { Clock } from '../ports.ts';
import { blankIn } from './blank-flash.ts';
import { isInFlash } from './compare.ts';
import type { ChipConnection } from './ports.ts';

export interface FoundOfPlan {
  /** Offsets of the writes that are there. */
  readonly onChip: readonly number[];
  /** Of what else is overwritten: nobody needs to keep it. */
  readonly blank: readonly FlashRange[];
}

interface ProbeHost {
  readonly clock: Clock;
  /** In its boot loader, and nobody talks to it. */
  idle(): ChipConnection | undefined;
  found(plan: FlashPlan, found: FoundOfPlan): void;
}

export class PlanProbe {
  readonly #host: ProbeHost;
  #plan: FlashPlan | undefined;
  #asked: Promise<void> = Promise.resolve();
  #isResting = false;

  constructor(host: ProbeHost) {
    this.#host = host;
  }

  /** Another plan ends the questions about the one before. */
  ask(plan: FlashPlan | undefined): void {
    this.#plan = plan;
    if (!plan) return;
    this.#asked = this.#asked.then(() => this.#askAll(plan)).catch(() => undefined);
  }

  /** Other questions to an idle chip, before those about a plan. Whoever needs the wire waits for them, too; that they failed hears who asked. */
  async first(work: () => Promise<void>): Promise<void> {
    this.#plan = undefined;
    const answered = this.#asked.then(() => (this.#host.idle() ? work() : undefined));
    this.#asked = answered.catch(() => undefined);
    await answered;
  }

  /** No more questions; resolves when the wire is free. */
  async rest(): Promise<void> {
    this.#plan = undefined;
    this.#isResting = true;
    await this.#asked;
    this.#isResting = false;
  }

  async #askAll(plan: FlashPlan): Promise<void> {
    const onChip: number[] = [];
    for (const write of plan.writes) {
      const connection = this.#wireFor(plan);
      if (!connection) return;
      if (canStay(plan, write) && (await isInFlash(connection, write, write.bytes, { clock: this.#host.clock, signal: NEVER })))
        onChip.push(write.offset);
    }
    const connection = this.#wireFor(plan);
    if (!connection) return;
    const rest = joinRanges([...plan.writes.filter(({ offset }) => !onChip.includes(offset)), ...plan.erases].map(sectorsOf));
    const goesOn = (): boolean => this.#wireFor(plan) === connection;
    const blank = await blankIn(rest, { connection, clock: this.#host.clock, signal: NEVER, leastBytes: 0, goesOn });
    if (this.#plan === plan) this.#host.found(plan, { onChip, blank });
  }

  #wireFor(plan: FlashPlan): ChipConnection | undefined {
    return this.#plan === plan && !this.#isResting ? this.#host.idle() : undefined;
  }
}

/** A question that is cut off leaves a chip that still answers it: it is waited for instead. */
const NEVER = new AbortController().signal;

/** What is erased first has to be written, whatever lies there now. */
const canStay = ({ erases }: FlashPlan, { offset, length }: PlannedWrite): boolean =>
  !erases.some((erase) => erase.offset < offset + length && erase.offset + erase.length > offset);
