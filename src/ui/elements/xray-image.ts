/** The X-ray of an application or boot loader: the drawing, its sentence, and the table of segments. Templates only. */
import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { EspImage, MemoryRegion } from '../../core/image/model.ts';
import { formatBytes } from '../format.ts';
import { fitText, formatAddress, formatCapacity, NAME_PX, NOTE_PX, SILK_PX } from './measure.ts';
import { layoutXray, type FileBlock, type MemoryBlock } from './xray-scale.ts';

const FILE_Y = 18;
const FILE_HEIGHT = 72;
const RIBBON_HEIGHT = 62;
const MEMORY_Y = FILE_Y + FILE_HEIGHT + 2 + RIBBON_HEIGHT;
const MEMORY_HEIGHT = 44;
/** Baselines of the notes under the memory; the second is used where one has no room for all of them. */
const NOTE_ROWS = [33, 49] as const;

const REGION_WORDS = {
  DROM: 'constants, read through flash',
  IROM: 'code, run through flash',
  DRAM: 'variables, copied to RAM',
  IRAM: 'fast code, copied to RAM',
  DIRAM: 'code or data, copied to RAM',
  RTC_FAST: 'copied to RTC fast memory',
  RTC_SLOW: 'kept through deep sleep',
  PSRAM: 'copied to external RAM',
  PADDING: 'fills up to a flash page, not loaded',
  UNKNOWN: 'outside the memory map of this chip',
} as const satisfies Record<MemoryRegion, string>;

/** The class of ink: brighter lies closer to the core. */
const regionInk = (region: MemoryRegion): string => region.split('_')[0]!.toLowerCase();

/** Words on a bright block are dark. */
export const wordsOn = (ink: string): 'bright' | 'dark' => (ink === 'dram' || ink === 'diram' || ink === 'rtc' ? 'bright' : 'dark');

export function imageDrawing(image: EspImage, px: number, slotSize: number | undefined): TemplateResult {
  const layout = layoutXray(image, px, RIBBON_HEIGHT, slotSize);
  const fits = layout.slotEndX === undefined || layout.imageEndX <= layout.slotEndX;
  const right = layout.slotEndX ?? layout.imageEndX;
  const freePx = right - layout.imageEndX;
  const slotWords = slotSize === undefined ? '' : `slot ends, ${formatCapacity(slotSize)}`;
  const free = slotSize === undefined ? '' : formatBytes(Math.max(0, slotSize - image.imageLength));
  const notes = memoryNotes(layout.memory, px);
  return html`<svg
    class="xray"
    width=${px}
    height=${notes.rows === 1 ? 236 : 252}
    role="img"
    aria-label=${imageLabel(image, layout.memory, slotSize)}
  >
    <text class="tick-n" x="0" y="10">in the file</text>
    ${slotWords ? svg`<text class="tick-n" x=${Math.max(right, 200)} y="10" text-anchor="end" data-fit=${fits ? 'yes' : 'no'}>${slotWords}</text>` : nothing}
    <g transform="translate(0 ${FILE_Y})">
      ${freePx > 2 ? svg`<rect class="seg-cap" x=${layout.imageEndX} y=".5" width=${freePx - 0.5} height=${FILE_HEIGHT - 1} />` : nothing}
      ${layout.blocks.map(fileBlock)}
      <rect class="seg" data-seg="edge" x="0" width="2" height=${FILE_HEIGHT} />
      <rect class="seg" data-seg="edge" x=${Math.max(0, layout.imageEndX - 2)} width="2" height=${FILE_HEIGHT} />
      ${freeWords(layout.imageEndX, freePx, free)}
      ${fits ? nothing : svg`<path class="misfit-line" d="M${layout.slotEndX!} -6V${FILE_HEIGHT + 6}" />`}
    </g>
    <g transform="translate(0 ${FILE_Y + FILE_HEIGHT + 1})">
      ${layout.ribbons.map(({ region, path }) => svg`<path class="ribbon" data-seg=${regionInk(region)} d=${path} />`)}
    </g>
    ${layout.memory.map((block, i) => memoryBlock(block, (layout.memory[i + 1]?.x ?? px) - block.x - 12, { text: notes.texts[i]!, y: NOTE_ROWS[i % notes.rows]! }))}
    <text class="tick-n" x=${px} y=${MEMORY_Y - 8} text-anchor="end">in memory</text>
  </svg>`;
}

