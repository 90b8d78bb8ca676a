/** The ways on from the end of a job: another slot, back to what was there, and whether anything was kept for that. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { UsbJobResult, UsbJobState } from '../../../app/usb/model.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import { icon } from '../../elements/icons.ts';
import { attempt } from './bring.ts';

export function slotKey(session: UsbSession, slot: string, words: string, look = 'key'): TemplateResult {
  return html`<button class=${look} type="button" @click=${() => attempt(() => session.selectSlot(slot), `${slot} starts next.`)}>
    ${icon('flag')}${words}
  </button>`;
}

/** After a switch by hand: to the slot that started before. */
export function switchBack(session: UsbSession, { result }: UsbJobState, look = 'key'): TemplateResult | typeof nothing {
  const { now, before } = result?.chosenSlot ?? {};
  return before === undefined || before === now ? nothing : slotKey(session, before, `Start ${before} next again`, look);
}

export function undoWords({ fromVersion, overUnfinished, written }: Partial<UsbJobResult> = {}): string {
  if (overUnfinished) return 'Put the unfinished write back';
  // What ran before is not what lay in the slot that was written.
  return fromVersion && written?.startsNext !== false ? `Undo, back to ${fromVersion}` : 'Undo';
}

/** Whether there is a way back from where it stopped. */
export function savedWords({ kind, left, saved }: UsbJobState): string {
  if (kind !== 'flash' && kind !== 'restore') return '';
  if (saved !== undefined) return 'What was to be overwritten is saved in the library.';
  return left === 'partly-written'
    ? 'Nothing was saved before: there is no way back to what was overwritten.'
    : 'Nothing was saved, and nothing had to be.';
}
