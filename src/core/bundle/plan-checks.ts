/**
 * What speaks against a plan: one function per question, each gives the problems that it finds. `block` is for what would leave a chip that
 * does not start, or cannot be done; what a person may want all the same is a `warn`.
 */
import { parseByteSize } from '../bytes/units.ts';
import { CHIPS } from '../image/chips.ts';
import type { EspImage, Partition } from '../image/model.ts';
import { PARTITION_TABLE_OFFSET } from '../image/partition-table.ts';
import { bootChain } from './boot-chain.ts';
import { otadataPartition } from './boot-slot.ts';
import { bootStage, eraseForbiddenBy } from './chip-protection.ts';
import type { Protection } from './chip-protection.ts';
import type { ResolvedPart } from './model.ts';
import { partRange, partitionRange, tableOffsetOf } from './places.ts';
import type { FlashTarget, PlanChoices, PlanProblem, PlanProblemCode } from './plan-model.ts';
import { isSamePlace } from './plan-partitions.ts';
import { block, labels, note, warn, writtenParts } from './plan-scene.ts';
import type { Check, PlanScene } from './plan-scene.ts';
import { SECTOR_BYTES, covers, endOf, overlap, sectorsOf } from './ranges.ts';
import { appOutside, nextIsEmpty, nextOverwritten, otadataSelectsOther } from './slot-checks.ts';

const imageOf = ({ content }: ResolvedPart): EspImage | undefined => ('image' in content ? content.image : undefined);

const nothingToWrite: Check = ({ writes, erases, torn }) =>
  writes.length + erases.length + torn.length === 0 ? [block('NOTHING_TO_WRITE', {})] : [];

const tornByKept: Check = ({ torn }) =>
  torn.map(({ part, inside }) => block('PART_OVER_KEPT', { part: part.name, offset: part.offset, partition: labels(inside) }));

/** An application there is never meant; what else is written over them may be. */
const bootChainLost: Check = (scene) => {
  const links = bootChain(scene.target);
  // A boot loader may reach over where a table was that moves; at the very place of the other, either is a stranger.
  const isStranger = ({ role, offset }: ResolvedPart, link: (typeof links)[number]): boolean =>
    offset === link.offset ? role !== link.role : role !== 'bootloader' && role !== 'partition-table';
  return writtenParts(scene).flatMap((part) => {
    const lost = links.filter((link) => isStranger(part, link) && overlap(sectorsOf(partRange(part)), link)).map(({ role }) => role);
    if (lost.length === 0) return [];
    const severity = part.content.kind === 'app' ? block : warn;
    return [severity('BOOT_CHAIN_OVERWRITTEN', { part: part.name, offset: part.offset, lost: lost.join(',') })];
  });
};

const partsOverlap: Check = ({ parts }) => {
  const sorted = parts.toSorted((a, b) => a.offset - b.offset);
  return sorted.flatMap((part, index) => {
    const next = sorted[index + 1];
    if (!next || !overlap(partRange(part), partRange(next))) return [];
    return [
      block('PARTS_OVERLAP', { part: part.name, other: next.name, offset: next.offset, bytes: endOf(partRange(part)) - next.offset }),
    ];
  });
};

const ONE_PARTITION_ROLES: ReadonlySet<ResolvedPart['role']> = new Set(['app', 'filesystem', 'nvs', 'otadata']);

const tooLarge: Check = (scene) => {
  const { parts, target, table = [] } = scene;
  const tableAt = tableOffsetOf(parts) ?? target.tableOffset ?? PARTITION_TABLE_OFFSET;
  return writtenParts(scene).flatMap((part) => {
    const facts = { part: part.name, size: part.bytes.length, offset: part.offset };
    if (part.role === 'bootloader' && part.offset < tableAt) {
      const room = tableAt - part.offset;
      return part.bytes.length > room ? [block('PART_TOO_LARGE', { ...facts, partition: 'bootloader', room })] : [];
    }
    const partition = table.find(({ offset }) => offset === part.offset);
    if (!partition || !ONE_PARTITION_ROLES.has(part.role) || part.bytes.length <= partition.size) return [];
    return [block('PART_TOO_LARGE', { ...facts, partition: partition.label, room: partition.size })];
  });
};

