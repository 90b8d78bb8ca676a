/**
 * `<ot-shelf>`: the releases of the library, grouped by project, with search, filters and sorting.
 *
 * A thousand rows take longer than one frame to build, so the first screenful is drawn at once and the rest follows in portions while
 * the browser is idle; a keystroke starts over. In the end all rows are there, so find-in-page and screen readers miss nothing.
 *
 * Properties: `records`, `places` (where each firmware is), `marks` (what signatures and releases come to), `selected` (SHA-256).
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { FirmwareRecord } from '../../../app/model.ts';
import type { FirmwareSignatureStatus } from '../../../core/trust/firmware-signature.ts';
import { icon, versionTag } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { formatBytes, formatCount, formatDay, shortName } from '../../format.ts';
import { linkTo } from '../../router.ts';
import { STATUS_WORDS } from '../../signature-words.ts';
import { KIND_WORDS } from './kind-words.ts';
import { SHELF_SORTS, ShelfIndex, WHOLE_SHELF, type Shelf, type ShelfGroup, type ShelfQuery, type ShelfSort } from './shelf.ts';
import { NO_MARKS, type ShelfMarks, type ShelfRelease } from './shelf-marks.ts';
import { whereaboutsWords, type Whereabouts } from './whereabouts.ts';

const PORTION = 60;
/** With fewer records the eye is faster than a search. */
const SEARCH_FROM = 5;

const SORT_WORDS = { version: 'By version', added: 'By date', size: 'By size' } as const satisfies Record<ShelfSort, string>;

@customElement('ot-shelf')
class ShelfList extends LightElement {
  @property({ attribute: false }) records: readonly FirmwareRecord[] = [];
  @property({ attribute: false }) places: ReadonlyMap<string, readonly Whereabouts[]> = new Map();
  @property({ attribute: false }) marks: ShelfMarks = NO_MARKS;
  @property({ attribute: false }) selected = '';
  @state() private query: ShelfQuery = WHOLE_SHELF;
  @state() private limit = PORTION;

