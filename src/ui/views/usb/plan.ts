/**
 * `<ot-usb-plan>`: what a write would change and what stays, by partition name, before the one key that starts it.
 *
 * Properties: `session`, `state` (with its `plan` and `bundle`). No events: choices and the start go to the session.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state as own } from 'lit/decorators.js';
import type { UsbState } from '../../../app/usb/model.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import type { FlashPlan } from '../../../core/bundle/plan-model.ts';
import { withStartWord } from '../../dialogs/start-word.ts';
import { LightElement } from '../../elements/light-element.ts';
import { errorLines } from '../../error-lines.ts';
import { shortName } from '../../format.ts';
import { bundleWord, spanWords } from '../../usb-words.ts';
import { otherPlaces } from './part-places.ts';
import { asksToErase, eraseQuestion, otherProject, settingsChoice, slotChoice, variantChoice } from './plan-how.ts';
import { doubtsKey, needsWord, wordFor } from './plan-doubts.ts';
import { leftOf, losesNothing, startsNothing } from './plan-found.ts';
import { planMat } from './plan-mat.ts';
import { broughtSheet, isNotPlaced, planSentence, unreadNotice, writesSheet } from './plan-parts.ts';
import { planProblems } from './plan-problems.ts';
import { SAVES_FIRST, proposedSnapshot, savingChoice, unfinishedUnder, type Snapshot } from './plan-saving.ts';

/** Of a version that git describes (`v1.4.1-2-g0296947-dirty`) the start is enough in a key. */
const MOST_IN_KEY = 16;

@customElement('ot-usb-plan')
class UsbPlan extends LightElement {
  @property({ attribute: false }) session!: UsbSession;
  @property({ attribute: false }) state!: UsbState;
  @own() private snapshot: Snapshot | undefined;
  @own() private full = false;
  @own() private error: unknown;
  @own() private starting = false;
  /** The doubts that somebody has taken on. */
  @own() private sureOf: string | undefined;

  async #start(): Promise<void> {
    this.error = undefined;
    this.starting = true;
    try {
      const options = { full: this.full || this.#cannotCompare, snapshot: this.#saves };
      await withStartWord((word) => this.session.flash(options, word));
    } catch (error) {
      this.error = error;
    } finally {
      this.starting = false;
    }
  }

