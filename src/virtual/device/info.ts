/** `GET info`: what the device says of itself. */
import { ImageError } from '../../core/image/image-error.ts';
import type { DeviceInfo, DeviceSlot } from '../../core/ota/device-contract.ts';
import type { Board } from '../board.ts';
import { chipModel } from '../chip-model.ts';
import { checksSignatures, provisionedKeys } from './trusted-keys.ts';
import { imageProblem, type AppSlot } from '../slots.ts';

/** @param writing label of the partition that an update writes just now */
export async function describeDevice(board: Board, id: string, nowMs: number, writing: string | undefined): Promise<DeviceInfo> {
  const { state, running, slots, flash } = board;
  const vitals = board.vitals(nowMs, writing !== undefined);
  if (vitals.freeHeap < state.heapLow) board.change({ heapLow: vitals.freeHeap });
  const found = running && (await board.imageIn(running));
  const image = found instanceof ImageError ? undefined : found;
  const descriptor = image?.image.appDescriptor;
  const nextBoot = board.nextBoot;
  const trustedKeys = await provisionedKeys(state.bench);
  return {
    version: descriptor?.version ?? '',
    build_date: descriptor ? `${descriptor.date} ${descriptor.time}` : '',
    ip: `192.168.4.${2 + (state.seed % 250)}`,
    rssi: vitals.rssi,
    free_heap: vitals.freeHeap,
    sketch_size: image?.length ?? 0,
    free_sketch_space: board.updateTarget?.size ?? 0,
    chip_id: state.mac.replaceAll(':', ''),
    device_id: id,
    project: descriptor?.projectName ?? '',
    hardware: `virtual ${state.bench.chip} board`,
    chip: state.bench.chip,
    chip_revision: chipModel(state.bench.chip).revision,
    mac: state.mac,
    uptime_s: Math.floor((nowMs - state.power.bootedAt) / 1000),
    reset_reason: state.power.reason,
    ...(running && { running: running.label }),
    ...(nextBoot && { next_boot: nextBoot.label }),
    slots: await Promise.all(slots.app.map((slot) => describeSlot(board, slot, slot.label === writing))),
    flash_size: flash.size,
    ...(image && { flash_mode: image.image.flashMode, flash_frequency: image.image.flashFrequency }),
    partitions: slots.partitions.map(({ label, type, subtype, offset, size }) => ({ label, type, subtype, offset, size })),
    min_free_heap: Math.min(state.heapLow, vitals.freeHeap),
    secure_version: state.secureVersion,
    accepts_default_password: state.bench.acceptsDefaultPassword,
    boot_count: state.bootCount,
    signature_required: checksSignatures(state.bench),
    trusted_keys: trustedKeys.map(({ fingerprint }) => fingerprint),
  };
}

async function describeSlot(board: Board, slot: AppSlot, isWritten: boolean): Promise<DeviceSlot> {
  const place = { label: slot.label, offset: slot.offset, size: slot.size };
  const nothing = { ...place, version: '', project: '', sha256: '', image_size: 0 };
  // Half an image is none; reading it with each poll would cost the update its speed.
  if (isWritten) return { ...nothing, state: 'INVALID', unfinished: true };
  const found = await board.imageIn(slot);
  if (found instanceof ImageError || imageProblem(found.image) !== undefined) {
    if (board.slots.isErased(slot)) return { ...nothing, state: 'EMPTY' };
    return { ...nothing, state: 'INVALID', ...(board.isUnproven(slot) && { unfinished: true }) };
  }
  return {
    ...place,
    version: found.image.appDescriptor?.version ?? '',
    project: found.image.appDescriptor?.projectName ?? '',
    sha256: found.sha256,
    image_size: found.length,
    state: slot.otaIndex < 0 ? 'FACTORY' : board.slotState(slot),
  };
}
