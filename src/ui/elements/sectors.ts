/**
 * `<ot-sectors>`: the slot that is written, one cell per 4 KB sector, in address order. Cheap enough for 20 updates a second: four paths,
 * and of them only those change whose cells changed.
 *
 * Properties: `slotLabel`, `slotOffset`, `slotSize`, `imageSize`, `writtenBytes` (reported by the device), `activeBytes` (sent, not
 * answered), `ended`. ARIA: `role="img"`, its label counts the cells. No events.
 */
import { html, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { LightElement } from './light-element.ts';
import { formatAddress } from './measure.ts';
import { cellPath, countSectors, gridBox, gridColumns } from './sector-grid.ts';
import { slotLetter } from './slot-words.ts';
import { WidthController } from './width-controller.ts';

@customElement('ot-sectors')
class SectorsElement extends LightElement {
  @property() slotLabel = '';
  @property({ type: Number }) slotOffset = 0;
  @property({ type: Number }) slotSize = 0;
  @property({ type: Number }) imageSize = 0;
  @property({ type: Number }) writtenBytes = 0;
  @property({ type: Number }) activeBytes = 0;
  /** Nothing more will be written: what is missing stays missing. */
  @property({ type: Boolean }) ended = false;

  readonly #width = new WidthController(this, { guessPx: 1000 });

  protected override render(): TemplateResult {
    const { total, done, now, plan, free } = countSectors(this.slotSize, this.imageSize, this.writtenBytes, this.activeBytes);
    const columns = gridColumns(total, this.#width.px);
    const { width, height } = gridBox(total, columns);
    const image = done + now + plan;
    const words = `${this.slotLabel} in ${total} sectors of 4 KB: ${done} written, ${now} under way, ${plan} ${this.ended ? 'not written' : 'to come'}, ${free} stay empty`;
    const missing = this.ended ? 'missed' : 'plan';
    return html`<div class="tray" data-as=${plan + now === 0 ? 'run' : this.ended ? nothing : 'write'}>
        <p class="tray-head">
          <b class="tray-letter">${slotLetter(this.slotLabel)}</b> <span class="tray-name">${this.slotLabel}</span>
          <code class="tray-at">${formatAddress(this.slotOffset)}</code>
          <span class="tray-count"><span class="num">${done}</span> of <span class="num">${image}</span> sectors</span>
        </p>
        <svg class="sectors" viewBox="0 0 ${width} ${height}" role="img" aria-label=${words}>
          ${svg`<path class="sec" data-as="free" d=${cellPath(image, total, columns)} /><path class="sec" data-as=${missing} d=${cellPath(done + now, image, columns)} /><path class="sec" data-as="done" d=${cellPath(0, done, columns)} /><path class="sec" data-as="now" d=${cellPath(done, done + now, columns)} />`}
        </svg>
      </div>
      <ul class="legend">
        <li><span class="swatch" data-as="run"></span>written, answered</li>
        ${
          this.ended
            ? plan > 0
              ? html`<li><span class="swatch" data-as="missed"></span>not written</li>`
              : nothing
            : html`<li><span class="swatch" data-as="now"></span>under way</li>
                <li><span class="swatch" data-as="write"></span>will be written</li>`
        }
        <li><span class="swatch" data-as="free"></span>stays empty</li>
        <li>one cell is 4 KB</li>
      </ul>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-sectors': SectorsElement;
  }
}
