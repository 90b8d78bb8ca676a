/**
 * `<ot-library-desk>`: what can be done with the library as a whole, beside its shelf: add, rehearse, move to another browser, and the
 * room it takes.
 *
 * Properties: `services`, `records`.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { FirmwareRecord, StorageUse } from '../../../app/model.ts';
import type { AppServices, DemoFirmware } from '../../../app/services.ts';
import { icon } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { otterArt } from '../../elements/otter-art.ts';
import { errorLines } from '../../error-lines.ts';
import { chooseFiles, FilesEvent } from '../../files-event.ts';
import { formatBytes, formatMany, hereAlready } from '../../format.ts';
import { announce } from '../../live-region.ts';
import { linkTo, navigate } from '../../router.ts';
import { saveFile } from '../../save-file.ts';
import { storageMeter } from './storage-meter.ts';

type Deed = 'export' | 'import' | `demo ${string}`;

@customElement('ot-library-desk')
class LibraryDesk extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) records: readonly FirmwareRecord[] = [];
  @state() private use: StorageUse | undefined;
  @state() private doing: Deed | undefined;
  @state() private said = '';
  @state() private error: unknown;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('records')) void this.#measure();
  }

  async #measure(): Promise<void> {
    // Without an estimate the bar is left out: nothing else depends on it.
    this.use = await this.services.library.storage().catch(() => undefined);
  }

  async #do(deed: Deed, work: () => Promise<string>): Promise<void> {
    if (this.doing) return;
    this.doing = deed;
    this.error = undefined;
    this.said = '';
    try {
      this.said = await work();
      if (this.said) announce(this.said);
    } catch (error) {
      this.error = error;
    } finally {
      this.doing = undefined;
    }
  }

  readonly #add = async (): Promise<void> => {
    const files = await chooseFiles();
    if (files.length > 0) this.dispatchEvent(new FilesEvent(files));
  };

  readonly #export = (): Promise<void> =>
    this.#do('export', async () => {
      const { blob, fileName } = await this.services.library.exportArchive();
      saveFile(blob, fileName);
      return `${formatMany(this.records.length, 'firmware', 'firmware files')} saved as ${fileName}, ${formatBytes(blob.size)}.`;
    });

  readonly #import = async (): Promise<void> => {
    const [file] = await chooseFiles({ accept: '', multiple: false });
    if (!file) return;
    await this.#do('import', async () => {
      const { added, known } = await this.services.library.importArchive(file);
      return `${added} added${known > 0 ? `, ${hereAlready(known)}` : ''}.`;
    });
  };

  #rehearse({ fileName }: DemoFirmware): Promise<void> {
    return this.#do(`demo ${fileName}`, async () => {
      const { record } = await this.services.library.addDemo(fileName);
      navigate({ view: 'firmware', sha256: record.sha256 });
      return '';
    });
  }

  override render() {
    return html`
      ${this.records.length === 0 ? this.#renderEmpty() : nothing}
      <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
      ${this.services.trust ? releasesSheet() : nothing} ${this.#renderRehearsal()}
      ${this.records.length > 0 ? this.#renderWhole() : this.#renderImportOnly()}
    `;
  }

  #renderEmpty(): TemplateResult {
    return html`<section class="sheet empty" aria-labelledby="no-firmware">
      ${otterArt()}
      <h2 id="no-firmware">No firmware yet</h2>
      <p class="quiet">Drop a .bin anywhere on this page. It is looked through here and stays in this browser.</p>
      <p class="keys"><button class="key key-go" type="button" @click=${this.#add}>${icon('plus')}Add firmware</button></p>
    </section>`;
  }

  #renderRehearsal(): TemplateResult | typeof nothing {
    const { demos } = this.services.library;
    if (demos.length === 0) return nothing;
    return html`<section class="sheet" aria-labelledby="rehearse">
      <div>
        <h2 id="rehearse">Rehearse</h2>
        <p class="quiet">Firmware that comes with Otter, good and bad, to try everything on a virtual board before it matters.</p>
      </div>
      <ul class="rows demos">
        ${demos.map((demo) => this.#renderDemo(demo))}
      </ul>
    </section>`;
  }

  #renderDemo(demo: DemoFirmware): TemplateResult {
    const here = this.records.find(({ source, fileName }) => source.kind === 'demo' && fileName === demo.fileName);
    return html`<li>
      <div><b>${demo.title}</b> <span class="quiet num">${formatBytes(demo.size)}</span><span class="quiet">${demo.purpose}</span></div>
      ${here ? openKey(demo, here.sha256) : this.#renderTakeKey(demo)}
    </li>`;
  }

  #renderTakeKey(demo: DemoFirmware): TemplateResult {
    return html`<button
      class="key key-small"
      type="button"
      aria-label=${`Take ${demo.title}`}
      aria-busy=${this.doing === `demo ${demo.fileName}`}
      @click=${() => this.#rehearse(demo)}
    >
      Take
    </button>`;
  }

  #renderWhole(): TemplateResult {
    return html`<section class="sheet" aria-labelledby="whole-library">
      <h2 id="whole-library">The whole library</h2>
      ${storageMeter(this.use, this.records)}
      <p class="keys">
        <button class="key" type="button" aria-busy=${this.doing === 'export'} @click=${this.#export}>${icon('save')}Export library</button>
        <button class="key" type="button" aria-busy=${this.doing === 'import'} @click=${this.#import}>Import library</button>
      </p>
      <p class="quiet">${this.said || 'One file with every firmware, its notes and tags: a backup, or the way to another browser.'}</p>
    </section>`;
  }

  #renderImportOnly(): TemplateResult {
    return html`<p class="quiet">
      Exported a library elsewhere?
      <button class="link-key" type="button" aria-busy=${this.doing === 'import'} @click=${this.#import}>Import it</button>
    </p>`;
  }
}

const releasesSheet = (): TemplateResult =>
  html`<section class="sheet" aria-labelledby="signed-releases">
    <div>
      <h2 id="signed-releases">Signed releases</h2>
      <p class="quiet">Take in what its makers signed, from any host, or publish your own.</p>
    </div>
    <p class="keys"><a class="key" href=${linkTo({ view: 'releases' })}>${icon('signed')}Releases</a></p>
  </section>`;

function openKey(demo: DemoFirmware, sha256: string): TemplateResult {
  return html`<a class="key key-small" href=${linkTo({ view: 'firmware', sha256 })} aria-label=${`Open ${demo.title}`}>Open</a>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-library-desk': LibraryDesk;
  }
}
