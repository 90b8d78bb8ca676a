/**
 * Small parts that stand inside words: icons, lamps, version tags, hashes. Templates only, no state; the ink is in `styles/words.css`.
 * An icon never speaks for itself: the word stands beside it, so icons are hidden from screen readers.
 */
import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';

/** One path per icon on a 20 × 20 grid, stroked with 1.5. */
const ICON_PATHS = {
  devices:
    'M5 4.5h10a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 14V6A1.5 1.5 0 0 1 5 4.5ZM6.5 7.5h5v5h-5ZM14 8v4M6 4.5v-2M10 4.5v-2M14 4.5v-2M6 17.5v-2M10 17.5v-2M14 17.5v-2',
  firmware: 'M4 3.5h8.5L16 7v9.5H4ZM7 9v1.5M10 9v1.5M13 9v1.5M7 13v1.5M10 13v1.5M13 13v1.5',
  keys: 'M3.25 13.5a3.25 3.25 0 1 0 6.5 0a3.25 3.25 0 1 0-6.5 0ZM9 11l7-7M13 7l2.5 2.5',
  log: 'M4.5 2.5h11v15l-2.2-1.5-2.2 1.5-2.2-1.5-2.2 1.5-2.2-1.5ZM7.5 6.5h5M7.5 9.5h5M7.5 12.5h3',
  settings: 'M3 6h7M14 6h3M3 14h3M10 14h7M10 6a2 2 0 1 0 4 0a2 2 0 1 0-4 0ZM6 14a2 2 0 1 0 4 0a2 2 0 1 0-4 0Z',
  search: 'M4 9a5 5 0 1 0 10 0a5 5 0 1 0-10 0ZM13 13l4 4',
  check: 'm4 10.5 4 4 8-9',
  cross: 'm5 5 10 10M15 5 5 15',
  caution: 'M10 3.5 17.5 16.5h-15ZM10 8.5V12M10 14.2v.1',
  info: 'M3 10a7 7 0 1 0 14 0a7 7 0 1 0-14 0ZM10 9.5v4M10 6.5v.1',
  right: 'M4 10h12M11.5 5.5 16 10l-4.5 4.5',
  left: 'M16 10H4M8.5 5.5 4 10l4.5 4.5',
  undo: 'M4 8h8.5a4 4 0 0 1 0 8H8M4 8l3.5-3.5M4 8l3.5 3.5',
  reset: 'M4 10a6 6 0 1 0 2-4.5M6 2.5v3h3',
  copy: 'M8.5 7H15a1.5 1.5 0 0 1 1.5 1.5V15a1.5 1.5 0 0 1-1.5 1.5H8.5A1.5 1.5 0 0 1 7 15V8.5A1.5 1.5 0 0 1 8.5 7ZM13 7V3.5H3.5V13H7',
  save: 'M10 3v9.5M6 9l4 4 4-4M3.5 16.5h13',
  pause: 'M7 4.5v11M13 4.5v11',
  stop: 'M5 5h10v10H5Z',
  lock: 'M6 9h8a1.5 1.5 0 0 1 1.5 1.5v5A1.5 1.5 0 0 1 14 17H6a1.5 1.5 0 0 1-1.5-1.5v-5A1.5 1.5 0 0 1 6 9ZM7 9V6.5a3 3 0 0 1 6 0V9',
  leave: 'M11 3.5H4.5v13H11M8.5 10h8M13 6.5l3.5 3.5-3.5 3.5',
  eye: 'M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5ZM7.75 10a2.25 2.25 0 1 0 4.5 0a2.25 2.25 0 1 0-4.5 0Z',
  terminal: 'm4 6 4 4-4 4M10 15h6',
  wifi: 'M3 8.5a10 10 0 0 1 14 0M5.8 11.5a6 6 0 0 1 8.4 0M8.5 14.3a2.2 2.2 0 0 1 3 0',
  power: 'M10 3v7M5.8 6a6 6 0 1 0 8.4 0',
  plus: 'M10 4v12M4 10h12',
  more: 'M4.5 10h.1M10 10h.1M15.5 10h.1',
  signed: 'm10 2.5 6 2.5v4.5c0 4-2.5 6.7-6 8-3.5-1.3-6-4-6-8V5ZM7.2 10l2 2 3.6-4',
  compare: 'M3.5 6.5h10M10.5 3.5l3 3-3 3M16.5 13.5h-10M9.5 10.5l-3 3 3 3',
  usb: 'M7 8V3.5h6V8M5 8h10v5a3 3 0 0 1-3 3H8a3 3 0 0 1-3-3ZM10 16v2',
  tab: 'M2.5 16.5v-12h6L10 7h7.5v9.5Z',
  flag: 'M5 17.5v-14h9l-2 3.5 2 3.5H5',
  edit: 'm3.5 16.5.8-3.6 8.9-8.9a1.4 1.4 0 0 1 2 0l.8.8a1.4 1.4 0 0 1 0 2l-8.9 8.9ZM11.5 5.7l2.8 2.8',
  trash: 'M4 5.5h12M8 5.5V3.5h4v2M5.5 5.5l.8 11h7.4l.8-11M8.5 8.5v5M11.5 8.5v5',
  clock: 'M3 10a7 7 0 1 0 14 0a7 7 0 1 0-14 0ZM10 6v4l2.8 1.8',
} as const satisfies Record<string, string>;

