/** Takes a key in: looks into a file or a pasted text first, asks for its passphrase when it has one, and says what was found before it is kept. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { OtterError } from '../../core/errors.ts';
import { LEAST_RSA_BITS } from '../../core/trust/key-strength.ts';
import type { KeyRecord } from '../../app/trust/model.ts';
import type { KeyGlance, KeyService } from '../../app/trust/services.ts';
import { hash, icon } from '../elements/icons.ts';
import { keyDrawing } from '../elements/key-drawing.ts';
import { errorLines } from '../error-lines.ts';
import { chooseFiles } from '../files-event.ts';
import { formatDay, shortName } from '../format.ts';
import { BACKUP_WORDS, NAME_NEEDED, exportableField, fieldFault, isTicked, namingFields, textOf } from './key-fields.ts';
import { Modal } from './modal.ts';
import { secretField } from './passphrase-field.ts';

const KEY_FILES = '.pem,.pub,.key,.der,.jwk,.json,.p8,.pk8,.txt';
/** More than any key file has; its reader says so when it is exceeded. */
const MOST_READ = 256 * 1024 + 1;

interface Source {
  readonly bytes: Uint8Array;
  /** Empty: it was pasted. */
  readonly fileName: string;
}

@customElement('ot-import-key-dialog')
export class ImportKeyDialog extends Modal<KeyRecord> {
  @property({ attribute: false }) keys!: KeyService;
  /** Dropped: there is nothing to choose any more. */
  @property({ attribute: false }) file: File | undefined;
  @state() private source: Source | undefined;
  @state() private found: KeyGlance | undefined;
  @state() private asksPassphrase = false;
  @state() private fault = '';
  @state() private busy = false;
  @state() private error: unknown;
  /** Kept until the key is in, and no longer. */
  #passphrase: string | undefined;

  protected override firstUpdated(): void {
    const { file } = this;
    if (file) void this.updateComplete.then(() => this.#take(file));
  }

  readonly #choose = async (): Promise<void> => {
    const [file] = await chooseFiles({ accept: KEY_FILES, multiple: false });
    if (file) await this.#take(file);
  };

