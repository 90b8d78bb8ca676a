/**
 * Functions in Xtensa LX6 machine code that mean nothing but look right: windowed calls, a literal pool in front of each function
 * and the usual mix of 16- and 24-bit instructions (encodings from the Xtensa ISA reference manual, chapter 7).
 */
import { CodeBuffer, type FunctionPlan, type InstructionSet, type ObjectCode, type Reference, writeBody } from './object-code.ts';
import { Random } from './random.ts';

/** Arguments and scratch first: compilers reuse few registers most of the time. */
const REGISTERS = [2, 10, 8, 3, 11, 9, 4, 12, 5, 7, 6, 13, 1, 14, 15];
const OFFSETS = [0, 4, 8, 12, 16, 1, 20, 24, 32, 28, 2, 36, 40, 48, 64, 3, 44, 52, 56, 60, 96, 128, 5, 100, 255];

type Emit = (code: CodeBuffer, register: () => number, offset: () => number) => void;

const narrow =
  (op: number): Emit =>
  (code, register, offset) =>
    code.emit((register() << 4) | op, (((offset() >> 2) << 4) % 256) | register());
const load =
  (op: number): Emit =>
  (code, register, offset) =>
    code.emit((register() << 4) | 2, (op << 4) | register(), offset());
const arithmetic =
  (op: number): Emit =>
  (code, register) =>
    code.emit(register() << 4, (register() << 4) | register(), op);
const branch =
  (condition: number): Emit =>
  (code, register, offset) =>
    code.emit((register() << 4) | 7, (condition << 4) | register(), offset());

/** Most frequent first. */
const INSTRUCTIONS: readonly Emit[] = [
  (code, register) => code.emit((register() << 4) | 0xd, register()), // mov.n
  narrow(0x8), // l32i.n
  (code, register, offset) => code.emit(0x0c, ((offset() & 0xf) << 4) | register()), // movi.n
  narrow(0x9), // s32i.n
  (code, register, offset) => code.emit(0x8c | (offset() & 0x30), ((offset() & 0xf) << 4) | register()), // beqz.n
  load(0x0), // l8ui
  narrow(0xb), // addi.n
  load(0x2), // l32i
  branch(0x9), // bne
  (code, _register, offset) => code.emit(0x06, offset(), 0), // j
  arithmetic(0x20), // or
  load(0x4), // s8i
  narrow(0xa), // add.n
  load(0xa), // movi
  branch(0xa), // bge
  load(0x6), // s32i
  arithmetic(0x10), // and
  branch(0x2), // blt
  load(0xc), // addi
  arithmetic(0xc0), // sub
  arithmetic(0x11), // slli
  branch(0x1), // beq
  load(0x1), // l16ui
  arithmetic(0x41), // srli
];

/** Sequences that compilers repeat literally: error checks, counters, critical sections, saved and restored pointers. */
const SNIPPETS: readonly (readonly number[])[] = [
  [0xad, 0x02, 0xbd, 0x03, 0xcd, 0x04], // mov.n a10, a2; mov.n a11, a3; mov.n a12, a4
  [0x2d, 0x0a, 0x1d, 0xf0], // mov.n a2, a10; retw.n
  [0x88, 0x02, 0x1b, 0x88, 0x89, 0x02], // l32i.n a8, a2, 0; addi.n a8, a8, 1; s32i.n a8, a2, 0
  [0x3d, 0x0a, 0x26, 0x1a, 0x04], // mov.n a3, a10; beqi a10, 1
  [0xc0, 0x20, 0x00, 0x88, 0x02, 0xc0, 0x20, 0x00], // memw; l32i.n a8, a2, 0; memw
  [0x0c, 0x02, 0x1d, 0xf0], // movi.n a2, 0; retw.n
  [0x0c, 0x0b, 0x0c, 0x0c, 0xad, 0x01], // movi.n a11, 0; movi.n a12, 0; mov.n a10, a1
  [0x80, 0x80, 0x74, 0x16, 0x68, 0x00], // extui a8, a8, 0, 8; beqz a8
  [0x7c, 0xf2, 0x1d, 0xf0], // movi.n a2, -1; retw.n
  [0xf0, 0x20, 0x00], // nop
];

