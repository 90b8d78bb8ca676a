/** Which build of a bundle is for the chip at hand. */
import { defined } from '../fields.ts';
import type { ChipName } from '../image/model.ts';
import { BundleError } from './bundle-error.ts';
import type { BundleBuild, FlashBundle } from './model.ts';

interface BuildWishes {
  /** Of the chip, when known: a build that needs more is taken only when there is no other. */
  readonly flashBytes?: number | undefined;
  /** The person's own choice among the builds for this chip; empty = the one without words of its maker. */
  readonly variant?: string | undefined;
}

/** Builds that state this chip, else those that state none. */
function buildsFor(bundle: FlashBundle, chip: ChipName): readonly BundleBuild[] {
  const stated = bundle.builds.filter((build) => build.chip === chip);
  return stated.length > 0 ? stated : bundle.builds.filter((build) => build.chip === undefined);
}

export const variantOf = ({ variant = '' }: BundleBuild): string => variant;

/** What a person can choose between; none where there is only one build, or where words do not tell them apart. */
export function variantsFor(bundle: FlashBundle, chip: ChipName): readonly string[] {
  const variants = buildsFor(bundle, chip).map(variantOf);
  return variants.length > 1 && new Set(variants).size === variants.length ? variants : [];
}

/**
 * The first build for the chip, of those the one that uses the most of the flash that there is.
 * @throws BundleError when none is for it, or none is of the wished variant
 */
export function chooseBuild(bundle: FlashBundle, chip: ChipName, { flashBytes, variant }: BuildWishes = {}): BundleBuild {
  const candidates = buildsFor(bundle, chip).filter((build) => variant === undefined || variantOf(build) === variant);
  const fits = (build: BundleBuild) => flashBytes === undefined || (build.flashBytes ?? 0) <= flashBytes;
  const needs = (build: BundleBuild) => build.flashBytes ?? 0;
  const fitting = candidates.filter(fits);
  const [best] = fitting.length > 0 && flashBytes !== undefined ? fitting.toSorted((a, b) => needs(b) - needs(a)) : candidates;
  if (best) return best;
  const chips = [...new Set(bundle.builds.flatMap((build) => build.chip ?? []))];
  const wish = variant === undefined ? '' : ` and variant ${JSON.stringify(variant)}`;
  throw new BundleError('BUNDLE_NO_BUILD', { rule: `no build is for ${chip}${wish}`, chips, ...defined({ manifest: bundle.manifest }) });
}
