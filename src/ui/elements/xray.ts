/**
 * `<ot-xray>`: a firmware file held against the light, on film, whatever it is: an image from file to memory, a container by flash address,
 * a table, ciphertext, a damaged file with the place where it breaks, or something unknown.
 *
 * Properties: `report`, `slotSize` (draws the image against the slot it shall go to), `heading` with `headingLevel` (2 or 3; without a
 * heading the film is named after what it shows), `details` (`table` = segments or parts, `facts` = hash, build and header, `none`).
 * ARIA: a labelled section; the drawing is an image whose label has every number. No events.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { assertNever } from '../../core/errors.ts';
import type { EspImage, FirmwareContent, FirmwareReport, StoredAndComputed } from '../../core/image/model.ts';
import { formatCount, formatFlashHeader, formatMoment } from '../format.ts';
import { hash } from './icons.ts';
import { LightElement } from './light-element.ts';
import { formatAddress } from './measure.ts';
import { WidthController } from './width-controller.ts';
import { imageDrawing, segmentTable } from './xray-image.ts';
import {
  entropyDrawing,
  flashParts,
  kindWord,
  otadataDrawing,
  partitionParts,
  stripDrawing,
  stripTable,
  wholeDrawing,
} from './xray-others.ts';

@customElement('ot-xray')
class XrayElement extends LightElement {
  @property({ attribute: false }) report: FirmwareReport | undefined;
  @property({ type: Number }) slotSize: number | undefined;
  @property() heading = '';
  @property({ type: Number }) headingLevel: 2 | 3 = 2;
  @property() details: 'table' | 'facts' | 'none' = 'table';

  readonly #width = new WidthController(this, { target: () => this.querySelector('.film-frame'), guessPx: 480 });

  protected override render(): TemplateResult | typeof nothing {
    const { report } = this;
    if (!report) return nothing;
    return html`<section class="film" aria-label=${this.heading || filmName(report.content)}>
      <p class="film-edge">
        <span>OTTER X-RAY</span><span>${edgeWord(report.content)}</span><span>${formatCount(report.size)} BYTES</span>
      </p>
      ${this.heading ? (this.headingLevel === 3 ? html`<h3>${this.heading}</h3>` : html`<h2>${this.heading}</h2>`) : nothing}
      <div class="film-frame">${this.#drawing(report)}</div>
      ${this.details === 'table' ? table(report.content) : this.details === 'facts' ? facts(report) : nothing}
    </section>`;
  }

  #drawing({ content, size }: FirmwareReport): TemplateResult {
    const px = this.#width.px;
    switch (content.kind) {
      case 'app':
      case 'bootloader':
        return imageDrawing(content.image, px, content.kind === 'app' ? this.slotSize : undefined);
      case 'merged':
      case 'uf2':
      case 'hex':
        return stripDrawing(flashParts(content.parts, content.kind), px, kindWord(content.kind));
      case 'partition-table':
        return stripDrawing(partitionParts(content.table.partitions), px, 'Partition table');
      case 'otadata':
        return otadataDrawing(content.otadata, px);
      case 'encrypted':
        return entropyDrawing(content.entropyBits, px);
      case 'damaged':
        return wholeDrawing(size, px, content);
      case 'unknown':
        return wholeDrawing(size, px);
      default:
        return assertNever(content);
    }
  }
}

/** Two films on one page, as in a comparison, need names of their own. */
function filmName(content: FirmwareContent): string {
  const app = content.kind === 'app' ? content.image.appDescriptor : undefined;
  return ['X-ray of', app?.projectName || kindWord(content.kind), app?.version].filter(Boolean).join(' ');
}

function edgeWord(content: FirmwareContent): string {
  if (content.kind === 'app') return content.image.chip;
  if (content.kind === 'bootloader') return `${content.image.chip} BOOT LOADER`;
  const chip = 'chip' in content ? content.chip : undefined;
  return [chip, kindWord(content.kind).toUpperCase()].filter(Boolean).join(' ');
}

function table(content: FirmwareContent): TemplateResult | typeof nothing {
  switch (content.kind) {
    case 'app':
    case 'bootloader':
      return segmentTable(content.image);
    case 'merged':
    case 'uf2':
    case 'hex':
      return stripTable(flashParts(content.parts, content.kind));
    case 'partition-table':
      return stripTable(partitionParts(content.table.partitions));
    case 'damaged':
      return html`<dl class="pairs">
        <dt>Looks like</dt>
        <dd>${content.as}</dd>
        <dt>Breaks at</dt>
        <dd class="num">${formatAddress(content.offset)}</dd>
        <dt>Rule</dt>
        <dd>${content.rule}</dd>
        <dt>Code</dt>
        <dd><code>${content.code}</code></dd>
      </dl>`;
    default:
      return nothing;
  }
}

function facts(report: FirmwareReport): TemplateResult {
  const image = report.content.kind === 'app' || report.content.kind === 'bootloader' ? report.content.image : undefined;
  return html`<dl class="pairs">
      <dt>SHA-256</dt>
      <dd>${hash(report.sha256)}</dd>
      ${image ? imageFacts(image) : nothing}
    </dl>
    ${image ? nothing : table(report.content)}`;
}

function imageFacts(image: EspImage): TemplateResult {
  const app = image.appDescriptor;
  const built = app?.builtAtMs === undefined ? [app?.date, app?.time].filter(Boolean).join(', ') : formatMoment(app.builtAtMs);
  const idf = app?.idfVersion || image.bootloaderDescriptor?.idfVersion;
  return html`${
      built || idf
        ? html`<dt>Built</dt>
            <dd>${[built, idf && `ESP-IDF ${idf}`].filter(Boolean).join(', ')}</dd>`
        : nothing
    }
    <dt>Flash header</dt>
    <dd>
      ${formatFlashHeader(image.flashMode, image.flashFrequency, image.flashSize)}; entry
      <span class="num">${formatAddress(image.entry, 8)}</span>
    </dd>
    <dt>Whole</dt>
    <dd>
      checksum
      ${agreement(image.checksum)}${image.appendedHash ? html`, built-in SHA-256 ${agreement(image.appendedHash)}` : ', no built-in SHA-256'}
    </dd>`;
}

function agreement({ valid }: StoredAndComputed): TemplateResult {
  return valid ? html`agrees` : html`<b class="disagrees">disagrees</b>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-xray': XrayElement;
  }
}
