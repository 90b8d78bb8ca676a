/** Asks before a firmware leaves the library, and says what that means for the devices that hold it. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { FirmwareRecord } from '../../app/model.ts';
import type { LibraryService } from '../../app/services.ts';
import { icon } from '../elements/icons.ts';
import { errorLines } from '../error-lines.ts';
import { formatBytes } from '../format.ts';
import { projectOf } from '../views/library/shelf.ts';
import { slotWords, type Whereabouts } from '../views/library/whereabouts.ts';
import { Modal } from './modal.ts';

@customElement('ot-delete-firmware-dialog')
export class DeleteFirmwareDialog extends Modal<true> {
  @property({ attribute: false }) library!: LibraryService;
  @property({ attribute: false }) firmware!: FirmwareRecord;
  @property({ attribute: false }) places: readonly Whereabouts[] = [];
  /** How often devices have installed it: their histories hold on to the bytes. */
  @property({ attribute: false }) installs = 0;
  @state() private busy = false;
  @state() private error: unknown;

  async #delete(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = undefined;
    try {
      await this.library.delete(this.firmware.sha256, {
        evenFromHistory: this.querySelector<HTMLInputElement>('#even-history')?.checked ?? false,
      });
      this.finish(true);
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  protected override renderContent(): TemplateResult {
    const { firmware } = this;
    const name = `${projectOf(firmware)} ${firmware.version}`.trim();
    return html`
      <h2 id=${this.headingId}>Delete ${name}?</h2>
      <p>It leaves the library with its notes and tags.</p>
      ${this.places.length > 0 ? this.#renderPlaces() : html`<p class="quiet">No device that Otter knows holds it.</p>`}
      ${this.installs > 0 ? this.#renderHistory() : nothing}
      <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
      <p class="keys keys-end">
        <button class="key" type="button" autofocus @click=${() => this.finish()}>Keep it</button>
        <button class="key key-stop" type="button" aria-busy=${this.busy} @click=${this.#delete}>
          ${icon('trash')}Delete ${firmware.version}
        </button>
      </p>
    `;
  }

  #renderHistory(): TemplateResult {
    return html`<div>
      <label class="tick"
        ><input type="checkbox" id="even-history" aria-describedby="history-words" /> Also from the history of devices: frees
        ${formatBytes(this.firmware.size)}</label
      >
      <p class="quiet" id="history-words">Otherwise their history keeps the bytes, so that they can install it again.</p>
    </div>`;
  }

  #renderPlaces(): TemplateResult {
    return html`<div class="warn">
      ${icon('caution')}
      <div>
        <p><b>Devices hold it.</b> They go on as they are: only this library forgets it.</p>
        <ul>
          ${this.places.map((place) => html`<li>${place.device.name}: ${slotWords(place)}</li>`)}
        </ul>
      </div>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-delete-firmware-dialog': DeleteFirmwareDialog;
  }
}
