/**
 * `<ot-release-against>`: how the memories changed since the release before, under the X-ray, with the way to the whole comparison.
 *
 * Properties: `services`, `report` (of this one), `record`, `earlier` (the release to hold against).
 */
import { html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { FirmwareRecord } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import { compareSegments } from '../../../core/image/compare-segments.ts';
import type { FirmwareReport } from '../../../core/image/model.ts';
import { compareVersions } from '../../../core/ota/version.ts';
import { LightElement } from '../../elements/light-element.ts';
import { linkTo } from '../../router.ts';
import { regionTable } from '../compare/region-table.ts';
import { imageOf } from './release-facts.ts';

/** The nearest older release of the same project for the same chip; undefined when there is none that compares. */
export function releaseBefore(record: FirmwareRecord, records: readonly FirmwareRecord[]): FirmwareRecord | undefined {
  let before: FirmwareRecord | undefined;
  for (const other of records) {
    const isRelative = other.kind === 'app' && other.name === record.name && other.chip === record.chip && other.intact !== false;
    if (!isRelative || compareVersions(other.version, record.version) !== -1) continue;
    if (!before || compareVersions(other.version, before.version) === 1) before = other;
  }
  return before;
}

@customElement('ot-release-against')
class ReleaseAgainst extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) record!: FirmwareRecord;
  @property({ attribute: false }) report: FirmwareReport | undefined;
  @property({ attribute: false }) earlier!: FirmwareRecord;
  @state() private earlierReport: FirmwareReport | undefined;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('earlier') && changed.get('earlier')?.sha256 !== this.earlier.sha256) void this.#load(this.earlier.sha256);
  }

  async #load(sha256: string): Promise<void> {
    this.earlierReport = undefined;
    // Without the other report there is nothing to hold against: its own page says what is wrong with it.
    const report = await this.services.library.report(sha256).catch(() => undefined);
    if (sha256 === this.earlier.sha256) this.earlierReport = report;
  }

  override render() {
    const [was, is] = [imageOf(this.earlierReport), imageOf(this.report)];
    if (!was || !is) return nothing;
    const { earlier, record } = this;
    return html`<section aria-labelledby="against">
      <div class="row-head">
        <h3 id="against">Against ${earlier.version}</h3>
        <p class="quiet">KB; <a href=${linkTo({ view: 'compare', a: earlier.sha256, b: record.sha256 })}>compare sector by sector</a></p>
      </div>
      ${regionTable(compareSegments(was, is), earlier.version, record.version)}
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-release-against': ReleaseAgainst;
  }
}
