/** A flash plan in words: every problem with its remedy, what a partition is for, what becomes of it. No markup. */
import type { FateOfPartition, PartitionFate, PlanProblem, PlanProblemCode } from '../core/bundle/plan-model.ts';
import { APP_TYPE, DATA_TYPE } from '../core/image/partition-types.ts';
import type { BundleOrigin, PartRole } from '../core/bundle/model.ts';
import { formatAddress, formatCapacity } from './elements/measure.ts';

type Facts = PlanProblem['facts'];

interface ProblemWords {
  readonly title: string;
  readonly why: (facts: Facts) => string;
  readonly remedy: string;
}

const said = (facts: Facts, names: readonly string[], otherwise: string): string => {
  const name = names.find((candidate) => facts[candidate] !== undefined && facts[candidate] !== '');
  return name === undefined ? otherwise : String(facts[name]);
};
const part = (facts: Facts): string => said(facts, ['part', 'name', 'file', 'first', 'a'], 'A part');
const partition = (facts: Facts): string => said(facts, ['partition', 'label', 'slot'], 'its partition');
const bytes = (facts: Facts, names: readonly string[], otherwise: string): string => {
  const value = names.map((name) => facts[name]).find((candidate) => typeof candidate === 'number');
  return typeof value === 'number' ? formatCapacity(value) : otherwise;
};
const at = (facts: Facts): string => (typeof facts['offset'] === 'number' ? ` at ${formatAddress(facts['offset'])}` : '');

const PROBLEMS = {
  NOTHING_TO_WRITE: {
    title: 'There is nothing to write',
    why: () => 'Every part of it lies in a partition that is kept, or it has no parts.',
    remedy: 'Take a partition off the list of what is kept, or choose another firmware.',
  },
  PARTS_OVERLAP: {
    title: 'Two parts want the same place',
    why: (facts) => `${part(facts)} and ${said(facts, ['other', 'second', 'b', 'with'], 'another part')} overlap${at(facts)}.`,
    remedy: 'Correct the offsets where it was built; Otter does not guess which of them is right.',
  },
  PART_TOO_LARGE: {
    title: 'A part is too large for its partition',
    why: (facts) =>
      `${part(facts)} has ${bytes(facts, ['size', 'bytes', 'length'], 'more bytes')}, ${partition(facts)} holds ${bytes(facts, ['room', 'capacity', 'partitionSize', 'limit'], 'less')}.`,
    remedy: 'Build it smaller, or bring a partition table with a larger one along.',
  },
  BEYOND_FLASH: {
    title: 'A part ends behind the end of the flash',
    why: (facts) =>
      `${part(facts)}${at(facts)} does not fit into ${bytes(facts, ['flashBytes', 'flash', 'limit'], 'the flash of this chip')}.`,
    remedy: 'Build it for the flash size of this board.',
  },
  WRONG_CHIP: {
    title: 'This is for another chip',
    why: (facts) =>
      `It was built for ${said(facts, ['image', 'imageChip', 'built', 'bundle', 'expected', 'chips'], 'another chip')}, and this is an ${said(facts, ['chip', 'target', 'found', 'actual'], 'other one')}.`,
    remedy: 'Build it for this chip, or take the release that was made for it.',
  },
  CHIP_REVISION: {
    title: 'It wants another revision of the chip',
    why: (facts) => `${part(facts)} does not run on the revision that this chip has.`,
    remedy: 'Build it with a lower CONFIG_ESP_REV_MIN, or use a newer board.',
  },
  FLASH_SIZE: {
    title: 'It expects more flash than there is',
    why: (facts) =>
      `It states ${said(facts, ['stated', 'imageSize', 'size'], 'more')}, the chip has ${bytes(facts, ['flashBytes', 'flash', 'actual'], 'less')}.`,
    remedy: 'The boot loader’s header is set to the real size where possible; check that the partition table fits.',
  },
  FLASH_SIZE_UNKNOWN: {
    title: 'The flash chip does not tell its size',
    why: () => 'Otter cannot check that everything fits.',
    remedy: 'Compare with the marking of the module before you write.',
  },
  ENCRYPTED_FLASH: {
    title: 'Flash encryption is on',
    why: () => 'Plain bytes would not be readable to this chip: it would no longer start.',
    remedy: 'Bring an image that was encrypted with the key of this chip, or update it over the air.',
  },
  SECURE_BOOT: {
    title: 'Secure boot is on',
    why: () => 'The chip starts only what is signed with its key.',
    remedy: 'Bring images signed with that key.',
  },
  SECURE_DOWNLOAD: {
    title: 'The chip is in secure download mode',
    why: () => 'It lets itself be written, but nothing of it can be read, compared or erased by hand.',
    remedy: 'Use a full write, or update it over the air.',
  },
  DAMAGED_IMAGE: {
    title: 'An image is damaged',
    why: (facts) => `${part(facts)}: its checksum or its hash does not match its bytes. No boot loader would start it.`,
    remedy: 'Take it again from where it was built.',
  },
  TABLE_CHANGES: {
    title: 'The partitions move',
    why: () =>
      'The table that comes along is another than the one on the chip. What is kept is kept by address, and may belong to another partition afterwards.',
    remedy: 'Look at the list of what stays. If in doubt, save everything first.',
  },
  NO_BOOTLOADER: {
    title: 'There is no boot loader',
    why: () => 'None on the chip, and none in what you brought: nothing would start.',
    remedy: 'Bring the whole build folder, or a merged image.',
  },
  APP_OUTSIDE_PARTITION: {
    title: 'The application lies in no partition',
    why: (facts) => `${part(facts)}${at(facts)} is no place where the boot loader looks for one.`,
    remedy: 'Bring the partition table of the same build along.',
  },
  MISALIGNED: {
    title: 'A part does not begin at a sector',
    why: (facts) => `${part(facts)}${at(facts)}: flash is erased in sectors of 4 KB, so what lies before it in its sector would be lost.`,
    remedy: 'Correct its offset where it was built.',
  },
  OTADATA_SELECTS_OTHER: {
    title: 'Another slot is chosen to start',
    why: (facts) =>
      `The application goes to ${partition(facts)}, but otadata starts ${said(facts, ['selected', 'active', 'chosen', 'other', 'boots'], 'another slot')}.`,
    remedy: 'After the write, choose it under “Slots by hand”, or bring a boot_app0.bin along.',
  },
} as const satisfies Record<PlanProblemCode, ProblemWords>;

export interface PlanProblemWords {
  readonly title: string;
  readonly why: string;
  readonly remedy: string;
}

export function planProblemWords(problem: PlanProblem): PlanProblemWords {
  const { title, why, remedy } = PROBLEMS[problem.code];
  return { title, why: why(problem.facts), remedy };
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
} as const satisfies Record<FateOfPartition, string>;

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
  'esp-web-tools': 'an install manifest',
  launchpad: 'a Launchpad list',
  meshtastic: 'a Meshtastic release',
  uf2: 'a UF2 file',
  'intel-hex': 'an Intel HEX file',
  merged: 'a merged image',
} as const satisfies Record<BundleOrigin, string>;
