/**
 * `<ot-preflight-view>`: one firmware held against one device before anything is written. X-ray, checks, the plan by partition name, and
 * the key that names its result. What blocks is told in full instead.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { LibraryError, toProblem } from '../../app/errors.ts';
import type { DeviceState, FirmwareRecord, FirmwareReport, Preflight, PreflightCheck } from '../../app/model.ts';
import type { AppServices, DeviceSession } from '../../app/services.ts';
import { DeviceSessionController } from '../controllers/device-session.ts';
import { Observe } from '../controllers/observe.ts';
import { copyText } from '../copy.ts';
import { latestInfo } from '../device-facts.ts';
import { hash, icon, lamp, versionTag } from '../elements/icons.ts';
import { LightElement } from '../elements/light-element.ts';
import '../elements/xray.ts';
import { FilesEvent, chooseFiles } from '../files-event.ts';
import { formatCount } from '../format.ts';
import { announce } from '../live-region.ts';
import { checkSentence, countVerdicts } from '../preflight-words.ts';
import '../problem-panel.ts';
import { PageTitleEvent, linkTo, navigate, type RouteOf } from '../router.ts';
import { blockStory } from './preflight/block-stories.ts';
import { checkSheet } from './preflight/check-list.ts';
import { misfitDrawing } from './preflight/misfit.ts';
import { planMat, planSentence, planWrite, type WritePlan } from './preflight/write-plan.ts';

interface Held {
  readonly firmware: FirmwareRecord;
  readonly report: FirmwareReport;
}

@customElement('ot-preflight-view')
export class PreflightView extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) route!: RouteOf<'preflight'>;
  @state() private held: Held | undefined;
  @state() private error: unknown;
  @state() private isForced = false;
  @state() private isStarting = false;

  readonly #device = new DeviceSessionController(this, () => ({ services: this.services, id: this.route.id }));
  readonly #jobs = new Observe(this, () => this.services.updates.jobs);
  #said = '';

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load(this.route.sha256);
  }

  async #load(sha256: string): Promise<void> {
    try {
      const [firmware, report] = await Promise.all([this.services.library.get(sha256), this.services.library.report(sha256)]);
      if (!firmware) throw new LibraryError('FIRMWARE_UNKNOWN', `no firmware ${sha256}`, { sha256 });
      this.held = { firmware, report };
    } catch (error) {
      this.error = error;
    }
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const preflight = this.#preflight();
    if (!preflight || !this.held) return;
    const name = firmwareName(this.held.firmware);
    const saying =
      preflight.decision === 'blocked'
        ? `Stopped before writing. ${blockStory(firstBlock(preflight)!).title}.`
        : `${name} checked: ${countVerdicts(preflight.checks)}. ${preflight.decision === 'go' ? 'Ready to write.' : 'Has to be forced.'}`;
    if (saying === this.#said) return;
    this.#said = saying;
    this.dispatchEvent(new PageTitleEvent(`${name} for ${this.#device.state?.record.name ?? ''}`));
    // A block is said by its own alert.
    if (preflight.decision !== 'blocked') announce(saying);
  }

  #preflight(): Preflight | undefined {
    const { state: device } = this.#device;
    return this.held && device && (device.info ?? device.record.lastInfo)
      ? this.services.updates.preflight(this.held.report, this.held.firmware, device)
      : undefined;
  }

  async #chooseAnother(): Promise<void> {
    const files = await chooseFiles({ multiple: false });
    if (files.length > 0) this.dispatchEvent(new FilesEvent(files));
  }

  async #write(session: DeviceSession, firmware: FirmwareRecord): Promise<void> {
    if (this.isStarting) return;
    this.isStarting = true;
    try {
      const { askSignIn } = await import('../dialogs/sign-in-dialog.ts');
      if (!(await askSignIn(session, { confirm: 'Sign in and write' }))) return;
      await this.#start(firmware);
    } catch (error) {
      const { showProblem } = await import('../dialogs/problem-dialog.ts');
      await showProblem(error);
    } finally {
      this.isStarting = false;
    }
  }

  /** The job's page opens as soon as there is a job, whether or not `start` waits for its end. */
  async #start(firmware: FirmwareRecord): Promise<void> {
    const { updates } = this.services;
    const { id } = this.route;
    const before = updates.jobs.value.get(id)?.id;
    let unsubscribe: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      unsubscribe = updates.jobs.subscribe((jobs) => {
        const job = jobs.get(id);
        if (job && job.id !== before) resolve();
      });
    });
    try {
      await Promise.race([begun, updates.start(id, firmware.sha256, { force: this.isForced })]);
      navigate({ view: 'job', id });
    } finally {
      unsubscribe();
    }
  }

  override render() {
    const failure = this.error ?? this.#device.error;
    if (failure !== undefined) return this.#renderFailure(failure);
    const { state: device } = this.#device;
    if (!this.held || !device) return this.#renderHead('Look before you write', device?.record.name);
    const preflight = this.#preflight();
    const info = latestInfo(device);
    if (!preflight || !info) return html`${this.#renderHead('Look before you write', device.record.name)}${this.#renderWaiting(device)}`;
    const plan = planWrite(info, this.held.firmware, preflight);
    return preflight.decision === 'blocked'
      ? this.#renderBlocked(this.held, device, preflight, plan)
      : this.#renderReady(this.held, device, preflight, plan);
  }

  #renderHead(
    title: string,
    deviceName: string | undefined,
    words: TemplateResult | typeof nothing = nothing,
    keys: TemplateResult | typeof nothing = nothing,
  ) {
    return html`<div class="head">
      <div class="head-words">
        <a class="back" href=${linkTo({ view: 'device', id: this.route.id })}>${icon('left')}${deviceName ?? this.route.id}</a>
        <h1>${title}</h1>
        ${words}
      </div>
      ${keys}
    </div>`;
  }

  #renderFailure(error: unknown): TemplateResult {
    return html`${this.#renderHead('Nothing to look at', undefined)}
      <ot-problem
        .problem=${toProblem(error)}
        .keys=${html`<a class="key key-go" href=${linkTo({ view: 'device', id: this.route.id })}>Back to the device</a>`}
      ></ot-problem>`;
  }

  #renderWaiting(device: DeviceState): TemplateResult {
    if (device.problem) return html`<ot-problem .problem=${device.problem}></ot-problem>`;
    return html`<p class="lead">${device.record.name} is being asked what it is.</p>`;
  }

  #renderReady({ firmware, report }: Held, device: DeviceState, preflight: Preflight, plan: WritePlan | undefined): TemplateResult {
    const info = latestInfo(device)!;
    const target = info.slots?.find((slot) => slot.label === preflight.targetSlot);
    const words = html`<p class="facts">
      <span>${firmware.name || firmware.fileName}</span>
      <span
        >${info.version ? versionTag(info.version, 'run') : 'what runs'} ${icon('right', 'inline')}
        ${versionTag(firmware.version || 'unnamed', 'new')}</span
      >
      <span class="num small">${firmware.fileName}</span>
    </p>`;
    const keys = html`<div class="keys"><button class="key" type="button" @click=${this.#chooseAnother}>Choose another</button></div>`;
    return html`
      ${this.#renderHead('Look before you write', device.record.name, words, keys)}
      <div class="two two-even two-tall">
        <ot-xray .report=${report} .slotSize=${target?.size} .heading=${`Inside ${firmwareName(firmware)}`} .details=${'facts'}></ot-xray>
        ${checkSheet(preflight, device.record.name)}
      </div>
      ${plan ? planMat(plan, info) : nothing} ${this.#renderWriteBar(firmware, device, preflight, plan)}
    `;
  }

  #renderWriteBar(firmware: FirmwareRecord, device: DeviceState, preflight: Preflight, plan: WritePlan | undefined): TemplateResult {
    const { session } = this.#device;
    const refusal = this.#refusal(device, preflight);
    return html`<section class="act" aria-label="Write">
      <div class="act-words">
        <p>${planSentence(plan)}</p>
        ${preflight.decision === 'force' ? this.#renderForce(preflight) : nothing}
        ${refusal ? html`<p class="quiet" id="write-refusal">${refusal}</p>` : nothing}
      </div>
      <div class="keys">
        <button
          class="key key-go"
          type="button"
          aria-disabled=${refusal ? 'true' : nothing}
          aria-describedby=${refusal ? 'write-refusal' : nothing}
          aria-busy=${this.isStarting ? 'true' : nothing}
          @click=${() => (refusal || !session ? undefined : void this.#write(session, firmware))}
        >
          ${writeLabel(firmware, plan)}
        </button>
      </div>
    </section>`;
  }

  #renderForce(preflight: Preflight): TemplateResult {
    const reasons = preflight.checks.filter((check) => check.verdict === 'warn').map(checkSentence);
    return html`<p>
      <label class="tick">
        <input
          type="checkbox"
          .checked=${this.isForced}
          @change=${(event: Event) => (this.isForced = (event.target as HTMLInputElement).checked)}
        />
        <span>Write it all the same. ${reasons.join('. ')}.</span>
      </label>
    </p>`;
  }

  /** Why the key cannot be used now. */
  #refusal(device: DeviceState, preflight: Preflight): string | undefined {
    if (this.#jobs.value?.get(device.record.id)?.outcome === 'running') return `An update of ${device.record.name} is under way.`;
    if (device.link !== 'online') return `${device.record.name} does not answer now.`;
    if (preflight.decision === 'force' && !this.isForced) return 'Tick the box if you mean it.';
    return undefined;
  }

  #renderBlocked({ firmware, report }: Held, device: DeviceState, preflight: Preflight, plan: WritePlan | undefined): TemplateResult {
    const block = firstBlock(preflight)!;
    const story = blockStory(block);
    const info = latestInfo(device)!;
    const runs = [info.project, info.version].filter(Boolean).join(' ') || 'what it ran';
    const words = html`<p class="lead">
      ${lamp('stopped', 'Stopped before writing.')} Nothing was written. ${device.record.name} still runs ${runs}.
    </p>`;
    const isMisfit = block.id === 'chip';
    return html`
      ${this.#renderHead(story.title, device.record.name, words)}
      <section class=${isMisfit ? 'mat misfit-mat' : 'vh'} role="alert" aria-label="What does not fit">
        ${
          isMisfit
            ? misfitDrawing({
                firmware: firmwareName(firmware),
                firmwareChip: String(block.facts.image),
                device: device.record.name,
                deviceChip: String(block.facts.device),
              })
            : html`${story.title}. ${checkSentence(block)}.`
        }
      </section>
      <section class="sheet" aria-label="What happened">
        <div class="story">
          <div>
            <h2>What happened</h2>
            <p>${story.what}</p>
          </div>
          <div>
            <h2>Why</h2>
            <p>${story.why}</p>
          </div>
          <div>
            <h2>What to do next</h2>
            <p>${story.next}</p>
          </div>
        </div>
        <div class="keys">
          <a class="key key-go" href=${linkTo({ view: 'firmware' })}>Show my firmware</a>
          <button class="key" type="button" @click=${this.#chooseAnother}>Choose another file</button>
          <button class="key" type="button" disabled>${writeLabel(firmware, plan)}</button>
        </div>
      </section>
      <div class="two two-tall">${checkSheet(preflight, device.record.name)} ${this.#renderReport(firmware, device, block)}</div>
      ${isMisfit ? nothing : html`<ot-xray .report=${report} .heading=${`Inside ${firmwareName(firmware)}`} .details=${'facts'}></ot-xray>`}
    `;
  }

  #renderReport(firmware: FirmwareRecord, device: DeviceState, block: PreflightCheck): TemplateResult {
    const info = latestInfo(device)!;
    const code = `PREFLIGHT_BLOCKED ${block.id}-${block.reason}`;
    const board = [info.hardware || info.chip, info.mac].filter(Boolean).join(', ');
    const report = [
      `code: ${code}`,
      `file: ${firmware.fileName}, ${firmware.size} bytes`,
      `sha256: ${firmware.sha256}`,
      `board: ${board}`,
      ...Object.entries(block.facts).map(([name, value]) => `${name}: ${value}`),
    ];
    return html`<section class="sheet" aria-labelledby="report">
      <div class="row-head">
        <h2 id="report">For a report</h2>
        <button class="link-key small" type="button" @click=${() => copyText(report.join('\n'), 'Report')}>${icon('copy')}Copy</button>
      </div>
      <dl class="pairs">
        <dt>Code</dt>
        <dd><code>${code}</code></dd>
        <dt>File</dt>
        <dd>${firmware.fileName}, <span class="num">${formatCount(firmware.size)}</span> bytes</dd>
        <dt>SHA-256</dt>
        <dd>${hash(firmware.sha256)}</dd>
        <dt>Board</dt>
        <dd class="num">${board}</dd>
      </dl>
    </section>`;
  }
}

const firmwareName = (firmware: FirmwareRecord): string => [firmware.name, firmware.version].filter(Boolean).join(' ') || firmware.fileName;

const firstBlock = (preflight: Preflight): PreflightCheck | undefined => preflight.checks.find((check) => check.verdict === 'block');

const writeLabel = (firmware: FirmwareRecord, plan: WritePlan | undefined): string =>
  `Write ${firmware.version || firmware.fileName}${plan ? ` to ${plan.slot.slot}` : ''}`;

declare global {
  interface HTMLElementTagNameMap {
    'ot-preflight-view': PreflightView;
  }
}
