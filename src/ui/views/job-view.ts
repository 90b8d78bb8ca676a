/**
 * `<ot-job-view>`: the newest update of one device, while it runs and once it ended. The job belongs to the app: leaving this page stops
 * nothing. Stage changes are announced by the shell, wherever the reader is.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { HistoryEntry, UpdateJobState } from '../../app/model.ts';
import type { AppServices } from '../../app/services.ts';
import { attemptWords, lastAttempt, switchEndWords, type AttemptWords } from '../attempt-words.ts';
import { DeviceSessionController } from '../controllers/device-session.ts';
import { Observe } from '../controllers/observe.ts';
import { deviceAction, nameOfOther, runDeviceAction, switchWords } from '../device-actions.ts';
import { latestInfo } from '../device-facts.ts';
import { icon, lamp } from '../elements/icons.ts';
import { LightElement } from '../elements/light-element.ts';
import { JOB_LAMPS, canStop, firmwareWord, isOver, jobHeadline, shortJobWords } from '../job-words.ts';
import '../problem-panel.ts';
import { PageTitleEvent, linkTo, navigate, type RouteOf } from '../router.ts';
import { deviceBoard, deviceSlots } from './device/device-mat.ts';
import { jobLog, jobMat, jobSpeed } from './job/job-drawing.ts';
import { endedLead, endedWords, leap, problemOf, runningLead } from './job/job-leads.ts';
import { proofSheet, receiptSheet, type Confirmer } from './job/job-proof.ts';

@customElement('ot-job-view')
class JobView extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) route!: RouteOf<'job'>;

  readonly #device = new DeviceSessionController(this, () => ({ services: this.services, id: this.route.id }));
  readonly #jobs = new Observe(this, () => this.services.updates.jobs);
  /** How long the last proven update of this device took, from its history. */
  @state() private earlierMs: number | undefined;
  @state() private past: readonly HistoryEntry[] | undefined;
  readonly #elsewhere = new Observe(this, () => this.services.updates.elsewhere);
  readonly #version = new Observe(this, () => this.services.devices.historyVersion);
  #readVersion: number | undefined;
  #outcome: UpdateJobState['outcome'] | undefined;
  #title = '';

  get #job(): UpdateJobState | undefined {
    return this.#jobs.value?.get(this.route.id);
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (this.#readVersion === this.#version.value) return;
    this.#readVersion = this.#version.value;
    const isProven = ({ act, outcome }: HistoryEntry): boolean => act === 'update' && outcome === 'confirmed';
    void this.services.devices.history(this.route.id).then(
      (entries) => {
        this.past = entries;
        this.earlierMs = entries.find(isProven)?.durationMs;
      },
      () => (this.past ??= []),
    );
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const job = this.#job;
    const title = job ? jobHeadline(job, this.#isOver(job)) : this.#told().title;
    if (title !== this.#title) this.dispatchEvent(new PageTitleEvent((this.#title = title)));
    if (this.#outcome === 'running' && job && job.outcome !== 'running') this.#keepFocus();
    this.#outcome = job?.outcome;
  }

  /** The key that had the focus may be gone with the running job: the new heading takes it, so that nobody falls out of the page. */
  #keepFocus(): void {
    if (document.activeElement && document.activeElement !== document.body) return;
    const heading = this.querySelector('h1');
    if (heading) heading.tabIndex = -1;
    heading?.focus({ preventScroll: true });
  }

  #undo(): void {
    const { session } = this.#device;
    if (!session) return;
    navigate({ view: 'device', id: this.route.id });
    void runDeviceAction(deviceAction('rollback'), this.services, session);
  }

  #forget(): void {
    this.services.updates.dismiss(this.route.id);
    navigate({ view: 'device', id: this.route.id });
  }

  override render() {
    const job = this.#job;
    if (!job) return this.#renderNone();
    if (job.outcome === 'running') return this.#renderRunning(job);
    return job.outcome === 'confirmed' ? this.#renderConfirmed(job) : this.#renderEnded(job);
  }

  #told(): AttemptWords {
    return attemptWords(lastAttempt(this.past ?? []), this.#elsewhere.value?.has(this.route.id) ?? false);
  }

  /** After a reload, or in another tab: what is known is in the history. */
  #renderNone(): TemplateResult {
    const { title, words } = this.#told();
    const attempt = lastAttempt(this.past ?? []);
    const again = attempt?.outcome === 'interrupted' ? attempt.sha256 : undefined;
    const device = linkTo({ view: 'device', id: this.route.id });
    return html`<div class="head">
        <div class="head-words">
          <a class="back" href=${device}>${icon('left')}${this.#device.state?.record.name ?? this.route.id}</a>
          <h1>${title}</h1>
          ${this.past ? html`<p class="lead">${words}</p>` : nothing}
        </div>
      </div>
      <p class="keys">
        ${again ? html`<a class="key key-go" href=${linkTo({ view: 'preflight', id: this.route.id, sha256: again })}>Look and write again</a>` : nothing}
        <a class=${again ? 'key' : 'key key-go'} href=${device}>Open device</a>
      </p>`;
  }

  #renderHead(
    job: UpdateJobState,
    note: string,
    lead: string | TemplateResult | typeof nothing,
    keys: TemplateResult | typeof nothing,
  ): TemplateResult {
    return html`<div class="head">
      <div class="head-words">
        <p class="facts">${lamp(JOB_LAMPS[job.outcome], shortJobWords(job))} <span>${note}</span></p>
        <h1>${jobHeadline(job, this.#isOver(job))}</h1>
        ${lead === nothing ? nothing : html`<p class="lead">${lead}</p>`}
      </div>
      ${keys}
    </div>`;
  }

  #renderRunning(job: UpdateJobState): TemplateResult {
    const stoppable = canStop(job);
    const keys = html`<div class="keys">
      <button
        class="key key-stop"
        type="button"
        aria-disabled=${stoppable ? nothing : 'true'}
        aria-describedby=${stoppable ? nothing : 'stop-why'}
        @click=${() => (stoppable ? this.services.updates.stop(job.deviceId) : undefined)}
      >
        ${icon('stop')}Stop, keep ${job.fromVersion || 'the old one'}
      </button>
      ${stoppable ? nothing : html`<span class="quiet" id="stop-why">The slot is switched: nothing left to stop.</span>`}
    </div>`;
    return html`
      ${this.#renderHead(job, job.deviceName, runningLead(job, this.earlierMs), keys)} ${jobMat(job, this.#info())}
      <div class="two two-even two-tall">${jobSpeed(job, this.earlierMs)} ${jobLog(job)}</div>
    `;
  }

  #info() {
    const { state } = this.#device;
    return state && latestInfo(state);
  }

  #isOver(job: UpdateJobState): boolean {
    return isOver(job, this.#device.state?.slotSwitch);
  }

  /** What the device did since, when it no longer is as the job left it. */
  #since(job: UpdateJobState): string | typeof nothing {
    const { slotSwitch } = this.#device.state ?? {};
    if (!slotSwitch || !isOver(job, slotSwitch)) return nothing;
    return `Since then: ${slotSwitch.outcome === 'running' ? `${switchWords(slotSwitch)}…` : `${switchEndWords(slotSwitch).words}.`}`;
  }

  #confirmer(): Confirmer {
    return this.#device.state?.record.kind === 'virtual' ? 'virtual chip' : 'firmware itself';
  }

  #renderConfirmed(job: UpdateJobState): TemplateResult {
    const keys = html`<div class="keys">
      <a class="key key-go" href=${linkTo({ view: 'devices' })}>Update another</a>
      <a class="key" href=${linkTo({ view: 'device', id: job.deviceId })}>Open device</a>
      ${this.#renderUndo(job)}
    </div>`;
    return html`
      ${this.#renderHead(job, endedWords(job), this.#since(job), nothing)}
      <div class="leap-row">${leap(job, 'confirmed')}${keys}</div>
      ${this.#renderDeviceMat()}
      <div class="two two-even two-tall">${job.proof ? proofSheet(job, job.proof, this.#confirmer()) : nothing} ${receiptSheet(job)}</div>
      ${jobLog(job)}
    `;
  }

  #renderUndo(job: UpdateJobState): TemplateResult | typeof nothing {
    const { state } = this.#device;
    const refusal = state ? deviceAction('rollback').refusal(state) : 'Opening the device.';
    if (refusal === false || this.#isOver(job)) return nothing;
    return html`<button
      class="key"
      type="button"
      aria-disabled=${refusal ? 'true' : nothing}
      title=${refusal ?? nothing}
      @click=${() => (refusal ? undefined : this.#undo())}
    >
      ${icon('undo')}Undo, back to ${nameOfOther(firmwareWord(job), job.fromVersion || 'the earlier one', job.fromSlot)}
    </button>`;
  }

  #renderDeviceMat(): TemplateResult | typeof nothing {
    const { state } = this.#device;
    const info = this.#info();
    if (!state || !info) return nothing;
    return html`<section class="mat" aria-label="The device, drawn">
      <div class="two">
        ${deviceSlots(info)}
        <div class="solo-art">${deviceBoard(state)}</div>
      </div>
    </section>`;
  }

  #renderEnded(job: UpdateJobState): TemplateResult {
    const problem = problemOf(job);
    const stage = job.stages.find(({ status }) => status === 'failed')?.stage;
    const facts = { device: job.deviceName, firmware: job.firmware.fileName, sha256: job.firmware.sha256, slot: job.slot };
    const isOnDevice = job.outcome === 'unconfirmed' || job.outcome === 'rolled-back';
    return html`
      ${this.#renderHead(job, endedWords(job), endedLead(job), nothing)} ${isOnDevice ? leap(job, job.outcome) : nothing}
      ${
        job.outcome === 'stopped'
          ? html`<p class="keys">${this.#renderEndKeys(job)}</p>`
          : html`<ot-problem
              .problem=${{ ...problem, details: { ...problem.details, stage } }}
              .place=${'page'}
              .facts=${facts}
              .keys=${this.#renderEndKeys(job)}
            ></ot-problem>`
      }
      ${isOnDevice ? this.#renderDeviceMat() : jobMat(job, this.#info())}
      ${job.proof ? html`<div class="two two-even two-tall">${proofSheet(job, job.proof, this.#confirmer())} ${receiptSheet(job)}</div>` : nothing}
      ${jobLog(job)} ${this.#hasDeviceLog(job) ? html`<ot-device-log .session=${this.#device.session}></ot-device-log>` : nothing}
    `;
  }

  /** Why a firmware gave up, only its own words tell. */
  #hasDeviceLog({ outcome }: UpdateJobState): boolean {
    const hasLog = outcome === 'rolled-back' && this.#device.state?.dialect === 'otter';
    if (hasLog) void import('./device/device-log.ts');
    return hasLog;
  }

  #showDeviceLog(): void {
    // Its lines, or the key that asks for them; whoever gets the focus is scrolled to.
    this.querySelector<HTMLElement>('ot-device-log :is(.log, .key)')?.focus();
  }

  #renderEndKeys(job: UpdateJobState): TemplateResult {
    const device = html`<a class="key" href=${linkTo({ view: 'device', id: job.deviceId })}>Open device</a>`;
    const again = linkTo({ view: 'preflight', id: job.deviceId, sha256: job.firmware.sha256 });
    const forget = html`<button class="link-key small" type="button" @click=${() => this.#forget()}>Forget this</button>`;
    switch (job.outcome) {
      case 'unconfirmed':
        return html`<a class="key key-go" href=${linkTo({ view: 'device', id: job.deviceId })}>Open device</a
          >${job.proof ? this.#renderUndo(job) : nothing}${forget}`;
      case 'rolled-back':
        return html`<a class="key key-go" href=${linkTo({ view: 'device', id: job.deviceId })}>Open device</a
          >${this.#hasDeviceLog(job) ? html`<button class="key" type="button" @click=${() => this.#showDeviceLog()}>${icon('log')}Read the device log</button>` : nothing}<a
            class="key"
            href=${again}
            >Look at ${firmwareWord(job)} again</a
          >${forget}`;
      default:
        return html`<a class="key key-go" href=${again}>Look and try again</a>${device}${forget}`;
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-job-view': JobView;
  }
}
