/**
 * `<ot-usb-door>`: which board, by cable: a real one through the browser's chooser, one that was allowed before, or a virtual one.
 *
 * Properties: `services`, `firmware` (SHA-256 of the one of the library that it is chosen for).
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { FirmwareRecord } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import { deviceOfPort, isVirtualPort } from '../../../app/usb/port-ids.ts';
import type { UsbService } from '../../../app/usb/services.ts';
import { Observe } from '../../controllers/observe.ts';
import '../../elements/board.ts';
import { icon, lamp, miniBoard } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { announce } from '../../live-region.ts';
import { linkTo, navigate } from '../../router.ts';
import '../device/broken-write.ts';
import { takeAlong } from './along.ts';
import { chosenHead, linkedHead } from './linked-firmware.ts';
import { alongOf, manifestLink, type LinkedFirmware, type ManifestLink } from './manifest-link.ts';
import { noWebSerial, portHelp } from './port-help.ts';

@customElement('ot-usb-door')
class UsbDoor extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) firmware: string | undefined;

  readonly #ports = new Observe(this, () => this.services.usb?.ports);
  readonly #records = new Observe(this, () => this.services.devices.records);
  readonly #library = new Observe(this, () => this.services.library.records);

  readonly #linked = new Observe(this, () => this.#link?.state);

  /** Who came with a firmware of the library meant that one. */
  get #link(): ManifestLink | undefined {
    return this.firmware === undefined ? manifestLink(location) : undefined;
  }

  protected override firstUpdated(): void {
    void this.services.usb?.refresh().catch(() => undefined);
    if (this.#link?.isOwnHost) void this.updateComplete.then(this.#fetchLinked);
    if (this.services.devices.records.value === undefined) void this.services.devices.load().catch(() => undefined);
  }

  protected override updated(): void {
    if (this.firmware !== undefined && !this.#library.value) void this.services.library.load().catch(() => undefined);
  }

  /** Undefined while the library is not open, too. */
  get #chosen(): FirmwareRecord | undefined {
    return this.#library.value?.find(({ sha256 }) => sha256 === this.firmware);
  }

  readonly #fetchLinked = (): void => {
    const { usb } = this.services;
    if (usb) void this.#link?.fetch(usb);
  };

  /** Whatever board is opened from here gets what was chosen, or what the link offers. */
  readonly #leave = (): void => {
    const chosen = this.#chosen;
    takeAlong(chosen ? { sha256: chosen.sha256 } : alongOf(this.#link));
  };

  async #choose(usb: UsbService): Promise<void> {
    try {
      const portId = await usb.choose();
      if (portId === undefined) announce('No port was chosen.');
      else {
        this.#leave();
        navigate({ view: 'usb', portId });
      }
    } catch (error) {
      const { showProblem } = await import('../../dialogs/problem-dialog.ts');
      await showProblem(error);
    }
  }

  override render() {
    const { usb } = this.services;
    const linked = this.#linked.value;
    return html`
      ${this.#renderHead(linked)}
      <section class="places bench-list door-places" aria-label="Boards by cable">
        ${usb?.support === 'yes' ? html`${this.#renderReal(usb)} ${this.#renderVirtual()}` : html`${this.#renderVirtual()} ${this.#renderReal(usb)}`}
      </section>
      ${usb?.support === 'yes' ? portHelp(navigator.userAgent) : nothing}
    `;
  }

  #renderHead(linked: LinkedFirmware | undefined): TemplateResult {
    if (this.firmware !== undefined && this.#library.value) return chosenHead(this.#chosen);
    if (linked) return linkedHead(linked, this.#fetchLinked);
    return html`<div class="head">
      <div class="head-words">
        <a class="back" href=${linkTo({ view: 'devices' })}>${icon('left')}Devices</a>
        <h1>Connect a board by cable</h1>
        <p class="lead">
          See what is on it, write what changed, read it back, watch its console. Nothing is written before you saw what would be.
        </p>
      </div>
    </div>`;
  }

  /** One filled key: while the link waits for a word, that is its own. */
  get #isLinkFirst(): boolean {
    return this.#linked.value?.state === 'unasked';
  }

  #renderReal(usb: UsbService | undefined): TemplateResult {
    const remembered = (this.#ports.value ?? []).filter(({ kind }) => kind === 'usb');
    return html`<article class="place">
      <div class="place-art mat">
        <ot-board .door=${'usb'} .moduleLabel=${'WROOM-32E'} ?ghost=${remembered.length === 0} .label=${''}></ot-board>
      </div>
      <h2>A board on your desk</h2>
      ${usb?.support === 'yes' ? this.#renderChooser(usb, remembered) : this.#renderUnsupported(usb)}
    </article>`;
  }

  #renderChooser(usb: UsbService, remembered: readonly { readonly portId: string; readonly title: string }[]): TemplateResult {
    return html`<p class="place-word">
        A web page may use a port only after you chose it: your browser asks which, now and not before, and allows that one alone.
      </p>
      ${remembered.length > 0 ? html`<div @click=${this.#leave}>${portList(remembered, !this.#isLinkFirst, this.services)}</div>` : nothing}
      <p class="keys">
        <button class=${remembered.length > 0 || this.#isLinkFirst ? 'key' : 'key key-go'} type="button" @click=${() => this.#choose(usb)}>
          ${icon('usb')}${remembered.length > 0 ? 'Choose another port' : 'Choose a port'}
        </button>
      </p>`;
  }

  #renderUnsupported(usb: UsbService | undefined): TemplateResult {
    if (usb?.support === 'insecure') {
      return html`<p class="place-word">
        The browser gives serial ports only to pages that came over https or from this computer itself. Open Otter by its https address.
      </p>`;
    }
    return html`<div class="place-word">${noWebSerial(navigator.userAgent)}</div>`;
  }

  #renderVirtual(): TemplateResult {
    const virtual = (this.#records.value ?? []).filter(({ kind }) => kind === 'virtual');
    const ports = virtual.map(({ id, name }) => ({ portId: `virtual:${id}`, title: name }));
    return html`<article class="place">
      <div class="place-art mat"><ot-board .door=${'virtual'} .lamp=${ports.length > 0 ? 'on' : 'off'} .label=${''}></ot-board></div>
      <h2>${ports.length > 1 ? 'Virtual ones' : 'A virtual one'}</h2>
      <p class="place-word">
        ${ports.length > 1 ? 'The same chips that you reach over the air, through their cables. They need no permission and work in every browser.' : 'The same chip that you reach over the air, through its cable. It needs no permission and works in every browser.'}
      </p>
      <div @click=${this.#leave}>
        ${ports.length > 0 ? portList(ports, this.services.usb?.support !== 'yes' && !this.#isLinkFirst, this.services) : html`<p class="quiet">Looking on the bench…</p>`}
      </div>
    </article>`;
  }
}

function portList(
  ports: readonly { readonly portId: string; readonly title: string }[],
  isFirst: boolean,
  services: AppServices,
): TemplateResult {
  return html`<ul class="port-list rows">
    ${ports.map(
      ({ portId, title }, index) =>
        html`<li>
          <p class="port">
            ${miniBoard()}<span class="port-name"
              ><b>${title}</b
              >${lamp('on', 'Plugged in')}${isVirtualPort(portId) ? html`<ot-broken-write .services=${services} .deviceId=${deviceOfPort(portId)}></ot-broken-write>` : nothing}</span
            >
            <a class=${index === 0 && isFirst ? 'key key-small key-go' : 'key key-small'} href=${linkTo({ view: 'usb', portId })}
              >Open<span class="vh"> ${title}</span></a
            >
          </p>
        </li>`,
    )}
  </ul>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-usb-door': UsbDoor;
  }
}
