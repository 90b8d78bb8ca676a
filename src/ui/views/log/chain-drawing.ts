/**
 * The chain of the log, to scale: as many links as fit, each standing for the same number of entries. Solid: proven; outlined: there, and not
 * looked at; open and crossed: where it breaks; dashed: what follows a break, and proves nothing.
 */
import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { formatCount, formatMany } from '../../format.ts';

/** From one link to the next: as narrow, and as wide. */
const PITCH_PX = { least: 24, most: 40 } as const;
/** How far a link reaches into the next. */
const GRIP_PX = 7;
const HEIGHT_PX = 30;

export interface ChainPicture {
  readonly entries: number;
  /** Looked at and whole, from the first on. */
  readonly proven: number;
  /** The entry at which it breaks. */
  readonly broken?: number | undefined;
  readonly px: number;
}

type LinkState = 'proven' | 'there' | 'broken' | 'loose';

export function chainDrawing(picture: ChainPicture): TemplateResult {
  const { entries, px } = picture;
  const fitting = Math.max(4, Math.floor((px - GRIP_PX) / PITCH_PX.least));
  const perLink = Math.max(1, Math.ceil(entries / fitting));
  const links = Math.max(1, Math.ceil(entries / perLink));
  const pitch = Math.min(PITCH_PX.most, (px - GRIP_PX) / links);
  const width = Math.floor(links * pitch + GRIP_PX);
  return html`<figure class="chain">
    <svg width=${width} height=${HEIGHT_PX} viewBox="0 0 ${width} ${HEIGHT_PX}" role="img" aria-label=${label(picture)}>
      ${Array.from({ length: links }, (_, index) => link(index, pitch, stateOf(index, perLink, picture)))}
    </svg>
    <figcaption class="chain-scale">
      <span
        >${links === 1 ? 'entry 1' : `entry 1 to ${formatCount(entries)}`}${perLink === 1 ? ', one link each' : `, one link is ${formatCount(perLink)} of them`}</span
      >
    </figcaption>
  </figure>`;
}

function stateOf(index: number, perLink: number, { entries, proven, broken }: ChainPicture): LinkState {
  const [first, last] = [index * perLink + 1, (index + 1) * perLink];
  if (broken !== undefined && broken >= first && broken <= last) return 'broken';
  if (broken !== undefined && broken < first) return 'loose';
  return proven >= Math.min(last, entries) ? 'proven' : 'there';
}

/** Every other link is seen from its side. */
function link(index: number, pitch: number, state: LinkState): SVGTemplateResult {
  const [x, mid, length] = [index * pitch + 3, HEIGHT_PX / 2, pitch + GRIP_PX - 6];
  const height = index % 2 === 0 ? 20 : 7;
  const shape = svg`<rect class="link" data-as=${state} x=${x} y=${mid - height / 2} width=${length} height=${height} rx=${height / 2} />`;
  if (state !== 'broken') return shape;
  const center = x + length / 2;
  return svg`${shape}<path class="link-cross" d="M${center - 7} ${mid - 7}l14 14m0-14-14 14" />`;
}

function label({ entries, proven, broken }: ChainPicture): string {
  const all = formatMany(entries, 'entry', 'entries');
  if (broken !== undefined) return `A chain of ${all}: whole up to entry ${formatCount(proven)}, broken at entry ${formatCount(broken)}`;
  if (proven === 0) return `A chain of ${all}, not verified yet`;
  return proven >= entries ? `A chain of ${all}, all of it proven` : `A chain of ${all}, ${formatCount(proven)} of them proven`;
}
