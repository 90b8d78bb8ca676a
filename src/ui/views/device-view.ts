/**
 * `<ot-device-view>`: one device. What it is and runs (drawn), how it is, where a firmware can be given to it, what it said, what happened.
 * Log and history load after the first paint.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { toProblem } from '../../app/errors.ts';
import type { DeviceState, UpdateJobState } from '../../app/model.ts';
import type { AppServices } from '../../app/services.ts';
import type { DeviceInfo } from '../../core/ota/device-contract.ts';
import { DeviceSessionController } from '../controllers/device-session.ts';
import { Observe } from '../controllers/observe.ts';
import { DEVICE_ACTIONS, deviceAction, refusalOf, runDeviceAction, type DeviceAction } from '../device-actions.ts';
import { isLastKnown, isStuck, lastKnownWords, latestInfo, linkWords } from '../device-facts.ts';
import { icon, lamp, versionTag } from '../elements/icons.ts';
import { LightElement } from '../elements/light-element.ts';
import { PageTitleEvent, linkTo, type RouteOf } from '../router.ts';
import { whenIdle } from '../when-idle.ts';
import './device/action-menu.ts';
import type { MenuItem } from './device/action-menu.ts';
import { deviceMat } from './device/device-mat.ts';
import './device/device-update.ts';

/** These have keys of their own; the rest is in the menu. */
const KEYS: readonly DeviceAction['id'][] = ['cable', 'restart', 'rollback'];

