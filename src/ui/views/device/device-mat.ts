/**
 * The device, drawn: board with its callouts, trays, flash strip. Templates only. Whoever shows `deviceFlash` loads `elements/flash.ts`,
 * now or when there is time: its place is kept.
 */
import { html, nothing, type TemplateResult } from 'lit';
import type { DeviceState } from '../../../app/model.ts';
import type { DeviceInfo } from '../../../core/ota/device-contract.ts';
import { isLastKnown, lastKnownWords, latestInfo, linkWords, revisionWord } from '../../device-facts.ts';
import '../../elements/board.ts';
import type { BoardBalloon } from '../../elements/board.ts';
import { formatCapacity } from '../../elements/measure.ts';
import '../../elements/slots.ts';
import type { SlotPlan } from '../../elements/slot-words.ts';
import { formatFlashHeader } from '../../format.ts';

const BALLOONS: readonly BoardBalloon[] = [
  { n: 1, at: 'mac' },
  { n: 2, at: 'chip' },
  { n: 3, at: 'led' },
  { n: 4, at: 'usb' },
  { n: 5, at: 'flash' },
];

const UNSAID = 'not told';

export function deviceBoard(state: DeviceState, balloons: readonly BoardBalloon[] = []): TemplateResult {
  const info = latestInfo(state);
  return html`<ot-board
    .chipLabel=${info?.chip ?? 'ESP32'}
    .moduleLabel=${state.record.kind === 'virtual' ? 'VIRTUAL' : ''}
    .door=${state.record.kind === 'virtual' ? 'virtual' : 'network'}
    .lamp=${linkWords(state).lamp}
    .balloons=${balloons}
  ></ot-board>`;
}

function answers(state: DeviceState): string {
  const where = state.record.kind === 'virtual' ? 'in this tab' : 'over the network';
  switch (state.link) {
    case 'online':
      return `now, ${where}`;
    case 'connecting':
      return 'being asked';
    case 'restarting':
      return 'soon, it restarts';
    case 'boot-loader':
      return 'by its cable only: it is in its boot loader';
    case 'not-starting':
      return 'not now: it does not start';
    case 'unreachable':
      return 'not now';
  }
}

function callouts(state: DeviceState): TemplateResult {
  const info = latestInfo(state);
  const flash = info?.flash_size ? formatCapacity(info.flash_size) : UNSAID;
  const header = formatFlashHeader(info?.flash_mode, info?.flash_frequency);
  const rows: readonly (readonly [string, TemplateResult | string])[] = [
    ['MAC', html`<span class="num">${info?.mac?.toLowerCase() ?? UNSAID}</span>`],
    [
      'Chip',
      html`<span class="num">${info?.hardware || info?.chip || UNSAID}</span
        >${info?.chip_revision === undefined ? nothing : `, ${revisionWord(info.chip_revision)}`}`,
    ],
    ['Answers', answers(state)],
    ['USB', state.record.kind === 'virtual' ? 'its virtual cable' : 'not used here'],
    ['Flash', html`<span class="num">${flash}</span>${header ? `, ${header}` : nothing}`],
  ];
  return html`<dl class="callouts">
    ${rows.map(
      ([what, value], index) =>
        html`<div class="callout">
          <dt><span class="n">${index + 1}</span> <span class="what">${what}</span></dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

interface SlotsNow {
  readonly isBusy?: boolean;
  /** Nothing of it is known to run now. */
  readonly isPast?: boolean;
}

export function deviceSlots(info: DeviceInfo, plan?: SlotPlan, { isBusy = false, isPast = false }: SlotsNow = {}): TemplateResult {
  if (!info.slots?.length) {
    return html`<p class="quiet">
      This device does not tell its slots.
      ${info.free_sketch_space ? html`<span class="num">${formatCapacity(info.free_sketch_space)}</span> are free for an update.` : nothing}
    </p>`;
  }
  return html`<ot-slots
    .slots=${info.slots}
    .running=${info.running}
    .nextBoot=${info.next_boot}
    .plan=${plan}
    ?busy=${isBusy}
    ?past=${isPast}
  ></ot-slots>`;
}

/** ESP32 and S2 boot from 0x1000, the newer ones from 0x0, C5 and P4 from 0x2000 (ESP-IDF `CONFIG_BOOTLOADER_OFFSET_IN_FLASH`). */
function bootloaderOffset(info: DeviceInfo): number {
  if (info.chip === 'ESP32' || info.chip === 'ESP32-S2') return 0x1000;
  return info.chip === 'ESP32-C5' || info.chip === 'ESP32-P4' ? 0x2000 : 0;
}

export function deviceFlash(info: DeviceInfo, plan?: SlotPlan): TemplateResult | typeof nothing {
  if (!info.partitions?.length || !info.flash_size) return nothing;
  return html`<ot-flash
    .flashSize=${info.flash_size}
    .partitions=${info.partitions}
    .slots=${info.slots ?? []}
    .running=${info.running}
    .plan=${plan}
    .bootloaderOffset=${bootloaderOffset(info)}
  ></ot-flash>`;
}

/** Kept while a device is asked for the first time, so that nothing below moves under a hand when it answers. */
const FLASH_PLACE = html`<div class="flash-place"></div>`;

export function deviceMat(state: DeviceState, isBusy: boolean): TemplateResult {
  const info = latestInfo(state);
  const isPast = isLastKnown(state);
  const past = lastKnownWords(state);
  // A cable changed its flash since it answered.
  const isUnread = isPast && past === '';
  return html`<section class="mat" aria-label="The device, drawn">
    ${past ? html`<p class="quiet small">Slots and flash, ${past}. They may differ now.</p>` : nothing}
    <div class="two">
      <div class="ident">${deviceBoard(state, BALLOONS)} ${callouts(state)}</div>
      <div>
        <h2 class="vh">Firmware slots</h2>
        ${info && !isUnread ? deviceSlots(info, undefined, { isBusy, isPast }) : html`<p class="quiet slots-place">Its slots are drawn once it answers.</p>`}
      </div>
    </div>
    ${
      info
        ? html`<div>
            <h2 class="vh">Flash map</h2>
            ${deviceFlash(isPast ? { ...info, running: '' } : info)}
          </div>`
        : state.link === 'connecting'
          ? FLASH_PLACE
          : nothing
    }
  </section>`;
}
