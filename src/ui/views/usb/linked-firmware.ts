/** What a link to a firmware offers, or what the library holds, told before it is brought to a board. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import { toProblem } from '../../../app/errors.ts';
import type { FirmwareRecord } from '../../../app/model.ts';
import type { BundleSummary } from '../../../app/usb/model.ts';
import { plainText } from '../../../core/plain-text.ts';
import { icon, versionTag } from '../../elements/icons.ts';
import { shortName } from '../../format.ts';
import '../../problem-panel.ts';
import { linkTo } from '../../router.ts';
import type { LinkedFirmware } from './manifest-link.ts';

const LONGEST_NAME = 80;

/** `name` of what was brought; what its maker left open is called by where it came from. */
export const brought = ({ name }: Pick<BundleSummary, 'name'>, otherwise = 'What you brought'): string =>
  shortName(plainText(name).trim() || otherwise, LONGEST_NAME);

/** The head of the page: the firmware leads it, the choice of a board follows. @param fetch asks its host */
export function linkedHead(linked: LinkedFirmware, fetch: () => void): TemplateResult {
  return html`<div class="head">
    <div class="head-words">
      <a class="back" href=${linkTo({ view: 'devices' })}>${icon('left')}Devices</a>
      ${wordsOf(linked, fetch)}
    </div>
  </div>`;
}

/** The same with a firmware of the library. @param record undefined: it is not there (any more) */
export function chosenHead(record: FirmwareRecord | undefined): TemplateResult {
  const back = linkTo(record ? { view: 'firmware', sha256: record.sha256 } : { view: 'firmware' });
  return html`<div class="head">
    <div class="head-words">
      <a class="back" href=${back}>${icon('left')}Firmware</a>
      ${
        record
          ? knownWords({ name: record.name || record.fileName, version: record.version, chips: [record.chip] }, 'your library')
          : html`<h1>This firmware is not in the library</h1>
              <p class="lead">It was deleted, or it lies in another browser. You can still choose a board, and bring a firmware there.</p>`
      }
    </div>
  </div>`;
}

function wordsOf(linked: LinkedFirmware, fetch: () => void): TemplateResult {
  switch (linked.state) {
    case 'unasked':
      return html`<h1>A firmware by link</h1>
        <p class="lead">
          The link that you followed names a firmware at <b>${linked.url.host}</b>. Otter asks that host only if you say so: it then learns
          your network address, and nothing about your boards.
        </p>
        <p class="keys">
          <button class="key key-go" type="button" @click=${fetch}>${icon('save')}Fetch it from ${linked.url.host}</button>
        </p>`;
    case 'fetching':
      return html`<h1>A firmware by link</h1>
        <p class="lead" role="status">Asking ${linked.url.host} what it is…</p>`;
    case 'known':
      return knownWords(linked.bundle, linked.url.host);
    case 'failed':
      return html`<h1>The firmware of this link cannot be had</h1>
        <ot-problem
          .problem=${toProblem(linked.error)}
          .keys=${linked.url ? html`<button class="key" type="button" @click=${fetch}>Try again</button>` : nothing}
          .facts=${linked.url ? { address: linked.url.href } : {}}
        ></ot-problem>
        <p class="quiet">You can still choose a board, and bring a firmware from elsewhere.</p>`;
  }
}

function knownWords({ name, version, chips }: Pick<BundleSummary, 'name' | 'version' | 'chips'>, from: string): TemplateResult {
  return html`<h1>${brought({ name }, from)}</h1>
    <p class="facts">
      ${version ? versionTag(version, 'new') : html`<span>no version stated</span>`}<span>${chipWords(chips)}</span
      ><span>from <b class="num">${from}</b></span>
    </p>
    <p class="lead">Choose the board that it is for. You see what it would change there before anything is written.</p>`;
}

function chipWords(chips: BundleSummary['chips']): string {
  const named = chips.filter((chip) => chip !== undefined);
  if (named.length === 0) return 'for no chip in particular';
  return `for ${new Intl.ListFormat('en', { type: 'conjunction' }).format(named)}`;
}

/** Whoever opens the address of a port's page did not say yet that its host may be asked. */
export function linkedStrip({ host }: URL, fetch: () => void): TemplateResult {
  return html`<section class="job-strip" aria-label="Firmware of the link">
    ${icon('firmware')}<span>The link that you followed names a firmware at <b>${host}</b>.</span>
    <button class="key key-small" type="button" @click=${fetch}>Fetch it from ${host}</button>
  </section>`;
}
