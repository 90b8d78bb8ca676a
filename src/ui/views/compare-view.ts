/**
 * `<ot-compare-view>`: two firmwares side by side: what an update from the first to the second would change. Their bytes are compared in
 * slices, so that the page stays alive on the largest of images.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { LibraryError } from '../../app/errors.ts';
import type { FirmwareRecord } from '../../app/model.ts';
import type { AppServices } from '../../app/services.ts';
import { compareSectorsInSlices, type SectorComparison } from '../../core/image/compare-sectors.ts';
import { compareSegments } from '../../core/image/compare-segments.ts';
import { runInSlices } from '../controllers/in-slices.ts';
import { icon, versionTag } from '../elements/icons.ts';
import { LightElement } from '../elements/light-element.ts';
import { WidthController } from '../elements/width-controller.ts';
import { errorLines } from '../error-lines.ts';
import { formatBytes, formatCount, formatMany } from '../format.ts';
import { announce } from '../live-region.ts';
import { linkTo, PageTitleEvent, type RouteOf } from '../router.ts';
import { compareFields, type Field, type Side } from './compare/field-changes.ts';
import { regionTable } from './compare/region-table.ts';
import { sectorMap } from './compare/sector-map.ts';
import { imageOf } from './library/release-facts.ts';
import { projectOf } from './library/shelf.ts';

/** Comparing 64 KB takes well under a millisecond: fine enough to stop in time. */
const SECTORS_PER_STEP = 16;

