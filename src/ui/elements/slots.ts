/**
 * `<ot-slots>`: the firmware slots as trays. Width = slot, block = image, dimension line = what stays free; the lit tray runs, and the
 * `otadata` switch is wired to the tray that boots. With a plan: hatched block, tape over what will be overwritten, a dashed ghost knob
 * where the switch will stand.
 *
 * Properties: `slots`, `running`, `nextBoot` (labels), `plan`, `busy` (half a write is one under way), `past` (last known:
 * nothing is said to run), `fixed` (no otadata: nothing switches between them). ARIA: a list; every tray's bed
 * is an image whose label has the numbers, and so has the switch. No events.
 */
import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { DeviceSlot } from '../../core/ota/device-contract.ts';
import { formatBytes } from '../format.ts';
import { lamp } from './icons.ts';
import { LightElement } from './light-element.ts';
import { fitText, formatAddress, formatCapacity, NAME_PX, NOTE_PX, placeWords, scale } from './measure.ts';
import { imageName, isEmpty, slotLetter, slotWord, tapeWord, type SlotPlan, type SlotView, type DrawnSlot } from './slot-words.ts';
import { WidthController } from './width-controller.ts';

const BED_HEIGHT = 56;
const BLOCK_PADDING = 14;
type TrayState = 'run' | 'old' | 'write' | 'free';

@customElement('ot-slots')
class SlotsElement extends LightElement {
  @property({ attribute: false }) slots: readonly DrawnSlot[] = [];
  @property() running: string | undefined;
  @property() nextBoot: string | undefined;
  @property({ attribute: false }) plan: SlotPlan | undefined;
  @property({ type: Boolean }) busy = false;
  @property({ type: Boolean }) past = false;
  @property({ type: Boolean }) fixed = false;

  readonly #width = new WidthController(this, { target: () => this.querySelector('.tray-frame'), guessPx: 380 });

  protected override render(): TemplateResult {
    return html`<div class=${this.fixed ? 'ab ab-fixed' : 'ab'}>
      ${this.fixed ? nothing : bootSwitch(this)}
      <ol class="trays">
        ${this.slots.map((slot) => this.#tray(slot))}
      </ol>
    </div>`;
  }

  #tray(slot: DrawnSlot): TemplateResult {
    const planned = this.plan?.slot === slot.label ? this.plan : undefined;
    const state: TrayState = planned ? 'write' : slot.label === this.running && !this.past ? 'run' : isEmpty(slot) ? 'free' : 'old';
    const { lamp: light, word } = slotWord(slot, this);
    return html`<li class="tray" data-as=${state}>
      <p class="tray-head">
        <b class="tray-letter">${slotLetter(slot.label)}</b> <span class="tray-name">${slot.label}</span>
        <code class="tray-at">${formatAddress(slot.offset)}</code>
        ${planned ? html`<span class="tape">${tapeWord(slot)}</span>` : lamp(light, word)}
      </p>
      <div class="tray-frame">${bed(slot, state, planned, this.#width.px, word)}</div>
    </li>`;
  }
}

/** What lies in the tray: the image that is there, or the one that will be. */
function bed(slot: DrawnSlot, state: TrayState, planned: SlotPlan | undefined, px: number, word: string): TemplateResult {
  const size = planned ? planned.size : isEmpty(slot) ? 0 : slot.unfinished ? undefined : slot.image_size;
  const label = bedLabel(slot, planned, word);
  return html`<svg class="tray-bed" width=${px} height=${BED_HEIGHT} role="img" aria-label=${label}>
    ${size === 0 ? emptyBed(slot.size, px) : size === undefined ? unmeasured(slot, state, px) : filledBed(planned ?? slot, size, slot.size, state, px)}
  </svg>`;
}

function bedLabel(slot: DeviceSlot, planned: SlotPlan | undefined, word: string): string {
  const place = `Slot ${slotLetter(slot.label)}, ${slot.label}: `;
  const free = (size: number) => `${formatBytes(Math.max(0, slot.size - size))} stay free`;
  if (planned) {
    return `${place}${tapeWord(slot)}, by ${imageName(planned)}, ${formatBytes(planned.size)} of ${formatCapacity(slot.size)}, ${free(planned.size)}`;
  }
  if (slot.unfinished) return `${place}${word.toLowerCase()}, not whole, of ${formatCapacity(slot.size)}`;
  if (isEmpty(slot)) return `${place}empty, ${formatCapacity(slot.size)} free`;
  const size =
    slot.image_size === undefined
      ? `size unknown, of ${formatCapacity(slot.size)}`
      : `${formatBytes(slot.image_size)} of ${formatCapacity(slot.size)}`;
  return `${place}${imageName(slot)}, ${size}, ${word.toLowerCase()}`;
}

