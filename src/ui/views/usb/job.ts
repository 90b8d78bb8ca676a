/**
 * `<ot-usb-job>`: what is being done to a chip, and how it ended. The job belongs to the app: leaving this page stops nothing.
 *
 * Properties: `services`, `session`, `state` (with its `job`). No events.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Problem } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import type { UsbJobState, UsbState } from '../../../app/usb/model.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import { icon } from '../../elements/icons.ts';
import '../../elements/leap.ts';
import { Observe } from '../../controllers/observe.ts';
import { troubleWords } from '../../elements/console-words.ts';
import { LightElement } from '../../elements/light-element.ts';
import '../../elements/log.ts';
import '../../elements/speed.ts';
import '../../elements/track.ts';
import '../../elements/usb-sectors.ts';
import { announce } from '../../live-region.ts';
import '../../problem-panel.ts';
import { linkTo } from '../../router.ts';
import { activeFlashStage, bundleWord, flashStageNames, hasStarted, restsInSlot, shortUsbJobWords } from '../../usb-words.ts';
import { attempt } from './bring.ts';
import { flashStageNotes, flashStageShares, shownStages, timeLeft } from './job-notes.ts';
import { hasChanged, proofSheet, receiptSheet } from './job-proof.ts';
import { savedWords, slotKey, switchBack, undoWords } from './job-ways.ts';
import { lastRead } from './flash-acts.ts';
import { saveFile } from '../../save-file.ts';

/** Ended without a problem of its own: the outcome is the problem. */
const OUTCOME_CODES = { failed: 'UNEXPECTED', unverified: 'CANNOT_VERIFY', lost: 'CABLE_LOST' } as const satisfies Partial<
  Record<UsbJobState['outcome'], string>
>;

