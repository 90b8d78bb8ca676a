/**
 * The base of every element here: renders in light DOM, styled by the global sheet, with the hatch patterns at hand.
 *
 * Code may come after its element: what is defined late has no properties yet when it is connected, they arrive with the first update.
 * So whatever needs a property begins in `firstUpdated`, not in `connectedCallback`.
 */
import { LitElement } from 'lit';
import { ensurePatterns } from './patterns.ts';

export class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    ensurePatterns(this.ownerDocument);
  }
}
