/**
 * `<ot-usb-job>`: what is being done to a chip, and how it ended. The job belongs to the app: leaving this page stops nothing.
 *
 * Properties: `session`, `state` (with its `job`), `pressReset` of a virtual board. No events.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Observe } from '../../controllers/observe.ts';
import type { Problem } from '../../../app/model.ts';
import type { UsbJobState, UsbState } from '../../../app/usb/model.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import { troubleWords } from '../../elements/console-words.ts';
import { icon } from '../../elements/icons.ts';
import '../../elements/leap.ts';
import { LightElement } from '../../elements/light-element.ts';
import '../../elements/log.ts';
import '../../elements/speed.ts';
import '../../elements/track.ts';
import '../../elements/usb-sectors.ts';
import '../../problem-panel.ts';
import { activeFlashStage, flashStageNames, hasStarted, restsInSlot, shortUsbJobWords } from '../../usb-words.ts';
import { lastRead } from './flash-acts.ts';
import { averageSpeed, flashStageNotes, flashStageShares, shownStages, timeLeft } from './job-notes.ts';
import { hasChanged, proofSheet, receiptSheet } from './job-proof.ts';
import { doneKeys, endKeys, savedWords } from './job-ways.ts';

/** Ended without a problem of its own: the outcome is the problem. */
const OUTCOME_CODES = { failed: 'UNEXPECTED', unverified: 'CANNOT_VERIFY', lost: 'CABLE_LOST' } as const satisfies Partial<
  Record<UsbJobState['outcome'], string>
>;

@customElement('ot-usb-job')
export class UsbJob extends LightElement {
  @property({ attribute: false }) session!: UsbSession;
  @property({ attribute: false }) state!: UsbState;
  /** Of a virtual board; absent where a hand of flesh has to do it. */
  @property({ attribute: false }) pressReset: (() => void) | undefined;

  readonly #read = new Observe(this, () => lastRead);

  override render() {
    const { job } = this.state;
    if (!job) return nothing;
    if (job.outcome === 'running') return html`${this.#renderHand(job)} ${this.#renderMat(job)} ${this.#renderSpeedAndLog(job)}`;
    if (job.outcome === 'done') return this.#renderDone(job);
    return this.#renderEnded(job);
  }

