/** What every page shares on which something is signed: whose signatures are asked for, and the keys of this browser that can give one. */
import { html, type TemplateResult } from 'lit';
import type { KeyRecord } from '../../../app/trust/model.ts';
import type { DraftContent, Quorum, RootLine } from '../../../app/trust/release-services.ts';
import type { Fingerprint } from '../../../core/trust/key-model.ts';
import { contentFacts } from './draft-words.ts';
import { seats } from './parts.ts';

/** Keys that may sign and have not. */
export const askedBy = (quorums: readonly Quorum[]): ReadonlySet<Fingerprint> =>
  new Set(quorums.flatMap(({ state }) => state.open.map(({ fingerprint }) => fingerprint)));

export const seatsOf = (quorums: readonly Quorum[], own: readonly KeyRecord[]): TemplateResult =>
  html`<div class=${quorums.length > 1 ? 'two two-even' : 'stack'}>${quorums.map((quorum) => seats(quorum, own))}</div>`;

/** In full: nobody signs what they have not seen. */
export const contentSheet = (title: string, content: DraftContent, line: RootLine | undefined): TemplateResult =>
  html`<section class="sheet" aria-labelledby="what">
    <h2 id="what">${title}</h2>
    ${contentFacts(content, line?.newest.root)}
  </section>`;

interface SigningKeys {
  readonly title: string;
  readonly able: readonly KeyRecord[];
  /** In place of keys, where none of them can. */
  readonly none: string;
  /** Signing is what the page is for now. */
  readonly isNext: boolean;
  readonly isDoing: (id: Fingerprint) => unknown;
  readonly sign: (key: KeyRecord) => void;
  /** Below them. */
  readonly note?: TemplateResult;
}

export function signingSheet({ title, able, none, isNext, isDoing, sign, note }: SigningKeys): TemplateResult {
  return html`<section class="sheet" aria-labelledby="sign-with">
    <h2 id="sign-with">${title}</h2>
    ${
      able.length === 0
        ? html`<p class="quiet">${none}</p>`
        : html`<ul class="rows demos">
            ${able.map(
              (key, index) =>
                html`<li>
                  <div>
                    <b>${key.name}</b> <span class="quiet">${key.algorithm}, <code>${key.id.slice(0, 8)}…</code></span>
                  </div>
                  <button
                    class=${index === 0 && isNext ? 'key key-small key-go' : 'key key-small'}
                    type="button"
                    aria-label=${`Sign with ${key.name}`}
                    aria-busy=${isDoing(key.id)}
                    @click=${() => sign(key)}
                  >
                    Sign
                  </button>
                </li>`,
            )}
          </ul>`
    }
    ${note}
  </section>`;
}
