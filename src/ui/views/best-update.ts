/** Which firmware of the library a device would gain from. Only what compares as newer is ever proposed. */
import type { FirmwareRecord } from '../../app/model.ts';
import { wayBack } from '../../app/way-back.ts';
import type { DeviceInfo, DeviceSlot } from '../../core/ota/device-contract.ts';
import { compareVersions } from '../../core/ota/version.ts';

/** `1.2.0-rc1`; Semantic Versioning 2.0.0 §9. */
const PRERELEASE = /^v?[\d.]+-/i;

/** A newer version that lies in the other slot already, and needs no more than a switch. */
export function waitingUpdate(info: DeviceInfo | undefined): DeviceSlot | undefined {
  const slot = info && wayBack(info);
  return slot && slot.project === info.project && compareVersions(slot.version, info.version) === 1 ? slot : undefined;
}

/** The newest application of the same project and chip that is newer than what runs and what waits beside it; undefined when there is none. */
export function bestUpdate(info: DeviceInfo | undefined, records: readonly FirmwareRecord[]): FirmwareRecord | undefined {
  if (!info?.project || !info.chip) return undefined;
  let best: FirmwareRecord | undefined;
  const newest = waitingUpdate(info)?.version ?? info.version;
  for (const record of records) {
    const isFor = record.kind === 'app' && record.chip === info.chip && record.name === info.project;
    // Damaged ones and pre-releases can be chosen by hand; nobody is led to them.
    const isSound = record.versionCertain && record.intact !== false && !PRERELEASE.test(record.version);
    if (!isFor || !isSound || compareVersions(record.version, best?.version ?? newest) !== 1) continue;
    best = record;
  }
  return best;
}
