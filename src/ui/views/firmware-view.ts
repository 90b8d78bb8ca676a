/**
 * `<ot-firmware-view>`: the library. The shelf with every release; beside it the open release, or the desk with what concerns the whole.
 * The search outlives the walk from release to release, because the view does.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { DeviceRecord, FirmwareRecord } from '../../app/model.ts';
import type { AppServices } from '../../app/services.ts';
import { Observe } from '../controllers/observe.ts';
import { icon } from '../elements/icons.ts';
import { LightElement } from '../elements/light-element.ts';
import { errorLines } from '../error-lines.ts';
import { chooseFiles, FilesEvent } from '../files-event.ts';
import { formatBytes, formatMany } from '../format.ts';
import { announce } from '../live-region.ts';
import { linkTo, navigate, PageTitleEvent, type RouteOf } from '../router.ts';
import './library/library-desk.ts';
import './library/release-view.ts';
import { projectOf } from './library/shelf.ts';
import './library/shelf-list.ts';
import { ShelfMarksController } from './library/shelf-marks.ts';
import { whereabouts, type Whereabouts } from './library/whereabouts.ts';

const NO_DEVICES: readonly DeviceRecord[] = [];

@customElement('ot-firmware-view')
export class FirmwareView extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) route: RouteOf<'firmware'> = { view: 'firmware' };
  @state() private error: unknown;

  readonly #records = new Observe(this, () => this.services?.library.records);
  readonly #marks = new ShelfMarksController(this, () => this.services);
  readonly #devices = new Observe(this, () => this.services?.devices.records);
  /** Kept while the devices stay the same, so that the shelf need not draw itself again. */
  #places: { readonly devices: readonly DeviceRecord[]; readonly bySha256: ReadonlyMap<string, readonly Whereabouts[]> } | undefined;
  /** Asked for by a click on the shelf: the focus goes to what it opened. */
  #mustFocus = false;

  protected override firstUpdated(): void {
    if (this.services.devices.records.value === undefined) void this.services.devices.load().catch(() => undefined);
    if (this.services.library.records.value === undefined) void this.#load();
  }

  async #load(): Promise<void> {
    this.error = undefined;
    try {
      await this.services.library.load();
    } catch (error) {
      this.error = error;
    }
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('route');
    if (before && before.sha256 !== this.route.sha256) this.#mustFocus = true;
  }

  protected override updated(): void {
    const open = this.#open();
    this.dispatchEvent(new PageTitleEvent(open ? `${projectOf(open)} ${open.version}`.trim() : 'Firmware'));
    if (!this.#mustFocus) return;
    this.#mustFocus = false;
    void this.#focusHeading();
  }

  async #focusHeading(): Promise<void> {
    await this.querySelector('ot-release')?.updateComplete;
    const heading = this.querySelector<HTMLElement>('#release') ?? this.querySelector<HTMLElement>('h1');
    if (heading?.id !== 'release') heading?.setAttribute('tabindex', '-1');
    heading?.focus({ preventScroll: true });
    heading?.scrollIntoView({ block: 'nearest' });
  }

  #whereabouts(): ReadonlyMap<string, readonly Whereabouts[]> {
    const devices = this.#devices.value ?? NO_DEVICES;
    if (this.#places?.devices !== devices) this.#places = { devices, bySha256: whereabouts(devices) };
    return this.#places.bySha256;
  }

  #open(): FirmwareRecord | undefined {
    const { sha256 } = this.route;
    return sha256 === undefined ? undefined : this.#records.value?.find((record) => record.sha256 === sha256);
  }

  async #add(): Promise<void> {
    const files = await chooseFiles();
    if (files.length > 0) this.dispatchEvent(new FilesEvent(files));
  }

  readonly #onDeleted = (name: string): void => {
    announce(`${name} is deleted.`);
    navigate({ view: 'firmware' });
  };

  override render() {
    const records = this.#records.value;
    const bytes = records?.reduce((sum, { size }) => sum + size, 0) ?? 0;
    return html`
      <div class="head" ?data-open=${this.route.sha256 !== undefined}>
        <div class="head-words">
          <h1>Firmware</h1>
          <p class="facts">
            ${
              records === undefined
                ? 'Opening the library…'
                : records.length === 0
                  ? 'What you drop here stays in this browser'
                  : `${formatMany(records.length, 'file')}, ${formatBytes(bytes)}, kept in this browser only`
            }
          </p>
        </div>
        ${
          records && records.length > 0
            ? html`<div class="keys"><button class="key" type="button" @click=${this.#add}>${icon('plus')}Add firmware</button></div>`
            : nothing
        }
      </div>
      ${this.error === undefined ? nothing : this.#renderFault()} ${records === undefined ? nothing : this.#renderLibrary(records)}
    `;
  }

  #renderFault(): TemplateResult {
    return html`<section class="sheet" aria-label="What happened">
      <div role="alert">${errorLines(this.error)}</div>
      <p class="keys"><button class="key" type="button" @click=${this.#load}>Try again</button></p>
    </section>`;
  }

  #renderLibrary(records: readonly FirmwareRecord[]): TemplateResult {
    const { sha256 } = this.route;
    const places = this.#whereabouts();
    const desk = html`<ot-library-desk .services=${this.services} .records=${records}></ot-library-desk>`;
    if (records.length === 0 && sha256 === undefined) return desk;
    return html`<div class="library" ?data-open=${sha256 !== undefined}>
      <ot-shelf .records=${records} .places=${places} .marks=${this.#marks.value} .selected=${sha256 ?? ''}></ot-shelf>
      ${sha256 === undefined ? desk : this.#renderRelease(records, places)}
    </div>`;
  }

  #renderRelease(records: readonly FirmwareRecord[], places: ReadonlyMap<string, readonly Whereabouts[]>): TemplateResult {
    const record = this.#open();
    const back = html`<a class="back" href=${linkTo({ view: 'firmware' })}>${icon('left')}All firmware</a>`;
    if (!record)
      return html`<div class="release-open">
        ${back}
        <section class="sheet" aria-labelledby="release">
          <h2 id="release" tabindex="-1">This firmware is not in the library</h2>
          <p class="quiet">It was deleted, or it lies in another browser. Drop its file here and this link works again.</p>
        </section>
      </div>`;
    return html`<div class="release-open">
      ${back}
      <ot-release
        .services=${this.services}
        .record=${record}
        .records=${records}
        .places=${places.get(record.sha256) ?? []}
        .whenDeleted=${this.#onDeleted}
      ></ot-release>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-firmware-view': FirmwareView;
  }
}
