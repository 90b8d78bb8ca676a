/** Asks for one firmware of the library. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { FirmwareRecord } from '../../app/model.ts';
import { icon, versionTag } from '../elements/icons.ts';
import { formatBytes } from '../format.ts';
import { projectOf, ShelfIndex, WHOLE_SHELF } from '../views/library/shelf.ts';
import { Modal } from './modal.ts';

/** As many as a person reads through; the search reaches the others. */
const SHOWN = 30;
const SEARCH_FROM = 6;

@customElement('ot-pick-firmware-dialog')
class PickFirmwareDialog extends Modal<FirmwareRecord> {
  @property({ attribute: false }) records: readonly FirmwareRecord[] = [];
  @property() heading = '';
  /** What is missing, where there is nothing to choose from. */
  @property() none = '';
  @state() private text = '';

  #restWords(rest: number, found: number): string {
    if (rest > 0) return `${rest} more: type to find them.`;
    if (found > 0) return '';
    if (this.records.length > 0) return `No firmware of your library matches “${this.text}”.`;
    return this.none;
  }

  protected override renderContent(): TemplateResult {
    const found = new ShelfIndex(this.records).query({ ...WHOLE_SHELF, text: this.text }).groups.flatMap((group) => group.records);
    const rest = found.length - SHOWN;
    return html`
      <h2 id=${this.headingId}>${this.heading}</h2>
      ${
        this.records.length >= SEARCH_FROM
          ? html`<search class="search">
              <span class="search-field"
                >${icon('search')}<input
                  class="input"
                  type="search"
                  aria-label="Search firmware"
                  autocomplete="off"
                  .value=${this.text}
                  @input=${(event: InputEvent) => (this.text = (event.target as HTMLInputElement).value)}
              /></span>
            </search>`
          : nothing
      }
      <ul class="choices">
        ${found.slice(0, SHOWN).map(
          (record) =>
            html`<li>
              <button class="choice" type="button" @click=${() => this.finish(record)}>
                ${versionTag(record.version || '–')}<span
                  ><b>${projectOf(record)}</b
                  ><span class="quiet">${record.chip ? `${record.chip}, ` : ''}${formatBytes(record.size)}, ${record.fileName}</span></span
                >
              </button>
            </li>`,
        )}
      </ul>
      <p class="quiet" role="status">${this.#restWords(rest, found.length)}</p>
      <p class="keys keys-end"><button class="key" type="button" @click=${() => this.finish()}>Cancel</button></p>
    `;
  }
}

interface PickWords {
  readonly heading: string;
  readonly none: string;
}

export function pickFirmware(records: readonly FirmwareRecord[], { heading, none }: PickWords): Promise<FirmwareRecord | undefined> {
  const dialog = document.createElement('ot-pick-firmware-dialog');
  dialog.records = records;
  dialog.heading = heading;
  dialog.none = none;
  return dialog.ask();
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-pick-firmware-dialog': PickFirmwareDialog;
  }
}
