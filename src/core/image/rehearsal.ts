/**
 * How a virtual device is told to misbehave: a marker inside the firmware, so that the file itself is the rehearsal and every
 * door (USB, HTTP, a broker) sees the same behaviour. A real chip reads it as one more constant string.
 *
 * Layout, in the first segment (DROM) right after the 256-byte application descriptor:
 *   16 bytes  ASCII `OTTER-REHEARSAL:`
 *   1–32      ASCII word, NUL-terminated: `healthy`, `crash-at-boot` or `never-confirms`
 * No marker, or a word that this version does not know, means `healthy`.
 */
import { APP_DESCRIPTOR_BYTES } from './descriptors.ts';
import type { EspImage } from './model.ts';

export const REHEARSALS = ['healthy', 'crash-at-boot', 'never-confirms'] as const;
/** `crash-at-boot`: panics before the application starts. `never-confirms`: runs, but never marks its slot valid. */
export type Rehearsal = (typeof REHEARSALS)[number];

const MAGIC = 'OTTER-REHEARSAL:';
/** Room for the word and its NUL; the marker keeps the data behind it 16-byte aligned. */
const WORD_BYTES = 32;

/** The 48 bytes that go in front of the first segment's data. */
export function encodeRehearsal(rehearsal: Rehearsal): Uint8Array<ArrayBuffer> {
  const marker = new Uint8Array(MAGIC.length + WORD_BYTES);
  new TextEncoder().encodeInto(MAGIC + rehearsal, marker);
  return marker;
}

/** What the image wants to rehearse. `bytes` is the image that `image` was parsed from. */
export function findRehearsal(bytes: Uint8Array, image: Rehearsing): Rehearsal {
  return markedRehearsal(bytes, image) ?? 'healthy';
}

type Rehearsing = Pick<EspImage, 'segments' | 'appDescriptor'>;

/** `undefined` where nothing is marked: firmware from elsewhere, of which nobody here knows what it would do. */
export function markedRehearsal(bytes: Uint8Array, image: Rehearsing): Rehearsal | undefined {
  const first = image.segments[0];
  if (!image.appDescriptor || !first) return undefined;
  const start = first.offset + APP_DESCRIPTOR_BYTES;
  const end = Math.min(start + MAGIC.length + WORD_BYTES, first.offset + first.length, bytes.length);
  const [text = ''] = String.fromCharCode(...bytes.subarray(start, Math.max(start, end))).split('\0', 1);
  return REHEARSALS.find((word) => text === MAGIC + word);
}
