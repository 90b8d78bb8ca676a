/** `<ot-index-form>`: which releases a publisher offers from now on, signed as one list. Also how that list is renewed before it expires. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { KnownRelease, RootLine } from '../../../app/trust/release-services.ts';
import { Observe } from '../../controllers/observe.ts';
import { icon, versionTag } from '../../elements/icons.ts';
import { navigate, type Route } from '../../router.ts';
import { HOME, ReleasePage } from './page.ts';
import { endOfDay, inDays } from './parts.ts';

/** So long a host can hide a newer one. */
const INDEX_DAYS = 30;

@customElement('ot-index-form')
class IndexForm extends ReleasePage {
  @property({ attribute: false }) rootId = '';
  @state() private known: readonly KnownRelease[] | undefined;
  @state() private left: ReadonlySet<string> = new Set();
  readonly #library = new Observe(this, () => this.services?.library.records);

  protected override firstUpdated(): void {
    void this.read(async () => {
      const known = await this.trust.releases.known();
      this.known = known.filter(({ record }) => record.rootId === this.rootId);
    });
  }

  get #line(): RootLine | undefined {
    return this.lines.find(({ id }) => id === this.rootId);
  }

  /** Why a release cannot be listed; empty when it can. */
  #obstacle({ record, code }: KnownRelease): string {
    if (code !== undefined) return 'the keys that signed it have no say any more: publish it again';
    return this.#library.value?.some(({ sha256 }) => sha256 === record.sha256) ? '' : 'its image is not in the library';
  }

  get #listed(): readonly string[] {
    return (this.known ?? [])
      .filter((each) => this.#obstacle(each) === '' && !this.left.has(each.record.id))
      .map(({ record }) => record.id);
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const day = this.querySelector<HTMLInputElement>('#index-expires')?.value ?? '';
    await this.act('make', async () => {
      const plan = { rootId: this.rootId, releaseIds: this.#listed, expiresAt: endOfDay(day) };
      navigate({ view: 'releases', page: 'draft', id: (await this.trust.releases.draftIndex(plan)).id });
    });
  }

  #toggle(id: string, isListed: boolean): void {
    const left = new Set(this.left);
    if (isListed) left.delete(id);
    else left.add(id);
    this.left = left;
  }

  override render() {
    const line = this.#line;
    const back: Route = line ? { view: 'releases', page: 'root', id: line.id } : HOME;
    return html`
      ${this.head(line ? `The next index of ${line.name}` : 'The next index', {
        back,
        lead: 'The list of what belongs together, signed as one: a host can neither mix old releases in, nor bring an old list back.',
      })}
      ${this.errorPlace()} ${this.known && line ? this.#renderForm(this.known, line) : nothing}
    `;
  }

  #renderForm(known: readonly KnownRelease[], line: RootLine): TemplateResult {
    const count = this.#listed.length;
    return html`<form class="sheet form" @submit=${this.#submit}>
      <fieldset class="choices-set">
        <legend>It lists</legend>
        ${known.length === 0 ? html`<p class="quiet">No release yet: publish one from the page of a firmware.</p>` : nothing}
        <ul class="rows">
          ${known.map((each) => this.#renderRelease(each))}
        </ul>
      </fieldset>
      <div class="field">
        <label for="index-expires">Valid until</label>
        <input class="input num short" id="index-expires" type="date" required min=${inDays(1)} .value=${inDays(INDEX_DAYS)} />
        <p class="quiet">
          Write a new one before that day. The shorter it is valid, the sooner people notice a host that hides what is new.
        </p>
      </div>
      <p class="keys">
        <button class="key key-go" type="submit" ?disabled=${count === 0} aria-busy=${this.isDoing('make')}>
          Write index ${(line.seen?.version ?? 0) + 1}
        </button>
      </p>
    </form>`;
  }

  #renderRelease(known: KnownRelease): TemplateResult {
    const { record } = known;
    const obstacle = this.#obstacle(known);
    return html`<li>
      <label class="tick"
        ><input
          type="checkbox"
          .checked=${obstacle === '' && !this.left.has(record.id)}
          ?disabled=${obstacle !== ''}
          @change=${(event: Event) => this.#toggle(record.id, (event.target as HTMLInputElement).checked)}
        /><span
          >${versionTag(record.version)} ${record.product}, <span class="quiet">number ${record.counter}</span>${
            obstacle ? html` <span class="quiet">${icon('caution', 'inline')} ${obstacle}</span>` : nothing
          }</span
        ></label
      >
    </li>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-index-form': IndexForm;
  }
}
