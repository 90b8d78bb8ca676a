/** What a file turned out to be, in words. */
import type { FirmwareKind } from '../../../core/image/model.ts';
import type { FirmwareRecord, FirmwareSource } from '../../../app/model.ts';

interface KindWords {
  readonly name: string;
  /** Why it cannot be sent to a device over the air; empty for what can. */
  readonly notOverTheAir: string;
  /** A chip's flash has a place for it, which it states itself or everybody knows. */
  readonly byCable: boolean;
}

export const KIND_WORDS = {
  app: { name: 'Application', notOverTheAir: '', byCable: true },
  bootloader: {
    name: 'Boot loader',
    notOverTheAir: 'A boot loader is written by cable: a device that is updating over the air runs from it.',
    byCable: true,
  },
  'partition-table': {
    name: 'Partition table',
    notOverTheAir: 'A partition table is written by cable: it says where everything else lies.',
    byCable: true,
  },
  otadata: { name: 'OTA data', notOverTheAir: 'OTA data is written by the device itself, when it switches slots.', byCable: false },
  merged: {
    name: 'Merged image',
    notOverTheAir: 'A merged image holds a whole flash and is written by cable; over the air goes the application alone.',
    byCable: true,
  },
  uf2: {
    name: 'UF2 container',
    notOverTheAir: 'A UF2 container is copied to a USB drive; over the air goes the application’s .bin.',
    byCable: true,
  },
  hex: { name: 'Intel HEX', notOverTheAir: 'Intel HEX is text for a programmer; over the air goes the application’s .bin.', byCable: true },
  encrypted: {
    name: 'Encrypted, or random data',
    notOverTheAir: 'It is encrypted, or random data: nothing in it can be checked, so Otter does not send it.',
    byCable: false,
  },
  damaged: { name: 'Damaged', notOverTheAir: 'It is damaged: no boot loader would start it.', byCable: false },
  unknown: { name: 'Not recognised', notOverTheAir: 'This is no firmware that Otter knows.', byCable: false },
} as const satisfies Record<FirmwareKind, KindWords>;

const SOURCE_WORDS = {
  file: 'file',
  demo: 'comes with Otter',
  device: 'read from',
  share: 'shared to Otter',
  import: 'imported',
  release: 'signed release',
} as const satisfies Record<FirmwareSource['kind'], string>;

/** What no boot loader would start is for no chip. */
export const goesByCable = ({ kind, intact }: FirmwareRecord): boolean => KIND_WORDS[kind].byCable && intact !== false;

/** `file greenhouse.bin`; the detail is somebody else's text. */
export function sourceWords(source: FirmwareSource): string {
  return source.detail ? `${SOURCE_WORDS[source.kind]}: ${source.detail}` : SOURCE_WORDS[source.kind];
}