  get #cannotCompare(): boolean {
    return this.state.loader === 'secure-download';
  }

  /** What was saved goes back as it was: nothing about it is chosen but what stays. */
  get #isRestore(): boolean {
    return this.state.bundle?.snapshot !== undefined;
  }

  /** Of the application; what was saved is named after its board. */
  get #name(): string | undefined {
    return this.#isRestore ? undefined : this.state.bundle?.name;
  }

  get #saves(): Snapshot {
    if (this.#cannotCompare) return 'nothing';
    const left = this.#left;
    const proposed = left ? proposedSnapshot(this.state, left) : 'nothing';
    // What was chosen for what would be overwritten says nothing where nothing is.
    return this.snapshot === 'overwritten' && left && losesNothing(left) ? proposed : (this.snapshot ?? proposed);
  }

  /** What the chip has already is not written, unless all of it is. */
  get #left(): FlashPlan | undefined {
    const { plan } = this.state;
    return plan && leftOf(plan, this.#onChip);
  }

  /** What is written all the same, or not at all, does not stay because it is there. */
  get #onChip(): readonly number[] {
    const { plan, onChip = [] } = this.state;
    return this.full || (plan && isBlocked(plan)) ? [] : onChip;
  }

  override render() {
    const { plan } = this.state;
    const left = this.#left;
    if (!plan || !left) return html`<p class="quiet" role="status">Working out what would change…</p>`;
    const blocked = isBlocked(plan);
    const hasNoPlace = isNotPlaced(plan);
    const { parts = [], ignored = [] } = this.state.bundle ?? {};
    return html`
      ${planProblems(this.session, plan)} ${unreadNotice(this.state.bundle)}
      ${hasNoPlace ? nothing : planMat(this.session, this.state, left)} ${eraseQuestion(this.session, this.state, plan)}
      ${this.#renderAct(plan, blocked)} ${this.#renderOptions(plan, left)}
      ${hasNoPlace ? broughtSheet(parts) : writesSheet(plan, ignored, this.#onChip)} ${otherPlaces(this.session, this.state)}
    `;
  }

  #renderOptions(plan: FlashPlan, left: FlashPlan): TemplateResult | typeof nothing {
    const slot = slotChoice(this.session, this.state, plan);
    // What has no room is written in no way at all; at most another slot may be larger.
    if (isNotPlaced(plan))
      return slot === nothing
        ? nothing
        : html`<section class="sheet" aria-labelledby="options">
            <h2 id="options">How</h2>
            ${slot}
          </section>`;
    return html`<section class="sheet" aria-labelledby="options">
      <h2 id="options">How</h2>
      <div class="two two-even">
        ${savingChoice(left, { saves: this.#saves, cannotRead: this.#cannotCompare, unfinished: unfinishedUnder(this.state), choose: (snapshot) => (this.snapshot = snapshot) })}
        <div class="option-list">
          ${this.#isRestore ? nothing : html`${variantChoice(this.session, this.state)} ${slot} ${settingsChoice(this.session, this.state, plan)}`}
          <label class="tick option"
            ><input
              type="checkbox"
              .checked=${this.full || this.#cannotCompare}
              ?disabled=${this.#cannotCompare}
              @change=${() => (this.full = !this.full)}
            /><span>Write all of it<small class="quiet">otherwise what is found to be the same is left</small></span></label
          >
          ${asksToErase(this.state, plan) || this.#isRestore ? nothing : this.#renderErase()}
        </div>
      </div>
    </section>`;
  }

  /** Where the maker's question does not ask for it above. */
  #renderErase(): TemplateResult {
    const { choices } = this.state;
    return html`<label class="tick option"
      ><input
        type="checkbox"
        .checked=${choices.eraseAll === true}
        @change=${() => this.session.choose({ ...choices, eraseAll: choices.eraseAll !== true })}
      /><span>Erase everything else first<small class="quiet">except what is kept</small></span></label
    >`;
  }

  #renderAct(plan: FlashPlan, blocked: boolean): TemplateResult {
    const isSure = this.sureOf === doubtsKey(plan);
    const asksWord = needsWord(plan) && !this.#isThere(plan);
    const refused = blocked || (asksWord && !isSure);
    const label = this.#label(plan);
    const shortLabel = this.#label(plan, MOST_IN_KEY);
    return html`<section class="act" aria-label="Write">
      <div class="act-words">
        ${this.#renderWords(plan, blocked)}
        ${blocked || !asksWord ? nothing : wordFor(plan, isSure, (given) => (this.sureOf = given ? doubtsKey(plan) : undefined))}
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
      </div>
      <button
        class="key key-go"
        type="button"
        title=${label === shortLabel ? nothing : label}
        ?disabled=${blocked}
        aria-disabled=${refused ? 'true' : nothing}
        aria-describedby=${refused && !blocked ? 'write-refusal' : nothing}
        aria-busy=${this.starting ? 'true' : nothing}
        @click=${() => (this.starting || refused ? undefined : this.#start())}
      >
        ${shortLabel}
      </button>
    </section>`;
  }

  /** What was not chosen by itself has to be known before the wait. */
  get #slowWords(): string {
    return this.state.loader === 'rom' ? ' The fast loader does not run in this chip now, only its ROM: that is slower.' : '';
  }

  /** Of the key. What brings no application does not start by itself. */
  #label(plan: FlashPlan, most = Infinity): string {
    if (this.#isThere(plan) && startsNothing(plan)) return 'Restart the chip';
    if (this.#isThere(plan) && !bringsApp(plan)) return 'Start the application';
    return `${this.#isThere(plan) ? 'Start' : 'Write'} ${shortName(this.#isRestore ? 'what was saved' : bundleWord(this.state), most)}`;
  }

  /** What becomes of what is there already. */
  #startWords(plan: FlashPlan): string {
    if (startsNothing(plan)) return ', and it does not start: read above why.';
    return `, and ${bringsApp(plan) ? 'it' : 'the application of the chip'} is started.`;
  }

  /** Nothing is left to write, by the word of the chip. */
  #isThere({ writes, erases }: FlashPlan): boolean {
    return erases.length === 0 && writes.length > 0 && this.#left?.writes.length === 0;
  }

  #renderWords(plan: FlashPlan, blocked: boolean): TemplateResult {
    if (blocked)
      return html`<p>${planSentence(plan, this.#name)}</p>
        <p class="quiet">It cannot be written: read above what stops it.</p>`;
    const { estimatedMs, differingMs, savingMs } = this.state;
    const writing = this.full ? estimatedMs : (differingMs ?? estimatedMs);
    const time =
      writing === undefined ? 'It takes as long as the flash needs' : `About ${spanWords(writing + (savingMs?.[this.#saves] ?? 0))}`;
    if (this.#isThere(plan))
      return html`<p>It is on the chip already: nothing is written${this.#startWords(plan)} “Write all of it” writes it anyway.</p>
        <p class="quiet">${time}.</p>`;
    return html`<p>${planSentence(this.#left ?? plan, this.#name)}${SAVES_FIRST[this.#saves]}</p>
      <p class="quiet">
        ${time},
        ${this.#cannotCompare ? 'and nobody can read it back' : 'proven at the end by the chip’s own MD5'}.${this.#slowWords}${otherProject(this.state, plan)}
      </p>`;
  }
}

const isBlocked = ({ problems }: FlashPlan): boolean => problems.some(({ severity }) => severity === 'block');

const bringsApp = ({ writes }: FlashPlan): boolean => writes.some(({ role }) => role === 'app');

declare global {
  interface HTMLElementTagNameMap {
    'ot-usb-plan': UsbPlan;
  }
}
