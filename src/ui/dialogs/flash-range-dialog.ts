/**
 * Asks for a stretch of flash: everything, a place by its name, or by address. For reading it takes an answer; for erasing it says what the
 * board does without it, and wants one word typed that names what is lost.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { FlashRange } from '../../core/bundle/plan-model.ts';
import { icon } from '../elements/icons.ts';
import { formatAddress, formatCapacity } from '../elements/measure.ts';
import { erasedWords, placeNames, placesIn, type FlashPlace } from './flash-places.ts';
import { Modal } from './modal.ts';

const SECTOR = 4096;
const EVERYTHING = '*';
const BY_HAND = '#';

export type RangeAnswer = { readonly range: FlashRange | 'everything'; readonly name: string };

/** `4096`, `0x1000`, `64K`, `1M`; NaN when it is none of these. */
function parseFlashNumber(text: string): number {
  const match = /^\s*(?:(0x[0-9a-f]+)|(\d+)\s*([km])?b?)\s*$/i.exec(text);
  if (!match) return Number.NaN;
  if (match[1]) return Number.parseInt(match[1], 16);
  const unit = match[3]?.toLowerCase();
  return Number(match[2]) * (unit === 'k' ? 1024 : unit === 'm' ? 1024 * 1024 : 1);
}

/** What is wrong with a stretch; empty when nothing is. */
function rangeFault({ offset, length }: FlashRange, flashBytes: number | undefined, wholeSectors: boolean): string {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length)) return 'Write both as 0x10000, 65536 or 64K.';
  if (length <= 0) return 'The length is more than nothing.';
  if (flashBytes !== undefined && offset + length > flashBytes) return `The flash ends at ${formatAddress(flashBytes)}.`;
  if (wholeSectors && (offset % SECTOR !== 0 || length % SECTOR !== 0)) return 'Flash is erased in whole sectors: multiples of 0x1000.';
  return '';
}

@customElement('ot-flash-range-dialog')
class FlashRangeDialog extends Modal<RangeAnswer> {
  @property() act: 'read' | 'erase' = 'read';
  @property({ attribute: false }) places: readonly FlashPlace[] = [];
  @property({ attribute: false }) flashBytes: number | undefined;
  @property() device = '';
  @state() private chosen = '';
  @state() private offset = '0x10000';
  @state() private length = '0x1000';
  @state() private typed = '';

  protected override willUpdate(): void {
    // A careful start: the whole flash is read with one click, and never erased with one.
    if (this.chosen === '') this.chosen = this.act === 'read' ? EVERYTHING : (this.#options()[0]?.[0] ?? BY_HAND);
  }

  #answer(): RangeAnswer | string {
    if (this.chosen === EVERYTHING) {
      if (this.act === 'erase') return { range: 'everything', name: 'everything' };
      return this.flashBytes === undefined
        ? 'The flash does not tell its size: choose by address.'
        : { range: { offset: 0, length: this.flashBytes }, name: 'flash' };
    }
    const place = this.places.find(({ name }) => name === this.chosen);
    if (place) return { range: { offset: place.offset, length: place.length }, name: place.name.replaceAll(' ', '-') };
    const range = { offset: parseFlashNumber(this.offset), length: parseFlashNumber(this.length) };
    return rangeFault(range, this.flashBytes, this.act === 'erase') || { range, name: formatAddress(range.offset) };
  }

