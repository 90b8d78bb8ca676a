/** Asks which of the saved states of a flash is wanted: those of this board first, those of others apart from them. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { FirmwareRecord } from '../../app/model.ts';
import { formatBytes, formatMoment } from '../format.ts';
import { projectOf } from '../views/library/shelf.ts';
import { Modal } from './modal.ts';

@customElement('ot-pick-snapshot-dialog')
class PickSnapshotDialog extends Modal<FirmwareRecord> {
  @property({ attribute: false }) records: readonly FirmwareRecord[] = [];
  /** As the records name it. */
  @property({ attribute: false }) deviceId = '';
  /** Of a device by its id, where it has one. */
  @property({ attribute: false }) nameOf: (deviceId: string) => string | undefined = () => undefined;

  protected override renderContent(): TemplateResult {
    const newestFirst = this.records.toSorted((a, b) => b.addedAt - a.addedAt);
    const own = newestFirst.filter(({ source }) => source.detail === this.deviceId);
    const others = newestFirst.filter(({ source }) => source.detail !== this.deviceId);
    return html`
      <div>
        <h2 id=${this.headingId}>Bring a saved flash back</h2>
        <p class="quiet">Nothing is written yet: you see first what would change and what stays.</p>
      </div>
      ${own.length > 0 ? this.#renderList('Saved from this board', own) : html`<p>Nothing was saved from this board.</p>`}
      ${others.length > 0 ? this.#renderList('Saved from another board', others) : nothing}
      <p class="keys keys-end"><button class="key" type="button" @click=${() => this.finish()}>Cancel</button></p>
    `;
  }

  #renderList(heading: string, records: readonly FirmwareRecord[]): TemplateResult {
    return html`<section>
      <h3>${heading}</h3>
      <ul class="choices">
        ${records.map(
          (record) =>
            html`<li>
              <button class="choice" type="button" @click=${() => this.finish(record)}>
                <span><b>${projectOf(record)}</b><span class="quiet">${this.#facts(record)}</span></span>
              </button>
            </li>`,
        )}
      </ul>
    </section>`;
  }

  #facts({ source, addedAt, kind, size, version }: FirmwareRecord): string {
    const isPart = kind === 'uf2';
    // A container is twice as large as what lies in it.
    const what = isPart ? `a part of the flash, ${formatBytes(size / 2)}` : `the whole flash, ${formatBytes(size)}`;
    const board = this.nameOf(source.detail) ?? source.detail.replace(/^usb:/, '');
    return [what, formatMoment(addedAt), `from ${board}`, ...(version ? [`with ${version}`] : [])].join(', ');
  }
}

export function pickSnapshot(
  records: readonly FirmwareRecord[],
  { deviceId, nameOf }: Pick<PickSnapshotDialog, 'deviceId' | 'nameOf'>,
): Promise<FirmwareRecord | undefined> {
  const dialog = document.createElement('ot-pick-snapshot-dialog');
  Object.assign(dialog, { records, deviceId, nameOf });
  return dialog.ask();
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-pick-snapshot-dialog': PickSnapshotDialog;
  }
}
