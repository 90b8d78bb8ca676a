/** A flash plan in words: every problem with its remedy, what a partition is for, what becomes of it. No markup. */
import type { UnfitReason } from '../app/trust/cable-releases.ts';
import type { SlotOnChip } from '../app/usb/model.ts';
import type { FateOfPartition, PartitionFate, PlanProblem, PlanProblemCode } from '../core/bundle/plan-model.ts';
import { APP_TYPE, DATA_TYPE } from '../core/image/partition-types.ts';
import type { BundleOrigin, PartRole } from '../core/bundle/model.ts';
import { formatAddress, formatCapacity } from './elements/measure.ts';
import { checkSentence } from './preflight-words.ts';
import { RELEASE_MESSAGES } from './release-messages.ts';
import { untrustedWords } from './signature-words.ts';

type Facts = PlanProblem['facts'];

interface ProblemWords {
  readonly title: string | ((facts: Facts) => string);
  readonly why: (facts: Facts) => string;
  readonly remedy: string | ((facts: Facts) => string);
}

const text = (facts: Facts, name: string, otherwise = ''): string => {
  const value = facts[name];
  return value === undefined || value === '' ? otherwise : String(value);
};
const part = (facts: Facts): string => text(facts, 'part', 'A part');
const size = (facts: Facts, name: string, otherwise: string): string => {
  const value = facts[name];
  // In whole KB: whether it is too much is seen by that.
  return typeof value === 'number' ? formatCapacity(Math.ceil(value / 1024) * 1024) : otherwise;
};
const address = (facts: Facts, name: string): string => {
  const value = facts[name];
  return typeof value === 'number' ? formatAddress(value) : '';
};
const at = (facts: Facts, name = 'offset'): string => (facts[name] === undefined ? '' : ` at ${address(facts, name)}`);
const revision = (facts: Facts, name: string): string => {
  const value = Number(facts[name]);
  return `v${Math.floor(value / 100)}.${value % 100}`;
};
const listed = (facts: Facts, name: string, words: string): string => (facts[name] ? ` ${words}: ${facts[name]}.` : '');

const lostLinks = (facts: Facts): string =>
  text(facts, 'lost')
    .split(',')
    .map((role) => (role === 'partition-table' ? ROLE_WORDS['partition-table'] : ROLE_WORDS.bootloader))
    .join(' and the ');

function secureBootWords(facts: Facts): string {
  if (facts['operation'] === 'erase') return 'Without its boot loader this chip starts nothing, so Otter does not erase it.';
  switch (facts['reason']) {
    case 'bootloader':
      return `${part(facts)} would take the place of the boot loader that this chip trusts, and nothing would start any more.`;
    case 'bootloader-key-unknown':
      return `${part(facts)} is signed. With any other key than that of this chip nothing starts, until a boot loader with the right one is written.`;
    case 'not-seen':
      return `${part(facts)} cannot be read here, so nobody sees whether it is signed: if it is not, the chip would not start it.`;
    case 'key-unknown':
      return `${part(facts)} is signed; whether with the key of this chip, nobody but the chip can tell.`;
    default:
      return `${part(facts)} is not signed: the chip would not start it.`;
  }
}

interface UnfitWords {
  readonly title: string;
  readonly next: string;
}

/** Titles and remedies of releases that were not meant for a board, or not now; what was found, the pre-flight has a sentence for. */
const UNFIT = {
  'wrong-product': {
    title: RELEASE_MESSAGES.RELEASE_WRONG_PRODUCT.title,
    next: 'Where this board is to become another product, write it. A guarded board stays what it is.',
  },
  'wrong-chip': RELEASE_MESSAGES.RELEASE_WRONG_CHIP,
  'wrong-hardware': RELEASE_MESSAGES.RELEASE_WRONG_HARDWARE,
  rollback: RELEASE_MESSAGES.RELEASE_ROLLBACK,
  'step-too-large': RELEASE_MESSAGES.RELEASE_STEP_TOO_LARGE,
  revoked: { title: 'This release was signed by a revoked key', next: RELEASE_MESSAGES.KEY_REVOKED.next },
  'not-trusted': { title: 'Nobody stands behind this release any more', next: 'Read its set again: there may be one that is signed anew.' },
  expired: RELEASE_MESSAGES.RELEASE_EXPIRED,
  'from-unknown': RELEASE_MESSAGES.RELEASE_FROM_UNKNOWN,
  'hardware-unknown': RELEASE_MESSAGES.RELEASE_HARDWARE_UNKNOWN,
  'product-unknown': RELEASE_MESSAGES.RELEASE_PRODUCT_UNKNOWN,
  'chip-unknown': RELEASE_MESSAGES.RELEASE_CHIP_UNKNOWN,
  'same-counter': { title: 'Another image with the number of this release runs', next: 'Ask its makers which of the two they mean.' },
} as const satisfies Record<UnfitReason, UnfitWords>;

