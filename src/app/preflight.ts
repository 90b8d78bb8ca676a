/**
 * Holds a firmware against a device before a byte is written. Pure: a table of checks over what the X-ray and the device
 * say; each gives a reason of `preflight-reasons.ts`, or nothing where the question does not arise. Who signed the firmware was found out before.
 */
import type { EspImage, FirmwareContent } from '../core/image/model.ts';
import type { DeviceInfo, DeviceSlot } from '../core/ota/device-contract.ts';
import { compareVersions } from '../core/ota/version.ts';
import type { CheckId, FirmwareRecord, FirmwareReport, HistoryEntry, Preflight, PreflightCheck } from './model.ts';
import { PREFLIGHT_REASONS } from './preflight-reasons.ts';
import type { PreflightReason } from './preflight-reasons.ts';
import { boardOf, checkRelease, publisherOf } from './trust/release-check.ts';
import type { ReleasesNow } from './trust/release-check.ts';
import { signatureAnswer } from './preflight-signature.ts';
import type { FirmwareTrust } from './trust/model.ts';

export interface PreflightTarget {
  readonly info?: DeviceInfo;
  /** Of this device, newest first. */
  readonly history?: readonly HistoryEntry[];
  readonly releases?: ReleasesNow;
  /** Of the firmware; absent: it could not be found out. */
  readonly trust?: FirmwareTrust;
  readonly onlyTrusted?: boolean;
  readonly guardedProduct?: string;
}

interface Question {
  readonly report: FirmwareReport;
  readonly firmware: FirmwareRecord;
  readonly info: DeviceInfo;
  readonly history: readonly HistoryEntry[];
  readonly releases: ReleasesNow | undefined;
  readonly trust: FirmwareTrust | undefined;
  readonly onlyTrusted: boolean;
  readonly guardedProduct: string | undefined;
  /** Only for an application image that was walked to its end. */
  readonly image: EspImage | undefined;
  readonly running: DeviceSlot | undefined;
  readonly target: DeviceSlot | undefined;
}

type Facts = Readonly<Record<string, string | number>>;
type Answer<Id extends CheckId> = readonly [PreflightReason<Id>, Facts] | undefined;

/** `esp_image_header_t.max_chip_rev_full`: 0 and 0xffff both mean that none was set. */
const hasMaximum = (revision: number): boolean => revision !== 0 && revision !== 0xffff;

/** The slot that an update overwrites: the first OTA slot after the running one, as `esp_ota_get_next_update_partition` picks it. */
export function targetSlotOf(info: DeviceInfo): DeviceSlot | undefined {
  const slots = info.slots?.filter((slot) => slot.state !== 'FACTORY' && slot.label.startsWith('ota_')) ?? [];
  const runningIndex = slots.findIndex((slot) => slot.label === info.running);
  const next = slots[(runningIndex + 1) % Math.max(slots.length, 1)];
  return next?.label === info.running ? undefined : next;
}

/** Bytes of `16MB`, `512KB`; undefined for words that are no size. */
function flashSizeBytes(text: string): number | undefined {
  const match = /^(\d+)(KB|MB)$/.exec(text);
  return match ? Number(match[1]) * (match[2] === 'MB' ? 0x100000 : 0x400) : undefined;
}

const megabytes = (bytes: number): string => `${bytes / 0x100000}MB`;

function checkKind({ report }: Question): Answer<'kind'> {
  const { content } = report;
  const facts: Facts = 'parts' in content ? { parts: content.parts.length } : content.kind === 'damaged' ? { as: content.as } : {};
  return [content.kind, facts];
}

const chipOf = (content: FirmwareContent) => ('image' in content ? content.image.chip : 'chip' in content ? content.chip : undefined);

function checkChip({ report, info }: Question): Answer<'chip'> {
  const image = chipOf(report.content);
  if (image === undefined) return undefined;
  if (info.chip === undefined) return ['device-unknown', { image }];
  if (image !== info.chip) return ['differs', { image, device: info.chip }];
  return ['match', { image, hardware: info.hardware ?? info.chip }];
}

