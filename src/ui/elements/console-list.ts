/**
 * `<ot-console-list>`: the lines of a serial console. However long the log is, only the rows that can be seen are in the page: all rows
 * have one height, so a number of rows is a length and a scroll position is a row.
 *
 * Properties: `buffer`, `version` (rises with new content), `filter`, `timestamps`, `paused`. Stays at the end while its reader is there.
 * Events: `ConsoleTailEvent` when the reader leaves the end or comes back to it.
 * ARIA: `role="log"`, focusable, never announced by itself: what a chip prints is too much to be read aloud.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { ConsoleBuffer, ConsoleLine, ConsoleSpan } from '../../core/console/console-buffer.ts';
import { ConsoleFilter } from './console-filter.ts';
import { LightElement } from './light-element.ts';

/** Of a row, as `usb.css` has it. */
export const ROW_PX = 20;
/** Drawn beyond both edges, so that a turn of the wheel shows no gap. */
const SPARE_ROWS = 8;
const TAIL_PX = 4;

export class ConsoleTailEvent extends Event {
  static readonly type = 'ot-console-tail';
  readonly atTail: boolean;

  constructor(atTail: boolean) {
    super(ConsoleTailEvent.type, { bubbles: true });
    this.atTail = atTail;
  }
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `09:12:03.482`, by the reader's clock. */
function clockTime(at: number): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

@customElement('ot-console-list')
export class ConsoleListElement extends LightElement {
  @property({ attribute: false }) buffer!: ConsoleBuffer;
  @property({ type: Number }) version = 0;
  @property() filter = '';
  @property({ type: Boolean }) timestamps = false;
  @property({ type: Boolean }) paused = false;
  @property() label = 'Console';
  @state() private heightPx = 400;

  readonly #filter = new ConsoleFilter();
  #follows = true;
  #top = 0;
  /** Up to here the lines are shown; a pause holds it. */
  #end = 0;
  #firstNumber = 0;
  #slice = 0;
  readonly #sizes = new ResizeObserver(([entry]) => {
    if (entry && entry.contentRect.height > 0) this.heightPx = entry.contentRect.height;
    if (this.#follows) this.#toEnd();
  });

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sizes.disconnect();
    cancelAnimationFrame(this.#slice);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#watchSize();
  }

  protected override firstUpdated(): void {
    this.#watchSize();
  }

  #watchSize(): void {
    if (this.#view) this.#sizes.observe(this.#view);
  }

  get #view(): HTMLElement | null {
    return this.querySelector('.con-view');
  }

  /** Shows the newest lines and stays with them. */
  follow(): void {
    this.#setFollows(true);
    this.requestUpdate();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { buffer } = this;
    const bufferEnd = buffer.firstNumber + buffer.length;
    // What was cleared, or dropped to bound the memory, is not held by a pause.
    if (!this.paused || bufferEnd < this.#end) this.#end = bufferEnd;
    this.#keepPlace();
    if (changed.has('filter')) this.#filter.set(this.filter);
    if (!this.#filter.advance(buffer, this.#end)) this.#slice = requestAnimationFrame(() => this.requestUpdate());
  }

  protected override updated(): void {
    const view = this.#view;
    if (!view) return;
    const rows = this.#filter.count(this.buffer, this.#end);
    this.querySelector<HTMLElement>('.con-room')?.style.setProperty('block-size', `${rows * ROW_PX}px`);
    this.querySelector<HTMLElement>('.con-rows')?.style.setProperty('translate', `0 ${this.#firstRow(rows) * ROW_PX}px`);
    if (this.#follows) this.#toEnd();
    else if (view.scrollTop !== this.#top) view.scrollTop = this.#top;
  }

  /** Lines that the buffer dropped were above: the ones in sight stay where they are. */
  #keepPlace(): void {
    const dropped = this.buffer.firstNumber - this.#firstNumber;
    this.#firstNumber = this.buffer.firstNumber;
    if (dropped > 0 && !this.#filter.isActive) this.#top = Math.max(0, this.#top - dropped * ROW_PX);
  }

  #toEnd(): void {
    const view = this.#view;
    if (view) view.scrollTop = view.scrollHeight;
  }

  readonly #onScroll = (event: Event): void => {
    const view = event.target as HTMLElement;
    this.#top = view.scrollTop;
    this.requestUpdate();
    this.#setFollows(view.scrollHeight - view.scrollTop - view.clientHeight <= TAIL_PX);
  };

  #setFollows(follows: boolean): void {
    if (follows === this.#follows) return;
    this.#follows = follows;
    this.dispatchEvent(new ConsoleTailEvent(follows));
  }

  #firstRow(rows: number): number {
    const visible = Math.ceil(this.heightPx / ROW_PX);
    const at = this.#follows ? rows - visible : Math.floor(this.#top / ROW_PX);
    return Math.max(0, Math.min(at, rows - visible) - SPARE_ROWS);
  }

  protected override render(): TemplateResult {
    const rows = this.#filter.count(this.buffer, this.#end);
    const first = this.#firstRow(rows);
    const last = Math.min(rows, first + Math.ceil(this.heightPx / ROW_PX) + 2 * SPARE_ROWS);
    const shown: TemplateResult[] = [];
    for (let row = first; row < last; row++) {
      const line = this.buffer.line(this.#filter.numberAt(this.buffer, this.#end, row));
      if (line) shown.push(this.#row(line));
    }
    return html`<div class="con-view" role="log" aria-live="off" aria-label=${this.label} tabindex="0" @scroll=${this.#onScroll}>
      ${rows === 0 ? html`<p class="con-none">${this.#filter.isActive ? 'No line has that in it.' : 'Nothing was printed yet.'}</p>` : nothing}
      <div class="con-room"><div class="con-rows">${shown}</div></div>
    </div>`;
  }

  /** Only the spans keep their spaces (`usb.css`): those between the tags here are nobody's. */
  #row({ at, from, spans }: ConsoleLine): TemplateResult {
    return html`<div class="con-row" data-from=${from}>
      ${this.timestamps ? html`<time>${clockTime(at)}</time>` : nothing} ${spans.map(span)}
    </div>`;
  }
}

function span({ text, color, bold }: ConsoleSpan): TemplateResult {
  return html`<span data-ansi=${color ?? nothing} data-bold=${bold ? 'yes' : nothing}>${text}</span>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-console-list': ConsoleListElement;
  }
}
