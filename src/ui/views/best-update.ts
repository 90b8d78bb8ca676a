/** Which firmware of the library a device would gain from. Only what compares as newer is ever proposed. */
import type { FirmwareRecord } from '../../app/model.ts';
import type { DeviceInfo } from '../../core/ota/device-contract.ts';
import { compareVersions } from '../../core/ota/version.ts';

/** The newest application of the same project and chip that is newer than what runs; undefined when there is none. */
export function bestUpdate(info: DeviceInfo | undefined, records: readonly FirmwareRecord[]): FirmwareRecord | undefined {
  if (!info?.project || !info.chip) return undefined;
  let best: FirmwareRecord | undefined;
  for (const record of records) {
    const isCandidate = record.kind === 'app' && record.versionCertain && record.chip === info.chip && record.name === info.project;
    if (!isCandidate || compareVersions(record.version, best?.version ?? info.version) !== 1) continue;
    best = record;
  }
  return best;
}
