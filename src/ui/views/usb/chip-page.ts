/**
 * `<ot-usb-chip>`: a chip in its boot loader: what it is, what lies in it, and what can be done with it.
 *
 * Properties: `services`, `session`, `state` (with its `chip`). No events.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { AppServices } from '../../../app/services.ts';
import type { SlotOnChip, UsbState } from '../../../app/usb/model.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import { otadataPartition } from '../../../core/bundle/boot-slot.ts';
import { attempt } from '../../attempt.ts';
import { Observe } from '../../controllers/observe.ts';
import { askConfirm } from '../../dialogs/confirm-dialog.ts';
import { withStartWord } from '../../dialogs/start-word.ts';
import { icon, lamp, versionTag, type IconName } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { slotLetter, slotWord } from '../../elements/slot-words.ts';
import { chooseFiles } from '../../files-event.ts';
import { formatMoment } from '../../format.ts';
import { announce } from '../../live-region.ts';
import { bringFiles, bringFromAddress, bringFromLibrary, chooseFolder, filesWithPaths } from './bring.ts';
import { brokenNotices, changedItselfNotice, chooseSlot } from './broken-off.ts';
import { chipMat, securityNotes } from './chip-mat.ts';
import { eraseFlash, readToFile, restoreSnapshot, saveToLibrary } from './flash-acts.ts';
import { baudWords } from '../../usb-words.ts';
import { drawnSlot } from './plan-regions.ts';

/** Everything that the session makes a bundle of. */
const BUNDLE_FILES = '.bin,.zip,.json,.toml,.uf2,.hex,.elf,application/octet-stream';

