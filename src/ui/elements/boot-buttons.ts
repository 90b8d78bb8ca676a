/**
 * What a hand does when a board does not go into its boot loader by itself: three pictures of its two buttons. Templates only.
 * Pressed = kapton and pushed down, with the finger above it; the words beside say the same.
 */
import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';

interface Step {
  readonly name: string;
  readonly words: string;
  readonly boot: boolean;
  readonly reset: boolean;
}

const STEPS: readonly Step[] = [
  { name: 'Hold BOOT', words: 'Press the key marked BOOT (or IO0, FLASH) and keep it down.', boot: true, reset: false },
  { name: 'Press RESET', words: 'Tap the key marked EN (or RST, RESET) once, with BOOT still down.', boot: true, reset: true },
  { name: 'Let go of BOOT', words: 'The chip waits in its boot loader now. Then try again.', boot: false, reset: false },
];

/** A push button seen from above, with its legend; pressed it is lit, and a finger lies on it. */
function button(x: number, legend: string, pressed: boolean): SVGTemplateResult {
  return svg`<g transform="translate(${x} 0)">
    <text class="silk" x="0" y="24" text-anchor="middle">${legend}</text>
    <rect class="part" x="-21" y="32" width="42" height="32" rx="3"/>
    <path class="d-line" d="M-21 38h-5M-21 58h-5M21 38h5M21 58h5"/>
    <circle class="boot-key" data-pressed=${pressed ? 'yes' : nothing} cx="0" cy="48" r="10"/>
    ${pressed ? svg`<path class="boot-finger" d="M-9 92V58a9 9 0 0 1 18 0v34"/><path class="boot-nail" d="M-4.5 60a4.5 4.5 0 0 1 9 0v3h-9Z"/>` : nothing}
  </g>`;
}

function picture({ boot, reset }: Step): TemplateResult {
  return html`<svg class="boot-art" viewBox="0 0 176 92" aria-hidden="true">
    <path class="pcb" d="M2 92V15a7 7 0 0 1 7-7h158a7 7 0 0 1 7 7v77" />
    ${button(52, 'EN', reset)} ${button(124, 'BOOT', boot)}
  </svg>`;
}

export function bootButtons(): TemplateResult {
  return html`<ol class="boot-steps">
    ${STEPS.map(
      (step, index) =>
        html`<li>
          ${picture(step)}
          <h3><span class="n">${index + 1}</span>${step.name}</h3>
          <p class="quiet">${step.words}</p>
        </li>`,
    )}
  </ol>`;
}
