/** Lit and `app/observable.ts`: an element renders again when the value that it reads changes. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Observable } from '../../app/observable.ts';

/**
 * `#records = new Observe(this, () => this.services.library.records)`, then `this.#records.value` in `render()`.
 * The source is looked up before each render, so it may depend on properties.
 */
export class Observe<T> implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #source: () => Observable<T> | undefined;
  #current: Observable<T> | undefined;
  #end: (() => void) | undefined;
  /** Properties of an element that was defined late arrive with its first update, after it was connected. */
  #isReady = false;

  constructor(host: ReactiveControllerHost, source: () => Observable<T> | undefined) {
    this.#host = host;
    this.#source = source;
    host.addController(this);
  }

  get value(): T | undefined {
    return this.#source()?.value;
  }

  hostConnected(): void {
    if (!this.#isReady) return;
    this.#follow();
    // What changed while it was away was not heard.
    this.#host.requestUpdate();
  }

  hostUpdate(): void {
    this.#isReady = true;
    this.#follow();
  }

  hostDisconnected(): void {
    this.#end?.();
    this.#end = this.#current = undefined;
  }

  #follow(): void {
    const source = this.#source();
    if (source === this.#current) return;
    this.#end?.();
    this.#current = source;
    this.#end = source?.subscribe(() => this.#host.requestUpdate());
  }
}
