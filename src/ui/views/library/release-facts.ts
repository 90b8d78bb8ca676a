/** The words beside an X-ray: fingerprints, where the firmware runs, where it was installed. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { DeviceRecord, FirmwareRecord, HistoryEntry } from '../../../app/model.ts';
import type { FirmwareTrust } from '../../../app/trust/model.ts';
import type { EspImage, FirmwareReport, StoredAndComputed } from '../../../core/image/model.ts';
import { hash, icon, miniBoard } from '../../elements/icons.ts';
import { formatBytes, formatCount, formatFlashHeader, formatMoment, shortName } from '../../format.ts';
import { linkTo } from '../../router.ts';
import { STATUS_WORDS, signatureBrief } from '../../signature-words.ts';
import { KIND_WORDS, sourceWords } from './kind-words.ts';
import { slotWords, type Whereabouts } from './whereabouts.ts';

export function imageOf(report: FirmwareReport | undefined): EspImage | undefined {
  const content = report?.content;
  return content?.kind === 'app' || content?.kind === 'bootloader' ? content.image : undefined;
}

export function fingerprints(record: FirmwareRecord, report: FirmwareReport | undefined, trust: FirmwareTrust | undefined): TemplateResult {
  const image = imageOf(report);
  const elf = image?.appDescriptor?.elfSha256;
  return html`<section aria-labelledby="fingerprints">
    <h3 id="fingerprints">Fingerprints</h3>
    <dl class="pairs">
      <dt>File, SHA-256</dt>
      <dd>${hash(record.sha256, 'File, SHA-256')}</dd>
      ${
        report
          ? html`<dt>File, MD5</dt>
              <dd>${hash(report.md5, 'File, MD5')}</dd>
              <dt>File, CRC32</dt>
              <dd><code>${report.crc32}</code></dd>`
          : nothing
      }
      ${
        elf
          ? html`<dt>ELF, SHA-256</dt>
              <dd>${hash(elf, 'ELF, SHA-256')}</dd>`
          : nothing
      }
      ${
        image
          ? html`<dt>Checksum</dt>
              <dd>${verdict(image.checksum)}</dd>
              <dt>Appended hash</dt>
              <dd>${image.appendedHash ? verdict(image.appendedHash) : 'none appended'}</dd>`
          : nothing
      }
      ${
        trust
          ? html`<dt>Signature</dt>
              <dd>${signatureSign(trust)}</dd>`
          : nothing
      }
    </dl>
  </section>`;
}

function verdict({ valid, stored, computed }: StoredAndComputed): TemplateResult {
  if (valid) return html`<span class="sign">${icon('check')}matches</span>`;
  return html`<span class="sign" data-sign="fault">${icon('cross')}does not match</span>
    <span class="quiet">stored <code>${short(stored)}</code>, computed <code>${short(computed)}</code></span>`;
}

const short = (hex: string): string => (hex.length > 20 ? `${hex.slice(0, 8)}…${hex.slice(-8)}` : hex);

function signatureSign(trust: FirmwareTrust): TemplateResult {
  const { icon: name, sign } = STATUS_WORDS[trust.signature.status];
  return html`<span class="sign" data-sign=${sign === 'ok' ? nothing : sign}>${icon(name)}${signatureBrief(trust)}</span>`;
}

export function buildFacts(record: FirmwareRecord, report: FirmwareReport | undefined): TemplateResult {
  const image = imageOf(report);
  const descriptor = image?.appDescriptor;
  return html`<section aria-labelledby="build">
    <h3 id="build">Where it comes from</h3>
    <dl class="pairs">
      <dt>File</dt>
      <dd><code title=${record.fileName}>${shortName(record.fileName)}</code>, ${formatCount(record.size)} bytes</dd>
      <dt>Source</dt>
      <dd>${sourceWords(record.source)}</dd>
      <dt>In the library</dt>
      <dd>since ${formatMoment(record.addedAt)}</dd>
      ${
        record.builtAt === undefined
          ? nothing
          : html`<dt>Built</dt>
              <dd>${formatMoment(record.builtAt)}${descriptor?.isArduinoLibrary ? ' (the Arduino core, not the sketch)' : ''}</dd>`
      }
      ${
        record.idfVersion
          ? html`<dt>Made with</dt>
              <dd>ESP-IDF ${record.idfVersion}</dd>`
          : nothing
      }
      ${
        image
          ? html`<dt>Asks for</dt>
              <dd>
                ${image.chip}, revision ${revision(image.minChipRevision)} or later;
                ${formatFlashHeader(image.flashMode, image.flashFrequency, image.flashSize)}
              </dd>`
          : nothing
      }
      ${
        descriptor
          ? html`<dt>Secure version</dt>
              <dd>${descriptor.secureVersion}</dd>`
          : nothing
      }
      <dt>Kind</dt>
      <dd>${KIND_WORDS[record.kind].name}</dd>
    </dl>
  </section>`;
}

const revision = (full: number): string => `${Math.floor(full / 100)}.${full % 100}`;

export function whereItRuns(places: readonly Whereabouts[]): TemplateResult {
  return html`<section aria-labelledby="where">
    <h3 id="where">Where it is</h3>
    ${
      places.length === 0
        ? html`<p class="quiet">In no slot of a device that Otter knows.</p>`
        : html`<ul class="runs rows">
            ${places.map(
              (place) =>
                html`<li>
                  ${miniBoard()}<a href=${linkTo({ view: 'device', id: place.device.id })}>${place.device.name}</a
                  ><span class="quiet">${slotWords(place)}</span>
                </li>`,
            )}
          </ul>`
    }
  </section>`;
}

const OUTCOME_WORDS = {
  confirmed: 'confirmed',
  unconfirmed: 'unconfirmed',
  'rolled-back': 'rolled back',
  failed: 'failed',
  stopped: 'stopped',
  done: 'done',
  started: 'under way',
  interrupted: 'interrupted',
} as const satisfies Record<HistoryEntry['outcome'], string>;

export function installations(entries: readonly HistoryEntry[], devices: readonly DeviceRecord[]): TemplateResult {
  const nameOf = (id: string) => devices.find((device) => device.id === id)?.name;
  return html`<section aria-labelledby="installed">
    <h3 id="installed">Where it was installed</h3>
    ${
      entries.length === 0
        ? html`<p class="quiet">Never, from this browser.</p>`
        : html`<ul class="runs rows">
            ${entries.map(({ deviceId, at, outcome, slot, durationMs }) => {
              const name = nameOf(deviceId);
              return html`<li>
                ${miniBoard()}${name ? html`<a href=${linkTo({ view: 'device', id: deviceId })}>${name}</a>` : html`<span>${deviceId}</span>`}<span
                  class="quiet"
                  >${formatMoment(at)}${slot ? `, ${slot}` : ''},
                  ${OUTCOME_WORDS[outcome]}${durationMs === undefined ? '' : ` after ${(durationMs / 1000).toFixed(1)} s`}</span
                >
              </li>`;
            })}
          </ul>`
    }
  </section>`;
}

/** For headings: `ESP32`, or what the file is. */
export function headFacts(record: FirmwareRecord): TemplateResult {
  const { chip, kind, size, tags } = record;
  return html`<p class="facts">
    ${chip ? html`<span class="small">${chip}</span>` : nothing}
    ${kind === 'app' ? nothing : html`<span class="small">${KIND_WORDS[kind].name}</span>`}
    <span class="small num">${formatBytes(size)}</span>
    ${tags.map((tag) => html`<span class="label">${tag}</span>`)}
  </p>`;
}
