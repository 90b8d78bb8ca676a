/**
 * What the releases that are known here say about putting a firmware onto a device. Counters of different publishers have no order, so what
 * runs counts only as a release under the same root; and no publisher can speak for another: of several answers the gravest is told.
 */
import type { DeviceInfo } from '../../core/ota/device-contract.ts';
import { OVERRIDABLE, releaseObstacles } from '../../core/trust/release-rules.ts';
import type { ReleaseTarget } from '../../core/trust/release-rules.ts';
import type { Release } from '../../core/trust/release.ts';
import type { TrustError } from '../../core/trust/trust-error.ts';
import type { HistoryEntry, ReleaseMark } from '../model.ts';
import { PREFLIGHT_REASONS } from '../preflight-reasons.ts';
import type { PreflightReason } from '../preflight-reasons.ts';
import type { KnownRelease } from './release-services.ts';

export interface ReleasesNow {
  readonly known: readonly KnownRelease[];
  readonly nowMs: number;
}

/** With what this device has taken before. */
export interface ReleasesOfDevice extends ReleasesNow {
  readonly history: readonly HistoryEntry[];
}

/** Those that an image came as: of each publisher the one furthest on, and that one first. */
export function releasesOf(sha256: string, known: readonly KnownRelease[]): readonly KnownRelease[] {
  const ofImage = known.filter(({ release }) => release.sha256 === sha256).toSorted((a, b) => b.release.counter - a.release.counter);
  return ofImage.filter(({ record }, index) => ofImage.findIndex((other) => other.record.rootId === record.rootId) === index);
}

/** Who released an image, by a release that is trusted now; empty where nobody did. */
export const publisherOf = (sha256: string, known: readonly KnownRelease[]): string =>
  releasesOf(sha256, known).find(({ code }) => code === undefined)?.publisher ?? '';

/** The release that an image came as: of several that of whoever stands behind it still, and the one furthest on. */
export function markOf(sha256: string, known: readonly KnownRelease[]): ReleaseMark | undefined {
  const candidates = releasesOf(sha256, known);
  const found = candidates.find(({ code }) => code === undefined) ?? candidates[0];
  if (!found) return undefined;
  const { id, product, version, counter } = found.record;
  return { id, counter, product, version, publisher: found.publisher };
}

/** What is known of a board. */
export interface BoardNow extends Omit<ReleaseTarget, 'counter'> {
  /** SHA-256 of what runs: of the file, or the one inside the image. */
  readonly runs: string | undefined;
}

/** What a device says of itself. */
export function boardOf({ project, chip, hardware, slots, running }: DeviceInfo): BoardNow {
  const slot = slots?.find(({ label }) => label === running);
  return { product: project || slot?.project || undefined, chip, hardware: hardware || undefined, runs: slot?.sha256 };
}

type Facts = Record<string, string | number>;
type Answer = readonly [PreflightReason<'release'>, Facts];

/** Obstacles as reasons of the pre-flight; in this order they are told. */
const REASONS = {
  RELEASE_WRONG_PRODUCT: 'wrong-product',
  RELEASE_WRONG_CHIP: 'wrong-chip',
  RELEASE_WRONG_HARDWARE: 'wrong-hardware',
  RELEASE_ROLLBACK: 'rollback',
  RELEASE_STEP_TOO_LARGE: 'step-too-large',
  RELEASE_EXPIRED: 'expired',
  RELEASE_FROM_UNKNOWN: 'from-unknown',
  RELEASE_PRODUCT_UNKNOWN: 'product-unknown',
  RELEASE_CHIP_UNKNOWN: 'chip-unknown',
  RELEASE_HARDWARE_UNKNOWN: 'hardware-unknown',
} as const satisfies Record<string, PreflightReason<'release'>>;

const GRAVITY: readonly string[] = ['block', 'warn', 'pass'];

/** `undefined`: the firmware came as no release. */
export function checkRelease(sha256: string, board: BoardNow, now: ReleasesOfDevice): Answer | undefined {
  const answers = releasesOf(sha256, now.known).map((candidate) => answerOf(candidate, board, now));
  const gravity = ([reason]: Answer): number => GRAVITY.indexOf(PREFLIGHT_REASONS.release[reason].verdict);
  // Of those that weigh the same, the one whose publisher released what runs.
  const isStranger = ([, { running }]: Answer): number => (running === '' ? 1 : 0);
  return answers.toSorted((a, b) => gravity(a) - gravity(b) || isStranger(a) - isStranger(b))[0];
}

function answerOf(candidate: KnownRelease, board: BoardNow, { known, nowMs, history }: ReleasesOfDevice): Answer {
  const { release, code } = candidate;
  const { runs = '', product } = board;
  const counter = counterOf(runs, candidate, known);
  const ran = counter === undefined ? furthestOf(history, candidate, known) : undefined;
  const facts: Facts = {
    product: release.product,
    version: release.version,
    counter: release.counter,
    hardware: release.hardware.join(', '),
    device: board.hardware ?? '',
    deviceProduct: product ?? '',
    chip: release.chip,
    deviceChip: board.chip ?? '',
    from: release.minFromCounter,
    running: counter ?? '',
    ran: ran ?? '',
    expiredAt: release.expiresMs,
  };
  if (code !== undefined) return [code === 'KEY_REVOKED' ? 'revoked' : 'not-trusted', facts];
  const first = decisive(releaseObstacles(release, { ...board, counter }, nowMs));
  const isRefused = first !== undefined && !isOverridable(first);
  // What was put there in between, and is no release, opens no way back.
  if (!isRefused && ran !== undefined && release.counter < ran) return ['rollback', facts];
  if (first) return [REASONS[first], facts];
  if (counter === undefined) return ['first', facts];
  if (counter !== release.counter) return ['next', facts];
  return [isImage(release, runs) ? 'again' : 'same-counter', facts];
}

/** Devices tell the hash of the file, or the one inside the image. */
const isImage = (release: Release, sha256: string): boolean =>
  sha256 !== '' && (release.sha256 === sha256 || release.appendedHash === sha256);

/** Counters have an order among these. */
const isInLine = ({ record: a }: KnownRelease, { record: b }: KnownRelease): boolean => a.rootId === b.rootId && a.product === b.product;

function counterOf(sha256: string, candidate: KnownRelease, known: readonly KnownRelease[]): number | undefined {
  return furthest(known.filter((other) => isInLine(other, candidate) && isImage(other.release, sha256)));
}

/** Of the releases whose images this device took and confirmed. By image: the mark of an entry is of one publisher only. */
function furthestOf(history: readonly HistoryEntry[], candidate: KnownRelease, known: readonly KnownRelease[]): number | undefined {
  const taken = new Set(history.flatMap(({ outcome, sha256 }) => (outcome === 'confirmed' && sha256 !== undefined ? [sha256] : [])));
  return furthest(known.filter((other) => isInLine(other, candidate) && taken.has(other.release.sha256)));
}

const furthest = (releases: readonly KnownRelease[]): number | undefined =>
  releases.length === 0 ? undefined : Math.max(...releases.map(({ release }) => release.counter));

const isOverridable = (code: string): boolean => OVERRIDABLE.some((overridable) => overridable === code);

/** What nobody can override comes first. */
function decisive(obstacles: readonly TrustError[]): keyof typeof REASONS | undefined {
  const codes = Object.keys(REASONS) as (keyof typeof REASONS)[];
  const found = codes.filter((code) => obstacles.some((obstacle) => obstacle.code === code));
  return found.find((code) => !isOverridable(code)) ?? found[0];
}