const beyondFlash: Check = ({ parts, target: { flashBytes } }) => {
  if (flashBytes === undefined) return [];
  const beyond = parts.filter((part) => endOf(partRange(part)) > flashBytes);
  return beyond.map((part) => block('BEYOND_FLASH', { part: part.name, end: endOf(partRange(part)), flashBytes }));
};

const wrongChip: Check = ({ build, parts, target }) => {
  const named = parts.flatMap((part) => {
    const chip = imageOf(part)?.chip ?? ('chip' in part.content ? part.content.chip : undefined);
    return chip !== undefined && chip !== target.chip ? [block('WRONG_CHIP', { part: part.name, expected: chip, found: target.chip })] : [];
  });
  if (named.length > 0 || build.chip === undefined || build.chip === target.chip) return named;
  return [block('WRONG_CHIP', { part: '', expected: build.chip, found: target.chip })];
};

/** `max_chip_rev_full` of an image that runs on all to come. */
const NO_MAX_REVISION = 0xffff;

const chipRevision: Check = ({ parts, target }) =>
  parts.flatMap((part) => {
    const image = imageOf(part);
    if (!image || image.chip !== target.chip) return [];
    const { minChipRevision: least, maxChipRevision: most } = image;
    const hasMost = most > 0 && most < NO_MAX_REVISION;
    const facts = { part: part.name, least, ...(hasMost && { most }) };
    if (target.revision === undefined) return least > 0 || hasMost ? [note('CHIP_REVISION', facts)] : [];
    const found = target.revision;
    if (found < least) return [block('CHIP_REVISION', { ...facts, found })];
    // A fuse may tell the boot loader to ignore this one, so it is the person's call.
    return hasMost && found > most ? [warn('CHIP_REVISION', { ...facts, found })] : [];
  });

/** The boot loader sets the driver up by what its own header says; the headers of applications are not asked. */
const flashSize: Check = ({ parts, writes, target, table = [] }) => {
  const { flashBytes } = target;
  if (flashBytes === undefined) return [note('FLASH_SIZE_UNKNOWN', { reason: target.security.secureDownload ? 'secure-download' : '' })];
  const part = parts.find((part) => part.offset === CHIPS[target.chip].bootloaderOffset && imageOf(part)?.chip === target.chip);
  const header = part && writes.find(({ offset }) => offset === part.offset)?.bytes[3];
  const stated = header === undefined ? undefined : statedFlash(target, header >>> 4);
  const problems = stated !== undefined && stated > flashBytes ? [warn('FLASH_SIZE', { part: part!.name, stated, flashBytes })] : [];
  const last = table.toSorted((a, b) => endOf(partitionRange(a)) - endOf(partitionRange(b))).at(-1);
  if (!last || endOf(partitionRange(last)) <= flashBytes) return problems;
  return [...problems, warn('FLASH_SIZE', { part: last.label, stated: endOf(partitionRange(last)), flashBytes })];
};

function statedFlash({ chip }: FlashTarget, code: number): number | undefined {
  const sizes: Readonly<Record<number, string>> = CHIPS[chip].flashSizes;
  return parseByteSize(sizes[code]?.replace(/B$/, '') ?? '');
}

const MUST_START: ReadonlySet<ResolvedPart['role']> = new Set(['bootloader', 'app', 'partition-table']);

const encryptedFlash: Check = (scene) =>
  scene.target.security.flashEncryption
    ? writtenParts(scene)
        .filter(({ content }) => content.kind !== 'encrypted')
        .map((part) => block('ENCRYPTED_FLASH', { part: part.name }))
    : [];

/** A chip that encrypts already gets nothing plain; on any other its boot loader does so, if it is built for that. */
const writtenPlain: Check = (scene) => {
  const marked = writtenParts(scene).filter(({ encrypted, content }) => encrypted && content.kind !== 'encrypted');
  if (scene.target.security.flashEncryption || marked.length === 0) return [];
  return [note('WRITTEN_PLAIN', { parts: marked.map(({ name }) => name).join(', ') })];
};

