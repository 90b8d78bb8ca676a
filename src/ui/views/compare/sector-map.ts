/** Two images as one grid of 4 KB sectors, to scale: what is the same, what differs, what only one of them has. A template. */
import { html, nothing, svg, type TemplateResult } from 'lit';
import { sectorRuns, type SectorComparison, type SectorState } from '../../../core/image/compare-sectors.ts';
import { cellPath, gridBox, gridColumns } from '../../elements/sector-grid.ts';

interface Look {
  /** As in every drawing: solid is, hatched will change, outline is empty. */
  readonly as: 'keep' | 'plan' | 'now' | 'free';
  readonly swatch: 'keep' | 'write' | 'now' | 'free';
}

const LOOKS = {
  same: { as: 'keep', swatch: 'keep' },
  changed: { as: 'plan', swatch: 'write' },
  added: { as: 'now', swatch: 'now' },
  removed: { as: 'free', swatch: 'free' },
} as const satisfies Record<SectorState, Look>;

const STATES = Object.keys(LOOKS) as readonly SectorState[];

interface SectorMap {
  readonly comparison: SectorComparison;
  readonly nameA: string;
  readonly nameB: string;
  readonly widthPx: number;
}

export function sectorMap({ comparison, nameA, nameB, widthPx }: SectorMap): TemplateResult {
  const { sectors, count } = comparison;
  const columns = gridColumns(sectors.length, widthPx);
  const { width, height } = gridBox(sectors.length, columns);
  const words = { same: 'the same', changed: 'differ', added: `only in ${nameB}`, removed: `only in ${nameA}` } as const satisfies Record<
    SectorState,
    string
  >;
  const present = STATES.filter((state) => count[state] > 0);
  const runs = sectorRuns(sectors);
  return html`<svg
      class="sectors"
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label=${`${sectors.length} sectors of 4 KB: ${present.map((state) => `${count[state]} ${words[state]}`).join(', ')}`}
    >
      ${present.map((state) => {
        const path = runs
          .filter((run) => run.state === state)
          .map(({ first, length }) => cellPath(first, first + length, columns))
          .join('');
        return svg`<path class="sec" data-as=${LOOKS[state].as} d=${path} />`;
      })}
    </svg>
    <ul class="legend">
      ${present.map((state) => html`<li><span class="swatch" data-as=${LOOKS[state].swatch}></span>${count[state]} ${words[state]}</li>`)}
      ${sectors.length > 0 ? html`<li>one cell is 4 KB, in the order of addresses</li>` : nothing}
    </ul>`;
}