const unfitWords = (facts: Facts): UnfitWords => UNFIT[text(facts, 'reason') as UnfitReason] ?? UNFIT['not-trusted'];

const wholeFlash = (facts: Facts): string =>
  facts['kept']
    ? ` All of its flash comes along but ${facts['kept']}: there this board keeps its own.`
    : ' All of its flash comes along: what is measured or set for one board alone, too.';

const PROBLEMS = {
  UNTRUSTED_APPLICATION: {
    title: 'This board gets only trusted firmware',
    why: (facts) =>
      `It is guarded for ${text(facts, 'product', 'an unnamed product')}. ${part(facts)} ${untrustedWords(text(facts, 'status'))}.`,
    remedy: 'Sign it, attach its .sig or trust its key, on the page of the firmware.',
  },
  RELEASE_UNFIT: {
    title: (facts) => unfitWords(facts).title,
    why: (facts) => `${part(facts)}: ${checkSentence({ id: 'release', verdict: 'block', reason: text(facts, 'reason'), facts })}.`,
    remedy: (facts) => unfitWords(facts).next,
  },
  MAY_BE_GUARDED: {
    title: 'This may be a board that gets only trusted firmware',
    why: (facts) =>
      `${text(facts, 'device', 'A device')} gets nothing else, and nobody can tell whether this is its board: one of them told no MAC.`,
    remedy: 'Look at the board. Where it is another one, write it.',
  },
  NOTHING_TO_WRITE: {
    title: 'There is nothing to write',
    why: () => 'Every part of it lies in a partition that is kept, or it has no parts.',
    remedy: 'Take a partition off the list of what is kept, or choose another firmware.',
  },
  PARTS_OVERLAP: {
    title: 'Two parts want the same place',
    why: (facts) => `${part(facts)} and ${text(facts, 'other', 'another part')} overlap${at(facts)}.`,
    remedy: 'Correct the offsets where it was built; Otter does not guess which of them is right.',
  },
  PART_OVER_KEPT: {
    title: 'A part lies over a partition that is kept',
    why: (facts) =>
      `${part(facts)}${at(facts)} goes over ${text(facts, 'partition', 'it')}, and one piece is written whole or not at all: with a hole in it nothing starts.`,
    remedy: 'Correct its address, or take “Keep” away where that is what you mean.',
  },
  BOOT_CHAIN_OVERWRITTEN: {
    title: 'It would overwrite what starts the chip',
    why: (facts) => `${part(facts)}${at(facts)} would take the place of the ${lostLinks(facts)}, and nothing would start any more.`,
    remedy: 'Correct its address: applications lie in a partition for one, mostly from 0x10000 on.',
  },
  PART_TOO_LARGE: {
    title: 'A part is too large for its partition',
    why: (facts) =>
      `${part(facts)} has ${size(facts, 'size', 'more bytes')}, ${text(facts, 'partition', 'its partition')} holds ${size(facts, 'room', 'less')}.`,
    remedy: 'Build it smaller, or bring a partition table with a larger one along.',
  },
  BEYOND_FLASH: {
    title: 'A part ends behind the end of the flash',
    why: (facts) => `${part(facts)} ends${at(facts, 'end')}, and the flash of this chip has ${size(facts, 'flashBytes', 'less')}.`,
    remedy: 'Build it for the flash size of this board.',
  },
  WRONG_CHIP: {
    title: 'This is for another chip',
    why: (facts) =>
      `${text(facts, 'part', 'It')} was built for ${text(facts, 'expected', 'another one')}, and this is an ${text(facts, 'found', 'other')}.`,
    remedy: 'Build it for this chip, or take the release that was made for it.',
  },
  CHIP_REVISION: {
    title: 'It does not run on every revision of the chip',
    why: (facts) => {
      const most = facts['most'] === undefined ? '' : ` up to ${revision(facts, 'most')}`;
      const wants = `${part(facts)} runs on revisions from ${revision(facts, 'least')} on${most}`;
      return facts['found'] === undefined
        ? `${wants}; this chip does not tell which one it is.`
        : `${wants}, and this is ${revision(facts, 'found')}.`;
    },
    remedy: 'On any other it does not start: build it for that (CONFIG_ESP_REV_MIN), or use another board.',
  },
  FLASH_SIZE: {
    title: 'It expects more flash than there is',
    why: (facts) => `${part(facts)} reaches to ${size(facts, 'stated', 'more')}, the chip has ${size(facts, 'flashBytes', 'less')}.`,
    remedy: 'Build it for the flash size of this board, or it may not start.',
  },
  FLASH_SIZE_UNKNOWN: {
    title: 'The size of the flash is not known',
    why: (facts) =>
      `${facts['reason'] === 'secure-download' ? 'In secure download mode nobody may ask for it' : 'The flash chip does not tell it'}: Otter cannot check that everything fits.`,
    remedy: 'Compare with the marking of the module before you write.',
  },
  ENCRYPTED_FLASH: {
    title: 'Flash encryption is on',
    why: (facts) =>
      facts['operation'] === 'erase'
        ? 'What is erased on this chip, nothing plain can take the place of: it would no longer start.'
        : `${part(facts)} is not encrypted: its bytes would not be readable to this chip, which would no longer start.`,
    remedy: 'Erase nothing, and bring an image that was encrypted with the key of this chip; or update it over the air.',
  },
  WRITTEN_PLAIN: {
    title: 'It is written as it is, not encrypted',
    why: (facts) => `The build marks ${text(facts, 'parts', 'a part')} to be encrypted, and Otter encrypts nothing.`,
    remedy: 'A boot loader that turns flash encryption on does so itself at its first start, and burns it into the chip for good.',
  },
  IMAGE_ENCRYPTED: {
    title: 'This image looks encrypted, and the chip is not',
    why: (facts) => `${part(facts)}${at(facts)}: a chip without flash encryption cannot read it, and would not start.`,
    remedy: 'Bring the plain image of the same build.',
  },
  SECURE_BOOT: {
    title: 'Secure boot is on',
    why: (facts) => secureBootWords(facts),
    remedy: 'Bring what was signed with the key of this chip.',
  },
  SECURE_DOWNLOAD: {
    title: 'The chip is in secure download mode',
    why: (facts) =>
      facts['operation'] === 'erase'
        ? 'It does not let itself be erased over the cable.'
        : 'It lets itself be written, but not read: the end can only be proved by what it prints.',
    remedy:
      'Nothing is skipped because it is the same, and nothing can be saved first. Nor does it tell which board it is on: what breaks off begins anew.',
  },
  DAMAGED_IMAGE: {
    title: 'An image is damaged',
    why: (facts) => `${part(facts)} breaks a rule of its own format (${text(facts, 'rule', 'checksum')}). No boot loader would start it.`,
    remedy: 'Take it again from where it was built.',
  },
  TABLE_CHANGES: {
    title: 'The partitions change',
    why: (facts) =>
      `The table that comes along is another than the one on the chip.${listed(facts, 'moved', 'Cannot be kept, for the new table has no such partition in its place')}${listed(facts, 'elsewhere', 'At another place or of another size, and empty')}${listed(facts, 'gone', 'No more')}${listed(facts, 'fresh', 'New')}${listed(facts, 'renamed', 'Stays under another name')}${listed(facts, 'smaller', 'Stays, with less room')}`,
    remedy: 'Look at the list of what stays. If in doubt, save everything first.',
  },
  NO_BOOTLOADER: {
    title: 'There is no boot loader where the chip looks for one',
    why: (facts) =>
      facts['found'] === undefined
        ? `Nothing starts without one${at(facts, 'expected')}.`
        : `It is to go to ${address(facts, 'found')}, and this chip starts from ${address(facts, 'expected')}.`,
    remedy: 'Bring the whole build folder for this chip, or a merged image.',
  },
  NO_PARTITION_TABLE: {
    title: 'There is no partition table',
    why: (facts) =>
      `The boot loader looks for one${at(facts, 'expected')}, and there is none on the chip and none in what you bring: no application starts without it.`,
    remedy: 'Bring the partition table of the same build along, or a merged image.',
  },
  APP_OUTSIDE_PARTITION: {
    title: 'The application lies in no partition for one',
    why: (facts) => `${part(facts)}${at(facts)} is no place where the boot loader looks.${listed(facts, 'slots', 'It looks at')}`,
    remedy: 'Bring the partition table of the same build along.',
  },
  MISALIGNED: {
    title: 'A part does not begin at a sector',
    why: (facts) => `${part(facts)}${at(facts)}: flash is erased in sectors of 4 KB, so what lies before it in its sector is lost.`,
    remedy: 'Correct its offset where it was built.',
  },
  OTHER_BOARD: {
    title: 'This was saved from another board',
    why: (facts) =>
      `It was read from ${text(facts, 'board', 'another board')}.${
        facts['isWhole']
          ? wholeFlash(facts)
          : ' It is only a part of its flash: beside what lies here it most likely makes neither of the two, and the board may not start.'
      }`,
    remedy: 'Bring one that was saved from this board, unless you know that the two are alike.',
  },
  NEXT_SLOT_OVERWRITTEN: {
    title: 'The board will not start from it',
    why: (facts) => {
      const starts = text(facts, 'starts', 'the slot');
      const cause = facts['isApp'] ? 'and an application starts from the beginning of a slot only' : 'and is no application';
      return `${part(facts)}${at(facts)} goes over ${starts}, the slot that starts next, ${cause}: what lies there now is lost, and the board starts neither.`;
    },
    remedy: 'Correct its address, or write an application to that slot, too.',
  },
  NEXT_SLOT_EMPTY: {
    title: 'The slot that starts next is empty',
    why: (facts) =>
      `The boot choice that comes along starts ${text(facts, 'starts', 'a slot')}, and no application lies in it: the boot loader takes another one, or starts nothing.`,
    remedy: 'Bring the application for it along, or keep the boot choice that is there.',
  },
  OTADATA_SELECTS_OTHER: {
    title: 'Another slot starts next',
    why: (facts) =>
      `The application goes to ${text(facts, 'written', 'one slot')}, and otadata starts ${text(facts, 'starts', 'another')}.`,
    remedy: 'Afterwards “Slots by hand” lets it start, too.',
  },
} as const satisfies Record<PlanProblemCode, ProblemWords>;