/** What looks encrypted may be a format that nobody here knows, so it is the person's call. */
const imageEncrypted: Check = (scene) =>
  scene.target.security.flashEncryption
    ? []
    : writtenParts(scene)
        .filter(({ role, content }) => MUST_START.has(role) && content.kind === 'encrypted')
        .map((part) => warn('IMAGE_ENCRYPTED', { part: part.name, offset: part.offset }));

/** Whether a signature is the one that this chip wants, nobody here can tell: that it is there, yes. */
const secureBoot: Check = (scene) => {
  const { target } = scene;
  if (!target.security.secureBoot) return [];
  const others = scene.writes.filter(({ role }) => role !== 'bootloader');
  const isLost = others.some((write) => overlap(sectorsOf(write), bootStage(target.tableOffset)));
  const lost = isLost ? [block('SECURE_BOOT', { part: 'bootloader', reason: 'bootloader' })] : [];
  return [...lost, ...writtenParts(scene).flatMap((part) => signatureProblem(part, target))];
};

function signatureProblem(part: ResolvedPart, { chip, security }: FlashTarget): readonly PlanProblem[] {
  const image = imageOf(part);
  const isBootloader = part.role === 'bootloader';
  const facts = { part: part.name };
  if (!image && !isBootloader) {
    // What cannot be read may be signed all the same: encrypted for this very chip it has to be.
    const isApp = part.role === 'app' && part.content.kind !== 'damaged';
    return isApp ? [warn('SECURE_BOOT', { ...facts, reason: 'not-seen' })] : [];
  }
  if (isBootloader && (security.secureBootV1 || part.offset !== CHIPS[chip].bootloaderOffset))
    return [block('SECURE_BOOT', { ...facts, reason: 'bootloader' })];
  const wanted = security.secureBootV1 ? 1 : 2;
  const isSigned = image?.secureBoot.some(({ version, damaged }) => version === wanted && !damaged) ?? false;
  if (!isSigned) return [block('SECURE_BOOT', { ...facts, reason: 'unsigned' })];
  return [warn('SECURE_BOOT', { ...facts, reason: isBootloader ? 'bootloader-key-unknown' : 'key-unknown' })];
}

const secureDownload: Check = ({ target }) => (target.security.secureDownload ? [warn('SECURE_DOWNLOAD', { operation: 'verify' })] : []);

const FORBIDDEN_ERASE = {
  'flash-encryption': 'ENCRYPTED_FLASH',
  'secure-boot': 'SECURE_BOOT',
  'secure-download': 'SECURE_DOWNLOAD',
} as const satisfies Record<Protection, PlanProblemCode>;

const forbiddenErase: Check = ({ target, erases, table = [] }) => {
  const otadata = otadataPartition(table);
  const reasons = erases.flatMap((erase) => {
    const reason = eraseForbiddenBy(target, erase);
    // Without a choice that can be read the boot loader takes the first slot, encrypted or not.
    const isHarmless = reason === 'flash-encryption' && otadata !== undefined && covers(partitionRange(otadata), erase);
    return reason && !isHarmless ? [reason] : [];
  });
  return [...new Set(reasons)].map((reason) => block(FORBIDDEN_ERASE[reason], { operation: 'erase' }));
};

const damagedImage: Check = (scene) =>
  writtenParts(scene).flatMap((part) => {
    const { content } = part;
    if (content.kind === 'damaged') {
      const facts = { part: part.name, rule: content.rule, code: content.code };
      return [MUST_START.has(part.role) ? block('DAMAGED_IMAGE', facts) : warn('DAMAGED_IMAGE', facts)];
    }
    const image = imageOf(part);
    if (!image || (image.checksum.valid && (image.appendedHash?.valid ?? true))) return [];
    return [block('DAMAGED_IMAGE', { part: part.name, rule: image.checksum.valid ? 'SHA-256' : 'checksum', code: 'IMAGE_SUM' })];
  });

