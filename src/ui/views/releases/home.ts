/** `<ot-releases-home>`: who is trusted to release, what waits for signatures, what was taken in. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { ReleaseRecord } from '../../../app/trust/model.ts';
import type { DraftRecord, RootLine } from '../../../app/trust/release-services.ts';
import { Observe } from '../../controllers/observe.ts';
import { icon, lamp, versionTag } from '../../elements/icons.ts';
import { otterArt } from '../../elements/otter-art.ts';
import { formatDay, formatMany } from '../../format.ts';
import { linkTo } from '../../router.ts';
import { draftWords } from './draft-words.ts';
import { ReleasePage } from './page.ts';
import { canSign, validity } from './parts.ts';

@customElement('ot-releases-home')
class ReleasesHome extends ReleasePage {
  readonly #records = new Observe(this, () => this.trust?.releases.records);
  readonly #drafts = new Observe(this, () => this.trust?.releases.drafts);
  readonly #library = new Observe(this, () => this.services?.library.records);

  override render() {
    const { lines } = this;
    const records = this.#records.value ?? [];
    const drafts = this.#drafts.value ?? [];
    const isEmpty = lines.length === 0 && drafts.length === 0;
    return html`
      ${this.head('Releases', {
        lead: 'Firmware that its makers signed, taken from any host and verified here. Nobody has to trust the host.',
        keys: isEmpty ? undefined : addKeys(),
      })}
      ${isEmpty ? renderEmpty() : nothing} ${drafts.length > 0 ? this.#renderDrafts(drafts) : nothing}
      ${lines.length > 0 ? this.#renderLines(lines, records) : nothing} ${records.length > 0 ? this.#renderReleases(records) : nothing}
      ${isEmpty ? nothing : otherWays()}
    `;
  }

  #renderDrafts(drafts: readonly DraftRecord[]): TemplateResult {
    return html`<section class="sheet" aria-labelledby="drafts">
      <h2 id="drafts">Waiting for signatures</h2>
      <ul class="rows demos">
        ${drafts.map((draft) => {
          const name = draftWords(draft, this.lines);
          return html`<li>
            <div>
              <b>${name}</b>
              <span class="quiet">begun ${formatDay(draft.createdAt, Date.now())}</span>
            </div>
            <a class="key key-small" href=${linkTo({ view: 'releases', page: 'draft', id: draft.id })}
              >Open<span class="vh"> ${name}</span></a
            >
          </li>`;
        })}
      </ul>
    </section>`;
  }

  #renderLines(lines: readonly RootLine[], records: readonly ReleaseRecord[]): TemplateResult {
    return html`<section class="sheet" aria-labelledby="trusted-roots">
      <h2 id="trusted-roots">Publishers that you trust</h2>
      <ul class="rows demos">
        ${lines.map((line) => {
          const count = records.filter(({ rootId }) => rootId === line.id).length;
          return html`<li>
            <div class="line-row">
              <span><b>${line.name}</b> <span class="quiet">root file ${line.version}, ${formatMany(count, 'release')} here</span></span>
              <span class="line-facts"
                >${validity(line.newest.root.expiresMs)}${canSign(line, this.ownKeys) ? html`<span class="sign">${icon('signed')}You can sign</span>` : nothing}</span
              >
              <span class="quiet num">${line.source}</span>
            </div>
            <a class="key key-small" href=${linkTo({ view: 'releases', page: 'root', id: line.id })}
              >Open<span class="vh"> ${line.name}</span></a
            >
          </li>`;
        })}
      </ul>
    </section>`;
  }

  #renderReleases(records: readonly ReleaseRecord[]): TemplateResult {
    const nameOf = (id: string) => this.lines.find((line) => line.id === id)?.name ?? 'a publisher that is forgotten';
    return html`<section class="sheet" aria-labelledby="taken-in">
      <h2 id="taken-in">Releases here</h2>
      <ul class="rows demos">
        ${records.map((record) => {
          const isHere = this.#library.value?.some(({ sha256 }) => sha256 === record.sha256) ?? false;
          return html`<li>
            <div class="line-row">
              <span>${versionTag(record.version)} <b>${record.product}</b></span>
              <span class="line-facts"
                ><span class="quiet">number <span class="num">${record.counter}</span>, by ${nameOf(record.rootId)}</span>${
                  record.expiresAt <= Date.now() ? lamp('stopped', `Expired on ${formatDay(record.expiresAt, Date.now())}`) : nothing
                }</span
              >
            </div>
            ${
              isHere
                ? html`<a class="key key-small" href=${linkTo({ view: 'firmware', sha256: record.sha256 })}
                    >Open<span class="vh"> ${record.product} ${record.version}</span></a
                  >`
                : html`<span class="quiet">Its image was deleted</span>`
            }
          </li>`;
        })}
      </ul>
    </section>`;
  }
}

const addKeys = (): TemplateResult =>
  html`<div class="keys">
    <a class="key key-go" href=${linkTo({ view: 'releases', page: 'add' })}>${icon('plus')}Add a release set</a>
  </div>`;

function renderEmpty(): TemplateResult {
  return html`<section class="sheet empty" aria-labelledby="no-releases">
      ${otterArt()}
      <h2 id="no-releases">No publisher is trusted yet</h2>
      <p class="quiet">
        A release set is a folder of plain files on any web host. Read one, compare one fingerprint with its makers, and from then on only
        what they signed comes in: nothing older, nothing swapped, nothing for another board.
      </p>
      <p class="keys"><a class="key key-go" href=${linkTo({ view: 'releases', page: 'add' })}>${icon('plus')}Add a release set</a></p>
    </section>
    ${otherWays()}`;
}

function otherWays(): TemplateResult {
  return html`<section class="two two-even ways" aria-label="Publishing">
    <div class="sheet">
      <h2>Publish your own</h2>
      <p class="quiet">
        A root file says whose keys may release, and how many have to agree. Make one, then publish from the page of a firmware.
      </p>
      <p class="keys"><a class="key" href=${linkTo({ view: 'releases', page: 'make' })}>${icon('keys')}Make a root file</a></p>
    </div>
    <div class="sheet">
      <h2>Sign for somebody</h2>
      <p class="quiet">Somebody sent you a file that needs your signature. See in words what it is, then sign it with a key of yours.</p>
      <p class="keys"><a class="key" href=${linkTo({ view: 'releases', page: 'sign' })}>${icon('signed')}Open what is to be signed</a></p>
    </div>
  </section>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-releases-home': ReleasesHome;
  }
}