export const xtensa: InstructionSet = {
  assemble,
  relocate(kind, view, offset, address, target) {
    if (kind !== 'call8') throw new TypeError(`xtensa has no ${kind}`);
    const words = (target - ((address & ~3) + 4)) >> 2;
    if (words < -(2 ** 17) || words >= 2 ** 17) throw new RangeError('call8 out of reach');
    view.setUint8(offset, 0x25 | ((words & 3) << 6));
    view.setUint16(offset + 1, (words >> 2) & 0xffff, true);
  },
};

function assemble(plan: FunctionPlan): ObjectCode {
  const code = new CodeBuffer();
  const pool = new LiteralPool();
  const frame = new Random(`${plan.symbol}, frame`);
  code.emit(0x36, (((4 + 2 * frame.skewed(6)) << 4) % 256) | 1, 0); // entry a1, n
  writeBody(code, plan, (random) => emitIdiom(code, pool, plan, random));
  code.emit(0x1d, 0xf0); // retw.n
  return pool.joinTo(plan, code);
}

function emitIdiom(code: CodeBuffer, pool: LiteralPool, plan: FunctionPlan, random: Random): void {
  const kind = random.below(100);
  if (kind < 9 && plan.near.length > 0) {
    emitArguments(code, random);
    code.refer('call8', random.pickSkewed(plan.near));
    code.emit(0x25, 0, 0);
  } else if (kind < 14 && plan.far.length > 0) {
    emitArguments(code, random);
    pool.load(code, 8, random.pickSkewed(plan.far));
    code.emit(0xe0, 8, 0); // callx8 a8
  } else if (kind < 22 && plan.data.length > 0) {
    pool.load(code, random.pickSkewed(REGISTERS), random.pick(plan.data));
  } else if (kind < 42) {
    code.emit(...random.pickSkewed(SNIPPETS));
  } else {
    random.pickSkewed(INSTRUCTIONS)(
      code,
      () => random.pickSkewed(REGISTERS),
      () => random.pickSkewed(OFFSETS),
    );
  }
}

/** mov.n a10, …; mov.n a11, … */
function emitArguments(code: CodeBuffer, random: Random): void {
  for (let register = 10; register < 10 + random.skewed(4); register++) code.emit((register << 4) | 0xd, random.pickSkewed(REGISTERS));
}

/** Addresses that `l32r` reads, in front of the function and in the order of their first use. */
class LiteralPool {
  readonly #symbols: string[] = [];
  readonly #loads: { readonly at: number; readonly index: number }[] = [];

  load(code: CodeBuffer, register: number, symbol: string): void {
    let index = this.#symbols.indexOf(symbol);
    if (index < 0) index = this.#symbols.push(symbol) - 1;
    this.#loads.push({ at: code.length, index });
    code.emit((register << 4) | 1, 0, 0);
  }

  joinTo(plan: FunctionPlan, code: CodeBuffer): ObjectCode {
    const entry = this.#symbols.length * 4;
    const bytes = new Uint8Array(entry + Math.ceil(code.length / 4) * 4);
    const view = new DataView(bytes.buffer);
    bytes.set(code.toBytes(), entry);
    for (const { at, index } of this.#loads) {
      const words = index - this.#symbols.length - ((at + 3) >> 2);
      view.setUint16(entry + at + 1, words & 0xffff, true);
    }
    const literals = this.#symbols.map((symbol, index): Reference => ({ offset: index * 4, kind: 'abs32', symbol }));
    const calls = code.references.map((reference): Reference => ({ ...reference, offset: entry + reference.offset }));
    return { symbol: plan.symbol, section: plan.section, bytes, entry, references: [...literals, ...calls] };
  }
}