/** Each partition is named once: what is lost although it should stay, what else goes, what comes, and what only changes its name. */
const tableChanges: Check = ({ newTable, target: { partitions: old }, moved }) => {
  if (!newTable || !old) return [];
  const isIn = (partition: Partition, others: readonly Partition[]): boolean => others.some(({ label }) => label === partition.label);
  const gone = old.filter((partition) => !isIn(partition, moved) && !newTable.some((now) => isSamePlace(partition, now)));
  const fresh = newTable.filter((now) => !isIn(now, moved) && !old.some((partition) => isSamePlace(partition, now)));
  const again = gone.filter((partition) => isIn(partition, fresh));
  const renamed = old.flatMap((partition) => {
    const now = newTable.find((other) => isSamePlace(partition, other));
    return now && now.label !== partition.label ? [`${partition.label} → ${now.label}`] : [];
  });
  const smaller = old.filter((partition) => newTable.some((now) => isSamePlace(partition, now) && now.size < partition.size));
  if (moved.length + gone.length + fresh.length + renamed.length + smaller.length === 0) return [];
  const facts = {
    moved: labels(moved),
    gone: labels(gone.filter((partition) => !again.includes(partition))),
    fresh: labels(fresh.filter((partition) => !isIn(partition, again))),
    elsewhere: labels(again),
    renamed: renamed.join(', '),
    smaller: labels(smaller),
  };
  return [moved.length > 0 ? warn('TABLE_CHANGES', facts) : note('TABLE_CHANGES', facts)];
};

/** What takes the place of one that is there, `bootChainLost` tells. Where nobody could look, nothing is said. */
const noTable: Check = ({ newTable, parts, target, erases }) => {
  const expected = target.tableOffset ?? PARTITION_TABLE_OFFSET;
  const isMissing = target.hasBootloader !== undefined && target.partitions === undefined;
  const isErased = erases.some((erase) => overlap(erase, { offset: expected, length: SECTOR_BYTES }));
  if (newTable || !(isMissing || isErased) || !parts.some(({ role }) => role === 'app')) return [];
  return [warn('NO_PARTITION_TABLE', { expected })];
};

const noBootloader: Check = ({ parts, target, choices }) => {
  const expected = CHIPS[target.chip].bootloaderOffset;
  const brought = parts.filter(({ role }) => role === 'bootloader');
  if (brought.some(({ offset }) => offset === expected)) return [];
  const elsewhere = brought[0];
  if (elsewhere) return [warn('NO_BOOTLOADER', { expected, found: elsewhere.offset })];
  const staysWithout = target.hasBootloader === false || (choices.eraseAll === true && !keepsBootloader(choices));
  return staysWithout && parts.length > 0 ? [warn('NO_BOOTLOADER', { expected })] : [];
};

/** A table may name the boot loader as a partition of its own. */
const keepsBootloader = ({ keep }: PlanChoices): boolean => keep?.includes('bootloader') ?? false;

const misaligned: Check = ({ parts }) =>
  parts
    .filter((part) => part.offset % SECTOR_BYTES !== 0)
    .map((part) => warn('MISALIGNED', { part: part.name, offset: part.offset, erasedBefore: part.offset % SECTOR_BYTES }));

const CHECKS: readonly Check[] = [
  nothingToWrite,
  wrongChip,
  chipRevision,
  damagedImage,
  encryptedFlash,
  imageEncrypted,
  writtenPlain,
  secureBoot,
  secureDownload,
  forbiddenErase,
  partsOverlap,
  tornByKept,
  bootChainLost,
  tooLarge,
  beyondFlash,
  flashSize,
  tableChanges,
  noBootloader,
  noTable,
  appOutside,
  nextOverwritten,
  misaligned,
  otadataSelectsOther,
  nextIsEmpty,
];

const SEVERITIES: readonly PlanProblem['severity'][] = ['block', 'warn', 'note'];

/** The gravest first. */
export function findProblems(scene: PlanScene): readonly PlanProblem[] {
  const found = CHECKS.flatMap((check) => check(scene));
  return SEVERITIES.flatMap((severity) => found.filter((problem) => problem.severity === severity));
}
