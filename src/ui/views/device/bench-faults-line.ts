/**
 * `<ot-bench-faults>`: which faults are armed on a virtual board, so that nobody takes a rehearsed failure for a real one. Shows nothing
 * while none is. Asks the bench when it appears, when a hand changed it, and when the board is back (a power cut disarms itself).
 *
 * Properties: `services`, `session`.
 */
import { html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { AppServices, DeviceSession } from '../../../app/services.ts';
import { armedFaults } from '../../bench-faults.ts';
import { Observe } from '../../controllers/observe.ts';
import { deviceAction, runDeviceAction } from '../../device-actions.ts';
import { icon } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';

@customElement('ot-bench-faults')
class BenchFaults extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) session!: DeviceSession;
  @state() private faults: readonly string[] = [];

  readonly #version = new Observe(this, () => this.services.bench.version);
  readonly #device = new Observe(this, () => this.session.state);
  #asked = '';

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const device = this.#device.value;
    if (device?.link !== 'online') {
      this.#asked = '';
      return;
    }
    const question = `${device.record.id} ${this.#version.value}`;
    if (question === this.#asked) return;
    this.#asked = question;
    void this.#read(device.record.id, question);
  }

  async #read(id: string, question: string): Promise<void> {
    // A bench that does not answer is a board that does not answer, and the page says so already.
    const settings = await this.services.bench.read(id).catch(() => undefined);
    if (settings && question === this.#asked) this.faults = armedFaults(settings);
  }

  override render() {
    if (this.faults.length === 0) return nothing;
    return html`<div class="warn">
      ${icon('caution')}
      <p>
        <b>Faults armed:</b> ${this.faults.join('; ')}.
        <button class="link-key" type="button" @click=${() => void runDeviceAction(deviceAction('bench'), this.services, this.session)}>
          Open the bench
        </button>
      </p>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-bench-faults': BenchFaults;
  }
}
