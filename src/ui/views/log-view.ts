/**
 * `<ot-log-view>`: what happened, newest first, as it happens; looked through, proven, exported. Entries are in the page only while they are
 * in sight, so a hundred thousand are as quick as a hundred.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { isAbort } from '../../app/errors.ts';
import type { AppServices, OpenLog } from '../../app/services.ts';
import type { LogForm, LogSigner, Unwritten } from '../../app/trust/audit-log.ts';
import { canSign } from '../../app/trust/key-use.ts';
import { Observe } from '../controllers/observe.ts';
import { icon } from '../elements/icons.ts';
import { LightElement } from '../elements/light-element.ts';
import { otterArt } from '../elements/otter-art.ts';
import { errorLines } from '../error-lines.ts';
import { formatCount, formatMany } from '../format.ts';
import { announce } from '../live-region.ts';
import { wordsFor } from '../messages.ts';
import type { RouteOf } from '../router.ts';
import { saveFile } from '../save-file.ts';
import { loadLogStyles } from '../styles/log-styles.ts';
import { entryCard } from './log/entry-card.ts';
import './log/log-list.ts';
import { EntryChosenEvent } from './log/log-list.ts';
import './log/log-proof.ts';
import { WHOLE_LOG, matcher, type LogQuery } from './log/log-query.ts';
import { LogRows, MOST_FOUND } from './log/log-rows.ts';
import './log/log-search.ts';
import { LogQueryEvent } from './log/log-search.ts';

@customElement('ot-log-view')
export class LogView extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) route: RouteOf<'log'> | undefined;
  /** Keys of the ring that may sign a head; without any, nothing is offered. */
  @state() private signers: readonly LogSigner[] = [];
  /** Without its sheet the page would jump: it waits, and goes without when there is none. */
  @state() private isStyled = false;
  @state() private log: OpenLog | undefined;
  @state() private error: unknown;
  @state() private version = 0;
  @state() private query: LogQuery = WHOLE_LOG;
  @state() private chosen = 0;
  @state() private exporting: { readonly form: LogForm; readonly done: number } | undefined;

  readonly #head = new Observe(this, () => this.log?.head);
  readonly #unwritten = new Observe(this, () => this.log?.unwritten);
  #rows: LogRows | undefined;
  #leaving = new AbortController();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#leaving = new AbortController();
    void loadLogStyles().finally(() => (this.isStyled = true));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#leaving.abort();
  }

  protected override firstUpdated(): void {
    void this.#open();
  }

  readonly #open = async (): Promise<void> => {
    this.error = undefined;
    try {
      const log = await this.services.log.open();
      this.#rows ??= new LogRows(log, { changed: () => this.version++, failed: (error) => (this.error = error) });
      await log.refresh();
      this.log = log;
    } catch (error) {
      this.error = error;
    }
    // A ring that cannot be read takes nothing from the log but this.
    await this.#findSigners().catch(() => undefined);
  };

  async #findSigners(): Promise<void> {
    const keys = (await this.services.trust?.())?.keys;
    await keys?.load();
    const able = keys?.records.value?.filter(canSign) ?? [];
    this.signers = able.map(({ id, name }) => ({ name, kid: id, useKey: async () => (await keys!.useToSign(id)).privateKey }));
  }

  protected override willUpdate(): void {
    const newest = this.#head.value?.seq;
    if (newest !== undefined) this.#rows?.setNewest(newest);
  }

  // ---- what can be done ----

  readonly #verify = (): void =>
    void this.querySelector('ot-log-proof')
      ?.verify()
      .then(() => this.requestUpdate());

  async #export(form: LogForm): Promise<void> {
    const { signal } = this.#leaving;
    this.exporting = { form, done: 0 };
    try {
      const { blob, fileName } = await this.log!.export(form, { signal, onProgress: (done) => (this.exporting = { form, done }) });
      saveFile(blob, fileName);
      announce(`${fileName} is exported.`);
    } catch (error) {
      if (!isAbort(error)) this.error = error;
    } finally {
      this.exporting = undefined;
    }
  }

  readonly #onQuery = ({ query }: LogQueryEvent): void => this.#ask(query);

  #ask(query: LogQuery): void {
    this.query = query;
    this.#rows?.setQuery(matcher(query));
  }

  readonly #showAll = (): void => {
    this.#ask(WHOLE_LOG);
    this.querySelector<HTMLElement>('#log-text')?.focus();
  };

  /** On a narrow page the card lies below; whoever points at an entry wants to see it. */
  readonly #onChosen = async ({ seq, isPointed }: EntryChosenEvent): Promise<void> => {
    this.chosen = seq;
    await this.updateComplete;
    if (isPointed) this.querySelector('.log-card')?.scrollIntoView({ block: 'nearest' });
  };

  readonly #close = (): void => {
    this.chosen = 0;
    this.querySelector<HTMLElement>('.log-view')?.focus();
  };

  // ---- what is shown ----

  override render() {
    const entries = this.#head.value?.seq;
    return html`
      <div class="head">
        <div class="head-words">
          <h1>Log</h1>
          <p class="facts">
            ${
              entries === undefined
                ? this.error === undefined
                  ? 'Opening the log…'
                  : 'Not opened'
                : entries === 0
                  ? 'Nothing was written down yet'
                  : `${formatMany(entries, 'entry', 'entries')}, kept in this browser only`
            }
          </p>
        </div>
        ${entries !== undefined && entries > 0 ? this.#renderKeys() : nothing}
      </div>
      ${this.#unwritten.value ? this.#renderUnwritten(this.#unwritten.value) : nothing}
      ${this.error === undefined ? nothing : this.#renderFault()}
      ${entries === undefined || !this.isStyled ? nothing : entries === 0 ? this.#renderEmpty() : this.#renderLog(entries)}
    `;
  }

  #renderKeys(): TemplateResult {
    const words = (form: LogForm, name: string) => (this.exporting?.form === form ? `${formatCount(this.exporting.done)} written` : name);
    const key = (form: LogForm, name: string) =>
      html`<button
        class="key"
        type="button"
        ?disabled=${this.exporting !== undefined && this.exporting.form !== form}
        aria-busy=${this.exporting?.form === form ? 'true' : nothing}
        @click=${() => this.exporting ?? this.#export(form)}
      >
        ${icon('save')}${words(form, name)}
      </button>`;
    return html`<div class="keys">
      <button class="key key-go" type="button" @click=${this.#verify}>Verify the chain</button>
      ${key('jsonl', 'Export JSON Lines')} ${key('csv', 'Export CSV')}
    </div>`;
  }

  #renderUnwritten({ acts, problem }: Unwritten): TemplateResult {
    const { title, why, next } = wordsFor(problem);
    return html`<section class="sheet" aria-label="Not written">
      <div class="fault" role="alert">
        ${icon('cross')}
        <p>
          <b>${formatMany(acts, 'act is', 'acts are')} not in the log.</b> ${title}: ${why} ${next}
          <code class="fault-code">${problem.code}</code>
        </p>
      </div>
      <p class="keys"><button class="key" type="button" @click=${() => this.log?.retry()}>Write them now</button></p>
    </section>`;
  }

  #renderFault(): TemplateResult {
    return html`<section class="sheet" aria-label="What happened">
      <div role="alert">${errorLines(this.error)}</div>
      <p class="keys"><button class="key" type="button" @click=${this.#again}>Try again</button></p>
    </section>`;
  }

  readonly #again = (): void => {
    this.#rows?.forget();
    void this.#open();
  };

  #renderEmpty(): TemplateResult {
    return html`<section class="sheet empty log-empty" aria-labelledby="empty">
      ${otterArt()}
      <h2 id="empty">Whatever matters here is written down</h2>
      <p class="quiet">
        Signing in, adding firmware, writing it to a board, making a key: each becomes an entry that carries the hash of the one before, so
        that nobody edits it unnoticed. Passwords and keys are never in it.
      </p>
      <p class="keys"><a class="key key-go" href="#/devices">Go to the devices</a></p>
    </section>`;
  }

  #renderLog(entries: number): TemplateResult {
    const rows = this.#rows!;
    return html`<ot-log-proof .log=${this.log} .entries=${entries} .signers=${this.signers}></ot-log-proof>
      <div class="log-page" ?data-open=${this.chosen > 0} @ot-log-query=${this.#onQuery} @ot-entry-chosen=${this.#onChosen}>
        <section class="sheet log-sheet" aria-label="Entries">
          <ot-log-search .query=${this.query}></ot-log-search>
          ${this.#renderFound()}
          ${
            rows.count > 0 && this.error === undefined
              ? html`<ot-log-list .rows=${rows} .version=${this.version} .chosen=${this.chosen}></ot-log-list>`
              : nothing
          }
        </section>
        ${this.chosen > 0 ? html`<div class="log-card">${entryCard(rows.row(this.chosen), this.#close)}</div>` : nothing}
      </div>`;
  }

  #renderFound(): TemplateResult {
    const search = this.#rows?.search;
    const words = search ? foundWords(search) : '';
    return html`<p class=${words ? 'quiet log-found' : 'vh'}>
      <span role="status">${words}</span>
      ${words ? html`<button class="link-key" type="button" @click=${this.#showAll}>Show all</button>` : nothing}
    </p>`;
  }
}

function foundWords({ looked, of, found }: NonNullable<LogRows['search']>): string {
  const soFar = looked < of ? `, ${formatCount(looked)} of ${formatCount(of)} looked through` : '';
  if (found === 0) return looked < of ? `Looking${soFar}` : 'No entry has that in it.';
  const cut = found > MOST_FOUND ? `, the newest ${formatCount(MOST_FOUND)} are shown` : '';
  return `${formatMany(found, 'entry', 'entries')} found${cut}${soFar}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-log-view': LogView;
  }
}
