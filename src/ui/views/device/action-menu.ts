/** The “more” key of a device and its menu (ARIA APG menu button): arrows move, Escape and a click elsewhere close, focus returns to the key. */
import { html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { icon, type IconName } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';

export interface MenuItem {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  readonly isDestructive?: boolean | undefined;
  /** Why it cannot be chosen now. */
  readonly refusal?: string | undefined;
  readonly run: () => void;
}

@customElement('ot-action-menu')
class ActionMenu extends LightElement {
  @property({ attribute: false }) items: readonly MenuItem[] = [];
  @property() label = 'More actions';
  @state() private isOpen = false;
  #focusAfterOpening: 'first' | 'last' = 'first';

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('pointerdown', this.#onPointerAnywhere);
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('isOpen')) return;
    if (!this.isOpen) {
      document.removeEventListener('pointerdown', this.#onPointerAnywhere);
      return;
    }
    document.addEventListener('pointerdown', this.#onPointerAnywhere);
    this.#entries()
      .at(this.#focusAfterOpening === 'first' ? 0 : -1)
      ?.focus();
  }

  readonly #onPointerAnywhere = (event: PointerEvent): void => {
    if (!event.composedPath().includes(this)) this.isOpen = false;
  };

  #entries(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>('[role=menuitem]')];
  }

  #open(at: 'first' | 'last'): void {
    this.#focusAfterOpening = at;
    this.isOpen = true;
  }

  #close(): void {
    this.isOpen = false;
    this.querySelector('button')?.focus();
  }

  #onKeyAtButton(event: KeyboardEvent): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    this.#open(event.key === 'ArrowDown' ? 'first' : 'last');
  }

  #onKeyInMenu(event: KeyboardEvent): void {
    const entries = this.#entries();
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const count = entries.length;
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: (at + 1) % count,
      ArrowUp: (at - 1 + count) % count,
      Home: 0,
      End: count - 1,
    };
    if (event.key === 'Escape') {
      event.preventDefault();
      this.#close();
    } else if (event.key === 'Tab') {
      this.isOpen = false;
    } else if (Object.hasOwn(targets, event.key)) {
      event.preventDefault();
      entries[targets[event.key]!]?.focus();
    }
  }

  #choose(item: MenuItem): void {
    if (item.refusal !== undefined) return;
    // Focus goes back first, so that a dialog opened by the action returns it to the key.
    this.#close();
    item.run();
  }

  override render() {
    return html`<div class="menu-anchor">
      <button
        class="key"
        type="button"
        aria-label=${this.label}
        aria-haspopup="menu"
        aria-expanded=${this.isOpen}
        @click=${() => (this.isOpen ? this.#close() : this.#open('first'))}
        @keydown=${this.#onKeyAtButton}
      >
        ${icon('more')}
      </button>
      ${
        this.isOpen
          ? html`<ul class="menu" role="menu" aria-label=${this.label} @keydown=${this.#onKeyInMenu}>
              ${this.items.map(
                (item) =>
                  html`<li role="none">
                    <button
                      class=${item.isDestructive ? 'menu-item menu-stop' : 'menu-item'}
                      type="button"
                      role="menuitem"
                      tabindex="-1"
                      aria-disabled=${item.refusal === undefined ? nothing : 'true'}
                      @click=${() => this.#choose(item)}
                    >
                      ${icon(item.icon)}<span>${item.label}${item.refusal ? html`<small>${item.refusal}</small>` : nothing}</span>
                    </button>
                  </li>`,
              )}
            </ul>`
          : nothing
      }
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-action-menu': ActionMenu;
  }
}
