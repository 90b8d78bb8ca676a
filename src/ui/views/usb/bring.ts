/** What people bring to a chip: files, a folder, a drop of both, an address, a firmware of the library. Everything ends at the session. */
import { LibraryError, toProblem } from '../../../app/errors.ts';
import type { AppServices } from '../../../app/services.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import { FOREIGN_HEAD_BYTES, foreignFormat, type ForeignFormat } from '../../../core/image/foreign-file.ts';
import { attempt } from '../../attempt.ts';

interface BroughtFile {
  readonly path: string;
  readonly blob: Blob;
}

/** More than any bundle may have: a dropped home folder is not walked to its end, and the session says that it is too much. */
const MOST_FILES = 10_001;

/** Files with their paths inside what was dropped. */
export async function filesOfEntries(entries: readonly FileSystemEntry[]): Promise<readonly BroughtFile[]> {
  const found: BroughtFile[] = [];
  const queue = [...entries];
  for (let entry = queue.shift(); entry && found.length < MOST_FILES; entry = queue.shift()) {
    if (isDirectory(entry)) queue.push(...(await children(entry)));
    else if (isFile(entry)) found.push({ path: entry.fullPath.replace(/^\/+/, ''), blob: await fileOf(entry) });
  }
  return found;
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((resolve, reject) => entry.file(resolve, reject));

/** `readEntries` gives a part of them at a time (a hundred in Chromium), and an empty one at the end. */
async function children(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<readonly FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0 || all.length > MOST_FILES) return all;
    all.push(...some);
  }
}

export const filesWithPaths = (files: readonly File[]): readonly BroughtFile[] =>
  files.map((file) => ({ path: file.webkitRelativePath || file.name, blob: file }));

/** Opens the browser's chooser for a folder; must be called from a click. */
export function chooseFolder(): Promise<readonly File[]> {
  const input = document.createElement('input');
  input.type = 'file';
  input.webkitdirectory = true;
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve([...(input.files ?? [])]));
    input.addEventListener('cancel', () => resolve([]));
    input.click();
  });
}

/** Formats that no bundle is made of; archives, text and ELF files are looked into. */
const NEVER_FLASHED: ReadonlySet<ForeignFormat | undefined> = new Set<ForeignFormat>(['png', 'jpeg', 'gif', 'pdf']);

/** One file that is plainly something else is named as what it is, and not asked for an address. */
async function bring(session: UsbSession, files: readonly BroughtFile[]): Promise<void> {
  const [file] = files;
  const format =
    file && files.length === 1 ? foreignFormat(new Uint8Array(await file.blob.slice(0, FOREIGN_HEAD_BYTES).arrayBuffer())) : undefined;
  const details = { fileName: file?.path, format, over: 'cable' };
  if (NEVER_FLASHED.has(format)) throw new LibraryError('FILE_NOT_RECOGNISED', 'no format of firmware', details);
  try {
    await session.bring(files);
  } catch (error) {
    // Intel HEX, CSV tables and manifests are text, too: it is only told apart where nobody could place it.
    const isNothing = format !== undefined && toProblem(error).code === 'BUNDLE_PLACE_UNKNOWN';
    throw isNothing ? new LibraryError('FILE_NOT_RECOGNISED', 'no format of firmware', details, { cause: error }) : error;
  }
}

export async function bringFiles(session: UsbSession, files: readonly BroughtFile[]): Promise<void> {
  if (files.length > 0) await attempt(() => bring(session, files));
}

/** What was dropped or pasted on the page of a port. */
export async function bringDropped(
  services: AppServices,
  portId: string,
  dropped: { readonly files: readonly File[]; readonly entries?: readonly FileSystemEntry[] },
): Promise<void> {
  const { usb } = services;
  if (!usb) return;
  await attempt(async () => {
    const session = await usb.session(portId);
    const entries = dropped.entries ?? [];
    const files = entries.length > 0 ? await filesOfEntries(entries) : filesWithPaths(dropped.files);
    if (files.length > 0) await bring(session, files);
  });
}

export async function bringFromLibrary(services: AppServices, session: UsbSession): Promise<void> {
  await services.library.load().catch(() => undefined);
  const { pickFirmware } = await import('../../dialogs/pick-firmware-dialog.ts');
  const record = await pickFirmware(services.library.records.value ?? [], {
    heading: 'Write from the library',
    none: 'Your library holds no firmware yet. Close this and drop a file, or choose one.',
  });
  if (record) await attempt(() => session.bringFirmware(record.sha256));
}

export async function bringFromAddress(session: UsbSession, url = ''): Promise<void> {
  const { askAddress } = await import('../../dialogs/bring-url-dialog.ts');
  await askAddress(session, url);
}
