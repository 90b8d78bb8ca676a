/**
 * The frame around every view: rail, search, the open view, the live region, and the prompt for a newer Otter.
 * Knows routes and the app's own state; knows nothing of devices beyond which job is under way.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { isPartMissing } from '../app/errors.ts';
import type { AppServices } from '../app/services.ts';
import { Observe } from './controllers/observe.ts';
import { catchEarlyFiles } from './early-files.ts';
import { icon, type IconName } from './elements/icons.ts';
import { LightElement } from './elements/light-element.ts';
import { otterMark } from './elements/otter.ts';
import './live-region.ts';
import { whenIdle } from './when-idle.ts';
import { PageTitleEvent, Router, linkTo, viewKey, type Route } from './router.ts';
import { VIEWS, type Section } from './view-table.ts';

const SECTIONS: readonly { readonly section: Section; readonly label: string; readonly route: Route; readonly icon: IconName }[] = [
  { section: 'devices', label: 'Devices', route: { view: 'devices' }, icon: 'devices' },
  { section: 'firmware', label: 'Firmware', route: { view: 'firmware' }, icon: 'firmware' },
  { section: 'keys', label: 'Keys', route: { view: 'keys' }, icon: 'keys' },
  { section: 'log', label: 'Log', route: { view: 'log' }, icon: 'log' },
  { section: 'settings', label: 'Settings', route: { view: 'settings' }, icon: 'settings' },
];

const DEVICES: Route = { view: 'devices' };
const PART_MISSING_WORDS = 'The network is away, or a newer version replaced it. Nothing on your devices changed.';
const IS_APPLE = /Mac|iPhone|iPad/.test(navigator.userAgent);

@customElement('ot-shell')
class Shell extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  /** What is on the page; lags behind the address while the view's code loads. A view whose code is not here is never rendered. */
  @state() private shown: { readonly route: Route; readonly isLoaded: boolean } | undefined;
  @state() private loading = false;
  @state() private missesPart = false;

  readonly #router = new Router();
  readonly #busy = new Observe(this, () => this.services.updates.busy);
  readonly #usbBusy = new Observe(this, () => this.services.usb?.busy);
  readonly #offlineReady = new Observe(this, () => this.services.shell.offlineReady);
  readonly #online = new Observe(this, () => this.services.shell.online);
  readonly #appUpdate = new Observe(this, () => this.services.shell.appUpdate);
  #connected = new AbortController();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    this.#router.start();
    const end = this.#router.route.subscribe((route) => void this.#show(route));
    signal.addEventListener('abort', () => (end(), this.#router.stop()));
    catchEarlyFiles(this, signal);
    addEventListener('keydown', this.#onKey, { signal });
    addEventListener('unhandledrejection', this.#onRejection, { signal });
    this.addEventListener(PageTitleEvent.type, this.#onTitle, { signal });
    void this.#show(this.#router.route.value);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#connected.abort();
  }

  protected override firstUpdated(): void {
    // Files may come in on every page, and jobs go on behind it; the code for both may come after the first view.
    whenIdle(() => {
      void import('./intake.ts');
      void import('./rail-jobs.ts');
      // What happens is written down at once, and not only once its code is here.
      void this.services.log.open();
    });
  }

  get #isBusy(): boolean {
    return this.#busy.value === true || this.#usbBusy.value === true;
  }

  readonly #onTitle = (event: Event): void => {
    if (event instanceof PageTitleEvent) document.title = `${event.title} · Otter`;
  };

  /** Code that is fetched in the background, or for a click whose own error dialog could not be fetched either, is missed here. */
  readonly #onRejection = (event: PromiseRejectionEvent): void => {
    if (!isPartMissing(event.reason)) return;
    event.preventDefault();
    this.missesPart = true;
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void this.#openPalette();
  };

  async #openPalette(): Promise<void> {
    const { openPalette } = await import('./command-palette/command-palette.ts');
    openPalette(this.services);
  }

  async #show(route: Route): Promise<void> {
    const isFirst = this.shown === undefined;
    const isSameView = this.shown !== undefined && viewKey(this.shown.route) === viewKey(route);
    this.loading = true;
    const isLoaded = await VIEWS[route.view].load().then(
      () => true,
      () => false,
    );
    if (this.#router.route.value !== route) return;
    this.loading = false;
    this.shown = { route, isLoaded };
    if (!isSameView) document.title = `${VIEWS[route.view].title} · Otter`;
    await this.updateComplete;
    if (!isSameView) this.#arrive(isFirst);
  }

  /** A new view starts at its top, with its heading in focus; the very first leaves the focus to the browser. */
  #arrive(isFirst: boolean): void {
    if (isFirst) return;
    scrollTo({ top: 0, behavior: 'instant' });
    const main = this.querySelector('main');
    // The view renders in its own microtask after the shell's.
    queueMicrotask(() => {
      const heading = main?.querySelector('h1');
      if (heading) heading.tabIndex = -1;
      (heading ?? main)?.focus({ preventScroll: true });
    });
  }

  override render() {
    const { shown } = this;
    return html`
      <a class="skip" href="#main" @click=${this.#skip}>Skip to content</a>
      ${this.#renderAppUpdate()} ${this.#renderPartMissing()}
      <div class="app">
        ${this.#renderRail()}
        <main id="main" class="main" tabindex="-1" aria-busy=${this.loading ? 'true' : nothing}>
          ${shown ? keyed(viewKey(shown.route), shown.isLoaded ? this.#renderView(shown.route) : this.#renderLoadFailed()) : nothing}
        </main>
      </div>
      <ot-intake .services=${this.services} .route=${shown?.route ?? DEVICES}></ot-intake>
      <ot-live-region></ot-live-region>
    `;
  }

  /** The hash belongs to the routes, so the skip link moves the focus itself. */
  #skip(event: Event): void {
    event.preventDefault();
    this.querySelector('main')?.focus();
  }

  #renderRail(): TemplateResult {
    const route = this.shown?.route ?? DEVICES;
    const { section } = VIEWS[route.view];
    return html`
      <header class="rail">
        <a class="brand" href="#/devices">${otterMark()}<span>Otter</span></a>
        <button class="palette" type="button" aria-haspopup="dialog" aria-keyshortcuts="Control+K Meta+K" @click=${this.#openPalette}>
          ${icon('search')}<span class="palette-word">Find or do</span><kbd>${IS_APPLE ? '⌘ K' : 'Ctrl K'}</kbd>
        </button>
        <nav class="nav" aria-label="Main">
          <ul>
            ${SECTIONS.map(
              (entry) =>
                html`<li>
                  <a class="nav-item" href=${linkTo(entry.route)} aria-current=${entry.section === section ? 'page' : nothing}>
                    ${icon(entry.icon)}<span>${entry.label}</span>
                  </a>
                </li>`,
            )}
          </ul>
        </nav>
        <ot-rail-jobs
          .jobs=${this.services.updates.jobs}
          .usb=${this.services.usb}
          .hiddenDeviceId=${route.view === 'job' ? route.id : route.view === 'usb' ? route.portId : undefined}
        ></ot-rail-jobs>
        <p class="rail-note">${icon('lock')}<span>${this.#offlineWords()}</span></p>
      </header>
    `;
  }

  #offlineWords(): string {
    if (this.#online.value === false) return 'You are offline. Virtual boards and the library work as before.';
    if (this.#offlineReady.value) return 'Works offline. Nothing leaves this tab unless you send it.';
    return 'Getting ready to work offline. Nothing leaves this tab unless you send it.';
  }

  #renderAppUpdate() {
    if (!this.#appUpdate.value || this.#isBusy) return nothing;
    return html`<section class="app-update" aria-label="Newer Otter">
      <p>A newer Otter is here. It takes over after a reload; your library and devices stay.</p>
      <button class="key key-small" type="button" @click=${() => this.services.shell.applyAppUpdate()}>Reload now</button>
    </section>`;
  }

  #renderView(route: Route): TemplateResult {
    const { services } = this;
    switch (route.view) {
      case 'devices':
        return html`<ot-devices-view .services=${services} .route=${route}></ot-devices-view>`;
      case 'device':
        return html`<ot-device-view .services=${services} .route=${route}></ot-device-view>`;
      case 'preflight':
        return html`<ot-preflight-view .services=${services} .route=${route}></ot-preflight-view>`;
      case 'job':
        return html`<ot-job-view .services=${services} .route=${route}></ot-job-view>`;
      case 'usb':
        return html`<ot-usb-view .services=${services} .route=${route}></ot-usb-view>`;
      case 'firmware':
        return html`<ot-firmware-view .services=${services} .route=${route}></ot-firmware-view>`;
      case 'compare':
        return html`<ot-compare-view .services=${services} .route=${route}></ot-compare-view>`;
      case 'keys':
        return html`<ot-keys-view .services=${services} .route=${route}></ot-keys-view>`;
      case 'log':
        return html`<ot-log-view .services=${services} .route=${route}></ot-log-view>`;
      case 'settings':
        return html`<ot-settings-view .services=${services} .route=${route}></ot-settings-view>`;
      case 'not-found':
        return html`<div class="head">
            <div class="head-words">
              <h1>Nothing lives at this address</h1>
              <p class="lead">The link may be from another version of Otter, or it was cut short.</p>
            </div>
          </div>
          <p class="keys"><a class="key key-go" href="#/devices">Go to the devices</a></p>`;
    }
  }

  #renderPartMissing() {
    if (!this.missesPart) return nothing;
    return html`<section class="app-update" role="alert" aria-label="Not loaded">
      <p>A part of Otter could not be loaded. ${PART_MISSING_WORDS}</p>
      ${this.#renderReload('key key-small')}
    </section>`;
  }

  #renderLoadFailed(): TemplateResult {
    return html`<div class="head">
        <div class="head-words">
          <h1>This page did not load</h1>
          <p class="lead">${PART_MISSING_WORDS}</p>
        </div>
      </div>
      <p class="keys">${this.#renderReload('key key-go')}</p>`;
  }

  #renderReload(look: string): TemplateResult {
    return html`<button class=${look} type="button" ?disabled=${this.#isBusy} @click=${() => location.reload()}>Reload Otter</button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-shell': Shell;
  }
}
