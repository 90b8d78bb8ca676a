/** Key and socket that do not fit: the firmware's chip against the board's. Templates only. */
import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';

interface Misfit {
  readonly firmware: string;
  readonly firmwareChip: string;
  readonly device: string;
  readonly deviceChip: string;
}

const MOST_CHARACTERS = 24;
const shorten = (text: string): string => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text);

export function misfitDrawing(misfit: Misfit): TemplateResult {
  const label = `Drawing: the firmware has the key of an ${misfit.firmwareChip}, the board has the socket of an ${misfit.deviceChip}; they do not fit`;
  const words = { ...misfit, firmware: shorten(misfit.firmware), device: shorten(misfit.device) };
  return html`<div class="wide-only"><svg viewBox="0 0 720 180" role="img" aria-label=${label}>${wide(words)}</svg></div>
    <div class="phone-only"><svg viewBox="0 0 320 250" role="img" aria-label=${label}>${tall(words)}</svg></div>`;
}

const wide = ({ firmware, firmwareChip, device, deviceChip }: Misfit): SVGTemplateResult => svg`
  <path class="d-face" d="M18 34a6 6 0 0 1 6-6H252V54L284 78V102L252 126V152H24a6 6 0 0 1-6-6Z"/>
  <text class="art-name" x="38" y="66">${firmware}</text><text class="art-note" x="38" y="88">made for</text><text class="art-big" x="38" y="122">${firmwareChip}</text>
  <path class="d-face" d="M478 28H702a6 6 0 0 1 6 6V146a6 6 0 0 1-6 6H478V128H502a38 38 0 0 0 0-76H478Z"/>
  <text class="art-name" x="552" y="66">${device}</text><text class="art-note" x="552" y="88">the board is</text><text class="art-big" x="552" y="122">${deviceChip}</text>
  <path class="misfit-line" d="M292 90h56M412 90h62"/><circle class="misfit-ring" cx="380" cy="90" r="22"/><path class="misfit-x" d="m371 81 18 18m0-18-18 18"/>`;

const tall = ({ firmware, firmwareChip, device, deviceChip }: Misfit): SVGTemplateResult => svg`
  <path class="d-face" d="M14 14a6 6 0 0 1 6-6H300a6 6 0 0 1 6 6V82H184L170 104H150L136 82H14Z"/>
  <text class="art-name" x="30" y="34">${firmware}</text><text class="art-big" x="30" y="64">${firmwareChip}</text>
  <path class="d-face" d="M14 168H122V178a38 30 0 0 0 76 0V168H306V240a6 6 0 0 1-6 6H20a6 6 0 0 1-6-6Z"/>
  <text class="art-name" x="30" y="204">${device}</text><text class="art-big" x="30" y="232">${deviceChip}</text>
  <circle class="misfit-ring" cx="160" cy="136" r="15"/><path class="misfit-x" d="m154 130 12 12m0-12-12 12"/>`;