function checkRevision({ image, info }: Question): Answer<'revision'> {
  // A revision says nothing about another chip.
  if (!image || (info.chip !== undefined && info.chip !== image.chip)) return undefined;
  const { minChipRevision: min, maxChipRevision: max } = image;
  if (min === 0 && !hasMaximum(max)) return undefined;
  const device = info.chip_revision;
  if (device === undefined) return ['device-unknown', { min, max }];
  if (device < min) return ['too-old', { min, device }];
  if (hasMaximum(max) && device > max) return ['too-new', { max, device }];
  return ['fits', { min, max, device }];
}

function checkSize({ report, info, target }: Question): Answer<'size'> {
  const { size } = report;
  if (info.slots) {
    if (!target) return ['no-slot', {}];
    const facts = { size, slot: target.label, slotSize: target.size };
    return size > target.size ? ['too-large', { ...facts, over: size - target.size }] : ['fits', { ...facts, free: target.size - size }];
  }
  const slotSize = info.free_sketch_space;
  if (slotSize === 0) return ['unknown', { size }];
  if (size > slotSize) return ['too-large', { size, slot: '', slotSize, over: size - slotSize }];
  return ['fits-free-space', { size, slotSize, free: slotSize - size }];
}

function checkWhole({ report: { content } }: Question): Answer<'whole'> {
  if (content.kind === 'damaged') return ['damaged', { code: content.code, offset: content.offset, rule: content.rule }];
  if (!('image' in content)) return undefined;
  const { checksum, appendedHash } = content.image;
  if (!checksum.valid) return ['checksum-wrong', { offset: checksum.offset, stored: checksum.stored, computed: checksum.computed }];
  if (!appendedHash) return ['checksum-only', {}];
  if (!appendedHash.valid)
    return ['hash-wrong', { offset: appendedHash.offset, stored: appendedHash.stored, computed: appendedHash.computed }];
  return ['checksum-and-hash', {}];
}

const projectsOf = ({ image, info, running }: Pick<Question, 'image' | 'info' | 'running'>) => ({
  project: image?.appDescriptor?.projectName,
  device: info.project ?? running?.project,
});

function checkProject({ image, info, running }: Question): Answer<'project'> {
  const { project, device } = projectsOf({ image, info, running });
  if (!project || !device) return undefined;
  return project === device ? ['same', { project }] : ['differs', { image: project, device }];
}

/** What the image states counts more than what a person called it. */
function versionOf(firmware: FirmwareRecord, { proposedVersions: [first] }: FirmwareReport): string {
  return firmware.imageVersion ?? (first?.certain === true ? first.version : firmware.version);
}

function checkVersion({ report, firmware, image, info, running }: Question): Answer<'version'> {
  if (!image) return undefined;
  const to = versionOf(firmware, report);
  const from = info.version;
  if (running && running.sha256 !== '' && running.sha256 === report.sha256) return ['identical', { to, slot: running.label }];
  if (to === '' || from === '') return ['unknown', {}];
  const { project, device } = projectsOf({ image, info, running });
  // 1.1.0 of one thing is not newer than 1.0.0 of another.
  if (project && device && project !== device) return ['other-project', { from, to }];
  const order = compareVersions(to, from);
  if (order === undefined) return ['uncomparable', { from, to }];
  if (order === 0) return ['same', { to }];
  return [order > 0 ? 'newer' : 'older', { from, to }];
}

/** Bytes that failed here once are not offered as if nothing had been. Their newest end counts: a later success clears them. */
function checkPast({ report, firmware, info, history }: Question): Answer<'past'> {
  const version = versionOf(firmware, report);
  const given = info.slots?.find(({ sha256, state }) => sha256 === report.sha256 && (state === 'ABORTED' || state === 'INVALID'));
  if (given) return ['slot-given-up', { version, slot: given.label, state: given.state }];
  const last = history.find(({ act, outcome, sha256 }) => act === 'update' && sha256 === report.sha256 && TELLING.includes(outcome));
  if (last?.outcome !== 'rolled-back' && last?.outcome !== 'unconfirmed') return undefined;
  return [last.outcome, { version, at: last.at }];
}

/** The other outcomes say nothing of the firmware: it never started. */
const TELLING: readonly HistoryEntry['outcome'][] = ['confirmed', 'unconfirmed', 'rolled-back'];

function checkSecureVersion({ image, info }: Question): Answer<'secure-version'> {
  const version = image?.appDescriptor?.secureVersion;
  const device = info.secure_version;
  if (version === undefined || device === undefined || (version === 0 && device === 0)) return undefined;
  return [version < device ? 'lower' : 'fits', { image: version, device }];
}

