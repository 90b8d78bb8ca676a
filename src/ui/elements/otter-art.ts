/** The otter floating with a board, for empty places. Template only. */
import { html, type TemplateResult } from 'lit';
import { otterHead } from './otter.ts';

/** One crest and trough is 32 units wide. */
const waves = (count: number) => 'c8 0 8-6 16-6c8 0 8 6 16 6'.repeat(count);

/** The otter on its back, a board on its belly: for empty places. */
export function otterArt(): TemplateResult {
  return html`<svg
    class="otter-art"
    viewBox="0 0 260 116"
    role="img"
    aria-label="An otter floats on its back and holds a small circuit board"
  >
    <defs>
      <clipPath id="ot-waterline"><path d="M-2 91${waves(8)}V0H-2Z" /></clipPath>
    </defs>
    <g clip-path="url(#ot-waterline)">
      <path class="fur" d="M3 63c-1-4 3-5 5-2 7 12 18 18 32 14 14-10 34-15 62-15h66c20 0 32 12 34 40H44C20 100 7 84 3 63Z" />
      <path class="fur" d="M50 82c-9-5-15-16-14-25 .6-6 7.5-7.5 11-3 6 8 13 13 21 16Z" />
      <path class="belly" d="M88 68c20-4 46-4 62-2 12 2 18 9 18 18 0 8-8 12-20 12H92c-14 0-22-6-22-13 0-8 6-13 18-15Z" />
    </g>
    <g transform="rotate(-5 116 46)">
      <rect class="d-face" x="82" y="30" width="66" height="33" rx="3.5" />
      <rect class="d-face" x="79" y="35" width="30" height="23" rx="1.5" />
      <rect class="d-face" x="142" y="41" width="10" height="11" rx="1.5" />
      <path class="d-line" d="M84 40h6v4h-6v4h6v4h-6" />
      <circle class="lit" cx="124" cy="55" r="3" />
    </g>
    <ellipse class="fur" cx="98" cy="66" rx="6" ry="9.5" transform="rotate(14 98 66)" />
    <ellipse class="fur" cx="140" cy="63" rx="6" ry="9.5" transform="rotate(-18 140 63)" />
    <g transform="translate(158 14) rotate(7 32 32) scale(1.06)">${otterHead()}</g>
    <path class="water" d="M6 101${waves(7)}c8 0 8-6 16-6" />
  </svg>`;
}
