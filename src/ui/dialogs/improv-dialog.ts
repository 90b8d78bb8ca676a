/** Wi-Fi for a board that just got its firmware (Improv over serial): which network, its password, and then the device's own page. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toProblem } from '../../app/errors.ts';
import type { ImprovSession } from '../../app/usb/services.ts';
import type { ImprovNetwork } from '../../core/serial/improv.ts';
import { KeptFocus } from '../controllers/kept-focus.ts';
import { icon, lamp } from '../elements/icons.ts';
import { errorLines } from '../error-lines.ts';
import { wordsFor } from '../messages.ts';
import { Modal } from './modal.ts';
import { wifiPasswordFault } from './wifi-password.ts';

/** dBm from which on a signal has so many bars. */
const BARS = [-85, -75, -67, -55] as const;
const SIGNAL_WORDS = ['very weak', 'weak', 'fair', 'good', 'very good'] as const;
const OTHER = '\u0000';

const signalBars = (rssi: number): number => BARS.filter((limit) => rssi >= limit).length;

/** Only what the browser can safely open; a device may answer anything. */
function safeAddress(text: string | undefined): string | undefined {
  const url = text && URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' ? url.href : undefined;
}

@customElement('ot-improv-dialog')
class ImprovDialog extends Modal<void> {
  @property({ attribute: false }) improv!: ImprovSession;
  /** Its radio and its networks are made up, and so are their passwords. */
  @property({ type: Boolean }) isVirtual = false;
  @state() private networks: readonly ImprovNetwork[] | undefined;
  @state() private chosen = '';
  @state() private phase: 'scanning' | 'choosing' | 'joining' | 'done' = 'scanning';
  @state() private address: string | undefined;
  @state() private error: unknown;
  @state() private fault = '';
  @state() private isShown = false;

  constructor() {
    super();
    this.addController(new KeptFocus(this, () => this.querySelector('input[name="network"]:checked, .key-go')));
  }

  protected override firstUpdated(): void {
    void this.#scan();
  }

