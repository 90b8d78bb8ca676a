/** Asks for the address of an install manifest (ESP Web Tools) or of a firmware, and has the session fetch it. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { UsbSession } from '../../app/usb/services.ts';
import { errorLines } from '../error-lines.ts';
import { Modal } from './modal.ts';

@customElement('ot-bring-url-dialog')
class BringUrlDialog extends Modal<true> {
  @property({ attribute: false }) session!: UsbSession;
  @property() url = '';
  @state() private busy = false;
  @state() private error: unknown;

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const url = this.querySelector('input')?.value.trim();
    if (!url || this.busy) return;
    this.busy = true;
    this.error = undefined;
    try {
      await this.session.bringUrl(url);
      this.finish(true);
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  protected override renderContent(): TemplateResult {
    return html`
      <div>
        <h2 id=${this.headingId}>Fetch from an address</h2>
        <p class="quiet">
          Of an install manifest (manifest.json), an image or an archive. Your browser fetches it from there, and looks through it first.
        </p>
      </div>
      <form class="form" @submit=${this.#submit}>
        <div class="field">
          <label for="bring-url">Address</label>
          <input
            class="input num"
            id="bring-url"
            type="url"
            required
            autofocus
            autocomplete="off"
            placeholder="https://example.org/manifest.json"
            .value=${this.url}
            @input=${() => (this.error = undefined)}
          />
        </div>
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
        <p class="keys keys-end">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button class="key key-go" type="submit" aria-busy=${this.busy ? 'true' : nothing}>Fetch it</button>
        </p>
      </form>
    `;
  }
}

export async function askAddress(session: UsbSession, url: string): Promise<void> {
  const dialog = document.createElement('ot-bring-url-dialog');
  dialog.session = session;
  dialog.url = url;
  await dialog.ask();
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-bring-url-dialog': BringUrlDialog;
  }
}