export type IconName = keyof typeof ICON_PATHS;
export const ICON_NAMES = Object.keys(ICON_PATHS) as readonly IconName[];

/** A 20 px line icon; `inline` sits on the baseline of running text. */
export function icon(name: IconName, place: 'block' | 'inline' = 'block'): TemplateResult {
  return html`<svg class=${place === 'inline' ? 'icon inline' : 'icon'} viewBox="0 0 20 20" aria-hidden="true">
    <path d=${ICON_PATHS[name]} />
  </svg>`;
}

export type LampState = 'on' | 'busy' | 'off' | 'stopped' | 'unconfirmed';

/** Every state has its own shape: full, half, ring, cross, exclamation. */
const BULBS = {
  on: svg`<circle class="lamp-halo" cx="8" cy="8" r="8"/><circle class="lamp-ring" cx="8" cy="8" r="4.5"/><circle class="lamp-core" cx="8" cy="8" r="3.5"/>`,
  busy: svg`<circle class="lamp-ring" cx="8" cy="8" r="4.5"/><path class="lamp-core" d="M4.5 8a3.5 3.5 0 0 0 7 0Z"/>`,
  off: svg`<circle class="lamp-ring" cx="8" cy="8" r="4.5"/>`,
  stopped: svg`<circle class="lamp-ring" cx="8" cy="8" r="5.5"/><path class="lamp-mark" d="m5.5 5.5 5 5m0-5-5 5"/>`,
  unconfirmed: svg`<circle class="lamp-ring" cx="8" cy="8" r="5.5"/><path class="lamp-mark" d="M8 5v3.5M8 11v.1"/>`,
} as const satisfies Record<LampState, SVGTemplateResult>;

/** A lamp and its word. */
export function lamp(state: LampState, label: string): TemplateResult {
  return html`<span class="lamp" data-lamp=${state}
    ><svg class="lamp-bulb" viewBox="0 0 16 16" aria-hidden="true">${BULBS[state]}</svg>${label}</span
  >`;
}

/** Longer ones may be cut where there is little room. */
const LONG_VERSION = 12;

/** A version on its parts label: `run` is what runs, `new` is what will come, `plain` lies on the shelf. */
export function versionTag(version: string, as: 'plain' | 'run' | 'new' = 'plain'): TemplateResult {
  // What is cut is told by the pointer, and whole in the accessible text.
  const title = version.length > LONG_VERSION ? version : nothing;
  return html`<span class="tag" data-as=${as === 'plain' ? nothing : as} title=${title}><span>${version}</span></span>`;
}

/** Eight … eight characters, all of them on request. The groups are spaced by CSS, so that a copy has no spaces in it. */
export function hash(value: string, label = 'SHA-256'): TemplateResult {
  if (value.length <= 20) return html`<code>${value}</code>`;
  const groups = value.match(/.{1,8}/gsu) ?? [];
  return html`<details class="hash">
    <summary><span class="vh">${label} </span><code>${value.slice(0, 8)}…${value.slice(-8)}</code></summary>
    <code class="hash-full">${groups.map((group) => html`<span>${group}</span><wbr />`)}</code>
  </details>`;
}

/** A board as small as a word, for lists. */
export function miniBoard(): TemplateResult {
  return html`<svg class="mini" viewBox="0 0 44 26" aria-hidden="true">
    <rect class="d-face" x="5" y="4" width="33" height="18" rx="2" />
    <rect class="d-face" x="4" y="7" width="14" height="12" rx="1" />
    <rect class="d-face" x="35" y="10" width="6" height="6" rx="1" />
    <path class="d-line" d="M8 10.5h3v2H8v2h3" />
  </svg>`;
}
