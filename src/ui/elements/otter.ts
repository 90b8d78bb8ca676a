/** The otter's face, and the mark of the brand made of it. Templates only; the large picture lies in `otter-art.ts`. */
import { html, svg, type TemplateResult } from 'lit';

const FACE =
  'M3 22.6a5.6 5.6 0 1 0 11.2 0a5.6 5.6 0 1 0-11.2 0ZM49.8 22.6a5.6 5.6 0 1 0 11.2 0a5.6 5.6 0 1 0-11.2 0ZM32 10.5C15.5 10.5 6 19.8 6 33.3S15.5 55.5 32 55.5s26-8.7 26-22.2S48.5 10.5 32 10.5Z';
const MUZZLE_EYES_WHISKERS =
  'M32 34.8A9.6 9.6 0 1 0 25.8 49.87A7.2 7.2 0 0 0 38.2 49.87A9.6 9.6 0 1 0 32 34.8ZM16.8 26.6a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0ZM40.8 26.6a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0ZM11.99 39.73L8.19 39.03A1.15 1.15 0 0 1 8.61 36.77L12.41 37.47A1.15 1.15 0 0 1 11.99 39.73ZM12.7 44.31L9.7 45.11A1.15 1.15 0 0 1 9.1 42.89L12.1 42.09A1.15 1.15 0 0 1 12.7 44.31ZM51.59 37.47L55.39 36.77A1.15 1.15 0 0 1 55.81 39.03L52.01 39.73A1.15 1.15 0 0 1 51.59 37.47ZM51.9 42.09L54.9 42.89A1.15 1.15 0 0 1 54.3 45.11L51.3 44.31A1.15 1.15 0 0 1 51.9 42.09Z';
const NOSE =
  'M26.4 28.4h11.2c2.9 0 4.3 3.3 2.4 5.5l-5.2 5.5c-1.5 1.6-4.1 1.6-5.6 0l-5.2-5.5c-1.9-2.2-.5-5.5 2.4-5.5ZM30.7 38h2.6v6a1.3 1.3 0 0 1-2.6 0Z';

/** On a 64 × 64 grid. */
export const otterHead = () =>
  svg`<path class="fur" d=${FACE}/><path class="pale" d=${MUZZLE_EYES_WHISKERS}/><path class="fur" d=${NOSE}/>`;

/** The mark of the brand, beside its name. */
export function otterMark(): TemplateResult {
  return html`<svg class="brand-mark" viewBox="0 0 64 64" aria-hidden="true">${otterHead()}</svg>`;
}
