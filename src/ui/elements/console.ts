/**
 * `<ot-console>`: the serial console of a board: what it prints, and a line to answer with.
 *
 * Properties: `source` (buffer, speed, what can be done), `locked` (why nothing may be sent now; empty when it may), `isShort` (beside
 * something else: the last lines, and while it is locked nothing to handle them with), `fileName` of a saved log. No events: everything is
 * asked of `source`; what fails is shown where it was asked for.
 * ARIA: a labelled section; only recognised trouble is announced. Enter sends, arrow up and down walk through what was sent.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { UsbConsole } from '../../app/usb/services.ts';
import type { ConsoleTrouble } from '../../core/console/console-buffer.ts';
import { Observe } from '../controllers/observe.ts';
import { errorLines } from '../error-lines.ts';
import { formatCount } from '../format.ts';
import { saveFile } from '../save-file.ts';
import './console-list.ts';
import { type ConsoleListElement, ConsoleTailEvent } from './console-list.ts';
import { troubleWords } from './console-words.ts';
import { icon, lamp, type IconName } from './icons.ts';
import { LightElement } from './light-element.ts';
import { SendHistory } from './send-history.ts';

const BAUD_RATES = [9600, 19_200, 38_400, 57_600, 74_880, 115_200, 230_400, 460_800, 921_600, 1_500_000, 2_000_000] as const;

const LINE_ENDINGS = [
  { id: 'crlf', label: 'CR LF', text: '\r\n' },
  { id: 'lf', label: 'LF', text: '\n' },
  { id: 'cr', label: 'CR', text: '\r' },
  { id: 'none', label: 'nothing', text: '' },
] as const;
type LineEnding = (typeof LINE_ENDINGS)[number]['id'];

@customElement('ot-console')
class ConsoleElement extends LightElement {
  @property({ attribute: false }) source!: UsbConsole;
  @property() locked = '';
  @property({ attribute: false }) isShort = false;
  @property() fileName = 'console.txt';
  @state() private filter = '';
  @state() private timestamps = false;
  @state() private paused = false;
  @state() private atTail = true;
  @state() private ending: LineEnding = 'crlf';
  /** Speed for the next opening; the source knows the present one. */
  @state() private chosenRate: number | undefined;
  @state() private error: unknown;
  /** Troubles that were read and put away, as `kind line`. */
  @state() private putAway: ReadonlySet<string> = new Set();

  readonly #version = new Observe(this, () => this.source.version);
  readonly #baudRate = new Observe(this, () => this.source.baudRate);
  readonly #open = new Observe(this, () => this.source.open);
  readonly #sent = new SendHistory();

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (changed.has('source')) this.putAway = new Set();
  }

  get #list(): ConsoleListElement | null {
    return this.querySelector('ot-console-list');
  }

  async #do(act: () => Promise<unknown>): Promise<void> {
    this.error = undefined;
    try {
      await act();
    } catch (error) {
      this.error = error;
    }
  }

  get #rate(): number {
    return this.#open.value ? (this.#baudRate.value ?? 115_200) : (this.chosenRate ?? this.#baudRate.value ?? 115_200);
  }

  #onRate(event: Event): void {
    const rate = Number((event.target as HTMLSelectElement).value);
    this.chosenRate = rate;
    if (this.#open.value) void this.#do(() => this.source.setBaudRate(rate));
  }

  #onSubmit(event: SubmitEvent): void {
    event.preventDefault();
    const field = this.querySelector<HTMLInputElement>('.con-send input');
    if (!field || this.locked) return;
    const ending = LINE_ENDINGS.find(({ id }) => id === this.ending)!.text;
    this.#sent.add(field.value);
    void this.#do(() => this.source.send(field.value + ending));
    field.value = '';
    this.#list?.follow();
  }

  #onSendKey(event: KeyboardEvent): void {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    const field = event.target as HTMLInputElement;
    const text = event.key === 'ArrowUp' ? this.#sent.earlier(field.value) : this.#sent.later();
    if (text === undefined) return;
    event.preventDefault();
    field.value = text;
  }

  async #save(): Promise<void> {
    const pieces: string[] = [];
    for (const piece of this.source.buffer.textPieces({ timestamps: this.timestamps })) {
      pieces.push(piece);
      await new Promise((resolve) => setTimeout(resolve));
    }
    saveFile(new Blob(pieces, { type: 'text/plain' }), this.fileName);
  }

  override render() {
    const isBare = this.isShort && this.locked !== '';
    return html`<section class="sheet con" aria-label="Console" ?data-short=${this.isShort}>
      <div class="row-head">
        <h2>Console</h2>
        <p class="quiet">${this.#state()}</p>
      </div>
      ${isBare ? nothing : this.#renderTools()}
      <div role="alert">${this.#troubles().map((trouble) => this.#renderTrouble(trouble))}</div>
      <div class="con-frame">
        <ot-console-list
          .buffer=${this.source.buffer}
          .version=${this.#version.value ?? 0}
          .filter=${this.filter}
          .timestamps=${this.timestamps}
          .paused=${this.paused}
          .label=${'What the chip prints'}
          @ot-console-tail=${(event: ConsoleTailEvent) => (this.atTail = event.atTail)}
        ></ot-console-list>
        ${
          this.atTail
            ? nothing
            : html`<button class="key key-small con-tail" type="button" @click=${() => this.#list?.follow()}>Follow the end</button>`
        }
      </div>
      ${isBare ? nothing : this.#renderSend()}
      <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
    </section>`;
  }

  /** What is printed while the view stands still is kept. */
  #state(): TemplateResult {
    if (!this.#open.value) return lamp('off', 'Not listening');
    return this.paused ? lamp('unconfirmed', 'Paused: it still listens') : lamp('on', 'Listening');
  }

  #renderTools(): TemplateResult {
    return html`<div class="con-tools">
      <span class="con-tool"
        ><label for="con-rate">Speed</label>
        <select class="input num" id="con-rate" ?disabled=${this.locked !== ''} @change=${this.#onRate}>
          ${this.#rates().map((rate) => html`<option value=${rate} ?selected=${rate === this.#rate}>${formatCount(rate)}</option>`)}
        </select></span
      >
      <span class="search-field con-filter"
        >${icon('search')}<input
          class="input"
          type="search"
          aria-label="Show only lines with"
          placeholder="Show only lines with"
          autocomplete="off"
          .value=${this.filter}
          @input=${(event: InputEvent) => (this.filter = (event.target as HTMLInputElement).value)}
      /></span>
      <label class="tick"
        ><input type="checkbox" .checked=${this.timestamps} @change=${() => (this.timestamps = !this.timestamps)} /><span
          >Times</span
        ></label
      >
      <span class="keys con-keys">
        ${
          this.#open.value
            ? html`<button class="key key-small" type="button" aria-pressed=${this.paused} @click=${() => (this.paused = !this.paused)}>
                ${icon(this.paused ? 'right' : 'pause')}${this.paused ? 'Go on' : 'Pause'}
              </button>`
            : html`<button
                class="key key-small"
                type="button"
                aria-disabled=${this.locked ? 'true' : nothing}
                title=${this.locked || nothing}
                @click=${() => (this.locked ? undefined : this.#do(() => this.source.start(this.#rate)))}
              >
                ${icon('terminal')}Listen
              </button>`
        }
        <button
          class="key key-small"
          type="button"
          aria-disabled=${this.#mute ? 'true' : nothing}
          title=${this.#mute || nothing}
          @click=${() => (this.#mute ? undefined : this.#do(() => this.source.reset()))}
        >
          ${icon('power')}Reset
        </button>
        ${this.#logKey('Save', 'save', () => void this.#save())} ${this.#logKey('Clear', 'trash', () => this.source.clear())}
      </span>
    </div>`;
  }

  #logKey(label: string, name: IconName, run: () => void): TemplateResult {
    const isEmpty = this.source.buffer.length === 0;
    return html`<button
      class="key key-small"
      type="button"
      aria-disabled=${isEmpty ? 'true' : nothing}
      title=${isEmpty ? 'Nothing was printed yet.' : nothing}
      @click=${isEmpty ? nothing : run}
    >
      ${icon(name)}${label}
    </button>`;
  }

  /** A speed that was set elsewhere stays selectable. */
  #rates(): readonly number[] {
    return BAUD_RATES.some((rate) => rate === this.#rate) ? BAUD_RATES : [...BAUD_RATES, this.#rate].toSorted((a, b) => a - b);
  }

  /** Why nothing can be sent; empty when it can. */
  get #mute(): string {
    return this.locked || (this.#open.value ? '' : 'Press Listen first: the port is closed.');
  }

  #renderSend(): TemplateResult {
    return html`<form class="con-send" @submit=${this.#onSubmit}>
      <input
        class="input num"
        aria-label="Send a line"
        placeholder=${this.#mute ? '' : 'Send a line'}
        aria-describedby=${this.#mute ? 'con-mute' : nothing}
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        ?disabled=${this.#mute !== ''}
        @keydown=${this.#onSendKey}
      />
      <select
        class="input"
        aria-label="Line ends with"
        @change=${(event: Event) => (this.ending = (event.target as HTMLSelectElement).value as LineEnding)}
      >
        ${LINE_ENDINGS.map(({ id, label }) => html`<option value=${id} ?selected=${id === this.ending}>${label}</option>`)}
      </select>
      <button class="key" type="submit" ?disabled=${this.#mute !== ''}>Send</button>
      ${this.#mute ? html`<p class="quiet con-mute" id="con-mute">${this.#mute}</p>` : nothing}
    </form>`;
  }

  #troubles(): readonly ConsoleTrouble[] {
    return this.source.buffer.troubles.filter((trouble) => !this.putAway.has(troubleKey(trouble)));
  }

  #renderTrouble(trouble: ConsoleTrouble): TemplateResult {
    const { title, remedy } = troubleWords(trouble, { all: this.source.buffer.troubles, baudRate: this.#rate });
    return html`<div class="warn con-trouble">
      ${icon('caution')}
      <p><b>${title}.</b> ${remedy}</p>
      <button class="link-key small" type="button" @click=${() => (this.putAway = new Set([...this.putAway, troubleKey(trouble)]))}>
        Put away<span class="vh">: ${title}</span>
      </button>
    </div>`;
  }
}

/** A boot loop that goes on stays put away; a new one does not. */
const troubleKey = ({ kind, line }: ConsoleTrouble): string => (kind === 'boot-loop' ? kind : `${kind} ${line}`);

declare global {
  interface HTMLElementTagNameMap {
    'ot-console': ConsoleElement;
  }
}
