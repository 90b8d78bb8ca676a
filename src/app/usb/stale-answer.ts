/** What a device said of its flash is no longer so once a cable changed it: of its last answer stays what no flash holds. Pure. */
import type { DeviceInfo } from '../../core/ota/device-contract.ts';

/** The chip itself, and where it answered. */
export function withoutFirmware(info: DeviceInfo): DeviceInfo {
  const { project: _, running: _r, next_boot: _n, slots: _s, partitions: _p, accepts_default_password: _a, ...chip } = info;
  return { ...chip, version: '', build_date: '', sketch_size: 0, free_sketch_space: 0 };
}
