/** The head of the page of a port: what it is about, what is true now, and the keys that end it. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { UsbJobState, UsbState } from '../../../app/usb/model.ts';
import { deviceOfPort } from '../../../app/usb/port-ids.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import { attempt } from '../../attempt.ts';
import { icon, lamp, versionTag } from '../../elements/icons.ts';
import { formatMoment } from '../../format.ts';
import { ORIGIN_WORDS } from '../../plan-words.ts';
import { linkTo } from '../../router.ts';
import { LEFT_WORDS, PHASE_WORDS, USB_OUTCOME_LAMPS, baudWords, shortUsbJobWords, spanWords, usbJobHeadline } from '../../usb-words.ts';
import { screenOf } from './screen.ts';
import { setWifi } from './set-wifi.ts';

export function portHead(session: UsbSession, state: UsbState): TemplateResult {
  const { job, kind, portId, title } = state;
  const lead = job ? jobLead(state, job) : '';
  const back = kind === 'virtual' ? linkTo({ view: 'device', id: deviceOfPort(portId) }) : linkTo({ view: 'usb' });
  return html`<div class="head">
    <div class="head-words">
      <a class="back" href=${back}>${icon('left')}${kind === 'virtual' ? title : 'By cable'}</a>
      <h1>${headline(state)}</h1>
      <p class="facts">${headFacts(state)}</p>
      ${lead ? html`<p class="lead">${lead}</p>` : nothing}
    </div>
    <div class="keys">${headKeys(session, state)}</div>
  </div>`;
}

export function headline(state: UsbState): string {
  if (state.job) return usbJobHeadline(state, state.job);
  const screen = screenOf(state);
  if (screen === 'plan') return 'Look before you write';
  if (screen === 'chip' && state.kind === 'usb' && state.chip) return state.chip.description;
  return state.title;
}

/** What is true of the chip now, under the heading. */
function jobLead({ title }: UsbState, job: UsbJobState): string {
  switch (job.outcome) {
    case 'running':
      if (job.needsReset) return 'All of it is written. What it prints when it starts is the proof; Otter waits a minute for it.';
      return job.kind === 'flash' || job.kind === 'restore'
        ? 'Leave the cable in. Keep this tab open; the screen stays awake.'
        : 'Leave the cable in, and this tab open.';
    case 'lost':
      return `Plug ${title} in again: what arrived is found by comparing, and only the rest is written.`;
    case 'done':
      return job.endedAt === undefined ? '' : `${formatMoment(job.endedAt)}, ${spanWords(job.endedAt - job.startedAt)} in all`;
    default:
      if (job.kind === 'slots' && job.outcome === 'unverified') return 'The boot choice is written and proven; nothing else was changed.';
      return job.problem?.code === 'DOES_NOT_START' ? '' : job.left ? LEFT_WORDS[job.left] : '';
  }
}

function headFacts(state: UsbState): TemplateResult {
  const { job, bundle, phase, kind, title } = state;
  if (job) return html`${lamp(USB_OUTCOME_LAMPS[job.outcome], shortUsbJobWords(job))} <span>${title}</span>`;
  if (bundle && screenOf(state) === 'plan') return planFacts(state, bundle);
  const words = PHASE_WORDS[phase];
  const isOpen = phase !== 'closed' && phase !== 'unplugged';
  return html`${lamp(words.lamp, words.word)}
    <span>${kind === 'virtual' ? 'its virtual cable' : headline(state) === title ? 'by cable' : title}</span>
    ${isOpen ? html`<span class="num small">${baudWords(state.baudRate)}</span>` : nothing}`;
}

/** From what to what. */
function planFacts(state: UsbState, { name, version, origin }: NonNullable<UsbState['bundle']>): TemplateResult {
  const from = startsNow(state);
  const isOther = from !== undefined && from.project !== '' && from.project !== name;
  return html`<span>${isOther ? from.project : name}</span>
    ${from ? versionTag(from.version, 'run') : nothing}${from && (isOther || version) ? icon('right') : nothing}${isOther ? html`<span>${name}</span>` : nothing}
    ${version ? versionTag(version, 'new') : isOther || !from ? nothing : html`<span>to one that states no version</span>`}
    ${origin === 'files' ? nothing : html`<span>from ${ORIGIN_WORDS[origin]}</span>`}`;
}

/** What the chip would start now, when that says what it is: half of one and half of another is neither. */
function startsNow({ layout }: UsbState): { readonly project: string; readonly version: string } | undefined {
  const slot = layout?.slots.find(({ next }) => next);
  return slot?.app?.version && !slot.unfinished ? slot.app : undefined;
}

function headKeys(session: UsbSession, state: UsbState): TemplateResult | typeof nothing {
  const key = (label: string, run: () => void, look = 'key', name?: Parameters<typeof icon>[0]): TemplateResult =>
    html`<button class=${look} type="button" @click=${run}>${name ? icon(name) : nothing}${label}</button>`;
  const close = (): void => void attempt(() => session.close());
  const disconnect = key('Disconnect', close);
  switch (screenOf(state)) {
    case 'job':
      return state.job?.outcome === 'running' && !state.job.needsReset ? stopKey(session, state.job) : nothing;
    case 'connecting':
      return key('Stop', close, 'key key-stop', 'stop');
    case 'plan':
      return html`${key('Choose another', () => session.clear())} ${disconnect}`;
    case 'chip':
      return html`${key('Run the application', () => void attempt(() => session.run(), 'The application starts.'), 'key', 'power')}
      ${disconnect}`;
    case 'idle':
      return state.phase === 'console' ? html`${wifiKey(session)} ${disconnect}` : nothing;
  }
}

/** The application runs, as far as anybody knows: whether it takes its Wi-Fi this way, it says itself. */
const wifiKey = (session: UsbSession): TemplateResult =>
  html`<button class="key" type="button" aria-haspopup="dialog" @click=${() => setWifi(session)}>${icon('wifi')}Set Wi-Fi</button>`;

function stopKey(session: UsbSession, job: UsbJobState): TemplateResult {
  return html`<button
      class="key key-stop"
      type="button"
      aria-disabled=${job.canStop ? nothing : 'true'}
      aria-describedby=${job.canStop ? nothing : 'stop-why'}
      @click=${() => (job.canStop ? session.stop() : undefined)}
    >
      ${icon('stop')}Stop
    </button>
    ${job.canStop ? nothing : html`<span class="quiet" id="stop-why">Not at this moment: the chip would not start.</span>`}`;
}