@customElement('ot-compare-view')
export class CompareView extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) route: RouteOf<'compare'> | undefined;
  @state() private sides: readonly [Side, Side] | undefined;
  @state() private comparison: SectorComparison | undefined;
  @state() private error: unknown;
  #work: AbortController | undefined;
  readonly #width = new WidthController(this, { target: () => this.querySelector('.mat'), guessPx: 1000 });

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#work?.abort();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('route') || !this.route) return;
    this.#work?.abort();
    this.#work = new AbortController();
    this.sides = this.comparison = this.error = undefined;
    void this.#load(this.route, this.#work.signal);
  }

  async #load({ a, b }: RouteOf<'compare'>, signal: AbortSignal): Promise<void> {
    try {
      const sides = await Promise.all([this.#side(a), this.#side(b)]);
      signal.throwIfAborted();
      this.sides = sides;
      this.dispatchEvent(new PageTitleEvent(`${nameOf(sides[0].record)} against ${nameOf(sides[1].record)}`));
      const bytes = await Promise.all([this.#bytes(a), this.#bytes(b)]);
      const comparison = await runInSlices(compareSectorsInSlices(bytes[0], bytes[1], SECTORS_PER_STEP), { signal });
      this.comparison = comparison;
      announce(`Compared: ${sectorWords(comparison)}`);
    } catch (error) {
      if (!signal.aborted) this.error = error;
    }
  }

  async #side(sha256: string): Promise<Side> {
    const [report, record] = await Promise.all([this.services.library.report(sha256), this.services.library.get(sha256)]);
    if (!record) throw new LibraryError('FIRMWARE_UNKNOWN', `no firmware ${sha256}`, { sha256 });
    // What cannot be found out is left out: the bytes are compared all the same.
    const trust = await this.services
      .trust?.()
      .then(({ signatures }) => signatures.trust(sha256))
      .catch(() => undefined);
    return { record, report, trust };
  }

  async #bytes(sha256: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.services.library.bytes(sha256)).arrayBuffer());
  }

  override render() {
    return html`
      ${this.#renderHead()}
      <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
      ${this.sides ? html`${this.#renderSectors(this.sides)} ${this.#renderWords(this.sides)}` : nothing}
    `;
  }

  #renderHead(): TemplateResult {
    const { sides, route } = this;
    const [a, b] = sides ?? [];
    return html`<div class="head">
      <div class="head-words">
        <a class="back" href=${linkTo({ view: 'firmware', ...(b && { sha256: b.record.sha256 }) })}>${icon('left')}Firmware</a>
        <h1>${a && b ? headline(a.record, b.record) : this.error === undefined ? 'Comparing…' : 'These two cannot be compared'}</h1>
        ${
          a && b
            ? html`<p class="facts">
                <span>${projectOf(a.record)} ${versionTag(a.record.version || '–')}</span>
                <span>${icon('right', 'inline')} ${projectOf(b.record)} ${versionTag(b.record.version || '–')}</span>
              </p>`
            : nothing
        }
      </div>
      ${
        route
          ? html`<div class="keys">
              <a class="key" href=${linkTo({ view: 'compare', a: route.b, b: route.a })}>${icon('compare')}Swap</a>
            </div>`
          : nothing
      }
    </div>`;
  }

  #renderSectors([a, b]: readonly [Side, Side]): TemplateResult {
    const { comparison } = this;
    const [nameA, nameB] = namesOf(a.record, b.record);
    return html`<section class="mat" aria-labelledby="sectors" aria-busy=${comparison ? nothing : 'true'}>
      <div>
        <h2 id="sectors">Sector by sector</h2>
        <p>${comparison ? sectorWords(comparison) : 'Comparing the bytes…'}</p>
      </div>
      ${comparison ? sectorMap({ comparison, nameA, nameB, widthPx: this.#width.px }) : nothing}
    </section>`;
  }

  #renderWords([a, b]: readonly [Side, Side]): TemplateResult {
    const [imageA, imageB] = [imageOf(a.report), imageOf(b.report)];
    const [nameA, nameB] = namesOf(a.record, b.record);
    const fields = compareFields(a, b);
    return html`<div class="two two-even">
      <section class="sheet" aria-labelledby="fields">
        <h2 id="fields">What they say about themselves</h2>
        ${fieldTable(
          fields.filter(({ differs }) => differs),
          nameA,
          nameB,
        )}
        ${sameWords(fields)}
      </section>
      <div class="stack">
        ${
          imageA && imageB
            ? html`<section class="sheet" aria-labelledby="memories">
                <div class="row-head">
                  <h2 id="memories">Memory by memory</h2>
                  <p class="quiet">KB</p>
                </div>
                ${regionTable(compareSegments(imageA, imageB), nameA, nameB)}
              </section>`
            : nothing
        }
        ${this.#renderUpdateWords(a.record, b.record)}
      </div>
    </div>`;
  }

  #renderUpdateWords(a: FirmwareRecord, b: FirmwareRecord): TemplateResult | typeof nothing {
    if (a.kind !== 'app' || b.kind !== 'app') return nothing;
    const wrongChip = a.chip !== b.chip;
    return html`<section class="sheet" aria-labelledby="update-words">
      <h2 id="update-words">What an update would change</h2>
      ${
        wrongChip
          ? html`<p class="warn">
              ${icon('caution')}<span>They are for different chips: a board that runs the one cannot run the other.</span>
            </p>`
          : html`<p>
              Over the air, all ${formatBytes(b.size)} of ${b.version || 'the second'} are sent and written into the slot that does not run,
              whatever is the same. The slot that runs, settings and files stay as they are.
            </p>`
      }
    </section>`;
  }
}

function headline(a: FirmwareRecord, b: FirmwareRecord): string {
  if (a.sha256 === b.sha256) return 'The same firmware twice';
  if (a.chip !== b.chip) return `For different chips: ${a.chip ?? 'unknown'} and ${b.chip ?? 'unknown'}`;
  const delta = b.size - a.size;
  if (delta === 0) return 'The same size, other bytes';
  const [nameA, nameB] =
    a.name === b.name && a.version !== b.version && a.version && b.version ? [a.version, b.version] : [nameOf(a), nameOf(b)];
  return `${nameB} is ${formatBytes(Math.abs(delta))} ${delta > 0 ? 'larger' : 'smaller'} than ${nameA}`;
}

const nameOf = (record: FirmwareRecord): string => `${projectOf(record)} ${record.version}`.trim();

/** Short names for columns: the versions, unless they do not tell the two apart. */
function namesOf(a: FirmwareRecord, b: FirmwareRecord): readonly [string, string] {
  return a.version && b.version && a.version !== b.version ? [a.version, b.version] : ['First', 'Second'];
}

function sectorWords({ sectors, count, differingBytes }: SectorComparison): string {
  const other = sectors.length - count.same;
  if (other === 0) return `All ${formatMany(sectors.length, 'sector')} are the same.`;
  return `${formatCount(other)} of ${formatMany(sectors.length, 'sector')} differ, in ${formatCount(differingBytes)} bytes.`;
}

function sameWords(fields: readonly Field[]): TemplateResult | typeof nothing {
  const same = fields.filter(({ differs }) => !differs);
  if (same.length === 0) return nothing;
  return html`<p class="quiet">The same in both: ${same.map(({ name, a }) => `${name} ${a}`).join('; ')}.</p>`;
}

function fieldTable(fields: readonly Field[], nameA: string, nameB: string): TemplateResult {
  if (fields.length === 0) return html`<p>Nothing differs.</p>`;
  return html`<table class="segs">
    <thead>
      <tr>
        <th scope="col">Field</th>
        <th scope="col">${nameA}</th>
        <th scope="col">${nameB}</th>
      </tr>
    </thead>
    <tbody>
      ${fields.map(
        ({ name, a, b, mono }) =>
          html`<tr>
            <th scope="row">${name}</th>
            <td class=${mono ? 'num' : 'plain'}>${a}</td>
            <td class=${mono ? 'num' : 'plain'}>${b}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-compare-view': CompareView;
  }
}
