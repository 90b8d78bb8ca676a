/**
 * `<ot-preflight-view>`: one firmware held against one device before anything is written. X-ray, checks, the plan by partition name, and
 * the key that names its result. What blocks is told in full instead.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { LibraryError, toProblem } from '../../app/errors.ts';
import type { DeviceState, FirmwareRecord, Preflight, PreflightCheck, Problem } from '../../app/model.ts';
import type { AppServices, DeviceSession } from '../../app/services.ts';
import { applicationPart } from '../../core/image/application-part.ts';
import type { DeviceInfo } from '../../core/ota/device-contract.ts';
import { DeviceSessionController } from '../controllers/device-session.ts';
import { FirmwareTrustController, type JudgedFirmware } from '../controllers/firmware-trust.ts';
import { Observe } from '../controllers/observe.ts';
import { busyWith } from '../device-actions.ts';
import { latestInfo, runningSlot } from '../device-facts.ts';
import { icon, lamp, versionTag } from '../elements/icons.ts';
import { LightElement } from '../elements/light-element.ts';
import '../elements/xray.ts';
import { FilesEvent, chooseFiles } from '../files-event.ts';
import { shortName } from '../format.ts';
import { announce } from '../live-region.ts';
import { isBlockedByBrowser } from '../own-page.ts';
import { checkSentence, countVerdicts } from '../preflight-words.ts';
import '../problem-panel.ts';
import { PageTitleEvent, linkTo, navigate, type RouteOf } from '../router.ts';
import { saveFile } from '../save-file.ts';
import { blockStory } from './preflight/block-stories.ts';
import { blockedBody, blockedWords, firmwareName, type Held } from './preflight/blocked.ts';
import { checkSheet } from './preflight/check-list.ts';
import { planMat, planSentence, planWrite, type WritePlan } from './preflight/write-plan.ts';

interface Parts {
  readonly head: { readonly title: string; readonly words?: TemplateResult; readonly keys?: TemplateResult };
  readonly body: TemplateResult | typeof nothing;
}

@customElement('ot-preflight-view')
class PreflightView extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) route!: RouteOf<'preflight'>;
  @state() private held: Held | undefined;
  @state() private error: unknown;
  @state() private isForced = false;
  @state() private isStarting = false;

  readonly #trust = new FirmwareTrustController(this, () => ({ services: this.services, sha256: this.route.sha256 }));
  /** What the checks were made with. */
  #judged: JudgedFirmware | undefined;
  readonly #device = new DeviceSessionController(this, () => ({ services: this.services, id: this.route.id }));
  readonly #jobs = new Observe(this, () => this.services.updates.jobs);
  readonly #elsewhere = new Observe(this, () => this.services.updates.elsewhere);
  #said = '';

  protected override firstUpdated(): void {
    void this.#load(this.route.sha256);
  }

  async #load(sha256: string): Promise<void> {
    try {
      const { library, updates } = this.services;
      const [firmware, report] = await Promise.all([library.get(sha256), library.report(sha256), updates.prepare?.(this.route.id, sha256)]);
      if (!firmware) throw new LibraryError('FIRMWARE_UNKNOWN', `no firmware ${sha256}`, { sha256 });
      this.held = { firmware, report };
    } catch (error) {
      this.error = error;
    }
  }

  /** Who signed it may be another question since: a key was trusted or revoked, a signature attached. */
  protected override willUpdate(): void {
    const { value } = this.#trust;
    if (value === this.#judged || !this.held) return;
    this.#judged = value;
    const { id, sha256 } = this.route;
    void this.services.updates.prepare?.(id, sha256).then(() => this.requestUpdate());
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const preflight = this.#preflight();
    const { state: device } = this.#device;
    if (!preflight || !this.held || !device) return;
    this.services.updates.noteRefusal(preflight, this.held.firmware, device);
    const name = firmwareName(this.held.firmware);
    const saying =
      preflight.decision === 'blocked'
        ? `Stopped before writing. ${blockStory(firstBlock(preflight)!).title}.`
        : `${name} checked: ${countVerdicts(preflight.checks)}. ${this.#readiness(preflight)}`;
    if (saying === this.#said) return;
    this.#said = saying;
    this.dispatchEvent(new PageTitleEvent(`${name} for ${device.record.name}`));
    // A block is said by its own alert.
    if (preflight.decision !== 'blocked') announce(saying);
  }

  #readiness({ decision }: Preflight): string {
    const { state: device } = this.#device;
    const busy = device && busyWith(device, this.#jobs.value, this.#elsewhere.value);
    return busy ?? (decision === 'go' ? 'Ready to write.' : 'Has to be forced.');
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

  async #extract(): Promise<void> {
    const { id, sha256 } = this.route;
    try {
      const application = await this.services.library.extractApplication(sha256);
      if (!this.isConnected) return;
      announce(`${firmwareName(application)} is in the library.`);
      navigate({ view: 'preflight', id, sha256: application.sha256 });
    } catch (error) {
      const { showProblem } = await import('../dialogs/problem-dialog.ts');
      await showProblem(error);
    }
  }

  async #write(session: DeviceSession, firmware: FirmwareRecord): Promise<void> {
    if (this.isStarting) return;
    this.isStarting = true;
    try {
      const { askSignIn } = await import('../dialogs/sign-in-dialog.ts');
      // Whoever went to another page meanwhile no longer means this one.
      if (!this.isConnected || !(await askSignIn(session, { confirm: 'Sign in and write' }))) return;
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

  /** Head and body are always the same two places, so that the heading keeps the focus when the checks arrive. */
  override render() {
    const { head, body } = this.#parts();
    return html`<div class="head">
        <div class="head-words">
          <a class="back" href=${linkTo({ view: 'device', id: this.route.id })}
            >${icon('left')}${this.#device.state?.record.name ?? this.route.id}</a
          >
          <h1>${head.title}</h1>
          ${head.words ?? nothing}
        </div>
        ${head.keys ?? nothing}
      </div>
      ${body}`;
  }

  #parts(): Parts {
    const failure = this.error ?? this.#device.error;
    if (failure !== undefined) return { head: { title: 'Nothing to look at' }, body: this.#renderFailure(failure) };
    const { state: device } = this.#device;
    const preflight = this.#preflight();
    const info = device && latestInfo(device);
    if (!this.held || !device || !preflight || !info)
      return { head: { title: 'Look before you write' }, body: device ? this.#renderWaiting(device) : nothing };
    const plan = planWrite(info, this.held.firmware, preflight);
    return preflight.decision === 'blocked'
      ? this.#blocked(this.held, device, preflight, plan)
      : this.#ready(this.held, device, preflight, plan);
  }

  #renderFailure(error: unknown): TemplateResult {
    return html`<ot-problem
      .problem=${toProblem(error)}
      .keys=${html`<a class="key key-go" href=${linkTo({ view: 'device', id: this.route.id })}>Back to the device</a>`}
    ></ot-problem>`;
  }

  #renderWaiting(device: DeviceState): TemplateResult {
    const { problem, record } = device;
    if (problem) {
      const ownPage = record.kind === 'network' ? record.baseUrl : '';
      return html`<ot-problem .problem=${problem} .ownPage=${ownPage} .keys=${this.#handOverKey(problem)}></ot-problem>
        ${this.held ? html`<ot-xray .report=${this.held.report} .heading=${`Inside ${firmwareName(this.held.firmware)}`} .details=${'facts'}></ot-xray>` : nothing}`;
    }
    return html`<p class="lead">${device.record.name} is being asked what it is.</p>`;
  }

  /** The device cannot be written from here, but a person can carry the file over. */
  #handOverKey(problem: Problem): TemplateResult | typeof nothing {
    const { firmware } = this.held ?? {};
    if (!firmware || !isBlockedByBrowser(problem)) return nothing;
    return html`<button class="key key-go" type="button" @click=${() => void this.#save(firmware)}>
      Save ${shortName(firmware.fileName)}
    </button>`;
  }

  async #save({ sha256, fileName }: FirmwareRecord): Promise<void> {
    try {
      saveFile(await this.services.library.bytes(sha256), fileName);
    } catch (error) {
      this.error = error;
    }
  }

  #ready({ firmware, report }: Held, device: DeviceState, preflight: Preflight, plan: WritePlan | undefined): Parts {
    const info = latestInfo(device)!;
    const target = info.slots?.find((slot) => slot.label === preflight.targetSlot);
    const words = html`<p class="facts">
      <span>${shortName(firmware.name || firmware.fileName)}</span>
      <span
        >${info.version ? versionTag(info.version, 'run') : 'what runs'}
        <span class="nowrap">${icon('right', 'inline')} ${versionTag(firmware.version || 'unnamed', 'new')}</span
        >${sameWords(info, firmware)}</span
      >
      <span class="num small" title=${firmware.fileName}>${shortName(firmware.fileName)}</span>
    </p>`;
    const keys = html`<div class="keys"><button class="key" type="button" @click=${this.#chooseAnother}>Choose another</button></div>`;
    const busy = busyWith(device, this.#jobs.value, this.#elsewhere.value);
    const body = html`
      ${busy ? this.#renderBusy(device, busy) : nothing}
      <div class="two two-even two-tall">
        <ot-xray .report=${report} .slotSize=${target?.size} .heading=${`Inside ${firmwareName(firmware)}`} .details=${'facts'}></ot-xray>
        ${checkSheet(preflight, device.record.name)}
      </div>
      ${busy || !plan ? nothing : planMat(plan, info)} ${busy ? nothing : this.#renderWriteBar(firmware, device, preflight, plan)}
    `;
    return { head: { title: 'Look before you write', words, keys }, body };
  }

  /** Nothing can be chosen while the device is written or restarts: what is being done to it, and the way there. */
  #renderBusy({ record: { id }, slotSwitch }: DeviceState, busy: string): TemplateResult {
    const isSwitch = slotSwitch?.outcome === 'running';
    return html`<section class="job-strip" role="status" aria-label="Not now">
      ${lamp('busy', 'Not now')}<b>${busy}</b> <span>This can be written once that ends.</span>
      <a class="key key-go" href=${linkTo({ view: isSwitch ? 'device' : 'job', id })}>${isSwitch ? 'Open device' : 'Watch it'}</a>
    </section>`;
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
    if (device.link !== 'online') return `${device.record.name} does not answer now.`;
    if (preflight.decision === 'force' && !this.isForced) return 'Tick the box if you mean it.';
    return undefined;
  }

  #blocked(held: Held, device: DeviceState, preflight: Preflight, plan: WritePlan | undefined): Parts {
    const block = firstBlock(preflight)!;
    return {
      head: { title: blockStory(block).title, words: blockedWords(device) },
      body: blockedBody(held, {
        device,
        preflight,
        block,
        writeLabel: writeLabel(held.firmware, plan),
        onChoose: () => void this.#chooseAnother(),
        onExtract: applicationPart(held.report.content) && (() => void this.#extract()),
      }),
    };
  }
}

const firstBlock = (preflight: Preflight): PreflightCheck | undefined => preflight.checks.find((check) => check.verdict === 'block');

/** Two that are called the same are told apart by their bytes. */
function sameWords(info: DeviceInfo, { version, sha256 }: FirmwareRecord): string {
  if (version === '' || version !== info.version) return '';
  return runningSlot(info)?.sha256 === sha256 ? ', the same bytes' : ', another build';
}

const writeLabel = (firmware: FirmwareRecord, plan: WritePlan | undefined): string =>
  `Write ${firmware.version || shortName(firmware.fileName, 24)}${plan ? ` to ${plan.slot.slot}` : ''}`;

declare global {
  interface HTMLElementTagNameMap {
    'ot-preflight-view': PreflightView;
  }
}
