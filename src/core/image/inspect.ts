/**
 * The X-ray: everything that can be told of one file. Whatever the file holds, the answer is a report: content that breaks the
 * rules of what it claims to be is reported as `damaged`, with the rule and the offset.
 */
import { crc32 } from '../bytes/crc32.ts';
import { md5Hex } from '../bytes/md5.ts';
import { Pacer } from '../bytes/pacer.ts';
import { sha256Hex } from '../bytes/sha256.ts';
import { looksEncrypted } from './entropy.ts';
import { damaged, describeFlash, findBootloader, findPartitionTable, findTableOffset, imageContent } from './flash-layout.ts';
import type { FlashRun } from './flash-runs.ts';
import { hasImageMagic } from './header.ts';
import { parseIntelHex, looksLikeIntelHex } from './intel-hex.ts';
import type { ChipName, EspImage, FirmwareContent, FirmwareReport } from './model.ts';
import { OTADATA_BYTES, parseOtadata } from './otadata.ts';
import { looksLikePartitionCsv, parsePartitionCsv } from './partition-csv.ts';
import { PARTITION_TABLE_SECTOR, hasPartitionMagic, parsePartitionTable } from './partition-table.ts';
import { hasUf2Magic, parseUf2 } from './uf2.ts';
import type { Uf2 } from './uf2.ts';
import { proposeVersions } from './version-proposal.ts';

/** Never rejects because of what the file holds. `fileName` is used for a version proposal only. */
export async function inspectFirmware(bytes: Uint8Array, fileName: string): Promise<FirmwareReport> {
  // The platform hashes on other threads while this one parses and sums.
  const hashed = sha256Hex(bytes);
  const identified = identifyFirmware(bytes);
  const md5 = md5Hex(bytes);
  const crc = crc32(bytes).toString(16).padStart(8, '0');
  const [sha256, content] = await Promise.all([hashed, identified]);
  return { size: bytes.length, content, sha256, md5, crc32: crc, proposedVersions: proposeVersions(fileName, content, bytes) };
}

export interface OpenedFirmware {
  readonly content: FirmwareContent;
  /** Also where the content is damaged. */
  readonly container?: ContainerKind;
  /** The bytes of each place that a sound container or a merged image states. */
  readonly runs?: readonly FlashRun[];
}

/** The content alone, without sums: what a caller needs who knows the file already. Never rejects because of what it holds. */
export const identifyFirmware = async (bytes: Uint8Array, pacer?: Pacer): Promise<FirmwareContent> =>
  (await openFirmware(bytes, pacer)).content;

/** The content, and where its bytes go: for whoever needs both, a container is parsed once. Never rejects because of what it holds. */
export async function openFirmware(bytes: Uint8Array, pacer = new Pacer()): Promise<OpenedFirmware> {
  if (hasUf2Magic(bytes)) return openContainer('uf2', bytes, pacer);
  if (looksLikeIntelHex(bytes)) return openContainer('hex', bytes, pacer);
  if (hasPartitionMagic(bytes)) return { content: tableContent(() => parsePartitionTable(bytes), 'partition table') };
  if (hasImageMagic(bytes)) return openImage(bytes, pacer);
  if (looksLikeMergedFlash(bytes)) return openMerged(wholeFile(bytes), pacer);
  return { content: await otherContent(bytes, pacer) };
}

async function otherContent(bytes: Uint8Array, pacer: Pacer): Promise<FirmwareContent> {
  if (looksLikeOtadata(bytes)) return { kind: 'otadata', otadata: parseOtadata(bytes) };
  if (looksLikePartitionCsv(bytes)) return tableContent(() => parsePartitionCsv(new TextDecoder().decode(bytes)), 'partition CSV');
  const encrypted = await looksEncrypted(bytes, pacer);
  return encrypted === undefined ? { kind: 'unknown' } : { kind: 'encrypted', entropyBits: encrypted };
}

const CONTAINERS: Readonly<
  Record<ContainerKind, { readonly name: string; readonly parse: (bytes: Uint8Array, pacer: Pacer) => Promise<Uf2> }>
> = {
  uf2: { name: 'UF2', parse: parseUf2 },
  hex: { name: 'Intel HEX', parse: parseIntelHex },
};

export type ContainerKind = 'uf2' | 'hex';

/** Whatever it begins like: what is none is damaged. */
export async function openContainer(kind: ContainerKind, bytes: Uint8Array, pacer = new Pacer()): Promise<OpenedFirmware> {
  const { name, parse } = CONTAINERS[kind];
  try {
    const { chip, runs } = await parse(bytes, pacer);
    return { content: { kind, ...(await describeFlash(runs, { chip, pacer })) }, container: kind, runs };
  } catch (error) {
    return { content: damaged(name, error), container: kind };
  }
}

async function openMerged(runs: readonly FlashRun[], pacer: Pacer, chip?: ChipName): Promise<OpenedFirmware> {
  return { content: { kind: 'merged', ...(await describeFlash(runs, { chip, pacer })) }, runs };
}

function tableContent(parse: () => ReturnType<typeof parsePartitionTable>, name: string): FirmwareContent {
  try {
    return { kind: 'partition-table', table: parse() };
  } catch (error) {
    return damaged(name, error);
  }
}

/** An app, a boot loader, or a merged image whose boot loader lies at 0. */
async function openImage(bytes: Uint8Array, pacer: Pacer): Promise<OpenedFirmware> {
  const content = await imageContent(bytes, { pacer });
  const image = 'image' in content ? content.image : undefined;
  const tableAt = findTableOffset(wholeFile(bytes));
  const tableIsOutside = tableAt !== undefined && (image === undefined || image.imageLength <= tableAt);
  if (tableIsOutside && findPartitionTable(wholeFile(bytes))) return openMerged(wholeFile(bytes), pacer);
  const stages = image && bootStageRuns(bytes, image);
  return stages ? openMerged(stages, pacer, image.chip) : { content };
}

/** The ESP8266 Arduino core puts its boot stage `eboot` into the first sector and the sketch's image right behind it. */
function bootStageRuns(bytes: Uint8Array, image: EspImage): readonly FlashRun[] | undefined {
  const sector = PARTITION_TABLE_SECTOR;
  if (image.chip !== 'ESP8266' || image.imageLength > sector || !hasImageMagic(bytes.subarray(sector))) return undefined;
  return [
    { flashOffset: 0, bytes: bytes.subarray(0, sector) },
    { flashOffset: sector, bytes: bytes.subarray(sector) },
  ];
}

/** A boot loader or a table where a chip expects it, behind whatever the first sectors hold. */
function looksLikeMergedFlash(bytes: Uint8Array): boolean {
  const runs = wholeFile(bytes);
  if (findPartitionTable(runs)) return true;
  const bootloader = findBootloader(runs);
  return bootloader !== undefined && bytes.subarray(0, bootloader).every((byte) => byte === 0xff);
}

const wholeFile = (bytes: Uint8Array): readonly FlashRun[] => [{ flashOffset: 0, bytes }];

/** Exactly two sectors, at least one entry that counts, nothing but erased bytes behind each entry. */
function looksLikeOtadata(bytes: Uint8Array): boolean {
  if (bytes.length !== OTADATA_BYTES) return false;
  const half = OTADATA_BYTES / 2;
  const behind = [bytes.subarray(32, half), bytes.subarray(half + 32)];
  return parseOtadata(bytes).entries.some(({ counts }) => counts) && behind.every((rest) => rest.every((byte) => byte === 0xff));
}
