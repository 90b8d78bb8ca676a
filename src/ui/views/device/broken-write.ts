/**
 * `<ot-broken-write>`: that a write by cable broke off in a board, and nothing has been written over it since. Else shows nothing.
 *
 * Properties: `services`, `deviceId`. No events.
 */
import { html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { HistoryEntry } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import { Observe } from '../../controllers/observe.ts';
import { icon } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { formatMoment } from '../../format.ts';

const BROKEN: ReadonlySet<HistoryEntry['outcome']> = new Set(['failed', 'stopped', 'interrupted']);

const endOf = ({ offset, length }: { readonly offset: number; readonly length: number }): number => offset + length;

/** Over all of what `broken` had begun, or a whole board anew. */
function isOver({ act, outcome, ranges = [] }: HistoryEntry, broken: HistoryEntry): boolean {
  if (act === 'factory-reset') return true;
  if (BROKEN.has(outcome) || outcome === 'started') return false;
  return (broken.ranges ?? []).every((begun) => ranges.some((range) => range.offset <= begun.offset && endOf(range) >= endOf(begun)));
}

/** The last one that stands. @param history in any order */
export function brokenWrite(history: readonly HistoryEntry[]): HistoryEntry | undefined {
  const entries = history.toSorted((a, b) => a.at - b.at);
  return entries.findLast(
    (entry, at) =>
      entry.act !== 'update' &&
      BROKEN.has(entry.outcome) &&
      entry.ranges !== undefined &&
      !entries.slice(at + 1).some((later) => isOver(later, entry)),
  );
}

@customElement('ot-broken-write')
class BrokenWrite extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) deviceId = '';
  @state() private broken: HistoryEntry | undefined;

  readonly #version = new Observe(this, () => this.services.devices.historyVersion);
  #loaded = '';

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const wanted = `${this.deviceId} ${this.#version.value}`;
    if (wanted === this.#loaded) return;
    this.#loaded = wanted;
    void this.#load(wanted);
  }

  async #load(wanted: string): Promise<void> {
    // What cannot be read is told where all of the history is.
    const history = await this.services.devices.history(this.deviceId).catch(() => []);
    if (wanted === this.#loaded) this.broken = brokenWrite(history);
  }

  override render() {
    if (!this.broken) return nothing;
    const { act, at } = this.broken;
    const what = act === 'erase' ? 'An erase by cable broke off' : 'A write by cable broke off half-way';
    return html`<span class="small">${icon('caution', 'inline')} ${what}, ${formatMoment(at)}.</span>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-broken-write': BrokenWrite;
  }
}
