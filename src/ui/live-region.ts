/**
 * The one polite live region of the page: stage changes and results, never bytes.
 * What happens inside a modal dialog is announced inside it, because the page behind it is inert.
 */
import { LitElement, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';

/** There is one per shell; tests may have several pages' worth. */
const regions = new Set<LiveRegion>();

/** Says `message` to assistive technology; a message that repeats the last one is said again. */
export function announce(message: string): void {
  for (const region of regions) region.say(message);
}

@customElement('ot-live-region')
class LiveRegion extends LitElement {
  @state() private message = '';
  #again = false;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    regions.add(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    regions.delete(this);
  }

  say(message: string): void {
    // The same text twice is no change to a screen reader: a trailing no-break space makes it one.
    this.#again = message === this.message.trimEnd() && !this.#again;
    this.message = this.#again ? `${message}\u00a0` : message;
  }

  override render() {
    return html`<p class="vh" role="status" aria-live="polite">${this.message}</p>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-live-region': LiveRegion;
  }
}
