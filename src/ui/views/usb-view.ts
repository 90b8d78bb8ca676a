/**
 * `<ot-usb-view>`: a board by its cable, from the choice of a port to the proof of what was written. One page for one port: what it shows
 * follows from the state of the session; the console stays below whatever happens above.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state as own } from 'lit/decorators.js';
import { toProblem } from '../../app/errors.ts';
import type { AppServices } from '../../app/services.ts';
import type { UsbState } from '../../app/usb/model.ts';
import { deviceOfPort } from '../../app/usb/port-ids.ts';
import type { UsbSession } from '../../app/usb/services.ts';
import { attempt } from '../attempt.ts';
import { UsbSessionController } from '../controllers/usb-session.ts';
import '../elements/console.ts';
import { icon } from '../elements/icons.ts';
import { LightElement } from '../elements/light-element.ts';
import { announce } from '../live-region.ts';
import '../problem-panel.ts';
import { PageTitleEvent, linkTo, type RouteOf } from '../router.ts';
import { loadUsbStyles } from '../styles/usb-styles.ts';
import { PHASE_WORDS, connectStepWords } from '../usb-words.ts';
import { bringAlong, firmwareOfAddress, takenAlong, wasAskedToConnect } from './usb/along.ts';
import { bringFromAddress } from './usb/bring.ts';
import './usb/chip-page.ts';
import { connectFailed, connectingMat, startMat, type ConnectAgain } from './usb/connecting.ts';
import { headline, portHead } from './usb/head.ts';
import './usb/job.ts';
import { brought, linkedStrip } from './usb/linked-firmware.ts';
import { manifestLink } from './usb/manifest-link.ts';
import './usb/plan.ts';
import { isBeside, screenOf, type Screen } from './usb/screen.ts';
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

@customElement('ot-usb-view')
class UsbView extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) route!: RouteOf<'usb'>;

  /** Without its sheet the page would jump: it waits, and goes without when there is none. */
  @own() private isStyled = false;
  /** Of the way into the boot loader; absent: automatic. */
  @own() private baudRate: number | undefined;

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
    if (state && wasAskedToConnect(state.portId) && screenOf(state) === 'idle') this.#connect();
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
    const taken = takenAlong();
    if (taken) void attempt(() => bringAlong(session, taken));
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
    if (await attempt(() => this.services.bench.pressBootAndReset(deviceOfPort(portId)))) this.#connect();
  }

  override render() {
    if (!this.isStyled) return nothing;
    if (this.route.portId === undefined)
      return html`<ot-usb-door .services=${this.services} .firmware=${firmwareOfAddress(location)}></ot-usb-door>`;
    const { session, state, error } = this.#port;
    if (error !== undefined || !this.services.usb) return this.#renderUnknown(error);
    if (!session || !state)
      return html`<div class="head">
        <div class="head-words"><h1>Opening the port</h1></div>
      </div>`;
    return html`
      ${portHead(session, state)} ${this.#renderManifestLink(session, state)} ${this.#renderScreen(session, state)}
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

  #renderScreen(session: UsbSession, state: UsbState): TemplateResult {
    switch (screenOf(state)) {
      case 'job':
        return html`<ot-usb-job .session=${session} .state=${state} .pressReset=${this.#resetKey(state)}></ot-usb-job>`;
      case 'connecting':
        return connectingMat(state);
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

  /** Only a virtual board has a RESET that a page can press. */
  #resetKey({ kind, portId }: UsbState): (() => void) | undefined {
    return kind === 'virtual' ? () => void attempt(() => this.services.bench.pressReset(deviceOfPort(portId))) : undefined;
  }

  #renderIdle(session: UsbSession, state: UsbState): TemplateResult {
    const { baudRate } = this;
    if (!state.problem) {
      return startMat(state, {
        connect: () => this.#connect(baudRate === undefined ? {} : { baudRate }),
        clear: () => session.clear(),
        baudRate,
        chooseSpeed: (chosen) => (this.baudRate = chosen),
      });
    }
    const pressButtons = state.kind === 'virtual' ? () => void this.#pressButtons(state) : undefined;
    return connectFailed(state, { again: this.#connect, pressButtons });
  }

  #renderManifestLink(session: UsbSession, state: UsbState): TemplateResult | typeof nothing {
    const url = manifestLink(location)?.state.value.url;
    if (!url || state.job || state.bundle || state.phase === 'connecting') return nothing;
    return linkedStrip(url, () => void attempt(() => session.bringUrl(url.href)));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-usb-view': UsbView;
  }
}
