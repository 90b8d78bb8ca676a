/** Real images and a chip as it is found, for the tests of plans. */
import type { PartRole, ResolvedBuild, ResolvedPart } from '../../../src/core/bundle/model.ts';
import type { FlashTarget } from '../../../src/core/bundle/plan-model.ts';
import { encodeImage } from '../../../src/core/image/encode-image.ts';
import { imageContent } from '../../../src/core/image/flash-layout.ts';
import type { FirmwareContent, Partition } from '../../../src/core/image/model.ts';
import { encodeOtadataEntry, parseOtadata } from '../../../src/core/image/otadata.ts';
import { encodePartitionTable, parsePartitionTable } from '../../../src/core/image/partition-table.ts';
import { DEFAULT_ROWS } from '../image/builders.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export const MIB = 2 ** 20;
/** The scheme that Arduino boards come with, without its place for crash dumps: what lies there is nobody's. */
export const TABLE: readonly Partition[] = DEFAULT_ROWS.filter(({ label }) => label !== 'coredump').map((row) => ({ flags: 0, ...row }));

export const targetOf = (change: Partial<FlashTarget> = {}): FlashTarget => ({
  chip: 'ESP32',
  revision: 301,
  flashBytes: 4 * MIB,
  partitions: TABLE,
  hasBootloader: true,
  security: { flashEncryption: false, secureBoot: false, secureDownload: false },
  ...change,
});

interface ImageWish {
  readonly version?: string;
  readonly bytes?: number;
  readonly chip?: 'ESP32' | 'ESP32-C3' | 'ESP32-S3';
  readonly minChipRevision?: number;
  readonly maxChipRevision?: number;
  readonly appendHash?: boolean;
  readonly flashSize?: string;
}

const filler = (length: number): Bytes => Uint8Array.from({ length }, (_, at) => (at * 31 + (at >>> 8) * 7) & 0xff);

export function appBytes(wish: ImageWish = {}): Promise<Bytes> {
  const { version = '1.0.0', bytes = 40_000, chip = 'ESP32', minChipRevision = 0, maxChipRevision = 0xffff } = wish;
  const words = { date: 'Nov 19 2025', time: '18:02:11', idfVersion: 'v5.3.1', projectName: 'greenhouse' };
  return encodeImage({
    chip,
    flashMode: 'DIO',
    flashSize: '4MB',
    flashFrequency: '40m',
    entry: 0x4008_0000,
    minChipRevision,
    maxChipRevision,
    segments: [
      { loadAddress: chip === 'ESP32' ? 0x3f40_0020 : 0x3c00_0020, data: filler(bytes) },
      { loadAddress: chip === 'ESP32' ? 0x400d_0020 : 0x4200_0020, data: filler(1000) },
    ],
    descriptor: { version, secureVersion: 0, ...words },
    appendHash: wish.appendHash ?? true,
  });
}

export function bootloaderBytes(wish: ImageWish = {}): Promise<Bytes> {
  const { chip = 'ESP32', bytes = 20_000 } = wish;
  return encodeImage({
    chip,
    flashMode: 'DIO',
    flashSize: wish.flashSize ?? '4MB',
    flashFrequency: '40m',
    entry: 0x4008_0000,
    minChipRevision: wish.minChipRevision ?? 0,
    segments: [{ loadAddress: chip === 'ESP32' ? 0x3fff_0018 : 0x3fcd_5820, data: filler(bytes) }],
    appendHash: wish.appendHash ?? true,
  });
}

export function otadataBytes(...seqs: readonly (number | undefined)[]): Bytes {
  const bytes = new Uint8Array(0x2000).fill(0xff);
  seqs.forEach((seq, index) => seq !== undefined && bytes.set(encodeOtadataEntry({ seq, state: 'VALID' }), index * 0x1000));
  return bytes;
}

export const otadataOf = (...seqs: readonly (number | undefined)[]) => parseOtadata(otadataBytes(...seqs));

export function partOf(
  role: PartRole,
  offset: number,
  bytes: Bytes,
  content: FirmwareContent,
  change: Partial<ResolvedPart> = {},
): ResolvedPart {
  return { name: `${role}.bin`, role, offset, bytes, placed: 'stated', content, encrypted: false, ...change };
}

export async function imagePart(role: 'app' | 'bootloader', offset: number, bytes: Bytes, change: Partial<ResolvedPart> = {}) {
  return partOf(role, offset, bytes, await imageContent(bytes), change);
}

export function tablePart(partitions: readonly Partition[] = TABLE, change: Partial<ResolvedPart> = {}): ResolvedPart {
  const bytes = encodePartitionTable({ partitions });
  return partOf('partition-table', 0x8000, bytes, { kind: 'partition-table', table: parsePartitionTable(bytes) }, change);
}

export const dataPart = (role: 'filesystem' | 'nvs' | 'data', offset: number, length: number, change: Partial<ResolvedPart> = {}) =>
  partOf(role, offset, filler(length), { kind: 'unknown' }, change);

export function otadataPart(...seqs: readonly (number | undefined)[]): ResolvedPart {
  return partOf('otadata', 0xe000, otadataBytes(...seqs), { kind: 'otadata', otadata: otadataOf(...seqs) });
}

export const buildOf = (...parts: readonly ResolvedPart[]): ResolvedBuild => ({ chip: 'ESP32', parts });

/** As a merged image comes apart. */
export async function mergedBuild(): Promise<ResolvedBuild> {
  const merged = { fromMerged: true } as const;
  return buildOf(
    await imagePart('bootloader', 0x1000, await bootloaderBytes(), merged),
    tablePart(TABLE, merged),
    dataPart('nvs', 0x9000, 0x3000, merged),
    { ...otadataPart(1), ...merged },
    await imagePart('app', 0x10000, await appBytes(), merged),
    dataPart('filesystem', 0x290000, 0x20000, merged),
  );
}
