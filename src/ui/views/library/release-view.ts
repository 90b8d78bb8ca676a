/**
 * `<ot-release>`: one firmware of the library, held against the light, with everything that can be done with it.
 *
 * Properties: `services`, `record`, `records` (all of them, to compare with), `places` (where this one is), `whenDeleted`.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { DeviceRecord, FirmwareRecord, HistoryEntry } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import type { FirmwareReport } from '../../../core/image/model.ts';
import { compareVersions } from '../../../core/ota/version.ts';
import { FirmwareTrustController } from '../../controllers/firmware-trust.ts';
import { Observe } from '../../controllers/observe.ts';
import { ChooseDeviceDialog } from '../../dialogs/choose-device-dialog.ts';
import { ChooseFirmwareDialog } from '../../dialogs/choose-firmware-dialog.ts';
import { DeleteFirmwareDialog } from '../../dialogs/delete-firmware-dialog.ts';
import { EditFirmwareDialog } from '../../dialogs/edit-firmware-dialog.ts';
import { icon, versionTag } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import '../../elements/xray.ts';
import { errorLines } from '../../error-lines.ts';
import { announce } from '../../live-region.ts';
import { navigate } from '../../router.ts';
import { saveFile } from '../../save-file.ts';
import { cableLink } from '../usb/along.ts';
import { goesByCable, KIND_WORDS } from './kind-words.ts';
import { buildFacts, fingerprints, headFacts, installations, whereItRuns } from './release-facts.ts';
import '../releases/firmware-papers.ts';
import { releaseBefore } from './release-against.ts';
import './release-signature.ts';
import { projectOf } from './shelf.ts';
import './version-question.ts';
import type { Whereabouts } from './whereabouts.ts';

@customElement('ot-release')
class ReleaseView extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) record!: FirmwareRecord;
  @property({ attribute: false }) records: readonly FirmwareRecord[] = [];
  @property({ attribute: false }) places: readonly Whereabouts[] = [];
  /** Called with the name of what is gone. No event: by then this element may have left the page. */
  @property({ attribute: false }) whenDeleted: (name: string) => void = () => undefined;
  @state() private report: FirmwareReport | undefined;
  @state() private installs: readonly HistoryEntry[] = [];
  @state() private error: unknown;
  @state() private exporting = false;

  readonly #devices = new Observe(this, () => this.services?.devices.records);
  readonly #history = new Observe(this, () => this.services?.devices.historyVersion);
  readonly #trust = new FirmwareTrustController(this, () => ({ services: this.services, sha256: this.record.sha256 }));
  #loaded = '';
  #loadedHistory: number | undefined;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('record') && this.record.sha256 !== this.#loaded) {
      this.#loaded = this.record.sha256;
      this.report = this.error = undefined;
      this.installs = [];
      this.#loadedHistory = undefined;
      void this.#loadReport(this.record.sha256);
    }
    if (this.#history.value !== this.#loadedHistory) {
      this.#loadedHistory = this.#history.value;
      void this.#loadInstalls(this.record.sha256);
    }
  }

  async #loadReport(sha256: string): Promise<void> {
    try {
      const report = await this.services.library.report(sha256);
      if (sha256 === this.#loaded) this.report = report;
    } catch (error) {
      if (sha256 === this.#loaded) this.error = error;
    }
  }

  async #loadInstalls(sha256: string): Promise<void> {
    try {
      const installs = await this.services.library.installs(sha256);
      if (sha256 === this.#loaded) this.installs = installs;
    } catch (error) {
      if (sha256 === this.#loaded) this.error = error;
    }
  }

  async #write(): Promise<void> {
    const devices = this.#devices.value ?? [];
    const [only] = devices;
    const chosen = devices.length === 1 ? only : await this.#askForDevice();
    if (chosen) navigate({ view: 'preflight', id: chosen.id, sha256: this.record.sha256 });
  }

  #askForDevice() {
    const dialog = new ChooseDeviceDialog();
    dialog.devices = this.#devices.value ?? [];
    dialog.firmware = this.record;
    return dialog.ask();
  }

  async #compare(): Promise<void> {
    const dialog = new ChooseFirmwareDialog();
    dialog.records = this.records;
    dialog.firmware = this.record;
    const other = await dialog.ask();
    if (!other) return;
    // The older one first, so that the page reads as what an update would change.
    const isNewer = compareVersions(other.version, this.record.version) === 1;
    const [from, to] = isNewer ? [this.record, other] : [other, this.record];
    navigate({ view: 'compare', a: from.sha256, b: to.sha256 });
  }

  async #export(): Promise<void> {
    if (this.exporting) return;
    this.exporting = true;
    this.error = undefined;
    try {
      saveFile(await this.services.library.bytes(this.record.sha256), this.record.fileName);
    } catch (error) {
      this.error = error;
    } finally {
      this.exporting = false;
    }
  }

  async #edit(): Promise<void> {
    const dialog = new EditFirmwareDialog();
    dialog.library = this.services.library;
    dialog.firmware = this.record;
    if (await dialog.ask()) announce('Saved.');
  }

  async #delete(): Promise<void> {
    const dialog = new DeleteFirmwareDialog();
    dialog.library = this.services.library;
    dialog.firmware = this.record;
    dialog.places = this.places;
    dialog.installs = this.installs.length;
    const name = `${projectOf(this.record)} ${this.record.version}`.trim();
    if (await dialog.ask()) this.whenDeleted(name);
  }

  override render() {
    const { record, report } = this;
    const failure = this.error ?? this.#trust.error;
    const earlier = record.kind === 'app' ? releaseBefore(record, this.records) : undefined;
    return html`<article class="release-open" aria-labelledby="release">
      <div class="head">
        <div class="head-words">
          <h2 class="title" id="release" tabindex="-1">
            ${projectOf(record)} ${versionTag(record.version || '–', this.places.some((place) => place.runs) ? 'run' : 'plain')}
          </h2>
          ${headFacts(record)}
        </div>
        ${this.#renderKeys()}
      </div>
      ${KIND_WORDS[record.kind].notOverTheAir ? html`<p class="quiet">${KIND_WORDS[record.kind].notOverTheAir}</p>` : nothing}
      <div role="alert">${failure === undefined ? nothing : errorLines(failure)}</div>
      ${
        record.intact === false
          ? html`<div class="fault">
              ${icon('cross')}
              <p>
                <b>Damaged.</b> Its bytes are not those that were built: a checksum in it does not match. No boot loader would start it.
              </p>
            </div>`
          : nothing
      }
      ${
        record.versionCertain || record.kind !== 'app'
          ? nothing
          : html`<ot-version-question .library=${this.services.library} .record=${record} .report=${report}></ot-version-question>`
      }
      ${record.notes ? html`<p class="notes">${record.notes}</p>` : nothing}
      <ot-firmware-papers .services=${this.services} .record=${record}></ot-firmware-papers>
      <ot-xray .report=${report} .slotSize=${this.#slotSize()}></ot-xray>
      <ot-release-signature .services=${this.services} .record=${record} .judged=${this.#trust.value}></ot-release-signature>
      <div class="two two-even">${fingerprints(record, report, this.#trust.value?.trust)} ${buildFacts(record, report)}</div>
      ${
        earlier
          ? html`<ot-release-against
              .services=${this.services}
              .record=${record}
              .report=${report}
              .earlier=${earlier}
            ></ot-release-against>`
          : nothing
      }
      <div class="two two-even">${whereItRuns(this.places)} ${installations(this.installs, this.#devices.value ?? [])}</div>
    </article>`;
  }

  /** Where writing would be refused, the key says what it still is good for: seeing why. */
  #renderWriteKey(devices: readonly DeviceRecord[]): TemplateResult {
    const { chip, intact } = this.record;
    const isSound = intact !== false && this.#trust.value?.trust.signature.status !== 'tampered';
    const canSucceed = isSound && devices.some(({ lastInfo }) => !lastInfo?.chip || lastInfo.chip === chip);
    const target = devices.length === 1 ? devices[0]?.name : 'a device';
    return html`<button
      class=${canSucceed ? 'key key-go' : 'key'}
      type="button"
      aria-haspopup=${devices.length > 1 ? 'dialog' : nothing}
      @click=${this.#write}
    >
      ${canSucceed ? `Write to ${target}` : `Check against ${target}`}
    </button>`;
  }

  #renderKeys(): TemplateResult {
    const devices = this.#devices.value ?? [];
    const canWrite = KIND_WORDS[this.record.kind].notOverTheAir === '' && devices.length > 0;
    return html`<div class="keys">
      ${canWrite ? this.#renderWriteKey(devices) : nothing}
      ${
        goesByCable(this.record)
          ? html`<a class=${canWrite ? 'key' : 'key key-go'} href=${cableLink(this.record.sha256)}>${icon('usb')}Write by cable</a>`
          : nothing
      }
      ${
        this.records.length > 1
          ? html`<button class="key" type="button" aria-haspopup="dialog" @click=${this.#compare}>${icon('compare')}Compare</button>`
          : nothing
      }
      <button class="key" type="button" aria-busy=${this.exporting} @click=${this.#export}>${icon('save')}Export</button>
      <button class="key" type="button" aria-haspopup="dialog" @click=${this.#edit}>${icon('edit')}Edit</button>
      <button class="key key-stop" type="button" aria-haspopup="dialog" @click=${this.#delete}>${icon('trash')}Delete</button>
    </div>`;
  }

  /** The slot that this firmware would go into: of a device with its chip, preferably one that holds it. */
  #slotSize(): number | undefined {
    const holding = this.places[0]?.slot.size;
    if (holding !== undefined) return holding;
    const device = this.#devices.value?.find(({ lastInfo }) => lastInfo?.slots?.length && lastInfo.chip === this.record.chip);
    return device?.lastInfo?.slots?.[0]?.size;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-release': ReleaseView;
  }
}
