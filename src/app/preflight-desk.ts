/**
 * What the checks of a firmware against a device need and take time to find out: the past of the device, and who signed the firmware. Loaded when
 * somebody first looks before writing.
 */
import { defined } from '../core/fields.ts';
import type { DeviceState, FirmwareRecord, FirmwareReport, HistoryEntry, Preflight } from './model.ts';
import { preflight } from './preflight.ts';
import { reasonCodes } from './preflight-reasons.ts';
import type { Clock } from './ports.ts';
import type { DeviceService } from './services.ts';
import type { FirmwareTrust } from './trust/model.ts';
import type { KnownRelease } from './trust/release-services.ts';
import { trustIn, type SignaturePorts } from './update-signature.ts';

export interface PreflightDeskPorts extends SignaturePorts {
  readonly devices: Pick<DeviceService, 'history'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Signed releases that are known here. */
  readonly releases?: () => Promise<readonly KnownRelease[]>;
}

export class PreflightDesk {
  readonly #ports: PreflightDeskPorts;
  readonly #pasts = new Map<string, readonly HistoryEntry[]>();
  readonly #trusts = new Map<string, FirmwareTrust | undefined>();
  /** Refusals that are in the log: whoever looks again, or while the device is asked, is refused the same. */
  readonly #noted = new Set<string>();
  #releases: readonly KnownRelease[] = [];

  constructor(ports: PreflightDeskPorts) {
    this.#ports = ports;
  }

  async prepare(deviceId: string, sha256: string | undefined): Promise<void> {
    const trust = sha256 === undefined ? undefined : trustIn(sha256, this.#ports);
    // A history that cannot be read must not keep a device from being updated.
    this.#pasts.set(deviceId, await this.#ports.devices.history(deviceId).catch(() => []));
    // Releases that cannot be read must: one of them may say that this is a step back.
    this.#releases = (await this.#ports.releases?.()) ?? [];
    if (sha256 !== undefined) this.#trusts.set(sha256, await trust);
  }

  preflight(report: FirmwareReport, firmware: FirmwareRecord, { info, record }: DeviceState): Preflight {
    const history = this.#pasts.get(record.id);
    const trust = this.#trusts.get(firmware.sha256);
    const releases = { known: this.#releases, nowMs: this.#ports.clock.now() };
    const { onlyTrusted, guardedProduct } = record;
    return preflight(report, firmware, { releases, ...defined({ info, history, trust, onlyTrusted, guardedProduct }) });
  }

  /** What a device said on an earlier visit refuses nothing: it may be another by now. */
  noteRefusal({ decision, checks }: Preflight, firmware: FirmwareRecord, { link, record: { id, name } }: DeviceState): void {
    if (decision !== 'blocked' || link !== 'online') return;
    const reasons = reasonCodes(checks, 'block').join(', ');
    const refusal = `${id} ${firmware.sha256} ${reasons}`;
    if (this.#noted.has(refusal)) return;
    this.#noted.add(refusal);
    this.#ports.record?.('update-refused', { ...firmware, deviceId: id, device: name, reasons });
  }
}
