/**
 * `<ot-log-list>`: entries of the log on listing paper, newest first. However many there are, only the rows in sight are in the page: all rows
 * have one height, so a number of rows is a length and a scroll position is a row.
 *
 * Properties: `rows`, `version` (rises when they changed), `chosen` (sequence number of the open entry). Events: `EntryChosenEvent`.
 * ARIA: a listbox with one option per entry; arrows, Page Up/Down, Home and End move the choice, which the page shows beside it.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { icon } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { GROUP_WORDS, entryWords, groupOf, toneOf, type EntryTone } from './entry-words.ts';
import type { LogRow, LogRows } from './log-rows.ts';

/** Drawn beyond both edges, so that a turn of the wheel shows no gap. */
const SPARE_ROWS = 6;
/** As `log.css` has it; on a phone a row has two lines. */
const ROW_PX = { wide: 28, narrow: 52 } as const;
const NARROW = matchMedia('(max-width: 47.5rem)');
/** Longer elements some browsers cut off; what is older than that is found by searching. */
const MOST_PX = 16_000_000;

export class EntryChosenEvent extends Event {
  static readonly type = 'ot-entry-chosen';
  readonly seq: number;
  /** By a pointer, not by a key. */
  readonly isPointed: boolean;

  constructor(seq: number, isPointed: boolean) {
    super(EntryChosenEvent.type, { bubbles: true });
    this.seq = seq;
    this.isPointed = isPointed;
  }
}

const TONE_ICONS = { fault: 'cross', doubt: 'caution' } as const satisfies Record<Exclude<EntryTone, 'plain'>, string>;
const TONE_WORDS = { fault: 'Refused or failed: ', doubt: 'Look at this: ' } as const;

@customElement('ot-log-list')
export class LogListElement extends LightElement {
  @property({ attribute: false }) rows!: LogRows;
  @property({ type: Number }) version = 0;
  @property({ type: Number }) chosen = 0;
  @state() private heightPx = 480;
  @state() private isNarrow = NARROW.matches;

