/**
 * What the releases that are known here say about putting a firmware onto a device. Counters of different publishers have no order, so what
 * runs counts only as a release under the same root.
 */
import type { DeviceInfo } from '../../core/ota/device-contract.ts';
import { OVERRIDABLE, releaseObstacles } from '../../core/trust/release-rules.ts';
import type { TrustError } from '../../core/trust/trust-error.ts';
import type { PreflightReason } from '../preflight-reasons.ts';
import type { KnownRelease } from './release-services.ts';

export interface ReleasesNow {
  readonly known: readonly KnownRelease[];
  readonly nowMs: number;
}

/** The one that an image came as; of several, the one furthest on. */
export function releaseOf(sha256: string, known: readonly KnownRelease[]): KnownRelease | undefined {
  return known.filter(({ release }) => release.sha256 === sha256).toSorted((a, b) => b.release.counter - a.release.counter)[0];
}

type Facts = Record<string, string | number>;

/** Obstacles as reasons of the pre-flight; in this order they are told. */
const REASONS = {
  RELEASE_WRONG_PRODUCT: 'wrong-product',
  RELEASE_WRONG_CHIP: 'wrong-chip',
  RELEASE_WRONG_HARDWARE: 'wrong-hardware',
  RELEASE_ROLLBACK: 'rollback',
  RELEASE_STEP_TOO_LARGE: 'step-too-large',
  RELEASE_EXPIRED: 'expired',
  RELEASE_FROM_UNKNOWN: 'from-unknown',
  RELEASE_HARDWARE_UNKNOWN: 'hardware-unknown',
} as const satisfies Record<string, PreflightReason<'release'>>;

/** `undefined`: the firmware came as no release. */
export function checkRelease(
  sha256: string,
  info: DeviceInfo,
  { known, nowMs }: ReleasesNow,
): readonly [PreflightReason<'release'>, Facts] | undefined {
  const candidate = releaseOf(sha256, known);
  if (!candidate) return undefined;
  const { release, code } = candidate;
  const running = info.slots?.find(({ label }) => label === info.running);
  const counter = counterOf(running?.sha256 ?? '', candidate, known);
  const product = info.project ?? running?.project;
  const target = { product: product || undefined, chip: info.chip ?? release.chip, hardware: info.hardware || undefined, counter };
  const facts: Facts = {
    product: release.product,
    version: release.version,
    counter: release.counter,
    hardware: release.hardware.join(', '),
    device: info.hardware ?? '',
    deviceProduct: product ?? '',
    chip: release.chip,
    deviceChip: info.chip ?? '',
    from: release.minFromCounter,
    running: counter ?? '',
    expiredAt: release.expiresMs,
  };
  if (code !== undefined) return [code === 'KEY_REVOKED' ? 'revoked' : 'not-trusted', facts];
  const first = decisive(releaseObstacles(release, target, nowMs));
  if (first) return [REASONS[first], facts];
  return [counter === undefined ? 'first' : counter === release.counter ? 'again' : 'next', facts];
}

function counterOf(sha256: string, { record }: KnownRelease, known: readonly KnownRelease[]): number | undefined {
  const runs = known.filter(
    ({ record: other, release }) =>
      sha256 !== '' &&
      other.rootId === record.rootId &&
      other.product === record.product &&
      (release.sha256 === sha256 || release.appendedHash === sha256),
  );
  return runs.length === 0 ? undefined : Math.max(...runs.map(({ release }) => release.counter));
}

/** What nobody can override comes first. */
function decisive(obstacles: readonly TrustError[]): keyof typeof REASONS | undefined {
  const codes = Object.keys(REASONS) as (keyof typeof REASONS)[];
  const isRefusal = (code: string): boolean => !OVERRIDABLE.some((overridable) => overridable === code);
  const found = codes.filter((code) => obstacles.some((obstacle) => obstacle.code === code));
  return found.find(isRefusal) ?? found[0];
}
