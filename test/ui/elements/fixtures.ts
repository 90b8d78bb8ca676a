/** The world of the drawings' tests: one device, its history, an update in every stage, a file of every kind. */
import type { HistoryEntry, JobLine, SpeedSample, StageState, UpdateStage } from '../../../src/app/model.ts';
import { UPDATE_STAGES } from '../../../src/app/model.ts';
import type { EspImage, FirmwareContent, FirmwareReport, FlashPart } from '../../../src/core/image/model.ts';
import type { DevicePartition, DeviceSlot } from '../../../src/core/ota/device-contract.ts';
import type { SlotPlan } from '../../../src/ui/elements/slot-words.ts';

const KB = 1024;
export const SLOT_SIZE = 0x140000;
export const IMAGE_SIZE = 933_872;
export const SHA_NEW = '4f1c9ab27d03e65b81c2f09a5de7743b16a8c0f92e4d5b37a90c6ef151c8e07d';
export const SHA_OLD = 'a81730fe5c94d2b60e7f4419cb8a3d25f7016be3928dc4750a5b9e61d3247f1c';

export const PARTITIONS: readonly DevicePartition[] = [
  { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x5000 },
  { label: 'otadata', type: 1, subtype: 0, offset: 0xe000, size: 0x2000 },
  { label: 'ota_0', type: 0, subtype: 0x10, offset: 0x10000, size: SLOT_SIZE },
  { label: 'ota_1', type: 0, subtype: 0x11, offset: 0x150000, size: SLOT_SIZE },
  { label: 'spiffs', type: 1, subtype: 0x82, offset: 0x290000, size: 0x160000 },
  { label: 'coredump', type: 1, subtype: 3, offset: 0x3f0000, size: 0x10000 },
];

export const SLOT_A: DeviceSlot = {
  label: 'ota_0',
  offset: 0x10000,
  size: SLOT_SIZE,
  version: '1.0.0',
  project: 'greenhouse-node',
  sha256: SHA_OLD,
  image_size: 926_208,
  state: 'VALID',
};
export const SLOT_B: DeviceSlot = {
  label: 'ota_1',
  offset: 0x150000,
  size: SLOT_SIZE,
  version: '0.9.3',
  project: 'greenhouse-node',
  sha256: '0be6d241'.repeat(8),
  image_size: 871_424,
  state: 'VALID',
};
export const EMPTY_B: DeviceSlot = {
  label: 'ota_1',
  offset: 0x150000,
  size: SLOT_SIZE,
  version: '',
  project: '',
  sha256: '',
  image_size: 0,
  state: 'EMPTY',
};
export const PLAN: SlotPlan = { slot: 'ota_1', version: '1.1.0', project: 'greenhouse-node', size: IMAGE_SIZE };

export const STAGE_TOTALS: Readonly<Record<UpdateStage, number>> = {
  check: 0,
  erase: 228 * 4096,
  write: IMAGE_SIZE,
  verify: IMAGE_SIZE,
  restart: 0,
  confirm: 0,
};

/** All stages before `at` are done, `at` is active (or failed) with `share` of its bytes, the rest waits. */
export function stagesAt(at: UpdateStage, share: number, status: 'active' | 'failed' | 'done' = 'active'): readonly StageState[] {
  const index = UPDATE_STAGES.indexOf(at);
  return UPDATE_STAGES.map((stage, i) => {
    const total = STAGE_TOTALS[stage];
    if (i < index) return { stage, status: 'done', done: total, total };
    if (i > index) return { stage, status: 'waiting', done: 0, total };
    return { stage, status, done: total * share, total };
  });
}

export const LOG_LINES: readonly JobLine[] = [
  { atMs: 0, who: 'otter', text: 'greenhouse-node 1.1.0, 933 872 bytes' },
  { atMs: 214, who: 'device', text: 'session 5e8a, slot ota_1 at 0x150000' },
  { atMs: 391, who: 'otter', text: 'checked: 7 pass, 1 note' },
  { atMs: 402, who: 'device', text: 'erase 0x150000, 228 sectors' },
  { atMs: 2518, who: 'device', text: 'erased' },
  { atMs: 9902, who: 'device', text: '0x1D2000 written, 532 480 bytes' },
];

export function speedSamples(count = 60): readonly SpeedSample[] {
  return Array.from({ length: count }, (_, i) => ({
    at: i * 140,
    bytesPerSecond: i < 3 ? 12_000 * (i + 1) : i === 35 ? 38_000 : 73_000 + 4200 * Math.sin(i * 1.7),
  }));
}

export function heapValues(count = 48): readonly number[] {
  return Array.from({ length: count }, (_, i) => 182 * KB + 9 * KB * Math.sin(i / 3) - (i === 30 ? 22 * KB : 0));
}

const agreed = (offset: number) => ({ offset, stored: 'aa', computed: 'aa', valid: true });

export function appImage(change: Partial<EspImage> = {}): EspImage {
  const segments: EspImage['segments'] = [
    { offset: 32, length: 173_260, loadAddress: 0x3f400020, region: 'DROM' },
    { offset: 173_300, length: 18_964, loadAddress: 0x3ffbdb60, region: 'DRAM' },
    { offset: 192_272, length: 4352, loadAddress: 0x40080000, region: 'IRAM' },
    { offset: 196_640, length: 675_020, loadAddress: 0x400d0020, region: 'IROM' },
    { offset: 871_668, length: 62_156, loadAddress: 0x40081100, region: 'IRAM' },
  ];
  return {
    chip: 'ESP32',
    role: 'app',
    flashMode: 'DIO',
    flashSize: '4MB',
    flashFrequency: '40m',
    entry: 0x40081a4c,
    minChipRevision: 0,
    maxChipRevision: 399,
    segments,
    checksum: agreed(933_839),
    appendedHash: agreed(933_840),
    imageLength: IMAGE_SIZE,
    appDescriptor: {
      secureVersion: 0,
      version: '1.1.0',
      projectName: 'greenhouse-node',
      date: 'Nov 19 2025',
      time: '18:02:11',
      builtAtMs: Date.UTC(2025, 10, 19, 18, 2, 11),
      idfVersion: 'v5.3.1',
      elfSha256: 'c9'.repeat(32),
      minEfuseBlockRevision: 0,
      maxEfuseBlockRevision: 99,
      mmuPageSizeLog2: 16,
      isArduinoLibrary: false,
    },
    secureBoot: [],
    ...change,
  };
}

