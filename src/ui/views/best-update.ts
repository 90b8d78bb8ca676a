/** Which firmware of the library a device would gain from. Only what compares as newer is ever proposed. */
import type { FirmwareRecord } from '../../app/model.ts';
import type { DeviceInfo } from '../../core/ota/device-contract.ts';
import { compareVersions } from '../../core/ota/version.ts';

/** `1.2.0-rc1`; Semantic Versioning 2.0.0 §9. */
const PRERELEASE = /^v?[\d.]+-/i;

/** The newest application of the same project and chip that is newer than what runs; undefined when there is none. */
export function bestUpdate(info: DeviceInfo | undefined, records: readonly FirmwareRecord[]): FirmwareRecord | undefined {
  if (!info?.project || !info.chip) return undefined;
  let best: FirmwareRecord | undefined;
  for (const record of records) {
    const isFor = record.kind === 'app' && record.chip === info.chip && record.name === info.project;
    // Damaged ones and pre-releases can be chosen by hand; nobody is led to them.
    const isSound = record.versionCertain && record.intact !== false && !PRERELEASE.test(record.version);
    if (!isFor || !isSound || compareVersions(record.version, best?.version ?? info.version) !== 1) continue;
    best = record;
  }
  return best;
}
