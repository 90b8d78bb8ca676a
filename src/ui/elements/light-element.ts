/** The base of every element here: renders in light DOM, styled by the global sheet, with the hatch patterns at hand. */
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