export function reportOf(content: FirmwareContent, size = IMAGE_SIZE): FirmwareReport {
  return { size, content, sha256: SHA_NEW, md5: '0'.repeat(32), crc32: '00000000', proposedVersions: [] };
}

const BOOTLOADER = appImage({
  role: 'bootloader',
  entry: 0x40080688,
  imageLength: 26_704,
  segments: [
    { offset: 32, length: 5_032, loadAddress: 0x3fff0030, region: 'DIRAM' },
    { offset: 5_072, length: 17_000, loadAddress: 0x40078000, region: 'IRAM' },
    { offset: 22_080, length: 4_580, loadAddress: 0x40080400, region: 'IRAM' },
  ],
});

const PARTS: readonly FlashPart[] = [
  { flashOffset: 0x1000, length: 26_704, name: 'bootloader', content: { kind: 'bootloader', image: BOOTLOADER } },
  {
    flashOffset: 0x8000,
    length: 0xc00,
    name: 'partition table',
    content: { kind: 'partition-table', table: { partitions: PARTITIONS.map((p) => ({ ...p, flags: 0 })) } },
  },
  {
    flashOffset: 0xe000,
    length: 0x2000,
    name: 'otadata',
    content: {
      kind: 'otadata',
      otadata: {
        entries: [
          { seq: 1, label: '', state: 'VALID', counts: true },
          { seq: 0, label: '', state: 'UNDEFINED', counts: false },
        ],
        active: 0,
      },
    },
  },
  { flashOffset: 0x10000, length: IMAGE_SIZE, name: 'ota_0', content: { kind: 'app', image: appImage() } },
];

/** A file of every kind that the X-ray knows. */
export const CONTENTS: Readonly<Record<FirmwareContent['kind'], FirmwareContent>> = {
  app: { kind: 'app', image: appImage() },
  bootloader: { kind: 'bootloader', image: BOOTLOADER },
  'partition-table': { kind: 'partition-table', table: { partitions: PARTITIONS.map((p) => ({ ...p, flags: 0 })) } },
  otadata: {
    kind: 'otadata',
    otadata: {
      entries: [
        { seq: 4, label: '', state: 'VALID', counts: true },
        { seq: 5, label: '', state: 'PENDING_VERIFY', counts: true },
      ],
      active: 1,
    },
  },
  merged: { kind: 'merged', chip: 'ESP32', parts: PARTS },
  uf2: { kind: 'uf2', chip: 'ESP32-S3', parts: PARTS.slice(3) },
  hex: { kind: 'hex', parts: PARTS.slice(0, 3) },
  encrypted: { kind: 'encrypted', entropyBits: 7.998 },
  damaged: {
    kind: 'damaged',
    as: 'ESP32 application',
    code: 'CHECKSUM_MISMATCH',
    offset: 512_044,
    rule: 'the XOR of all segment bytes is stored after them',
    chip: 'ESP32',
  },
  unknown: { kind: 'unknown' },
};

const entry = (change: Partial<HistoryEntry> & Pick<HistoryEntry, 'id' | 'at'>): HistoryEntry => ({
  deviceId: 'esp32-ota',
  act: 'update',
  outcome: 'confirmed',
  project: 'greenhouse-node',
  ...change,
});
const DAY = 86_400_000;
const START = Date.UTC(2025, 9, 2, 17, 16);

/** Newest first: added, updated, a release that went back by itself, a failed write, rolled back by hand, restarted, updated again. */
export const HISTORY: readonly HistoryEntry[] = [
  entry({ id: '7', at: START + 48 * DAY, slot: 'ota_1', fromVersion: '1.0.0', toVersion: '1.1.0', sha256: SHA_NEW, durationMs: 27_400 }),
  entry({ id: '6', at: START + 43 * DAY, act: 'restart', outcome: 'done' }),
  entry({
    id: '5',
    at: START + 42 * DAY,
    slot: 'ota_1',
    outcome: 'failed',
    toVersion: '1.1.0',
    fromVersion: '1.0.0',
    sha256: SHA_NEW,
    code: 'UPDATE_ERROR_WRITE',
  }),
  entry({
    id: '4',
    at: START + 40 * DAY,
    slot: 'ota_1',
    outcome: 'rolled-back',
    toVersion: '1.0.1',
    fromVersion: '1.0.0',
    sha256: 'd935f549'.repeat(8),
    durationMs: 61_000,
  }),
  entry({ id: '3', at: START + 30 * DAY, slot: 'ota_0', fromVersion: '0.9.3', toVersion: '1.0.0', sha256: SHA_OLD, durationMs: 26_100 }),
  entry({
    id: '2',
    at: START + 9 * DAY,
    slot: 'ota_1',
    fromVersion: '0.9.0',
    toVersion: '0.9.3',
    sha256: '0be6d241'.repeat(8),
    durationMs: 25_000,
  }),
  entry({ id: '1', at: START, act: 'added', outcome: 'done', slot: 'ota_0', toVersion: '0.9.0' }),
];