  async #scan(): Promise<void> {
    this.phase = 'scanning';
    this.error = undefined;
    try {
      const found = await this.improv.scan();
      this.networks = strongest(found);
      this.chosen = this.networks[0]?.name ?? OTHER;
    } catch (error) {
      // Without a list a name can still be typed.
      this.error = error;
      this.networks = [];
      this.chosen = OTHER;
    }
    this.phase = 'choosing';
  }

  /** What was said of another network is not true of this one. */
  #choose(value: string): void {
    this.chosen = value;
    this.error = undefined;
    this.fault = '';
  }

  get #isOpen(): boolean {
    return this.networks?.find(({ name }) => name === this.chosen)?.secured === false;
  }

  async #join(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const name = this.chosen === OTHER ? String(form.get('name') ?? '') : this.chosen;
    if (name === '' || this.phase === 'joining') return;
    const password = String(form.get('password') ?? '');
    this.fault = this.#isOpen ? '' : wifiPasswordFault(password, { mayBeOpen: this.chosen === OTHER });
    if (this.fault !== '') return this.querySelector<HTMLInputElement>('#improv-password')?.focus();
    this.phase = 'joining';
    this.error = undefined;
    try {
      this.address = safeAddress(await this.improv.provision(name, password));
      this.phase = 'done';
    } catch (error) {
      this.error = error;
      this.phase = 'choosing';
    }
  }

  protected override renderContent(): TemplateResult {
    const { deviceName, firmware, version } = this.improv.info;
    return html`
      <div>
        <h2 id=${this.headingId}>Wi-Fi for ${deviceName || 'the board'}</h2>
        <p class="quiet">
          ${[firmware, version].filter(Boolean).join(' ')}. Name and password go over the cable to the board, and nowhere else.
        </p>
      </div>
      ${this.phase === 'done' ? this.#renderDone() : this.#renderForm()}
    `;
  }

  #renderDone(): TemplateResult {
    return html`<p>${lamp('on', 'Connected')} It joined ${this.chosen === OTHER ? 'the network' : html`<b>${this.chosen}</b>`}.</p>
      <p class="keys keys-end">
        <button class=${this.address ? 'key' : 'key key-go'} type="button" @click=${() => this.finish()}>Close</button>
        ${this.address ? html`<a class="key key-go" href=${this.address} target="_blank" rel="noopener noreferrer">Open device</a>` : nothing}
      </p>`;
  }

  #renderForm(): TemplateResult {
    if (this.phase === 'scanning') {
      return html`<p role="status">${lamp('busy', 'The board looks for networks')}</p>
        <p class="keys keys-end"><button class="key" type="button" @click=${() => this.finish()}>Cancel</button></p>`;
    }
    return html`<form class="form" @submit=${this.#join}>
      ${this.#renderNetworks()}
      ${
        this.chosen === OTHER
          ? html`<p class="field">
              <label for="improv-name">Name of the network</label>
              <input class="input" id="improv-name" name="name" required autocomplete="off" maxlength="32" />
            </p>`
          : nothing
      }
      ${
        this.#isOpen
          ? html`<p class="warn">${icon('caution')}<span>This network is open: anyone near can listen.</span></p>`
          : this.#renderPassword()
      }
      <div role="alert">${this.error === undefined ? nothing : faultLines(this.error)}</div>
      <p class="keys keys-end">
        <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
        <button class="key" type="button" @click=${() => this.#scan()}>Look again</button>
        <button class="key key-go" type="submit" aria-busy=${this.phase === 'joining' ? 'true' : nothing}>
          ${this.phase === 'joining' ? 'Joining…' : 'Join'}
        </button>
      </p>
    </form>`;
  }

  #renderPassword(): TemplateResult {
    const hints = [this.fault && 'improv-fault', this.isVirtual && 'improv-any'].filter(Boolean).join(' ');
    return html`<div class="field">
      <label for="improv-password">Password of the network</label>
      <input
        class="input"
        id="improv-password"
        name="password"
        type=${this.isShown ? 'text' : 'password'}
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        maxlength="64"
        aria-invalid=${this.fault ? 'true' : nothing}
        aria-describedby=${hints || nothing}
      />
      <label class="tick small"
        ><input type="checkbox" .checked=${this.isShown} @change=${() => (this.isShown = !this.isShown)} /><span>Show it</span></label
      >
      <div aria-live="polite">
        ${this.fault ? html`<p class="field-fault" id="improv-fault">${icon('cross')}${this.fault}</p>` : nothing}
      </div>
      ${this.isVirtual ? html`<span class="field-hint" id="improv-any">This network is virtual, too: any 8 to 63 characters will do.</span>` : nothing}
    </div>`;
  }

  #renderNetworks(): TemplateResult {
    const choice = (value: string, content: TemplateResult): TemplateResult =>
      html`<label class="network"
        ><input
          type="radio"
          name="network"
          value=${value}
          .checked=${this.chosen === value}
          @change=${() => this.#choose(value)}
        />${content}</label
      >`;
    return html`<fieldset class="networks rows">
      <legend class="vh">Network</legend>
      ${(this.networks ?? []).map(({ name, rssi, secured }) =>
        choice(
          name,
          html`<span>${name}</span>${secured ? icon('lock') : nothing}${bars(rssi)}<span class="vh"
              >, signal ${SIGNAL_WORDS[signalBars(rssi)]}</span
            >`,
        ),
      )}
      ${choice(OTHER, html`<span>Another network</span>`)}
    </fieldset>`;
  }
}

/** The board said it to the person in front of it: nobody else would look up its code. */
function faultLines(error: unknown): TemplateResult {
  const problem = toProblem(error);
  if (!problem.code.startsWith('IMPROV_')) return errorLines(error);
  const { title, why, next } = wordsFor(problem);
  return html`<div class="fault">
    ${icon('cross')}
    <p><b>${title}.</b> ${why} ${next}</p>
  </div>`;
}

function bars(rssi: number): TemplateResult {
  const count = signalBars(rssi);
  return html`<svg class="bars" viewBox="0 0 20 16" aria-hidden="true">
    <path class="bars-off" d="M1 11h3v4H1ZM6 8h3v7H6ZM11 4.5h3V15h-3ZM16 1h3v14h-3Z" />
    <path class="bars-on" d=${['M1 11h3v4H1Z', 'M6 8h3v7H6Z', 'M11 4.5h3V15h-3Z', 'M16 1h3v14h-3Z'].slice(0, count).join('')} />
  </svg>`;
}

/** A network of several access points is one network, as strong as its nearest. */
function strongest(found: readonly ImprovNetwork[]): readonly ImprovNetwork[] {
  const byName = new Map<string, ImprovNetwork>();
  for (const network of found) {
    const known = byName.get(network.name);
    if (network.name !== '' && (!known || network.rssi > known.rssi)) byName.set(network.name, network);
  }
  return [...byName.values()].sort((a, b) => b.rssi - a.rssi);
}

export async function openImprov(improv: ImprovSession, isVirtual: boolean): Promise<void> {
  const dialog = document.createElement('ot-improv-dialog');
  dialog.improv = improv;
  dialog.isVirtual = isVirtual;
  try {
    await dialog.ask();
  } finally {
    await improv.close().catch(() => undefined);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-improv-dialog': ImprovDialog;
  }
}
