/** What a person knows about a firmware and its bytes do not say: name, version, tags, notes. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { FirmwareEdit, FirmwareRecord } from '../../app/model.ts';
import type { LibraryService } from '../../app/services.ts';
import { errorLines } from '../error-lines.ts';
import { Modal } from './modal.ts';

const MAX_TAGS = 12;

/** `beta, greenhouse ,beta` → `beta`, `greenhouse`. */
export function readTags(text: string): readonly string[] {
  const tags = text.split(/[,\n]/).map((tag) => tag.trim().replace(/\s+/g, ' '));
  return [...new Set(tags.filter(Boolean))].slice(0, MAX_TAGS);
}

@customElement('ot-edit-firmware-dialog')
export class EditFirmwareDialog extends Modal<FirmwareRecord> {
  @property({ attribute: false }) library!: LibraryService;
  @property({ attribute: false }) firmware!: FirmwareRecord;
  @state() private busy = false;
  @state() private error: unknown;

  /** Only what changed: a version that was saved counts as confirmed by a person. */
  #read(): FirmwareEdit {
    const text = (name: string) => this.querySelector<HTMLInputElement | HTMLTextAreaElement>(`[name="${name}"]`)?.value.trim() ?? '';
    const { firmware } = this;
    const tags = readTags(text('tags'));
    return {
      ...(text('name') !== firmware.name && { name: text('name') }),
      ...(firmware.imageVersion === undefined && text('version') !== firmware.version && { version: text('version') }),
      ...(text('notes') !== firmware.notes && { notes: text('notes') }),
      ...(tags.join('\n') !== firmware.tags.join('\n') && { tags }),
    };
  }

  async #save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    this.busy = true;
    this.error = undefined;
    try {
      this.finish(await this.library.edit(this.firmware.sha256, this.#read()));
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  protected override renderContent(): TemplateResult {
    const { name, version, imageVersion, tags, notes } = this.firmware;
    return html`
      <h2 id=${this.headingId}>Name and notes</h2>
      <form class="form" @submit=${this.#save}>
        <p class="field">
          <label for="edit-name">Project</label>
          <input class="input" id="edit-name" name="name" maxlength="80" autocomplete="off" autofocus .value=${name} />
        </p>
        <p class="field">
          <label for="edit-version">Version</label>
          <input
            class="input num"
            id="edit-version"
            name="version"
            maxlength="60"
            autocomplete="off"
            spellcheck="false"
            ?readonly=${imageVersion !== undefined}
            aria-describedby=${imageVersion === undefined ? nothing : 'edit-version-why'}
            .value=${version}
          />
          ${
            imageVersion === undefined
              ? nothing
              : html`<span class="quiet" id="edit-version-why">The image itself states it, and the device will say the same.</span>`
          }
        </p>
        <p class="field">
          <label for="edit-tags">Tags <span class="quiet">(separated by commas)</span></label>
          <input class="input" id="edit-tags" name="tags" maxlength="200" autocomplete="off" .value=${tags.join(', ')} />
        </p>
        <p class="field">
          <label for="edit-notes">Notes</label>
          <textarea class="input" id="edit-notes" name="notes" rows="4" maxlength="4000" .value=${notes}></textarea>
        </p>
        <p class="quiet">These stand in your library only. The bytes stay as they are.</p>
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
        <p class="keys keys-end">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button class="key key-go" type="submit" aria-busy=${this.busy}>Save</button>
        </p>
      </form>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-edit-firmware-dialog': EditFirmwareDialog;
  }
}