  #top = 0;
  #newest = 0;
  readonly #sizes = new ResizeObserver(([entry]) => {
    if (entry && entry.contentRect.height > 0) this.heightPx = entry.contentRect.height;
  });
  readonly #onNarrow = (): void => void (this.isNarrow = NARROW.matches);

  override connectedCallback(): void {
    super.connectedCallback();
    NARROW.addEventListener('change', this.#onNarrow);
    if (this.#view) this.#sizes.observe(this.#view);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    NARROW.removeEventListener('change', this.#onNarrow);
    this.#sizes.disconnect();
  }

  protected override firstUpdated(): void {
    if (this.#view) this.#sizes.observe(this.#view);
  }

  get #view(): HTMLElement | null {
    return this.querySelector('.log-view');
  }

  get #rowPx(): number {
    return this.isNarrow ? ROW_PX.narrow : ROW_PX.wide;
  }

  get #count(): number {
    return Math.min(this.rows.count, Math.floor(MOST_PX / this.#rowPx));
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('rows')) this.#newest = this.rows.newest;
    // What was added lies above: whoever reads further down stays with what they read.
    const added = this.rows.search ? 0 : this.rows.newest - this.#newest;
    this.#newest = this.rows.newest;
    if (added > 0 && this.#top > 0) this.#top += added * this.#rowPx;
  }

  protected override updated(): void {
    const view = this.#view;
    if (!view) return;
    this.querySelector<HTMLElement>('.log-room')?.style.setProperty('block-size', `${this.#count * this.#rowPx}px`);
    this.querySelector<HTMLElement>('.log-rows')?.style.setProperty('translate', `0 ${this.#first * this.#rowPx}px`);
    if (view.scrollTop !== this.#top) view.scrollTop = this.#top;
    // The browser may have said how far it can go.
    this.#top = view.scrollTop;
  }

  get #first(): number {
    return Math.max(0, Math.min(Math.floor(this.#top / this.#rowPx), this.#count - 1) - SPARE_ROWS);
  }

  readonly #onScroll = (event: Event): void => {
    const { scrollTop } = event.target as HTMLElement;
    if (scrollTop === this.#top) return;
    this.#top = scrollTop;
    this.requestUpdate();
  };

  // ---- the choice ----

  readonly #onKey = (event: KeyboardEvent): void => {
    const at = this.rows.indexOf(this.chosen);
    const page = Math.max(1, Math.floor(this.heightPx / this.#rowPx) - 1);
    const last = this.#count - 1;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: last,
    };
    const to = Object.hasOwn(moves, event.key) ? moves[event.key] : undefined;
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey || last < 0) return;
    event.preventDefault();
    this.#choose(Math.max(0, Math.min(last, to)), false);
  };

  #choose(index: number, isPointed: boolean): void {
    const seq = this.rows.at(index)?.seq ?? (this.rows.search ? undefined : this.rows.newest - index);
    if (seq === undefined) return;
    this.#show(index);
    this.dispatchEvent(new EntryChosenEvent(seq, isPointed));
  }

  #show(index: number): void {
    const [top, bottom] = [index * this.#rowPx, (index + 1) * this.#rowPx];
    if (top < this.#top) this.#top = top;
    else if (bottom > this.#top + this.heightPx) this.#top = bottom - this.heightPx;
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const count = this.#count;
    const first = this.#first;
    const last = Math.min(count, first + Math.ceil(this.heightPx / this.#rowPx) + 2 * SPARE_ROWS);
    const indices = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
    const isShown = indices.some((index) => this.rows.at(index)?.seq === this.chosen);
    return html`<div
      class="log-view"
      role="listbox"
      tabindex="0"
      aria-label="Entries, newest first"
      aria-activedescendant=${isShown ? `entry-${this.chosen}` : nothing}
      @scroll=${this.#onScroll}
      @keydown=${this.#onKey}
    >
      <div class="log-room" role="presentation">
        <div class="log-rows" role="presentation">
          ${repeat(
            indices,
            (index) => this.rows.at(index)?.seq ?? -index,
            (index) => this.#row(this.rows.at(index), index, count),
          )}
        </div>
      </div>
    </div>`;
  }

  #row(row: LogRow | undefined, index: number, count: number): TemplateResult {
    return html`<div
      class="log-row"
      role="option"
      id=${row ? `entry-${row.seq}` : nothing}
      aria-selected=${row !== undefined && row.seq === this.chosen ? 'true' : 'false'}
      aria-setsize=${count}
      aria-posinset=${index + 1}
      data-tone=${row?.record ? toneOf(row.record) : row?.trouble ? 'fault' : nothing}
      data-band=${(row?.seq ?? index) % 4 > 1 ? 'yes' : nothing}
      @click=${() => this.#choose(index, true)}
    >
      ${row ? cells(row) : html`<span class="log-what">…</span>`}
    </div>`;
  }
}

const TROUBLE_WORDS = { missing: 'is missing', unreadable: 'cannot be read' } as const;

function cells({ seq, record, trouble }: LogRow): TemplateResult {
  if (!record) {
    const words = TROUBLE_WORDS[trouble ?? 'unreadable'];
    return html`<span class="log-no">${seq}</span>${icon('cross')}<span class="log-what">Entry ${seq} ${words}</span>`;
  }
  const tone = toneOf(record);
  const group = groupOf(record);
  return html`<span class="log-no">${seq}</span><time class="log-at" datetime=${record.at}>${whenWords(record.at)}</time>${
      tone === 'plain' ? icon(group ? GROUP_WORDS[group].icon : 'info') : icon(TONE_ICONS[tone])
    }<span class="log-what"><span class="vh">${tone === 'plain' ? '' : TONE_WORDS[tone]}</span>${entryWords(record)}</span
    ><code class="log-h" aria-hidden="true">${record.h.slice(0, 8)}</code>`;
}

const DAY_AND_TIME = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const WITH_YEAR = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });

/** `20 Nov 09:12:03` by the reader's clock; of another year, that instead of the seconds. */
function whenWords(at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  const isThisYear = date.getFullYear() === new Date().getFullYear();
  return (isThisYear ? DAY_AND_TIME : WITH_YEAR).format(date).replace(',', '');
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-log-list': LogListElement;
  }
}
