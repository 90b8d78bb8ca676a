/** A release set that came as files: a folder that was chosen or dropped, or an archive. Paths are checked before any of them is looked up. */
import { LibraryError } from '../../app/errors.ts';
import type { PathFile } from '../../app/trust/release-services.ts';
import { readArchive } from '../../core/bundle/archive.ts';
import { MOST_BUNDLE_BYTES } from '../../core/bundle/limits.ts';
import { normalisePath } from '../../core/bundle/paths.ts';
import { setFolder } from '../../core/trust/set-files.ts';
import type { SetSource } from '../../core/trust/set-files.ts';
import { TrustError } from '../../core/trust/trust-error.ts';

/** @throws BundleError for paths that lead elsewhere */
export function fileSet(files: readonly PathFile[]): SetSource {
  const byPath = new Map(files.map(({ path, blob }) => [normalisePath(path), blob]));
  const folder = setFolder([...byPath.keys()]);
  return {
    async read(path, mostBytes, signal) {
      signal?.throwIfAborted();
      const blob = byPath.get(folder + path);
      return blob && (await bytesOf(blob.slice(0, mostBytes + 1)));
    },
  };
}

/** @throws BundleError for an archive that is none, is damaged, or that is not safe to read */
export async function zipSet(file: Blob, name: string, pause: () => Promise<void>): Promise<SetSource> {
  if (file.size > MOST_BUNDLE_BYTES) {
    throw new TrustError('SET_FILE_TOO_LARGE', name, `has more than ${MOST_BUNDLE_BYTES} bytes`);
  }
  const entries = await readArchive(await bytesOf(file), name, pause);
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  const folder = setFolder([...byPath.keys()]);
  return {
    async read(path, mostBytes, signal) {
      const entry = byPath.get(folder + path);
      if (!entry) return undefined;
      // It states its size, and is never unpacked beyond that.
      if ((entry.size ?? Infinity) > mostBytes) throw new TrustError('SET_FILE_TOO_LARGE', path, `has more than ${mostBytes} bytes`);
      return entry.read(signal);
    },
  };
}

export async function bytesOf(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    throw new LibraryError('FILE_UNREADABLE', cause instanceof Error ? cause.message : 'cannot be read', {}, { cause });
  }
}
