/** Secrets that devices and their server share. Template only. */
import { html, type TemplateResult } from 'lit';
import type { SecretRecord } from '../../../app/trust/model.ts';
import { icon, lamp } from '../../elements/icons.ts';
import { formatAgo, formatDay } from '../../format.ts';
import { SECRET_WORDS } from './key-words.ts';

interface SecretListFacts {
  readonly secrets: readonly SecretRecord[];
  readonly now: number;
  /** There is a public key that may go into a `keys.h`. */
  readonly hasKeys: boolean;
  readonly onMake: () => void;
  readonly onImport: () => void;
  readonly onDelete: (secret: SecretRecord) => void;
  readonly onHeader: () => void;
}

export function secretList(facts: SecretListFacts): TemplateResult {
  const { secrets, hasKeys } = facts;
  return html`<section class="sheet" aria-labelledby="secrets">
    <div>
      <h2 id="secrets">Secrets</h2>
      <p class="quiet">
        For devices that take sealed updates: what encrypts firmware on its way, and what proves who sends it. A keys.h carries them, and
        the public key, into the firmware of a device.
      </p>
    </div>
    ${
      secrets.length === 0
        ? html`<p class="quiet">None yet. Most devices need none: a signature is enough.</p>`
        : html`<ul class="secrets rows">
            ${secrets.map((secret) => secretRow(secret, facts))}
          </ul>`
    }
    <p class="keys">
      <button class="key key-small" type="button" @click=${facts.onMake}>${icon('plus')}Make a secret</button>
      <button class="key key-small" type="button" @click=${facts.onImport}>Import a secret</button>
      <button class="key key-small" type="button" ?disabled=${!hasKeys} aria-describedby="header-words" @click=${facts.onHeader}>
        ${icon('save')}Save a keys.h
      </button>
      <span class="quiet" id="header-words">${hasKeys ? '' : 'A keys.h needs a key first, one that can be trusted.'}</span>
    </p>
  </section>`;
}

function secretRow(secret: SecretRecord, { now, onDelete }: SecretListFacts): TemplateResult {
  const { name, use, exportable, source, createdAt, usedAt } = secret;
  return html`<li class="secret">
    ${icon('lock')}
    <div>
      <b>${name}</b>
      <p class="quiet">
        ${SECRET_WORDS[use].name}, ${source === 'made' ? 'made' : 'imported'}
        ${formatDay(createdAt, now)}${usedAt === undefined ? '' : `, written into a keys.h ${formatAgo(usedAt, now)}`}
      </p>
    </div>
    <span>${exportable ? lamp('unconfirmed', 'May go into a keys.h') : lamp('on', 'Stays in this browser')}</span>
    <button class="key key-small key-stop" type="button" aria-label=${`Delete ${name}`} @click=${() => onDelete(secret)}>
      ${icon('trash')}Delete
    </button>
  </li>`;
}
