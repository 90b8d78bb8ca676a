/**
 * One line about what was done to a device last, with the way to its page: the job of this tab or its change of slots by hand, the work of
 * another tab, or an attempt that ended with the tab that made it.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { DeviceState, HistoryEntry, UpdateJobState } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import { ELSEWHERE_WORDS, interruptedWords, lastAttempt, switchEndWords } from '../../attempt-words.ts';
import { Observe } from '../../controllers/observe.ts';
import { switchWords } from '../../device-actions.ts';
import { lamp, type LampState } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { formatMoment } from '../../format.ts';
import { JOB_LAMPS, isOver, jobHeadline, shortJobWords, versionsOf } from '../../job-words.ts';
import { linkTo } from '../../router.ts';

@customElement('ot-job-strip')
class JobStrip extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) device!: DeviceState;
  @property({ attribute: false }) job: UpdateJobState | undefined;
  @state() private attempt: HistoryEntry | undefined;

  readonly #version = new Observe(this, () => this.services.devices.historyVersion);
  readonly #elsewhere = new Observe(this, () => this.services.updates.elsewhere);
  #read = '';

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const { id } = this.device.record;
    const wanted = `${id} ${this.#version.value}`;
    if (wanted === this.#read) return;
    this.#read = wanted;
    void this.services.devices.history(id).then(
      (entries) => wanted === this.#read && (this.attempt = lastAttempt(entries)),
      () => undefined,
    );
  }

  override render() {
    const { job, attempt } = this;
    const { slotSwitch, record } = this.device;
    if (job?.outcome === 'running') return this.#line(JOB_LAMPS.running, shortJobWords(job), jobHeadline(job), 'Watch it');
    if (slotSwitch?.outcome === 'running') return this.#line('busy', 'Under way', `${switchWords(slotSwitch)}…`);
    if (this.#elsewhere.value?.has(record.id)) return this.#line('busy', 'Busy', ELSEWHERE_WORDS, 'What it is');
    if (attempt?.outcome === 'interrupted') {
      const { title, words } = interruptedWords(attempt);
      return this.#line('stopped', 'Interrupted', `${title}. ${words}`, 'What to do');
    }
    if (slotSwitch && isOver(job, slotSwitch)) {
      const { lamp: light, word, words } = switchEndWords(slotSwitch);
      return this.#line(light, word, words);
    }
    return job ? this.#line(JOB_LAMPS[job.outcome], shortJobWords(job), endedWords(job), 'How it went') : nothing;
  }

  #line(light: LampState, word: string, words: string, way?: string): TemplateResult {
    return html`<section class="job-strip" aria-label="Newest update">
      ${lamp(light, word)}<span>${words}</span>
      ${way ? html`<a class="small" href=${linkTo({ view: 'job', id: this.device.record.id })}>${way}</a>` : nothing}
    </section>`;
  }
}

/** What ended says what it was, not what runs: the device may have moved on since. */
function endedWords(job: UpdateJobState): string {
  const when = job.endedAt === undefined ? '' : `, ${formatMoment(job.endedAt)}`;
  const { from, to } = versionsOf(job);
  return `Last update: ${from} to ${to}${when}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-job-strip': JobStrip;
  }
}
