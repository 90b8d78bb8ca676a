/**
 * `<ot-usb-view>`: a board by its cable, from the choice of a port to the proof of what was written. One page for one port: what it shows
 * follows from the state of the session; the console stays below whatever happens above.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state as own } from 'lit/decorators.js';
import { toProblem } from '../../app/errors.ts';
import type { AppServices } from '../../app/services.ts';
import type { UsbJobState, UsbState } from '../../app/usb/model.ts';
import type { UsbSession } from '../../app/usb/services.ts';
import { UsbSessionController } from '../controllers/usb-session.ts';
import '../elements/console.ts';
import { icon, lamp, versionTag } from '../elements/icons.ts';
import { LightElement } from '../elements/light-element.ts';
import { announce } from '../live-region.ts';
import { ORIGIN_WORDS } from '../plan-words.ts';
import '../problem-panel.ts';
import { PageTitleEvent, linkTo, type RouteOf } from '../router.ts';
import { loadUsbStyles } from '../styles/usb-styles.ts';
import { PHASE_WORDS, USB_OUTCOME_LAMPS, baudWords, connectStepWords, shortUsbJobWords, usbJobHeadline } from '../usb-words.ts';
import { attempt, bringFromAddress } from './usb/bring.ts';
import './usb/chip-page.ts';
import { connectFailed, connectingMat, type ConnectAgain } from './usb/connecting.ts';
import './usb/job.ts';
import { usbJobLead } from './usb/job.ts';
import { brought } from './usb/linked-firmware.ts';
import { manifestLink, takenAlong } from './usb/manifest-link.ts';
import './usb/plan.ts';
import './usb/usb-door.ts';

/** In these the boot loader, or nobody, has the line. */
const LOCKS = {
  closed: '',
  console: '',
  connecting: 'Otter talks to the boot loader now.',
  ready: 'The chip is in its boot loader: run the application to talk to it.',
  working: 'Otter talks to the boot loader now.',
  unplugged: 'The cable is not plugged in.',
} as const satisfies Record<UsbState['phase'], string>;

/** `virtual:<device id>` */
const deviceOf = (portId: string): string => portId.replace(/^virtual:/, '');

type Screen = 'idle' | 'connecting' | 'chip' | 'plan' | 'job';

function screenOf({ job, phase, bundle, plan }: UsbState): Screen {
  if (job) return 'job';
  if (phase === 'connecting') return 'connecting';
  if (phase !== 'ready' && phase !== 'working') return 'idle';
  return bundle || plan ? 'plan' : 'chip';
}

/** A plan, and a job that went as it should, have no use for all of the log. */
const isBeside = (state: UsbState): boolean =>
  screenOf(state) === 'plan' || (state.job !== undefined && state.job.outcome !== 'unverified');

