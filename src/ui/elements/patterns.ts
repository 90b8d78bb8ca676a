/**
 * The hatch: what will change, in every drawing. SVG paint servers are found by id in the document, so all drawings share one copy;
 * it sits in the body and outside every drawing, because a pattern inside a hidden part would paint nothing.
 */
import { render, svg } from 'lit';

const SPRITE_ID = 'ot-patterns';
const SVG = 'http://www.w3.org/2000/svg';

const hatch = (id: string, period: number) =>
  svg`<pattern id=${id} class="hatch" width=${period} height=${period} patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width=${period} height=${period}/><rect class="hatch-bar" width=${period / 2} height=${period}/></pattern>`;

/** Puts the patterns into the document once. */
export function ensurePatterns(document: Document): void {
  if (document.getElementById(SPRITE_ID)) return;
  const sprite = document.createElementNS(SVG, 'svg');
  sprite.id = SPRITE_ID;
  sprite.setAttribute('class', 'sprite');
  sprite.setAttribute('aria-hidden', 'true');
  document.body.append(sprite);
  render(svg`<defs>${hatch('ot-hatch', 8)}${hatch('ot-hatch-fine', 4)}</defs>`, sprite as unknown as HTMLElement);
}
