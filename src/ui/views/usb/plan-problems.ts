/** What the checks of a plan found, each with its remedy, and a key where a choice can mend it. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { UsbSession } from '../../../app/usb/services.ts';
import type { FlashPlan, PlanChoices, PlanProblem } from '../../../core/bundle/plan-model.ts';
import { icon, type IconName } from '../../elements/icons.ts';
import { planProblemWords } from '../../plan-words.ts';

const SEVERITY = {
  block: { icon: 'cross', word: 'stops it' },
  warn: { icon: 'caution', word: 'look first' },
  note: { icon: 'info', word: 'to know' },
} as const satisfies Record<PlanProblem['severity'], { icon: IconName; word: string }>;

/** What stops it first, then what wants a look. */
export function planProblems(session: UsbSession, plan: FlashPlan): TemplateResult | typeof nothing {
  const { problems } = plan;
  if (problems.length === 0) return nothing;
  const order = ['block', 'warn', 'note'];
  const sorted = problems.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return html`<section class="sheet" aria-labelledby="plan-problems">
    <h2 id="plan-problems">Before you write</h2>
    <dl class="checks rows plan-problems">
      ${sorted.map((problem) => {
        const words = planProblemWords(problem);
        const { icon: name, word } = SEVERITY[problem.severity];
        return html`<div class="check" data-verdict=${problem.severity}>
          ${icon(name)}
          <dt>${words.title}<span class="vh">, ${word}</span></dt>
          <dd>${words.why} <b>${words.remedy}</b> ${cures({ session, plan, problem })}</dd>
        </div>`;
      })}
    </dl>
  </section>`;
}

interface Cure {
  readonly session: UsbSession;
  readonly plan: FlashPlan;
  readonly problem: PlanProblem;
}

/** What a choice can mend, one key each. */
function cures({ session, plan, problem: { code, facts } }: Cure): TemplateResult | typeof nothing {
  if (code === 'UNTRUSTED_APPLICATION' || code === 'RELEASE_UNFIT') return lookAgain(session);
  if (code !== 'OTADATA_SELECTS_OTHER') return nothing;
  const { starts, startsSize, written, resetStarts } = facts;
  const fits = plan.writes.every(({ role, length }) => role !== 'app' || length <= Number(startsSize));
  const cure = (label: string, change: PlanChoices): TemplateResult =>
    html`<button class="key key-small" type="button" @click=${() => session.choose({ ...session.state.value.choices, ...change })}>
      ${label}
    </button>`;
  return html`<p class="keys">
    ${fits ? cure(`Write it to ${starts} instead`, { appSlot: String(starts) }) : nothing}
    ${resetStarts === written ? cure(`Let ${written} start again`, { resetOtadata: true }) : nothing}
  </p>`;
}

/** It may have been signed, its key trusted, or its set read again, on another page. */
function lookAgain(session: UsbSession): TemplateResult {
  return html`<p class="keys">
    <button class="key key-small" type="button" @click=${() => session.choose({ ...session.state.value.choices })}>Look again</button>
  </p>`;
}
