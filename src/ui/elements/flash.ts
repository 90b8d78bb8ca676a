/**
 * `<ot-flash>`: the whole flash as a strip to scale, with a ruler and the first 64 KB under a loupe. Solid = is, hatched = will be written,
 * outline = free.
 *
 * Properties: `flashSize` (bytes), `regions` (all of it, ready to draw), or else `partitions`, `slots`, `running`, `plan` (see `<ot-slots>`), `chip` (where its ROM looks for
 * the boot loader).
 * ARIA: `role="img"`; its label names every region with address and size. No events.
 */
import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { CHIPS } from '../../core/image/chips.ts';
import type { ChipName } from '../../core/image/model.ts';
import type { DevicePartition, DeviceSlot } from '../../core/ota/device-contract.ts';
import { flashRegions, LOUPE_BYTES, loupeFactor, rulerSteps, type FlashRegion } from './flash-scale.ts';
import { LightElement } from './light-element.ts';
import { fitText, formatAddress, formatCapacity, NAME_PX, NOTE_PX, scale, SILK_PX, textWidth } from './measure.ts';
import type { SlotPlan } from './slot-words.ts';
import { WidthController } from './width-controller.ts';

const LOUPE_HEIGHT = 26;
const STRIP_Y = 62;
const STRIP_HEIGHT = 52;
const HEIGHT = 150;
/** What the loupe writes where a name has no room. */
const SHORT_NAMES: Readonly<Record<string, string>> = { bootloader: 'boot', otadata: 'ota', coredump: 'core' };
/** Below this the loupe takes the whole width. */
const NARROW_PX = 620;

@customElement('ot-flash')
class FlashElement extends LightElement {
  @property({ type: Number }) flashSize = 4 * 1024 * 1024;
  @property({ attribute: false }) partitions: readonly DevicePartition[] = [];
  @property({ attribute: false }) slots: readonly DeviceSlot[] = [];
  @property() running: string | undefined;
  @property({ attribute: false }) plan: SlotPlan | undefined;
  @property() chip: ChipName = 'ESP32';

  @property({ attribute: false }) regions: readonly FlashRegion[] | undefined;

  readonly #width = new WidthController(this);

  protected override render(): TemplateResult {
    const px = this.#width.px;
    const regions =
      this.regions ??
      flashRegions({
        flashSize: this.flashSize,
        partitions: this.partitions,
        slots: this.slots,
        running: this.running,
        plan: this.plan,
        bootloaderOffset: CHIPS[this.chip].bootloaderOffset,
      });
    return html`<svg class="flash" width=${px} height=${HEIGHT} role="img" aria-label=${this.#label(regions)}>
        ${loupe(regions, this.flashSize, px)} ${regions.map((region) => cell(region, this.flashSize, px))}
        ${callouts(regions, this.flashSize, px)} ${ruler(this.flashSize, px)}</svg
      >${px < NARROW_PX ? legend(regions, this.flashSize, px) : nothing}`;
  }

  #label(regions: readonly FlashRegion[]): string {
    const words = regions
      .filter((region) => region.name)
      .map(({ name, note, offset, size, state }) =>
        [`${name} at ${formatAddress(offset)}`, formatCapacity(size), note, state === 'write' ? 'will be written' : '']
          .filter(Boolean)
          .join(', '),
      );
    return `Flash, ${formatCapacity(this.flashSize)} to scale: ${words.join('; ')}`;
  }
}

function cell(region: FlashRegion, flashSize: number, px: number): SVGTemplateResult {
  const x = scale(region.offset, flashSize, px);
  const width = Math.max(1, scale(region.size, flashSize, px));
  const filled = Math.min(width, scale(region.filled, flashSize, px));
  const name = fitText([region.name], NAME_PX, width - 14);
  const note = name ? fitText(noteWishes(region), NOTE_PX, width - 14) : '';
  // Words on the dark block turn light; words wider than the block would be unreadable, so they move below its name only when they fit.
  const ink = region.state === 'run' && filled > textWidth(name, NAME_PX) + 12 && filled > textWidth(note, NOTE_PX) + 12 ? 'run' : 'free';
  const words = Math.max(textWidth(name, NAME_PX), textWidth(note, NOTE_PX));
  // A plate wider than the hatched area would make it look larger than it is.
  const isBeside = region.state === 'run' ? ink === 'free' : region.state === 'write' && words + 16 > filled && filled < width;
  const wordsX = isBeside ? filled + 8 : 10;
  const hidden = wordsX > 10 && wordsX + textWidth(name, NAME_PX) > width;
  const isNoteHidden = hidden || (region.state === 'write' && wordsX > 10 && wordsX + textWidth(note, NOTE_PX) > width);
  const plate = region.state === 'write' && name && !isBeside ? words + 10 : 0;
  return svg`<g transform="translate(${x} ${STRIP_Y})">
    ${region.filled < region.size ? svg`<rect class="cell" data-as="free" x=".5" y=".5" width=${width} height=${STRIP_HEIGHT - 1} />` : nothing}
    ${region.filled > 0 ? svg`<rect class="cell" data-as=${region.state} x=".5" y=".5" width=${filled} height=${STRIP_HEIGHT - 1} />` : nothing}
    ${plate > 0 ? svg`<rect class="cell-plate" x="5" y="6" width=${Math.min(plate, width - 10)} height=${note ? 40 : 22} rx="2" />` : nothing}
    ${name && !hidden ? svg`<text class="cell-name" data-on=${ink} x=${wordsX} y="22">${name}</text>` : nothing}
    ${note && !isNoteHidden ? svg`<text class="cell-note" data-on=${ink} x=${wordsX} y="39">${note}</text>` : nothing}
  </g>`;
}

