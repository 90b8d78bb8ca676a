/**
 * `<ot-key-page>`: one key, drawn and said: what it is, who trusts it, what it signed, its public half for others, and how it ends.
 *
 * Properties: `services`, `keys` (the key ring), `record`.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { DeviceRecord } from '../../../app/model.ts';
import { canBeTrusted } from '../../../app/trust/key-use.ts';
import type { KeyRecord, ProductTrust } from '../../../app/trust/model.ts';
import { PUBLIC_KEY_FORMATS, type KeyService, type KeyUses, type PublicKeyFormat } from '../../../app/trust/services.ts';
import type { AppServices } from '../../../app/services.ts';
import { attempt } from '../../attempt.ts';
import { copyText } from '../../copy.ts';
import { hash, icon } from '../../elements/icons.ts';
import { keyDrawing } from '../../elements/key-drawing.ts';
import { LightElement } from '../../elements/light-element.ts';
import { formatMany, formatMoment } from '../../format.ts';
import { announce } from '../../live-region.ts';
import { linkTo } from '../../router.ts';
import { saveFile } from '../../save-file.ts';
import { projectOf } from '../library/shelf.ts';
import { backUp, editKey, saveKeysHeader, stopTrusting, trustKey } from './key-acts.ts';
import { keyEnds } from './key-ends.ts';
import { keyTrust } from './key-trust.ts';
import { halfWords, listed, productsOf, statusLamp } from './key-words.ts';
import { opensslCommands } from './openssl-words.ts';

const FORMAT_WORDS = {
  pem: 'PEM, as openssl and nearly everything else reads it',
  der: 'DER, the same in binary',
  jwk: 'JWK, for programs on the web',
  pkcs1: 'PEM in PKCS#1, for older programs',
} as const satisfies Record<PublicKeyFormat, string>;

@customElement('ot-key-page')
export class KeyPage extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) keys!: KeyService;
  @property({ attribute: false }) record!: KeyRecord;
  @property({ attribute: false }) products: readonly ProductTrust[] = [];
  /** Products that the library and the devices speak of. */
  @property({ attribute: false }) knownProducts: readonly string[] = [];
  @state() private format: PublicKeyFormat = 'pem';
  @state() private uses: KeyUses | undefined;
  @state() private boardsWithout: readonly Pick<DeviceRecord, 'id' | 'name'>[] = [];
  @state() private isGiving = false;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('record')) void this.#count(this.record.id);
    if (changed.has('record') || changed.has('products')) void this.#findBoards(this.record);
  }

  async #count(id: string): Promise<void> {
    // Nothing else on the page depends on it.
    const uses = await this.keys.uses(id).catch(() => undefined);
    if (id === this.record.id) this.uses = uses;
  }

  /** Only the page of a key that products trust asks. */
  async #findBoards({ id }: KeyRecord): Promise<void> {
    const isPinned = productsOf(id, this.products).length > 0;
    const boards = isPinned ? await (await this.services.trust?.())?.guard.boardsWithout(id).catch(() => undefined) : undefined;
    if (id === this.record.id) this.boardsWithout = boards ?? [];
  }

  readonly #give = async (): Promise<void> => {
    if (this.isGiving) return;
    this.isGiving = true;
    const boards = this.boardsWithout;
    await attempt(async () => {
      const guard = (await this.services.trust?.())?.guard;
      for (const { id } of boards) await guard?.setOnlyTrusted(id, true);
      announce(`${listed(boards.map(({ name }) => name))} ${boards.length === 1 ? 'has' : 'have'} the keys of today.`);
    });
    this.isGiving = false;
    await this.#findBoards(this.record);
    await this.updateComplete;
    // The button went with what it was for.
    if (document.activeElement === document.body) this.querySelector<HTMLElement>('#who-trusts')?.focus();
  };

  readonly #trust = (): void => void attempt(() => trustKey(this.keys, this.record, this.knownProducts));

  readonly #savePublic = (): void =>
    void attempt(async () => {
      const { blob, fileName } = await this.keys.exportPublic(this.record.id, this.format);
      saveFile(blob, fileName);
      announce(`Saved as ${fileName}.`);
    });

  readonly #copyPublic = (): void =>
    void attempt(async () => {
      const { blob } = await this.keys.exportPublic(this.record.id, 'pem');
      await copyText(await blob.text(), 'Public key');
    });

  override render() {
    const { record } = this;
    const trusting = productsOf(record.id, this.products);
    return html`
      ${this.#renderHead(trusting)}
      <section class="mat key-mat" aria-label="The key">
        ${keyDrawing(record, 'named')}
        <p class="quiet">
          Each cut is as deep as its digit: the first and the last eight of the fingerprint. Two keys that look the same are worth reading
          in full; two that do not are not the same.
        </p>
      </section>
      <div class="two two-even">
        <div class="stack">${this.#renderFacts()} ${this.#renderPublic()}</div>
        <div class="stack">${this.#renderTrust(trusting)} ${this.#renderUses()} ${this.#renderOpenssl()}</div>
      </div>
      ${keyEnds(this.keys, record)}
    `;
  }

  #renderHead(trusting: readonly string[]): TemplateResult {
    const { record, keys } = this;
    const isNext = record.status === 'active' && trusting.length === 0;
    return html`<div class="head">
      <div class="head-words">
        <a class="back" href=${linkTo({ view: 'keys' })}>${icon('left')}All keys</a>
        <h1>${record.name}</h1>
        <p class="facts">${statusLamp(record)}<span>${record.algorithm}</span><span>${halfWords(record)}</span></p>
      </div>
      <div class="keys">
        ${
          canBeTrusted(record)
            ? html`<button class=${isNext ? 'key key-go' : 'key'} type="button" @click=${this.#trust}>
                ${record.status === 'retired' ? 'Trust what it signed' : 'Trust it for a product'}
              </button>`
            : nothing
        }
        ${
          record.privateKey === 'exportable'
            ? html`<button class="key" type="button" @click=${() => attempt(() => backUp(keys, record))}>${icon('save')}Back it up</button>`
            : nothing
        }
        <button class="key" type="button" @click=${() => attempt(() => editKey(keys, record))}>${icon('edit')}Rename</button>
      </div>
    </div>`;
  }

  #renderFacts(): TemplateResult {
    const { id, purpose, source, createdAt, usedAt, status, statusAt } = this.record;
    return html`<section class="sheet" aria-labelledby="what-it-is">
      <h2 id="what-it-is">What it is</h2>
      <dl class="pairs">
        <dt>Fingerprint</dt>
        <dd>${hash(id, 'Fingerprint')}</dd>
        <dt>Purpose</dt>
        <dd>${purpose || html`<span class="quiet">none given</span>`}</dd>
        <dt>${source === 'made' ? 'Made here' : 'Imported'}</dt>
        <dd>${formatMoment(createdAt)}</dd>
        <dt>Last used</dt>
        <dd>${usedAt === undefined ? html`<span class="quiet">never, in this browser</span>` : formatMoment(usedAt)}</dd>
        ${
          status === 'active' || statusAt === undefined
            ? nothing
            : html`<dt>${status === 'retired' ? 'Retired' : 'Revoked'}</dt>
                <dd>${formatMoment(statusAt)}</dd>`
        }
      </dl>
    </section>`;
  }

  #renderPublic(): TemplateResult {
    const formats = PUBLIC_KEY_FORMATS.filter((format) => format !== 'pkcs1' || this.record.algorithm.startsWith('RSA'));
    return html`<section class="sheet" aria-labelledby="public-half">
      <div>
        <h2 id="public-half">Its public half</h2>
        <p class="quiet">For everybody who is to check what it signed. It is no secret.</p>
      </div>
      <div class="field">
        <label for="public-format">Form</label>
        <select
          class="input"
          id="public-format"
          @change=${(event: Event) => (this.format = (event.target as HTMLSelectElement).value as PublicKeyFormat)}
        >
          ${formats.map((format) => html`<option value=${format} ?selected=${format === this.format}>${FORMAT_WORDS[format]}</option>`)}
        </select>
      </div>
      <p class="keys">
        <button class="key" type="button" @click=${this.#savePublic}>${icon('save')}Save it</button>
        <button class="key" type="button" @click=${this.#copyPublic}>${icon('copy')}Copy as PEM</button>
        ${
          canBeTrusted(this.record)
            ? html`<button class="key" type="button" @click=${() => attempt(() => saveKeysHeader(this.keys, this.record))}>
                Save a keys.h
              </button>`
            : nothing
        }
      </p>
    </section>`;
  }

  #renderTrust(products: readonly string[]): TemplateResult {
    const { record, keys, isGiving } = this;
    const boardsWithout = this.boardsWithout.map(({ name }) => name);
    const onStop = (product: string): void => void attempt(() => stopTrusting(keys, product, record));
    return keyTrust({ record, products, boardsWithout, isGiving, onStop, onGive: this.#give });
  }

  #renderUses(): TemplateResult | typeof nothing {
    const { firmware = [], releases = 0 } = this.uses ?? {};
    const records = this.services.library.records.value ?? [];
    const signed = records.filter(({ sha256 }) => firmware.includes(sha256));
    if (signed.length + releases === 0) return nothing;
    return html`<section class="sheet" aria-labelledby="what-signed">
      <h2 id="what-signed">What it signed</h2>
      <ul class="rows trusting">
        ${signed.map(
          (record) =>
            html`<li>
              ${icon('signed')}<a href=${linkTo({ view: 'firmware', sha256: record.sha256 })}>${projectOf(record)} ${record.version}</a>
            </li>`,
        )}
        ${releases > 0 ? html`<li>${icon('flag')}<span>${formatMany(releases, 'release')}</span></li>` : nothing}
      </ul>
    </section>`;
  }

  #renderOpenssl(): TemplateResult {
    return html`<details class="sheet openssl">
      <summary><h2>The same with openssl</h2></summary>
      <p class="quiet">
        Signatures are byte for byte those of openssl 3, so either side can check the other. File names are those that this page saves
        under.
      </p>
      <dl class="commands">
        ${opensslCommands(this.record).map(
          ({ what, line }) =>
            html`<div>
              <dt>${what}</dt>
              <dd>
                <code class="command">${line}</code
                ><button class="link-key small" type="button" aria-label=${`Copy: ${what}`} @click=${() => copyText(line, 'Command')}>
                  ${icon('copy')}Copy
                </button>
              </dd>
            </div>`,
        )}
      </dl>
    </details>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-key-page': KeyPage;
  }
}
