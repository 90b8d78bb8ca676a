/** Asks for the name of another virtual board, and how it is built. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { DeviceRecord } from '../../app/model.ts';
import type { DeviceService } from '../../app/services.ts';
import { icon } from '../elements/icons.ts';
import { errorLines } from '../error-lines.ts';
import { Modal } from './modal.ts';
import { USUAL_BUILD, buildFields, readBuild } from './virtual-build.ts';
import { freeName, isNameTaken, nameHint } from './names.ts';

@customElement('ot-add-virtual-dialog')
export class AddVirtualDialog extends Modal<DeviceRecord> {
  @property({ attribute: false }) devices!: DeviceService;
  /** Selected on focus, so that typing replaces it. */
  #proposal = '';
  @state() private fault = '';
  @state() private isTaken = false;
  @state() private busy = false;
  @state() private error: unknown;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#proposal ||= freeName('bench', this.#names());
  }

  #names(): readonly string[] {
    return (this.devices.records.value ?? []).map((record) => record.name);
  }

  #onInput(event: InputEvent): void {
    this.isTaken = isNameTaken((event.target as HTMLInputElement).value, this.#names());
  }

  async #add(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const field = this.querySelector<HTMLInputElement>('#virtual-name');
    const name = field?.value.trim() ?? '';
    this.error = undefined;
    this.fault = name === '' ? 'Give it a name, so that you can tell it from the others.' : '';
    if (this.fault !== '') return field?.focus();
    this.busy = true;
    try {
      this.finish(await this.devices.addVirtual(name, readBuild(new FormData(event.target as HTMLFormElement))));
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  protected override renderContent(): TemplateResult {
    const invalid = this.fault !== '';
    return html`
      <h2 id=${this.headingId}>Add a virtual board</h2>
      <form class="form" novalidate @submit=${this.#add}>
        <div class="field">
          <label for="virtual-name">Name</label>
          <input
            class="input"
            id="virtual-name"
            maxlength="40"
            autocomplete="off"
            autofocus
            .value=${this.#proposal}
            aria-invalid=${invalid ? 'true' : nothing}
            aria-describedby=${invalid ? 'virtual-name-fault' : nothing}
            @input=${this.#onInput}
            @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()}
          />
          <div aria-live="polite">
            ${invalid ? html`<p class="field-fault" id="virtual-name-fault">${icon('cross')}${this.fault}</p>` : nothing}
            ${nameHint(this.isTaken)}
          </div>
        </div>
        ${buildFields(USUAL_BUILD)}
        <p class="quiet">
          It lives in this browser and runs the firmware that such boards are delivered with. It asks for a new password before its first
          update, as a device you bought would; the first one is <code>admin123</code>.
        </p>
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
        <p class="keys keys-end">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button class="key key-go" type="submit" aria-busy=${this.busy}>${this.busy ? 'Building it…' : 'Add board'}</button>
        </p>
      </form>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-add-virtual-dialog': AddVirtualDialog;
  }
}