@customElement('ot-device-view')
export class DeviceView extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) route!: RouteOf<'device'>;

  readonly #device = new DeviceSessionController(this, () => ({ services: this.services, id: this.route.id }));
  readonly #jobs = new Observe(this, () => this.services.updates.jobs);
  readonly #elsewhere = new Observe(this, () => this.services.updates.elsewhere);
  #title = '';
  #hasRest = false;

  protected override firstUpdated(): void {
    if (this.services.library.records.value === undefined) void this.services.library.load().catch(() => undefined);
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const title = this.#device.state?.record.name ?? this.route.id;
    if (title !== this.#title) this.dispatchEvent(new PageTitleEvent((this.#title = title)));
    if (this.#device.error !== undefined || this.#device.state?.problem) void import('../problem-panel.ts');
    if (this.#device.state && isStuck(this.#device.state)) void import('./device/silence-strip.ts');
    if (this.#device.state && !this.#hasRest) this.#loadRest();
  }

  /** Once the device can be updated: its map, how it is, its past, its words. */
  #loadRest(): void {
    this.#hasRest = true;
    whenIdle(() => {
      void import('../elements/flash.ts');
      void import('./device/device-vitals.ts');
      void import('./device/device-log.ts');
      void import('./device/device-history.ts');
      void import('./device/job-strip.ts');
      if (this.#device.state?.record.kind === 'virtual') void import('./device/bench-faults-line.ts');
      void import('./device/device-guard.ts');
    });
  }

  #run(action: DeviceAction): void {
    const { session } = this.#device;
    if (session) void runDeviceAction(action, this.services, session);
  }

  override render() {
    const { state, error } = this.#device;
    if (error !== undefined) return this.#renderUnknown(error);
    return html`${this.#renderHead(state)} ${state ? this.#renderDevice(state) : nothing}`;
  }

  #renderUnknown(error: unknown): TemplateResult {
    return html`<div class="head">
        <div class="head-words">
          <a class="back" href=${linkTo({ view: 'devices' })}>${icon('left')}Devices</a>
          <h1>${this.route.id}</h1>
        </div>
      </div>
      <ot-problem
        .problem=${toProblem(error)}
        .keys=${html`<a class="key key-go" href=${linkTo({ view: 'devices' })}>Go to the devices</a>`}
      ></ot-problem>`;
  }

  #renderHead(state: DeviceState | undefined): TemplateResult {
    const info = state && latestInfo(state);
    const past = state ? lastKnownWords(state) : '';
    const link = state ? linkWords(state) : ({ lamp: 'busy', word: 'Opening' } as const);
    return html`<div class="head">
      <div class="head-words">
        <a class="back" href=${linkTo({ view: 'devices' })}>${icon('left')}Devices</a>
        <h1>${state?.record.name ?? this.route.id}</h1>
        <p class="facts">
          ${lamp(link.lamp, link.word)}
          <span
            >${info && (info.version || !isLastKnown(state!)) ? firmwareWords(info, past) : state && isLastKnown(state) ? 'firmware not known' : 'reading its firmware'}</span
          >
          ${state ? this.#renderWhere(state) : nothing}
        </p>
      </div>
      ${state ? this.#renderKeys(state) : nothing}
    </div>`;
  }

  #renderWhere({ record, auth }: DeviceState): TemplateResult {
    const word = auth.state === 'signed-in' ? 'Signed in' : auth.state === 'locked-out' ? 'Locked out' : 'Signed out';
    return html`<span class="num small">${record.kind === 'virtual' ? 'in this browser' : record.baseUrl}</span>
      <span class="sign" data-sign=${auth.state === 'signed-in' ? nothing : auth.state === 'locked-out' ? 'none' : 'out'}
        >${icon('lock')}${word}</span
      >`;
  }

  #renderKeys(state: DeviceState): TemplateResult {
    const job = this.#jobs.value?.get(state.record.id);
    const items = DEVICE_ACTIONS.filter((action) => !KEYS.includes(action.id)).flatMap((action): MenuItem[] => {
      const refusal = refusalOf(action, state, job, this.#elsewhere.value);
      return refusal === false ? [] : [{ ...action, label: action.label(state), refusal, run: () => this.#run(action) }];
    });
    return html`<div class="keys">
      ${KEYS.map((id) => this.#renderKey(deviceAction(id), state, job))}<ot-action-menu .items=${items}></ot-action-menu>
    </div>`;
  }

  #renderKey(action: DeviceAction, state: DeviceState, job: UpdateJobState | undefined): TemplateResult | typeof nothing {
    const why = refusalOf(action, state, job, this.#elsewhere.value);
    if (why === false) return nothing;
    return html`<button
      class="key"
      type="button"
      aria-disabled=${why ? 'true' : nothing}
      title=${why ?? nothing}
      @click=${() => (why ? undefined : this.#run(action))}
    >
      ${icon(action.icon)}${action.label(state)}${why ? html`<span class="vh">: ${why}</span>` : nothing}
    </button>`;
  }

  #renderDevice(state: DeviceState): TemplateResult {
    const job = this.#jobs.value?.get(state.record.id);
    const isBusy = job?.outcome === 'running' || this.#elsewhere.value?.has(state.record.id) === true;
    return html`
      <ot-job-strip .services=${this.services} .device=${state} .job=${job}></ot-job-strip>
      ${state.problem ? this.#renderProblem(state) : nothing}
      <ot-silence-strip .services=${this.services} .device=${state}></ot-silence-strip> ${deviceMat(state, isBusy)}
      ${
        state.record.kind === 'virtual'
          ? html`<ot-bench-faults .services=${this.services} .session=${this.#device.session}></ot-bench-faults>`
          : nothing
      }
      <div class="two two-tall">
        <ot-device-update .services=${this.services} .device=${state}></ot-device-update
        ><ot-device-vitals .device=${state}></ot-device-vitals>
      </div>
      <ot-device-guard .services=${this.services} .session=${this.#device.session}></ot-device-guard>
      <ot-device-log .session=${this.#device.session}></ot-device-log>
      <ot-device-history .services=${this.services} .device=${state}></ot-device-history>
    `;
  }

  #renderProblem(state: DeviceState): TemplateResult {
    const again = html`<button class="key" type="button" @click=${() => void this.#device.session?.refresh().catch(() => undefined)}>
      Try again
    </button>`;
    return html`<ot-problem
      .problem=${state.problem}
      .ownPage=${state.record.kind === 'network' ? state.record.baseUrl : ''}
      .keys=${again}
      .facts=${{ device: state.record.name, address: state.record.baseUrl }}
    ></ot-problem>`;
  }
}

/** @param past when it said so, where it does not answer any more */
function firmwareWords({ project, version }: DeviceInfo, past: string): TemplateResult {
  const tag = version ? versionTag(version, past ? 'plain' : 'run') : nothing;
  return html`${project || 'firmware'} ${tag}${past ? html` <span class="quiet small">${past}</span>` : nothing}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-device-view': DeviceView;
  }
}
