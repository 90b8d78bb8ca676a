/** `<ot-settings-view>`: the little that can be set, and what Otter knows about itself here: room, network, installation, version. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Settings, StorageUse } from '../../app/model.ts';
import type { AppServices } from '../../app/services.ts';
import { Observe } from '../controllers/observe.ts';
import { icon, lamp } from '../elements/icons.ts';
import { LightElement } from '../elements/light-element.ts';
import { errorLines } from '../error-lines.ts';
import { announce } from '../live-region.ts';
import { linkTo, type RouteOf } from '../router.ts';
import { OTTER_VERSION } from '../version.ts';
import { storageMeter } from './library/storage-meter.ts';

const THEMES = {
  system: { name: 'As the system', words: 'follows your device, also through the day' },
  light: { name: 'Light', words: 'a well-lit bench' },
  dark: { name: 'Dark', words: 'the river at night' },
} as const satisfies Record<Settings['theme'], { readonly name: string; readonly words: string }>;

/** Seconds; the contract gives a device 30 s to confirm itself, slow starts come on top. Ten are for firmware that does it at once. */
const CONFIRM_TIMEOUTS = [10, 30, 60, 90, 120, 180, 300] as const;

@customElement('ot-settings-view')
export class SettingsView extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) route: RouteOf<'settings'> | undefined;
  @state() private use: StorageUse | undefined;
  @state() private error: unknown;

  readonly #settings = new Observe(this, () => this.services?.settings.value);
  readonly #records = new Observe(this, () => this.services?.library.records);
  readonly #offlineReady = new Observe(this, () => this.services?.shell.offlineReady);
  readonly #online = new Observe(this, () => this.services?.shell.online);
  readonly #canInstall = new Observe(this, () => this.services?.shell.canInstall);
  readonly #appUpdate = new Observe(this, () => this.services?.shell.appUpdate);
  readonly #busy = new Observe(this, () => this.services?.updates.busy);

  protected override firstUpdated(): void {
    if (this.services.library.records.value === undefined)
      void this.services.library.load().catch((error: unknown) => (this.error = error));
    void this.services.library.storage().then(
      (use) => (this.use = use),
      () => undefined,
    );
  }

  async #change(change: Partial<Settings>, words: string): Promise<void> {
    this.error = undefined;
    try {
      await this.services.settings.change(change);
      announce(words);
    } catch (error) {
      this.error = error;
    }
  }

  override render() {
    return html`
      <div class="head">
        <div class="head-words">
          <h1>Settings</h1>
          <p class="facts">They stay in this browser</p>
        </div>
      </div>
      <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
      <div class="two two-even">
        <div class="stack">${this.#renderTheme()} ${this.#renderUpdates()}</div>
        <div class="stack">${this.#renderStorage()} ${this.#renderApp()}</div>
      </div>
    `;
  }

  #renderTheme(): TemplateResult {
    const { theme = 'system' } = this.#settings.value ?? {};
    return html`<section class="sheet" aria-labelledby="theme">
      <h2 id="theme">Theme</h2>
      <fieldset class="radios">
        <legend class="vh">Theme</legend>
        ${(Object.keys(THEMES) as Settings['theme'][]).map(
          (each) =>
            html`<label class="tick"
              ><input
                type="radio"
                name="theme"
                value=${each}
                .checked=${each === theme}
                @change=${() => this.#change({ theme: each }, `Theme: ${THEMES[each].name}.`)}
              />${THEMES[each].name} <span class="quiet">${THEMES[each].words}</span></label
            >`,
        )}
      </fieldset>
    </section>`;
  }

  #renderUpdates(): TemplateResult {
    const { confirmTimeoutS = 60 } = this.#settings.value ?? {};
    const choices = [...new Set([...CONFIRM_TIMEOUTS, confirmTimeoutS])].sort((a, b) => a - b);
    return html`<section class="sheet" aria-labelledby="updates">
      <h2 id="updates">Updates</h2>
      <div class="field">
        <label for="confirm-timeout">Wait for a device to confirm its new firmware</label>
        <select
          class="input"
          id="confirm-timeout"
          aria-describedby="confirm-words"
          @change=${(event: Event) => this.#setTimeout(Number((event.target as HTMLSelectElement).value))}
        >
          ${choices.map((seconds) => html`<option value=${seconds} ?selected=${seconds === confirmTimeoutS}>${seconds} seconds</option>`)}
        </select>
        <p class="quiet" id="confirm-words">
          After that it is called unconfirmed, never done. A device that confirms later is still seen: its page goes on asking.
        </p>
      </div>
    </section>`;
  }

  #setTimeout(confirmTimeoutS: number): void {
    void this.#change({ confirmTimeoutS }, `Otter waits ${confirmTimeoutS} seconds.`);
  }

  #renderStorage(): TemplateResult {
    return html`<section class="sheet" aria-labelledby="room">
      <h2 id="room">Storage</h2>
      ${storageMeter(this.use, this.#records.value ?? [])}
      <p class="keys"><a class="key" href=${linkTo({ view: 'firmware' })}>Open the library</a></p>
    </section>`;
  }

  #renderApp(): TemplateResult {
    return html`<section class="sheet" aria-labelledby="app">
      <h2 id="app">Otter ${OTTER_VERSION}</h2>
      <ul class="rows states">
        <li>
          ${this.#offlineReady.value ? lamp('on', 'Works offline') : lamp('off', 'Not yet ready to work offline')}
          <span class="quiet"
            >${this.#offlineReady.value ? 'Everything it needs is stored here.' : 'Stay online for a moment, or allow service workers.'}</span
          >
        </li>
        <li>
          ${this.#online.value === false ? lamp('off', 'No network') : lamp('on', 'Network')}
          <span class="quiet"
            >${this.#online.value === false ? 'Virtual boards and the library work as before.' : 'Used only for devices that you name.'}</span
          >
        </li>
      </ul>
      ${this.#renderAppKeys()}
      <p class="quiet">No account, no server, no tracking. Firmware leaves this browser only for the device you send it to. MIT licence.</p>
    </section>`;
  }

  #renderAppKeys(): TemplateResult | typeof nothing {
    if (!this.#canInstall.value && !this.#appUpdate.value) return nothing;
    return html`<p class="keys">
      ${
        this.#canInstall.value
          ? html`<button class="key" type="button" @click=${this.#install}>${icon('save')}Install the app</button>`
          : nothing
      }
      ${
        this.#appUpdate.value
          ? html`<button
              class="key"
              type="button"
              ?disabled=${this.#busy.value === true}
              @click=${() => this.services.shell.applyAppUpdate()}
            >
              Reload into the newer Otter
            </button>`
          : nothing
      }
      ${this.#appUpdate.value && this.#busy.value ? html`<span class="quiet">Waits until the device is written.</span>` : nothing}
    </p>`;
  }

  readonly #install = async (): Promise<void> => {
    try {
      await this.services.shell.install();
    } catch (error) {
      this.error = error;
    }
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-settings-view': SettingsView;
  }
}
