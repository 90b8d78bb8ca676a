/** The otter: its mark, and the picture of it floating with a board. Templates only. */
import { html, svg, type TemplateResult } from 'lit';

const FACE =
  'M3 22.6a5.6 5.6 0 1 0 11.2 0a5.6 5.6 0 1 0-11.2 0ZM49.8 22.6a5.6 5.6 0 1 0 11.2 0a5.6 5.6 0 1 0-11.2 0ZM32 10.5C15.5 10.5 6 19.8 6 33.3S15.5 55.5 32 55.5s26-8.7 26-22.2S48.5 10.5 32 10.5Z';
const MUZZLE_EYES_WHISKERS =
  'M32 34.8A9.6 9.6 0 1 0 25.8 49.87A7.2 7.2 0 0 0 38.2 49.87A9.6 9.6 0 1 0 32 34.8ZM16.8 26.6a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0ZM40.8 26.6a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0ZM11.99 39.73L8.19 39.03A1.15 1.15 0 0 1 8.61 36.77L12.41 37.47A1.15 1.15 0 0 1 11.99 39.73ZM12.7 44.31L9.7 45.11A1.15 1.15 0 0 1 9.1 42.89L12.1 42.09A1.15 1.15 0 0 1 12.7 44.31ZM51.59 37.47L55.39 36.77A1.15 1.15 0 0 1 55.81 39.03L52.01 39.73A1.15 1.15 0 0 1 51.59 37.47ZM51.9 42.09L54.9 42.89A1.15 1.15 0 0 1 54.3 45.11L51.3 44.31A1.15 1.15 0 0 1 51.9 42.09Z';
const NOSE =
  'M26.4 28.4h11.2c2.9 0 4.3 3.3 2.4 5.5l-5.2 5.5c-1.5 1.6-4.1 1.6-5.6 0l-5.2-5.5c-1.9-2.2-.5-5.5 2.4-5.5ZM30.7 38h2.6v6a1.3 1.3 0 0 1-2.6 0Z';

const head = () => svg`<path class="fur" d=${FACE}/><path class="pale" d=${MUZZLE_EYES_WHISKERS}/><path class="fur" d=${NOSE}/>`;

/** One crest and trough is 32 units wide. */
const waves = (count: number) => 'c8 0 8-6 16-6c8 0 8 6 16 6'.repeat(count);

/** The mark of the brand, beside its name. */
export function otterMark(): TemplateResult {
  return html`<svg class="brand-mark" viewBox="0 0 64 64" aria-hidden="true">${head()}</svg>`;
}

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
    <g transform="translate(158 14) rotate(7 32 32) scale(1.06)">${head()}</g>
    <path class="water" d="M6 101${waves(7)}c8 0 8-6 16-6" />
  </svg>`;
}
