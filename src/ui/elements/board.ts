/**
 * `<ot-board>`: a DevKitC, drawn at 4.93 px/mm, as the thing that is reached.
 *
 * Properties: `chipLabel` and `moduleLabel` (silkscreen), `door` (how it is reached: plug with cable, arcs at the antenna, or a dashed
 * outline in a tab), `lamp`, `balloons` (numbers that match a list beside it), `compact` (a close-up of the door, for narrow places),
 * `ghost` (a place for a board that is not there yet), `label` (replaces the sentence of the picture; empty hides the picture from
 * screen readers because the words beside it say the same).
 * ARIA: `role="img"` with a sentence. No events.
 */
import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { LampState } from './icons.ts';
import { LightElement } from './light-element.ts';
import { textWidth } from './measure.ts';

type BoardDoor = 'usb' | 'network' | 'virtual';
type BoardPlace = 'mac' | 'chip' | 'led' | 'usb' | 'flash';

export interface BoardBalloon {
  readonly n: number;
  readonly at: BoardPlace;
}

const PIN_COUNT = 19;
const PIN_PITCH = 12.9;
const FIRST_PIN_X = 63;

/** Where a balloon's leader ends; balloons hang above or below the board. */
const PLACES = {
  mac: { x: 48, y: 62, side: 'above' },
  chip: { x: 104, y: 60, side: 'above' },
  led: { x: 196, y: 112, side: 'above' },
  usb: { x: 301, y: 94, side: 'below' },
  flash: { x: 138, y: 114, side: 'below' },
} as const satisfies Record<BoardPlace, { x: number; y: number; side: 'above' | 'below' }>;

const CLOSE_UP = { network: '-6 28 144 120', virtual: '-2 -2 144 120', usb: '228 28 144 120' } as const satisfies Record<BoardDoor, string>;
const DOOR_WORDS = {
  network: 'reached over the network',
  virtual: 'virtual, in this tab',
  usb: 'plugged in by USB',
} as const satisfies Record<BoardDoor, string>;
const LAMP_WORDS = {
  on: 'lamp lit',
  busy: 'lamp half lit, busy',
  off: 'lamp dark',
  stopped: 'lamp crossed out, stopped',
  unconfirmed: 'lamp with an exclamation mark, unconfirmed',
} as const satisfies Record<LampState, string>;

/** A row of pins as one path of circles. */
function pinRow(y: number): string {
  const r = 2.8;
  return Array.from(
    { length: PIN_COUNT },
    (_, i) => `M${(FIRST_PIN_X + i * PIN_PITCH - r).toFixed(1)} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`,
  ).join('');
}
const PINS = pinRow(29) + pinRow(147);

const waves = svg`<g class="waves"><path d="M24 75a18 18 0 0 0 0 26"/><path d="M15 66a31 31 0 0 0 0 44"/><path d="M6 57a44 44 0 0 0 0 62"/></g>`;
const tabFrame = svg`<path class="tab-frame" d="M4 172V9a5 5 0 0 1 5-5h84l10 12h260a5 5 0 0 1 5 5v151Z"/>`;
const plug = svg`<g class="plug"><path class="cable" d="M348 88h24"/><rect class="plug-body" x="318" y="73" width="32" height="30" rx="4"/><path class="d-line" d="M326 82v12M332 82v12"/></g>`;

/** Regulator, bridge chip, passives and the two buttons. */
const parts = svg`<g class="fine">
  <rect class="part" x="176" y="48" width="15" height="22" rx="1"/><path class="d-line" d="M191 52h5M191 59h5M191 66h5"/>
  <rect class="part" x="216" y="76" width="24" height="24" rx="1.5"/><path class="d-line" d="M221 76v-3M228 76v-3M235 76v-3M221 103v-3M228 103v-3M235 103v-3M216 81h-3M216 88h-3M216 95h-3M243 81h-3M243 88h-3M243 95h-3"/>
  <path class="part" d="M176 82h8v5h-8zM176 93h8v5h-8zM250 112h5v9h-5zM226 116h9v5h-9z"/>
  <rect class="part" x="264" y="42" width="22" height="17" rx="2"/><circle class="part" cx="275" cy="50.5" r="4.5"/>
  <rect class="part" x="264" y="117" width="22" height="17" rx="2"/><circle class="part" cx="275" cy="125.5" r="4.5"/>
  <text class="silk" x="258" y="54" text-anchor="end">EN</text><text class="silk" x="275" y="112" text-anchor="middle">BOOT</text>
</g>`;

