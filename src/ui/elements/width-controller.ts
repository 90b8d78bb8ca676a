/** Tells a drawing how many pixels it has, so that it is drawn in pixels and its labels fit. Renders again when that changes. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

export class WidthController implements ReactiveController {
  /** Of the observed element's content box; a guess until it was laid out, which is before the first paint. */
  px: number;
  readonly #host: ReactiveControllerHost & Element;
  readonly #target: () => Element | null;
  #observed: Element | undefined;
  #observer: ResizeObserver | undefined;

  /** `target`: what to measure once it is rendered; the host itself by default. */
  constructor(host: ReactiveControllerHost & Element, options: { readonly target?: () => Element | null; readonly guessPx?: number } = {}) {
    this.#host = host;
    this.#target = options.target ?? (() => host);
    this.px = options.guessPx ?? 640;
    host.addController(this);
  }

  hostConnected(): void {
    this.#observer = new ResizeObserver((entries) => this.#measure(entries.at(-1)?.contentRect.width ?? 0));
    this.#follow();
  }

  hostUpdated(): void {
    this.#follow();
  }

  hostDisconnected(): void {
    this.#observer?.disconnect();
    this.#observed = undefined;
  }

  #follow(): void {
    const target = this.#target() ?? undefined;
    if (target === this.#observed) return;
    if (this.#observed) this.#observer?.unobserve(this.#observed);
    this.#observed = target;
    if (!target) return;
    this.#observer?.observe(target);
    // Observers sleep in a tab that nobody looks at; the first drawing should be right there too.
    queueMicrotask(() => this.#measure(target.clientWidth));
  }

  #measure(width: number): void {
    const px = Math.floor(width);
    // A hidden part measures 0: keep what was drawn.
    if (px <= 0 || px === this.px) return;
    this.px = px;
    this.#host.requestUpdate();
  }
}
