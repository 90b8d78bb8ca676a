/**
 * What a device's `info` proves about an update. Pure. The strongest proof is the SHA-256 of the slot that runs; a device
 * without slots can only be believed by its version, and only when that version is another than before.
 */
import type { DeviceInfo, DeviceSlot } from '../core/ota/device-contract.ts';
import type { UpdateErrorCode } from './errors.ts';
import type { FirmwareRecord, UpdateProof } from './model.ts';

/** What was there, and what was sent. */
export interface Expectation {
  readonly before: DeviceInfo;
  readonly beforeAt: number;
  readonly firmware: FirmwareRecord;
  /** Slot that the device wrote; empty when it does not say. */
  readonly slot: string;
  /** Of the whole file, and of the image in it when the file is longer. */
  readonly acceptedSha256s: readonly string[];
}

export type Judgement =
  | { readonly verdict: 'confirmed' }
  /** Nothing is wrong, but the firmware has not confirmed itself yet. */
  | { readonly verdict: 'pending' }
  | { readonly verdict: 'rolled-back' }
  | { readonly verdict: 'unproven'; readonly code: UpdateErrorCode };

/** Clocks of small devices drift, and `uptime_s` is rounded. */
const UPTIME_TOLERANCE_S = 2;

const runningSlot = (info: DeviceInfo): DeviceSlot | undefined => info.slots?.find((slot) => slot.label === info.running);

/** Whether this answer can only come from a boot after `before`, even when the absence itself was never seen. */
export function hasRestarted(expected: Expectation, info: DeviceInfo, at: number): boolean {
  const { before, beforeAt } = expected;
  if (info.running !== before.running) return true;
  // It counts unproven boots and falls back to zero without one, so only a rise tells of a boot.
  if (info.boot_count !== undefined && before.boot_count !== undefined && info.boot_count > before.boot_count) return true;
  if (info.uptime_s !== undefined && before.uptime_s !== undefined) {
    const uptimeWithoutRestartS = before.uptime_s + (at - beforeAt) / 1000;
    if (uptimeWithoutRestartS - info.uptime_s > UPTIME_TOLERANCE_S) return true;
  }
  return info.slots === undefined && info.version !== before.version;
}

function judgeByVersion({ before, firmware }: Expectation, info: DeviceInfo): Judgement {
  if (info.version === before.version) {
    const provesNothing = firmware.version === before.version || !firmware.versionCertain;
    return provesNothing ? { verdict: 'unproven', code: 'NOT_PROVEN' } : { verdict: 'rolled-back' };
  }
  return info.version === firmware.version ? { verdict: 'confirmed' } : { verdict: 'unproven', code: 'NOT_PROVEN' };
}

function judgeBySlot(expected: Expectation, info: DeviceInfo, slot: DeviceSlot): Judgement {
  if (slot.label !== expected.slot) return { verdict: 'rolled-back' };
  if (slot.sha256 !== '' && !expected.acceptedSha256s.includes(slot.sha256)) return { verdict: 'unproven', code: 'SLOT_DIFFERS' };
  if (slot.state !== 'VALID') return { verdict: 'pending' };
  // A slot without a hash is believed only when it names the version that was sent.
  const isProven = slot.sha256 !== '' || info.version === expected.firmware.version;
  return isProven ? { verdict: 'confirmed' } : { verdict: 'unproven', code: 'NOT_PROVEN' };
}

/** For the answer of a device that has restarted. */
export function judge(expected: Expectation, info: DeviceInfo): Judgement {
  const slot = runningSlot(info);
  return slot && expected.slot !== '' ? judgeBySlot(expected, info, slot) : judgeByVersion(expected, info);
}

export function proofOf(expected: Expectation, info: DeviceInfo, awayMs: number, confirmMs?: number): UpdateProof {
  const slot = runningSlot(info);
  const sha256Before = new Map(expected.before.slots?.map((slot) => [slot.label, slot.sha256]));
  const kept = (info.slots ?? []).filter((slot) => {
    const before = sha256Before.get(slot.label);
    return slot.label !== expected.slot && before !== undefined && before !== '' && before === slot.sha256;
  });
  return {
    version: info.version,
    awayMs,
    keptSlots: kept.map((slot) => slot.label),
    ...(confirmMs === undefined ? {} : { confirmMs }),
    ...(slot ? { runningSlot: slot.label, slotSha256: slot.sha256, slotState: slot.state } : {}),
  };
}
