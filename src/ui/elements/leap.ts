/**
 * `<ot-leap>`: old → new as large as it matters, with the drop between them: whole when confirmed, hollow while nobody confirmed it, turned
 * round when the device went back.
 *
 * Properties: `from`, `to`, `outcome`. ARIA: one image, "from 1.0.0 to 1.1.0, confirmed". No events.
 */
import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { LightElement } from './light-element.ts';

export type LeapOutcome = 'confirmed' | 'unconfirmed' | 'rolled-back' | 'failed';

const WORDS = {
  confirmed: 'confirmed',
  unconfirmed: 'unconfirmed',
  'rolled-back': 'rolled back',
  failed: 'not installed',
} as const satisfies Record<LeapOutcome, string>;
const MARKS = {
  confirmed: 'm88 22 4 4 8-8',
  unconfirmed: 'M94 14.5v8.5M94 28.5v.1',
  'rolled-back': 'M89 20h8a4 4 0 0 1 0 8h-4M89 20l4-4M89 20l4 4',
  failed: 'm89 17 10 10m0-10-10 10',
} as const satisfies Record<LeapOutcome, string>;

@customElement('ot-leap')
class LeapElement extends LightElement {
  @property() from = '';
  @property() to = '';
  @property() outcome: LeapOutcome = 'confirmed';

  protected override render(): TemplateResult {
    return html`<p
      class="leap"
      role="img"
      data-outcome=${this.outcome}
      aria-label="from ${this.from || 'an unknown version'} to ${this.to}, ${WORDS[this.outcome]}"
    >
      <span class="was">${this.from || '?'}</span>
      <span class="leap-to"
        ><svg viewBox="0 0 112 44" aria-hidden="true">
          <path class="bank" d="M0 15.5H78M0 28.5H78" />
          <rect class="flow-mark" y="16" width="78" height="12" />
          <path class="drop-mark" d="M66 22C78 19 84 7 94 7a15 15 0 0 1 0 30C84 37 78 25 66 22Z" />
          <path class="drop-bits" d=${MARKS[this.outcome]} /></svg
        ><span class="is">${this.to}</span></span
      >
    </p>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-leap': LeapElement;
  }
}
