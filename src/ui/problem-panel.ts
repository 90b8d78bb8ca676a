/** A problem on its own sheet: what happened, why, what to do next, and a report that can be copied. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Problem } from '../app/model.ts';
import { copyText } from './copy.ts';
import { icon } from './elements/icons.ts';
import { LightElement } from './elements/light-element.ts';
import { wordsFor } from './messages.ts';
import { isBlockedByBrowser, ownPageKey } from './own-page.ts';

/** What goes to the clipboard: everything that is known, one fact per line. */
export function problemReport(problem: Problem, facts: Readonly<Record<string, string>> = {}): string {
  const details = Object.entries(problem.details).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const lines = Object.entries(facts).map(([name, value]) => `${name}: ${value}`);
  return [`code: ${problem.code}`, `message: ${problem.message}`, ...details, ...lines].join('\n');
}

@customElement('ot-problem')
class ProblemPanel extends LightElement {
  @property({ attribute: false }) problem: Problem | undefined;
  /** Goes into the copied report beside the problem's own details. */
  @property({ attribute: false }) facts: Readonly<Record<string, string>> = {};
  /** `page`: the heading of the page already says what happened. */
  @property() place: 'page' | 'part' = 'part';
  /** Address of the device, when it has a page of its own: offered when the browser stands between. */
  @property() ownPage = '';
  /** Keys under the words. */
  @property({ attribute: false }) keys: TemplateResult | typeof nothing = nothing;

  override render() {
    const { problem } = this;
    if (!problem) return nothing;
    const words = wordsFor(problem);
    return html`<section class="sheet problem" role=${this.place === 'part' ? 'alert' : nothing} aria-label="What happened">
      <div class="story">
        <div>
          <h2>What happened</h2>
          <p>${this.place === 'part' ? html`${icon('cross', 'inline')} ` : nothing}${words.title}.</p>
        </div>
        <div>
          <h2>Why</h2>
          <p>${words.why}</p>
        </div>
        <div>
          <h2>What to do next</h2>
          <p>${words.next}</p>
        </div>
      </div>
      <div class="keys">
        ${this.keys} ${this.ownPage && isBlockedByBrowser(problem) ? ownPageKey(this.ownPage) : nothing}
        <button class="link-key small" type="button" @click=${() => copyText(problemReport(problem, this.facts), 'Report')}>
          ${icon('copy')}<span>Copy report <code>${problem.code}</code></span>
        </button>
      </div>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-problem': ProblemPanel;
  }
}