interface PlanProblemWords {
  readonly title: string;
  readonly why: string;
  readonly remedy: string;
}

export function planProblemWords(problem: PlanProblem): PlanProblemWords {
  const { title, why, remedy }: ProblemWords = PROBLEMS[problem.code];
  const { facts } = problem;
  const said = (words: ProblemWords['title']): string => (typeof words === 'string' ? words : words(facts));
  return { title: said(title), why: why(facts), remedy: said(remedy) };
}

/** What a data partition is for, by subtype (ESP-IDF, "Partition Tables"). */
const DATA_PURPOSES: Readonly<Record<number, string>> = {
  0x00: 'boot choice',
  0x01: 'radio calibration',
  0x02: 'Wi-Fi and settings',
  0x03: 'crash dump',
  0x04: 'keys of the settings',
  0x05: 'emulated eFuse',
  0x81: 'files',
  0x82: 'files',
  0x83: 'files',
};

export function partitionPurpose({ type, subtype }: Pick<PartitionFate, 'type' | 'subtype'>): string {
  if (type === APP_TYPE) return 'application';
  return type === DATA_TYPE ? (DATA_PURPOSES[subtype] ?? 'data') : 'data';
}

export const FATE_WORDS = {
  kept: 'stays as it is',
  written: 'will be written',
  erased: 'will be erased',
  'partly-written': 'will be written in part',
  gone: 'is no more: the new table does not name it',
  new: 'is new',
} as const satisfies Record<FateOfPartition, string>;

