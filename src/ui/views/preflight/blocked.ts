/** A firmware that may not go onto the device: what does not fit, drawn where it can be, told in full, and a report to copy. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { DeviceState, FirmwareRecord, FirmwareReport, Preflight, PreflightCheck } from '../../../app/model.ts';
import { copyText } from '../../copy.ts';
import { latestInfo } from '../../device-facts.ts';
import { hash, icon, lamp } from '../../elements/icons.ts';
import '../../elements/xray.ts';
import { formatCount, shortName } from '../../format.ts';
import { checkSentence } from '../../preflight-words.ts';
import { linkTo, type RouteOf } from '../../router.ts';
import { blockStory } from './block-stories.ts';
import { checkSheet } from './check-list.ts';
import { misfitDrawing } from './misfit.ts';

export interface Held {
  readonly firmware: FirmwareRecord;
  readonly report: FirmwareReport;
}

interface Blocked {
  readonly device: DeviceState;
  readonly preflight: Preflight;
  /** The check that stopped it. */
  readonly block: PreflightCheck;
  /** The name of the key that stays locked. */
  readonly writeLabel: string;
  readonly onChoose: () => void;
  /** Goes on with the application that the file contains; absent where it contains none. */
  readonly onExtract?: (() => void) | undefined;
}

export const firmwareName = (firmware: FirmwareRecord): string =>
  [shortName(firmware.name), firmware.version].filter(Boolean).join(' ') || shortName(firmware.fileName);

export function blockedWords(device: DeviceState): TemplateResult {
  const info = latestInfo(device);
  const runs = [info?.project, info?.version].filter(Boolean).join(' ') || 'what it ran';
  return html`<p class="lead">
    ${lamp('stopped', 'Stopped before writing.')} Nothing was written. ${device.record.name} still runs ${runs}.
  </p>`;
}

export function blockedBody(held: Held, blocked: Blocked): TemplateResult {
  const { block, device, preflight } = blocked;
  const isMisfit = block.id === 'chip';
  return html`
    ${alert(held, blocked)} ${story(held, blocked)}
    <div class="two">${checkSheet(preflight, device.record.name)} ${reportSheet(held.firmware, device, block)}</div>
    ${isMisfit ? nothing : html`<ot-xray .report=${held.report} .heading=${`Inside ${firmwareName(held.firmware)}`} .details=${'facts'}></ot-xray>`}
  `;
}

/** A chip that differs is drawn; any other block is said, because the page's heading already shows it. */
function alert({ firmware }: Held, { block, device }: Blocked): TemplateResult {
  if (block.id !== 'chip') return html`<p class="vh" role="alert">${blockStory(block).title}. ${checkSentence(block)}.</p>`;
  const misfit = {
    firmware: firmwareName(firmware),
    firmwareChip: String(block.facts.image),
    device: device.record.name,
    deviceChip: String(block.facts.device),
  };
  return html`<section class="mat misfit-mat" role="alert" aria-label="What does not fit">${misfitDrawing(misfit)}</section>`;
}

function story({ firmware }: Held, { block, writeLabel, onChoose, onExtract }: Blocked): TemplateResult {
  const { what, why, next: untold } = blockStory(block);
  const next = onExtract
    ? 'Take the application out of it: it goes into your library as a firmware of its own, and is held against this device.'
    : untold;
  // Signatures are mended on the page of the firmware; anything else, by another one.
  const way: RouteOf<'firmware'> = { view: 'firmware', ...(block.id === 'signature' && { sha256: firmware.sha256 }) };
  const column = (heading: string, words: string) =>
    html`<div>
      <h2>${heading}</h2>
      <p>${words}</p>
    </div>`;
  return html`<section class="sheet" aria-label="What happened">
    <div class="story">${column('What happened', what)} ${column('Why', why)} ${column('What to do next', next)}</div>
    <div class="keys">
      ${onExtract ? html`<button class="key key-go" type="button" @click=${onExtract}>Take the application out of it</button>` : nothing}
      <a class=${onExtract ? 'key' : 'key key-go'} href=${linkTo(way)}>${way.sha256 ? 'Open this firmware' : 'Show my firmware'}</a>
      <button class="key" type="button" @click=${onChoose}>Choose another file</button>
      <button class="key" type="button" disabled>${writeLabel}</button>
    </div>
  </section>`;
}

function reportSheet(firmware: FirmwareRecord, device: DeviceState, block: PreflightCheck): TemplateResult {
  const info = latestInfo(device);
  const code = `PREFLIGHT_BLOCKED ${block.id}-${block.reason}`;
  const board = [info?.hardware || info?.chip, info?.mac].filter(Boolean).join(', ');
  const report = [
    `code: ${code}`,
    `file: ${firmware.fileName}, ${firmware.size} bytes`,
    `sha256: ${firmware.sha256}`,
    `board: ${board}`,
    ...Object.entries(block.facts).map(([name, value]) => `${name}: ${value}`),
  ];
  return html`<section class="sheet" aria-labelledby="report">
    <div class="row-head">
      <h2 id="report">For a report</h2>
      <button class="link-key small" type="button" @click=${() => copyText(report.join('\n'), 'Report')}>${icon('copy')}Copy</button>
    </div>
    <dl class="pairs">
      <dt>Code</dt>
      <dd><code>${code}</code></dd>
      <dt>File</dt>
      <dd>
        <span title=${firmware.fileName}>${shortName(firmware.fileName)}</span>,
        <span class="num">${formatCount(firmware.size)}</span> bytes
      </dd>
      <dt>SHA-256</dt>
      <dd>${hash(firmware.sha256)}</dd>
      <dt>Board</dt>
      <dd class="num">${board}</dd>
    </dl>
  </section>`;
}
