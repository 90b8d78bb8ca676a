/**
 * What had the focus may go with what it stood for: a key with its screen, a tick with its row. The browser lets the focus fall to the body then,
 * and whoever has no mouse starts from the top of the page. Here it goes on to the same control where that stands elsewhere now, or else to
 * where the host says.
 */
import type { ReactiveController } from 'lit';

export class KeptFocus implements ReactiveController {
  readonly #host: HTMLElement;
  readonly #next: () => HTMLElement | null;
  readonly #seen: MutationObserver;
  #last: Element | undefined;

  /** @param next takes the focus; what cannot have it by itself is made to */
  constructor(host: HTMLElement, next: () => HTMLElement | null) {
    this.#host = host;
    this.#next = next;
    this.#seen = new MutationObserver(() => this.#look());
  }

  hostConnected(): void {
    this.#seen.observe(this.#host, { childList: true, subtree: true });
  }

  hostDisconnected(): void {
    this.#seen.disconnect();
    this.#last = undefined;
  }

  /** What is rendered below the host follows from what the host is told. */
  hostUpdate(): void {
    const { activeElement } = document;
    this.#last = activeElement && this.#host.contains(activeElement) ? activeElement : undefined;
  }

  /** Whoever went elsewhere meanwhile stays there. */
  #look(): void {
    const last = this.#last;
    if (!last || last.isConnected) return;
    this.#last = undefined;
    if (document.activeElement !== null && document.activeElement !== document.body && !isDialog(document.activeElement)) return;
    const to = this.#same(last) ?? this.#next();
    if (to && to.tabIndex < 0) to.tabIndex = -1;
    to?.focus({ preventScroll: true });
  }

  #same(last: Element): HTMLElement | undefined {
    const name = last.getAttribute('aria-label');
    if (name === null) return undefined;
    const others = this.#host.querySelectorAll<HTMLElement>(`${last.localName}[aria-label]`);
    return [...others].find((other) => other.getAttribute('aria-label') === name);
  }
}

/** In a modal dialog it is the dialog that the focus falls to. */
const isDialog = (element: Element): boolean => element instanceof HTMLDialogElement;
