/** What the pages of releases share: the services, one error where it happened, and one act at a time. */
import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { AppServices } from '../../../app/services.ts';
import { canSign } from '../../../app/trust/key-use.ts';
import type { KeyRecord } from '../../../app/trust/model.ts';
import type { RootLine } from '../../../app/trust/release-services.ts';
import type { TrustServices } from '../../../app/trust/services.ts';
import { Observe } from '../../controllers/observe.ts';
import { icon } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { errorLines } from '../../error-lines.ts';
import { linkTo, PageTitleEvent, type Route } from '../../router.ts';

export abstract class ReleasePage extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) trust!: TrustServices;
  @state() protected error: unknown;
  @state() protected doing = '';
  readonly #roots = new Observe(this, () => this.trust?.releases.roots);
  readonly #keys = new Observe(this, () => this.trust?.keys.records);
  #title = '';
  #told = '';

  protected get lines(): readonly RootLine[] {
    return this.#roots.value ?? [];
  }

  protected get keys(): readonly KeyRecord[] {
    return this.#keys.value ?? [];
  }

  /** Keys that can sign in this browser now. */
  protected get ownKeys(): readonly KeyRecord[] {
    return this.keys.filter(canSign);
  }

  /** Does one thing; what goes wrong stands on the page. */
  protected async act(name: string, work: () => Promise<unknown>): Promise<boolean> {
    if (this.doing) return false;
    this.doing = name;
    this.error = undefined;
    try {
      await work();
      return true;
    } catch (error) {
      this.error = error;
      return false;
    } finally {
      this.doing = '';
    }
  }

  /** What the page begins with. */
  protected async read(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.error = error;
    }
  }

  protected isDoing(name: string): 'true' | typeof nothing {
    return this.doing === name ? 'true' : nothing;
  }

  protected head(
    title: string,
    { lead, back, keys }: { readonly lead?: unknown; readonly back?: Route | undefined; readonly keys?: unknown } = {},
  ): TemplateResult {
    this.#title = title;
    return html`<div class="head">
      <div class="head-words">
        ${back ? html`<a class="back" href=${linkTo(back)}>${icon('left')}${backWords(back)}</a>` : nothing}
        <h1 tabindex="-1">${title}</h1>
        ${lead === undefined ? nothing : html`<p class="lead">${lead}</p>`}
      </div>
      ${keys ?? nothing}
    </div>`;
  }

  protected errorPlace(): TemplateResult {
    return html`<div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>`;
  }

  protected override updated(): void {
    if (this.#title === this.#told) return;
    const isFirst = this.#told === '';
    this.#told = this.#title;
    this.dispatchEvent(new PageTitleEvent(this.#title));
    // The key that had the focus may be gone with what it was for: the heading, which says what came of it, takes it.
    const isLost = document.activeElement === document.body || !document.activeElement?.isConnected;
    if (!isFirst && isLost) this.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
  }
}

export const HOME: Route = { view: 'releases' };

const backWords = (route: Route): string => {
  if (route.view === 'firmware') return 'The firmware';
  return route.view === 'releases' && route.page === 'root' ? 'The publisher' : 'Releases';
};
