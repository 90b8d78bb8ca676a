/** The ways on from the end of a job: another one, another slot, back to what was there, or back to the chip. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { UsbJobResult, UsbJobState, UsbState } from '../../../app/usb/model.ts';
import { deviceOfPort } from '../../../app/usb/port-ids.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import { attempt } from '../../attempt.ts';
import { icon, type IconName } from '../../elements/icons.ts';
import { linkTo } from '../../router.ts';
import { saveFile } from '../../save-file.ts';
import { bundleWord, restsInSlot } from '../../usb-words.ts';
import { startNext } from './broken-off.ts';
import type { ReadFile } from './flash-acts.ts';
import { hasChanged } from './job-proof.ts';
import { setWifi } from './set-wifi.ts';

interface EndedJob {
  readonly session: UsbSession;
  readonly state: UsbState;
  readonly job: UsbJobState;
}

type Key = TemplateResult | typeof nothing;

const GO = 'key key-go';

function key(words: string, run: () => unknown, { look = 'key', sign }: { readonly look?: string; readonly sign?: IconName } = {}): Key {
  return html`<button class=${look} type="button" @click=${run}>${sign ? icon(sign) : nothing}${words}</button>`;
}

/** Of a job that did what it was to do. @param read what it read, when that can still be saved */
export function doneKeys(ended: EndedJob, read: ReadFile | undefined): TemplateResult {
  const { session, state, job } = ended;
  const wroteApplication = job.kind === 'flash' || job.kind === 'restore';
  if (job.past) return html`<div class="keys">${pastKeys(ended)}</div>`;
  const resting = restsInSlot(job);
  return html`<div class="keys">
    ${resting ? slotKey(session, resting.slot, `Start ${resting.slot} next`, GO) : nothing}
    ${key(wroteApplication ? 'Flash another' : 'Back to the chip', () => startOver(session), resting ? {} : { look: GO })}
    ${againKey(ended)} ${deviceKey(state)}
    ${
      wroteApplication
        ? html`<button class="key" type="button" aria-haspopup="dialog" @click=${() => setWifi(session)}>${icon('wifi')}Set Wi-Fi</button>`
        : nothing
    }
    ${read ? key('Save the file again', () => saveFile(read.blob, read.fileName), { sign: 'save' }) : nothing} ${undoKey(ended)}
    ${switchBack(session, job)}
  </div>`;
}

/** What the job left is not there any more: no way leads back from it, and the chip is asked anew. */
function pastKeys(ended: EndedJob): TemplateResult {
  const { session, state } = ended;
  return html`${key(`${needsConnect(state) ? 'Connect, then back to ' : 'Back to '}the chip`, () => forget(session), { look: GO })}
  ${againKey(ended)} ${deviceKey(state)}`;
}

const deviceKey = ({ kind, portId }: UsbState): Key =>
  kind === 'virtual' ? html`<a class="key" href=${linkTo({ view: 'device', id: deviceOfPort(portId) })}>Open device</a>` : nothing;

/** Of one that did not. The way out that is most likely wanted comes first: on, or back to what was there before. */
export function endKeys(ended: EndedJob): TemplateResult {
  const { session, state, job } = ended;
  const { canResume = job.outcome === 'lost', plan, phase } = state;
  const undoFirst = isForUndo(job);
  const undo = job.outcome === 'unverified' && !job.past ? undoKey(ended, undoFirst ? GO : 'key') : nothing;
  const back = job.past ? nothing : switchBack(session, job, GO);
  const hasBetter = canResume || (undoFirst && undo !== nothing) || back !== nothing;
  const where = `${needsConnect(state) ? 'Connect, then back to ' : 'Back to '}${plan ? 'the plan' : 'the chip'}`;
  const isOpen = phase !== 'unplugged' && phase !== 'closed';
  return html`${canResume ? key('Go on from where it was', () => attempt(() => session.resume()), { look: GO }) : nothing} ${undo} ${back}
  ${key(where, () => backToChip(session), hasBetter ? {} : { look: GO })} ${savedKey(ended)}
  ${isOpen ? key('Disconnect', () => attempt(() => session.close())) : nothing}`;
}

/** The bundle goes with the job: what was written is written. The chip is held where it is, or asked again. */
function startOver(session: UsbSession): void {
  session.clear();
  backToChip(session);
}

/** Nothing speaks against what was written where it could only not be seen; and what did not start before is no better. */
const isForUndo = ({ problem, result }: UsbJobState): boolean =>
  !result?.overBroken && !result?.overUnfinished && !['NOTHING_PRINTED', 'CANNOT_VERIFY'].includes(problem?.code ?? '');

/** A plan is made for a chip that is in its boot loader; one that is not plugged in is waited for. */
const needsConnect = ({ phase }: UsbState): boolean => phase !== 'ready' && phase !== 'unplugged';

/** What lies in the flash now is read anew. */
function backToChip(session: UsbSession): void {
  const connects = needsConnect(session.state.value);
  session.dismissJob();
  // Why it failed is in the state, and on the page.
  if (connects) void session.connect().catch(() => undefined);
}

/** Neither what was brought nor what became of it. */
function forget(session: UsbSession): void {
  session.clear();
  backToChip(session);
}

/** What was brought lies on the desk still: an Undo can be undone. */
function againKey({ session, state: { bundle }, job }: EndedJob): Key {
  if (job.kind !== 'restore' || !bundle || bundle.snapshot) return nothing;
  // The same version is back, and is not what was brought: its name would say nothing.
  const isSameVersion = bundle.version !== '' && bundle.version === job.result?.toVersion;
  return key(isSameVersion ? 'Write what was brought again' : `Write ${bundleWord({ bundle })} again`, () => backToChip(session));
}

/** Where something was overwritten, and a copy of it was kept. */
function undoKey({ session, job: { result } }: EndedJob, look = 'key'): Key {
  if (!result?.undo || !hasChanged(result)) return nothing;
  return key(undoWords(result), () => attempt(() => session.undo()), { look, sign: 'undo' });
}

/** Half of the new and half of the old is no place to stay: what was saved first brings the old one back. */
function savedKey({ session, job: { left, saved, past } }: EndedJob): Key {
  if (left !== 'partly-written' || saved === undefined || past) return nothing;
  return key('Put back what was there', () => attempt(() => session.undo()), { sign: 'undo' });
}

function slotKey(session: UsbSession, slot: string, words: string, look: string): Key {
  return key(words, () => startNext(session, slot), { look, sign: 'flag' });
}

/** After a switch by hand: to the slot that started before. */
function switchBack(session: UsbSession, { result }: UsbJobState, look = 'key'): Key {
  const { now, before } = result?.chosenSlot ?? {};
  return before === undefined || before === now ? nothing : slotKey(session, before, `Start ${before} next again`, look);
}

function undoWords({ fromVersion, overBroken, overUnfinished, written }: Partial<UsbJobResult> = {}): string {
  if (overBroken) return 'Put back what did not start';
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
