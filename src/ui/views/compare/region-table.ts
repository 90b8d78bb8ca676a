/** How much each memory grows or shrinks, in figures and as bars on one scale. A template. */
import { html, svg, type TemplateResult } from 'lit';
import type { RegionChange } from '../../../core/image/compare-segments.ts';

const KB = 1024;
const kilobytes = (bytes: number): string => (bytes / KB).toFixed(1);
/** With a real minus, as figures are set. */
const signed = (bytes: number): string => `${bytes < 0 ? '−' : bytes > 0 ? '+' : ''}${kilobytes(Math.abs(bytes))}`;

export function regionTable(changes: readonly RegionChange[], nameA: string, nameB: string): TemplateResult {
  const largest = Math.max(1, ...changes.map(({ delta }) => Math.abs(delta)));
  return html`<table class="segs cmp">
    <thead>
      <tr>
        <th scope="col">Memory</th>
        <th scope="col" class="r">${nameA}</th>
        <th scope="col" class="r">${nameB}</th>
        <th scope="col" class="r">Change</th>
        <th scope="col"><span class="vh">Drawn</span></th>
      </tr>
    </thead>
    <tbody>
      ${changes.map(
        ({ region, before, after, delta }) =>
          html`<tr>
            <td>${region}</td>
            <td class="r">${kilobytes(before)}</td>
            <td class="r">${kilobytes(after)}</td>
            <td class="r">${signed(delta)}</td>
            <td class="diff-cell">${bar(delta, largest)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function bar(delta: number, largest: number): TemplateResult {
  const half = (Math.abs(delta) / largest) * 48;
  return html`<svg class="diff" width="100%" height="16" aria-hidden="true">
    <line class="diff-zero" x1="50%" x2="50%" y1="0" y2="16" />
    ${svg`<rect class="diff-bar" data-dir=${delta < 0 ? 'down' : 'up'} x=${`${delta < 0 ? 50 - half : 50}%`} y="3" width=${`${half}%`} height="10" />`}
  </svg>`;
}
