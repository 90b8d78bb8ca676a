/** One entry of the log, all of it: what happened, every fact, and its link in the chain. A template only. */
import { html, nothing, type TemplateResult } from 'lit';
import { LOG_FACTS, type FactValue } from '../../../core/trust/log-facts.ts';
import type { LogRecord } from '../../../core/trust/log-entry.ts';
import { plainText } from '../../../core/plain-text.ts';
import { hash, icon } from '../../elements/icons.ts';
import { linkTo } from '../../router.ts';
import { FACT_WORDS, entryWords } from './entry-words.ts';
import type { LogRow } from './log-rows.ts';

const WHEN = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });
const LONG = /^[\w-]{33,}$/;

export function entryCard(row: LogRow | undefined, close: () => void): TemplateResult {
  if (!row?.record) return troubleCard(row, close);
  const { record } = row;
  return html`<section class="sheet" aria-labelledby="entry">
    ${cardHead(`Entry ${record.seq}`, close)}
    <p>${entryWords(record)}.</p>
    <dl class="pairs">
      <dt>When</dt>
      <dd><time datetime=${record.at}>${whenWords(record.at)}</time></dd>
      <dt>Act</dt>
      <dd><code>${record.act}</code></dd>
      <dt>Written by</dt>
      <dd>${record.by === 'worker' ? 'the service worker' : 'the page'}${record.app ? html`, Otter ${record.app}` : nothing}</dd>
      ${factsInOrder(record).map(([name, value]) => fact(name, String(value)))}
      <dt>Its hash</dt>
      <dd>${hash(record.h, 'Hash')}</dd>
      <dt>Follows</dt>
      <dd>${hash(record.prev, 'Hash of the entry before')}</dd>
    </dl>
    ${links(record)}
  </section>`;
}

function troubleCard(row: LogRow | undefined, close: () => void): TemplateResult {
  const words = row?.trouble === 'missing' ? 'is missing' : 'cannot be read';
  return html`<section class="sheet" aria-labelledby="entry">
    ${cardHead(row ? `Entry ${row.seq} ${words}` : 'Entry', close)}
    <p class="quiet">
      ${row ? 'Somebody changed the storage of this browser by hand. Verify the chain: it names the first broken link.' : 'Reading it…'}
    </p>
  </section>`;
}

const cardHead = (title: string, close: () => void): TemplateResult =>
  html`<div class="row-head">
    <h2 id="entry">${title}</h2>
    <button class="link-key log-close" type="button" @click=${close}>${icon('cross')}Close</button>
  </div>`;

/** As a person would tell them; the record has them by the alphabet. */
function factsInOrder({ facts }: LogRecord): readonly (readonly [string, FactValue])[] {
  const known = Object.keys(LOG_FACTS);
  const place = (name: string): number => (known.includes(name) ? known.indexOf(name) : known.length);
  return Object.entries(facts).sort(([a], [b]) => place(a) - place(b));
}

function fact(name: string, value: string): TemplateResult {
  const plain = plainText(value);
  const words = Object.hasOwn(FACT_WORDS, name) ? FACT_WORDS[name] : name;
  return html`<dt>${words}</dt>
    <dd>${LONG.test(plain) ? hash(plain, words) : plain}</dd>`;
}

/** To what it is about, where that may still be there. */
function links({ facts }: LogRecord): TemplateResult | typeof nothing {
  const { deviceId, sha256 } = facts;
  if (typeof deviceId !== 'string' && typeof sha256 !== 'string') return nothing;
  return html`<p class="log-foot">
    ${
      typeof deviceId === 'string' && !deviceId.startsWith('usb')
        ? html`<a class="link-key" href=${linkTo({ view: 'device', id: deviceId })}>${icon('devices')}Open the device</a>`
        : nothing
    }
    ${
      typeof sha256 === 'string'
        ? html`<a class="link-key" href=${linkTo({ view: 'firmware', sha256 })}>${icon('firmware')}Open the firmware</a>`
        : nothing
    }
  </p>`;
}

function whenWords(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? at : WHEN.format(date);
}
