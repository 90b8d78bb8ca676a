/**
 * One line about the newest update of a device, with the way to its page: the job of this tab, the work of another tab, or an attempt
 * that ended with the tab that made it.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { HistoryEntry, UpdateJobState } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import { ELSEWHERE_WORDS, interruptedWords, lastAttempt } from '../../attempt-words.ts';
import { Observe } from '../../controllers/observe.ts';
import { lamp, type LampState } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { formatMoment } from '../../format.ts';
import { JOB_LAMPS, firmwareWord, jobHeadline, shortJobWords } from '../../job-words.ts';
import { linkTo } from '../../router.ts';

@customElement('ot-job-strip')
export class JobStrip extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property() deviceId = '';
  @property({ attribute: false }) job: UpdateJobState | undefined;
  @state() private attempt: HistoryEntry | undefined;

  readonly #version = new Observe(this, () => this.services.devices.historyVersion);
  readonly #elsewhere = new Observe(this, () => this.services.updates.elsewhere);
  #read = '';

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const wanted = `${this.deviceId} ${this.#version.value}`;
    if (wanted === this.#read) return;
    this.#read = wanted;
    void this.services.devices.history(this.deviceId).then(
      (entries) => wanted === this.#read && (this.attempt = lastAttempt(entries)),
      () => undefined,
    );
  }

  override render() {
    const { job, attempt } = this;
    if (job?.outcome === 'running') return this.#line(JOB_LAMPS.running, shortJobWords(job), jobHeadline(job), 'Watch it');
    if (this.#elsewhere.value?.has(this.deviceId)) return this.#line('busy', 'Busy', ELSEWHERE_WORDS, 'What it is');
    if (attempt?.outcome === 'interrupted') {
      const { title, words } = interruptedWords(attempt);
      return this.#line('stopped', 'Interrupted', `${title}. ${words}`, 'What to do');
    }
    return job ? this.#line(JOB_LAMPS[job.outcome], shortJobWords(job), endedWords(job), 'How it went') : nothing;
  }

  #line(light: LampState, word: string, words: string, way: string): TemplateResult {
    return html`<section class="job-strip" aria-label="Newest update">
      ${lamp(light, word)}<span>${words}</span>
      <a class="small" href=${linkTo({ view: 'job', id: this.deviceId })}>${way}</a>
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
