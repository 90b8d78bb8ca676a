/** What happens to a firmware here, in five small pictures. Templates only. */
import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { otterArt } from '../../elements/otter-art.ts';

interface Step {
  readonly name: string;
  readonly words: string;
  readonly art: SVGTemplateResult;
}

const STEPS: readonly Step[] = [
  {
    name: 'Drop a firmware',
    words: 'A .bin, anywhere on the page. It stays in this browser.',
    art: svg`<path class="d-face" d="M8 8h22l9 9v27H8Z"/><path class="d-line" d="M30 8v9h9M14 24h4M22 24h4M14 31h4M22 31h4M30 31h3M14 38h4"/>`,
  },
  {
    name: 'Look before',
    words: 'Chip, size, checksums and version are held against the board first.',
    art: svg`<rect class="d-face" x="8" y="14" width="60" height="26" rx="2"/><path class="d-line" d="M22 14v26M27 14v26M57 14v26"/><circle class="d-face" cx="40" cy="27" r="12"/><path class="d-line" d="m35 27 4 4 7-8M49 36l9 9"/>`,
  },
  {
    name: 'Write one slot',
    words: 'By name: which slot is overwritten, what stays.',
    art: svg`<rect class="d-face" x="8" y="8" width="56" height="15" rx="2"/><rect class="d-face" x="8" y="31" width="56" height="15" rx="2"/><rect class="sec" fill="url(#ot-hatch-fine)" data-as="plan" x="8" y="31" width="38" height="15"/>`,
  },
  {
    name: 'Prove it',
    words: 'Done means: it came back and says what it runs.',
    art: svg`<rect class="d-face" x="8" y="8" width="40" height="15" rx="2"/><rect class="d-face" x="8" y="31" width="40" height="15" rx="2"/><path class="d-line" d="M15 16h4M23 16h4M31 16h4M39 16h3M15 39h4M23 39h4M31 39h4M39 39h3M56 22h9M56 31h9"/>`,
  },
  {
    name: 'Go back',
    words: 'The old firmware waits in the other slot.',
    art: svg`<rect class="d-face" x="8" y="8" width="40" height="15" rx="2"/><rect class="d-face" x="8" y="31" width="40" height="15" rx="2"/><path class="d-line" d="M52 39h6a11.5 11.5 0 0 0 0-23h-6M56 11l-5 5 5 5"/>`,
  },
];

export function way(): TemplateResult {
  return html`<section class="way" aria-labelledby="way">
    <div>${otterArt()}</div>
    <div>
      <h2 class="vh" id="way">What happens to a firmware here</h2>
      <ol class="way-steps">
        ${STEPS.map(
          ({ name, words, art }) =>
            html`<li class="way-step">
              <svg viewBox="7 0 80 52" preserveAspectRatio="xMinYMid meet" aria-hidden="true">${art}</svg>
              <h3>${name}</h3>
              <p class="quiet">${words}</p>
            </li>`,
        )}
      </ol>
    </div>
  </section>`;
}
