/** `<ot-root-page>`: one publisher: whose keys count, what was released, and, for whoever can sign, what to write and to renew. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { RootLine, SignedImage } from '../../../app/trust/release-services.ts';
import { isAddress } from '../../../app/trust/set-origin.ts';
import { Observe } from '../../controllers/observe.ts';
import { copyText } from '../../copy.ts';
import { askConfirm } from '../../dialogs/confirm-dialog.ts';
import { icon, versionTag } from '../../elements/icons.ts';
import { formatBytes, formatMany, formatMoment } from '../../format.ts';
import { announce } from '../../live-region.ts';
import { linkTo, navigate } from '../../router.ts';
import { saveFile } from '../../save-file.ts';
import { canPickFolder, pickFolder } from './bring-set.ts';
import { HOME, ReleasePage } from './page.ts';
import { canSign, fingerprintBlock, roleSeats, validity } from './parts.ts';

/** Where ESP-IDF and the Arduino core put the first application. */
const USUAL_OFFSET = '0x10000';

@customElement('ot-root-page')
class RootPage extends ReleasePage {
  @property({ attribute: false }) rootId = '';
  @state() private said = '';
  @state() private images: readonly SignedImage[] = [];
  #index: RootLine['index'];
  readonly #records = new Observe(this, () => this.trust?.releases.records);

