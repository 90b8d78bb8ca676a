/** Bounds on what strangers bring: generous for every real firmware, small against memory. */
import { MOST_FLASH_BYTES } from '../image/flash-runs.ts';
import { BundleError } from './bundle-error.ts';

/** All files of a bundle together, unpacked; no flash of an ESP chip is larger. */
export const MOST_BUNDLE_BYTES = MOST_FLASH_BYTES;
/** A build folder with its object files has a few thousand. */
export const MOST_FILES = 10_000;
/** A text that a person or a build wrote to name some files. */
export const MOST_MANIFEST_BYTES = 1024 * 1024;
/** Whose names announce no manifest; of those that lie highest. */
export const MOST_TEXTS_LOOKED_INTO = 64;
export const MOST_MANIFEST_DEPTH = 32;
export const MOST_BUILDS = 256;
/** A partition table has at most 95 rows. */
export const MOST_PARTS = 128;
export const MOST_PATH_LENGTH = 1024;

/** @throws BundleError */
export function assertAtMost(count: number, limit: number, what: string, path?: string): void {
  if (count <= limit) return;
  const rule = `at most ${limit} ${what}, not ${count}`;
  throw new BundleError('BUNDLE_TOO_MANY', { rule, limit, ...(path !== undefined && { path }) });
}
