/** Asks before a key stops signing: what that means for what it signed and for who trusts it, and for what cannot be undone a word that must be typed. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { canBeTrusted } from '../../app/trust/key-use.ts';
import type { KeyRecord } from '../../app/trust/model.ts';
import type { KeyService, KeyUses } from '../../app/trust/services.ts';
import { icon, type IconName } from '../elements/icons.ts';
import { errorLines } from '../error-lines.ts';
import { listed, usesSentences } from '../views/keys/key-words.ts';
import { fieldFault } from './key-fields.ts';
import { Modal } from './modal.ts';

export type KeyEnd = 'retire' | 'revoke' | 'delete';

interface EndWords {
  readonly title: (name: string) => string;
  readonly lead: string;
  readonly confirm: string;
  readonly busy: string;
  readonly isForGood: boolean;
}

const WORDS = {
  retire: {
    title: (name) => `Retire ${name}?`,
    lead: 'It signs no more. Do this when another key has taken over.',
    confirm: 'Retire it',
    busy: 'Retiring it…',
    isForGood: false,
  },
  revoke: {
    title: (name) => `Revoke ${name} for good?`,
    lead: 'Do this when somebody else may have its private half. It cannot be undone: not by deleting it, and not by importing it again.',
    confirm: 'Revoke it for good',
    busy: 'Revoking it…',
    isForGood: true,
  },
  delete: {
    title: (name) => `Delete ${name}?`,
    lead: 'It leaves this browser with its private half, and Otter forgets that it was ever here.',
    confirm: 'Delete it',
    busy: 'Deleting it…',
    isForGood: true,
  },
} as const satisfies Record<KeyEnd, EndWords>;

/** Of one that was revoked before it is deleted. */
const REVOKED_LEAD = 'It leaves your key ring. Its fingerprint, its name, and that it was revoked are kept for good.';

type Meaning = readonly [IconName, string | TemplateResult];

@customElement('ot-end-key-dialog')
export class EndKeyDialog extends Modal<true> {
  @property({ attribute: false }) keys!: KeyService;
  @property({ attribute: false }) key!: KeyRecord;
  @property({ attribute: false }) end: KeyEnd = 'retire';
  @state() private uses: KeyUses | undefined;
  @state() private fault = '';
  @state() private busy = false;
  @state() private error: unknown;

  protected override firstUpdated(): void {
    void this.keys.uses(this.key.id).then(
      (uses) => (this.uses = uses),
      (error: unknown) => (this.error = error),
    );
  }

  async #do(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const field = this.querySelector<HTMLInputElement>('#end-name');
    this.fault = field && field.value.trim() !== this.key.name ? `Type ${this.key.name}, as it is written above.` : '';
    this.error = undefined;
    if (this.fault) return field?.focus();
    this.busy = true;
    try {
      await this.#end();
      this.finish(true);
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  async #end(): Promise<unknown> {
    const { keys, key, end } = this;
    switch (end) {
      case 'retire':
        return keys.setStatus(key.id, 'retired');
      case 'revoke':
        return keys.setStatus(key.id, 'revoked');
      case 'delete':
        return keys.delete(key.id);
    }
  }

  protected override renderContent(): TemplateResult {
    const { end, key, uses } = this;
    const words: EndWords = WORDS[end];
    return html`
      <h2 id=${this.headingId}>${words.title(key.name)}</h2>
      <p>${end === 'delete' && key.status === 'revoked' ? REVOKED_LEAD : words.lead}</p>
      <form class="form" novalidate @submit=${this.#do}>
        <section aria-label="What it means" aria-busy=${uses === undefined}>
          <ul class="rows means">
            ${uses ? meanings(end, key, uses).map(([name, text]) => html`<li>${icon(name)}<span>${text}</span></li>`) : html`<li>${icon('clock')}<span>Looking for what depends on it…</span></li>`}
          </ul>
        </section>
        ${words.isForGood ? this.#renderTyped() : nothing}
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
        <p class="keys keys-end">
          <button class="key" type="button" autofocus @click=${() => this.finish()}>Keep it as it is</button>
          <button class=${words.isForGood ? 'key key-stop' : 'key key-go'} type="submit" aria-busy=${this.busy}>
            ${this.busy ? words.busy : words.confirm}
          </button>
        </p>
      </form>
    `;
  }

  #renderTyped(): TemplateResult {
    const { name } = this.key;
    return html`<div class="field">
      <label for="end-name">To go on, type its name: <b>${name}</b></label>
      <input
        class="input"
        id="end-name"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        aria-invalid=${this.fault ? 'true' : nothing}
        aria-describedby=${this.fault ? 'end-name-fault' : nothing}
      />
      ${fieldFault('end-name-fault', this.fault)}
    </div>`;
  }
}

function meanings(end: KeyEnd, key: KeyRecord, uses: KeyUses): readonly Meaning[] {
  switch (end) {
    case 'retire':
      return retireMeans(key, uses);
    case 'revoke':
      return revokeMeans(key, uses);
    case 'delete':
      return deleteMeans(key, uses);
  }
}

const dependents = (key: KeyRecord, uses: KeyUses): readonly Meaning[] => {
  const sentences = usesSentences(uses, key);
  return sentences.length > 0 ? [['info', sentences.join(' ')]] : [['info', 'Nothing in this browser depends on it.']];
};

const retireMeans = (key: KeyRecord, uses: KeyUses): readonly Meaning[] => [
  ...dependents(key, uses),
  ...(key.isWeak ? [] : ([['check', 'What it signed stays good: firmware that is trusted by it goes on being trusted.']] as const)),
  ['undo', 'It can be made active again.'],
];

const revokeMeans = (key: KeyRecord, uses: KeyUses): readonly Meaning[] => [
  ...dependents(key, uses),
  [
    'cross',
    'From now on nothing that it signed is trusted, however old: nobody can tell what you signed from what somebody else did. Sign again, with another key, what you still need.',
  ],
  ...(key.privateKey === 'none' ? [] : ([['trash', 'Its private half is deleted from this browser.']] as const)),
  [
    'devices',
    'Guarded virtual boards lose it at once. Other devices do not hear of it: whichever trusts this key by itself takes what it signed until you give it another key.',
  ],
  ...(uses.releases > 0
    ? ([
        ['caution', 'If it signs root files, make and sign the next root file first: that has to be signed with the old keys, too.'],
      ] as const)
    : []),
];

const deleteMeans = (key: KeyRecord, uses: KeyUses): readonly Meaning[] => [
  ...dependents(key, uses),
  ...(key.privateKey === 'none'
    ? []
    : ([
        [
          'caution',
          key.privateKey === 'here'
            ? 'There is no backup, and there never can be: nobody signs with it again.'
            : 'Without a backup file nobody signs with it again.',
        ],
      ] as const)),
  ...(uses.products.length > 0
    ? ([
        [
          'lock',
          key.status === 'revoked'
            ? `It stays named by ${listed(uses.products, 5)}: nothing is taken unsigned again because of this. To let go of it there, remove it in the list of products.`
            : `${listed(uses.products, 5)} will not ${canBeTrusted(key) ? 'trust' : 'name'} it any more. A product without any key takes unsigned firmware again.`,
        ],
      ] as const)
    : []),
  ...(key.status === 'revoked'
    ? ([
        ['cross', 'What it signed stays refused, by its name. Whoever imports it again gets it back revoked: no way leads to trusting it.'],
      ] as const)
    : []),
];

declare global {
  interface HTMLElementTagNameMap {
    'ot-end-key-dialog': EndKeyDialog;
  }
}
