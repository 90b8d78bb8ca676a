/** The way into the boot loader: its start, its steps while they are tried, and what a hand can do when it does not answer. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Problem } from '../../../app/model.ts';
import type { UsbPhase, UsbState } from '../../../app/usb/model.ts';
import { deviceOfPort } from '../../../app/usb/port-ids.ts';
import type { ConnectStep } from '../../../app/usb/ports.ts';
import '../../elements/board.ts';
import { bootButtons } from '../../elements/boot-buttons.ts';
import { linkTo } from '../../router.ts';
import { icon, type IconName, type LampState } from '../../elements/icons.ts';
import '../../problem-panel.ts';
import { baudWords, connectStepWords } from '../../usb-words.ts';
import { brought } from './linked-firmware.ts';

/** After so many resets without an answer, a hand is likely to be needed. */
const PATIENCE = 3;

export interface ConnectAgain {
  readonly baudRate?: number;
  readonly withoutStub?: boolean;
}

const isIdentified = (steps: readonly ConnectStep[]): boolean => steps.some(({ step }) => step === 'identify');

type StepState = 'now' | 'setback' | 'failed' | 'done';

const STEP_ICONS = { setback: 'info', failed: 'cross', done: 'check' } as const satisfies Record<Exclude<StepState, 'now'>, IconName>;

/** A call that is followed by another reset, or by nothing any more, was not answered. From the second reset on it is called without a step. */
function stepState(steps: readonly ConnectStep[], index: number, running: boolean): StepState {
  const [step, next] = [steps[index]!, steps[index + 1]];
  if (running && !next) return 'now';
  if (connectStepWords(step).isSetback) return 'setback';
  const calls = step.step === 'sync' || (step.step === 'reset' && step.attempt > 1);
  const isUnanswered = calls && (next === undefined || next.step === 'reset');
  return isUnanswered ? 'failed' : 'done';
}

function stepList(steps: readonly ConnectStep[], running: boolean): TemplateResult {
  return html`<ol class="steps">
    ${running && steps.length === 0 ? stepItem('now', 'Opening the port') : nothing}
    ${steps.map((step, index) => {
      const state = stepState(steps, index, running);
      return stepItem(state, `${connectStepWords(step).text}${state === 'failed' ? ': no answer' : ''}`);
    })}
    ${running ? stepsAhead(steps).map((text) => stepItem('next', text)) : nothing}
  </ol>`;
}

function stepItem(state: StepState | 'next', text: string): TemplateResult {
  return html`<li data-state=${state} aria-current=${state === 'now' ? 'step' : nothing}>
    ${state === 'now' ? html`<span class="step-now"></span>` : state === 'next' ? html`<span class="step-next"></span>` : icon(STEP_ICONS[state])}
    <span>${text}${state === 'next' ? html`<span class="vh">, to come</span>` : nothing}</span>
  </li>`;
}

/** What a connection that goes well still has before it, in its order. A step that came stands for those before it. */
const AHEAD: readonly { readonly step: readonly ConnectStep['step'][]; readonly text: string }[] = [
  { step: ['reset'], text: 'Reset into the boot loader' },
  { step: ['sync'], text: 'Call the boot loader' },
  { step: ['identify'], text: 'Ask which chip it is' },
  { step: ['stub', 'stub-refused', 'flash-silent'], text: 'Start the fast loader in its RAM' },
  { step: ['baud', 'baud-refused'], text: 'Speed up' },
];
const READ_AHEAD = 'Read what lies in its flash';

function stepsAhead(steps: readonly ConnectStep[]): readonly string[] {
  const last = steps.at(-1)?.step;
  const at = last === undefined ? -1 : AHEAD.findIndex(({ step }) => step.includes(last));
  return [...AHEAD.slice(at + 1).map(({ text }) => text), READ_AHEAD];
}

const PHASE_LAMPS: Partial<Record<UsbPhase, LampState>> = { connecting: 'busy', unplugged: 'stopped', console: 'on' };

const boardOf = ({ kind, phase }: UsbState): TemplateResult =>
  html`<ot-board
    .door=${kind === 'virtual' ? 'virtual' : 'usb'}
    .moduleLabel=${kind === 'virtual' ? 'VIRTUAL' : ''}
    .lamp=${PHASE_LAMPS[phase] ?? 'off'}
  ></ot-board>`;

/** While the way to the chip is gone, or was not found. */
function waitingLine({ bundle }: UsbState): TemplateResult | typeof nothing {
  if (!bundle) return nothing;
  return html`<section class="job-strip" aria-label="What you brought">
    ${icon('firmware')}<span><b>${brought(bundle)}</b> is here: you see what it would change once the chip is connected.</span>
  </section>`;
}

/** `Automatic` begins with what common adapters bear, or with what this one was found to bear. */
const SPEEDS = [115_200, 230_400, 460_800, 921_600, 1_500_000, 2_000_000] as const;

interface ConnectStart {
  readonly connect: () => void;
  /** Absent: automatic. */
  readonly baudRate: number | undefined;
  readonly chooseSpeed: (baudRate: number | undefined) => void;
  /** Puts away what was brought. */
  readonly clear: () => void;
}

function speedField({ baudRate, chooseSpeed }: ConnectStart): TemplateResult {
  const onChange = (event: Event): void => chooseSpeed(Number((event.target as HTMLSelectElement).value) || undefined);
  return html`<p class="field">
    <label for="cable-speed">Top speed</label>
    <select class="input num" id="cable-speed" @change=${onChange}>
      <option value="0" ?selected=${baudRate === undefined}>Automatic</option>
      ${SPEEDS.map((rate) => html`<option value=${rate} ?selected=${rate === baudRate}>${baudWords(rate)}</option>`)}
    </select>
  </p>`;
}

