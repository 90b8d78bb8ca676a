/** A problem that stopped an action with no place of its own on the page: said in a dialog, so that it is never missed. */
import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { isAbort, toProblem } from '../../app/errors.ts';
import type { Problem } from '../../app/model.ts';
import { copyText } from '../copy.ts';
import { icon, lamp } from '../elements/icons.ts';
import { wordsFor } from '../messages.ts';
import { problemReport } from '../problem-panel.ts';
import { Modal } from './modal.ts';

@customElement('ot-problem-dialog')
class ProblemDialog extends Modal<void> {
  @property({ attribute: false }) problem!: Problem;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('drop', this.#onDrop);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('drop', this.#onDrop);
  }

  /** Another file is the answer to most of what stands here. */
  readonly #onDrop = (): void => this.finish();

  protected override renderContent(): TemplateResult {
    const words = wordsFor(this.problem);
    return html`
      <div>
        <p class="facts">${lamp('stopped', 'Stopped')}</p>
        <h2 id=${this.headingId}>${words.title}</h2>
      </div>
      <p>${words.why}</p>
      <p>${words.next}</p>
      <p class="keys keys-end">
        <button class="link-key small" type="button" @click=${() => copyText(problemReport(this.problem), 'Report')}>
          ${icon('copy')}<span>Copy report <code>${this.problem.code}</code></span>
        </button>
        <button class="key key-go" type="button" autofocus @click=${() => this.finish()}>Close</button>
      </p>
    `;
  }
}

/** Shows what an action rejected with; an abort is nobody's problem. */
export async function showProblem(error: unknown): Promise<void> {
  if (isAbort(error)) return;
  const dialog = document.createElement('ot-problem-dialog');
  dialog.problem = toProblem(error);
  await dialog.ask();
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-problem-dialog': ProblemDialog;
  }
}
