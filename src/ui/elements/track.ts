/**
 * `<ot-track>`: the stages of an update as a canal with gates. A gate opens when its stage is proven; the drop stands at bytes ÷ total
 * within its stage and moves only when the device reported something. There is no overall percentage.
 *
 * Properties: `stages`, `notes` (one short text per stage: bytes, time left, what is waited for), `names` and `weights` (by stage; those
 * of an update over the air by default).
 * ARIA: a list; each item says its state in words, the present one has `aria-current="step"`. No events: announcing stage changes is the
 * live region's work.
 */
import { html, nothing, svg, type PropertyValues, type SVGTemplateResult, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { StageState, UpdateStage } from '../../app/model.ts';
import { STAGE_NAMES } from '../job-words.ts';
import { icon } from './icons.ts';
import { LightElement } from './light-element.ts';

/** A stage of any job. `skipped`: it turned out that there was nothing to do. `stopped`: by a person, which is no failure. */
interface TrackStage {
  readonly stage: string;
  readonly status: StageState['status'] | 'skipped' | 'stopped';
  readonly done: number;
  readonly total: number;
}

const STATUS = {
  waiting: { state: 'next', words: 'to come' },
  active: { state: 'now', words: 'under way' },
  done: { state: 'done', words: 'done' },
  failed: { state: 'failed', words: 'failed' },
  stopped: { state: 'stopped', words: 'stopped' },
  skipped: { state: 'done', words: 'not needed' },
} as const satisfies Record<TrackStage['status'], { state: string; words: string }>;

/** Shares of the canal, by how long a stage usually takes. */
const WEIGHTS = { check: 1, erase: 2, write: 5, verify: 2, restart: 1, confirm: 2 } as const satisfies Record<UpdateStage, number>;

export type StageNotes = Partial<Readonly<Record<UpdateStage, string>>>;

@customElement('ot-track')
class TrackElement extends LightElement {
  @property({ attribute: false }) stages: readonly TrackStage[] = [];
  @property({ attribute: false }) notes: Readonly<Record<string, string | undefined>> = {};
  @property({ attribute: false }) names: Readonly<Record<string, string>> = STAGE_NAMES;
  @property({ attribute: false }) weights: Readonly<Record<string, number>> = WEIGHTS;

  protected override render(): TemplateResult {
    return html`<ol class="track">
      ${this.stages.map((stage, index) => this.#stage(stage, index === this.stages.length - 1))}
    </ol>`;
  }

  /** The page's policy forbids style attributes; the CSSOM may set the length that moves, and the share of each stage (`usb.css` uses it). */
  protected override updated(_changed: PropertyValues): void {
    const items = this.querySelectorAll<HTMLElement>('.track > li');
    this.stages.forEach((stage, index) => {
      items[index]?.style.setProperty('--done', `${stageShare(stage) * 100}%`);
      items[index]?.style.setProperty('--share', String(this.weights[stage.stage] ?? 1));
    });
  }

  #stage(stage: TrackStage, last: boolean): TemplateResult {
    const { state, words } = STATUS[stage.status];
    const moving = state === 'now' || state === 'failed' || state === 'stopped';
    const note = this.notes[stage.stage] ?? '';
    return html`<li data-state=${state} data-weight=${this.weights[stage.stage] ?? 1} aria-current=${state === 'now' ? 'step' : nothing}>
      <div class="canal-bed">
        <svg class="canal" width="100%" height="44" aria-hidden="true">
          <rect class="bed" y="16" width="100%" height="12" />
          ${state === 'next' ? nothing : svg`<rect class="flow" y="16" height="12" />`}
          <line class="bank" x1="0" x2="100%" y1="15.5" y2="15.5" />
          <line class="bank" x1="0" x2="100%" y1="28.5" y2="28.5" />
          ${last ? nothing : gate(state === 'done')}
        </svg>
        ${moving ? drop(state === 'failed') : nothing}
      </div>
      <p class="track-name">
        ${state === 'done' ? icon('check') : state === 'failed' ? icon('cross') : nothing}${this.names[stage.stage] ?? stage.stage}<span
          class="vh"
          >, ${words}</span
        >
      </p>
      <p class="track-note">${note || '\u00a0'}</p>
    </li>`;
  }
}

/** 0 … 1 of a stage. A stage that reports no bytes stands at its start until it is proven. */
export function stageShare(stage: TrackStage): number {
  if (stage.status === 'done' || stage.status === 'skipped') return 1;
  if (stage.status === 'waiting' || stage.total <= 0) return 0;
  return Math.min(1, Math.max(0, stage.done / stage.total));
}

/** Two leaves: swung open along the banks, or closed against the stream. */
function gate(open: boolean): SVGTemplateResult {
  return svg`<svg x="100%" width="1" height="44"><path class="gate" d=${open ? 'M0 10h-12M0 34h-12' : 'M-8 13 0 22l-8 9'} /></svg>`;
}

function drop(failed: boolean): TemplateResult {
  return html`<div class="drop-carrier" aria-hidden="true">
    <svg class="drop-at" width="1" height="44">
      <path class="drop-mark" d="M-22 22C-10 19-6 9 4 9a13 13 0 0 1 0 26C-6 35-10 25-22 22Z" />
      <path class="drop-bits" d=${failed ? 'm0 18 8 8m0-8-8 8' : 'M4 14.5a7.5 7.5 0 0 1 7.5 7.5'} />
    </svg>
  </div>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-track': TrackElement;
  }
}
