/** Makes a secret that devices and their server share, or takes one in. What is typed stands here until it is kept, and nowhere afterwards. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { SECRET_USES, type SecretRecord, type SecretUse } from '../../app/trust/model.ts';
import type { KeyService } from '../../app/trust/services.ts';
import { icon } from '../elements/icons.ts';
import { errorLines } from '../error-lines.ts';
import { chooseFiles } from '../files-event.ts';
import { shortName } from '../format.ts';
import { SECRET_WORDS } from '../views/keys/key-words.ts';
import { NAME_NEEDED, exportableField, fieldFault, isTicked, textOf } from './key-fields.ts';
import { Modal } from './modal.ts';
import { secretField } from './passphrase-field.ts';

const EXPORTABLE_WORDS =
  'A device has to be built with it, so that file is how it gets there. Otherwise nothing takes it out of this browser. This cannot be changed later.';
/** More than any way to write 32 bytes. */
const MOST_READ = 4096;

@customElement('ot-secret-dialog')
export class SecretDialog extends Modal<SecretRecord> {
  @property({ attribute: false }) keys!: KeyService;
  @property() way: 'make' | 'import' = 'make';
  @state() private use: SecretUse = 'aes-256';
  @state() private file: File | undefined;
  @state() private nameFault = '';
  @state() private fault = '';
  @state() private busy = false;
  @state() private error: unknown;

  readonly #choose = async (): Promise<void> => {
    const [file] = await chooseFiles({ accept: '', multiple: false });
    if (file) this.file = file;
  };

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const options = { name: textOf(this, 'name'), exportable: isTicked(this, 'exportable') };
    const typed = textOf(this, 'secret');
    this.error = undefined;
    this.nameFault = options.name === '' ? NAME_NEEDED : '';
    this.fault = this.way === 'import' && typed === '' && !this.file ? 'Type it, or choose its file.' : '';
    if (this.nameFault || this.fault) return this.querySelector<HTMLElement>(this.nameFault ? '#secret-name' : '#secret')?.focus();
    this.busy = true;
    try {
      const { keys, use, way } = this;
      this.finish(
        way === 'make'
          ? await keys.makeSecret(use, options)
          : await keys.importSecret(use, { ...options, from: this.file ? await bytesOf(this.file) : typed }),
      );
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  protected override renderContent(): TemplateResult {
    const isMade = this.way === 'make';
    return html`
      <h2 id=${this.headingId}>${isMade ? 'Make a secret' : 'Import a secret'}</h2>
      <p class="quiet">256 bits that a device and its server both know. ${isMade ? 'They are drawn at random here.' : nothing}</p>
      <form class="form" novalidate @submit=${this.#submit}>
        <div class="field">
          <label for="secret-name">Name</label>
          <input
            class="input"
            id="secret-name"
            name="name"
            maxlength="64"
            autocomplete="off"
            autofocus
            placeholder="Greenhouse delivery"
            aria-invalid=${this.nameFault ? 'true' : nothing}
            aria-describedby=${this.nameFault ? 'secret-name-fault' : nothing}
          />
          ${fieldFault('secret-name-fault', this.nameFault)}
        </div>
        <fieldset class="radios kinds">
          <legend>What it is for</legend>
          ${SECRET_USES.map((use) => this.#renderUse(use))}
        </fieldset>
        ${isMade ? nothing : this.#renderSource()}
        ${exportableField({ label: 'May go into a keys.h', words: EXPORTABLE_WORDS, checked: isMade })}
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
        <p class="keys keys-end">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button class="key key-go" type="submit" aria-busy=${this.busy}>${isMade ? 'Make the secret' : 'Import the secret'}</button>
        </p>
      </form>
    `;
  }

  #renderUse(use: SecretUse): TemplateResult {
    const { name, words } = SECRET_WORDS[use];
    return html`<div class="kind">
      <label class="tick"
        ><input
          type="radio"
          name="use"
          value=${use}
          aria-describedby=${`use-${use}`}
          .checked=${use === this.use}
          @change=${() => (this.use = use)}
        />${name}</label
      >
      <p class="quiet" id=${`use-${use}`}>It ${words}.</p>
    </div>`;
  }

  #renderSource(): TemplateResult {
    const faultId = this.fault ? 'secret-fault' : undefined;
    if (this.file)
      return html`<p class="keys">
        ${icon('firmware')}<span>${shortName(this.file.name)}</span>
        <button class="link-key" type="button" @click=${() => (this.file = undefined)}>Type it instead</button>
      </p>`;
    return html`<div class="field">
      <label for="secret">The secret</label>
      ${secretField({ id: 'secret', autocomplete: 'off', ...(faultId && { faultId }) })} ${fieldFault('secret-fault', this.fault)}
      <p class="quiet">
        64 hexadecimal digits, or base64. Or
        <button class="link-key" type="button" @click=${this.#choose}>choose a file</button>
      </p>
    </div>`;
  }
}

const bytesOf = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.slice(0, MOST_READ).arrayBuffer());

declare global {
  interface HTMLElementTagNameMap {
    'ot-secret-dialog': SecretDialog;
  }
}
