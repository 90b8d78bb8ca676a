/**
 * UF2 (github.com/microsoft/uf2): 512-byte blocks, each with its own flash address, for drag-and-drop boot loaders.
 * A file may carry several sequences of blocks, one per part, each numbered from 0.
 */
import { hexNumber, toHex } from '../bytes/hex.ts';
import { md5Hex } from '../bytes/md5.ts';
import { Pacer } from '../bytes/pacer.ts';
import { ByteReader } from '../bytes/reader.ts';
import { chipByUf2Family } from './chips.ts';
import type { FlashRun } from './flash-runs.ts';
import { FlashRunCollector } from './flash-runs.ts';
import { ImageError, failWith } from './image-error.ts';
import type { ChipName } from './model.ts';

const BLOCK = 512;
const DATA_OFFSET = 32;
const DATA_BYTES = 476;
const MD5_BYTES = 24;

const MAGIC_1 = 0x0a324655;
const MAGIC_2 = 0x9e5d5157;
const MAGIC_END = 0x0ab16f30;

const FLAG = { notMainFlash: 0x1, fileContainer: 0x1000, family: 0x2000, md5: 0x4000 } as const;

export interface Uf2 {
  /** Absent when no block names a family. */
  readonly chip?: ChipName;
  readonly runs: readonly FlashRun[];
}

interface Block {
  readonly offset: number;
  readonly flags: number;
  readonly address: number;
  readonly number: number;
  readonly count: number;
  readonly family: number;
  readonly payload: Uint8Array;
  /** Everything between header and end magic. */
  readonly data: Uint8Array;
}

export function hasUf2Magic(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return view.getUint32(0, true) === MAGIC_1 && view.getUint32(4, true) === MAGIC_2;
}

/** Rejects with an `ImageError` for every rule that is broken. */
export const parseUf2 = (bytes: Uint8Array, pacer = new Pacer()): Promise<Uf2> => pacer.finish(uf2Steps(bytes));

/** Block by block. @throws ImageError */
function* uf2Steps(bytes: Uint8Array): Generator<number, Uf2> {
  if (bytes.length === 0) throw new ImageError('UF2_BLOCK', 'a UF2 file has at least one block', 0);
  const reader = new ByteReader(bytes, failWith('IMAGE_TRUNCATED'));
  const collector = new FlashRunCollector(bytes.length);
  const sequence = new Sequence();
  let chip: ChipName | undefined;
  while (reader.remaining > 0) {
    yield BLOCK;
    const block = readBlock(reader);
    sequence.accept(block);
    if ((block.flags & (FLAG.notMainFlash | FLAG.fileContainer)) !== 0) continue;
    chip = sameChip(chip, block);
    if ((block.flags & FLAG.md5) !== 0) verifyMd5(block);
    collector.add(block.address, block.payload, block.offset);
  }
  sequence.end(bytes.length);
  return { ...(chip && { chip }), runs: collector.finish() };
}

function readBlock(reader: ByteReader): Block {
  const offset = reader.position;
  if (reader.u32le('a block') !== MAGIC_1 || reader.u32le('a block') !== MAGIC_2) {
    throw new ImageError('UF2_BLOCK', 'a block starts with its two magic numbers', offset);
  }
  const flags = reader.u32le('a block');
  const address = reader.u32le('a block');
  const size = reader.u32le('a block');
  const number = reader.u32le('a block');
  const count = reader.u32le('a block');
  const family = reader.u32le('a block');
  const data = reader.bytes(DATA_BYTES, 'a block');
  if (size > DATA_BYTES) throw new ImageError('UF2_BLOCK', `a block holds at most ${DATA_BYTES} bytes, not ${size}`, offset + 16);
  if (reader.u32le('a block') !== MAGIC_END)
    throw new ImageError('UF2_BLOCK', 'a block ends with its third magic number', offset + BLOCK - 4);
  return { offset, flags, address, number, count, family, payload: data.subarray(0, size), data };
}

/** Blocks of a part come in order, 0 to count − 1; then the next part may start at 0 again. */
class Sequence {
  #next = 0;
  #count = 0;

  accept({ offset, number, count }: Block): void {
    const starts = this.#next === this.#count;
    if (starts ? number !== 0 || count === 0 : number !== this.#next || count !== this.#count) {
      const expected = starts ? 'block 0 of a part' : `block ${this.#next} of ${this.#count}`;
      throw new ImageError('UF2_SEQUENCE', `${expected} is due, found block ${number} of ${count}`, offset + 20);
    }
    this.#next = number + 1;
    this.#count = count;
  }

  end(fileLength: number): void {
    if (this.#next !== this.#count)
      throw new ImageError('IMAGE_TRUNCATED', `the file ends before block ${this.#next} of ${this.#count}`, fileLength);
  }
}

function sameChip(chip: ChipName | undefined, { flags, family, offset }: Block): ChipName | undefined {
  if ((flags & FLAG.family) === 0) return chip;
  const named = chipByUf2Family(family)?.name;
  if (!named) throw new ImageError('UF2_FAMILY', `family ${hexNumber(family)} belongs to no known chip`, offset + 28);
  if (chip && chip !== named) throw new ImageError('UF2_FAMILY', `blocks for ${chip} and ${named} in one file`, offset + 28);
  return named;
}

/** Espressif's extension: address and length of the data, then its MD5, right behind it. */
function verifyMd5({ offset, address, payload, data }: Block): void {
  const at = offset + DATA_OFFSET + payload.length;
  if (payload.length + MD5_BYTES > DATA_BYTES) throw new ImageError('UF2_MD5', 'the block has no room for its MD5', at);
  const view = new DataView(data.buffer, data.byteOffset + payload.length, MD5_BYTES);
  const covers = view.getUint32(0, true) === address && view.getUint32(4, true) === payload.length;
  if (!covers) throw new ImageError('UF2_MD5', 'the MD5 is for other data than the block’s', at);
  if (toHex(data.subarray(payload.length + 8, payload.length + MD5_BYTES)) !== md5Hex(payload)) {
    throw new ImageError('UF2_MD5', 'the block’s data does not match its MD5', at + 8);
  }
}
