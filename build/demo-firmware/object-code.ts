/** What the pretended compiler hands to the pretended linker: bytes with holes, and whose addresses belong into them. */
import { Random } from './random.ts';

export type Section = 'drom' | 'dram' | 'iram' | 'irom';

/** `abs32`: the address as a little-endian word. The others are fields of an instruction; see the instruction set that has them. */
export type ReferenceKind = 'abs32' | 'call8' | 'jal' | 'lui-addi';

export interface Reference {
  /** Of the word or instruction, from the start of the object. */
  readonly offset: number;
  readonly kind: ReferenceKind;
  readonly symbol: string;
}

export interface ObjectCode {
  readonly symbol: string;
  readonly section: Section;
  readonly bytes: Uint8Array;
  /** Where the symbol points, from the start of the object: behind the literal pool of an Xtensa function. */
  readonly entry: number;
  readonly references: readonly Reference[];
}

/** One function to be made up: what it may call and read, and how it was edited since its first release. */
export interface FunctionPlan {
  readonly symbol: string;
  readonly section: Section;
  readonly size: number;
  /** 0 = as first released; each edit inserts some instructions at a place of its own. */
  readonly revision: number;
  /** In the same module, so within reach of a short call. */
  readonly near: readonly string[];
  readonly far: readonly string[];
  /** Strings, tables and variables. */
  readonly data: readonly string[];
}

export interface InstructionSet {
  assemble(plan: FunctionPlan): ObjectCode;
  /** Writes the address `target` into the instruction at `offset` that itself lies at `address`. */
  relocate(kind: ReferenceKind, view: DataView, offset: number, address: number, target: number): void;
}

/**
 * Repeats `step` until the function has its size. An edit puts some steps of its own in between and leaves the others as they
 * were, so two revisions of a function differ as two revisions of a source line do.
 */
export function writeBody(code: CodeBuffer, plan: FunctionPlan, step: (random: Random) => void): void {
  const random = new Random(plan.symbol);
  const edits = Array.from({ length: plan.revision }, (_, index) => {
    const own = new Random(`${plan.symbol}, edit ${index + 1}`);
    return { random: own, at: own.below(plan.size), steps: 3 + own.below(12) };
  });
  let inserted = 0;
  while (code.length - inserted < plan.size) {
    step(random);
    for (const edit of edits) {
      if (edit.steps === 0 || edit.at > code.length - inserted) continue;
      const before = code.length;
      for (; edit.steps > 0; edit.steps--) step(edit.random);
      inserted += code.length - before;
    }
  }
}

/** Bytes of growing length, with the references into them. */
export class CodeBuffer {
  readonly #bytes: number[] = [];
  readonly references: Reference[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  emit(...bytes: number[]): void {
    this.#bytes.push(...bytes);
  }

  emit16(halfword: number): void {
    this.emit(halfword & 0xff, (halfword >>> 8) & 0xff);
  }

  emit32(word: number): void {
    this.emit16(word & 0xffff);
    this.emit16(word >>> 16);
  }

  /** Notes that the next emitted instruction refers to `symbol`. */
  refer(kind: ReferenceKind, symbol: string): void {
    this.references.push({ offset: this.length, kind, symbol });
  }

  toBytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
