/**
 * Flash mode, frequency and size in the header of a boot loader, changed as the reference tool changes them: bytes 2 and 3 of the image at
 * the chip's boot loader offset and of no other, the appended SHA-256 made anew where the header says that there is one.
 */
import { sha256 } from '../bytes/sha256.ts';
import { CHIPS, FLASH_MODES } from '../image/chips.ts';
import type { ChipName, EspImage } from '../image/model.ts';
import type { FlashSettings } from './model.ts';

const MODE_BYTE = 2;
const SIZE_AND_FREQUENCY_BYTE = 3;
/** Leaves what the image has. */
const KEEP = 'keep';
const DETECT = 'detect';
const MIB = 2 ** 20;

export interface FlashWish {
  readonly chip: ChipName;
  readonly settings: FlashSettings;
  /** Of the flash chip, for `detect`; without it the image keeps its size. */
  readonly flashBytes: number | undefined;
}

/** A copy with the settings in it; `undefined` when nothing changes, or nothing may: a signature covers the header. */
export async function patchFlashSettings(
  bytes: Uint8Array<ArrayBuffer>,
  image: EspImage,
  wish: FlashWish,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const mode = bytes[MODE_BYTE];
  const sizeAndFrequency = bytes[SIZE_AND_FREQUENCY_BYTE];
  if (mode === undefined || sizeAndFrequency === undefined || image.secureBoot.length > 0) return undefined;
  const { flashSizes, flashFrequencies, sharedFrequencies } = CHIPS[wish.chip];
  const { settings, flashBytes } = wish;
  const newMode = codeOf(FLASH_MODES, settings.mode) ?? mode;
  const size = codeOf(flashSizes, settings.size === DETECT ? sizeName(flashBytes) : settings.size) ?? sizeAndFrequency >>> 4;
  const frequency =
    codeOf(flashFrequencies, settings.frequency) ?? codeOf(sharedFrequencies, settings.frequency) ?? sizeAndFrequency & 0x0f;
  if (newMode === mode && ((size << 4) | frequency) === sizeAndFrequency) return undefined;
  const patched = bytes.slice();
  patched[MODE_BYTE] = newMode;
  patched[SIZE_AND_FREQUENCY_BYTE] = (size << 4) | frequency;
  const hash = image.appendedHash?.offset;
  if (hash !== undefined) patched.set(await sha256(patched.subarray(0, hash)), hash);
  return patched;
}

/** As the header's size codes are named; `keep` when it is not known. */
function sizeName(flashBytes: number | undefined): string {
  if (flashBytes === undefined) return KEEP;
  return flashBytes >= MIB ? `${flashBytes / MIB}MB` : `${flashBytes / 1024}KB`;
}

/** `undefined` for `keep`, and for what this chip's header cannot say. */
function codeOf(names: Readonly<Record<number, string>>, wanted: string): number | undefined {
  const found = Object.entries(names).find(([, name]) => name.toLowerCase() === wanted.toLowerCase());
  return found ? Number(found[0]) : undefined;
}