/** In place of a version: a write broke off there, and half of one and half of another is neither. */
export const UNFINISHED = 'an unfinished write';

/** What lies in a slot of a chip, for what is lost with it; empty where nothing does. */
export function heldWords({ app, unfinished, damaged, lastStart }: SlotOnChip, { withProject = false } = {}): string {
  if (unfinished) return UNFINISHED;
  const name = [withProject ? app?.project : '', app?.version].filter(Boolean).join(' ');
  if (damaged) return `a damaged ${name || 'firmware'}`;
  return lastStart === 'no-start' ? `${name || 'a firmware'} that did not start` : name;
}

export const ROLE_WORDS = {
  bootloader: 'boot loader',
  'partition-table': 'partition table',
  otadata: 'boot choice',
  app: 'application',
  filesystem: 'file system',
  nvs: 'settings',
  data: 'data',
} as const satisfies Record<PartRole, string>;

export const ORIGIN_WORDS = {
  files: 'files',
  'esp-idf': 'an ESP-IDF build',
  arduino: 'an Arduino build',
  platformio: 'a PlatformIO build',
  'esp-web-tools': 'an install manifest',
  launchpad: 'a Launchpad list',
  meshtastic: 'a Meshtastic release',
  uf2: 'a UF2 file',
  'intel-hex': 'an Intel HEX file',
  merged: 'a merged image',
} as const satisfies Record<BundleOrigin, string>;