@customElement('ot-usb-job')
export class UsbJob extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) session!: UsbSession;
  @property({ attribute: false }) state!: UsbState;

  readonly #read = new Observe(this, () => lastRead);

  override render() {
    const { job } = this.state;
    if (!job) return nothing;
    if (job.outcome === 'running') return html`${this.#renderMat(job)} ${this.#renderSpeedAndLog(job)}`;
    if (job.outcome === 'done') return this.#renderDone(job);
    return this.#renderEnded(job);
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
    const isNews = result?.toVersion !== undefined && result.toVersion !== result.fromVersion && !restsInSlot(job);
    const leaps = isNews && hasChanged(result) && (job.kind === 'flash' || job.kind === 'restore');
    return html`
      <div class="leap-row">
        ${
          leaps
            ? html`<ot-leap
                data-long=${leapLength(result)}
                .from=${result.fromVersion ?? ''}
                .to=${result.toVersion}
                .outcome=${hasStarted(job) ? 'confirmed' : 'unconfirmed'}
              ></ot-leap>`
            : nothing
        }
        ${this.#renderVerbs(job)}
      </div>
      ${this.#renderMat(job)}
      <div class="two two-even two-tall">
        ${result ? proofSheet(job, result) : nothing} ${result ? receiptSheet(this.state, job, result) : nothing}
      </div>
      ${this.#renderLog(job)}
    `;
  }

  #renderVerbs(job: UsbJobState): TemplateResult {
    const { kind } = job;
    const wroteApplication = kind === 'flash' || kind === 'restore';
    const deviceId = this.state.kind === 'virtual' ? this.state.portId.replace(/^virtual:/, '') : undefined;
    const read = this.#read.value?.jobId === job.id ? this.#read.value : undefined;
    const resting = restsInSlot(job);
    return html`<div class="keys">
      ${resting ? slotKey(this.session, resting.slot, `Start ${resting.slot} next`, 'key key-go') : nothing}
      <button class=${resting ? 'key' : 'key key-go'} type="button" @click=${() => this.#another()}>
        ${wroteApplication ? 'Flash another' : 'Back to the chip'}
      </button>
      ${this.#renderForward(job)}
      ${deviceId ? html`<a class="key" href=${linkTo({ view: 'device', id: deviceId })}>Open device</a>` : nothing}
      ${
        wroteApplication
          ? html`<button class="key" type="button" aria-haspopup="dialog" @click=${() => this.#setWifi()}>${icon('wifi')}Set Wi-Fi</button>`
          : nothing
      }
      ${
        read
          ? html`<button class="key" type="button" @click=${() => saveFile(read.blob, read.fileName)}>
              ${icon('save')}Save the file again
            </button>`
          : nothing
      }
      ${this.#renderUndo(job)} ${switchBack(this.session, job)}
    </div>`;
  }

  /** What was brought lies on the desk still: an Undo can be undone. */
  #renderForward({ kind }: UsbJobState): TemplateResult | typeof nothing {
    const { bundle, phase } = this.state;
    if (kind !== 'restore' || !bundle) return nothing;
    return html`<button class="key" type="button" @click=${() => this.#goBack(phase !== 'ready')}>
      Write ${bundleWord({ bundle })} again
    </button>`;
  }

  /** Where something was overwritten, and a copy of it was kept. */
  #renderUndo({ result }: UsbJobState, look = 'key'): TemplateResult | typeof nothing {
    const undo = result && hasChanged(result) ? result.undo : undefined;
    if (!undo) return nothing;
    return html`<button class=${look} type="button" @click=${() => attempt(() => this.session.restore(undo))}>
      ${icon('undo')}${undoWords(result)}
    </button>`;
  }

  /** The bundle goes with the job: what was written is written. */
  #another(): void {
    this.session.clear();
    this.session.dismissJob();
  }

  async #setWifi(): Promise<void> {
    await attempt(async () => {
      const improv = await this.session.improv();
      if (!improv) {
        announce('This firmware does not take its Wi-Fi over the cable.');
        const { askConfirm } = await import('../../dialogs/confirm-dialog.ts');
        await askConfirm({
          title: 'This firmware does not take its Wi-Fi over the cable',
          text: 'It does not answer to Improv. Give it its network the way its maker says: most open an access point of their own.',
          confirm: 'I see',
        });
        return;
      }
      const { openImprov } = await import('../../dialogs/improv-dialog.ts');
      await openImprov(improv);
    });
  }

  #renderEnded(job: UsbJobState): TemplateResult {
    const code = OUTCOME_CODES[job.outcome as keyof typeof OUTCOME_CODES] ?? 'UNEXPECTED';
    const problem: Problem = job.problem ?? { code, message: code, details: {} };
    return html`
      ${this.#renderWitness(job)}
      ${
        job.outcome === 'stopped'
          ? html`<p>${savedWords(job)}</p>
              <p class="keys">${this.#renderEndKeys(job)}</p>`
          : html`<ot-problem
              .problem=${problem}
              .place=${'page'}
              .facts=${{ port: this.state.title, chip: this.state.chip?.description ?? '' }}
              .keys=${this.#renderEndKeys(job)}
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

  /** The way out that is most likely wanted comes first: on, or back to what was there before. */
  #renderEndKeys(job: UsbJobState): TemplateResult {
    const { canResume = job.outcome === 'lost', plan, phase } = this.state;
    const undo = job.outcome === 'unverified' ? this.#renderUndo(job, 'key key-go') : nothing;
    const back = switchBack(this.session, job, 'key key-go');
    const look = canResume || undo !== nothing || back !== nothing ? 'key' : 'key key-go';
    const needsConnect = phase !== 'ready' && phase !== 'unplugged';
    return html`${
        canResume
          ? html`<button class="key key-go" type="button" @click=${() => attempt(() => this.session.resume())}>
              Go on from where it was
            </button>`
          : nothing
      }
      ${undo} ${back}
      <button class=${look} type="button" @click=${() => this.#goBack(needsConnect)}>
        ${needsConnect ? 'Connect, then back to ' : 'Back to '}${plan ? 'the plan' : 'the chip'}
      </button>
      ${this.#renderSaved(job)}
      ${
        phase === 'unplugged' || phase === 'closed'
          ? nothing
          : html`<button class="key" type="button" @click=${() => attempt(() => this.session.close())}>Disconnect</button>`
      }`;
  }

  /** Half of the new and half of the old is no place to stay: what was saved first brings the old one back. */
  #renderSaved({ left, saved }: UsbJobState): TemplateResult | typeof nothing {
    if (left !== 'partly-written' || saved === undefined) return nothing;
    return html`<button class="key" type="button" @click=${() => attempt(() => this.session.restore(saved))}>
      ${icon('undo')}Put back what was there
    </button>`;
  }

  /** What lies in the flash now is read anew: a plan is made for a chip that is in its boot loader. */
  #goBack(needsConnect: boolean): void {
    this.session.dismissJob();
    // Why it failed is in the state, and on the page.
    if (needsConnect) void this.session.connect().catch(() => undefined);
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