/** The lamp's shape says its state: full, half, empty, cross, exclamation. */
const led = svg`<g class="led">
  <circle class="led-halo" cx="196" cy="122" r="13"/><circle class="led-ring" cx="196" cy="122" r="6"/>
  <circle class="led-core" cx="196" cy="122" r="4.5"/><path class="led-half" d="M191.5 122a4.5 4.5 0 0 0 9 0Z"/>
  <path class="led-cross" d="m192.5 118.5 7 7m0-7-7 7"/><path class="led-mark" d="M196 118.5v4M196 125.4v.1"/>
</g>`;

@customElement('ot-board')
class BoardElement extends LightElement {
  @property() chipLabel = 'ESP32';
  @property() moduleLabel = '';
  @property() door: BoardDoor = 'network';
  @property() lamp: LampState = 'off';
  @property({ attribute: false }) balloons: readonly BoardBalloon[] = [];
  @property({ type: Boolean }) compact = false;
  @property({ type: Boolean }) ghost = false;
  @property() label: string | undefined;

  protected override render(): TemplateResult {
    const label = this.label ?? `Drawing of the board: ${this.chipLabel}, ${DOOR_WORDS[this.door]}, ${LAMP_WORDS[this.lamp]}`;
    const withBalloons = this.balloons.length > 0 && !this.compact;
    return html`<svg
      class="board"
      data-door=${this.door}
      data-led=${this.lamp}
      ?data-ghost=${this.ghost}
      ?data-compact=${this.compact}
      viewBox=${this.compact ? CLOSE_UP[this.door] : withBalloons ? '0 -26 372 228' : '0 0 372 176'}
      role=${label ? 'img' : nothing}
      aria-label=${label || nothing}
      aria-hidden=${label ? nothing : 'true'}
    >
      ${this.door === 'virtual' ? tabFrame : nothing} ${this.door === 'network' ? waves : nothing}
      <rect class="pcb" x="44" y="20" width="268" height="136" rx="7" />
      <path class="pin" d=${PINS} />
      <rect class="module" x="36" y="44" width="126" height="88" rx="2" />
      <path class="trace" d="M58 58h-16v9h12v9h-12v9h12v9h-12v9h12v9h-12" />
      <rect class="shield" x="66" y="50" width="90" height="76" rx="3" />
      ${silk(this.chipLabel, 86, 15)} ${silk(this.moduleLabel || (this.door === 'virtual' ? 'VIRTUAL' : ''), 102, 9)} ${parts}
      <rect class="usb" x="284" y="75" width="34" height="26" rx="3" />
      ${led} ${this.door === 'usb' ? plug : nothing} ${withBalloons ? this.balloons.map(balloon) : nothing}
    </svg>`;
  }
}

/** A line on the shield; long names are drawn closer together instead of running over its edge. */
function silk(text: string, y: number, fontPx: number): SVGTemplateResult {
  const room = 82;
  const tight = textWidth(text, fontPx) > room;
  return svg`<text class=${fontPx > 9 ? 'silk silk-lg' : 'silk'} x="111" y=${y} text-anchor="middle" textLength=${tight ? room : nothing} lengthAdjust=${tight ? 'spacingAndGlyphs' : nothing}>${text}</text>`;
}

function balloon({ n, at }: BoardBalloon): SVGTemplateResult {
  const place = PLACES[at];
  const [edge, centre] = place.side === 'above' ? [-4, -14] : [180, 190];
  return svg`<path class="leader" d="M${place.x} ${edge}V${place.y}"/><circle class="leader-dot" cx=${place.x} cy=${place.y} r="2"/><circle class="balloon" cx=${place.x} cy=${centre} r="10"/><text class="balloon-n" x=${place.x} y=${centre + 4} text-anchor="middle">${n}</text>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-board': BoardElement;
  }
}
