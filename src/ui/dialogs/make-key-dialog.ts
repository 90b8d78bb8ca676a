/** Makes a signing key, or the one that follows another: its kind, its name, and whether its private half may ever leave. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { KeyRecord } from '../../app/trust/model.ts';
import type { KeyService } from '../../app/trust/services.ts';
import { MADE_ALGORITHMS, type MadeAlgorithm } from '../../core/trust/signing-key.ts';
import { icon } from '../elements/icons.ts';
import { errorLines } from '../error-lines.ts';
import { ALGORITHM_WORDS, listed } from '../views/keys/key-words.ts';
import { BACKUP_WORDS, NAME_NEEDED, exportableField, isTicked, namingFields, textOf } from './key-fields.ts';
import { Modal } from './modal.ts';

const FIRST_CHOICE: MadeAlgorithm = 'ECDSA P-256';
const KINDS = Object.keys(ALGORITHM_WORDS) as readonly MadeAlgorithm[];

/** `Release 2026` → `Release 2027`, `Factory` → `Factory 2`. */
export function nextName(name: string): string {
  const [, stem = name, number] = /^(.*?)(\d{1,6})$/.exec(name) ?? [];
  return number === undefined ? `${name} 2` : `${stem}${String(Number(number) + 1).padStart(number.length, '0')}`;
}

@customElement('ot-make-key-dialog')
export class MakeKeyDialog extends Modal<KeyRecord> {
  @property({ attribute: false }) keys!: KeyService;
  /** The key that the new one follows. */
  @property({ attribute: false }) predecessor: KeyRecord | undefined;
  /** Those that trust the predecessor. */
  @property({ attribute: false }) products: readonly string[] = [];
  @state() private algorithm: MadeAlgorithm = FIRST_CHOICE;
  @state() private fault = '';
  @state() private busy = false;
  @state() private error: unknown;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('predecessor') && this.predecessor) {
      const { algorithm } = this.predecessor;
      this.algorithm = MADE_ALGORITHMS.find((made) => made === algorithm) ?? FIRST_CHOICE;
    }
  }

  async #make(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const options = { name: textOf(this, 'name'), purpose: textOf(this, 'purpose'), exportable: isTicked(this, 'exportable') };
    this.fault = options.name === '' ? NAME_NEEDED : '';
    this.error = undefined;
    if (this.fault) return this.querySelector<HTMLElement>('#key-name')?.focus();
    this.busy = true;
    try {
      const { keys, predecessor, algorithm } = this;
      this.finish(await (predecessor ? keys.makeSuccessor(predecessor.id, algorithm, options) : keys.make(algorithm, options)));
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  protected override renderContent(): TemplateResult {
    const { predecessor } = this;
    return html`
      <h2 id=${this.headingId}>${predecessor ? html`Make a successor of ${predecessor.name}` : 'Make a key'}</h2>
      ${predecessor ? this.#renderRotation(predecessor) : nothing}
      <form class="form" novalidate @submit=${this.#make}>
        ${namingFields({ name: predecessor ? nextName(predecessor.name) : '', purpose: predecessor?.purpose ?? '', fault: this.fault })}
        <fieldset class="radios kinds">
          <legend>Kind</legend>
          ${KINDS.map((algorithm) => this.#renderKind(algorithm))}
        </fieldset>
        ${exportableField({ label: 'A backup can be made', words: BACKUP_WORDS, checked: predecessor?.privateKey === 'exportable' })}
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
        <p class="keys keys-end keys-stay">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button class="key key-go" type="submit" aria-busy=${this.busy}>${this.busy ? 'Making it…' : 'Make the key'}</button>
        </p>
      </form>
    `;
  }

  #renderKind(algorithm: MadeAlgorithm): TemplateResult {
    const id = `kind-${algorithm.replace(/\W/g, '-')}`;
    return html`<div class="kind">
      <label class="tick"
        ><input
          type="radio"
          name="algorithm"
          value=${algorithm}
          aria-describedby=${id}
          .checked=${algorithm === this.algorithm}
          @change=${() => (this.algorithm = algorithm)}
        />${algorithm}</label
      >
      <p class="quiet" id=${id}>${ALGORITHM_WORDS[algorithm]}</p>
    </div>`;
  }

  #renderRotation({ name, status, isWeak }: KeyRecord): TemplateResult {
    const { products } = this;
    return html`<ul class="rows means">
      <li>
        ${icon('plus')}<span
          >${products.length === 0 ? 'No product trusts it yet: trust the new one where it belongs.' : html`<b>${listed(products)}</b> will trust the new key, too.`}</span
        >
      </li>
      ${
        status === 'active'
          ? html`<li>
              ${icon('pause')}<span><b>${name}</b> is retired: it signs no more${isWeak ? '' : ', and what it signed stays good'}.</span>
            </li>`
          : nothing
      }
      <li>
        ${icon('devices')}<span
          >A device that checks signatures itself knows the old key only. Give it the new one while the old one still opens it.</span
        >
      </li>
    </ul>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-make-key-dialog': MakeKeyDialog;
  }
}