@customElement('ot-usb-chip')
class UsbChip extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) session!: UsbSession;
  @property({ attribute: false }) state!: UsbState;

  readonly #records = new Observe(this, () => this.services.library.records);

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const isAsked = this.state.layout?.slots.some(({ brokenOff }) => brokenOff?.sha256);
    if (isAsked && !this.#records.value) void this.services.library.load().catch(() => undefined);
  }

  override render() {
    const { chip } = this.state;
    if (!chip) return nothing;
    return html`
      ${brokenNotices(this.services, this.session, this.state.layout)} ${this.#renderSlowed()} ${chipMat(this.state, chip)}
      ${securityNotes(chip)}
      <div class="two two-tall">${this.#renderBring()} ${this.#renderFlashActs()}</div>
      ${this.#renderSlots()}
    `;
  }

  /** A rate may have failed for a reason that is gone: nobody has to wait until that is forgotten. */
  #renderSlowed(): TemplateResult | typeof nothing {
    const { fasterBaudRate, baudRate } = this.state;
    if (fasterBaudRate === undefined) return nothing;
    return html`<section class="job-strip" aria-label="Speed of the cable">
      ${icon('info')}<span><b>${baudWords(baudRate)}</b>, slower than it could be: a faster rate failed with this adapter.</span>
      <button class="key key-small" type="button" @click=${() => attempt(() => this.session.connect({ baudRate: fasterBaudRate }))}>
        Try faster
      </button>
    </section>`;
  }

  #renderBring(): TemplateResult {
    return html`<section class="sheet drop" aria-labelledby="bring">
      <div class="row-head">
        <h2 id="bring">Drop a build here</h2>
        <p class="quiet">a file, a folder, a zip</p>
      </div>
      <p>
        Or anywhere on this page: a .bin, the build folder of ESP-IDF, Arduino or PlatformIO, a release archive, a merged image. You see
        what would change before anything does.
      </p>
      <p class="keys key-pairs">
        <button
          class="key key-go"
          type="button"
          @click=${async () => bringFiles(this.session, filesWithPaths(await chooseFiles({ accept: BUNDLE_FILES })))}
        >
          Choose files
        </button>
        <button class="key" type="button" @click=${async () => bringFiles(this.session, filesWithPaths(await chooseFolder()))}>
          Choose a folder
        </button>
        <button class="key" type="button" aria-haspopup="dialog" @click=${() => bringFromLibrary(this.services, this.session)}>
          From the library
        </button>
        <button class="key" type="button" aria-haspopup="dialog" @click=${() => bringFromAddress(this.session)}>From an address</button>
      </p>
    </section>`;
  }

  #renderFlashActs(): TemplateResult {
    const { chip, loader } = this.state;
    const cannotRead = loader === 'secure-download' ? 'Secure download mode: this chip lets nobody read or erase it.' : '';
    const isEncrypted = chip?.security.flashEncryption === true;
    const cannotPut =
      cannotRead || (isEncrypted ? 'Flash encryption is on: this chip could not read plain bytes, nor what is erased.' : '');
    const canSave = this.session.snapshot !== undefined && chip?.flash.bytes !== undefined;
    const key = (label: string, name: IconName, run: () => void, why: string, { look = 'key', asks = true } = {}): TemplateResult =>
      html`<button
        class=${look}
        type="button"
        aria-haspopup=${asks ? 'dialog' : nothing}
        aria-disabled=${why ? 'true' : nothing}
        aria-describedby=${why ? 'flash-acts-why' : nothing}
        @click=${why ? nothing : run}
      >
        ${icon(name)}${label}
      </button>`;
    return html`<section class="sheet" aria-labelledby="flash-acts">
      <h2 id="flash-acts">Its flash</h2>
      <p>Save all of it or a part, bring a saved state back, or make it empty.</p>
      <p class="keys key-pairs">
        ${key('Read to a file', 'save', () => void readToFile(this.session), cannotRead)}
        ${canSave ? key('Save to the library', 'firmware', () => void saveToLibrary(this.session), cannotRead, { asks: false }) : nothing}
        ${key('Restore', 'undo', () => void restoreSnapshot(this.services, this.session), cannotPut)}
        ${key('Erase', 'trash', () => void eraseFlash(this.session), cannotPut, { look: 'key key-stop' })}
      </p>
      ${cannotPut ? html`<p class="quiet" id="flash-acts-why">${cannotPut}</p>` : nothing}
    </section>`;
  }

  #renderSlots(): TemplateResult | typeof nothing {
    const { slots = [], partitions = [] } = this.state.layout ?? {};
    // Without otadata nothing chooses between slots, and the drawing has said what lies in them.
    if (slots.length === 0 || !otadataPartition(partitions)) return nothing;
    const next = slots.find((slot) => slot.next)?.label;
    return html`<section class="sheet" aria-labelledby="by-hand-slots">
      <div class="row-head">
        <h2 id="by-hand-slots">Slots by hand</h2>
        <p class="quiet">${next ? html`<code>${next}</code> starts next` : 'nothing starts next'}</p>
      </div>
      ${this.state.layout ? changedItselfNotice(this.state.layout) : nothing}
      <ul class="slot-rows rows">
        ${slots.map((slot) => this.#renderSlot(slot, next, this.#wayBack(slots)))}
      </ul>
    </section>`;
  }

  /** Why none of the keys that make a slot useless is offered: it would leave nothing to start. */
  #lastOne({ label, next }: SlotOnChip): string {
    const others = (this.state.layout?.slots ?? []).filter((slot) => slot.label !== label && canStart(slot));
    return next && others.length === 0 ? 'No other slot could start.' : '';
  }

  /** The other slot that could start: going there is a roll back. */
  #wayBack(slots: readonly SlotOnChip[]): string | undefined {
    const others = slots.filter((slot) => !slot.next && canStart(slot));
    return others.length === 1 ? others[0]!.label : undefined;
  }

  #renderSlot(slot: SlotOnChip, next: string | undefined, wayBack: string | undefined): TemplateResult {
    const { lamp: light, word } = slotWord(drawnSlot(slot), { slots: [], nextBoot: next });
    const { app } = slot;
    const built = app?.builtAtMs === undefined ? '' : `, built ${formatMoment(app.builtAtMs)}`;
    return html`<li>
      <b class="tray-letter">${slotLetter(slot.label)}</b>
      <div class="slot-what">
        <p class="facts">
          <b>${slot.label}</b
          >${app ? html`<span>${app.project || 'firmware'}</span>${app.version ? versionTag(app.version, slot.next ? 'run' : 'plain') : nothing}` : nothing}${lamp(
            light,
            word,
          )}
        </p>
        ${slot.unfinished ? html`<p class="quiet">A write broke off in it: most likely it cannot start.</p>` : app ? html`<p class="quiet">${app.idfVersion ? `ESP-IDF ${app.idfVersion}` : 'it names no ESP-IDF version'}${built}</p>` : nothing}
      </div>
      ${app ? this.#renderSlotKeys(slot, wayBack) : nothing}
    </li>`;
  }

  #renderSlotKeys(slot: SlotOnChip, wayBack: string | undefined): TemplateResult {
    const canInvalidate = slot.otaIndex >= 0 && slot.state !== 'INVALID' && slot.state !== 'ABORTED';
    const lastOne = this.#lastOne(slot);
    const whyId = `last-${slot.label}`;
    return html`<p class="keys">
      ${
        slot.next
          ? nothing
          : html`<button class="key key-small" type="button" @click=${() => chooseSlot(this.session, slot)}>
              ${icon(slot.label === wayBack ? 'undo' : 'flag')}${slot.label === wayBack ? `Roll back to ${slot.app?.version || slot.label}` : `Start ${slot.label} next`}
            </button>`
      }
      ${
        canInvalidate
          ? html`<button
                class="key key-small key-stop"
                type="button"
                aria-haspopup="dialog"
                aria-disabled=${lastOne ? 'true' : nothing}
                aria-describedby=${lastOne ? whyId : nothing}
                @click=${lastOne ? nothing : () => this.#invalidate(slot)}
              >
                Mark invalid<span class="vh">: ${slot.label}</span>
              </button>
              ${lastOne ? html`<span class="quiet" id=${whyId}>${lastOne}</span>` : nothing}`
          : nothing
      }
    </p>`;
  }

  async #invalidate({ label, app, next }: SlotOnChip): Promise<void> {
    const sure = await askConfirm({
      title: `Mark ${label} invalid?`,
      text: `The boot loader will not start ${app?.version || 'what lies in it'} any more${next ? ', and takes the other slot' : ''}. Its bytes stay, and choosing it again makes it valid.`,
      confirm: `Mark ${label} invalid`,
      isDestructive: true,
    });
    if (!sure) return;
    await attempt(async () => {
      if (await withStartWord((word) => this.session.invalidateSlot(label, word))) announce(`${label} does not start any more.`);
    });
  }
}

const canStart = ({ app, state, unfinished, damaged }: SlotOnChip): boolean =>
  app !== undefined && unfinished !== true && damaged !== true && state !== 'INVALID' && state !== 'ABORTED';

declare global {
  interface HTMLElementTagNameMap {
    'ot-usb-chip': UsbChip;
  }
}