function checkFlash({ image, info }: Question): Answer<'flash'> {
  if (!image) return undefined;
  const facts = { mode: image.flashMode, frequency: image.flashFrequency, size: image.flashSize };
  if (info.flash_size === undefined) return ['device-unknown', facts];
  const size = flashSizeBytes(image.flashSize);
  if (size !== undefined && size > info.flash_size)
    return ['larger-than-chip', { size: image.flashSize, deviceSize: megabytes(info.flash_size) }];
  const { flash_mode: deviceMode = image.flashMode, flash_frequency: deviceFrequency = image.flashFrequency } = info;
  const same = deviceMode === image.flashMode && deviceFrequency === image.flashFrequency;
  if (!same) return ['differs', { ...facts, deviceMode, deviceFrequency }];
  // The header may name less flash than there is: the partition table decides what is used.
  return size !== undefined && size < info.flash_size ? ['fits', { ...facts, deviceSize: megabytes(info.flash_size) }] : ['match', facts];
}

function checkWayBack({ report, image, firmware, info, running, target }: Question): Answer<'way-back'> {
  if (!image) return undefined;
  if (!info.slots || !running) return ['unknown', {}];
  if (!target) return ['none', {}];
  return ['automatic', { version: running.version || info.version, slot: running.label, to: versionOf(firmware, report) }];
}

function checkSignature({ image, trust, firmware, ...question }: Question): Answer<'signature'> {
  if (!image) return undefined;
  const isSigned = image.secureBoot.length > 0 || firmware.hasSecureBoot === true || (firmware.signatures ?? []).length > 0;
  const publisher = publisherOf(question.report.sha256, question.releases?.known ?? []);
  return signatureAnswer(trust, { ...question, isSigned, publisher, project: image.appDescriptor?.projectName });
}

const releaseCheck = ({ report, info, releases, history }: Question): Answer<'release'> =>
  releases && checkRelease(report.sha256, boardOf(info), { ...releases, history });

/** In the order in which a person reads them. */
const CHECKS = {
  kind: checkKind,
  chip: checkChip,
  revision: checkRevision,
  size: checkSize,
  whole: checkWhole,
  project: checkProject,
  version: checkVersion,
  past: checkPast,
  'secure-version': checkSecureVersion,
  flash: checkFlash,
  'way-back': checkWayBack,
  signature: checkSignature,
  release: releaseCheck,
} as const satisfies { readonly [Id in CheckId]: (question: Question) => Answer<Id> };

function verdictOf(id: CheckId, reason: string): PreflightCheck['verdict'] {
  const reasons: Readonly<Record<string, { readonly verdict: PreflightCheck['verdict'] }>> = PREFLIGHT_REASONS[id];
  // A reason outside the table is a bug, and a bug must not open the gate.
  return reasons[reason]?.verdict ?? 'block';
}

function decide(checks: readonly PreflightCheck[]): Preflight['decision'] {
  if (checks.some((check) => check.verdict === 'block')) return 'blocked';
  return checks.some((check) => check.verdict === 'warn') ? 'force' : 'go';
}

/** Every check that applies, and what follows from them. A device that said nothing yet blocks: there is nothing to hold it against. */
export function preflight(report: FirmwareReport, firmware: FirmwareRecord, device: PreflightTarget): Preflight {
  const { info, history = [], releases, trust, onlyTrusted = false, guardedProduct } = device;
  if (!info) return { checks: [], decision: 'blocked' };
  const { content } = report;
  const running = info.slots?.find((slot) => slot.label === info.running);
  const target = targetSlotOf(info);
  const image = content.kind === 'app' ? content.image : undefined;
  const question: Question = { report, firmware, info, history, releases, trust, onlyTrusted, guardedProduct, image, running, target };
  const checks: PreflightCheck[] = [];
  for (const [id, check] of Object.entries(CHECKS) as [CheckId, (question: Question) => Answer<CheckId>][]) {
    const answer = check(question);
    if (answer) checks.push({ id, verdict: verdictOf(id, answer[0]), reason: answer[0], facts: answer[1] });
  }
  return { checks, decision: decide(checks), ...(target ? { targetSlot: target.label } : {}) };
}
