/**
 * Writes UF2 (github.com/microsoft/uf2): the inverse of `parseUf2`. Each run becomes a sequence of blocks of its own, numbered from 0, with the
 * family of its chip and Espressif's MD5 per block.
 */
import { md5 } from '../bytes/md5.ts';
import { CHIPS } from './chips.ts';
import type { FlashRun } from './flash-runs.ts';
import type { ChipName } from './model.ts';

const BLOCK = 512;
const DATA_OFFSET = 32;
/** Blocks of a piece: some milliseconds of work. */
const PIECE = 1024;
/** As every tool writes it, so that readers which know no other size can read it. */
const PAYLOAD = 256;
const MAGIC_1 = 0x0a324655;
const MAGIC_2 = 0x9e5d5157;
const MAGIC_END = 0x0ab16f30;
const FLAGS_FAMILY_AND_MD5 = 0x2000 | 0x4000;

/** The file piece by piece, for whoever has something else to do in between. */
export function* uf2Pieces(runs: readonly FlashRun[], chip: ChipName): Generator<Uint8Array<ArrayBuffer>, void> {
  const family = CHIPS[chip].uf2Family;
  for (const { flashOffset, bytes } of runs) {
    const count = Math.ceil(bytes.length / PAYLOAD);
    for (let first = 0; first < count; first += PIECE) {
      const piece = new Uint8Array(Math.min(PIECE, count - first) * BLOCK);
      for (let at = 0; at < piece.length; at += BLOCK) {
        const number = first + at / BLOCK;
        const payload = bytes.subarray(number * PAYLOAD, (number + 1) * PAYLOAD);
        writeBlock(piece.subarray(at, at + BLOCK), payload, { address: flashOffset + number * PAYLOAD, number, count, family });
      }
      yield piece;
    }
  }
}

interface BlockPlace {
  readonly address: number;
  readonly number: number;
  readonly count: number;
  readonly family: number;
}

function writeBlock(block: Uint8Array, payload: Uint8Array, { address, number, count, family }: BlockPlace): void {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const header = [MAGIC_1, MAGIC_2, FLAGS_FAMILY_AND_MD5, address, payload.length, number, count, family];
  header.forEach((word, index) => view.setUint32(index * 4, word, true));
  block.set(payload, DATA_OFFSET);
  const sum = DATA_OFFSET + payload.length;
  view.setUint32(sum, address, true);
  view.setUint32(sum + 4, payload.length, true);
  block.set(md5(payload), sum + 8);
  view.setUint32(BLOCK - 4, MAGIC_END, true);
}