  async #take(file: File): Promise<void> {
    await this.#try(async () => {
      const bytes = new Uint8Array(await file.slice(0, MOST_READ).arrayBuffer());
      await this.#look({ bytes, fileName: file.name });
    });
  }

  async #look(source: Source): Promise<void> {
    this.source = source;
    this.asksPassphrase = false;
    this.found = this.#passphrase = undefined;
    await this.#open();
  }

  /** With the passphrase, once there is one. */
  async #open(): Promise<void> {
    if (!this.source) return;
    try {
      this.found = await this.keys.glance(this.source.bytes, this.#passphrase);
      this.asksPassphrase = false;
    } catch (error) {
      if (!(error instanceof OtterError) || error.code !== 'KEY_PASSPHRASE_NEEDED') throw error;
      this.asksPassphrase = true;
    }
    await this.updateComplete;
    this.querySelector<HTMLElement>(this.asksPassphrase ? '#passphrase' : '#key-name')?.focus();
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    if (this.found) return await this.#import(this.found);
    if (this.asksPassphrase) {
      this.#passphrase = this.querySelector<HTMLInputElement>('#passphrase')?.value ?? '';
      await this.#try(() => this.#open());
      if (this.error !== undefined) this.querySelector<HTMLInputElement>('#passphrase')?.select();
      return;
    }
    const pasted = textOf(this, 'pasted');
    this.fault = pasted === '' ? 'Paste a key, or choose its file.' : '';
    if (this.fault) return this.querySelector<HTMLElement>('#pasted')?.focus();
    await this.#try(() => this.#look({ bytes: new TextEncoder().encode(pasted), fileName: '' }));
  }

  async #import({ half, known }: KeyGlance): Promise<void> {
    const { source, keys } = this;
    if (!source) return;
    const naming = known ?? { name: textOf(this, 'name'), purpose: textOf(this, 'purpose') };
    this.fault = naming.name === '' ? NAME_NEEDED : '';
    if (this.fault) return this.querySelector<HTMLElement>('#key-name')?.focus();
    const { name, purpose } = naming;
    await this.#try(async () => {
      if (half === 'public') return this.finish(await keys.importPublic(source.bytes, { name, purpose }));
      const passphrase = this.#passphrase;
      this.finish(
        await keys.importPrivate(source.bytes, {
          name,
          purpose,
          exportable: isTicked(this, 'exportable'),
          ...(passphrase === undefined ? {} : { passphrase }),
        }),
      );
    });
  }

  async #try(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.error = undefined;
    try {
      await work();
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  protected override renderContent(): TemplateResult {
    return html`
      <h2 id=${this.headingId}>Import a key</h2>
      <form class="form" novalidate @submit=${this.#submit}>
        ${this.found ? this.#renderFound(this.found) : this.asksPassphrase ? this.#renderPassphrase() : this.#renderSource()}
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
        <p class="keys keys-end">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button class="key key-go" type="submit" aria-busy=${this.busy}>${this.#confirmWords()}</button>
        </p>
      </form>
    `;
  }

  #confirmWords(): string {
    if (!this.found) return this.asksPassphrase ? 'Open it' : 'Look into it';
    if (isHere(this.found)) return 'Show it';
    if (this.found.known?.deletedAt !== undefined) return 'Take it back as revoked';
    return keepsPrivate(this.found) ? 'Import the private key' : 'Import the public key';
  }

  #renderSource(): TemplateResult {
    return html`
      <p class="quiet">
        A public key lets Otter tell whether somebody else’s firmware is genuine. A private key also signs. PEM, DER or JWK, as openssl and
        espsecure write them.
      </p>
      <p class="keys"><button class="key" type="button" autofocus @click=${this.#choose}>${icon('firmware')}Choose a file</button></p>
      <div class="field">
        <label for="pasted">Or paste it</label>
        <textarea
          class="input num pasted"
          id="pasted"
          name="pasted"
          rows="5"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          placeholder="-----BEGIN PUBLIC KEY-----"
          aria-invalid=${this.fault ? 'true' : nothing}
          aria-describedby=${this.fault ? 'pasted-fault' : nothing}
        ></textarea>
        ${fieldFault('pasted-fault', this.fault)}
      </div>
    `;
  }

  #renderPassphrase(): TemplateResult {
    return html`
      <p>${this.#sourceName()} is under a passphrase. It is asked for here and kept nowhere.</p>
      <div class="field">
        <label for="passphrase">Passphrase</label>
        ${secretField({ id: 'passphrase', autocomplete: 'off' })}
      </div>
    `;
  }

  #sourceName(): TemplateResult | string {
    const { fileName = '' } = this.source ?? {};
    return fileName ? html`<b>${shortName(fileName)}</b>` : 'What you pasted';
  }

  #renderFound(found: KeyGlance): TemplateResult {
    const { half, id, algorithm, isWeak, known } = found;
    const isPrivate = half === 'private';
    return html`
      <div class="mat key-found">
        ${keyDrawing({ id, algorithm, privateKey: isPrivate ? 'here' : 'none', status: known?.status ?? 'active' }, 'plain')}
        <p><b>${algorithm}</b>, ${isPrivate ? 'private and public half' : 'public half'}</p>
        <p>${hash(id, 'Fingerprint')}</p>
      </div>
      ${isWeak && !known ? html`<p class="field-hint">${icon('caution')}${weakWords(found)}</p>` : nothing}
      ${known ? this.#renderKnown(found, known) : namingFields({ name: nameFrom(this.source?.fileName ?? ''), purpose: '', fault: this.fault })}
      ${keepsPrivate(found) ? exportableField({ label: 'A backup can be made from here', words: BACKUP_WORDS, checked: false }) : nothing}
    `;
  }

  #renderKnown(found: KeyGlance, known: KeyRecord): TemplateResult {
    return html`<p class="field-hint">${icon('info')}${knownWords(found, known)}</p>`;
  }
}

function knownWords(found: KeyGlance, { name, status, statusAt, deletedAt }: KeyRecord): string {
  if (deletedAt !== undefined) {
    const since = statusAt === undefined ? '' : ` (${formatDay(statusAt, Date.now())})`;
    return `It was revoked${since}, as ${name}, and deleted later. It can only come back revoked: no product can trust it, it signs nothing, and its private half is not kept. To sign, make a new key.`;
  }
  if (!isHere(found)) return `Its public half is in your key ring already, as ${name}. This adds the private half.`;
  return `It is in your key ring already, as ${name}${status === 'revoked' ? ', and it stays revoked' : ''}.`;
}

const weakWords = ({ half, algorithm }: KeyGlance): string =>
  `${algorithm} is too short to be relied on: at least ${LEAST_RSA_BITS} bits are asked for. It is kept to look at what it signed long ago. No product can trust it${
    half === 'private' ? ', it signs nothing here, and its private half is not kept' : ''
  }.`;

/** What can never sign stays out. */
const keepsPrivate = (found: KeyGlance): boolean =>
  found.half === 'private' && !found.isWeak && !isHere(found) && found.known?.status !== 'revoked';

/** There is nothing in it that the key ring has not. */
const isHere = ({ half, isWeak, known }: KeyGlance): boolean =>
  known !== undefined &&
  known.deletedAt === undefined &&
  (half === 'public' || isWeak || known.privateKey !== 'none' || known.status === 'revoked');

/** `Release-2026.pub.pem` → `Release 2026`. */
export function nameFrom(fileName: string): string {
  const stem = fileName
    .replace(/^.*[/\\]/, '')
    .replace(/(?:\.(?:pub|priv|private|public|backup|pkcs1|pkcs8|pem|der|jwk|json|key|p8|pk8|txt))+$/i, '');
  return stem.replaceAll(/[-_]+/g, ' ').trim().slice(0, 64);
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-import-key-dialog': ImportKeyDialog;
  }
}
