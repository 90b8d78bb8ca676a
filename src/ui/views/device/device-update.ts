/** The place where a firmware is given to a device: drop, choose, or the one that is proposed. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { DeviceState, FirmwareRecord } from '../../../app/model.ts';
import type { AppServices, DemoFirmware } from '../../../app/services.ts';
import { Observe } from '../../controllers/observe.ts';
import { deviceAction, refusalOf, runDeviceAction, type DeviceAction } from '../../device-actions.ts';
import { inactiveSlot, isLastKnown, latestInfo, runningSlot, suggestedDemo } from '../../device-facts.ts';
import { VIRTUAL_DEFAULT_PASSWORD, hasDeliveredPassword } from '../../dialogs/password-rule.ts';
import { icon } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { slotLetter } from '../../elements/slot-words.ts';
import { FilesEvent, chooseFiles } from '../../files-event.ts';
import { formatBytes, shortName } from '../../format.ts';
import { linkTo, navigate } from '../../router.ts';
import { bestUpdate, waitingUpdate } from '../best-update.ts';

@customElement('ot-device-update')
class DeviceUpdate extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) device!: DeviceState;
  @state() private isFetching = false;

  readonly #records = new Observe(this, () => this.services.library.records);

  readonly #jobs = new Observe(this, () => this.services.updates.jobs);
  readonly #elsewhere = new Observe(this, () => this.services.updates.elsewhere);

  async #choose(): Promise<void> {
    const files = await chooseFiles({ multiple: false });
    if (files.length > 0) this.dispatchEvent(new FilesEvent(files));
  }

  async #lookAtDemo(demo: DemoFirmware): Promise<void> {
    if (this.isFetching) return;
    this.isFetching = true;
    try {
      const { record } = await this.services.library.addDemo(demo.fileName);
      navigate({ view: 'preflight', id: this.device.record.id, sha256: record.sha256 });
    } catch (error) {
      const { showProblem } = await import('../../dialogs/problem-dialog.ts');
      await showProblem(error);
    } finally {
      this.isFetching = false;
    }
  }

  override render() {
    const info = latestInfo(this.device);
    const newer = bestUpdate(info, this.#records.value ?? []);
    const waiting = newer ? undefined : waitingUpdate(info);
    const demo = newer || waiting || !info ? undefined : suggestedDemo(info, this.services.library.demos);
    const hasProposal = newer !== undefined || waiting !== undefined || demo !== undefined;
    return html`<section class="sheet drop" aria-labelledby="update">
      <div class="row-head">
        <h2 id="update">Drop a firmware here</h2>
        <p class="quiet">${this.#slotWords()}</p>
      </div>
      <p>Or anywhere on this page: a .bin. It is looked through before anything is written.</p>
      <p class="keys">
        ${newer ? this.#renderNewer(newer) : waiting ? this.#renderSwitch() : demo ? this.#renderDemo(demo) : nothing}
        <button class=${hasProposal ? 'key' : 'key key-go'} type="button" @click=${this.#choose}>Choose firmware</button>
      </p>
      ${waiting ? html`<p class="facts small">${waiting.version} lies in ${waiting.label} already: nothing has to be written.</p>` : nothing}
      ${newer || demo ? this.#renderProposal(newer ?? demo!) : nothing} ${this.#renderPasswordNote()}
    </section>`;
  }

  #slotWords(): string {
    const info = latestInfo(this.device);
    const [running, target] = info ? [runningSlot(info), inactiveSlot(info)] : [];
    if (isLastKnown(this.device)) return 'over the air only once it answers';
    if (!running || !target) return 'what runs keeps running until the restart';
    return `goes to slot ${slotLetter(target.label)}, slot ${slotLetter(running.label)} keeps running`;
  }

  #renderNewer(record: FirmwareRecord): TemplateResult {
    // One text: a key is a flex box, which drops the space between two.
    const words = `Look at ${shortName(record.name)} ${record.version}`;
    return html`<a class="key key-go" href=${linkTo({ view: 'preflight', id: this.device.record.id, sha256: record.sha256 })}>
      ${words}
    </a>`;
  }

  #renderSwitch(): TemplateResult {
    const { device } = this;
    const action = deviceAction('rollback');
    const why = refusalOf(action, device, this.#jobs.value?.get(device.record.id), this.#elsewhere.value) || undefined;
    return html`<button
      class="key key-go"
      type="button"
      aria-disabled=${why ? 'true' : nothing}
      title=${why ?? nothing}
      @click=${() => (why ? undefined : void this.#switch(action))}
    >
      ${action.label(device)}
    </button>`;
  }

  async #switch(action: DeviceAction): Promise<void> {
    const session = await this.services.devices.session(this.device.record.id).catch(() => undefined);
    if (session) await runDeviceAction(action, this.services, session);
  }

  #renderDemo(demo: DemoFirmware): TemplateResult {
    return html`<button
      class="key key-go"
      type="button"
      aria-busy=${this.isFetching ? 'true' : nothing}
      @click=${() => this.#lookAtDemo(demo)}
    >
      Look at ${demo.title}
    </button>`;
  }

  #renderProposal(proposal: FirmwareRecord | DemoFirmware): TemplateResult {
    const isDemo = 'purpose' in proposal;
    return html`<p class="facts small">
      <span>${isDemo ? 'Ships with Otter, to try things out:' : 'Newest in your library:'}</span>
      <span>${isDemo ? proposal.purpose : shortName(proposal.fileName)}</span>
      <span class="num">${formatBytes(proposal.size)}</span>
    </p>`;
  }

  /** The demo flow asks for a password; whoever meets it must be able to know it. */
  #renderPasswordNote(): TemplateResult | typeof nothing {
    const { record, auth } = this.device;
    if (!hasDeliveredPassword(record)) return nothing;
    const accepts = latestInfo(this.device)?.accepts_default_password === true;
    if (auth.state === 'signed-in' && !auth.mustChange) return nothing;
    return html`<p class="facts small note">
      ${icon('lock')}<span
        >A new virtual board has the password <code>${VIRTUAL_DEFAULT_PASSWORD}</code>${
          accepts ? ', and takes updates with it. A real one should not.' : ', and wants a new one before it takes an update.'
        }</span
      >
    </p>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-device-update': DeviceUpdate;
  }
}
