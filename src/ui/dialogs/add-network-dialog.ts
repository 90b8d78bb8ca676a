/** Asks for the address of a device on the network, and says what the browser will and will not let this page do. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { DeviceRecord } from '../../app/model.ts';
import type { DeviceService } from '../../app/services.ts';
import { icon } from '../elements/icons.ts';
import { errorLines } from '../error-lines.ts';
import { nameFromAddress, parseDeviceAddress, reachOf, type Reach } from '../views/device-address.ts';
import { Modal } from './modal.ts';
import { isNameTaken, nameHint } from './names.ts';

const REACH_WORDS = {
  open: undefined,
  asks: html`Your browser will ask once whether this page may reach devices on your network. Otter asks because it talks to this device
  itself, with nothing in between. Browsers that cannot ask (Firefox, Safari) refuse plain HTTP from a page that came over HTTPS.`,
  names: html`This page came over HTTPS and the device speaks plain HTTP under a name that does not look local. Chrome and Edge (142 or
    newer) ask once whether this page may reach your network, and let it through only if the name leads there. Its IP address or
    <code>.local</code> name is safer; other browsers refuse both.`,
  mixed: html`<b>The browser will refuse this.</b> This page came over HTTPS, and the device speaks plain HTTP at a public address. Give the
    device HTTPS, or reach it by its address on your own network.`,
} as const satisfies Record<Reach, TemplateResult | undefined>;

@customElement('ot-add-network-dialog')
export class AddNetworkDialog extends Modal<DeviceRecord> {
  @property({ attribute: false }) devices!: DeviceService;
  @state() private fault = '';
  @state() private reach: Reach = 'open';
  @state() private busy = false;
  @state() private isTaken = false;
  @state() private error: unknown;

  #field(name: 'address' | 'name'): HTMLInputElement | undefined {
    return this.querySelector<HTMLInputElement>(`input[name="${name}"]`) ?? undefined;
  }

  /** A fault is said on leaving the field or on adding, and goes as soon as it is mended: never while somebody types. */
  #check(sayFault: boolean): string | undefined {
    const parsed = parseDeviceAddress(this.#field('address')?.value ?? '');
    this.error = undefined;
    if (!parsed.ok) {
      this.reach = 'open';
      if (sayFault) this.fault = parsed.fault;
      return undefined;
    }
    this.fault = '';
    this.reach = reachOf(parsed.url, location);
    return parsed.url;
  }

  #onName(event: InputEvent): void {
    const names = (this.devices.records.value ?? []).map((record) => record.name);
    this.isTaken = isNameTaken((event.target as HTMLInputElement).value, names);
  }

  #onLeave(): void {
    if (this.#field('address')?.value) this.#check(true);
  }

  async #add(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const url = this.#check(true);
    if (url === undefined) return this.#field('address')?.focus();
    this.busy = true;
    try {
      this.finish(await this.devices.addNetwork(url, this.#field('name')?.value.trim() || nameFromAddress(url)));
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  protected override renderContent(): TemplateResult {
    const reachWords = REACH_WORDS[this.reach];
    return html`
      <h2 id=${this.headingId}>Add a network device</h2>
      <form class="form" novalidate @submit=${this.#add}>
        ${this.#renderAddress()}
        <div class="field">
          <label for="add-name">Name <span class="quiet">(optional)</span></label>
          <input class="input" id="add-name" name="name" maxlength="40" autocomplete="off" @input=${this.#onName} />
          <div aria-live="polite">${nameHint(this.isTaken)}</div>
        </div>
        <p class="quiet">
          It must speak Otter’s device contract or that of the esp32-ota project, and allow pages of other origins to read its answers
          (CORS). If it does not, Otter says so, and its own page is one key away.
        </p>
        ${reachWords ? html`<p class="warn">${icon('info')}<span>${reachWords}</span></p>` : nothing}
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
        <p class="keys keys-end">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button class="key key-go" type="submit" aria-busy=${this.busy}>${this.busy ? 'Adding…' : 'Add device'}</button>
        </p>
      </form>
    `;
  }

  #renderAddress(): TemplateResult {
    const invalid = this.fault !== '';
    return html`<div class="field">
      <label for="add-address">Address</label>
      <input
        class="input num"
        id="add-address"
        name="address"
        inputmode="url"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        placeholder="192.168.1.42"
        autofocus
        aria-invalid=${invalid ? 'true' : nothing}
        aria-describedby=${invalid ? 'add-address-fault' : nothing}
        @input=${() => this.#check(false)}
        @blur=${this.#onLeave}
      />
      <div aria-live="polite">
        ${invalid ? html`<p class="field-fault" id="add-address-fault">${icon('cross')}${this.fault}</p>` : nothing}
      </div>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-add-network-dialog': AddNetworkDialog;
  }
}
