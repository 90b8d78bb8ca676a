/** What was installed on a device and when; any earlier firmware whose bytes are still here can be installed again. */
import { html, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { DeviceState, HistoryEntry } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import { wayBack } from '../../../app/way-back.ts';
import { Observe } from '../../controllers/observe.ts';
import { busyWith, deviceAction, runDeviceAction } from '../../device-actions.ts';
import { latestInfo } from '../../device-facts.ts';
import '../../elements/history.ts';
import type { ReinstallEvent } from '../../elements/history-events.ts';
import { LightElement } from '../../elements/light-element.ts';
import { errorLines } from '../../error-lines.ts';
import { formatMany } from '../../format.ts';
import { navigate } from '../../router.ts';

const SHOWN_AT_FIRST = 8;

@customElement('ot-device-history')
class DeviceHistory extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) device!: DeviceState;
  @state() private entries: readonly HistoryEntry[] | undefined;
  @state() private inLibrary: ReadonlySet<string> = new Set();
  @state() private showsAll = false;
  @state() private error: unknown;

  readonly #version = new Observe(this, () => this.services.devices.historyVersion);
  readonly #records = new Observe(this, () => this.services.library.records);
  readonly #jobs = new Observe(this, () => this.services.updates.jobs);
  readonly #elsewhere = new Observe(this, () => this.services.updates.elsewhere);
  #loaded = '';

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const wanted = `${this.device.record.id} ${this.#version.value} ${this.#records.value?.length}`;
    if (wanted === this.#loaded) return;
    this.#loaded = wanted;
    void this.#load(wanted);
  }

  async #load(wanted: string): Promise<void> {
    try {
      const entries = await this.services.devices.history(this.device.record.id);
      const hashes = [...new Set(entries.flatMap((entry) => entry.sha256 ?? []))];
      const known = await Promise.all(hashes.map((sha256) => this.services.library.get(sha256)));
      if (wanted !== this.#loaded) return;
      this.entries = entries;
      this.inLibrary = new Set(hashes.filter((_, index) => known[index] !== undefined));
      this.error = undefined;
    } catch (error) {
      this.error = error;
    }
  }

  #reinstall(event: ReinstallEvent): void {
    navigate({ view: 'preflight', id: this.device.record.id, sha256: event.sha256 });
  }

  async #rollBack(): Promise<void> {
    // A device that was removed meanwhile has no session, and its page says so.
    const session = await this.services.devices.session(this.device.record.id).catch(() => undefined);
    if (session) await runDeviceAction(deviceAction('rollback'), this.services, session);
  }

  override render() {
    const entries = this.entries ?? [];
    const info = latestInfo(this.device);
    const rollback = deviceAction('rollback');
    const canRollBack = rollback.refusal(this.device) === undefined;
    const hidden = this.showsAll ? 0 : Math.max(0, entries.length - SHOWN_AT_FIRST);
    return html`<section class="sheet" aria-labelledby="history">
      <div class="row-head">
        <h2 id="history">History</h2>
        ${
          hidden > 0
            ? html`<button class="link-key small" type="button" @click=${() => (this.showsAll = true)}>
                Show all ${formatMany(entries.length, 'entry', 'entries')}
              </button>`
            : html`<p class="quiet">${entries.length > 0 ? formatMany(entries.length, 'entry', 'entries') : ''}</p>`
        }
      </div>
      ${this.error === undefined ? '' : errorLines(this.error)}
      <ot-history
        .entries=${entries.slice(0, entries.length - hidden)}
        .slotLabels=${info?.slots?.map((slot) => slot.label) ?? []}
        .running=${info?.running}
        .rollbackSlot=${canRollBack && info ? wayBack(info)?.label : undefined}
        .rollbackWords=${rollback.label(this.device)}
        .inLibrary=${this.inLibrary}
        ?busy=${busyWith(this.device, this.#jobs.value, this.#elsewhere.value) !== undefined}
        @ot-reinstall=${this.#reinstall}
        @ot-rollback=${this.#rollBack}
      ></ot-history>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-device-history': DeviceHistory;
  }
}
