/**
 * Functions in RISC-V RV32IMC machine code that mean nothing but look right: saved registers, compressed and full instructions,
 * `jal` to near functions and `lui`/`addi` for addresses (encodings from the RISC-V unprivileged specification, chapters 2 and 16).
 */
import { CodeBuffer, type FunctionPlan, type InstructionSet, type ObjectCode, writeBody } from './object-code.ts';
import type { Random } from './random.ts';

/** a0, a5, s0, a4 …: most used first. */
const REGISTERS = [10, 15, 8, 14, 11, 9, 12, 13, 18, 2, 19, 20, 16, 21, 17, 6, 5];
/** Those that compressed instructions reach, x8 … x15, as their three-bit number. */
const SHORT_REGISTERS = [2, 7, 0, 6, 3, 1, 4, 5];
const OFFSETS = [0, 4, 8, 12, 1, 16, 20, 24, 2, 28, 32, 36, 40, 3, 44, 48, 64, 255, 52, 60, 96, 128, 0x7ff];
const RA = 1;
const T1 = 6;

type Emit = (code: CodeBuffer, random: Random) => void;

const register = (random: Random): number => random.pickSkewed(REGISTERS);
const short = (random: Random): number => random.pickSkewed(SHORT_REGISTERS);
const offset = (random: Random): number => random.pickSkewed(OFFSETS);

/** c.lw and c.sw: offset[5:3] at 12:10, offset[2] at 6, offset[6] at 5. */
const compressedMemory =
  (funct3: number): Emit =>
  (code, random) => {
    const at = offset(random) & 0x7c;
    code.emit16((funct3 << 13) | ((at & 0x38) << 7) | (short(random) << 7) | ((at & 4) << 4) | ((at & 0x40) >> 1) | (short(random) << 2));
  };
const compressedImmediate =
  (funct3: number): Emit =>
  (code, random) =>
    code.emit16((funct3 << 13) | (register(random) << 7) | ((offset(random) & 0x1f) << 2) | 1);
const immediate =
  (opcode: number, funct3: number): Emit =>
  (code, random) =>
    code.emit32(((offset(random) << 20) | (register(random) << 15) | (funct3 << 12) | (register(random) << 7) | opcode) >>> 0);
const registers =
  (opcode: number, funct3: number, funct7: number): Emit =>
  (code, random) =>
    code.emit32(
      ((funct7 << 25) | (register(random) << 20) | (register(random) << 15) | (funct3 << 12) | ((offset(random) << 7) & 0xf80) | opcode) >>>
        0,
    );

/** Most frequent first. */
const INSTRUCTIONS: readonly Emit[] = [
  (code, random) => code.emit16(0x8002 | (register(random) << 7) | (register(random) << 2)), // c.mv
  compressedMemory(2), // c.lw
  compressedImmediate(2), // c.li
  compressedMemory(6), // c.sw
  compressedImmediate(0), // c.addi
  (code, random) => code.emit16(0xc001 | ((offset(random) & 0x18) << 7) | (short(random) << 7) | ((offset(random) & 6) << 2)), // c.beqz
  immediate(0x03, 4), // lbu
  immediate(0x13, 0), // addi
  registers(0x63, 1, 0), // bne
  immediate(0x03, 2), // lw
  (code, random) => code.emit16(0x9002 | (register(random) << 7) | (register(random) << 2)), // c.add
  registers(0x23, 2, 0), // sw
  immediate(0x13, 7), // andi
  registers(0x63, 5, 0), // bge
  compressedImmediate(5), // c.j
  registers(0x63, 6, 0), // bltu
  registers(0x33, 0, 0x20), // sub
  immediate(0x13, 1), // slli
  registers(0x33, 0, 1), // mul
  registers(0x23, 0, 0), // sb
];

export const riscv: InstructionSet = {
  assemble,
  relocate(kind, view, at, address, target) {
    if (kind === 'jal') writeJal(view, at, target - address);
    else if (kind === 'lui-addi') writeAbsolute(view, at, target);
    else throw new TypeError(`riscv has no ${kind}`);
  },
};

function assemble(plan: FunctionPlan): ObjectCode {
  const code = new CodeBuffer();
  code.emit16(0x1141); // c.addi sp, -16
  code.emit16(0xc606); // c.swsp ra, 12(sp)
  code.emit16(0xc422); // c.swsp s0, 8(sp)
  writeBody(code, plan, (random) => emitIdiom(code, plan, random));
  code.emit16(0x40b2); // c.lwsp ra, 12(sp)
  code.emit16(0x4422); // c.lwsp s0, 8(sp)
  code.emit16(0x0141); // c.addi sp, 16
  code.emit16(0x8082); // c.jr ra
  const bytes = new Uint8Array(Math.ceil(code.length / 4) * 4);
  bytes.set(code.toBytes());
  return { symbol: plan.symbol, section: plan.section, bytes, entry: 0, references: code.references };
}

function emitIdiom(code: CodeBuffer, plan: FunctionPlan, random: Random): void {
  const kind = random.below(100);
  if (kind < 9 && plan.near.length > 0) {
    code.refer('jal', random.pickSkewed(plan.near));
    code.emit32(0x6f | (RA << 7));
  } else if (kind < 14 && plan.far.length > 0) {
    emitAbsolute(code, T1, random.pickSkewed(plan.far));
    code.emit16(0x9002 | (T1 << 7)); // c.jalr t1
  } else if (kind < 22 && plan.data.length > 0) {
    emitAbsolute(code, register(random), random.pick(plan.data));
  } else {
    random.pickSkewed(INSTRUCTIONS)(code, random);
  }
}

/** lui rd, hi; addi rd, rd, lo */
function emitAbsolute(code: CodeBuffer, rd: number, symbol: string): void {
  code.refer('lui-addi', symbol);
  code.emit32(0x37 | (rd << 7));
  code.emit32((0x13 | (rd << 7) | (rd << 15)) >>> 0);
}

function writeAbsolute(view: DataView, at: number, target: number): void {
  // addi sign-extends its twelve bits, so lui rounds to the nearest page.
  const high = (target + 0x800) & 0xfffff000;
  view.setUint32(at, view.getUint32(at, true) | high, true);
  view.setUint32(at + 4, view.getUint32(at + 4, true) | ((target - high) << 20), true);
}

function writeJal(view: DataView, at: number, distance: number): void {
  if (distance < -(2 ** 20) || distance >= 2 ** 20) throw new RangeError('jal out of reach');
  const bits = ((distance & 0x100000) << 11) | ((distance & 0x7fe) << 20) | ((distance & 0x800) << 9) | (distance & 0xff000);
  view.setUint32(at, (0x6f | (RA << 7) | bits) >>> 0, true);
}
