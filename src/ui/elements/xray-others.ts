/** X-rays of everything that is not one image: containers, tables, boot choice, ciphertext, damage, the unknown. Templates only. */
import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { FirmwareContent, FlashPart, Otadata, Partition } from '../../core/image/model.ts';
import { APP_TYPE, partitionSubtypeName, partitionTypeName } from '../../core/image/partition-types.ts';
import { formatCount } from '../format.ts';
import { fitText, formatAddress, formatCapacity, NAME_PX, NOTE_PX, scale } from './measure.ts';
import { wordsOn } from './xray-image.ts';

const HEIGHT = 108;
const BAR_Y = 18;
const BAR_HEIGHT = 72;

interface StripPart {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly ink: string;
  readonly what: string;
}

const KIND_WORDS = {
  app: 'application',
  bootloader: 'boot loader',
  'partition-table': 'partition table',
  otadata: 'boot choice',
  merged: 'merged image',
  uf2: 'UF2',
  hex: 'Intel HEX',
  encrypted: 'encrypted',
  damaged: 'damaged',
  unknown: 'not known',
} as const satisfies Record<FirmwareContent['kind'], string>;

const KIND_INK = {
  app: 'irom',
  bootloader: 'iram',
  'partition-table': 'dram',
  otadata: 'dram',
  merged: 'drom',
  uf2: 'drom',
  hex: 'drom',
  encrypted: 'padding',
  damaged: 'fault',
  unknown: 'padding',
} as const satisfies Record<FirmwareContent['kind'], string>;

export const kindWord = (kind: FirmwareContent['kind']): string => KIND_WORDS[kind];

function partWords({ content }: FlashPart): string {
  if (content.kind !== 'app' && content.kind !== 'bootloader') return KIND_WORDS[content.kind];
  const app = content.image.appDescriptor;
  return [KIND_WORDS[content.kind], app?.projectName, app?.version].filter(Boolean).join(' ');
}

/** UF2 and HEX hold what their maker took from a flash, a snapshot of some sectors too: an image that goes on elsewhere is not damaged. */
const isPiece = ({ content }: FlashPart, holder: FirmwareContent['kind']): boolean =>
  holder !== 'merged' && content.kind === 'damaged' && content.code === 'IMAGE_TRUNCATED';

/** @param holder in which they are */
export function flashParts(parts: readonly FlashPart[], holder: FirmwareContent['kind']): readonly StripPart[] {
  return parts.map((part) => ({
    name: part.name,
    offset: part.flashOffset,
    length: part.length,
    ink: KIND_INK[isPiece(part, holder) ? 'unknown' : part.content.kind],
    what: isPiece(part, holder) ? 'the beginning of an image' : partWords(part),
  }));
}

export function partitionParts(partitions: readonly Partition[]): readonly StripPart[] {
  return partitions.map(({ label, type, subtype, offset, size }) => ({
    name: label,
    offset,
    length: size,
    ink: type === APP_TYPE ? 'irom' : 'dram',
    what: `${partitionTypeName(type)}, ${partitionSubtypeName(type, subtype)}`,
  }));
}

/** Parts by flash address, to scale from 0 to where the last one ends. */
export function stripDrawing(parts: readonly StripPart[], px: number, what: string): TemplateResult {
  const total = Math.max(1, ...parts.map((part) => part.offset + part.length));
  const words = parts.map(({ name, offset, length }) => `${name} at ${formatAddress(offset)}, ${formatCapacity(length)}`).join('; ');
  return html`<svg
    class="xray"
    width=${px}
    height=${HEIGHT}
    role="img"
    aria-label="X-ray to scale by flash address. ${what}: ${words || 'nothing in it'}."
  >
    <text class="tick-n" x="0" y="10">${formatAddress(0)}</text>
    <text class="tick-n" x=${px} y="10" text-anchor="end">${formatAddress(total)}</text>
    <rect class="seg-cap" x=".5" y=${BAR_Y + 0.5} width=${px - 1} height=${BAR_HEIGHT - 1} />
    ${parts.map((part) => stripPart(part, total, px))}
  </svg>`;
}

function stripPart({ name, offset, length, ink }: StripPart, total: number, px: number): SVGTemplateResult {
  const x = scale(offset, total, px);
  const width = Math.max(2, scale(length, total, px));
  const shown = fitText([name, name.slice(0, 6)], NAME_PX, width - 14);
  const note = shown ? fitText([formatCapacity(length)], NOTE_PX, width - 14) : '';
  return svg`<rect class="seg" data-seg=${ink} x=${x + 0.5} y=${BAR_Y + 0.5} width=${width - 1} height=${BAR_HEIGHT - 1} />
    ${shown ? svg`<text class="cell-name" data-on=${wordsOn(ink)} x=${x + 8} y=${BAR_Y + 32}>${shown}</text>` : nothing}${note ? svg`<text class="cell-note" data-on=${wordsOn(ink)} x=${x + 8} y=${BAR_Y + 50}>${note}</text>` : nothing}`;
}

