/** An error where it happened: what, why, what to do next, and its code to quote. A template; whoever shows it decides how it is announced. */
import { html, type TemplateResult } from 'lit';
import { toProblem } from '../app/errors.ts';
import { icon } from './elements/icons.ts';
import { wordsFor } from './messages.ts';

export function errorLines(error: unknown): TemplateResult {
  const problem = toProblem(error);
  const { title, why, next } = wordsFor(problem);
  return html`<div class="fault">
    ${icon('cross')}
    <p><b>${title}.</b> ${why} ${next} <code class="fault-code">${problem.code}</code></p>
  </div>`;
}
