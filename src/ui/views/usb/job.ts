/**
 * `<ot-usb-job>`: what is being done to a chip, and how it ended. The job belongs to the app: leaving this page stops nothing.
 *
 * Properties: `services`, `session`, `state` (with its `job`). No events.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Problem } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import type { UsbJobResult, UsbJobState, UsbState } from '../../../app/usb/model.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import { copyText } from '../../copy.ts';
import { hash, icon } from '../../elements/icons.ts';
import '../../elements/leap.ts';
import { LightElement } from '../../elements/light-element.ts';
import '../../elements/log.ts';
import { formatAddress } from '../../elements/measure.ts';
import '../../elements/speed.ts';
import '../../elements/track.ts';
import '../../elements/usb-sectors.ts';
import { formatBytes, formatCount, formatMoment } from '../../format.ts';
import { announce } from '../../live-region.ts';
import '../../problem-panel.ts';
import { linkTo } from '../../router.ts';
import { FLASH_STAGE_NAMES, FLASH_STAGE_WEIGHTS, LEFT_WORDS, activeFlashStage, spanWords } from '../../usb-words.ts';
import { attempt } from './bring.ts';
import { flashStageNotes, timeLeft } from './job-notes.ts';

/** Ended without a problem of its own: the outcome is the problem. */
const OUTCOME_CODES = { failed: 'UNEXPECTED', unverified: 'CANNOT_VERIFY', lost: 'CABLE_LOST' } as const satisfies Partial<
  Record<UsbJobState['outcome'], string>
>;

