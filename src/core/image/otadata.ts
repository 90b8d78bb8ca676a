/**
 * The OTA data partition: two entries in two flash sectors that say which slot boots.
 * Source: ESP-IDF `esp_flash_partitions.h` (`esp_ota_select_entry_t`), `bootloader_common.c`.
 */
import { crc32 } from '../bytes/crc32.ts';
import { ByteReader } from '../bytes/reader.ts';
import { ImageError, failWith } from './image-error.ts';
import type { Otadata, OtadataEntry, OtaState } from './model.ts';

/** The second entry has a sector of its own, so that one always survives. */
export const OTADATA_SECTOR = 0x1000;
export const OTADATA_BYTES = 2 * OTADATA_SECTOR;
export const OTADATA_ENTRY_BYTES = 32;

const ERASED_SEQ = 0xffff_ffff;
const LABEL_BYTES = 20;

/** `esp_ota_img_states_t` */
const STATES = {
  NEW: 0,
  PENDING_VERIFY: 1,
  VALID: 2,
  INVALID: 3,
  ABORTED: 4,
  UNDEFINED: 0xffff_ffff,
} as const satisfies Record<OtaState, number>;

const NEVER_BOOTS: ReadonlySet<OtaState> = new Set(['INVALID', 'ABORTED']);

/**
 * @param bytes the partition, or a file of it: both sectors
 * @throws ImageError when it is shorter
 */
export function parseOtadata(bytes: Uint8Array): Otadata {
  if (bytes.length < OTADATA_SECTOR + OTADATA_ENTRY_BYTES) {
    throw new ImageError('OTADATA_SIZE', `otadata has two sectors of ${OTADATA_SECTOR} bytes, not ${bytes.length} bytes`, bytes.length);
  }
  return otadataOf([parseOtadataEntry(bytes), parseOtadataEntry(bytes, OTADATA_SECTOR)]);
}

export function otadataOf(entries: Otadata['entries']): Otadata {
  const active = activeEntry(entries);
  return { entries, ...(active !== undefined && { active }) };
}

/** @throws ImageError when `bytes` end within it */
export function parseOtadataEntry(bytes: Uint8Array, offset = 0): OtadataEntry {
  const reader = new ByteReader(bytes.subarray(offset), failWith('OTADATA_SIZE'), offset);
  const seq = reader.u32le();
  const labelBytes = reader.bytes(LABEL_BYTES);
  const label = labelBytes[0] === 0xff ? '' : decodeLabel(labelBytes);
  const stateCode = reader.u32le();
  const crc = reader.u32le();
  const state = stateFromCode(stateCode);
  return { seq, label, state, counts: seq !== ERASED_SEQ && crc === otadataCrc(seq) && !NEVER_BOOTS.has(state) };
}

function decodeLabel(bytes: Uint8Array): string {
  return new ByteReader(bytes, failWith('OTADATA_SIZE')).text(LABEL_BYTES);
}

/** The boot loader asks only whether a state is INVALID or ABORTED; a number it does not know is UNDEFINED to it. */
function stateFromCode(code: number): OtaState {
  const known = Object.entries(STATES).find(([, value]) => value === code);
  return (known?.[0] as OtaState | undefined) ?? 'UNDEFINED';
}

/** The entry with the higher sequence number; of equal ones the first, as `bootloader_common_select_otadata` has it. */
function activeEntry([first, second]: Otadata['entries']): 0 | 1 | undefined {
  if (first.counts && second.counts) return second.seq > first.seq ? 1 : 0;
  if (first.counts) return 0;
  return second.counts ? 1 : undefined;
}

/** `esp_rom_crc32_le(UINT32_MAX, seq, 4)`: only the sequence number is protected. */
export function otadataCrc(seq: number): number {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, seq, true);
  return crc32(bytes, 0xffff_ffff);
}

/** The 32 bytes at the start of one sector; the label is left erased, as ESP-IDF leaves it. */
export function encodeOtadataEntry(entry: { readonly seq: number; readonly state: OtaState }): Uint8Array<ArrayBuffer> {
  if (!Number.isInteger(entry.seq) || entry.seq < 0 || entry.seq > 0xffff_ffff) throw new RangeError(`${entry.seq} is no sequence number`);
  const bytes = new Uint8Array(OTADATA_ENTRY_BYTES).fill(0xff);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, entry.seq, true);
  view.setUint32(24, STATES[entry.state], true);
  view.setUint32(28, otadataCrc(entry.seq), true);
  return bytes;
}

/** Index of the OTA slot that sequence number `seq` boots, of `slotCount` slots. */
export function otaSlotForSeq(seq: number, slotCount: number): number {
  // `- 1` in unsigned 32-bit arithmetic: sequence number 0 is 0xFFFFFFFF there.
  return ((seq - 1) >>> 0) % slotCount;
}

/** The least sequence number above `seq` (undefined = none yet) that boots slot `slot` of `slotCount`. */
export function nextSeqForSlot(seq: number | undefined, slot: number, slotCount: number): number {
  let next = (seq ?? 0) + 1;
  while (otaSlotForSeq(next, slotCount) !== slot) next++;
  return next;
}
