/** One line about the newest update of a device, with the way to its page. */
import { html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { UpdateJobState } from '../../../app/model.ts';
import { lamp } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { formatMoment } from '../../format.ts';
import { JOB_LAMPS, firmwareWord, jobHeadline, shortJobWords } from '../../job-words.ts';
import { linkTo } from '../../router.ts';

@customElement('ot-job-strip')
export class JobStrip extends LightElement {
  @property({ attribute: false }) job: UpdateJobState | undefined;

  override render() {
    const { job } = this;
    if (!job) return nothing;
    const isRunning = job.outcome === 'running';
    return html`<section class="job-strip" aria-label="Newest update">
      ${lamp(JOB_LAMPS[job.outcome], shortJobWords(job))}<span>${isRunning ? jobHeadline(job) : endedWords(job)}</span>
      <a class="small" href=${linkTo({ view: 'job', id: job.deviceId })}>${isRunning ? 'Watch it' : 'How it went'}</a>
    </section>`;
  }
}

/** What ended says what it was, not what runs: the device may have moved on since. */
function endedWords(job: UpdateJobState): string {
  const when = job.endedAt === undefined ? '' : `, ${formatMoment(job.endedAt)}`;
  return `Last update: ${job.fromVersion || 'what ran'} to ${firmwareWord(job)}${when}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-job-strip': JobStrip;
  }
}
