/**
 * `<ot-intake>`: the door for files, on every page: dropped, pasted, chosen (`FilesEvent`), opened with Otter from the file manager, or
 * shared to it. Draws the place to let go, what is being looked through, and what was refused and why.
 *
 * Properties: `services`, `route` (where a file leads depends on the page it was dropped on).
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { LibraryError } from '../app/errors.ts';
import type { AppServices } from '../app/services.ts';
import { DropController, type DroppedFiles } from './controllers/drop.ts';
import { IntakeController } from './controllers/intake.ts';
import { onLaunchFiles } from './controllers/launch-files.ts';
import { icon } from './elements/icons.ts';
import { LightElement } from './elements/light-element.ts';
import { errorLines } from './error-lines.ts';
import { FilesEvent } from './files-event.ts';
import { formatBytes, formatMany, shortName } from './format.ts';
import { announce } from './live-region.ts';
import { linkTo, comesFromShare, type Route } from './router.ts';

/** No firmware is called that. */
const isKeyFile = ({ name }: File): boolean => /\.(?:pem|pub|jwk|der|p8|pk8)$/i.test(name);

@customElement('ot-intake')
export class Intake extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) route: Route = { view: 'devices' };

  /** Folders of the last drop. */
  #folders: readonly string[] = [];
  readonly #intake = new IntakeController(
    this,
    () => this.services,
    () => this.route,
  );
  readonly #drop = new DropController(this, (dropped) => this.#onDrop(dropped));

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener(FilesEvent.type, this.#onFiles);
  }

  /** Defined late, it gets its properties after it was connected. */
  protected override firstUpdated(): void {
    onLaunchFiles((files) => void this.#intake.take(files));
    void this.#takeShared();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener(FilesEvent.type, this.#onFiles);
  }

  readonly #onFiles = (event: Event): void => {
    if (event instanceof FilesEvent) void this.#intake.take(event.files);
  };

  async #onDrop(dropped: DroppedFiles): Promise<void> {
    const portId = this.#portId();
    if (portId !== undefined) {
      const { bringDropped } = await import('./views/usb/bring.ts');
      return bringDropped(this.services, portId, dropped);
    }
    const { files, folders } = dropped;
    if (files.length > 0 && files.every(isKeyFile)) {
      const { bringKeys } = await import('./views/keys/bring-key.ts');
      return bringKeys(this.services, files);
    }
    this.#folders = folders;
    this.requestUpdate();
    await this.#intake.take(files);
  }

  /** On the page of a board by its cable, what is let go is meant for that board, and folders are read. */
  #portId(): string | undefined {
    return this.route.view === 'usb' ? this.route.portId : undefined;
  }

  /** The worker answers a share with `#/firmware?shared=…`; that goes from the address, so that a reload does not ask again. */
  async #takeShared(): Promise<void> {
    if (!comesFromShare(location.hash)) return;
    history.replaceState(history.state, '', linkTo({ view: 'firmware' }));
    try {
      const files = (await this.services.shell.takeSharedFiles?.()) ?? [];
      if (files.length === 0) throw new LibraryError('FILE_UNREADABLE', 'nothing was parked by the share', {});
      if (await isWanted(files)) await this.#intake.take(files, 'share');
      else announce('Nothing was added.');
    } catch (error) {
      this.#intake.refuse([{ fileName: 'The shared file', error }]);
    }
  }

  #dismiss(): void {
    this.#folders = [];
    this.#intake.dismiss();
    announce('Closed.');
  }

  override render() {
    return html`${this.#renderOver()} ${this.#renderProgress()} ${this.#renderRefusals()}`;
  }

  #renderOver(): TemplateResult | typeof nothing {
    const count = this.#drop.over;
    if (count === undefined) return nothing;
    const isByCable = this.#portId() !== undefined;
    const isOnDevice = isByCable || this.route.view === 'device' || this.route.view === 'preflight' || this.route.view === 'job';
    return html`<div class="intake-over drop" data-show="over" aria-hidden="true">
      <p>
        <b>Let go: ${count === 1 ? 'one file' : `${count} files`}</b>
        <span class="quiet"
          >${isByCable || (isOnDevice && count === 1) ? 'It is held against this device. Nothing is written yet.' : 'It goes into the library of this browser.'}</span
        >
      </p>
    </div>`;
  }

  #renderProgress(): TemplateResult | typeof nothing {
    const { progress } = this.#intake;
    if (!progress) return nothing;
    return html`<p class="intake-note" role="status">
      <progress aria-label="Looking through files" max=${progress.total} value=${progress.index - 1}></progress>
      <span
        >Looking through ${shortName(progress.fileName, 96)}${progress.total > 1 ? ` (${progress.index} of ${progress.total})` : ''}…</span
      >
    </p>`;
  }

  #renderRefusals(): TemplateResult | typeof nothing {
    const { refusals } = this.#intake;
    if (refusals.length === 0 && this.#folders.length === 0) return nothing;
    return html`<section class="intake-note sheet" role="alert" aria-label="Not added">
      <h2>${refusals.length > 0 ? `${formatMany(refusals.length, 'file')} not added` : 'Folders are not read'}</h2>
      <ul class="rows">
        ${refusals.map(
          ({ fileName, error, keep }) =>
            html`<li>
              <p class="num small" title=${fileName}>${shortName(fileName, 96)}</p>
              ${errorLines(error)}
              ${keep ? html`<p class="keys keys-end"><button class="key key-small" type="button" @click=${keep}>Keep it anyway</button></p>` : nothing}
            </li>`,
        )}
        ${this.#folders.map(
          (name) =>
            html`<li>
              <p class="small"><b>${name}</b> is a folder: drop the .bin that lies in it.</p>
            </li>`,
        )}
      </ul>
      <p class="keys keys-end"><button class="key key-small" type="button" @click=${this.#dismiss}>${icon('cross')}Close</button></p>
    </section>`;
  }
}

/**
 * A share may come from any app, and a web page can pretend to be one: nothing of it enters the library unasked. Names are the sender's
 * words, so they stand apart from ours.
 */
async function isWanted(files: readonly File[]): Promise<boolean> {
  const { askConfirm } = await import('./dialogs/confirm-dialog.ts');
  const isOne = files.length === 1;
  const names = files.map(({ name, size }) => `“${name}” (${formatBytes(size)})`).join(', ');
  return await askConfirm({
    title: `${isOne ? 'A file was' : formatMany(files.length, 'file') + ' were'} shared with Otter`,
    text: `${names}. Add ${isOne ? 'it' : 'them'} only if you shared ${isOne ? 'it' : 'them'} yourself.`,
    confirm: `Add ${isOne ? 'it' : 'them'} to the library`,
  });
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-intake': Intake;
  }
}
