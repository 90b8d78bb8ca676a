/** A chip in its boot loader, drawn: board with callouts, slots, flash to scale. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ChipLayout, UsbState } from '../../../app/usb/model.ts';
import type { ChipIdentity } from '../../../app/usb/ports.ts';
import { isSilentFlash } from '../../../core/serial/jedec.ts';
import { otadataPartition } from '../../../core/bundle/boot-slot.ts';
import '../../elements/board.ts';
import type { BoardBalloon } from '../../elements/board.ts';
import '../../elements/flash.ts';
import { icon } from '../../elements/icons.ts';
import { formatCapacity } from '../../elements/measure.ts';
import '../../elements/slots.ts';
import { CONNECTION_WORDS, LOADER_WORDS, revisionText } from '../../usb-words.ts';
import { partitionList } from './partition-list.ts';
import { drawnSlot, layoutRegions } from './plan-regions.ts';

const BALLOONS: readonly BoardBalloon[] = [
  { n: 1, at: 'mac' },
  { n: 2, at: 'chip' },
  { n: 3, at: 'led' },
  { n: 4, at: 'usb' },
  { n: 5, at: 'flash' },
];

function callouts(state: UsbState, chip: ChipIdentity): TemplateResult {
  const rows: readonly (readonly [string, TemplateResult | string])[] = [
    ['MAC', html`<span class="num">${chip.mac || 'the chip does not tell it'}</span>`],
    ['Chip', html`<span class="num">${chip.description}</span>, ${revisionText(chip.revision)}`],
    ['Loader', state.loader ? LOADER_WORDS[state.loader] : 'not known'],
    ['USB', state.kind === 'virtual' ? 'its virtual cable' : CONNECTION_WORDS[chip.connection]],
    ['Flash', flashWords(chip)],
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

function flashWords({ flash: { bytes, manufacturer, jedecId } }: ChipIdentity): TemplateResult | string {
  if (jedecId === '') return 'the chip lets nobody ask it';
  const untold = isSilentFlash(jedecId) ? 'it does not answer' : 'it does not tell its size';
  const size = bytes === undefined ? untold : formatCapacity(bytes);
  return html`<span class="num">${size}</span>, ${manufacturer || `JEDEC ${jedecId}`}`;
}

/** What the drawing has no place for. */
function chipFacts(chip: ChipIdentity): TemplateResult {
  const { crystalMhz, features } = chip;
  const rows: readonly (readonly [string, string])[] = [
    ['Features', features.join(', ') || 'the chip does not tell them'],
    ['Crystal', crystalMhz > 0 ? `${crystalMhz} MHz` : 'the chip does not tell it'],
    ['Flash chip', flashIds(chip.flash)],
    ['Flash encryption', encryptionWords(chip)],
    ['Secure boot', chip.security.secureBoot ? 'on' : 'off'],
    ['Download mode', chip.security.secureDownload ? 'secure: nothing is read' : 'open'],
  ];
  return html`<dl class="chip-facts">
    ${rows.map(
      ([what, value]) =>
        html`<div>
          <dt>${what}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** As esptool names them: what the chip answers to "read identification". */
function flashIds({ manufacturer, jedecId }: ChipIdentity['flash']): string {
  if (jedecId === '') return 'not asked';
  return `${manufacturer}, manufacturer 0x${jedecId.slice(0, 2).toUpperCase()}, device 0x${jedecId.slice(2).toUpperCase()}`;
}

const ENCRYPTION_MODES = {
  development: 'development mode: its boot loader can still encrypt what is written',
  release: 'release mode: its boot loader encrypts nothing',
} as const satisfies Record<NonNullable<ChipIdentity['encryption']>['mode'], string>;

function encryptionWords({ security, encryption }: ChipIdentity): string {
  const count = encryption ? `counter ${encryption.cryptCount}` : '';
  if (!security.flashEncryption) return ['off', count].filter(Boolean).join(', ');
  return ['on', encryption && ENCRYPTION_MODES[encryption.mode], count].filter(Boolean).join(', ');
}

export function chipMat(state: UsbState, chip: ChipIdentity): TemplateResult {
  const { layout } = state;
  const flashBytes = chip.flash.bytes;
  return html`<section class="mat" aria-label="The chip, drawn">
    <div class="two">
      <div class="ident">
        <ot-board
          .chipLabel=${chip.chip}
          .moduleLabel=${state.kind === 'virtual' ? 'VIRTUAL' : ''}
          .door=${state.kind === 'virtual' ? 'virtual' : 'usb'}
          .lamp=${state.phase === 'working' ? 'busy' : 'on'}
          .balloons=${BALLOONS}
        ></ot-board>
        ${callouts(state, chip)}
      </div>
      <div>
        <h2 class="vh">Firmware slots</h2>
        ${slots(state)}
      </div>
    </div>
    ${chipFacts(chip)}
    ${
      layout?.partitions && flashBytes !== undefined
        ? html`<div>
            <h2 class="vh">Flash map</h2>
            <ot-flash .flashSize=${flashBytes} .regions=${layoutRegions({ chip: chip.chip, flashBytes, layout })}></ot-flash>
            ${partitionList(layout.partitions)}
          </div>`
        : nothing
    }
  </section>`;
}

function slots({ layout }: UsbState): TemplateResult {
  if (!layout) return html`<p class="quiet">What lies in its flash was not read.</p>`;
  if (!layout.partitions) return html`<p>${tableWords(layout)}</p>`;
  if (layout.slots.length === 0) return html`<p class="quiet">The table has no place for an application.</p>`;
  return html`<ot-slots
    .slots=${layout.slots.map(drawnSlot)}
    .nextBoot=${layout.slots.find((slot) => slot.next)?.label}
    ?fixed=${otadataPartition(layout.partitions) === undefined}
  ></ot-slots>`;
}

/** Why nothing is known of what lies where, and what mends it. */
function tableWords({ tableProblem, hasBootloader }: ChipLayout): string {
  switch (tableProblem) {
    case 'UNREADABLE':
      return 'This chip lets nobody read its flash: what lies there is not known.';
    case 'ERASED': {
      if (!hasBootloader) return 'There is no partition table, nor is there a boot loader. A whole build brings both along.';
      return 'There is no partition table, and the boot loader starts nothing without one. A whole build brings both along.';
    }
    default:
      return 'The partition table is damaged: nothing says what lies where. A whole build brings one along.';
  }
}

const SECURITY: readonly { readonly name: keyof ChipIdentity['security']; readonly words: string }[] = [
  {
    name: 'flashEncryption',
    words: 'Flash encryption is on: plain bytes would not be readable to this chip, so Otter refuses to write them.',
  },
  { name: 'secureBoot', words: 'Secure boot is on: the chip starts only what is signed with its key.' },
  { name: 'secureDownload', words: 'Secure download mode: it can be written, but nothing of it can be read or compared.' },
];

/** Fuses that change what may be done; nothing when none is blown. */
export function securityNotes({ security }: ChipIdentity): TemplateResult | typeof nothing {
  const notes = SECURITY.filter(({ name }) => security[name]);
  if (notes.length === 0) return nothing;
  return html`<div class="warn">
    ${icon('lock')}
    <div>${notes.map(({ words }) => html`<p>${words}</p>`)}</div>
  </div>`;
}
