/**
 * A key as a thing: its bow tells the kind, its sixteen cuts are the first and the last eight digits of its fingerprint, each as deep as its digit.
 * Solid: the private half is here. Outline: only the public one. Template only; the ink is in `styles/key-ring.css`.
 */
import { nothing, svg, html, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { KeyRecord } from '../../app/trust/model.ts';

export type DrawnKey = Pick<KeyRecord, 'id' | 'algorithm' | 'privateKey' | 'status'>;

const TOP = 32;
const EDGE = 58;
const BLADE = 82;
const FIRST_CUT = 92;
const CUT = 13;
/** Between the eight and the eight. */
const GAP = 14;
const TIP = 326;
const DEPTH = 1.15;

const cutsOf = (id: string): readonly number[] => [...id.slice(0, 8), ...id.slice(-8)].map((digit) => Number.parseInt(digit, 16) || 0);
const cutX = (index: number): number => FIRST_CUT + index * CUT + (index >= 8 ? GAP : 0);

/** The lower edge over some cuts, from left to right. */
const cutPath = (cuts: readonly number[], from: number): string =>
  cuts
    .map((depth, index) => {
      const x = cutX(from + index);
      const y = (EDGE - depth * DEPTH).toFixed(1);
      return `L${x + 2} ${y}L${x + CUT - 2} ${y}`;
    })
    .join('');

function blade(cuts: readonly number[]): SVGTemplateResult {
  const gap = `L${cutX(7) + CUT + 2} ${EDGE}L${cutX(8) - 2} ${EDGE}`;
  return svg`<path class="keyart-metal" d="M${BLADE} ${TOP}V${EDGE}H${FIRST_CUT}${cutPath(cuts.slice(0, 8), 0)}${gap}${cutPath(cuts.slice(8), 8)}L${TIP - 8} ${TOP + 16}L${TIP} ${TOP + 9}L${TIP - 7} ${TOP}Z"/>`;
}

/** Revoked: nobody turns it any more. */
function brokenBlade(cuts: readonly number[]): SVGTemplateResult {
  const end = cutX(7) + CUT;
  return svg`<path class="keyart-metal" d="M${BLADE} ${TOP}V${EDGE}H${FIRST_CUT}${cutPath(cuts.slice(0, 8), 0)}L${end} ${EDGE}l6 -9l-7 -6l5 ${TOP + 15 - EDGE}Z"/>
    <path class="keyart-metal" transform="rotate(4 ${end} ${EDGE}) translate(9 1)" d="M${end + 4} ${TOP}l-5 11l7 6l-5 9L${cutX(8) - 2} ${EDGE}${cutPath(cuts.slice(8), 8)}L${TIP - 8} ${TOP + 16}L${TIP} ${TOP + 9}L${TIP - 7} ${TOP}Z"/>`;
}

/** RSA is round, curves have corners. */
const BOWS = {
  RSA: svg`<circle class="keyart-metal" cx="42" cy="45" r="33"/>`,
  ECDSA: svg`<path class="keyart-metal" d="M26 14h32l17 31-17 31H26L9 45Z"/>`,
  Ed25519: svg`<rect class="keyart-metal" x="11" y="16" width="62" height="58" rx="12"/>`,
} as const;

function bow({ algorithm }: DrawnKey): SVGTemplateResult {
  const kind = (Object.keys(BOWS) as (keyof typeof BOWS)[]).find((name) => algorithm.startsWith(name));
  return BOWS[kind ?? 'RSA'];
}

const digitsOf = (id: string): readonly string[] => [...id.slice(0, 8), ...id.slice(-8)];

/** @param look `named`: with its digits below, and words for those who do not see it; `plain`: beside words that say as much */
export function keyDrawing(key: DrawnKey, look: 'plain' | 'named'): TemplateResult {
  const isNamed = look === 'named';
  const cuts = cutsOf(key.id);
  const label = `A key: ${key.algorithm}. Its cuts are the first and last eight digits of its fingerprint, ${key.id.slice(0, 8)} and ${key.id.slice(-8)}`;
  return html`<svg
    class="keyart"
    viewBox=${isNamed ? '0 6 334 86' : '0 8 334 76'}
    data-half=${key.privateKey === 'none' ? 'public' : 'private'}
    data-status=${key.status}
    role=${isNamed ? 'img' : nothing}
    aria-label=${isNamed ? label : nothing}
    aria-hidden=${isNamed ? nothing : 'true'}
  >
    ${key.status === 'revoked' ? brokenBlade(cuts) : blade(cuts)} ${bow(key)}
    <rect class="keyart-metal" x="72" y="26" width="11" height="38" rx="2" />
    <circle class="keyart-hole" cx="28" cy="45" r="8" />
    ${isNamed ? digitsOf(key.id).map((digit, index) => svg`<text class="keyart-digit" x=${cutX(index) + CUT / 2} y="87">${digit}</text>`) : nothing}
    ${isNamed ? svg`<text class="keyart-digit" x=${cutX(8) - GAP / 2} y="87">…</text>` : nothing}
  </svg>`;
}