  get #line(): RootLine | undefined {
    return this.lines.find(({ id }) => id === this.rootId);
  }

  protected override updated(): void {
    super.updated();
    const { index } = this.#line ?? {};
    if (index === this.#index) return;
    this.#index = index;
    void this.#readImages();
  }

  /** An index that the newest root file does not stand behind is told of when it is to be published. */
  async #readImages(): Promise<void> {
    this.images = await this.trust.releases.signedImages(this.rootId).catch(() => []);
  }

  #offset(): { readonly installOffset?: number } {
    const text = this.querySelector<HTMLInputElement>('#install-offset')?.value.trim() ?? '';
    const offset = text === '' ? Number.NaN : Number(text);
    return Number.isSafeInteger(offset) && offset >= 0 ? { installOffset: offset } : {};
  }

  async #saveZip(line: RootLine): Promise<void> {
    await this.act('zip', async () => {
      const { releases } = this.trust;
      const files = await releases.writeSet(line.id, this.#offset());
      const { blob, fileName } = releases.packSet(files, line.name);
      saveFile(blob, fileName);
      this.#say(`${formatMany(files.length, 'file')} saved as ${fileName}, ${formatBytes(blob.size)}.`);
    });
  }

  async #saveFolder(line: RootLine): Promise<void> {
    await this.act('folder', async () => {
      // The browser lets a page ask only right after a click, and putting the set together takes a moment.
      const folder = await pickFolder('readwrite');
      if (!folder) return;
      const files = await this.trust.releases.writeSet(line.id, this.#offset());
      await this.trust.releases.writeFolder(folder, files);
      this.#say(`${formatMany(files.length, 'file')} written to ${folder.name}.`);
    });
  }

  #say(words: string): void {
    this.said = words;
    announce(words);
  }

  async #forget(line: RootLine): Promise<void> {
    const isSure = await askConfirm({
      title: `Trust ${line.name} no longer?`,
      text: 'Its releases are forgotten, and so is how far it had come: a set that you add later is compared anew. Firmware stays in the library.',
      confirm: 'Forget this publisher',
      isDestructive: true,
    });
    if (isSure && (await this.act('forget', () => this.trust.releases.forgetRoot(line.id)))) navigate(HOME);
  }

  override render() {
    const line = this.#line;
    if (!line)
      return html`${this.head('This publisher is not known here', { back: HOME, lead: 'It was forgotten, or the link is from another browser.' })}`;
    const own = this.ownKeys;
    const isOwn = canSign(line, own) || canSign(line, own, 'root');
    return html`
      ${this.head(line.name, { back: HOME, lead: html`Root file <span class="num">${line.version}</span>, ${line.source}`, keys: this.#renderKeys(line) })}
      ${this.errorPlace()}
      <div class="two two-even">
        ${roleSeats(line.newest.root, line.newest.root.roles.release, 'Who signs releases', own)}
        ${roleSeats(line.newest.root, line.newest.root.roles.root, 'Who signs the next root file', own)}
      </div>
      <div class="two">
        ${this.#renderPrint(line)}
        <div class="stack">${isOwn || line.index ? this.#renderSet(line) : nothing} ${this.#renderReleases(line)}</div>
      </div>
    `;
  }

  #renderKeys(line: RootLine): TemplateResult {
    const canRead = isAddress(line.source);
    return html`<div class="keys">
      ${
        canRead
          ? html`<a
              class=${canSign(line, this.ownKeys) ? 'key' : 'key key-go'}
              href=${linkTo({ view: 'releases', page: 'add', id: line.id })}
              >${icon('reset')}Look for newer</a
            >`
          : nothing
      }
      <a class="key" href=${linkTo({ view: 'releases', page: 'rotate', id: line.id })}>${icon('keys')}Next root file</a>
      <button class="key key-stop" type="button" aria-haspopup="dialog" @click=${() => this.#forget(line)}>${icon('trash')}Forget</button>
    </div>`;
  }

  #renderPrint({ newest, files, acceptedAt }: RootLine): TemplateResult {
    return html`<section class="sheet" aria-labelledby="print">
      <div class="row-head">
        <h2 id="print">Fingerprint</h2>
        ${validity(newest.root.expiresMs)}
      </div>
      ${fingerprintBlock(newest.fingerprint)}
      <p class="quiet">
        Of root file ${newest.root.version}. Show it where the set does not lie, so that people can compare: whoever controls the host must
        not control both.
      </p>
      <p class="keys">
        <button class="key key-small" type="button" @click=${() => copyText(newest.fingerprint, 'Fingerprint')}>
          ${icon('copy')}Copy it
        </button>
      </p>
      <dl class="pairs">
        <dt>Trusted since</dt>
        <dd>${formatMoment(acceptedAt)}</dd>
        <dt>Root files</dt>
        <dd>${formatMany(files.length, 'file')} in the line</dd>
        <dt>Revoked keys</dt>
        <dd>${newest.root.revoked.length === 0 ? 'none' : newest.root.revoked.map((kid) => html`<code>${kid.slice(0, 8)}…</code> `)}</dd>
      </dl>
    </section>`;
  }

  #renderSet(line: RootLine): TemplateResult {
    const version = line.seen?.version;
    return html`<section class="sheet" aria-labelledby="set">
      <div>
        <h2 id="set">The release set</h2>
        <p class="quiet">
          ${version === undefined || !line.index ? 'No index was signed yet: publish a firmware first, then list it.' : `Plain files for any web host, as index ${version} lists them.`}
        </p>
      </div>
      ${
        line.index
          ? html`<div class="field">
                <label for="install-offset">Address over USB, for manifest.json</label>
                <input class="input num short" id="install-offset" autocomplete="off" spellcheck="false" .value=${USUAL_OFFSET} />
                <p class="quiet">
                  ESP Web Tools installs the application there, beside a boot loader that is on the chip. Where one chip has several boards,
                  each gets a manifest by its name. Left empty: none.
                </p>
              </div>
              ${signedImagesWords(this.images)}
              <p class="keys">
                <button
                  class=${canSign(line, this.ownKeys) ? 'key key-go' : 'key'}
                  type="button"
                  aria-busy=${this.isDoing('zip')}
                  @click=${() => this.#saveZip(line)}
                >
                  ${icon('save')}Save the set as .zip
                </button>
                ${
                  canPickFolder()
                    ? html`<button class="key" type="button" aria-busy=${this.isDoing('folder')} @click=${() => this.#saveFolder(line)}>
                        Write into a folder
                      </button>`
                    : nothing
                }
              </p>
              <p class="quiet" role="status">${this.said}</p>`
          : nothing
      }
      ${
        canSign(line, this.ownKeys)
          ? html`<p class="keys">
              <a class="key" href=${linkTo({ view: 'releases', page: 'index', id: line.id })}>${icon('edit')}Write a new index</a>
            </p>`
          : nothing
      }
    </section>`;
  }

  #renderReleases(line: RootLine): TemplateResult {
    const records = (this.#records.value ?? []).filter(({ rootId }) => rootId === line.id);
    return html`<section class="sheet" aria-labelledby="its-releases">
      <h2 id="its-releases">Releases here</h2>
      ${
        records.length === 0
          ? html`<p class="quiet">None yet.</p>`
          : html`<ul class="runs rows">
              ${records.map(
                ({ sha256, product, version, counter }) =>
                  html`<li>
                    ${versionTag(version)}<a href=${linkTo({ view: 'firmware', sha256 })}>${product}</a
                    ><span class="quiet">number ${counter}</span>
                  </li>`,
              )}
            </ul>`
      }
    </section>`;
  }
}

/** Devices that check an image with a key of their own cannot read a release: the signature that they take has to come along. */
function signedImagesWords(images: readonly SignedImage[]): TemplateResult | typeof nothing {
  if (images.length === 0) return nothing;
  const signed = images.filter(({ isSigned }) => isSigned).length;
  const which =
    signed === 0 ? 'No image brings' : signed === images.length ? 'Each image brings' : `${signed} of ${images.length} images bring`;
  return html`<p class="quiet">${which} a signature of its own, for devices that check the file itself with a key of theirs.</p>
    ${images
      .filter(({ isMissed }) => isMissed)
      .map(
        ({ record: { sha256, product, version } }) =>
          html`<p>
            ${icon('caution', 'inline')} ${product} trusts keys, and none of them has signed
            <a href=${linkTo({ view: 'firmware', sha256 })}>${product} ${version}</a>: a device that asks for one refuses it.
          </p>`,
      )}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-root-page': RootPage;
  }
}
