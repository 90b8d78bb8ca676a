/** Asks an idle chip which writes of a plan are in its flash already: one MD5 each. Whoever needs the wire waits for the answer that is under way. */
import type { FlashPlan, PlannedWrite } from '../../core/bundle/plan-model.ts';
import type { Clock } from '../ports.ts';
import { isInFlash } from './compare.ts';
import type { ChipConnection } from './ports.ts';

interface ProbeHost {
  readonly clock: Clock;
  /** In its boot loader, and nobody talks to it. */
  idle(): ChipConnection | undefined;
  /** Offsets of the writes that are there. */
  found(plan: FlashPlan, onChip: readonly number[]): void;
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
      const connection = this.#plan === plan && !this.#isResting ? this.#host.idle() : undefined;
      if (!connection) return;
      if (canStay(plan, write) && (await isInFlash(connection, write, write.bytes, { clock: this.#host.clock, signal: NEVER })))
        onChip.push(write.offset);
    }
    if (this.#plan === plan) this.#host.found(plan, onChip);
  }
}

/** A question that is cut off leaves a chip that still answers it: it is waited for instead. */
const NEVER = new AbortController().signal;

/** What is erased first has to be written, whatever lies there now. */
const canStay = ({ erases }: FlashPlan, { offset, length }: PlannedWrite): boolean =>
  !erases.some((erase) => erase.offset < offset + length && erase.offset + erase.length > offset);
