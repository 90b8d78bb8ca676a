/** What of a plan is doubtful, and the word of the person that it takes: as for an update over the air. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { FlashPlan } from '../../../core/bundle/plan-model.ts';
import { planProblemWords } from '../../plan-words.ts';

const doubtsOf = ({ problems }: FlashPlan) => problems.filter(({ severity }) => severity === 'warn');

/** Another plan, other doubts: a word that was given for these says nothing of those. */
export const doubtsKey = (plan: FlashPlan): string => JSON.stringify(doubtsOf(plan));

export const needsWord = (plan: FlashPlan): boolean => doubtsOf(plan).length > 0;

export function wordFor(plan: FlashPlan, isGiven: boolean, give: (isGiven: boolean) => void): TemplateResult {
  const titles = doubtsOf(plan).map((problem) => planProblemWords(problem).title);
  return html`<p>
      <label class="tick">
        <input type="checkbox" .checked=${isGiven} @change=${(event: Event) => give((event.target as HTMLInputElement).checked)} />
        <span>Write it all the same. ${titles.join('. ')}.</span>
      </label>
    </p>
    ${isGiven ? nothing : html`<p class="quiet" id="write-refusal">Tick the box if you mean it.</p>`}`;
}