/** Nothing was tried yet. */
export function startMat(state: UsbState, start: ConnectStart): TemplateResult {
  const { phase, bundle } = state;
  const { connect, clear } = start;
  const isGone = phase === 'unplugged';
  return html`<section class="mat connect-mat two two-even" aria-label="The way in">
    ${boardOf(state)}
    <div class="connect-words">
      <h2>${isGone ? 'Plug it in again' : bundle ? `${brought(bundle)} is here` : 'Into its boot loader'}</h2>
      ${bundle ? html`<p>Connect, and you see what it would change on this board.</p>` : nothing}
      <p>
        ${
          isGone
            ? 'Otter sees by itself when it is back.'
            : 'Otter resets the chip into its boot loader, asks what it is and what lies in its flash. Nothing is written. The application stops meanwhile.'
        }
      </p>
      ${speedField(start)}
      <p class="keys">
        <button class="key key-go" type="button" @click=${connect}>${icon('usb')}Connect</button>
        ${bundle ? html`<button class="key" type="button" @click=${clear}>Put it away</button>` : nothing}
      </p>
    </div>
  </section>`;
}

export function connectingMat(state: UsbState): TemplateResult {
  const resets = state.connectSteps.filter(({ step }) => step === 'reset').length;
  const isStuck = resets >= PATIENCE && !isIdentified(state.connectSteps);
  return html`${waitingLine(state)}
    <section class="mat" aria-labelledby="steps">
      <h2 class="vh" id="steps">Steps</h2>
      <div class="two two-even connect-mat">${boardOf(state)} ${stepList(state.connectSteps, true)}</div>
    </section>
    ${isStuck ? byHand('It takes its time. You can help it by hand') : nothing}`;
}

function byHand(title: string, pressButtons?: () => void): TemplateResult {
  return html`<section class="mat" aria-labelledby="by-hand">
    <h2 id="by-hand">${title}</h2>
    ${bootButtons()}
    ${
      pressButtons
        ? html`<p class="keys"><button class="key" type="button" @click=${pressButtons}>Hold BOOT, press RESET</button></p>`
        : nothing
    }
  </section>`;
}

interface ConnectHelp {
  again(options: ConnectAgain): void;
  /** The buttons of a virtual board; absent where a hand of flesh has to do it. */
  readonly pressButtons?: (() => void) | undefined;
}

/** The line was never there to be spoken on. */
const NOT_OPENED: ReadonlySet<string> = new Set(['PORT_BUSY', 'PERMISSION_DENIED', 'PORT_GONE', 'PORT_UNKNOWN', 'USB_IN_OTHER_TAB']);

/** A fuse: whatever is tried by cable, the chip will say the same. */
const FOR_GOOD = 'DOWNLOAD_DISABLED';

/** The one way that is left. */
function overTheAir({ kind, portId }: UsbState): TemplateResult {
  return kind === 'virtual'
    ? html`<a class="key key-go" href=${linkTo({ view: 'device', id: deviceOfPort(portId) })}>Open device</a>`
    : html`<a class="key key-go" href=${linkTo({ view: 'devices' })}>To the devices on the network</a>`;
}

/** Every attempt begins at it. */
const SLOWEST = 115_200;

function waysToTry({ problem, connectSteps }: UsbState, again: ConnectHelp['again']): TemplateResult {
  const key = (label: string, options: ConnectAgain, look = 'key'): TemplateResult =>
    html`<button class=${look} type="button" @click=${() => again(options)}>${label}</button>`;
  const first = key('Try again', {}, 'key key-go');
  // A port that does not even open is not opened by another speed.
  if (NOT_OPENED.has(problem?.code ?? '')) return first;
  const wasFaster = connectSteps.some((step) => step.step === 'baud' && step.baudRate > SLOWEST);
  return html`${first} ${wasFaster ? key(`Slower, at ${baudWords(SLOWEST)}`, { baudRate: SLOWEST }) : nothing}
  ${key('ROM only', { baudRate: SLOWEST, withoutStub: true })}`;
}

/** What holds or pulls the cable of a virtual board is none of what befalls a real one. */
const told = ({ problem, kind }: UsbState): Problem | undefined =>
  problem && kind === 'virtual' ? { ...problem, details: { ...problem.details, isVirtual: true } } : problem;

/** After an attempt that failed. */
export function connectFailed(state: UsbState, { again, pressButtons }: ConnectHelp): TemplateResult {
  const identified = isIdentified(state.connectSteps);
  const code = state.problem?.code ?? '';
  // Nobody has to press anything on a virtual board whose port did not even open.
  const needsHand =
    !identified &&
    !NOT_OPENED.has(code) &&
    code !== FOR_GOOD &&
    (state.kind === 'usb' || state.connectSteps.some(({ step }) => step === 'reset'));
  const askAgain = html`<button class="key" type="button" @click=${() => again({})}>Ask the chip again</button>`;
  const keys = code === FOR_GOOD ? html`${overTheAir(state)} ${askAgain}` : waysToTry(state, again);
  return html`${waitingLine(state)}
    <ot-problem .problem=${told(state)} .keys=${keys} .facts=${{ port: state.title }}></ot-problem>
    ${needsHand ? byHand('Put it into its boot loader by hand', pressButtons) : nothing}
    ${
      state.connectSteps.length > 0
        ? html`<section class="mat" aria-labelledby="steps">
            <h2 id="steps">What was tried</h2>
            ${stepList(state.connectSteps, false)}
          </section>`
        : nothing
    }`;
}
