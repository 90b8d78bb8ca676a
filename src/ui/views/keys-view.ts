/**
 * `<ot-keys-view>`: the key ring. All keys with the products that trust them and the secrets beside them, or the page of one key. What it needs of
 * trust is loaded when it is opened.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { AppServices } from '../../app/services.ts';
import { canBeTrusted } from '../../app/trust/key-use.ts';
import type { KeyRecord } from '../../app/trust/model.ts';
import type { KeyService } from '../../app/trust/services.ts';
import { attempt } from '../attempt.ts';
import { Observe } from '../controllers/observe.ts';
import { icon } from '../elements/icons.ts';
import { LightElement } from '../elements/light-element.ts';
import { otterArt } from '../elements/otter-art.ts';
import { errorLines } from '../error-lines.ts';
import { formatMany } from '../format.ts';
import { PageTitleEvent, linkTo, type RouteOf } from '../router.ts';
import { loadKeyRingStyles } from '../styles/key-ring-styles.ts';
import { addSecret, deleteSecret, importKey, makeKey, saveKeysHeader, stopTrusting, trustForProduct } from './keys/key-acts.ts';
import { keyList } from './keys/key-list.ts';
import './keys/key-page.ts';
import { listed } from './keys/key-words.ts';
import { knownProducts } from './keys/known-products.ts';
import { productList } from './keys/product-list.ts';
import { secretList } from './keys/secret-list.ts';

@customElement('ot-keys-view')
export class KeysView extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) route: RouteOf<'keys'> = { view: 'keys' };
  @state() private keys: KeyService | undefined;
  @state() private error: unknown;

  readonly #records = new Observe(this, () => this.keys?.records);
  readonly #deleted = new Observe(this, () => this.keys?.deleted);
  readonly #secrets = new Observe(this, () => this.keys?.secrets);
  readonly #products = new Observe(this, () => this.keys?.products);
  readonly #library = new Observe(this, () => this.services?.library.records);
  readonly #devices = new Observe(this, () => this.services?.devices.records);

  #headingHadFocus = false;

  protected override firstUpdated(): void {
    void this.#load();
    // Only proposals come from these.
    if (this.services.library.records.value === undefined) void this.services.library.load().catch(() => undefined);
    if (this.services.devices.records.value === undefined) void this.services.devices.load().catch(() => undefined);
  }

  async #load(): Promise<void> {
    this.error = undefined;
    try {
      // Without its sheet the page would jump; when there is none it goes without.
      const [trust] = await Promise.all([this.services.trust?.(), loadKeyRingStyles().catch(() => undefined)]);
      await trust?.keys.load();
      this.keys = trust?.keys;
    } catch (error) {
      this.error = error;
    }
  }

  protected override willUpdate(): void {
    this.#headingHadFocus = this.querySelector('h1') === document.activeElement;
  }

  protected override updated(): void {
    this.dispatchEvent(new PageTitleEvent(this.#open()?.name ?? 'Keys'));
    if (this.#headingHadFocus) void this.#keepFocus();
  }

  /** The heading under which the ring was opened gives way to another: who arrived there stays at the top. */
  async #keepFocus(): Promise<void> {
    await this.querySelector('ot-key-page')?.updateComplete;
    const heading = this.querySelector('h1');
    if (!heading || heading === document.activeElement) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }

  #open(): KeyRecord | undefined {
    const { fingerprint } = this.route;
    return fingerprint === undefined ? undefined : this.#records.value?.find(({ id }) => id === fingerprint);
  }

  #knownProducts(): readonly string[] {
    return knownProducts(this.#library.value ?? [], this.#devices.value ?? []);
  }

  override render() {
    const { keys } = this;
    const records = this.#records.value;
    if (!keys || !records) return this.#renderWaiting();
    const record = this.#open();
    if (record) {
      return html`<ot-key-page
        .services=${this.services}
        .keys=${keys}
        .record=${record}
        .products=${this.#products.value ?? []}
        .knownProducts=${this.#knownProducts()}
      ></ot-key-page>`;
    }
    return this.route.fingerprint === undefined ? this.#renderRing(keys, records) : this.#renderUnknown();
  }

  #renderWaiting(): TemplateResult {
    return html`${head('Keys', this.error === undefined ? 'Opening the key ring…' : '')}
    ${
      this.error === undefined
        ? nothing
        : html`<section class="sheet" aria-label="What happened">
            <div role="alert">${errorLines(this.error)}</div>
            <p class="keys"><button class="key" type="button" @click=${this.#load}>Try again</button></p>
          </section>`
    }`;
  }

  #renderUnknown(): TemplateResult {
    return html`${head('This key is not in your key ring', 'It was deleted, or it lies in another browser.')}
      <p class="keys"><a class="key key-go" href=${linkTo({ view: 'keys' })}>Go to the keys</a></p>`;
  }

  #renderRing(keys: KeyService, records: readonly KeyRecord[]): TemplateResult {
    const isEmpty = records.length === 0;
    return html`
      <div class="head">
        <div class="head-words">
          <h1>Keys</h1>
          <p class="facts">
            <span
              >${isEmpty ? 'Who signs firmware, and whom to believe' : `${formatMany(records.length, 'key')}, kept in this browser only`}</span
            >
            ${this.#renderDeleted()}
          </p>
        </div>
        ${
          isEmpty
            ? nothing
            : html`<div class="keys">
                <button class="key" type="button" @click=${() => attempt(() => makeKey(keys))}>${icon('plus')}Make a key</button>
                <button class="key" type="button" @click=${() => attempt(() => importKey(keys))}>Import a key</button>
              </div>`
        }
      </div>
      ${isEmpty ? this.#renderEmpty(keys) : html`<section class="sheet ring-sheet" aria-label="Signing keys">${keyList(records, this.#products.value ?? [], Date.now())}</section>`}
      <div class=${isEmpty ? 'stack' : 'two two-even'}>
        ${isEmpty && (this.#products.value ?? []).length === 0 ? nothing : this.#renderProducts(keys, records)}
        ${this.#renderSecrets(keys, records)}
      </div>
    `;
  }

  #renderDeleted(): TemplateResult | typeof nothing {
    const names = (this.#deleted.value ?? []).map(({ name }) => name);
    if (names.length === 0) return nothing;
    return html`<span>Deleted, and ${names.length === 1 ? 'stays' : 'stay'} revoked: ${listed(names)}</span>`;
  }

  #renderProducts(keys: KeyService, records: readonly KeyRecord[]): TemplateResult {
    const products = this.#products.value ?? [];
    const pinned = new Set(products.map(({ product }) => product));
    return productList({
      products: products.toSorted((a, b) => a.product.localeCompare(b.product)),
      others: this.#knownProducts().filter((product) => !pinned.has(product)),
      keys: records,
      onTrust: (product) => void attempt(() => trustForProduct(keys, product)),
      onStop: (product, key) => void attempt(() => stopTrusting(keys, product, key)),
    });
  }

  #renderSecrets(keys: KeyService, records: readonly KeyRecord[]): TemplateResult {
    return secretList({
      secrets: this.#secrets.value ?? [],
      now: Date.now(),
      hasKeys: records.some(canBeTrusted),
      onMake: () => void attempt(() => addSecret(keys, 'make')),
      onImport: () => void attempt(() => addSecret(keys, 'import')),
      onDelete: (secret) => void attempt(() => deleteSecret(keys, secret)),
      onHeader: () => void attempt(() => saveKeysHeader(keys)),
    });
  }

  #renderEmpty(keys: KeyService): TemplateResult {
    return html`<section class="sheet empty" aria-labelledby="no-keys">
      ${otterArt()}
      <h2 id="no-keys">No keys yet</h2>
      <ol class="teach">
        <li><b>A key signs.</b> Its private half is made in this browser, and nothing takes it out unless you want a backup.</li>
        <li><b>A product trusts it.</b> From then on Otter knows its firmware from anybody else’s.</li>
        <li>
          <b>Everything else stands out.</b> What was changed on its way is refused; what nobody signed is shown before it is written.
        </li>
      </ol>
      <p class="keys">
        <button class="key key-go" type="button" @click=${() => attempt(() => makeKey(keys))}>${icon('keys')}Make a key</button>
      </p>
      <p class="quiet">
        Got one from somebody else, or from openssl?
        <button class="link-key" type="button" @click=${() => attempt(() => importKey(keys))}>Import it</button>
      </p>
    </section>`;
  }
}

const head = (title: string, words: string): TemplateResult =>
  html`<div class="head">
    <div class="head-words">
      <h1>${title}</h1>
      <p class="facts">${words}</p>
    </div>
  </div>`;

declare global {
  interface HTMLElementTagNameMap {
    'ot-keys-view': KeysView;
  }
}
