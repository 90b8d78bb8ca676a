/** Asks which other firmware to compare with; the nearest relatives stand first. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { FirmwareRecord } from '../../app/model.ts';
import { icon, versionTag } from '../elements/icons.ts';
import { formatBytes } from '../format.ts';
import { projectOf, ShelfIndex, WHOLE_SHELF } from '../views/library/shelf.ts';
import { Modal } from './modal.ts';

/** As many as a person reads through; the search reaches the others. */
const SHOWN = 30;
const SEARCH_FROM = 8;

@customElement('ot-choose-firmware-dialog')
export class ChooseFirmwareDialog extends Modal<FirmwareRecord> {
  @property({ attribute: false }) records: readonly FirmwareRecord[] = [];
  @property({ attribute: false }) firmware!: FirmwareRecord;
  @state() private text = '';
  #index: ShelfIndex | undefined;

  #candidates(): readonly FirmwareRecord[] {
    this.#index ??= new ShelfIndex(this.records.filter((record) => record.sha256 !== this.firmware.sha256));
    const found = this.#index.query({ ...WHOLE_SHELF, text: this.text }).groups.flatMap((group) => group.records);
    const isRelative = (record: FirmwareRecord) => record.name === this.firmware.name && record.chip === this.firmware.chip;
    return [...found.filter(isRelative), ...found.filter((record) => !isRelative(record))];
  }

  protected override renderContent(): TemplateResult {
    const candidates = this.#candidates();
    return html`
      <h2 id=${this.headingId}>Compare ${projectOf(this.firmware)} ${this.firmware.version} with</h2>
      ${this.records.length >= SEARCH_FROM ? this.#renderSearch() : nothing}
      <ul class="choices">
        ${candidates.slice(0, SHOWN).map((record) => this.#renderChoice(record))}
      </ul>
      <p class="quiet" role="status">
        ${candidates.length > SHOWN ? `${candidates.length - SHOWN} more: type to find them.` : candidates.length === 0 ? 'Nothing found.' : ''}
      </p>
      <p class="keys keys-end"><button class="key" type="button" @click=${() => this.finish()}>Cancel</button></p>
    `;
  }

  #renderSearch(): TemplateResult {
    return html`<search class="search">
      <label class="vh" for="compare-search">Search firmware</label>
      <span class="search-field"
        >${icon('search')}<input
          class="input"
          id="compare-search"
          type="search"
          autocomplete="off"
          .value=${this.text}
          @input=${(event: InputEvent) => (this.text = (event.target as HTMLInputElement).value)}
      /></span>
    </search>`;
  }

  #renderChoice(record: FirmwareRecord): TemplateResult {
    return html`<li>
      <button class="choice" type="button" @click=${() => this.finish(record)}>
        ${versionTag(record.version || '–')}<span
          ><b>${projectOf(record)}</b><span class="quiet">${record.chip ? `${record.chip}, ` : ''}${formatBytes(record.size)}</span></span
        >
      </button>
    </li>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-choose-firmware-dialog': ChooseFirmwareDialog;
  }
}
