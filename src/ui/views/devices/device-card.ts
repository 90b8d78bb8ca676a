/** `<ot-device-card>`: one device on the bench, as it is now: lamp, version, slots, and the one thing to do with it next. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { DeviceRecord, FirmwareRecord } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import { DeviceSessionController } from '../../controllers/device-session.ts';
import { Observe } from '../../controllers/observe.ts';
import '../../elements/board.ts';
import { icon, lamp, versionTag } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { cableOf, lastKnownWords } from '../../device-facts.ts';
import { linkTo } from '../../router.ts';
import { bestUpdate } from '../best-update.ts';
import { deviceLamp, placeOf } from './device-words.ts';
import { miniSlots } from './mini-slots.ts';

@customElement('ot-device-card')
class DeviceCard extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) record!: DeviceRecord;
  /** Only one card of a screen may carry the filled key. */
  @property({ type: Boolean }) foremost = false;

  readonly #link = new DeviceSessionController(this, () =>
    this.services && this.record ? { services: this.services, id: this.record.id } : undefined,
  );
  readonly #jobs = new Observe(this, () => this.services?.updates.jobs);
  readonly #firmware = new Observe(this, () => this.services?.library.records);

  override render() {
    const { record } = this;
    const state = this.#link.state;
    const info = state?.info ?? record.lastInfo;
    const job = this.#jobs.value?.get(record.id);
    const { lamp: light, words } = deviceLamp(state?.record ?? record, state, job, Date.now());
    const { chip = 'ESP32' } = info ?? {};
    const past = state ? lastKnownWords(state) : '';
    const cable = state && cableOf(state);
    return html`<article class="place" aria-labelledby=${`device-${record.id}`}>
      <div class="place-art mat">
        <ot-board .door=${record.kind} .lamp=${light} .chipLabel=${chip} .label=${`${record.name}: ${chip}, ${words}`}></ot-board>
      </div>
      <h2 id=${`device-${record.id}`}><a href=${linkTo({ view: 'device', id: record.id })}>${record.name}</a> ${lamp(light, words)}</h2>
      <p class="place-word small">
        ${info?.version ? html`${info.project || 'firmware'} ${versionTag(info.version, past ? 'plain' : 'run')}${past ? ' ' + past : nothing}, ` : nothing}<span
          class=${record.kind === 'network' ? 'num' : nothing}
          >${placeOf(record)}</span
        >
      </p>
      <div>${miniSlots(info, past !== '')}</div>
      <p class="keys">
        ${this.#renderKeys(job?.outcome === 'running', past ? undefined : bestUpdate(info, this.#firmware.value ?? []), cable)}
      </p>
    </article>`;
  }

  #renderKeys(isWriting: boolean, update: FirmwareRecord | undefined, cable: string | undefined): TemplateResult {
    const { id, name } = this.record;
    if (isWriting) return html`<a class="key" href=${linkTo({ view: 'job', id })}>Watch<span class="vh"> ${name}</span></a>`;
    const open = html`<a class="key" href=${linkTo({ view: 'device', id })}>Open<span class="vh"> ${name}</span></a>`;
    if (cable !== undefined) {
      const href = linkTo({ view: 'usb', portId: cable });
      return html`${open} <a class="key" href=${href}>${icon('usb')}By cable<span class="vh">: ${name}</span></a>`;
    }
    if (!update) return open;
    return html`<a class=${this.foremost ? 'key key-go' : 'key'} href=${linkTo({ view: 'preflight', id, sha256: update.sha256 })}
        >Update to ${update.version}<span class="vh">: ${name}</span></a
      >
      ${open}`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-device-card': DeviceCard;
  }
}
