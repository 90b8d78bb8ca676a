/**
 * `<ot-firmware-papers>`: the signed releases that a firmware came as, on its page, and the way to release it oneself. Loads what it needs by
 * itself; where nothing can be said, it is not there.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { FirmwareRecord } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import type { ReleaseDetail, ReleaseService } from '../../../app/trust/release-services.ts';
import { Observe } from '../../controllers/observe.ts';
import { icon } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { formatMoment } from '../../format.ts';
import { wordsFor } from '../../messages.ts';
import { linkTo } from '../../router.ts';

@customElement('ot-firmware-papers')
class FirmwarePapers extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) record!: FirmwareRecord;
  @state() private releases: ReleaseService | undefined;
  @state() private details: readonly ReleaseDetail[] = [];
  readonly #records = new Observe(this, () => this.releases?.records);
  readonly #roots = new Observe(this, () => this.releases?.roots);
  #loadedFor: readonly unknown[] = [];

  protected override firstUpdated(): void {
    // The page of a firmware does without.
    void this.#open().catch(() => undefined);
  }

  async #open(): Promise<void> {
    const releases = (await this.services.trust?.())?.releases;
    await releases?.load();
    this.releases = releases;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('record') && changed.get('record')?.sha256 !== this.record.sha256) this.details = [];
    const now = [this.record.sha256, this.#records.value, this.#roots.value];
    if (!this.releases || now.every((each, index) => each === this.#loadedFor[index])) return;
    this.#loadedFor = now;
    void this.#load(this.releases, this.record.sha256).catch(() => undefined);
  }

  async #load(releases: ReleaseService, sha256: string): Promise<void> {
    const records = await releases.ofFirmware(sha256);
    const details = await Promise.all(records.map(({ id }) => releases.detail(id)));
    if (sha256 === this.record.sha256) this.details = details;
  }

  override render() {
    if (!this.releases || (this.details.length === 0 && this.record.kind !== 'app')) return nothing;
    return html`<section class="papers" aria-labelledby="papers">
      <h3 id="papers">Release</h3>
      ${
        this.details.length === 0
          ? html`<p class="quiet">It came as no signed release.</p>`
          : html`<ul class="rows">
              ${this.details.map(renderPaper)}
            </ul>`
      }
      ${this.#renderPublish()}
    </section>`;
  }

  #renderPublish(): TemplateResult | typeof nothing {
    const { kind, intact, sha256 } = this.record;
    if (kind !== 'app' || intact === false) return nothing;
    return html`<a class="key key-small nowrap" href=${linkTo({ view: 'releases', page: 'publish', id: sha256 })}
      >${icon('signed')}Publish a release</a
    >`;
  }
}

function renderPaper({ record, release, line, signers, problem }: ReleaseDetail): TemplateResult {
  const isExpired = release.expiresMs <= Date.now();
  return html`<li class="paper">
    <p class="facts">
      ${
        problem
          ? html`<span class="sign" data-sign="fault">${icon('cross')}${wordsFor(problem).title}</span>`
          : html`<span class="sign">${icon('signed')}Release <span class="num">${record.counter}</span></span>`
      }
      ${isExpired ? html`<span class="sign" data-sign="none">${icon('caution')}Expired</span>` : nothing}
      <span class="small"
        >${release.product}
        ${release.version}${line ? html`, by <a href=${linkTo({ view: 'releases', page: 'root', id: line.id })}>${line.name}</a>` : nothing}</span
      >
    </p>
    ${release.notes ? html`<p class="notes small">${release.notes}</p>` : nothing}
    <p class="quiet">
      ${signers.length > 0 ? `Signed by ${signers.map(({ name }) => name).join(', ')}. ` : ''}Issued ${formatMoment(release.issuedMs)},
      valid until
      ${formatMoment(release.expiresMs)}.${release.hardware.length > 0 ? ` For ${release.hardware.join(', ')}.` : ''}${
        release.minFromCounter > 0 ? ` Follows release ${release.minFromCounter} or later.` : ''
      }
    </p>
  </li>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-firmware-papers': FirmwarePapers;
  }
}
