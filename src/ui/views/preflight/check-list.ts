/** The checks of a firmware against a device, each with its verdict in shape and word. Templates only. */
import { html, type TemplateResult } from 'lit';
import type { CheckVerdict, Preflight, PreflightCheck } from '../../../app/model.ts';
import { icon, type IconName } from '../../elements/icons.ts';
import { formatBytes } from '../../format.ts';
import { CHECK_NAMES, checkSentence, countVerdicts } from '../../preflight-words.ts';

const VERDICTS = {
  pass: { icon: 'check', word: 'pass' },
  note: { icon: 'info', word: 'note' },
  warn: { icon: 'caution', word: 'to look at' },
  block: { icon: 'cross', word: 'fail' },
} as const satisfies Record<CheckVerdict, { icon: IconName; word: string }>;

const SUMMARY = {
  go: { icon: 'check', class: 'verdict' },
  force: { icon: 'caution', class: 'verdict verdict-look' },
  blocked: { icon: 'cross', class: 'verdict verdict-fail' },
} as const satisfies Record<Preflight['decision'], { icon: IconName; class: string }>;

/** What the file itself brings to the comparison. */
function ownValue({ id, facts }: PreflightCheck): string {
  switch (id) {
    case 'chip':
      return String(facts.image ?? '');
    case 'size':
      return facts.size === undefined ? '' : formatBytes(Number(facts.size));
    case 'project':
      return String(facts.project ?? facts.image ?? '');
    case 'version':
      return String(facts.to ?? '');
    default:
      return '';
  }
}

/** The sentence with that value standing out, where it is in it. */
function emphasised(check: PreflightCheck): TemplateResult | string {
  const sentence = checkSentence(check);
  const value = ownValue(check);
  const at = value === '' ? -1 : sentence.indexOf(value);
  if (at === -1) return sentence;
  return html`${sentence.slice(0, at)}<b>${value}</b>${sentence.slice(at + value.length)}`;
}

export function checkSheet(preflight: Preflight, deviceName: string): TemplateResult {
  const summary = SUMMARY[preflight.decision];
  return html`<section class="sheet" aria-labelledby="held">
    <div class="row-head">
      <h2 id="held">Held against ${deviceName}</h2>
      <p class=${summary.class}>${icon(summary.icon)}${countVerdicts(preflight.checks)}</p>
    </div>
    <dl class="checks rows">
      ${preflight.checks.map((check) => {
        const verdict = VERDICTS[check.verdict];
        return html`<div class="check" data-verdict=${check.verdict}>
          ${icon(verdict.icon)}
          <dt>${CHECK_NAMES[check.id]}<span class="vh">: ${verdict.word}</span></dt>
          <dd>${emphasised(check)}</dd>
        </div>`;
      })}
    </dl>
  </section>`;
}
