/**
 * `<ot-usb-sectors>`: what a flash job does, one cell per 4 KB sector, in address order; one path per state, so that a report changes a
 * few strings and not thousands of elements.
 *
 * Properties: `offset` (of the first sector), `states`, `ended` (nothing more will happen), `erases` (to be empty is all that is wanted). ARIA: `role="img"`, its label counts the
 * cells. No events.
 */
import { html, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { SectorState } from '../../app/usb/model.ts';
import { LightElement } from './light-element.ts';
import { formatAddress } from './measure.ts';
import { cellPath, gridBox, gridColumns, SECTOR_BYTES } from './sector-grid.ts';
import { WidthController } from './width-controller.ts';

const STATE_WORDS = {
  verified: 'written and verified',
  written: 'written, not proven yet',
  erased: 'erased',
  waiting: 'will be written',
  same: 'the same already',
  kept: 'kept',
} as const satisfies Record<SectorState, string>;

const STATES = Object.keys(STATE_WORDS) as readonly SectorState[];

/** One path per state; neighbouring sectors of a state are drawn in one go. */
function sectorPaths(states: readonly SectorState[], columns: number): Readonly<Record<SectorState, string>> {
  const paths: Record<SectorState, string> = { kept: '', same: '', waiting: '', erased: '', written: '', verified: '' };
  let from = 0;
  for (let index = 1; index <= states.length; index++) {
    if (states[index] === states[from]) continue;
    paths[states[from]!] += cellPath(from, index, columns);
    from = index;
  }
  return paths;
}

function countStates(states: readonly SectorState[]): Readonly<Record<SectorState, number>> {
  const counts: Record<SectorState, number> = { kept: 0, same: 0, waiting: 0, erased: 0, written: 0, verified: 0 };
  for (const state of states) counts[state] += 1;
  return counts;
}

@customElement('ot-usb-sectors')
class UsbSectorsElement extends LightElement {
  @property({ type: Number }) offset = 0;
  @property({ attribute: false }) states: readonly SectorState[] = [];
  @property({ type: Boolean }) ended = false;
  @property({ type: Boolean }) erases = false;

  readonly #width = new WidthController(this, { guessPx: 1000 });

  protected override render(): TemplateResult | typeof nothing {
    const { states, offset } = this;
    if (states.length === 0) return nothing;
    // Few cells are as large as many: the rest of the row stays empty.
    const columns = gridColumns(states.length, this.#width.px);
    const { width, height } = gridBox(states.length, columns);
    const paths = sectorPaths(states, columns);
    const counts = countStates(states);
    // What was only to be erased has nothing that could be proven.
    const left = this.erases || !this.ended ? 0 : counts.erased;
    const touched = states.length - counts.kept - left;
    const settled = this.erases ? counts.erased : counts.same + counts.verified;
    const present = STATES.filter((state) => counts[state] > 0);
    const words = present.map((state) => `${counts[state]} ${this.#word(state)}`).join(', ');
    return html`<div class="tray" data-as=${settled === touched ? 'run' : this.ended ? nothing : 'write'}>
        <p class="tray-head">
          <span class="tray-name">Sectors</span>
          <code class="tray-at">${formatAddress(offset)} – ${formatAddress(offset + states.length * SECTOR_BYTES)}</code>
          <span class="tray-count"
            ><span class="num">${settled}</span> of <span class="num">${touched}</span> ${this.erases ? 'erased' : 'proven'}</span
          >
        </p>
        <svg class="sectors" viewBox="0 0 ${width} ${height}" role="img" aria-label=${`${states.length} sectors of 4 KB: ${words}`}>
          ${STATES.map((state) => (paths[state] ? svg`<path class="sec" data-as=${this.#look(state)} d=${paths[state]} />` : nothing))}
        </svg>
      </div>
      <ul class="legend">
        ${present.map((state) => html`<li><span class="swatch" data-as=${this.#swatch(state)}></span>${this.#word(state)}</li>`)}
        <li>one cell is 4 KB</li>
      </ul>`;
  }

  #look(state: SectorState): string {
    return state === 'waiting' && this.ended ? 'missed' : LOOKS[state];
  }

  #swatch(state: SectorState): string {
    return state === 'waiting' && this.ended ? 'missed' : SWATCHES[state];
  }

  #word(state: SectorState): string {
    if (state !== 'waiting') return STATE_WORDS[state];
    return this.ended ? `not ${this.erases ? 'erased' : 'written'}` : `will be ${this.erases ? 'erased' : 'written'}`;
  }
}

const LOOKS = {
  verified: 'done',
  written: 'now',
  erased: 'erased',
  waiting: 'plan',
  same: 'same',
  kept: 'kept',
} as const satisfies Record<SectorState, string>;
const SWATCHES = {
  verified: 'run',
  written: 'now',
  erased: 'erased',
  waiting: 'write',
  same: 'same',
  kept: 'keep',
} as const satisfies Record<SectorState, string>;

declare global {
  interface HTMLElementTagNameMap {
    'ot-usb-sectors': UsbSectorsElement;
  }
}