  /** The word that has to be typed. */
  get #word(): string {
    if (this.chosen === EVERYTHING) return 'erase everything';
    if (this.chosen !== BY_HAND) return this.chosen;
    const needed = this.#hit().find(({ without }) => without === 'no start');
    return needed ? `erase ${needed.name}` : 'erase';
  }

  /** What lies in the stretch that is chosen. */
  #hit(): readonly FlashPlace[] {
    const answer = this.#answer();
    if (typeof answer === 'string') return [];
    return answer.range === 'everything' ? this.places : placesIn(answer.range, this.places);
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const answer = this.#answer();
    if (typeof answer === 'string' || !this.#isConfirmed()) return;
    this.finish(answer);
  }

  #isConfirmed(): boolean {
    return this.act === 'read' || this.typed.trim().toLowerCase() === this.#word.toLowerCase();
  }

  protected override renderContent(): TemplateResult {
    const answer = this.#answer();
    const isErase = this.act === 'erase';
    return html`
      <div>
        <h2 id=${this.headingId}>${isErase ? `Erase on ${this.device}` : `Read from ${this.device}`}</h2>
        <p class="quiet">
          ${isErase ? 'What is erased is gone: nothing on the chip brings it back. Save it first if you may need it.' : 'It is read, checked by its MD5, and saved as a file.'}
        </p>
      </div>
      <form class="form" @submit=${this.#submit}>
        <p class="field">
          <label for="range-what">${isErase ? 'What to erase' : 'What to read'}</label>
          <select
            class="input"
            id="range-what"
            autofocus
            @change=${(event: Event) => this.#choose((event.target as HTMLSelectElement).value)}
          >
            ${this.#options().map(([value, label]) => html`<option value=${value} ?selected=${value === this.chosen}>${label}</option>`)}
          </select>
        </p>
        ${this.chosen === BY_HAND ? this.#renderByHand(typeof answer === 'string' ? answer : '') : nothing}
        <div aria-live="polite">${this.#renderHit()}</div>
        ${isErase ? this.#renderTyped() : nothing}
        <p class="keys keys-end">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button
            class=${isErase ? 'key key-stop' : 'key key-go'}
            type="submit"
            ?disabled=${typeof answer === 'string' || !this.#isConfirmed()}
          >
            ${isErase ? `Erase ${this.#what()}` : `Read ${this.#what()}`}
          </button>
        </p>
      </form>
    `;
  }

  /** What it is by name, where only numbers were given; and what an erase does to the board. */
  #renderHit(): TemplateResult {
    const hit = this.#hit();
    const warning = this.act === 'erase' ? erasedWords(hit) : '';
    return html`${
      this.chosen === BY_HAND && typeof this.#answer() !== 'string'
        ? html`<p class="quiet">${hit.length > 0 ? `It touches ${placeNames(hit)}.` : 'It lies in none of the partitions.'}</p>`
        : nothing
    }${warning ? html`<p class="field-hint">${icon('caution')}${warning}</p>` : nothing}`;
  }

  #choose(value: string): void {
    this.chosen = value;
    this.typed = '';
  }

  #what(): string {
    if (this.chosen === EVERYTHING) return 'everything';
    return this.chosen === BY_HAND ? 'this stretch' : this.chosen;
  }

  #options(): readonly (readonly [string, string])[] {
    const size = this.flashBytes === undefined ? '' : `, ${formatCapacity(this.flashBytes)}`;
    const everything = [EVERYTHING, `The whole flash${size}`] as const;
    const named = (place: FlashPlace): readonly [string, string] => [
      place.name,
      `${place.name}, ${formatCapacity(place.length)} at ${formatAddress(place.offset)}`,
    ];
    const byHand = [BY_HAND, 'By address: from, length'] as const;
    if (this.act === 'read') return [everything, ...this.places.map(named), byHand];
    // What a board does not start without is not what is erased by a careless click.
    const needed = this.places.filter(({ without }) => without === 'no start');
    const others = this.places.filter((place) => !needed.includes(place));
    return [...others.map(named), byHand, ...needed.map(named), everything];
  }

  #renderByHand(fault: string): TemplateResult {
    const field = (id: string, label: string, value: string, set: (text: string) => void): TemplateResult =>
      html`<p class="field">
        <label for=${id}>${label}</label>
        <input
          class="input num"
          id=${id}
          autocomplete="off"
          .value=${value}
          aria-invalid=${fault ? 'true' : nothing}
          @input=${(event: InputEvent) => set((event.target as HTMLInputElement).value)}
        />
      </p>`;
    return html`<div class="two two-even range-fields">
        ${field('range-offset', 'From', this.offset, (text) => (this.offset = text))}
        ${field('range-length', 'Length', this.length, (text) => (this.length = text))}
      </div>
      <div aria-live="polite">${fault ? html`<p class="field-fault">${icon('cross')}${fault}</p>` : nothing}</div>`;
  }

  #renderTyped(): TemplateResult {
    return html`<p class="field">
      <label for="range-typed">Type <code>${this.#word}</code> to go on</label>
      <input
        class="input num"
        id="range-typed"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        .value=${this.typed}
        @input=${(event: InputEvent) => (this.typed = (event.target as HTMLInputElement).value)}
      />
    </p>`;
  }
}

interface RangeQuestion {
  readonly act: 'read' | 'erase';
  readonly device: string;
  readonly places: readonly FlashPlace[];
  readonly flashBytes: number | undefined;
}

export function askRange(question: RangeQuestion): Promise<RangeAnswer | undefined> {
  const dialog = document.createElement('ot-flash-range-dialog');
  Object.assign(dialog, question);
  return dialog.ask();
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-flash-range-dialog': FlashRangeDialog;
  }
}
