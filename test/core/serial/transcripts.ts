/** The golden transcripts: what the reference tool and real mask ROMs said to each other. Not part of the project; see `shared-data.ts`. */
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { SlipDecoder } from '../../../src/core/serial/slip.ts';
import { sharedData } from '../../doubles/shared-data.ts';

export interface Piece {
  readonly from: 'host' | 'chip';
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Transcript {
  readonly name: string;
  readonly pieces: readonly Piece[];
}

const text = new TextDecoder();

async function load(name: string): Promise<Transcript | undefined> {
  const file = await sharedData(`vectors/serial/${name}.jsonl`);
  if (!file) return undefined;
  const lines = text.decode(file).trim().split('\n');
  const pieces = lines.map((line) => {
    const { d, hex } = JSON.parse(line) as { d: '>' | '<'; hex: string };
    return { from: d === '>' ? ('host' as const) : ('chip' as const), bytes: fromHex(hex) };
  });
  return { name, pieces };
}

/** All of them; empty where they are absent. */
export async function allTranscripts(): Promise<readonly Transcript[]> {
  const index = await sharedData('vectors/serial/INDEX.txt');
  if (!index) return [];
  const names = text
    .decode(index)
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0]!);
  return (await Promise.all(names.map(load))).filter((transcript) => transcript !== undefined);
}

export interface Frame {
  readonly from: 'host' | 'chip';
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** As it was on the wire. */
  readonly piece: Uint8Array<ArrayBuffer>;
  /** The stub has greeted before. */
  readonly byStub: boolean;
}

/** Frames of both sides in order, and what the chip printed between them. */
export function framesOf({ pieces }: Transcript): { readonly frames: readonly Frame[]; readonly printed: string } {
  let printed = '';
  let byStub = false;
  const decoders = {
    host: new SlipDecoder(),
    chip: new SlipDecoder({ onText: (bytes) => (printed += String.fromCharCode(...bytes)) }),
  };
  const frames: Frame[] = [];
  for (const { from, bytes: piece } of pieces) {
    for (const bytes of decoders[from].push(piece)) {
      frames.push({ from, bytes, piece, byStub });
      if (from === 'chip' && text.decode(bytes) === 'OHAI') byStub = true;
    }
  }
  return { frames, printed };
}
