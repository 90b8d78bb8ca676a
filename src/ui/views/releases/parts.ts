/** Small parts of the release pages: fingerprints to compare, what is valid until when, the chain from root file to image, seats for signers. */
import { html, nothing, type TemplateResult } from 'lit';
import type { KeyRecord } from '../../../app/trust/model.ts';
import type { Quorum, RootLine, SetStep } from '../../../app/trust/release-services.ts';
import type { RootKey, RootRole, Root } from '../../../core/trust/root.ts';
import { icon, lamp, type IconName } from '../../elements/icons.ts';
import { formatDay, formatMany } from '../../format.ts';

const DAY_MS = 24 * 3600 * 1000;
/** From here on somebody should renew it. */
const SOON_DAYS = 14;

/** Sixteen groups of four, so that two people can read them to each other. */
export function fingerprintBlock(value: string): TemplateResult {
  const groups = value.match(/.{1,4}/gsu) ?? [];
  return html`<p class="print num" aria-label=${`Fingerprint ${value}`}>${groups.map((group) => html`<span>${group}</span><wbr />`)}</p>`;
}

export function validity(expiresMs: number, now = Date.now()): TemplateResult {
  const days = Math.floor((expiresMs - now) / DAY_MS);
  const day = formatDay(expiresMs, now);
  if (days < 0) return lamp('stopped', `Expired on ${day}`);
  if (days <= SOON_DAYS) return lamp('unconfirmed', `Valid until ${day}: renew it soon`);
  return lamp('on', `Valid until ${day}`);
}

// ---- the chain ----

export type PlateState = SetStep['status'] | 'waiting';

export interface Plate {
  readonly title: string;
  readonly state: PlateState;
  readonly words: string;
}

const PLATES = {
  passed: { icon: 'check', word: 'Verified' },
  active: { icon: 'clock', word: 'Being read' },
  asking: { icon: 'eye', word: 'Asks you' },
  refused: { icon: 'cross', word: 'Refused' },
  waiting: { icon: 'lock', word: 'Not yet' },
} as const satisfies Record<PlateState, { readonly icon: IconName; readonly word: string }>;

/** Each link is drawn solid once it holds, and broken where it does not. */
export function chain(plates: readonly Plate[], label: string): TemplateResult {
  return html`<section class="mat chain-mat" aria-label=${label}>
    <ol class="chain">
      ${plates.map(
        ({ title, state, words }) =>
          html`<li class="plate" data-state=${state}>
            <span class="plate-state">${icon(PLATES[state].icon)}${PLATES[state].word}</span>
            <b>${title}</b>
            <span class="plate-words">${words}</span>
          </li>`,
      )}
    </ol>
  </section>`;
}

// ---- seats ----

/** One seat for each key; those that signed are filled. */
export function seats({ by, threshold, state }: Quorum, own: readonly KeyRecord[]): TemplateResult {
  const all = [...state.signed, ...state.open];
  const has = new Set(state.signed);
  return html`<section class="mat seats-mat" aria-label=${QUORUM_NAMES[by]}>
    <h2>${QUORUM_NAMES[by]}</h2>
    <p>${state.missing === 0 ? lamp('on', 'Enough have signed') : lamp('busy', `${formatMany(state.missing, 'signature')} missing`)}</p>
    <ul class="seats">
      ${all.map((key) => seat(key, has.has(key) ? 'signed' : 'open', own))}
    </ul>
    <p class="quiet">${thresholdWords(threshold, all.length)}</p>
    ${
      state.others.length > 0
        ? html`<ul class="seats-others small">
            ${state.others.map(({ kid, answer }) => html`<li>${icon('cross', 'inline')} ${OTHER_WORDS[answer]}: <code>${kid.slice(0, 8)}…</code></li>`)}
          </ul>`
        : nothing
    }
  </section>`;
}

const QUORUM_NAMES = {
  old: 'By the root file that is trusted now',
  new: 'By the root file itself',
  release: 'By the keys that sign releases',
} as const satisfies Record<Quorum['by'], string>;

const OTHER_WORDS = {
  wrong: 'A signature that is wrong, and does not count',
  unknown: 'A signature by a key that has no say',
  revoked: 'A signature by a key that is revoked',
  unchecked: 'A signature that this browser cannot check',
} as const satisfies Record<Quorum['state']['others'][number]['answer'], string>;

/** The keys of a role, and how many of them it takes. */
export function roleSeats(root: Root, role: RootRole, title: string, own: readonly KeyRecord[]): TemplateResult {
  const keys = root.keys.filter(({ fingerprint }) => role.keys.includes(fingerprint));
  return html`<section class="mat seats-mat" aria-label=${title}>
    <h2>${title}</h2>
    <ul class="seats">
      ${keys.map((key) => seat(key, 'may', own))}
    </ul>
    <p class="quiet">${thresholdWords(role.threshold, keys.length)}</p>
  </section>`;
}

const SEATS = { signed: 'has signed', open: 'may sign', may: '' } as const;

function seat({ name, fingerprint }: RootKey, state: keyof typeof SEATS, own: readonly KeyRecord[]): TemplateResult {
  const isOwn = own.some(({ id }) => id === fingerprint);
  const words = [SEATS[state], isOwn ? 'in your key ring' : ''].filter(Boolean).join(', ');
  return html`<li class="seat" data-state=${state}>
    ${icon(state === 'signed' ? 'signed' : 'keys')}
    <span><b>${name}</b><span class="quiet">${words || html`<code>${fingerprint.slice(0, 8)}…</code>`}</span></span>
  </li>`;
}

const COUNT_WORDS = ['none', 'one', 'two', 'three', 'four', 'five', 'six'];
const count = (number: number): string => COUNT_WORDS[number] ?? String(number);

export function thresholdWords(threshold: number, keys: number): string {
  if (keys === 1) return 'This key alone decides.';
  if (threshold === keys && keys === 2) return 'Both have to sign.';
  if (threshold === 1) return `Any one of ${count(keys)} can sign.`;
  return threshold === keys ? `All ${count(keys)} have to sign.` : `Any ${count(threshold)} of ${count(keys)} have to sign.`;
}

/** Whether somebody here can sign for a line. */
export const canSign = ({ newest }: RootLine, own: readonly KeyRecord[], role: keyof Root['roles'] = 'release'): boolean =>
  own.some(({ id }) => newest.root.roles[role].keys.includes(id));

// ---- days ----

/** For a date field: the day, as the world's clock has it. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The last second of a day. */
export const endOfDay = (day: string): number => Date.parse(`${day}T23:59:59Z`);

export const inDays = (days: number): string => dayOf(Date.now() + days * DAY_MS);