function noteWishes({ note, size, state }: FlashRegion): readonly string[] {
  const capacity = formatCapacity(size);
  return state === 'keep' || state === 'free' ? [[capacity, note].filter(Boolean).join(', '), capacity] : [note];
}

/** Names of regions too narrow to carry them, on leaders above the strip; right to left, and only while there is room. */
function callouts(regions: readonly FlashRegion[], flashSize: number, px: number): readonly SVGTemplateResult[] {
  const drawn: SVGTemplateResult[] = [];
  if (px < NARROW_PX) return drawn;
  let right = px;
  for (const region of regions.toReversed()) {
    if (!region.name || region.offset < LOUPE_BYTES) continue;
    const width = scale(region.size, flashSize, px);
    if (fitText([region.name], NAME_PX, width - 14)) continue;
    const x = scale(region.offset + region.size / 2, flashSize, px);
    const text = fitText([`${region.name} ${formatCapacity(region.size)}`, region.name], SILK_PX, right - px * 0.5 - 12);
    const anchorX = Math.min(right, x + textWidth(text, SILK_PX) / 2);
    // The loupe's own leader runs from its corner down to the first 64 KB.
    if (!text || anchorX < x || anchorX - textWidth(text, SILK_PX) < loupePx(px) * 0.45) continue;
    drawn.push(
      svg`<text class="tick-n" x=${anchorX} y="48" text-anchor="end">${text}</text><line class="leader" x1=${x} y1="52" x2=${x} y2=${STRIP_Y} />`,
    );
    right = anchorX - textWidth(text, SILK_PX) - 12;
  }
  return drawn;
}

/** Where there is no room for leaders: what the drawing does not name, in the order in which it lies there. Its label has it all. */
function legend(regions: readonly FlashRegion[], flashSize: number, px: number): TemplateResult | typeof nothing {
  const unnamed = regions.filter((region) => region.name !== '' && !isNamed(region, flashSize, px));
  if (unnamed.length === 0) return nothing;
  return html`<p class="flash-legend quiet" aria-hidden="true">
    Not named above:
    ${unnamed.map(({ name, size, state }) => html`<span><code>${name}</code> ${formatCapacity(size)}${state === 'write' ? ', written' : ''}</span>`)}
  </p>`;
}

function isNamed({ name, offset, size }: FlashRegion, flashSize: number, px: number): boolean {
  if (offset >= LOUPE_BYTES) return fitText([name], NAME_PX, scale(size, flashSize, px) - 14) !== '';
  return fitText([name, SHORT_NAMES[name] ?? name], SILK_PX, scale(size, LOUPE_BYTES, loupePx(px)) - 8) !== '';
}

function loupePx(px: number): number {
  return px < NARROW_PX ? px : Math.floor(px / 2);
}

function loupe(regions: readonly FlashRegion[], flashSize: number, px: number): SVGTemplateResult | typeof nothing {
  const small = regions.filter((region) => region.name && region.offset < LOUPE_BYTES);
  if (small.length < 2) return nothing;
  const narrow = px < NARROW_PX;
  const width = loupePx(px);
  const strip = scale(LOUPE_BYTES, flashSize, px);
  const words = `first 64 KB at ${loupeFactor(flashSize, px, width)} ×`;
  return svg`<g class="loupe"><rect class="cell" data-as="free" x=".5" y=".5" width=${width - 1} height=${LOUPE_HEIGHT - 1} />
    ${regions.filter((region) => region.offset < LOUPE_BYTES && region.filled > 0).map((region) => loupeCell(region, width))}
    <line class="leader" x1=".5" y1=${LOUPE_HEIGHT + 2} x2=".5" y2=${STRIP_Y - 2} /><line class="leader" x1=${width} y1=${LOUPE_HEIGHT + 2} x2=${strip} y2=${STRIP_Y - 2} /></g>
    <text class="tick-n" x=${narrow ? px : width + 10} y=${narrow ? 56 : 17} text-anchor=${narrow ? 'end' : 'start'}>${words}</text>`;
}

function loupeCell(region: FlashRegion, room: number): SVGTemplateResult {
  const x = scale(region.offset, LOUPE_BYTES, room);
  const width = scale(region.offset + region.size, LOUPE_BYTES, room) - x;
  const state = region.state === 'write' ? 'write-fine' : region.state;
  const wishes = [region.name, SHORT_NAMES[region.name] ?? ''].filter(Boolean);
  const text = fitText(wishes, SILK_PX, width - 8);
  return svg`<rect class="cell" data-as=${state} x=${x + 0.5} y=".5" width=${width} height=${LOUPE_HEIGHT - 1} />
    ${text && region.state === 'write' ? svg`<rect class="cell-plate" x=${x + 3} y="5" width=${Math.min(width - 4, textWidth(text, SILK_PX) + 4)} height="16" rx="2" />` : nothing}
    ${text ? svg`<text class="cell-name" x=${x + 5} y="17">${text}</text>` : nothing}`;
}

function ruler(flashSize: number, px: number): SVGTemplateResult {
  const { tick, label } = rulerSteps(flashSize, px);
  const marks = Array.from({ length: Math.floor(flashSize / tick) + 1 }, (_, i) => i * tick);
  const ticks = marks.map((at) => `M${scale(at, flashSize, px)} 118v${at % label === 0 ? 12 : 6}`).join('');
  const labels = Array.from({ length: Math.floor(flashSize / label) + 1 }, (_, i) => i * label);
  return svg`<path class="tick" d=${ticks} />${labels.map((at) => {
    const anchor = at === 0 ? 'start' : at === flashSize ? 'end' : 'middle';
    return svg`<text class="tick-n" x=${scale(at, flashSize, px)} y="144" text-anchor=${anchor}>${formatAddress(at)}</text>`;
  })}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-flash': FlashElement;
  }
}