export function stripTable(parts: readonly StripPart[]): TemplateResult {
  return html`<table class="segs">
    <thead>
      <tr>
        <th scope="col">Part</th>
        <th scope="col">Flash at</th>
        <th scope="col" class="r">Size</th>
        <th scope="col" class="words-head">What it is</th>
      </tr>
    </thead>
    <tbody>
      ${parts.map(
        (part) =>
          html`<tr>
            <td><span class="seg-key" data-seg=${part.ink}></span>${part.name}</td>
            <td>${formatAddress(part.offset)}</td>
            <td class="r">${formatCapacity(part.length)}</td>
            <td class="words">${part.what}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** Two sectors; the one with the higher sequence that counts is obeyed. */
export function otadataDrawing(otadata: Otadata, px: number): TemplateResult {
  const half = Math.floor((px - 12) / 2);
  const words = otadata.entries.map((entry, i) => `sector ${i}: sequence ${entry.seq}, ${entry.state}, ${verdict(otadata, i)}`).join('; ');
  return html`<svg class="xray" width=${px} height=${HEIGHT} role="img" aria-label="Boot choice, two sectors. ${words}.">
    ${otadata.entries.map((entry, i) => {
      const x = i * (half + 12);
      return svg`<text class="tick-n" x=${x} y="10">sector ${i}</text><rect class=${entry.counts ? 'seg' : 'seg-cap'} data-seg=${otadata.active === i ? 'dram' : 'irom'} x=${x + 0.5} y=${BAR_Y + 0.5} width=${half - 1} height=${BAR_HEIGHT - 1} />
        <text class="cell-name" data-on=${otadata.active === i ? 'bright' : 'dark'} x=${x + 10} y=${BAR_Y + 32}>${fitText([`sequence ${entry.seq}`, `${entry.seq}`], NAME_PX, half - 16)}</text>
        <text class="cell-note" data-on=${otadata.active === i ? 'bright' : 'dark'} x=${x + 10} y=${BAR_Y + 50}>${fitText([`${entry.state}, ${verdict(otadata, i)}`, verdict(otadata, i)], NOTE_PX, half - 16)}</text>`;
    })}
  </svg>`;
}

function verdict(otadata: Otadata, index: number): string {
  return otadata.active === index ? 'obeyed' : otadata.entries[index]?.counts ? 'older' : 'does not count';
}

/** Ciphertext looks like noise: eight bits per byte would be perfect. */
export function entropyDrawing(entropyBits: number, px: number): TemplateResult {
  const words = `${entropyBits.toFixed(2)} of 8 bits per byte`;
  return html`<svg class="xray" width=${px} height=${HEIGHT} role="img" aria-label="Encrypted: ${words}, nothing to see inside">
    <text class="tick-n" x="0" y="10">randomness</text>
    <text class="tick-n" x=${px} y="10" text-anchor="end">8 bits</text>
    <rect class="seg-cap" x=".5" y=${BAR_Y + 0.5} width=${px - 1} height=${BAR_HEIGHT - 1} />
    <rect
      class="seg"
      data-seg="padding"
      x=".5"
      y=${BAR_Y + 0.5}
      width=${Math.max(1, (entropyBits / 8) * px - 1)}
      height=${BAR_HEIGHT - 1}
    />
    <text class="cell-name" x="10" y=${BAR_Y + 32}>encrypted</text>
    <text class="cell-note" x="10" y=${BAR_Y + 50}>${fitText([words, entropyBits.toFixed(2)], NOTE_PX, px - 20)}</text>
  </svg>`;
}

/** The whole file as one bar; a cross where its bytes break the rule. */
export function wholeDrawing(
  size: number,
  px: number,
  fault?: { readonly as: string; readonly offset: number; readonly rule: string },
): TemplateResult {
  const x = fault ? Math.min(px - 8, Math.max(8, scale(fault.offset, size, px))) : 0;
  const label = fault
    ? `Damaged ${fault.as}: ${formatCount(size)} bytes, broken at offset ${formatAddress(fault.offset)}: ${fault.rule}`
    : `${formatCount(size)} bytes, no format that Otter knows`;
  const at = fault ? formatAddress(fault.offset) : '';
  return html`<svg class="xray" width=${px} height=${HEIGHT} role="img" aria-label=${label}>
    <text class="tick-n" x="0" y="10">in the file</text>
    <text class="tick-n" x=${px} y="10" text-anchor="end">${formatCount(size)} bytes</text>
    <rect class="seg-cap" x=".5" y=${BAR_Y + 0.5} width=${px - 1} height=${BAR_HEIGHT - 1} />
    ${fault && x > 8 ? svg`<rect class="seg" data-seg="irom" x=".5" y=${BAR_Y + 0.5} width=${x} height=${BAR_HEIGHT - 1} />` : nothing}
    ${
      fault
        ? svg`<path class="misfit-line" d="M${x} ${BAR_Y - 4}V${BAR_Y + BAR_HEIGHT + 4}" /><circle class="misfit-ring" cx=${x} cy=${BAR_Y + BAR_HEIGHT / 2} r="9" /><path class="misfit-x" d="m${x - 3.5} ${BAR_Y + BAR_HEIGHT / 2 - 3.5} 7 7m0-7-7 7" /><text class="tick-n" data-fit="no" x=${x} y=${HEIGHT - 4} text-anchor=${x > px - 60 ? 'end' : x < 60 ? 'start' : 'middle'}>${at}</text>`
        : svg`<text class="cell-name" x="10" y=${BAR_Y + 41}>${fitText(['no format that Otter knows', 'not known'], NAME_PX, px - 20)}</text>`
    }
  </svg>`;
}
