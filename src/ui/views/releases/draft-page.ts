/**
 * `<ot-draft-page>`: something on its way to enough signatures. Who has signed, who may, what exactly it is; signed here, or carried to where
 * the other keys are and merged again.
 */
import { html, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { KeyRecord } from '../../../app/trust/model.ts';
import type { Draft, Settled } from '../../../app/trust/release-services.ts';
import { askConfirm } from '../../dialogs/confirm-dialog.ts';
import { icon } from '../../elements/icons.ts';
import { chooseFiles } from '../../files-event.ts';
import { formatMany } from '../../format.ts';
import { announce } from '../../live-region.ts';
import { navigate, type Route } from '../../router.ts';
import { saveFile } from '../../save-file.ts';
import { contentName } from './draft-words.ts';
import { HOME, ReleasePage } from './page.ts';
import { askedBy, contentSheet, seatsOf, signingSheet } from './signing.ts';

@customElement('ot-draft-page')
class DraftPage extends ReleasePage {
  @property({ attribute: false }) draftId = '';
  @state() private draft: Draft | undefined;

  protected override firstUpdated(): void {
    void this.read(async () => (this.draft = await this.trust.releases.draft(this.draftId)));
  }

  async #sign({ id, name }: KeyRecord): Promise<void> {
    await this.act(id, async () => {
      this.draft = await this.trust.releases.sign(this.draftId, id);
      announce(`Signed by ${name}. ${missingWords(this.draft)}`);
    });
  }

  async #export(): Promise<void> {
    await this.act('export', async () => {
      const { blob, fileName } = await this.trust.releases.exportDraft(this.draftId);
      saveFile(blob, fileName);
      announce(`Saved as ${fileName}.`);
    });
  }

  async #merge(): Promise<void> {
    const files = await chooseFiles({ accept: '.json,application/json' });
    if (files.length === 0) return;
    await this.act('merge', async () => {
      for (const file of files) this.draft = await this.trust.releases.merge(this.draftId, file);
      announce(this.draft ? missingWords(this.draft) : '');
    });
  }

  async #settle(): Promise<void> {
    await this.act('settle', async () => {
      const settled = await this.trust.releases.settle(this.draftId);
      navigate(afterwards(settled));
    });
  }

  async #discard(): Promise<void> {
    const isSure = await askConfirm({
      title: 'Throw this draft away?',
      text: 'Its signatures are gone with it. What was kept before stays.',
      confirm: 'Throw it away',
      isDestructive: true,
    });
    if (isSure && (await this.act('discard', () => this.trust.releases.discard(this.draftId)))) navigate(HOME);
  }

  override render() {
    const { draft } = this;
    if (!draft) return html`${this.head('A draft', { back: HOME })} ${this.errorPlace()}`;
    const name = contentName(draft.content);
    return html`
      ${this.head(draft.isComplete ? `${name} is signed` : `${name}: ${missingShort(draft)}`, {
        back: HOME,
        lead: draft.line?.name ?? draft.record.name,
        keys: draft.isComplete ? this.#renderSettle(draft) : undefined,
      })}
      ${this.errorPlace()} ${seatsOf(draft.quorums, this.ownKeys)}
      <div class="two">
        ${contentSheet('What is signed', draft.content, draft.line)}
        <div class="stack">${this.#renderHere(draft)} ${this.#renderElsewhere()}</div>
      </div>
    `;
  }

  #renderSettle({ content }: Draft): TemplateResult {
    const words = {
      root: `Use root file ${content.kind === 'root' ? content.root.version : ''}`,
      release: 'Keep it, and list it',
      index: `Use index ${content.kind === 'index' ? content.index.version : ''}`,
    }[content.kind];
    return html`<div class="keys">
      <button class="key key-go" type="button" aria-busy=${this.isDoing('settle')} @click=${this.#settle}>${icon('check')}${words}</button>
    </div>`;
  }

  #renderHere({ quorums, isComplete }: Draft): TemplateResult {
    const asked = askedBy(quorums);
    return signingSheet({
      title: 'Sign here',
      able: this.ownKeys.filter(({ id }) => asked.has(id)),
      none: asked.size === 0 ? 'Everybody who may has signed.' : 'No other key of your key ring may sign this.',
      isNext: !isComplete,
      isDoing: (id) => this.isDoing(id),
      sign: (key) => void this.#sign(key),
    });
  }

  #renderElsewhere(): TemplateResult {
    return html`<section class="sheet" aria-labelledby="sign-elsewhere">
      <h2 id="sign-elsewhere">Sign elsewhere</h2>
      <p class="quiet">
        Save the file, send it to whoever has another key, and bring back what they signed. It holds nothing secret, and the order does not
        matter.
      </p>
      <p class="keys">
        <button class="key" type="button" aria-busy=${this.isDoing('export')} @click=${this.#export}>${icon('save')}Save to sign</button>
        <button class="key" type="button" aria-busy=${this.isDoing('merge')} @click=${this.#merge}>${icon('plus')}Add signatures</button>
      </p>
      <p><button class="link-key small" type="button" @click=${this.#discard}>${icon('trash')}Throw this draft away</button></p>
    </section>`;
  }
}

function missing({ quorums }: Draft): number {
  return Math.max(...quorums.map(({ state }) => state.missing));
}

const missingShort = (draft: Draft): string => `${formatMany(missing(draft), 'signature')} missing`;

function missingWords(draft: Draft): string {
  return draft.isComplete ? 'Enough have signed.' : `${missingShort(draft)}.`;
}

function afterwards(settled: Settled): Route {
  if (settled.kind === 'release') return { view: 'releases', page: 'index', id: settled.record.rootId };
  return { view: 'releases', page: 'root', id: settled.rootId };
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-draft-page': DraftPage;
  }
}
