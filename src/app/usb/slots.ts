/**
 * otadata by hand, as ESP-IDF's `esp_ota_ops.c` writes it: the entry that is not in use gets the next sequence number, in a sector of its own,
 * so that a cut in the middle leaves the old choice. Pure: says which sector gets which bytes.
 */
import type { PlannedWrite } from '../../core/bundle/plan-model.ts';
import { nextBootSlot, otadataAfter, otaSlots, otadataPartition } from '../../core/bundle/boot-slot.ts';
import type { Otadata, Partition } from '../../core/image/model.ts';
import {
  OTADATA_BYTES,
  OTADATA_SECTOR,
  encodeOtadataEntry,
  nextSeqForSlot,
  otaSlotForSeq,
  parseOtadata,
} from '../../core/image/otadata.ts';
import type { SlotOnChip } from './model.ts';
import { UsbError } from './usb-errors.ts';

const ERASED_SEQ = 0xffff_ffff;

export interface SlotScene {
  readonly partitions: readonly Partition[];
  readonly otadata: Otadata | undefined;
  readonly slots: readonly SlotOnChip[];
}

/** Makes `label` the slot that starts next. */
export function selectSlotWrites(label: string, scene: SlotScene): readonly PlannedWrite[] {
  const { at, slot, otadata } = lookUp(label, scene);
  if (!slot.app) throw new UsbError('SLOT_IS_EMPTY', 'nothing could start there', { label });
  // Without an entry that counts, the factory application starts.
  if (slot.otaIndex < 0) return [entryWrite(at, 0), entryWrite(at, 1)];
  const active = otadata.active === undefined ? undefined : otadata.entries[otadata.active];
  const seq = nextSeqForSlot(active?.seq, slot.otaIndex, otaSlots(scene.partitions).length);
  // `esp_ota_set_boot_partition` without rollback: no state, so no boot loader waits for a confirmation that nobody will give.
  return [entryWrite(at, otadata.active === 0 ? 1 : 0, { seq, state: 'UNDEFINED' })];
}

/** `label` does not start any more, until something new is written there and chosen. */
export function invalidateSlotWrites(label: string, scene: SlotScene): readonly PlannedWrite[] {
  const { at, slot, otadata } = lookUp(label, scene);
  const count = otaSlots(scene.partitions).length;
  const isOf = (seq: number): boolean => seq !== ERASED_SEQ && slot.otaIndex >= 0 && otaSlotForSeq(seq, count) === slot.otaIndex;
  const writes = otadata.entries.flatMap(({ seq }, index) => (isOf(seq) ? [entryWrite(at, index, { seq, state: 'INVALID' })] : []));
  const next = nextBootSlot(scene.partitions, otadataAfter(scene, scene.partitions, { writes, erases: [] }));
  const nextApp = scene.slots.find((other) => other.label === next?.label)?.app;
  if (writes.length === 0 || next?.label === label || !nextApp)
    throw new UsbError('SLOT_IS_LAST', 'nothing else would start', { label, next: next?.label ?? '' });
  return writes;
}

function lookUp(label: string, { partitions, otadata, slots }: SlotScene) {
  const slot = slots.find((candidate) => candidate.label === label);
  if (!slot) throw new UsbError('SLOT_UNKNOWN', 'no such slot', { label });
  const partition = otadataPartition(partitions);
  if (!partition) throw new UsbError('NO_OTADATA', 'nothing chooses between slots here', { label });
  return { slot, at: partition.offset, otadata: otadata ?? parseOtadata(new Uint8Array(OTADATA_BYTES).fill(0xff)) };
}

/** A whole sector, so that nothing of the old entry is left; without an entry it is erased. */
function entryWrite(at: number, index: number, entry?: Parameters<typeof encodeOtadataEntry>[0]): PlannedWrite {
  const bytes = new Uint8Array(OTADATA_SECTOR).fill(0xff);
  if (entry) bytes.set(encodeOtadataEntry(entry));
  return { name: 'otadata', role: 'otadata', offset: at + index * OTADATA_SECTOR, length: bytes.length, bytes, patched: false };
}