  /** The page cannot pull RESET of this board: not one byte came after the start. */
  #renderHand({ needsReset }: UsbJobState): TemplateResult | typeof nothing {
    if (!needsReset) return nothing;
    const { pressReset } = this;
    return html`<section class="job-strip" aria-label="A hand is needed">
      ${icon('info')}<span><b>Press RESET</b> (EN) once: nothing was printed, so most likely the page cannot start this board.</span>
      ${pressReset ? html`<button class="key key-small key-go" type="button" @click=${pressReset}>Press RESET</button>` : nothing}
      <button class="key key-small" type="button" @click=${() => this.session.stop()}>Go on without</button>
    </section>`;
  }

  #renderMat(job: UsbJobState): TemplateResult {
    return html`<section class="mat" aria-labelledby="stages">
      <h2 class="vh" id="stages">Stages</h2>
      <ot-track
        .stages=${shownStages(job)}
        .notes=${flashStageNotes(job)}
        .names=${flashStageNames(job)}
        .weights=${flashStageShares(job)}
      ></ot-track>
      <ot-usb-sectors
        .offset=${job.sectors.offset}
        .states=${job.sectors.states}
        .ended=${job.outcome !== 'running'}
        .erases=${job.kind === 'erase'}
      ></ot-usb-sectors>
    </section>`;
  }

  #renderSpeedAndLog(job: UsbJobState): TemplateResult {
    // What ended before a byte was timed has no speed to show.
    if (job.outcome !== 'running' && job.speed.length === 0) return this.#renderLog(job);
    return html`<div class="two two-even two-tall">
      <section class="sheet" aria-labelledby="speed">
        <h2 id="speed">Speed</h2>
        <ot-speed
          .samples=${job.speed}
          .average=${averageSpeed(job)}
          .more=${timeLeft(job)}
          .live=${job.outcome === 'running' && (activeFlashStage(job)?.total ?? 0) > 0}
        ></ot-speed>
      </section>
      ${this.#renderLog(job)}
    </div>`;
  }

  #renderLog(job: UsbJobState): TemplateResult {
    return html`<section class="sheet sheet-log" aria-label="Log">
      <ot-log
        .lines=${job.log.length > 0 ? job.log : [{ atMs: 0, who: 'otter', text: `${shortUsbJobWords(job)}…` }]}
        .heading=${'Log'}
        .label=${'Log of this job'}
        .live=${job.outcome === 'running'}
      ></ot-log>
    </section>`;
  }

  #renderDone(job: UsbJobState): TemplateResult {
    const { result } = job;
    const read = this.#read.value?.jobId === job.id ? this.#read.value : undefined;
    const isNews = result?.toVersion !== undefined && result.toVersion !== result.fromVersion && !restsInSlot(job);
    // Where it came from is the news of a way back: from nowhere it is none.
    const isWayBack = job.kind === 'restore' && result?.fromVersion !== undefined;
    const leaps = isNews && hasChanged(result) && (job.kind === 'flash' || isWayBack);
    return html`
      <div class="leap-row">
        ${
          leaps
            ? html`<ot-leap
                data-long=${leapLength(result)}
                .from=${result.fromVersion ?? (result.overUnfinished ? 'unfinished' : result.overBroken ? 'broken' : '')}
                .to=${result.toVersion}
                .outcome=${hasStarted(job) ? 'confirmed' : 'unconfirmed'}
              ></ot-leap>`
            : nothing
        }
        ${doneKeys({ session: this.session, state: this.state, job }, read)}
      </div>
      ${this.#renderMat(job)}
      <div class="two two-even two-tall">
        ${result ? proofSheet(job, result) : nothing} ${result ? receiptSheet(this.state, job, result) : nothing}
      </div>
      ${this.#renderLog(job)}
    `;
  }

  #renderEnded(job: UsbJobState): TemplateResult {
    const code = OUTCOME_CODES[job.outcome as keyof typeof OUTCOME_CODES] ?? 'UNEXPECTED';
    const problem: Problem = job.problem ?? { code, message: code, details: {} };
    const keys = endKeys({ session: this.session, state: this.state, job });
    return html`
      ${this.#renderWitness(job)}
      ${
        job.outcome === 'stopped'
          ? html`<p>${savedWords(job)}</p>
              <p class="keys">${keys}</p>`
          : html`<ot-problem
              .problem=${problem}
              .place=${'page'}
              .facts=${{ port: this.state.title, chip: this.state.chip?.description ?? '' }}
              .keys=${keys}
            ></ot-problem>`
      }
      ${this.#renderMat(job)}
      ${
        job.result
          ? html`<div class="two two-even two-tall">${proofSheet(job, job.result)} ${receiptSheet(this.state, job, job.result)}</div>`
          : nothing
      }
      ${this.#renderSpeedAndLog(job)}
    `;
  }

  /** What the chip itself printed of its trouble. */
  #renderWitness({ problem }: UsbJobState): TemplateResult | typeof nothing {
    if (problem?.code !== 'DOES_NOT_START') return nothing;
    const { buffer } = this.session.console;
    const trouble = buffer.troubles.find(({ kind }) => kind === problem.details['kind']);
    const line = trouble && buffer.line(trouble.line)?.text.trim();
    if (!line) return nothing;
    return html`<div class="warn">
      ${icon('terminal')}
      <p>${troubleWords(trouble).title}. The console says: <code>${line}</code></p>
    </div>`;
  }
}

const LONG_VERSION = 8;
const VERY_LONG_VERSION = 14;

/** A version that `git describe` wrote is no headline. */
function leapLength({ fromVersion = '', toVersion = '' }: { readonly fromVersion?: string; readonly toVersion?: string }): string {
  const length = Math.max(fromVersion.length, toVersion.length);
  return length > VERY_LONG_VERSION ? 'very' : length > LONG_VERSION ? 'yes' : 'no';
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-usb-job': UsbJob;
  }
}
