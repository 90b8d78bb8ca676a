/** What two answers of a device tell of its slots and its boots. Pure. */
import type { DeviceInfo, DeviceSlot } from '../core/ota/device-contract.ts';

/** The slot that a rollback would start: it holds an image that the boot loader has not given up. */
export function wayBack(info: DeviceInfo): DeviceSlot | undefined {
  return info.slots?.find(
    (slot) =>
      slot.label !== info.running && slot.state !== 'EMPTY' && slot.state !== 'INVALID' && slot.state !== 'ABORTED' && slot.sha256 !== '',
  );
}

/** It has started since `before`. */
export const isYounger = (info: DeviceInfo, before: DeviceInfo): boolean =>
  info.uptime_s !== undefined && before.uptime_s !== undefined && info.uptime_s < before.uptime_s;
