/**
 * Numbers that lie in bits of 32-bit registers, described once and used both ways: a flasher reads them, the virtual chip puts them there.
 * Knows no chip.
 */

/** `width` bits from bit `shift` on of the register at `address`. */
interface BitPiece {
  readonly address: number;
  readonly shift: number;
  readonly width: number;
}

/** Least significant piece first: eFuse fields that grew later have their upper bits somewhere else. At most 48 bits. */
export type RegisterField = readonly BitPiece[];

export type ReadRegister = (address: number) => Promise<number>;

export interface RegisterWrite {
  readonly address: number;
  readonly value: number;
  /** Only the bits that are set here. Absent: all. */
  readonly mask?: number;
  /** Before it. */
  readonly delayMicroseconds?: number;
}

export interface RegisterAccess {
  readonly read: ReadRegister;
  /** One after the other, in one command: ROMs and stubs take several (the reference tool's tests of both). */
  readonly write: (...writes: readonly RegisterWrite[]) => Promise<void>;
}

/** Registers of a chip by address; what is absent reads as 0. */
export type RegisterWords = Map<number, number>;

/** Pieces in the block of registers that starts at `base`: `bits(word, shift, width)`. */
export const registerBlock =
  (base: number) =>
  (word: number, shift: number, width: number): BitPiece => ({ address: base + 4 * word, shift, width });

// Powers of two instead of shifts: a MAC has 48 bits, and bit operators stop at 32.
const take = (value: number, { shift, width }: BitPiece) => Math.floor(value / 2 ** shift) % 2 ** width;

export async function readField(field: RegisterField, read: ReadRegister): Promise<number> {
  const words: RegisterWords = new Map();
  for (const { address } of field) words.set(address, await read(address));
  return takeField(field, (address) => words.get(address) ?? 0);
}

/** As `readField`, where nobody has to be waited for. */
export function takeField(field: RegisterField, read: (address: number) => number): number {
  let value = 0;
  let weight = 1;
  for (const piece of field) {
    value += take(read(piece.address) >>> 0, piece) * weight;
    weight *= 2 ** piece.width;
  }
  return value;
}

/** `value` into the field of a chip, and no other bit of those registers. */
export function fieldWrites(field: RegisterField, value: number): readonly RegisterWrite[] {
  return field.map(({ address, shift, width }, i) => {
    const below = field.slice(0, i).reduce((sum, piece) => sum + piece.width, 0);
    const part = Math.floor(value / 2 ** below) % 2 ** width;
    return { address, value: part * 2 ** shift, mask: (2 ** width - 1) * 2 ** shift };
  });
}

/** Changes the bits of the field in `words` and no others. @throws RangeError when `value` needs more bits. */
export function writeField(field: RegisterField, value: number, words: RegisterWords): void {
  let rest = value;
  for (const piece of field) {
    const { address, shift, width } = piece;
    const part = rest % 2 ** width;
    rest = Math.floor(rest / 2 ** width);
    const old = words.get(address) ?? 0;
    words.set(address, old + (part - take(old, piece)) * 2 ** shift);
  }
  if (rest !== 0 || value < 0) throw new RangeError(`${value} does not fit ${field.reduce((sum, { width }) => sum + width, 0)} bits`);
}