function filledBed(
  image: Pick<DeviceSlot, 'project' | 'version'>,
  size: number,
  slotSize: number,
  state: TrayState,
  px: number,
): SVGTemplateResult {
  const width = Math.max(3, scale(size, slotSize, px));
  const verdict = size > slotSize ? ', does not fit' : state === 'write' ? ', fits' : '';
  const words = placeWords(
    [imageName(image), image.version, image.project].filter(Boolean),
    [formatBytes(size) + verdict, formatBytes(size)],
    { blockPx: width, roomPx: px, paddingPx: BLOCK_PADDING },
  );
  const inside = words.where === 'inside';
  const plate = state === 'write' && inside ? Math.min(width - 16, words.widthPx + 12) : 0;
  const ink = inside ? state : 'free';
  return svg`<rect class="cell" data-as=${state} x=".75" y=".75" width=${Math.max(1, width - 1.5)} height=${BED_HEIGHT - 1.5} />
    ${plate > 0 ? svg`<rect class="cell-plate" x="8" y="8" width=${plate} height="40" rx="2" />` : nothing}
    <text class="cell-name" data-on=${ink} x=${words.x} y="24">${words.name}</text>
    <text class="cell-note" data-on=${ink} x=${words.x} y="42">${words.note}</text>
    ${dimension(inside ? width : words.x + words.widthPx, px, formatBytes(slotSize - size))}`;
}

function emptyBed(slotSize: number, px: number): SVGTemplateResult {
  return svg`<rect class="cell cell-hollow" data-as="free" x=".75" y=".75" width=${px - 1.5} height=${BED_HEIGHT - 1.5} />${dimension(4, px - 6, formatCapacity(slotSize))}`;
}

/** An image whose length the device does not tell, or a part of one: the whole tray, with an open end, and nothing that looks measured. */
function unmeasured(slot: DrawnSlot, state: TrayState, px: number): SVGTemplateResult {
  const [names, note] = slot.unfinished
    ? [['unfinished write'], 'not whole: cannot start']
    : [[imageName(slot), slot.version], slot.broken === 'damaged' ? 'damaged: cannot start' : 'size unknown'];
  const name = fitText(names, NAME_PX, px - 2 * BLOCK_PADDING);
  return svg`<rect class="cell cell-open" data-as=${state} x=".75" y=".75" width=${px - 1.5} height=${BED_HEIGHT - 1.5} />
    <text class="cell-name" data-on=${state} x=${BLOCK_PADDING} y="24">${name}</text><text class="cell-note" data-on=${state} x=${BLOCK_PADDING} y="42">${note}</text>`;
}

/** The dimension line of what stays free; the words need about 52 px, the line alone 24. */
function dimension(from: number, to: number, words: string): SVGTemplateResult | typeof nothing {
  const room = to - from;
  if (room < 24) return nothing;
  const middle = from + room / 2;
  const label = fitText([words], NOTE_PX, room - 14);
  return svg`<path class="dim" d="M${from + 6} 28H${to - 2}m-5-4 5 4-5 4M${from + 11} 24l-5 4 5 4" />
    ${label ? svg`<text class="dim-n" x=${middle} y="20" text-anchor="middle">${label}</text><text class="dim-n" x=${middle} y="44" text-anchor="middle">free</text>` : nothing}`;
}

/** Percent of the height of the stack where tray `index` has its middle. */
function trayMiddle(index: number, count: number): string {
  return `${Math.round(((index + 0.5) / count) * 10_000) / 100}%`;
}

function bootSwitch({ slots, running, nextBoot, plan }: SlotView): TemplateResult {
  const count = Math.max(1, slots.length);
  const bootLabel = nextBoot || running;
  const boots = slots.findIndex((slot) => slot.label === bootLabel);
  const planned = plan && plan.slot !== bootLabel ? slots.findIndex((slot) => slot.label === plan.slot) : -1;
  const inset = 36 / count;
  const words = boots < 0 ? 'otadata points to no slot that is listed' : `otadata points to slot ${slotLetter(slots[boots]!.label)}`;
  const next = planned < 0 ? '' : `; after the update it will point to slot ${slotLetter(slots[planned]!.label)}`;
  return html`<svg class="switch" width="56" height="100%" role="img" aria-label=${words + next}>
    ${boots < 0 ? nothing : svg`<line class="wire" x1="34" x2="100%" y1=${trayMiddle(boots, count)} y2=${trayMiddle(boots, count)} />`}
    ${planned < 0 ? nothing : svg`<line class="wire-next" x1="34" x2="100%" y1=${trayMiddle(planned, count)} y2=${trayMiddle(planned, count)} />`}
    <rect class="switch-slot" x="6" y="${inset}%" width="28" height="${100 - 2 * inset}%" rx="14" />
    ${planned < 0 ? nothing : svg`<svg y=${trayMiddle(planned, count)} width="40" height="40"><rect class="switch-ghost" x="9" y="-16" width="22" height="32" rx="11" /></svg>`}
    ${boots < 0 ? nothing : svg`<svg class="switch-at" y=${trayMiddle(boots, count)} width="40" height="40"><rect class="switch-knob" x="9" y="-16" width="22" height="32" rx="11" /><path class="switch-grip" d="M15 -4h10M15 0h10M15 4h10" /></svg>`}
    <svg x="20" y="50%" width="1" height="1"><text class="silk" transform="rotate(-90)" y="3" text-anchor="middle">OTADATA</text></svg>
  </svg>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-slots': SlotsElement;
  }
}
