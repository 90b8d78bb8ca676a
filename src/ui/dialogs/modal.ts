/**
 * A question that must be answered first: a native modal dialog that gives one answer and goes. The browser keeps the focus inside,
 * closes on Escape, and puts the focus back where it was. A question belongs to the page that asked it: when the address changes, it goes
 * unanswered, and nothing that it would have started starts.
 */
import { html, type TemplateResult } from 'lit';
import { LightElement } from '../elements/light-element.ts';

let headings = 0;

export abstract class Modal<Answer> extends LightElement {
  protected readonly headingId = `modal-heading-${(headings += 1)}`;
  #answer: Answer | undefined;
  #resolve: (answer: Answer | undefined) => void = () => undefined;
  /** The address that the question was asked at. */
  #askedAt = '';

  /** Shows the dialog; resolves with the answer, or with `undefined` when it was dismissed or stands there already (a double click). */
  async ask(): Promise<Answer | undefined> {
    if (document.querySelector(this.localName)) return undefined;
    this.#askedAt = location.href;
    document.body.append(this);
    addEventListener('hashchange', this.#onRoute);
    await this.updateComplete;
    const closed = new Promise<Answer | undefined>((resolve) => (this.#resolve = resolve));
    this.querySelector('dialog')?.showModal();
    return closed;
  }

  /** Asked in the same breath as a change of address (“go there and ask”), it hears of that change late and stays. */
  readonly #onRoute = (): void => {
    if (location.href !== this.#askedAt) this.finish();
  };

  protected finish(answer?: Answer): void {
    this.#answer = answer;
    this.querySelector('dialog')?.close();
    // The browser says `close` with its next frame, which a page in the background does not get.
    this.#leave();
  }

  /** What stands in the dialog; its heading carries `id=${this.headingId}`. */
  protected abstract renderContent(): TemplateResult;

  /** Twice is as good as once: first from `finish`, then from the browser. */
  readonly #leave = (): void => {
    removeEventListener('hashchange', this.#onRoute);
    this.remove();
    this.#resolve(this.#answer);
  };

  override render() {
    return html`<dialog class="dialog" aria-labelledby=${this.headingId} @close=${this.#leave}>${this.renderContent()}</dialog>`;
  }
}
