/**
 * Bad luck on a serial line, byte by byte: lost, flipped, the cable pulled, the chip reset. Every fault happens once, at the byte that it was
 * planned for, counted from when it was planned; then it is over. Knows neither time nor what the bytes mean.
 */

export const LINE_FAULTS = ['loseByteToChip', 'loseByteToHost', 'flipByteToChip', 'flipByteToHost', 'unplugAtByte', 'resetAtByte'] as const;
export type LineFault = (typeof LINE_FAULTS)[number];

/** The n-th byte, the first is 1; 0 = never. The last two count both directions together. */
export type LineFaultPlan = Readonly<Record<LineFault, number>>;

const NO_LINE_FAULTS: LineFaultPlan = {
  loseByteToChip: 0,
  loseByteToHost: 0,
  flipByteToChip: 0,
  flipByteToHost: 0,
  unplugAtByte: 0,
  resetAtByte: 0,
};

export type Direction = 'to-chip' | 'to-host';

/** What is left of some bytes, and what happened behind them; then the rest has not been on the line yet. */
interface Passage {
  readonly bytes: Uint8Array;
  readonly event?: 'unplug' | 'reset';
  readonly rest?: Uint8Array;
}

const BYTE_FAULTS = {
  'to-chip': { lose: 'loseByteToChip', flip: 'flipByteToChip' },
  'to-host': { lose: 'loseByteToHost', flip: 'flipByteToHost' },
} as const satisfies Record<Direction, Record<'lose' | 'flip', LineFault>>;

export class LineFaults {
  /** Bytes still to go until each of them; 0 = not planned. */
  readonly #remaining: Record<LineFault, number> = { ...NO_LINE_FAULTS };
  readonly #planned: Record<LineFault, number> = { ...NO_LINE_FAULTS };
  readonly #onFault: (fault: LineFault) => void;

  /** @param onFault told of each that has happened */
  constructor(onFault: (fault: LineFault) => void = () => undefined) {
    this.#onFault = onFault;
  }

  /** A number that stays the same goes on counting. */
  plan(plan: Partial<LineFaultPlan>): void {
    for (const fault of LINE_FAULTS) {
      const byte = plan[fault] ?? this.#planned[fault];
      if (byte === this.#planned[fault]) continue;
      this.#planned[fault] = byte;
      this.#remaining[fault] = byte;
    }
  }

  pass(bytes: Uint8Array, direction: Direction): Passage {
    const { end, event } = this.#untilEvent(bytes.length);
    const passed = bytes.subarray(0, end);
    const { lose, flip } = BYTE_FAULTS[direction];
    const flipped = this.#happens(flip, end, (index) => flipBit(passed, index)) ?? passed;
    const left = this.#happens(lose, end, (index) => without(flipped, index)) ?? flipped;
    return event ? { bytes: left, event, rest: bytes.subarray(end) } : { bytes: left };
  }

  #untilEvent(length: number): { readonly end: number; readonly event?: 'unplug' | 'reset' } {
    const { unplugAtByte, resetAtByte } = this.#remaining;
    const next = Math.min(unplugAtByte || Infinity, resetAtByte || Infinity);
    const end = Math.min(length, next);
    if (unplugAtByte > 0) this.#remaining.unplugAtByte -= end;
    if (resetAtByte > 0) this.#remaining.resetAtByte -= end;
    if (next > length) return { end };
    const fault = next === unplugAtByte ? 'unplugAtByte' : 'resetAtByte';
    this.#over(fault);
    return { end, event: fault === 'unplugAtByte' ? 'unplug' : 'reset' };
  }

  #happens(fault: LineFault, length: number, change: (index: number) => Uint8Array): Uint8Array | undefined {
    const remaining = this.#remaining[fault];
    if (remaining === 0) return undefined;
    if (remaining > length) {
      this.#remaining[fault] -= length;
      return undefined;
    }
    this.#over(fault);
    return change(remaining - 1);
  }

  #over(fault: LineFault): void {
    this.#planned[fault] = 0;
    this.#remaining[fault] = 0;
    this.#onFault(fault);
  }
}

function flipBit(bytes: Uint8Array, index: number): Uint8Array {
  const copy = bytes.slice();
  copy[index]! ^= 0x04;
  return copy;
}

function without(bytes: Uint8Array, index: number): Uint8Array {
  const shorter = new Uint8Array(bytes.length - 1);
  shorter.set(bytes.subarray(0, index));
  shorter.set(bytes.subarray(index + 1), index);
  return shorter;
}
