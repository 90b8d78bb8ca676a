/**
 * `<ot-history>`: what was in which slot, newest first, as lanes with the automatic way back drawn.
 *
 * Properties: `entries`, `slotLabels` (lanes to draw even when nothing happened in them), `running` (label of
 * the slot that runs by the word of the device: nothing else is said to run), `rollbackSlot` (label of the slot that the device
 * may change to; its newest image gets the key), `rollbackWords` (what that key says), `inLibrary` (SHA-256s that can be installed again; all when absent), `busy` (no keys
 * while the device is written).
 * Events: `ot-reinstall` (`event.sha256`), `ot-rollback` (`event.slot`). ARIA: an ordered list in words; the lanes are decoration.
 */
import { html, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { HistoryEntry } from '../../app/model.ts';
import { compareVersions } from '../../core/ota/version.ts';
import { formatMoment, shortName } from '../format.ts';
import { ReinstallEvent, RollbackEvent } from './history-events.ts';
import { historyLanes, LANE_PITCH, laneX, rowPaths, type KnotMark, type LaneDrawing, type LaneRow } from './history-lanes.ts';
import { cableWords, codeWords } from './history-words.ts';
import { releaseWords } from '../release-words.ts';
import { hash, icon, versionTag } from './icons.ts';
import { LightElement } from './light-element.ts';
import { slotLetter } from './slot-words.ts';

@customElement('ot-history')
class HistoryElement extends LightElement {
  @property({ attribute: false }) entries: readonly HistoryEntry[] = [];
  @property({ attribute: false }) slotLabels: readonly string[] = [];
  @property() running: string | undefined;
  @property() rollbackSlot: string | undefined;
  @property() rollbackWords: string | undefined;
  @property({ attribute: false }) inLibrary: ReadonlySet<string> | undefined;
  @property({ type: Boolean }) busy = false;

  #drawing: LaneDrawing = { labels: [], rows: [] };

  protected override willUpdate(): void {
    this.#drawing = historyLanes(this.entries, this.slotLabels, this.running);
  }

  protected override render(): TemplateResult {
    if (this.entries.length === 0) return html`<p class="quiet">Nothing happened to this device yet.</p>`;
    const { labels, rows } = this.#drawing;
    return html`${labels.length > 1 ? html`<p class="lane-heads" aria-hidden="true">${labels.map((label) => html`<span>${slotLetter(label)}</span>`)}</p>` : nothing}
      <ol class="thread lanes">
        ${rows.map((row, i) => this.#knot(row, i === 0, Math.max(1, labels.length)))}
      </ol>`;
  }

  /** The page's policy forbids style attributes; the CSSOM may say how wide the lanes are. */
  protected override updated(): void {
    this.querySelector<HTMLElement>('.lanes')?.style.setProperty('--lanes', String(Math.max(1, this.#drawing.labels.length)));
  }

  #knot(row: LaneRow, newest: boolean, lanes: number): TemplateResult {
    const { entry } = row;
    return html`<li class="knot" data-as=${row.mark}>
      ${laneDrawing(row, newest, lanes)}
      <div class="knot-words">
        <p class="knot-title">${title(row)}</p>
        <div class="quiet">
          <time datetime=${isoTime(entry.at)}>${formatMoment(entry.at)}</time>${detail(entry)}
          ${entry.sha256 ? hash(entry.sha256) : nothing}
        </div>
      </div>
      ${this.#keys(row)}
    </li>`;
  }

  #keys(row: LaneRow): TemplateResult | typeof nothing {
    const { sha256, toVersion, slot } = row.entry;
    if (this.busy || row.entry.outcome === 'started') return nothing;
    if (row.holdsLane && slot !== undefined && slot === this.rollbackSlot && row.mark !== 'run') {
      return key('undo', this.rollbackWords ?? `Roll back to ${toVersion || slot}`, () => this.dispatchEvent(new RollbackEvent(slot)));
    }
    // What was put back is a piece of a flash: it goes by cable, under “Restore”, and into no slot.
    if (row.entry.act === 'restore') return nothing;
    const known = sha256 !== undefined && (this.inLibrary?.has(sha256) ?? true);
    if (!known || row.mark === 'run') return nothing;
    const again = () => this.dispatchEvent(new ReinstallEvent(sha256));
    const words = `Install ${toVersion || 'this firmware'} again`;
    return hasFailed(row.entry) ? key('caution', `${words}, though it failed here`, again) : key('save', words, again);
  }
}

/** It ran here and did not prove itself: the pre-flight will ask about it. */
const hasFailed = ({ act, outcome }: HistoryEntry): boolean => act === 'update' && (outcome === 'rolled-back' || outcome === 'unconfirmed');

function key(name: 'undo' | 'save' | 'caution', words: string, act: () => void): TemplateResult {
  return html`<p class="keys"><button class="key key-small" type="button" @click=${act}>${icon(name)}${words}</button></p>`;
}

/** Every mark has its own shape: full, ring, cross, exclamation, small dot. */
const MARKS = {
  run: svg`<circle class="lane-halo" r="9"/><circle class="lane-run" r="5.5"/>`,
  past: svg`<circle class="lane-past" r="5"/>`,
  stopped: svg`<circle class="lane-stopped" r="7"/><path class="lane-stopped" d="m-3-3 6 6m0-6-6 6"/>`,
  ask: svg`<circle class="lane-ask" r="7"/><path class="lane-ask" d="M0-3.5V.5M0 3v.1"/>`,
  event: svg`<circle class="lane-event" r="3"/>`,
} as const satisfies Record<KnotMark, unknown>;

function laneDrawing(row: LaneRow, newest: boolean, lanes: number): TemplateResult {
  const width = lanes * LANE_PITCH;
  const { line, tried, back } = rowPaths(row, newest);
  return html`<svg class="lane" width=${width} aria-hidden="true">
    <svg width=${width} height="100%" viewBox="0 0 ${width} 100" preserveAspectRatio="none">
      <path class="lane-line" d=${line} />
      <path class="lane-tried" d=${tried} />
      <path class="lane-back" d=${back} />
    </svg>
    <svg x=${laneX(row.at)} y="50%" width="1" height="1">${MARKS[row.mark]}</svg>
  </svg>`;
}

const isByCable = ({ act }: HistoryEntry): boolean => act === 'flash' || act === 'restore' || act === 'erase';

function title({ entry, mark }: LaneRow): TemplateResult {
  // The version that the job ended with is the one that starts, whatever was written.
  const isData = entry.act === 'flash' && entry.project === undefined && entry.slot === undefined;
  const version = entry.toVersion && !isData ? versionTag(entry.toVersion, mark === 'run' ? 'run' : 'plain') : nothing;
  const name = entry.project ? html`<b>${entry.project}</b> ` : isData ? 'Data ' : nothing;
  const place = entry.slot ?? entry.region;
  const where = place ? ` in ${place}` : '';
  if (entry.act === 'restart') return html`${icon('power')} Restarted`;
  if (entry.act === 'power-cycle') return html`${icon('power')} Switched off and on`;
  if (entry.act === 'factory-reset') return html`${icon('undo')} Put back to how it was delivered`;
  const cable = cableWords(entry);
  if (cable)
    return html`${cable.icon ? html`${icon(cable.icon)} ` : nothing}${cable.version === 'first' ? html`${version} ${name}` : nothing}${cable.words}${cable.version === 'last' && entry.toVersion ? html`, ${version}` : nothing}`;
  if (entry.act === 'rollback' && entry.outcome === 'done' && !entry.toVersion)
    return html`${icon('flag')} Boot choice changed by cable${entry.slot ? `, at ${entry.slot}` : ''}`;
  if (entry.act === 'rollback' && entry.outcome === 'failed') return html`${version} runs on, the other slot did not start`;
  if (entry.act === 'rollback' && !entry.toVersion) return html`The other slot was asked for; what became of it was not seen`;
  if (entry.act === 'added') return html`${version} ${name}was there first${where}`;
  switch (entry.outcome) {
    case 'confirmed':
    case 'done':
      return html`${version} ${name}${mark === 'run' ? 'runs' : 'ran'}${where}`;
    case 'unconfirmed':
      return html`${version} ${name}started${where}, unconfirmed`;
    case 'rolled-back':
      return html`${version} ${name}went back by itself`;
    case 'failed':
      return html`${version} ${name}was not installed`;
    case 'stopped':
      return html`${version} ${name}was stopped ${isByCable(entry) ? 'half-way' : 'before the switch'}`;
    case 'started':
      return html`${version} ${name}is being written${where}`;
    case 'interrupted':
      return entry.switched
        ? html`${version} ${name}was written${where}; the page was closed before it saw the end`
        : html`${version} ${name}was interrupted: the page was closed or reloaded while it wrote${where}`;
  }
}

function detail(entry: HistoryEntry): string {
  const words = [
    entry.act === 'rollback'
      ? entry.slotChange
        ? 'by cable'
        : slotChangeWords(entry)
      : entry.act === 'update'
        ? 'over the air'
        : isByCable(entry)
          ? 'by cable'
          : '',
    entry.fromVersion && entry.act !== 'added' && entry.fromVersion !== entry.toVersion ? `from ${entry.fromVersion}` : '',
    entry.outcome === 'rolled-back' ? 'it did not confirm, the boot loader returned' : '',
    entry.release ? `released as ${releaseWords(entry.release)}` : '',
    entry.signedBy === undefined ? '' : `signed by ${shortName(entry.signedBy)}`,
    entry.durationMs === undefined ? '' : `${(entry.durationMs / 1000).toFixed(1)} s`,
    codeWords(entry.code),
    entry.act === 'restore' && entry.sha256 ? '“Restore” by cable brings it again' : '',
  ].filter(Boolean);
  return words.length ? `, ${words.join(', ')}. ` : '. ';
}

/** After a rollback the other slot is ahead: the same act, and no way back. */
function slotChangeWords({ fromVersion = '', toVersion = '' }: HistoryEntry): string {
  return compareVersions(toVersion, fromVersion) === 1 ? 'switched by hand' : 'rolled back by hand';
}

function isoTime(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-history': HistoryElement;
  }
}
