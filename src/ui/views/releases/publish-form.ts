/** `<ot-publish-form>`: a release of a firmware of the library. What the image says of itself is not asked for. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Draft, ReleaseFacts, RootLine } from '../../../app/trust/release-services.ts';
import { hash, icon } from '../../elements/icons.ts';
import { formatBytes } from '../../format.ts';
import { announce } from '../../live-region.ts';
import { linkTo, navigate, type Route } from '../../router.ts';
import { contentName } from './draft-words.ts';
import { ReleasePage } from './page.ts';
import { canSign, endOfDay, inDays } from './parts.ts';

const RELEASE_DAYS = 365;

@customElement('ot-publish-form')
class PublishForm extends ReleasePage {
  @property({ attribute: false }) sha256 = '';
  @state() private facts: ReleaseFacts | undefined;
  @state() private rootId = '';
  @state() private product = '';
  /** Root files that enough have signed, and that nobody uses yet. */
  @state() private finished: readonly Draft[] = [];
  #notes = '';

  protected override firstUpdated(): void {
    void this.read(async () => {
      const [facts, record] = await Promise.all([this.trust.releases.factsOf(this.sha256), this.services.library.get(this.sha256)]);
      this.#notes = record?.notes ?? '';
      this.product = facts.product;
      await this.#findFinished();
      this.facts = facts;
    });
  }

  async #findFinished(): Promise<void> {
    const { releases } = this.trust;
    const drafts = (releases.drafts.value ?? []).filter(({ kind }) => kind === 'root');
    // One that cannot be read says so on its own page.
    const read = await Promise.allSettled(drafts.map(({ id }) => releases.draft(id)));
    this.finished = read.flatMap((each) => (each.status === 'fulfilled' && isFinished(each.value) ? [each.value] : []));
  }

  async #use({ record }: Draft): Promise<void> {
    await this.act(record.id, async () => {
      const settled = await this.trust.releases.settle(record.id);
      if (settled.kind === 'root') this.rootId = settled.rootId;
      await this.#findFinished();
      announce('The root file is used from now on.');
    });
  }

  /** Those that a key of this browser can sign for come first. */
  #candidates(): readonly RootLine[] {
    const own = this.ownKeys;
    return this.lines.toSorted((a, b) => Number(canSign(b, own)) - Number(canSign(a, own)));
  }

  get #line(): RootLine | undefined {
    return this.#candidates().find(({ id }) => id === this.rootId) ?? this.#candidates()[0];
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const line = this.#line;
    if (!line) return;
    const field = (id: string) => this.querySelector<HTMLInputElement | HTMLTextAreaElement>(`#${id}`)?.value.trim() ?? '';
    await this.act('publish', async () => {
      const draft = await this.trust.releases.draftRelease({
        rootId: line.id,
        sha256: this.sha256,
        product: field('release-product'),
        version: field('release-version'),
        hardware: field('release-hardware')
          .split(/[,\n]/)
          .map((board) => board.trim())
          .filter(Boolean),
        notes: field('release-notes'),
        counter: Number(field('release-counter')),
        minFromCounter: Number(field('release-from') || 0),
        expiresAt: endOfDay(field('release-expires')),
      });
      navigate({ view: 'releases', page: 'draft', id: draft.id });
    });
  }

  override render() {
    const back: Route = { view: 'firmware', sha256: this.sha256 };
    const { facts } = this;
    return html`
      ${this.head(facts ? `Publish ${facts.product} ${facts.version}` : 'Publish a release', {
        back,
        lead: 'What you state here is signed together with the image, and nobody can change it afterwards.',
      })}
      ${this.errorPlace()} ${facts ? this.#renderBody(facts) : nothing}
    `;
  }

  #renderBody(facts: ReleaseFacts): TemplateResult {
    const notices = this.finished.map((draft) => this.#renderFinished(draft));
    if (this.#line) return html`${notices} ${this.#renderForm(facts, this.#line)}`;
    return notices.length > 0 ? html`${notices}` : noRoot();
  }

  #renderFinished(draft: Draft): TemplateResult {
    const { record, content, line } = draft;
    const name = `${contentName(content)} of ${line?.name ?? record.name ?? 'a publisher'}`;
    return html`<section class="warn" aria-label="Signed, and not used yet">
      ${icon('caution')}
      <div class="form">
        <p>
          <b>${name} is signed, and not used yet.</b>
          ${line ? 'Until you use it, releases are signed for the one before.' : 'Use it, and you can publish under it.'}
        </p>
        <p class="keys">
          <button
            class=${this.#line ? 'key key-small' : 'key key-small key-go'}
            type="button"
            aria-busy=${this.isDoing(record.id)}
            @click=${() => this.#use(draft)}
          >
            Use it now
          </button>
          <a class="link-key small" href=${linkTo({ view: 'releases', page: 'draft', id: record.id })}>Look at it first</a>
        </p>
      </div>
    </section>`;
  }

  #renderForm(facts: ReleaseFacts, line: RootLine): TemplateResult {
    const counter = this.trust.releases.nextCounter(line.id, this.product);
    return html`<form class="two" @submit=${this.#submit}>
      <section class="sheet form" aria-label="The release">
        <div class="two two-even">
          ${field(
            'release-product',
            'Product',
            html`<input
              class="input"
              id="release-product"
              required
              maxlength="64"
              autocomplete="off"
              .value=${facts.product}
              @input=${(event: InputEvent) => (this.product = (event.target as HTMLInputElement).value.trim())}
            />`,
            'As the devices call their project: on others it is refused.',
          )}
          ${field('release-version', 'Version', html`<input class="input num" id="release-version" required maxlength="64" autocomplete="off" .value=${facts.version} />`)}
        </div>
        ${field('release-hardware', 'Boards', html`<input class="input" id="release-hardware" autocomplete="off" placeholder="every board with this chip" />`, `Names as the devices give them, with commas between. Left empty: every board with an ${facts.chip}.`)}
        ${field('release-notes', 'What is new', html`<textarea class="input" id="release-notes" rows="5" maxlength="8000" .value=${this.#notes}></textarea>`)}
        <div class="two two-even">
          ${field('release-counter', 'Number', html`<input class="input num" id="release-counter" type="number" required min="0" max="4294967295" step="1" .value=${String(counter)} />`, 'Grows with each release. A device never goes back to a lower one.')}
          ${field('release-from', 'Can follow number', html`<input class="input num" id="release-from" type="number" min="0" max="4294967295" step="1" .value=${'0'} />`, 'The lowest that may be updated to this in one step. 0: any.')}
        </div>
        ${field('release-expires', 'Valid until', html`<input class="input num" id="release-expires" type="date" required min=${inDays(1)} .value=${inDays(RELEASE_DAYS)} />`, 'After that, whoever installs it is warned.')}
        <p class="keys">
          <button class="key key-go" type="submit" aria-busy=${this.isDoing('publish')}>Go on to the signatures</button>
        </p>
      </section>
      <div class="stack">
        ${this.#renderPublisher(line)}
        <section class="sheet" aria-labelledby="from-image">
          <h2 id="from-image">From the image itself</h2>
          <dl class="pairs">
            <dt>Chip</dt>
            <dd>${facts.chip}</dd>
            <dt>Size</dt>
            <dd>${formatBytes(facts.size)}</dd>
            <dt>SHA-256</dt>
            <dd>${hash(this.sha256)}</dd>
            <dt>Appended hash</dt>
            <dd>${facts.appendedHash === undefined ? 'none' : hash(facts.appendedHash, 'Appended hash')}</dd>
          </dl>
        </section>
      </div>
    </form>`;
  }

  #renderPublisher(line: RootLine): TemplateResult {
    const lines = this.#candidates();
    const own = canSign(line, this.ownKeys);
    return html`<section class="sheet" aria-labelledby="publisher-head">
      <h2 id="publisher-head">Publisher</h2>
      ${
        lines.length > 1
          ? field(
              'release-root',
              'Root file',
              html`<select
                class="input"
                id="release-root"
                @change=${(event: Event) => (this.rootId = (event.target as HTMLSelectElement).value)}
              >
                ${lines.map(({ id, name, version }) => html`<option value=${id} ?selected=${id === line.id}>${name}, version ${version}</option>`)}
              </select>`,
            )
          : html`<p><a href=${linkTo({ view: 'releases', page: 'root', id: line.id })}>${line.name}</a>, root file ${line.version}</p>`
      }
      <p class="quiet">${own ? 'A key of your key ring may sign for it.' : 'None of your keys may sign for it: others will have to.'}</p>
    </section>`;
  }
}

/** The line may have got another one since. */
const isFinished = ({ isComplete, content, line }: Draft): boolean =>
  isComplete && content.kind === 'root' && content.root.version === (line?.newest.root.version ?? 0) + 1;

function field(id: string, label: string, input: TemplateResult, hint = ''): TemplateResult {
  return html`<div class="field"><label for=${id}>${label}</label>${input}${hint ? html`<p class="quiet">${hint}</p>` : nothing}</div>`;
}

const noRoot = (): TemplateResult =>
  html`<section class="sheet empty">
    <h2>First say whose keys may release</h2>
    <p class="quiet">
      A root file names the keys that sign your releases, and how many of them have to agree. It is made once, and takes a minute.
    </p>
    <p class="keys"><a class="key key-go" href=${linkTo({ view: 'releases', page: 'make' })}>${icon('keys')}Make a root file</a></p>
  </section>`;

declare global {
  interface HTMLElementTagNameMap {
    'ot-publish-form': PublishForm;
  }
}