@customElement('ot-usb-view')
class UsbView extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) route!: RouteOf<'usb'>;

  /** Without its sheet the page would jump: it waits, and goes without when there is none. */
  @own() private isStyled = false;

  readonly #port = new UsbSessionController(this, () => {
    const { usb } = this.services;
    return usb && this.route.portId !== undefined ? { usb, portId: this.route.portId } : undefined;
  });
  #title = '';
  #screen: Screen | undefined;
  #said = '';
  #waits = '';

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('paste', this.#onPaste);
    void loadUsbStyles().finally(() => (this.isStyled = true));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('paste', this.#onPaste);
  }

  /** A link that was copied elsewhere; in a field it is only text. */
  readonly #onPaste = (event: ClipboardEvent): void => {
    const { session, state } = this.#port;
    const text = event.clipboardData?.getData('text/plain').trim() ?? '';
    const inField = event.target instanceof Element && event.target.closest('input, textarea, dialog') !== null;
    if (!session || state?.phase !== 'ready' || inField || !/^https?:\/\/\S+$/i.test(text)) return;
    event.preventDefault();
    void bringFromAddress(session, text);
  };

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const { session, state } = this.#port;
    if (session) this.#bringAlong(session);
    const title = state ? headline(state) : this.route.portId === undefined ? 'Connect a board by cable' : 'By cable';
    if (title !== this.#title) this.dispatchEvent(new PageTitleEvent((this.#title = title)));
    if (!state) return;
    const screen = screenOf(state);
    if (this.#screen !== undefined && screen !== this.#screen) this.#keepFocus();
    this.#screen = screen;
    this.#tell(state);
    this.#tellBrought(state);
  }

  /** From the page where the board was chosen: nobody is asked twice. */
  #bringAlong(session: UsbSession): void {
    const url = takenAlong();
    if (url !== undefined) void attempt(() => session.bringUrl(url));
  }

  /** What comes before the chip is known shows no plan yet, and must not look as if it were lost. */
  #tellBrought(state: UsbState): void {
    const waits = screenOf(state) === 'idle' && state.bundle ? brought(state.bundle) : '';
    if (waits === this.#waits) return;
    this.#waits = waits;
    if (waits === '') return;
    announce(`${waits} is here. Connect to see what it would change.`);
    this.querySelector('.connect-mat')?.scrollIntoView({ block: 'nearest' });
  }

  /** The key that had the focus may be gone with its screen: the new heading takes it, so that nobody falls out of the page. */
  #keepFocus(): void {
    if (document.activeElement && document.activeElement !== document.body) return;
    const heading = this.querySelector('h1');
    if (heading) heading.tabIndex = -1;
    heading?.focus({ preventScroll: true });
  }

  /** Phases and steps of connecting; stages of a job are told by the rail, wherever the reader is. */
  #tell(state: UsbState): void {
    const step = state.connectSteps.at(-1);
    const words =
      state.phase === 'connecting' && step
        ? `${connectStepWords(step).text}.`
        : state.job
          ? ''
          : `${state.title}: ${PHASE_WORDS[state.phase].word}.`;
    if (words === '' || words === this.#said) return;
    // The first thing that is known is on the page already.
    if (this.#said !== '') announce(words);
    this.#said = words;
  }

  readonly #connect = (options: ConnectAgain = {}): void => {
    // Why it failed is in the state, and on the page.
    void this.#port.session?.connect(options).catch(() => undefined);
  };

  /** Of a virtual board, which then needs no reset any more. */
  async #pressButtons({ portId }: UsbState): Promise<void> {
    if (await attempt(() => this.services.bench.pressBootAndReset(deviceOf(portId)))) this.#connect();
  }

  override render() {
    if (!this.isStyled) return nothing;
    if (this.route.portId === undefined) return html`<ot-usb-door .services=${this.services}></ot-usb-door>`;
    const { session, state, error } = this.#port;
    if (error !== undefined || !this.services.usb) return this.#renderUnknown(error);
    if (!session || !state)
      return html`<div class="head">
        <div class="head-words"><h1>Opening the port</h1></div>
      </div>`;
    return html`
      ${this.#renderHead(session, state)} ${this.#renderManifestLink(session, state)} ${this.#renderScreen(session, state)}
      <ot-console
        .source=${session.console}
        .locked=${LOCKS[state.phase]}
        .isShort=${isBeside(state)}
        .fileName=${`${state.title.replaceAll(/[^\w.-]+/g, '-')}.log.txt`}
      ></ot-console>
    `;
  }

  #renderUnknown(error: unknown): TemplateResult {
    const keys = html`<a class="key key-go" href=${linkTo({ view: 'usb' })}>Choose a port</a>`;
    return html`<div class="head">
        <div class="head-words">
          <a class="back" href=${linkTo({ view: 'usb' })}>${icon('left')}By cable</a>
          <h1>This port is not here</h1>
          <p class="lead">It was unplugged, or the link is from another browser.</p>
        </div>
      </div>
      ${error === undefined ? html`<p class="keys">${keys}</p>` : html`<ot-problem .problem=${toProblem(error)} .keys=${keys}></ot-problem>`}`;
  }

  #renderHead(session: UsbSession, state: UsbState): TemplateResult {
    const { job } = state;
    const lead = job ? usbJobLead(state, job) : '';
    const back = state.kind === 'virtual' ? linkTo({ view: 'device', id: deviceOf(state.portId) }) : linkTo({ view: 'usb' });
    return html`<div class="head">
      <div class="head-words">
        <a class="back" href=${back}>${icon('left')}${state.kind === 'virtual' ? state.title : 'By cable'}</a>
        <h1>${headline(state)}</h1>
        <p class="facts">${this.#renderFacts(state)}</p>
        ${lead ? html`<p class="lead">${lead}</p>` : nothing}
      </div>
      <div class="keys">${this.#renderKeys(session, state)}</div>
    </div>`;
  }

  #renderFacts(state: UsbState): TemplateResult {
    const { job, bundle } = state;
    if (job) return html`${lamp(USB_OUTCOME_LAMPS[job.outcome], shortUsbJobWords(job))} <span>${state.title}</span>`;
    const phase = PHASE_WORDS[state.phase];
    const isOpen = state.phase !== 'closed' && state.phase !== 'unplugged';
    if (bundle && screenOf(state) === 'plan') {
      const from = overwritten(state);
      const isOther = from !== undefined && from.project !== '' && from.project !== bundle.name;
      return html`<span>${isOther ? from.project : bundle.name}</span>
        ${from ? versionTag(from.version, 'run') : nothing}${from && (isOther || bundle.version) ? icon('right') : nothing}${isOther ? html`<span>${bundle.name}</span>` : nothing}
        ${bundle.version ? versionTag(bundle.version, 'new') : isOther || !from ? nothing : html`<span>to one that states no version</span>`}
        ${bundle.origin === 'files' ? nothing : html`<span>from ${ORIGIN_WORDS[bundle.origin]}</span>`}`;
    }
    return html`${lamp(phase.lamp, phase.word)}
      <span>${state.kind === 'virtual' ? 'its virtual cable' : headline(state) === state.title ? 'by cable' : state.title}</span>
      ${isOpen ? html`<span class="num small">${baudWords(state.baudRate)}</span>` : nothing}`;
  }

  #renderKeys(session: UsbSession, state: UsbState): TemplateResult | typeof nothing {
    const key = (label: string, run: () => void, look = 'key', name?: Parameters<typeof icon>[0]): TemplateResult =>
      html`<button class=${look} type="button" @click=${run}>${name ? icon(name) : nothing}${label}</button>`;
    const disconnect = key('Disconnect', () => void attempt(() => session.close()));
    switch (screenOf(state)) {
      case 'job':
        return state.job?.outcome === 'running' ? stopKey(session, state.job) : nothing;
      case 'connecting':
        return key('Stop', () => void attempt(() => session.close()), 'key key-stop', 'stop');
      case 'plan':
        return html`${key('Choose another', () => session.clear())} ${disconnect}`;
      case 'chip':
        return html`${key('Run the application', () => void attempt(() => session.run(), 'The application starts.'), 'key', 'power')}
        ${disconnect}`;
      case 'idle':
        return state.phase === 'console' ? disconnect : nothing;
    }
  }

  #renderScreen(session: UsbSession, state: UsbState): TemplateResult {
    switch (screenOf(state)) {
      case 'job':
        return html`<ot-usb-job .services=${this.services} .session=${session} .state=${state}></ot-usb-job>`;
      case 'connecting':
        return html`${waitingLine(state)} ${connectingMat(state)}`;
      case 'plan':
        return !state.plan && state.problem
          ? html`<ot-problem .problem=${state.problem} .facts=${{ file: state.bundle?.name ?? '' }}></ot-problem>`
          : html`<ot-usb-plan .session=${session} .state=${state}></ot-usb-plan>`;
      case 'chip':
        return html`<ot-usb-chip .services=${this.services} .session=${session} .state=${state}></ot-usb-chip>`;
      case 'idle':
        return this.#renderIdle(session, state);
    }
  }

  #renderIdle(session: UsbSession, state: UsbState): TemplateResult {
    const pressButtons = state.kind === 'virtual' ? () => void this.#pressButtons(state) : undefined;
    if (state.problem) return html`${waitingLine(state)} ${connectFailed(state, { again: this.#connect, pressButtons })}`;
    return html`<section class="mat connect-mat two two-even" aria-label="The way in">
      <ot-board
        .door=${state.kind === 'virtual' ? 'virtual' : 'usb'}
        .moduleLabel=${state.kind === 'virtual' ? 'VIRTUAL' : ''}
        .lamp=${state.phase === 'unplugged' ? 'stopped' : state.phase === 'console' ? 'on' : 'off'}
      ></ot-board>
      <div class="connect-words">
        <h2>${idleHeading(state)}</h2>
        ${state.bundle ? html`<p>Connect, and you see what it would change on this board.</p>` : nothing}
        <p>
          ${
            state.phase === 'unplugged'
              ? 'Otter sees by itself when it is back.'
              : 'Otter resets the chip into its boot loader, asks what it is and what lies in its flash. Nothing is written. The application stops meanwhile.'
          }
        </p>
        <p class="keys">
          <button class="key key-go" type="button" @click=${() => this.#connect()}>${icon('usb')}Connect</button>
          ${state.bundle ? html`<button class="key" type="button" @click=${() => session.clear()}>Put it away</button>` : nothing}
        </p>
      </div>
    </section>`;
  }

  /** Whoever opens the address of this page did not say yet that its host may be asked. */
  #renderManifestLink(session: UsbSession, state: UsbState): TemplateResult | typeof nothing {
    const url = manifestLink(location)?.state.value.url;
    if (!url || state.job || state.bundle || state.phase === 'connecting') return nothing;
    return html`<section class="job-strip" aria-label="Firmware of the link">
      ${icon('firmware')}<span>The link that you followed names a firmware at <b>${url.host}</b>.</span>
      <button class="key key-small" type="button" @click=${() => void attempt(() => session.bringUrl(url.href))}>
        Fetch it from ${url.host}
      </button>
    </section>`;
  }
}

function idleHeading({ phase, bundle }: UsbState): string {
  if (phase === 'unplugged') return 'Plug it in again';
  return bundle ? `${brought(bundle)} is here` : 'Into its boot loader';
}

/** While the way to the chip is gone, or was not found. */
function waitingLine({ bundle }: UsbState): TemplateResult | typeof nothing {
  if (!bundle) return nothing;
  return html`<section class="job-strip" aria-label="What you brought">
    ${icon('firmware')}<span><b>${brought(bundle)}</b> is here: you see what it would change once the chip is connected.</span>
  </section>`;
}

/** What the slot holds that the application goes to, when that says what it is. */
function overwritten({ layout, plan }: UsbState): { readonly project: string; readonly version: string } | undefined {
  const application = plan?.writes.find(({ role }) => role === 'app');
  const app = layout?.slots.find(({ offset }) => offset === application?.offset)?.app;
  return app?.version ? app : undefined;
}

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

function headline(state: UsbState): string {
  if (state.job) return usbJobHeadline(state, state.job);
  const screen = screenOf(state);
  if (screen === 'plan') return 'Look before you write';
  if (screen === 'chip' && state.kind === 'usb' && state.chip) return state.chip.description;
  return state.title;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-usb-view': UsbView;
  }
}
