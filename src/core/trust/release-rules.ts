/**
 * May this release go onto that device? Says everything that speaks against it, so that a person sees the whole before they decide. Asked
 * again each time: a release that was trusted once does not stay fit for ever.
 */
import type { ChipName } from '../image/model.ts';
import type { Release } from './release.ts';
import { TrustError } from './trust-error.ts';
import type { TrustErrorCode } from './trust-error.ts';

export interface ReleaseTarget {
  /** `undefined`: nobody has said which product this is. `null`: it is none yet, or need not stay what it was. */
  readonly product: string | undefined | null;
  /** `undefined`: nobody has said which chip this is. */
  readonly chip: ChipName | undefined;
  /** As the device names its board; `undefined`: it does not. */
  readonly hardware: string | undefined;
  /** Of the release that runs; `undefined`: it is not known which. */
  readonly counter: number | undefined;
}

/** A person may decide otherwise about these: what cannot be told, and what is only old. All others are refusals. */
export const OVERRIDABLE = [
  'RELEASE_PRODUCT_UNKNOWN',
  'RELEASE_CHIP_UNKNOWN',
  'RELEASE_HARDWARE_UNKNOWN',
  'RELEASE_FROM_UNKNOWN',
  'RELEASE_EXPIRED',
] as const satisfies readonly TrustErrorCode[];
export type OverridableCode = (typeof OVERRIDABLE)[number];

/** In the order in which they matter; empty: nothing speaks against it. */
export function releaseObstacles(release: Release, target: ReleaseTarget, nowMs: number): readonly TrustError[] {
  return [...checkKind(release, target), ...checkOrder(release, target), ...checkExpiry(release, nowMs)];
}

/** @throws TrustError, the first obstacle that was not overridden */
export function assertInstallable(
  release: Release,
  target: ReleaseTarget,
  { nowMs, overridden = [] }: { readonly nowMs: number; readonly overridden?: readonly OverridableCode[] },
): void {
  const isAccepted = ({ code }: TrustError): boolean => OVERRIDABLE.some((accepted) => accepted === code && overridden.includes(accepted));
  const obstacle = releaseObstacles(release, target, nowMs).find((error) => !isAccepted(error));
  if (obstacle) throw obstacle;
}

function* checkKind({ product, chip, hardware }: Release, target: ReleaseTarget): Iterable<TrustError> {
  if (target.product === undefined) yield obstacle('RELEASE_PRODUCT_UNKNOWN', 'product', `is for ${product}`);
  else if (target.product !== null && target.product !== product)
    yield obstacle('RELEASE_WRONG_PRODUCT', 'product', `is for ${product}`, target.product);
  if (target.chip === undefined) yield obstacle('RELEASE_CHIP_UNKNOWN', 'chip', `is for ${chip}`);
  else if (target.chip !== chip) yield obstacle('RELEASE_WRONG_CHIP', 'chip', `is for ${chip}`, target.chip);
  if (hardware.length === 0) return;
  const rule = `is for ${hardware.join(', ')}`;
  if (target.hardware === undefined) yield obstacle('RELEASE_HARDWARE_UNKNOWN', 'hardware', rule);
  else if (!hardware.includes(target.hardware)) yield obstacle('RELEASE_WRONG_HARDWARE', 'hardware', rule, target.hardware);
}

/** The same counter again does not go back; whether it is the same image is for whoever knows what runs. */
function* checkOrder({ counter, minFromCounter }: Release, target: ReleaseTarget): Iterable<TrustError> {
  const found = target.counter;
  if (found === undefined) {
    if (minFromCounter > 0)
      yield obstacle('RELEASE_FROM_UNKNOWN', 'min_from_counter', `needs a release ${minFromCounter} or later to come from`);
    return;
  }
  if (counter < found) yield obstacle('RELEASE_ROLLBACK', 'counter', `is ${counter}, and ${found} runs`, String(found));
  if (minFromCounter > found) {
    yield obstacle(
      'RELEASE_STEP_TOO_LARGE',
      'min_from_counter',
      `needs a release ${minFromCounter} or later, and ${found} runs`,
      String(found),
    );
  }
}

function* checkExpiry({ expiresMs }: Release, nowMs: number): Iterable<TrustError> {
  if (nowMs >= expiresMs) yield obstacle('RELEASE_EXPIRED', 'expires', `was valid until ${new Date(expiresMs).toISOString()}`);
}

const obstacle = (code: TrustErrorCode, field: string, rule: string, found?: string): TrustError =>
  new TrustError(code, `release.payload.${field}`, rule, found === undefined ? {} : { found });