  #index = new ShelfIndex([]);
  #shelf: Shelf = { groups: [], count: 0 };
  #growth: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#growth);
    this.#growth = undefined;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('records')) this.#index = new ShelfIndex(this.records);
    if (changed.has('records') || changed.has('query')) this.#shelf = this.#index.query(this.query);
    if (changed.has('query')) this.limit = PORTION;
  }

  protected override updated(): void {
    if (this.limit >= this.#shelf.count || this.#growth !== undefined) return;
    // A task of its own: input and paint come in between.
    this.#growth = setTimeout(() => {
      this.#growth = undefined;
      this.limit += PORTION;
    });
  }

  #ask(change: Partial<ShelfQuery>): void {
    this.query = { ...this.query, ...change };
  }

  override render() {
    const { count } = this.#shelf;
    const isNarrowed = this.query.text !== '' || this.query.chip !== '' || this.query.tag !== '';
    return html`
      ${this.records.length >= SEARCH_FROM ? this.#renderSearch() : nothing}
      <p class=${isNarrowed ? 'quiet' : 'vh'} role="status">
        ${isNarrowed ? `${formatCount(count)} of ${formatCount(this.records.length)} found` : ''}
      </p>
      <nav class="shelf" aria-label="Releases">${this.#renderGroups()}</nav>
      ${isNarrowed && count === 0 ? this.#renderNothingFound() : nothing}
    `;
  }

  #renderGroups(): unknown {
    const today = Date.now();
    let room = this.limit;
    const groups: { group: ShelfGroup; rows: readonly FirmwareRecord[] }[] = [];
    for (const group of this.#shelf.groups) {
      if (room <= 0) break;
      groups.push({ group, rows: group.records.length > room ? group.records.slice(0, room) : group.records });
      room -= group.records.length;
    }
    return repeat(
      groups,
      ({ group }) => group.name,
      ({ group, rows }) => {
        const twins = namesakes(rows);
        return html`<section>
          <h2>${shortName(group.name)}${group.chip ? html` <span class="quiet">${group.chip}</span>` : nothing}</h2>
          <ul>
            ${repeat(
              rows,
              (record) => record.sha256,
              (record) => this.#renderRow(record, group, { today, isTwin: twins.has(record.version) }),
            )}
          </ul>
        </section>`;
      },
    );
  }

  #renderRow(
    record: FirmwareRecord,
    group: ShelfGroup,
    { today, isTwin }: { readonly today: number; readonly isTwin: boolean },
  ): TemplateResult {
    const places = this.places.get(record.sha256);
    const runs = places?.some((place) => place.runs) ?? false;
    const where = whereaboutsWords(places);
    const release = this.marks.releases.get(record.sha256);
    return html`<li>
      <a
        class="release"
        href=${linkTo({ view: 'firmware', sha256: record.sha256 })}
        aria-current=${record.sha256 === this.selected ? 'true' : nothing}
        ><span class="vh">${group.name} </span>${versionTag(record.version || '–', runs ? 'run' : 'plain')}<span
          ><span class="num small">${formatBytes(record.size)}</span
          ><span class="quiet"
            >${formatDay(record.addedAt, today)}${where && `, ${where}`}${isTwin ? html`, <code>${record.sha256.slice(0, 8)}</code>` : nothing}${release ? releaseNote(release) : nothing}</span
          ></span
        >${rowNote(record, group, this.marks.signatures.get(record.sha256))}</a
      >
    </li>`;
  }

  #renderSearch(): TemplateResult {
    const { chips, tags } = this.#index;
    const choice = (event: Event) => (event.target as HTMLSelectElement).value;
    return html`<search class="search">
      <label class="vh" for="shelf-search">Search firmware</label>
      <span class="search-field"
        >${icon('search')}<input
          class="input"
          id="shelf-search"
          type="search"
          placeholder="Name, version, tag, hash"
          autocomplete="off"
          spellcheck="false"
          .value=${this.query.text}
          @input=${(event: InputEvent) => this.#ask({ text: (event.target as HTMLInputElement).value })}
      /></span>
      <div class="filters">
        ${filter('Chip', 'Any chip', chips, this.query.chip, (event) => this.#ask({ chip: choice(event) }))}
        ${filter('Tag', 'Any tag', tags, this.query.tag, (event) => this.#ask({ tag: choice(event) }))}
        <label class="filter"
          ><span class="vh">Sort by</span
          ><select class="input" @change=${(event: Event) => this.#ask({ sort: choice(event) as ShelfSort })}>
            ${SHELF_SORTS.map((sort) => html`<option value=${sort} ?selected=${sort === this.query.sort}>${SORT_WORDS[sort]}</option>`)}
          </select></label
        >
      </div>
    </search>`;
  }

  #renderNothingFound(): TemplateResult {
    return html`<p class="keys">
      <button
        class="key key-small"
        type="button"
        @click=${() => {
          this.#ask({ text: '', chip: '', tag: '' });
          this.querySelector<HTMLInputElement>('#shelf-search')?.focus();
        }}
      >
        Show all ${this.records.length}
      </button>
    </p>`;
  }
}

/** A filter with one choice filters nothing. */
function filter(
  name: string,
  any: string,
  values: readonly string[],
  value: string,
  onChange: (event: Event) => void,
): TemplateResult | typeof nothing {
  if (values.length < 2 && value === '') return nothing;
  return html`<label class="filter"
    ><span class="vh">${name}</span
    ><select class="input" @change=${onChange}>
      <option value="" ?selected=${value === ''}>${any}</option>
      ${values.map((each) => html`<option value=${each} ?selected=${each === value}>${each}</option>`)}
    </select></label
  >`;
}

/** Versions that more than one of the rows is called; their bytes tell those apart. */
function namesakes(rows: readonly FirmwareRecord[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(rows.flatMap(({ version }) => (seen.has(version) ? version : (seen.add(version), []))));
}

const releaseNote = ({ counter, words }: ShelfRelease): TemplateResult => html`, <span title=${words}>signed release ${counter}</span>`;

function rowNote(record: FirmwareRecord, group: ShelfGroup, mark: FirmwareSignatureStatus | undefined): TemplateResult | typeof nothing {
  const caution = (words: string) => html`<span class="sign" data-sign="none">${icon('caution')}${words}</span>`;
  if (record.intact === false) return caution('Damaged');
  if (record.kind === 'damaged' || record.kind === 'encrypted' || record.kind === 'unknown') return caution(KIND_WORDS[record.kind].name);
  if (!record.versionCertain && record.kind === 'app') return caution('Version?');
  if (mark && mark !== 'unsigned') {
    const { icon: name, mark: word, sign } = STATUS_WORDS[mark];
    return html`<span class="sign" data-sign=${sign === 'ok' ? nothing : sign}>${icon(name)}${word}</span>`;
  }
  if (record.kind !== 'app') return html`<span class="quiet">${KIND_WORDS[record.kind].name}</span>`;
  return record.chip && !group.chip ? html`<span class="quiet">${record.chip}</span>` : nothing;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-shelf': ShelfList;
  }
}
