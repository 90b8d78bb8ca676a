/** How a key ends: followed by another, retired, revoked, deleted; each with what it means. Template only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { KeyRecord } from '../../../app/trust/model.ts';
import type { KeyService } from '../../../app/trust/services.ts';
import { attempt } from '../../attempt.ts';
import { icon, type IconName } from '../../elements/icons.ts';
import { announce } from '../../live-region.ts';
import { endKey, makeSuccessor } from './key-acts.ts';

interface End {
  readonly sign: IconName;
  readonly title: string;
  readonly words: string;
  readonly key: string;
  readonly look: 'key key-small' | 'key key-small key-stop';
  readonly act: () => Promise<void>;
}

export function keyEnds(keys: KeyService, record: KeyRecord): TemplateResult {
  return html`<section class="sheet" aria-labelledby="how-it-ends">
    <h2 id="how-it-ends">When its time is over</h2>
    <ul class="ends rows">
      ${endRow(followed(keys, record))} ${record.status === 'revoked' ? nothing : endRow(rested(keys, record))}
      ${record.status === 'revoked' ? nothing : endRow(revoked(keys, record))} ${endRow(deleted(keys, record))}
    </ul>
  </section>`;
}

const endRow = ({ sign, title, words, key, look, act }: End): TemplateResult =>
  html`<li>
    ${icon(sign)}
    <div>
      <h3>${title}</h3>
      <p class="quiet">${words}</p>
    </div>
    <button class=${look} type="button" @click=${() => attempt(act)}>${key}</button>
  </li>`;

const followed = (keys: KeyService, record: KeyRecord): End => ({
  sign: 'right',
  title: 'Let another follow it',
  words: `A new key that the same products trust${record.status === 'active' ? '; this one is retired in the same step' : ''}.`,
  key: 'Make its successor',
  look: 'key key-small',
  act: () => makeSuccessor(keys, record),
});

const rested = (keys: KeyService, record: KeyRecord): End =>
  record.status === 'active'
    ? {
        sign: 'pause',
        title: 'Retire it',
        words: `It signs no more${record.isWeak ? '' : '; what it signed stays good'}. It can be made active again.`,
        key: 'Retire it',
        look: 'key key-small',
        act: () => endKey(keys, record, 'retire'),
      }
    : {
        sign: 'undo',
        title: 'Make it active again',
        words: `It was retired: ${record.isWeak ? '' : 'what it signed stays good, and '}it signs nothing new.`,
        key: 'Make it active',
        look: 'key key-small',
        act: async () => {
          await keys.setStatus(record.id, 'active');
          announce(`${record.name} is active again.`);
        },
      };

const revoked = (keys: KeyService, record: KeyRecord): End => ({
  sign: 'cross',
  title: 'Revoke it',
  words: 'Somebody else may have it: nothing that it ever signed is trusted any more. For good.',
  key: 'Revoke it',
  look: 'key key-small key-stop',
  act: () => endKey(keys, record, 'revoke'),
});

function deletedWords({ status, privateKey }: KeyRecord): string {
  if (status === 'revoked') return 'It leaves your key ring. That it was revoked is kept for good.';
  return privateKey === 'none' ? 'It leaves this browser.' : 'It leaves this browser, and its private half is gone.';
}

const deleted = (keys: KeyService, record: KeyRecord): End => ({
  sign: 'trash',
  title: 'Delete it',
  words: deletedWords(record),
  key: 'Delete it',
  look: 'key key-small key-stop',
  act: () => endKey(keys, record, 'delete'),
});
