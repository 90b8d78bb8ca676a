/**
 * `<ot-usb-plan>`: what a write would change and what stays, by partition name, before the one key that starts it.
 *
 * Properties: `session`, `state` (with its `plan` and `bundle`). No events: choices and the start go to the session.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state as own } from 'lit/decorators.js';
import type { UsbState } from '../../../app/usb/model.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import type { FlashPlan, PartitionFate, PlanChoices, PlanProblem } from '../../../core/bundle/plan-model.ts';
import { APP_TYPE } from '../../../core/image/partition-types.ts';
import '../../elements/flash.ts';
import { icon, type IconName } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { formatAddress, formatCapacity } from '../../elements/measure.ts';
import { errorLines } from '../../error-lines.ts';
import { formatBytes, formatMany } from '../../format.ts';
import { FATE_WORDS, partitionPurpose, planProblemWords } from '../../plan-words.ts';
import { bundleWord, spanWords } from '../../usb-words.ts';
import { settingsChoice, variantChoice } from './plan-how.ts';
import { canChoose, erasedOutside, isOutside, outsideWords, placeWord, planSentence, writeRow } from './plan-parts.ts';
import { planRegions } from './plan-regions.ts';

type Snapshot = 'nothing' | 'overwritten' | 'everything';

const SNAPSHOTS: readonly { readonly id: Snapshot; readonly label: string; readonly note: (plan: FlashPlan) => string }[] = [
  { id: 'nothing', label: 'Save nothing', note: () => 'there is no way back to what is overwritten' },
  { id: 'overwritten', label: 'Save what is overwritten', note: (plan) => `${formatBytes(plan.bytesToWrite)}, one click brings it back` },
  {
    id: 'everything',
    label: 'Save everything',
    note: ({ target }) => (target.flashBytes === undefined ? 'the whole flash' : `the whole flash, ${formatCapacity(target.flashBytes)}`),
  },
];

/** Beside the key, for the choice stands below it. */
const SAVES_FIRST = {
  nothing: '',
  overwritten: ' Saves first what is overwritten.',
  everything: ' Saves the whole flash first.',
} as const satisfies Record<Snapshot, string>;

const SEVERITY = {
  block: { icon: 'cross', word: 'stops it' },
  warn: { icon: 'caution', word: 'look first' },
  note: { icon: 'info', word: 'to know' },
} as const satisfies Record<PlanProblem['severity'], { icon: IconName; word: string }>;

@customElement('ot-usb-plan')
export class UsbPlan extends LightElement {
  @property({ attribute: false }) session!: UsbSession;
  @property({ attribute: false }) state!: UsbState;
  @own() private snapshot: Snapshot | undefined;
  @own() private full = false;
  @own() private error: unknown;
  @own() private starting = false;

  async #start(): Promise<void> {
    this.error = undefined;
    this.starting = true;
    try {
      await this.session.flash({ full: this.full || this.#cannotCompare, snapshot: this.#saves });
    } catch (error) {
      this.error = error;
    } finally {
      this.starting = false;
    }
  }

  get #cannotCompare(): boolean {
    return this.state.loader === 'secure-download';
  }

  /** Saving first is offered where something would be lost: the first write is one that nobody has a copy of. */
  get #saves(): Snapshot {
    if (this.#cannotCompare) return 'nothing';
    return this.snapshot ?? (this.#losesSomething() ? 'overwritten' : 'nothing');
  }

  #losesSomething(): boolean {
    const { layout, plan } = this.state;
    return (layout?.slots.some((slot) => slot.app) ?? false) || (plan?.erases.length ?? 0) > 0;
  }

  override render() {
    const { plan } = this.state;
    if (!plan) return html`<p class="quiet" role="status">Working out what would change…</p>`;
    const blocked = plan.problems.some(({ severity }) => severity === 'block');
    return html`
      ${this.#renderProblems(plan)} ${this.#renderMat(plan)} ${this.#renderAct(plan, blocked)}
      <div class="two">${this.#renderWrites(plan)} ${this.#renderOptions(plan)}</div>
    `;
  }

  #renderProblems(plan: FlashPlan): TemplateResult | typeof nothing {
    const { problems } = plan;
    if (problems.length === 0) return nothing;
    const order = ['block', 'warn', 'note'];
    const sorted = problems.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
    return html`<section class="sheet" aria-labelledby="plan-problems">
      <h2 id="plan-problems">Before you write</h2>
      <dl class="checks rows plan-problems">
        ${sorted.map((problem) => {
          const words = planProblemWords(problem);
          const { icon: name, word } = SEVERITY[problem.severity];
          return html`<div class="check" data-verdict=${problem.severity}>
            ${icon(name)}
            <dt>${words.title}<span class="vh">, ${word}</span></dt>
            <dd>${words.why} <b>${words.remedy}</b> ${this.#renderCures(plan, problem)}</dd>
          </div>`;
        })}
      </dl>
    </section>`;
  }

