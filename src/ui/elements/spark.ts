/**
 * `<ot-spark>`: a small trace beside a reading; a dashed line marks a threshold.
 *
 * Properties: `values` (oldest first), `threshold`, `floor` (lowest value of the scale), `at` (places 0 … 1 when not evenly spaced),
 * `label`. ARIA: with a `label` an image; without one hidden, because the reading beside it says the number. No events.
 */
import { html, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { LightElement } from './light-element.ts';
import { FIELD_HEIGHT, FIELD_WIDTH, trace } from './spark-path.ts';

@customElement('ot-spark')
class SparkElement extends LightElement {
  @property({ attribute: false }) values: readonly number[] = [];
  @property({ type: Number }) threshold: number | undefined;
  @property({ type: Number }) floor: number | undefined;
  @property({ attribute: false }) at: readonly number[] | undefined;
  @property() label = '';

  protected override render(): TemplateResult {
    const drawn = trace(this.values, { threshold: this.threshold, floor: this.floor, ...(this.at && { at: this.at }) });
    return html`<svg
      class="spark"
      viewBox="0 0 ${FIELD_WIDTH} ${FIELD_HEIGHT}"
      preserveAspectRatio="none"
      role=${this.label ? 'img' : nothing}
      aria-label=${this.label || nothing}
      aria-hidden=${this.label ? nothing : 'true'}
    >
      ${
        drawn
          ? svg`<path class="spark-fill" d=${drawn.area} />${drawn.thresholdY === undefined ? nothing : svg`<path class="spark-base" d="M0 ${drawn.thresholdY}H${FIELD_WIDTH}" />`}<path d=${drawn.line} />`
          : svg`<path class="spark-base" d="M0 ${FIELD_HEIGHT / 2}H${FIELD_WIDTH}" />`
      }
    </svg>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-spark': SparkElement;
  }
}
