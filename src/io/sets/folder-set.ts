/** A release set in a folder that the person opened for this page: read file by file, and written the same way. */
import { LibraryError } from '../../app/errors.ts';
import type { SetFile, SetSource } from '../../core/trust/set-files.ts';
import { bytesOf } from './file-set.ts';

export function folderSet(folder: FileSystemDirectoryHandle): SetSource {
  return {
    async read(path, mostBytes, signal) {
      signal?.throwIfAborted();
      const handle = await find(folder, path);
      return handle && (await bytesOf((await handle.getFile()).slice(0, mostBytes + 1)));
    },
  };
}

async function find(folder: FileSystemDirectoryHandle, path: string): Promise<FileSystemFileHandle | undefined> {
  const names = path.split('/');
  const name = names.pop()!;
  try {
    let inner = folder;
    for (const each of names) inner = await inner.getDirectoryHandle(each);
    return await inner.getFileHandle(name);
  } catch (cause) {
    if (cause instanceof DOMException && (cause.name === 'NotFoundError' || cause.name === 'TypeMismatchError')) return undefined;
    throw unreadable(cause);
  }
}

/** In their order: what names others comes after them. Each file is there whole, or as it was before. */
export async function writeToFolder(folder: FileSystemDirectoryHandle, files: readonly SetFile[]): Promise<void> {
  try {
    for (const { path, bytes } of files) {
      const names = path.split('/');
      const name = names.pop()!;
      let inner = folder;
      for (const each of names) inner = await inner.getDirectoryHandle(each, { create: true });
      const writable = await (await inner.getFileHandle(name, { create: true })).createWritable();
      await writable.write(bytes);
      await writable.close();
    }
  } catch (cause) {
    throw unreadable(cause);
  }
}

const unreadable = (cause: unknown): LibraryError =>
  new LibraryError('FILE_UNREADABLE', cause instanceof Error ? cause.message : 'cannot be used', {}, { cause });