  /** What a choice can mend, one key each. */
  #renderCures({ writes }: FlashPlan, { code, facts }: PlanProblem): TemplateResult | typeof nothing {
    if (code !== 'OTADATA_SELECTS_OTHER') return nothing;
    const { choices } = this.state;
    const { starts, startsSize, written, resetStarts } = facts;
    const fits = writes.every(({ role, length }) => role !== 'app' || length <= Number(startsSize));
    const cure = (label: string, change: PlanChoices): TemplateResult =>
      html`<button class="key key-small" type="button" @click=${() => this.session.choose({ ...choices, ...change })}>${label}</button>`;
    return html`<p class="keys">
      ${fits ? cure(`Write it to ${starts} instead`, { appSlot: String(starts) }) : nothing}
      ${resetStarts === written ? cure(`Let ${written} start again`, { resetOtadata: true }) : nothing}
    </p>`;
  }

  #renderMat(plan: FlashPlan): TemplateResult {
    const { layout, chip } = this.state;
    const regions = planRegions(plan, layout, this.state.bundle?.version);
    const flashSize = regions.reduce((end, region) => Math.max(end, region.offset + region.size), 0);
    const changed = plan.partitions.filter(({ fate }) => fate !== 'kept');
    const kept = plan.partitions.filter(({ fate, in: where }) => fate === 'kept' && where !== 'bundle');
    const outside = plan.writes.filter((write) => isOutside(plan, write));
    const erased = erasedOutside(plan);
    return html`<section class="mat" aria-labelledby="plan">
      <h2 id="plan" class="vh">What will be written, what stays</h2>
      <ot-flash .flashSize=${flashSize} .regions=${regions} .chip=${chip?.chip ?? plan.target.chip}></ot-flash>
      <div class="two two-even">
        <div class="plan">
          <div>
            <h3><span class="swatch" data-as="write"></span>Will change</h3>
            ${
              changed.length + outside.length + erased === 0
                ? html`<p class="quiet">Nothing.</p>`
                : html`<ul class="fates">
                    ${outside.map((write) => html`<li><code>${placeWord(write)}</code><span>${outsideWords(write)}</span></li>`)}
                    ${changed.map((fate) => this.#renderFate(plan, fate))}
                    ${
                      erased > 0
                        ? html`<li>
                            <code>elsewhere</code><span>${FATE_WORDS.erased}, ${formatBytes(erased)} outside of every partition</span>
                          </li>`
                        : nothing
                    }
                  </ul>`
            }
          </div>
        </div>
        <div class="plan">
          <div>
            <h3><span class="swatch" data-as="keep"></span>Stays as it is</h3>
            ${
              kept.length === 0
                ? html`<p class="quiet">${plan.partitions.length === 0 ? 'What lies between the writes.' : 'Nothing.'}</p>`
                : html`<ul class="fates">
                    ${kept.map((fate) => this.#renderFate(plan, fate))}
                  </ul>`
            }
          </div>
        </div>
      </div>
    </section>`;
  }

  #renderFate(plan: FlashPlan, fate: PartitionFate): TemplateResult {
    const renamed = fate.newLabel ? `, called ${fate.newLabel} from then on` : '';
    const words = (fate.fate === 'kept' ? partitionPurpose(fate) : `${FATE_WORDS[fate.fate]}${this.#fateNote(fate)}`) + renamed;
    return html`<li>
      <code>${fate.label}</code><span>${words}</span>${
        canChoose(plan, fate)
          ? html`<label class="tick small"
              ><input
                type="checkbox"
                .checked=${fate.fate === 'kept'}
                aria-label=${`Keep ${fate.label}`}
                @change=${() => this.#toggleKeep(plan, fate)}
              /><span>Keep</span></label
            >`
          : nothing
      }
    </li>`;
  }

  /** `, 1.0.0 is lost` */
  #fateNote({ label, type }: PartitionFate): string {
    const app = type === APP_TYPE ? this.state.layout?.slots.find((slot) => slot.label === label)?.app : undefined;
    return app ? `, over ${[app.project, app.version].filter(Boolean).join(' ')}` : '';
  }

  #toggleKeep(plan: FlashPlan, { label, fate }: PartitionFate): void {
    const { choices } = this.state;
    const kept = choices.keep ?? plan.partitions.filter((entry) => entry.fate === 'kept').map((entry) => entry.label);
    const keep = fate === 'kept' ? kept.filter((entry) => entry !== label) : [...kept, label];
    this.session.choose({ ...choices, keep });
  }

  #renderWrites(plan: FlashPlan): TemplateResult {
    return html`<section class="sheet" aria-labelledby="writes">
      <div class="row-head">
        <h2 id="writes">What is written</h2>
        <p class="quiet num">${formatBytes(plan.bytesToWrite)}</p>
      </div>
      <ul class="writes rows">
        ${plan.writes.map((write) => writeRow(write, plan))}
        ${plan.erases.map(
          ({ offset, length }) =>
            html`<li>
              <span class="num">${formatAddress(offset)}</span><span><b>erased</b><span class="quiet">and left empty</span></span>
              <span class="num">${formatCapacity(length)}</span>
            </li>`,
        )}
      </ul>
      ${
        this.state.bundle && this.state.bundle.ignored.length > 0
          ? html`<details class="ignored">
              <summary>
                ${formatMany(this.state.bundle.ignored.length, 'file')} came along and
                ${this.state.bundle.ignored.length === 1 ? 'is' : 'are'} not written
              </summary>
              <ul>
                ${this.state.bundle.ignored.slice(0, 50).map((path) => html`<li><code>${path}</code></li>`)}
              </ul>
            </details>`
          : nothing
      }
    </section>`;
  }

  #renderOptions(plan: FlashPlan): TemplateResult {
    const { choices, bundle } = this.state;
    return html`<section class="sheet" aria-labelledby="options">
      <h2 id="options">How</h2>
      <fieldset class="faults">
        <legend>Before, into the library</legend>
        ${SNAPSHOTS.map(
          ({ id, label, note }) =>
            html`<label class="tick option"
              ><input
                type="radio"
                name="usb-snapshot"
                ?disabled=${this.#cannotCompare && id !== 'nothing'}
                .checked=${id === this.#saves}
                @change=${() => (this.snapshot = id)}
              /><span>${label}<small class="quiet">${note(plan)}</small></span></label
            >`,
        )}
      </fieldset>
      <div class="option-list">
        ${variantChoice(this.session, this.state)} ${this.#renderSlotChoice(plan)} ${settingsChoice(this.session, this.state, plan)}
        <label class="tick option"
          ><input
            type="checkbox"
            .checked=${this.full || this.#cannotCompare}
            ?disabled=${this.#cannotCompare}
            @change=${() => (this.full = !this.full)}
          /><span>Write all of it<small class="quiet">otherwise only the sectors that differ</small></span></label
        >
        <label class="tick option"
          ><input
            type="checkbox"
            .checked=${choices.eraseAll === true}
            @change=${() => this.session.choose({ ...choices, eraseAll: choices.eraseAll !== true })}
          /><span
            >Erase everything else first<small class="quiet"
              >${bundle?.proposesErase ? 'its maker proposes that for a first installation' : 'except what is kept'}</small
            ></span
          ></label
        >
      </div>
    </section>`;
  }

  /** Where there is more than one place for the application. */
  #renderSlotChoice(plan: FlashPlan): TemplateResult | typeof nothing {
    const { layout, choices } = this.state;
    const apps = plan.writes.filter(({ role }) => role === 'app');
    const slots = layout?.slots ?? [];
    if (apps.length !== 1 || slots.length < 2 || plan.writes.some(({ role }) => role === 'partition-table')) return nothing;
    const present = slots.find(({ offset }) => offset === apps[0]!.offset)?.label;
    return html`<p class="field">
      <label for="app-slot">The application goes to</label>
      <select
        class="input"
        id="app-slot"
        @change=${(event: Event) => this.session.choose({ ...choices, appSlot: (event.target as HTMLSelectElement).value })}
      >
        ${slots.map(
          ({ label, app, next }) =>
            html`<option value=${label} ?selected=${label === (choices.appSlot ?? present)}>
              ${label}: ${app?.version || (app ? 'a firmware' : 'empty')}${next ? ', starts next' : ''}
            </option>`,
        )}
      </select>
    </p>`;
  }

  #renderAct(plan: FlashPlan, blocked: boolean): TemplateResult {
    const { estimatedMs, savingMs } = this.state;
    const time = estimatedMs === undefined ? undefined : estimatedMs + (savingMs?.[this.#saves] ?? 0);
    return html`<section class="act" aria-label="Write">
      <div class="act-words">
        <p>${planSentence(plan)}${SAVES_FIRST[this.#saves]}</p>
        <p class="quiet">
          ${blocked ? 'It cannot be written: read above what stops it.' : html`${time === undefined ? 'It takes as long as the flash needs' : `About ${spanWords(time)}`}, read back and verified at the end.`}
        </p>
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
      </div>
      <button
        class="key key-go"
        type="button"
        ?disabled=${blocked}
        aria-busy=${this.starting ? 'true' : nothing}
        @click=${() => (this.starting ? undefined : this.#start())}
      >
        Write ${bundleWord(this.state)}
      </button>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-usb-plan': UsbPlan;
  }
}
