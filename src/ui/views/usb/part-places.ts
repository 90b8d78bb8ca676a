/**
 * `<ot-part-places>`: where in the flash each file goes, in a person's own words, over what was stated or proposed.
 *
 * Properties: `session`, `state` (with its `bundle`), `needed`: without an address nothing can be planned. No events: addresses go to the
 * session.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state as own } from 'lit/decorators.js';
import type { UsbState } from '../../../app/usb/model.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import { parseByteSize } from '../../../core/bytes/units.ts';
import { MOST_FLASH_BYTES } from '../../../core/image/flash-runs.ts';
import { icon } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { formatAddress } from '../../elements/measure.ts';
import { SECTOR_BYTES } from '../../elements/sector-grid.ts';

/** What is wrong with an address; empty when nothing is. Without one the place is proposed. */
function addressFault(text: string, flashBytes = MOST_FLASH_BYTES): string {
  if (text === '') return '';
  const offset = parseByteSize(text);
  if (offset === undefined) return 'Write it like 0x10000.';
  if (offset >= flashBytes) return `The flash ends at ${formatAddress(flashBytes)}.`;
  return offset % SECTOR_BYTES === 0 ? '' : 'Flash is erased in sectors of 4 KB: take a multiple of 0x1000.';
}

@customElement('ot-part-places')
class PartPlaces extends LightElement {
  @property({ attribute: false }) session!: UsbSession;
  @property({ attribute: false }) state!: UsbState;
  @property({ type: Boolean }) needed = false;
  /** By path of the file, as it was sent off last. */
  @own() private faults: ReadonlyMap<string, string> = new Map();

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const { chip, choices } = this.state;
    const typed = [...this.querySelectorAll('input')].map((input) => ({ input, path: input.name, text: input.value.trim() }));
    const faults = typed
      .map(({ path, text }) => [path, addressFault(text, chip?.flash.bytes)] as const)
      .filter(([, fault]) => fault !== '');
    const [first] = typed;
    if (this.needed && first && typed.every(({ text }) => text === '')) faults.push([first.path, 'Write an address, like 0x10000.']);
    this.faults = new Map(faults);
    const wrong = typed.find(({ path }) => this.faults.has(path));
    if (wrong) return wrong.input.focus();
    const offsets = new Map(typed.flatMap(({ path, text }) => (text === '' ? [] : [[path, parseByteSize(text)!] as const])));
    // What was said about partitions and slots was said about another place.
    const { keep: _keep, appSlot: _slot, ...rest } = choices;
    this.session.choose({ ...rest, offsets });
  }

  override render() {
    const { files = [] } = this.state.bundle ?? {};
    if (files.length === 0) return nothing;
    return html`<form class="form" novalidate @submit=${this.#submit}>
      ${files.map(({ path, offset }, index) => this.#renderField(path, this.state.choices.offsets?.get(path) ?? offset, index))}
      <p class="field-hint" id="places-hint">
        Where it begins in the flash, like 0x10000. Flash is erased in sectors of 4 KB, so it is a multiple of
        0x1000.${this.needed ? '' : ' Empty: as it was brought.'}
      </p>
      <p class="keys"><button class=${this.needed ? 'key key-go' : 'key'} type="submit">Plan with these</button></p>
    </form>`;
  }

  #renderField(path: string, offset: number | undefined, index: number): TemplateResult {
    const fault = this.faults.get(path);
    return html`<div class="field">
      <label for=${`place-${index}`}>Address of <b>${path}</b></label>
      <input
        class="input num"
        id=${`place-${index}`}
        name=${path}
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        placeholder="0x10000"
        .value=${offset === undefined ? '' : formatAddress(offset)}
        aria-invalid=${fault ? 'true' : nothing}
        aria-describedby=${fault ? `place-fault-${index} places-hint` : 'places-hint'}
      />
      <div aria-live="polite">
        ${fault ? html`<p class="field-fault" id=${`place-fault-${index}`}>${icon('cross')}${fault}</p>` : nothing}
      </div>
    </div>`;
  }
}

/** Why nobody can say where it goes, and the way to say it. */
export function missingPlaces(session: UsbSession, state: UsbState): TemplateResult | typeof nothing {
  const { problem, bundle } = state;
  const isOfPlace = problem?.code === 'BUNDLE_PLACE_UNKNOWN' || problem?.code === 'BUNDLE_PLACE_CONFLICT';
  if (!isOfPlace || !bundle?.files?.length) return nothing;
  return html`<section class="sheet" aria-labelledby="places">
    <h2 id="places">Where does it go?</h2>
    <ot-part-places needed .session=${session} .state=${state}></ot-part-places>
  </section>`;
}

/** For places that are not the ones that are meant. */
export function otherPlaces(session: UsbSession, state: UsbState): TemplateResult | typeof nothing {
  if (!state.bundle?.files?.length) return nothing;
  return html`<section class="sheet" aria-label="Addresses">
    <details class="ignored">
      <summary>Write it to other addresses</summary>
      <ot-part-places .session=${session} .state=${state}></ot-part-places>
    </details>
  </section>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-part-places': PartPlaces;
  }
}