@customElement('ot-usb-job')
export class UsbJob extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) session!: UsbSession;
  @property({ attribute: false }) state!: UsbState;

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
      <ot-track .stages=${job.stages} .notes=${flashStageNotes(job)} .names=${FLASH_STAGE_NAMES} .weights=${FLASH_STAGE_WEIGHTS}></ot-track>
      <ot-usb-sectors .offset=${job.sectors.offset} .states=${job.sectors.states} .ended=${job.outcome !== 'running'}></ot-usb-sectors>
    </section>`;
  }

  #renderSpeedAndLog(job: UsbJobState): TemplateResult {
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
      <ot-log .lines=${job.log} .heading=${'Log'} .label=${'Log of this job'} .live=${job.outcome === 'running'}></ot-log>
    </section>`;
  }

  #renderDone(job: UsbJobState): TemplateResult {
    const { result } = job;
    const leaps = result?.toVersion !== undefined && (job.kind === 'flash' || job.kind === 'restore');
    return html`
      <div class="leap-row">
        ${leaps ? html`<ot-leap .from=${result.fromVersion ?? ''} .to=${result.toVersion} .outcome=${'confirmed'}></ot-leap>` : nothing}
        ${this.#renderVerbs(job)}
      </div>
      ${this.#renderMat(job)}
      <div class="two two-even two-tall">
        ${result ? this.#renderProof(job, result) : nothing} ${result ? this.#renderReceipt(job, result) : nothing}
      </div>
      ${this.#renderLog(job)}
    `;
  }

  #renderVerbs(job: UsbJobState): TemplateResult {
    const { kind, result } = job;
    const wroteApplication = kind === 'flash' || kind === 'restore';
    const deviceId = this.state.kind === 'virtual' ? this.state.portId.replace(/^virtual:/, '') : undefined;
    const undo = result?.undo;
    return html`<div class="keys">
      <button class="key key-go" type="button" @click=${() => this.#another()}>
        ${wroteApplication ? 'Flash another' : 'Back to the chip'}
      </button>
      ${deviceId ? html`<a class="key" href=${linkTo({ view: 'device', id: deviceId })}>Open device</a>` : nothing}
      ${
        wroteApplication
          ? html`<button class="key" type="button" aria-haspopup="dialog" @click=${() => this.#setWifi()}>${icon('wifi')}Set Wi-Fi</button>`
          : nothing
      }
      ${
        undo
          ? html`<button class="key" type="button" @click=${() => attempt(() => this.session.restore(undo))}>
              ${icon('undo')}Undo${result.fromVersion ? `, back to ${result.fromVersion}` : ''}
            </button>`
          : nothing
      }
    </div>`;
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

  #renderProof(job: UsbJobState, result: UsbJobResult): TemplateResult {
    const verify = job.stages.find(({ stage }) => stage === 'verify');
    const proofs: (readonly [string, boolean, string])[] = [];
    if (result.bytesInFlash > 0 && verify) {
      proofs.push(['Content', verify.status === 'done', 'The MD5 that the chip counted over its flash is that of the bytes']);
    }
    if (result.bytesInFlash > 0 && job.kind !== 'read') {
      const same = result.bytesInFlash - result.bytesWritten;
      proofs.push([
        'Written',
        true,
        same > 0
          ? `${formatBytes(result.bytesWritten)} that differed; ${formatBytes(same)} were the same already`
          : `all ${formatBytes(result.bytesWritten)}`,
      ]);
    }
    if (result.toVersion) {
      proofs.push([
        'Version',
        result.provedBy === 'boot-log',
        result.provedBy === 'boot-log'
          ? `It started and printed ${result.toVersion}`
          : `${result.toVersion}, as its descriptor in the flash says; it did not print it`,
      ]);
    }
    if (result.undo) proofs.push(['Way back', true, 'What was overwritten is in the library']);
    return html`<section class="sheet" aria-labelledby="proof">
      <h2 id="proof">How we know</h2>
      <dl class="checks rows">
        ${proofs.map(
          ([name, isProven, words]) =>
            html`<div class="check" data-verdict=${isProven ? 'pass' : 'note'}>
              ${icon(isProven ? 'check' : 'info')}
              <dt>${name}<span class="vh">: ${isProven ? 'proven' : 'not proven'}</span></dt>
              <dd>${words}</dd>
            </div>`,
        )}
      </dl>
    </section>`;
  }

  #renderReceipt(job: UsbJobState, result: UsbJobResult): TemplateResult {
    const facts = this.#receiptFacts(job, result);
    const text = [
      ...facts.map((fact) => fact.join('\t')),
      ...result.parts.map((part) => `${formatAddress(part.offset)}\t${part.name}\t${part.sha256}`),
    ];
    return html`<section class="sheet" aria-labelledby="receipt">
      <div class="row-head">
        <h2 id="receipt">Receipt</h2>
        <button class="link-key small" type="button" @click=${() => copyText(text.join('\n'), 'Receipt')}>${icon('copy')}Copy</button>
      </div>
      <dl class="pairs">
        ${facts.map(
          ([name, words]) =>
            html`<dt>${name}</dt>
              <dd>${words}</dd>`,
        )}
      </dl>
      ${
        result.parts.length > 0
          ? html`<ul class="writes rows">
              ${result.parts.map(
                ({ name, offset, size, sha256 }) =>
                  html`<li>
                    <span class="num">${formatAddress(offset)}</span><span><b>${name}</b>${hash(sha256, `SHA-256 of ${name}`)}</span>
                    <span class="num">${formatBytes(size)}</span>
                  </li>`,
              )}
            </ul>`
          : nothing
      }
    </section>`;
  }

  #receiptFacts(job: UsbJobState, { wireBytes, readSha256 }: UsbJobResult): readonly (readonly [string, string])[] {
    const { bundle, title, chip } = this.state;
    const facts: (readonly [string, string])[] = [['Board', [title, chip?.mac].filter(Boolean).join(', ')]];
    if (bundle && job.kind === 'flash') facts.push(['Firmware', [bundle.name, bundle.version].filter(Boolean).join(' ')]);
    if (readSha256) facts.push(['SHA-256', readSha256]);
    facts.push(['Began', formatMoment(job.startedAt)]);
    if (job.endedAt !== undefined) facts.push(['Took', spanWords(job.endedAt - job.startedAt)]);
    if (wireBytes > 0) facts.push(['On the wire', `${formatCount(wireBytes)} bytes`]);
    return facts;
  }

  #renderEnded(job: UsbJobState): TemplateResult {
    const code = OUTCOME_CODES[job.outcome as keyof typeof OUTCOME_CODES] ?? 'UNEXPECTED';
    const problem: Problem = job.problem ?? { code, message: code, details: {} };
    return html`
      ${
        job.outcome === 'stopped'
          ? html`<p class="keys">${this.#renderEndKeys(job)}</p>`
          : html`<ot-problem
              .problem=${problem}
              .place=${'page'}
              .facts=${{ port: this.state.title, chip: this.state.chip?.description ?? '' }}
              .keys=${this.#renderEndKeys(job)}
            ></ot-problem>`
      }
      ${this.#renderMat(job)} ${this.#renderSpeedAndLog(job)}
    `;
  }

  #renderEndKeys(job: UsbJobState): TemplateResult {
    const resume = html`<button class="key key-go" type="button" @click=${() => attempt(() => this.session.resume())}>
      Go on from where it was
    </button>`;
    const back = html`<button
      class=${job.outcome === 'lost' ? 'key' : 'key key-go'}
      type="button"
      @click=${() => this.session.dismissJob()}
    >
      ${this.state.plan ? 'Back to the plan' : 'Back to the chip'}
    </button>`;
    return html`${job.outcome === 'lost' ? resume : nothing} ${back}`;
  }
}

/** What is true of the chip now, under the heading. */
export function usbJobLead(state: UsbState, job: UsbJobState): string {
  switch (job.outcome) {
    case 'running':
      return job.kind === 'flash' || job.kind === 'restore'
        ? 'Leave the cable in. Keep this tab open; the screen stays awake.'
        : 'Leave the cable in, and this tab open.';
    case 'lost':
      return `Plug ${state.title} in again: what was verified stays, and the rest goes on from there.`;
    case 'done':
      return job.endedAt === undefined ? '' : `${formatMoment(job.endedAt)}, ${spanWords(job.endedAt - job.startedAt)} in all`;
    default:
      return job.left ? LEFT_WORDS[job.left] : '';
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-usb-job': UsbJob;
  }
}
