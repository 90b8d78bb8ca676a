/**
 * `<ot-devices-view>`: what lies on the bench. One board only, as on the first visit: the two doors to a board, and what happens to a
 * firmware here. More than one: the boards themselves.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { DeviceRecord } from '../../app/model.ts';
import type { AppServices } from '../../app/services.ts';
import type { UsbService } from '../../app/usb/services.ts';
import { DeviceSessionController } from '../controllers/device-session.ts';
import { Observe } from '../controllers/observe.ts';
import { cableOf, lastKnownWords } from '../device-facts.ts';
import '../elements/board.ts';
import { icon, lamp, versionTag } from '../elements/icons.ts';
import { LightElement } from '../elements/light-element.ts';
import { formatMany } from '../format.ts';
import { announce } from '../live-region.ts';
import { linkTo, navigate, type RouteOf } from '../router.ts';
import { bestUpdate } from './best-update.ts';
import './devices/device-card.ts';
import { deviceLamp, searchTextOf } from './devices/device-words.ts';
import { way } from './devices/way.ts';

/** The board that is there from the first visit on. */
const FIRST_BOARD = 'esp32-ota';
/** With fewer devices the eye is faster than a search. */
const SEARCH_FROM = 7;

@customElement('ot-devices-view')
export class DevicesView extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) route: RouteOf<'devices'> | undefined;
  @state() private search = '';

  readonly #records = new Observe(this, () => this.services?.devices.records);
  readonly #firmware = new Observe(this, () => this.services?.library.records);
  readonly #jobs = new Observe(this, () => this.services?.updates.jobs);
  readonly #firstBoard = new DeviceSessionController(this, () => {
    const only = this.#onlyBoard();
    return only && { services: this.services, id: only.id };
  });

  protected override firstUpdated(): void {
    // What fails here shows on the device's own page, with its remedy.
    if (this.services.devices.records.value === undefined) void this.services.devices.load().catch(() => undefined);
    if (this.services.library.records.value === undefined) void this.services.library.load().catch(() => undefined);
  }

  #onlyBoard(): DeviceRecord | undefined {
    const records = this.#records.value;
    return records?.length === 1 && records[0]?.kind === 'virtual' ? records[0] : undefined;
  }

  async #addNetwork(): Promise<void> {
    const { AddNetworkDialog } = await import('../dialogs/add-network-dialog.ts');
    const dialog = new AddNetworkDialog();
    dialog.devices = this.services.devices;
    this.#welcome(await dialog.ask());
  }

  async #addVirtual(): Promise<void> {
    const { AddVirtualDialog } = await import('../dialogs/add-virtual-dialog.ts');
    const dialog = new AddVirtualDialog();
    dialog.devices = this.services.devices;
    this.#welcome(await dialog.ask());
  }

  #welcome(record: DeviceRecord | undefined): void {
    if (!record) return;
    announce(`${record.name} is on the bench.`);
    navigate({ view: 'device', id: record.id });
  }

  override render() {
    const records = this.#records.value;
    return records && (records.length > 1 || records[0]?.kind === 'network') ? this.#renderBench(records) : this.#renderFirstVisit();
  }

  #renderFirstVisit(): TemplateResult {
    return html`
      <div class="head">
        <div class="head-words">
          <h1>Put a board on the bench</h1>
          <p class="lead">
            Otter writes firmware to ESP32 boards, over the wire and over the air, from this tab. No account, no toolchain, no server.
          </p>
        </div>
      </div>
      <section class="places" aria-label="Ways to reach a board">
        ${this.#renderVirtualPlace()} ${this.#renderCablePlace()} ${this.#renderNetworkPlace()}
      </section>
      ${way()}
    `;
  }

  #renderVirtualPlace(): TemplateResult {
    const record = this.#onlyBoard();
    const id = record?.id ?? FIRST_BOARD;
    const state = this.#firstBoard.state;
    const info = state?.info ?? record?.lastInfo;
    const light = record && deviceLamp(state?.record ?? record, state, this.#jobs.value?.get(id), Date.now());
    const past = state ? lastKnownWords(state) : '';
    const cable = state && cableOf(state);
    return html`<article class="place">
      <div class="place-art mat">
        <ot-board
          .door=${'virtual'}
          .lamp=${light?.lamp ?? 'off'}
          .label=${`Drawing: a virtual ESP32 inside a browser tab. ${light?.words ?? ''}`}
        ></ot-board>
      </div>
      <h2>
        Virtual ESP32 ${light ? lamp(light.lamp, light.words) : nothing}
        ${info?.version ? versionTag(info.version, past ? 'plain' : 'run') : nothing}
      </h2>
      ${past ? html`<p class="quiet small">Its version is ${past}.</p>` : nothing}
      <p class="place-word">
        Lives in this browser and behaves like a real one, down to the boot loader. Update it, cut its power, roll it back.
      </p>
      <p class="keys">
        <a class="key key-go" href=${linkTo({ view: 'device', id })}>Open the virtual board</a>
        ${cable === undefined ? nothing : html`<a class="key" href=${linkTo({ view: 'usb', portId: cable })}>${icon('usb')}By cable</a>`}
        ${record ? html`<button class="key" type="button" aria-haspopup="dialog" @click=${this.#addVirtual}>Add another</button>` : nothing}
      </p>
    </article>`;
  }

  #renderCablePlace(): TemplateResult {
    return html`<article class="place">
      <div class="place-art mat">
        <ot-board class="wide-only" .door=${'usb'} .moduleLabel=${'WROOM-32E'} ghost .label=${''}></ot-board>
        <ot-board class="phone-only" .door=${'usb'} ghost compact .label=${''}></ot-board>
      </div>
      <h2>By cable</h2>
      <p class="place-word">${cableWords(this.services?.usb?.support)}</p>
      <p class="keys"><a class="key" href="#/usb">${icon('usb')}Connect by USB</a></p>
    </article>`;
  }

  #renderNetworkPlace(): TemplateResult {
    return html`<article class="place">
      <div class="place-art mat">
        <ot-board class="wide-only" .door=${'network'} .moduleLabel=${'WROOM-32E'} ghost .label=${''}></ot-board>
        <ot-board class="phone-only" .door=${'network'} ghost compact .label=${''}></ot-board>
      </div>
      <h2>Over the air</h2>
      <p class="place-word">Give the address or name of a device on your network.</p>
      <p class="keys">
        <button class="key" type="button" aria-haspopup="dialog" @click=${this.#addNetwork}>${icon('wifi')}Add network device</button>
      </p>
    </article>`;
  }

  #renderBench(records: readonly DeviceRecord[]): TemplateResult {
    const words = this.search.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = records.filter((record) => words.every((word) => searchTextOf(record).includes(word)));
    const foremost = shown.find((record) => bestUpdate(record.lastInfo, this.#firmware.value ?? []))?.id;
    return html`
      <div class="head">
        <div class="head-words">
          <h1>Devices</h1>
          <p class="facts">${formatMany(records.length, 'device')} on the bench</p>
        </div>
        ${records.length >= SEARCH_FROM || this.search ? this.#renderSearch() : nothing}
      </div>
      ${
        shown.length > 0
          ? html`<section class="places bench-list" aria-label="Devices on the bench">
              ${repeat(
                shown,
                (record) => record.id,
                (record) =>
                  html`<ot-device-card .services=${this.services} .record=${record} ?foremost=${record.id === foremost}></ot-device-card>`,
              )}
            </section>`
          : html`<p class="quiet">No device matches “${this.search}”.</p>`
      }
      ${this.#renderMore()}
      <p class="vh" role="status">${this.search ? `${formatMany(shown.length, 'device')} found` : ''}</p>
    `;
  }

  #renderSearch(): TemplateResult {
    return html`<search class="search">
      <label class="vh" for="device-search">Search devices</label>
      <span class="search-field"
        >${icon('search')}<input
          class="input"
          id="device-search"
          type="search"
          placeholder="Name, address, version"
          autocomplete="off"
          .value=${this.search}
          @input=${(event: InputEvent) => (this.search = (event.target as HTMLInputElement).value)}
      /></span>
    </search>`;
  }

  #renderMore(): TemplateResult {
    return html`<section class="more-places" aria-label="Add a device">
      <p class="quiet">Put another board on the bench.</p>
      <p class="keys">
        <a class="key" href="#/usb">${icon('usb')}Connect by USB</a>
        <button class="key" type="button" aria-haspopup="dialog" @click=${this.#addNetwork}>${icon('wifi')}Add network device</button>
        <button class="key" type="button" aria-haspopup="dialog" @click=${this.#addVirtual}>${icon('tab')}Add virtual board</button>
      </p>
    </section>`;
  }
}

/** What happens at the key, which is another thing where the browser has no serial ports to offer. */
function cableWords(support: UsbService['support'] | undefined): string {
  if (support === 'insecure') return 'Serial ports need an https address. A virtual board has a cable here too.';
  if (support === 'no-web-serial')
    return 'This browser has no Web Serial, which a board on USB needs. A virtual board has a cable here too.';
  return 'Plug a board into USB. Your browser asks which one.';
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-devices-view': DevicesView;
  }
}