function fileBlock({ region, length, x, width }: FileBlock): SVGTemplateResult {
  const name = fitText([region], NAME_PX, width - 14);
  const note = name ? fitText([formatBytes(length)], NOTE_PX, width - 14) : '';
  return svg`<rect class="seg" data-seg=${regionInk(region)} x=${x + 0.5} y=".5" width=${width} height=${FILE_HEIGHT - 1} />
    ${name ? svg`<text class="cell-name" data-on=${wordsOn(regionInk(region))} x=${x + 10} y="32">${name}</text>` : nothing}${note ? svg`<text class="cell-note" data-on=${wordsOn(regionInk(region))} x=${x + 10} y="50">${note}</text>` : nothing}`;
}

function freeWords(from: number, room: number, free: string): SVGTemplateResult | typeof nothing {
  if (!fitText(['stay free'], NOTE_PX, room - 10)) return nothing;
  return svg`<text class="dim-n" x=${from + room / 2} y="32" text-anchor="middle">${free}</text><text class="dim-n" x=${from + room / 2} y="50" text-anchor="middle">stay free</text>`;
}

const kilobytes = (bytes: number): string => (bytes / 1024).toFixed(1);
/** `18.2 of 160 KB`, or with a stroke where that has no room. */
const noteOf = ({ used, capacity }: MemoryBlock, of: string): string =>
  `${kilobytes(used)}${capacity === undefined ? '' : of + capacity / 1024} KB`;

/** All notes in one form, in one row where that has room, else in two by turns. */
function memoryNotes(memory: readonly MemoryBlock[], px: number): { readonly texts: readonly string[]; readonly rows: 1 | 2 } {
  const fitted = (of: string, rows: number) =>
    memory.map((block, i) => fitText([noteOf(block, of)], SILK_PX, (memory[i + rows]?.x ?? px + 8) - block.x - 8));
  for (const of of [' of ', '/']) {
    const texts = fitted(of, 1);
    if (texts.every(Boolean)) return { texts, rows: 1 };
  }
  return { texts: fitted('/', 2), rows: 2 };
}

function memoryBlock(block: MemoryBlock, room: number, note: { readonly text: string; readonly y: number }): SVGTemplateResult {
  return svg`<g transform="translate(0 ${MEMORY_Y})">
    ${block.capacity === undefined ? nothing : svg`<rect class="seg-cap" x=${block.x + 0.5} y=".5" width=${Math.max(1, block.width - 1)} height=${MEMORY_HEIGHT - 1} />`}
    ${block.parts.map((part) => svg`<rect class="seg" data-seg=${regionInk(part.region)} x=${part.x + 0.5} y=".5" width=${part.width} height=${MEMORY_HEIGHT - 1} />`)}
    <text class="cell-name" x=${block.x} y=${MEMORY_HEIGHT + 17}>${fitText([block.name, block.name.slice(0, 4)], NAME_PX, room)}</text>
    <text class="cell-note" x=${block.x} y=${MEMORY_HEIGHT + note.y}>${note.text}</text>
  </g>`;
}

function imageLabel(image: EspImage, memory: readonly MemoryBlock[], slotSize: number | undefined): string {
  const inFile = image.segments.map(({ region, length }) => `${region} ${formatBytes(length)}`).join(', ');
  const inMemory = memory
    .map(({ name, used, capacity }) => `${name} ${formatBytes(used)}${capacity === undefined ? '' : ` of ${formatCapacity(capacity)}`}`)
    .join(', ');
  const rest =
    slotSize === undefined
      ? ''
      : image.imageLength > slotSize
        ? `; ${formatBytes(image.imageLength - slotSize)} too long for the slot`
        : `; ${formatBytes(slotSize - image.imageLength)} of the slot stay free`;
  return `X-ray to scale. In the file: ${inFile}${rest}. In memory: ${inMemory}.`;
}

export function segmentTable(image: EspImage): TemplateResult {
  return html`<table class="segs">
    <thead>
      <tr>
        <th scope="col">Segment</th>
        <th scope="col">Loads at</th>
        <th scope="col" class="r">Size</th>
        <th scope="col" class="words-head">What it is</th>
      </tr>
    </thead>
    <tbody>
      ${image.segments.map(
        ({ region, loadAddress, length }) =>
          html`<tr>
            <td><span class="seg-key" data-seg=${regionInk(region)}></span>${region}</td>
            <td>${formatAddress(loadAddress, 8)}</td>
            <td class="r">${formatBytes(length)}</td>
            <td class="words">${REGION_WORDS[region]}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
