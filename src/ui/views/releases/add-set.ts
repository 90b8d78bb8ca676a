/**
 * `<ot-add-set>`: a release set from an address, a folder or an archive. What is verified is drawn as a chain, link by link; the first root
 * file of a publisher is shown to be compared before anything else is read.
 *
 * Property `rootId`: reads the set of that line again.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { SetOffer, SetOrigin, SetVisit, SetVisitState } from '../../../app/trust/release-services.ts';
import type { IndexEntry } from '../../../core/trust/release-index.ts';
import { isAddress } from '../../../app/trust/set-origin.ts';
import { Observe } from '../../controllers/observe.ts';
import { icon, lamp, versionTag } from '../../elements/icons.ts';
import { chooseFiles } from '../../files-event.ts';
import { formatMany } from '../../format.ts';
import { announce } from '../../live-region.ts';
import { wordsFor } from '../../messages.ts';
import '../../problem-panel.ts';
import { linkTo } from '../../router.ts';
import { chooseSetFolder, onBrought, takeBrought } from './bring-set.ts';
import { contentFacts } from './draft-words.ts';
import { HOME, ReleasePage } from './page.ts';
import { chain, fingerprintBlock, validity } from './parts.ts';
import { headline, platesOf } from './set-words.ts';

@customElement('ot-add-set')
class AddSet extends ReleasePage {
  @property({ attribute: false }) rootId = '';
  @state() private visit: SetVisit | undefined;
  @state() private pasted = '';
  @state() private isCompared = false;
  @state() private evenExpired = false;
  /** The last release that was asked for. */
  @state() private wanted: IndexEntry | undefined;
  readonly #visit = new Observe(this, () => this.visit?.state);
  #said = '';
  #end: () => void = () => undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#end = onBrought(this.#takeBrought);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end();
    this.visit?.stop();
  }

  protected override firstUpdated(): void {
    this.#takeBrought();
    const line = this.lines.find(({ id }) => id === this.rootId);
    if (line && isAddress(line.source)) this.#begin({ kind: 'url', url: line.source });
  }

  readonly #takeBrought = (): void => {
    const brought = takeBrought();
    if (brought?.set) this.#begin(brought.set);
  };

  #begin(origin: SetOrigin): void {
    this.visit?.stop();
    this.pasted = '';
    this.isCompared = this.evenExpired = false;
    this.wanted = undefined;
    this.#said = '';
    this.visit = this.trust.releases.visit(origin);
  }

  #submitUrl(event: SubmitEvent): void {
    event.preventDefault();
    const url = this.querySelector<HTMLInputElement>('#set-url')?.value.trim();
    if (url) this.#begin({ kind: 'url', url });
  }

  async #chooseFolder(): Promise<void> {
    await this.act('choose', async () => {
      const origin = await chooseSetFolder();
      if (origin) this.#begin(origin);
    });
  }

  async #chooseZip(): Promise<void> {
    const [file] = await chooseFiles({ accept: '.zip,application/zip', multiple: false });
    if (file) this.#begin({ kind: 'zip', name: file.name, file });
  }

  async #confirm(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const name = this.querySelector<HTMLInputElement>('#publisher')?.value.trim() ?? '';
    if (name) await this.act('confirm', async () => this.visit?.confirm(name));
  }

  async #accept(entry: IndexEntry, evenExpired = false): Promise<void> {
    this.wanted = entry;
    await this.act(entry.path, async () => {
      const record = await this.visit?.accept(entry, { evenExpired });
      if (record) announce(`${record.product} ${record.version} is in the library.`);
    });
    this.evenExpired = false;
  }

  protected override updated(): void {
    super.updated();
    const said = sayingOf(this.#visit.value);
    if (said !== '' && said !== this.#said) announce(said);
    this.#said = said;
  }

  override render() {
    const visit = this.#visit.value;
    return html`
      ${this.head(visit ? headline(visit) : 'Add a release set', {
        back: HOME,
        lead: visit
          ? html`From <span class="num">${visit.source}</span>`
          : 'From any host, a folder or an archive. It is verified before anything of it is used.',
        keys: visit
          ? html`<div class="keys">
              <button class="key" type="button" @click=${() => (this.visit?.stop(), (this.visit = undefined))}>Choose another set</button>
            </div>`
          : undefined,
      })}
      ${this.errorPlace()} ${visit ? this.#renderVisit(visit) : this.#renderChoice()}
    `;
  }

  #renderChoice(): TemplateResult {
    return html`<div class="two">
      <form class="sheet form" @submit=${this.#submitUrl}>
        <h2>From an address</h2>
        <div class="field">
          <label for="set-url">Address of the set</label>
          <input
            class="input num"
            id="set-url"
            type="url"
            required
            autocomplete="off"
            placeholder="https://example.org/firmware/"
            aria-describedby="set-url-hint"
          />
          <p class="quiet" id="set-url-hint">
            The folder in which root.json and index.json lie. Your browser reads it; nobody is told who you are.
          </p>
        </div>
        <p class="keys"><button class="key key-go" type="submit">Read the set</button></p>
      </form>
      <section class="sheet" aria-labelledby="from-disk">
        <h2 id="from-disk">From this computer</h2>
        <p class="quiet">A folder or a .zip that somebody gave you. Dropping it anywhere on this page does the same.</p>
        <p class="keys">
          <button class="key" type="button" @click=${this.#chooseFolder}>Choose a folder</button>
          <button class="key" type="button" @click=${this.#chooseZip}>Choose a .zip</button>
        </p>
      </section>
    </div>`;
  }

  #renderVisit(visit: SetVisitState): TemplateResult {
    const isAsking = visit.steps.some(({ status }) => status === 'asking');
    return html`
      ${chain(platesOf(visit, this.wanted), 'What was verified')} ${formerWords(visit)}
      ${visit.problem ? this.#renderProblem(visit) : nothing} ${isAsking && visit.root ? this.#renderConfirm(visit) : nothing}
      ${visit.index ? this.#renderOffers(visit) : nothing}
    `;
  }

  #renderProblem({ problem }: SetVisitState): TemplateResult {
    const { wanted } = this;
    if (problem?.code === 'RELEASE_EXPIRED' && wanted) return this.#renderExpired(wanted);
    return html`<ot-problem .problem=${problem} .facts=${{ set: this.#visit.value?.source ?? '' }}></ot-problem>`;
  }

  #renderExpired(entry: IndexEntry): TemplateResult {
    const words = wordsFor({ code: 'RELEASE_EXPIRED', message: '', details: {} });
    return html`<section class="warn" role="alert" aria-label="Expired">
      ${icon('caution')}
      <div class="form">
        <p><b>${words.title}.</b> ${words.why} ${words.next}</p>
        <label class="tick"
          ><input
            type="checkbox"
            .checked=${this.evenExpired}
            @change=${(event: Event) => (this.evenExpired = (event.target as HTMLInputElement).checked)}
          />I want it although it expired</label
        >
        <p class="keys">
          <button class="key" type="button" ?disabled=${!this.evenExpired} @click=${() => this.#accept(entry, true)}>
            Take ${entry.product} ${entry.version} all the same
          </button>
        </p>
      </div>
    </section>`;
  }

  #renderConfirm({ root }: SetVisitState): TemplateResult {
    const { fingerprint, root: content } = root!;
    const pasted = this.pasted.replaceAll(/[\s:]/g, '').toLowerCase();
    const verdict = pasted === '' ? undefined : pasted === fingerprint;
    const isReady = verdict === true || (verdict === undefined && this.isCompared);
    return html`<form class="sheet form" @submit=${this.#confirm} aria-labelledby="compare">
      <div>
        <h2 id="compare">Is this the root file of its makers?</h2>
        <p class="quiet">
          Nobody here trusts it yet. Compare this fingerprint with one that the makers show somewhere else: on their site, in print, by
          phone. You are asked once; after that, their keys answer for each other.
        </p>
      </div>
      ${fingerprintBlock(fingerprint)}
      <div class="two two-even">
        <div class="form">
          <div class="field">
            <label for="their-print">Their fingerprint, pasted or typed</label>
            <input
              class="input num"
              id="their-print"
              autocomplete="off"
              spellcheck="false"
              aria-describedby="print-verdict"
              aria-invalid=${verdict === false ? 'true' : nothing}
              .value=${this.pasted}
              @input=${(event: InputEvent) => (this.pasted = (event.target as HTMLInputElement).value)}
            />
            <p id="print-verdict" role="status">${verdictOf(verdict)}</p>
          </div>
          <label class="tick"
            ><input
              type="checkbox"
              .checked=${this.isCompared}
              @change=${(event: Event) => (this.isCompared = (event.target as HTMLInputElement).checked)}
            />I compared all of it by eye</label
          >
        </div>
        <div class="field">
          <label for="publisher">What you call them</label>
          <input class="input" id="publisher" required maxlength="64" autocomplete="off" placeholder="Who publishes this" />
          <p class="quiet">Only for you: the file names keys, not people.</p>
        </div>
      </div>
      <details>
        <summary class="link-key">What the root file says</summary>
        ${contentFacts({ kind: 'root', root: content })}
      </details>
      <p class="keys">
        <button class="key key-go" type="submit" ?disabled=${!isReady} aria-busy=${this.isDoing('confirm')}>Trust this publisher</button>
        ${isReady ? nothing : html`<span class="quiet">Compare the fingerprint first.</span>`}
      </p>
    </form>`;
  }

  #renderOffers({ index, offers }: SetVisitState): TemplateResult {
    const newest = newestOf(offers);
    return html`<section class="sheet" aria-labelledby="offers">
      <div class="row-head">
        <h2 id="offers">${formatMany(offers.length, 'release')} in this set</h2>
        ${validity(index!.expiresMs)}
      </div>
      <ul class="rows demos">
        ${offers.map((offer) => this.#renderOffer(offer, offer === newest))}
      </ul>
    </section>`;
  }

  #renderOffer({ entry, isHere }: SetOffer, isFirst: boolean): TemplateResult {
    const name = `${entry.product} ${entry.version}`;
    const record = this.trust.releases.records.value?.find(({ id }) => id === entry.sha256);
    return html`<li>
      <div class="line-row">
        <span>${versionTag(entry.version)} <b>${entry.product}</b></span>
        <span class="line-facts"
          ><span class="quiet">for ${entry.chip}, number <span class="num">${entry.counter}</span></span
          >${isHere ? lamp('on', 'In your library') : nothing}</span
        >
      </div>
      ${
        isHere && record
          ? html`<a class="key key-small" href=${linkTo({ view: 'firmware', sha256: record.sha256 })}
              >Open<span class="vh"> ${name}</span></a
            >`
          : html`<button
              class=${isFirst ? 'key key-small key-go' : 'key key-small'}
              type="button"
              aria-label=${`Take ${name}`}
              aria-busy=${this.isDoing(entry.path)}
              @click=${() => this.#accept(entry)}
            >
              Take ${entry.version}
            </button>`
      }
    </li>`;
  }
}

const formerWords = ({ line, formerly }: SetVisitState): TemplateResult | typeof nothing =>
  line && formerly
    ? html`<section class="warn" aria-label="Another publisher">
        ${icon('caution')}
        <p>
          <b>Sets of ${formerly.name} lay here before.</b> This one is of ${line.name}, whom you trust as well. Ask them if you did not
          expect that; what you have of ${formerly.name} stays.
        </p>
      </section>`
    : nothing;

const verdictOf = (verdict: boolean | undefined): TemplateResult | typeof nothing => {
  if (verdict === undefined) return nothing;
  return verdict
    ? html`<span class="sign">${icon('check')}The same, to the last digit</span>`
    : html`<span class="field-fault">${icon('cross')}Not the same: do not trust this set</span>`;
};

const newestOf = (offers: readonly SetOffer[]): SetOffer | undefined =>
  offers.filter(({ isHere }) => !isHere).toSorted((a, b) => b.entry.counter - a.entry.counter)[0];

function sayingOf(visit: SetVisitState | undefined): string {
  return visit ? `${headline(visit)}.` : '';
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-add-set': AddSet;
  }
}
