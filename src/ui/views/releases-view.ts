/** `<ot-releases-view>`: who is trusted to release, what they released, and what waits to be signed. One element for each of its pages. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toProblem } from '../../app/errors.ts';
import type { AppServices } from '../../app/services.ts';
import type { TrustServices } from '../../app/trust/services.ts';
import { LightElement } from '../elements/light-element.ts';
import '../problem-panel.ts';
import { linkTo, type RouteOf } from '../router.ts';
import { loadReleasesStyles } from '../styles/releases-styles.ts';
import './releases/add-set.ts';
import './releases/draft-page.ts';
import './releases/home.ts';
import './releases/index-form.ts';
import './releases/publish-form.ts';
import './releases/root-form.ts';
import './releases/root-page.ts';
import './releases/sign-for.ts';

@customElement('ot-releases-view')
class ReleasesView extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) route!: RouteOf<'releases'>;
  @state() private trust: TrustServices | undefined;
  @state() private error: unknown;
  /** Without its sheet the page would jump: it waits, and goes without when there is none. */
  @state() private isStyled = false;

  /** The heading that the page begins with had the focus, and is replaced. */
  #passesFocus = false;

  override connectedCallback(): void {
    super.connectedCallback();
    void loadReleasesStyles()
      .catch(() => undefined)
      .finally(() => (this.isStyled = true));
  }

  protected override firstUpdated(): void {
    void this.#load();
  }

  protected override willUpdate(): void {
    this.#passesFocus ||= this.querySelector('h1') === document.activeElement;
  }

  protected override updated(): void {
    if (!this.#passesFocus || !this.trust) return;
    this.#passesFocus = false;
    const page = this.firstElementChild;
    if (page instanceof LightElement) void page.updateComplete.then(() => page.querySelector('h1')?.focus({ preventScroll: true }));
  }

  async #load(): Promise<void> {
    this.error = undefined;
    try {
      const trust = await this.services.trust?.();
      await Promise.all([trust?.releases.load(), trust?.keys.load(), this.services.library.load()]);
      this.trust = trust;
    } catch (error) {
      this.error = error;
    }
  }

  override render() {
    if (this.error !== undefined) return this.#renderFault();
    if (!this.isStyled || !this.trust)
      return html`<div class="head">
        <div class="head-words"><h1>Releases</h1></div>
      </div>`;
    return this.#renderPage(this.services, this.trust);
  }

  #renderFault(): TemplateResult {
    return html`<div class="head">
        <div class="head-words"><h1>Releases</h1></div>
      </div>
      <ot-problem
        .problem=${toProblem(this.error)}
        .keys=${html`<button class="key" type="button" @click=${this.#load}>Try again</button>`}
      ></ot-problem>`;
  }

  #renderPage(services: AppServices, trust: TrustServices): TemplateResult {
    const { page, id = '' } = this.route;
    switch (page) {
      case undefined:
        return html`<ot-releases-home .services=${services} .trust=${trust}></ot-releases-home>`;
      case 'add':
        return html`<ot-add-set .services=${services} .trust=${trust} .rootId=${id}></ot-add-set>`;
      case 'make':
      case 'rotate':
        return html`<ot-root-form .services=${services} .trust=${trust} .rootId=${id}></ot-root-form>`;
      case 'root':
        return html`<ot-root-page .services=${services} .trust=${trust} .rootId=${id}></ot-root-page>`;
      case 'publish':
        return html`<ot-publish-form .services=${services} .trust=${trust} .sha256=${id}></ot-publish-form>`;
      case 'index':
        return html`<ot-index-form .services=${services} .trust=${trust} .rootId=${id}></ot-index-form>`;
      case 'draft':
        return html`<ot-draft-page .services=${services} .trust=${trust} .draftId=${id}></ot-draft-page>`;
      case 'sign':
        return html`<ot-sign-for .services=${services} .trust=${trust}></ot-sign-for>`;
      default:
        return html`<div class="head">
            <div class="head-words">
              <h1>Nothing lives at this address</h1>
              <p class="lead">The link may be from another version of Otter, or it was cut short.</p>
            </div>
          </div>
          <p class="keys"><a class="key key-go" href=${linkTo({ view: 'releases' })}>Go to the releases</a>${nothing}</p>`;
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-releases-view': ReleasesView;
  }
}
