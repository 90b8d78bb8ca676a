/** Several manifests of one dialect side by side: none is the better one, so their builds are one bundle, and the person chooses. */
import { MOST_BUILDS, assertAtMost } from './limits.ts';
import type { BundleBuild, FlashBundle } from './model.ts';
import { fileName, folderOf, stemOf } from './paths.ts';

interface ReadManifest {
  readonly path: string;
  readonly bundle: FlashBundle;
}

export function together(read: readonly ReadManifest[]): FlashBundle {
  const [first, ...others] = read;
  if (!first) throw new RangeError('there is no manifest');
  if (others.length === 0) return first.bundle;
  const words = wordsFor(read.map(({ path }) => path));
  const builds = read.flatMap(({ bundle }, index) => bundle.builds.map((build) => inWords(build, words[index]!)));
  assertAtMost(builds.length, MOST_BUILDS, 'builds');
  const ofAll = (text: (bundle: FlashBundle) => string): string =>
    new Set(read.map(({ bundle }) => text(bundle))).size === 1 ? text(first.bundle) : '';
  return {
    origin: first.bundle.origin,
    manifest: read.map(({ path }) => path).join(', '),
    name: ofAll(({ name }) => name) || first.bundle.name,
    version: ofAll(({ version }) => version),
    builds,
    proposesErase: read.some(({ bundle }) => bundle.proposesErase),
    ignored: first.bundle.ignored.filter(
      (path) => others.every(({ bundle }) => bundle.ignored.includes(path)) && !read.some((other) => other.path === path),
    ),
  };
}

/** What tells them apart: their names, or where all have the same their folders. */
function wordsFor(paths: readonly string[]): readonly string[] {
  const names = paths.map((path) => stemOf(fileName(path)));
  return new Set(names).size === names.length ? names : paths.map((path) => folderOf(path).replace(/\/$/, '') || stemOf(path));
}

const inWords = (build: BundleBuild, words: string): BundleBuild => ({
  ...build,
  variant: [words, build.variant].filter(Boolean).join(' · '),
});
