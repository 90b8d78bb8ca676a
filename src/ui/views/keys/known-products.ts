/** Products that somebody may want to trust a key for: those of the library, and those that run on devices. Pure. */
import type { DeviceRecord, FirmwareRecord } from '../../../app/model.ts';

export function knownProducts(firmware: readonly FirmwareRecord[], devices: readonly DeviceRecord[]): readonly string[] {
  const ofLibrary = firmware.filter(({ kind }) => kind === 'app').map(({ name }) => name);
  const ofDevices = devices.map(({ lastInfo }) => lastInfo?.project ?? '');
  return [...new Set([...ofLibrary, ...ofDevices].filter((name) => name !== ''))].sort((a, b) => a.localeCompare(b));
}
