/** What is brought to the page of releases: sets as folders or archives, and single files that are to be signed. */
import type { SetOrigin } from '../../../app/trust/release-services.ts';
import type { DroppedFiles } from '../../controllers/drop.ts';
import { linkTo, navigate } from '../../router.ts';
import { chooseFolder, filesOfEntries, filesWithPaths } from '../usb/bring.ts';

export interface Brought {
  readonly set?: SetOrigin;
  readonly envelope?: File;
}

let brought: Brought | undefined;
const listeners = new Set<() => void>();

/** What was brought last, once. */
export function takeBrought(): Brought | undefined {
  const taken = brought;
  brought = undefined;
  return taken;
}

/** A page that is open already hears of it here. */
export function onBrought(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export async function bringDroppedSet({ files, folders, entries = [] }: DroppedFiles): Promise<void> {
  const [file] = files;
  const isEnvelope = file !== undefined && files.length === 1 && folders.length === 0 && /\.json$/i.test(file.name);
  brought = isEnvelope ? { envelope: file } : { set: await setOf(files, folders, entries) };
  const page = isEnvelope ? 'sign' : 'add';
  if (location.hash === linkTo({ view: 'releases', page })) for (const listener of listeners) listener();
  else navigate({ view: 'releases', page });
}

async function setOf(files: readonly File[], folders: readonly string[], entries: readonly FileSystemEntry[]): Promise<SetOrigin> {
  const [file] = files;
  if (file && files.length === 1 && folders.length === 0) return { kind: 'zip', name: file.name, file };
  const found = entries.length > 0 ? await filesOfEntries(entries) : filesWithPaths(files);
  return { kind: 'files', name: folders[0] ?? 'what was dropped', files: found };
}

type PickFolder = (options?: { readonly mode?: 'read' | 'readwrite'; readonly id?: string }) => Promise<FileSystemDirectoryHandle>;

const picker = (): PickFolder | undefined =>
  (window as { showDirectoryPicker?: PickFolder }).showDirectoryPicker?.bind(window) as PickFolder | undefined;

export const canPickFolder = (): boolean => picker() !== undefined;

/** `undefined` when the person changed their mind. */
export async function pickFolder(mode: 'read' | 'readwrite'): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await picker()?.({ mode, id: 'releases' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    throw error;
  }
}

export async function chooseSetFolder(): Promise<SetOrigin | undefined> {
  if (canPickFolder()) {
    const folder = await pickFolder('read');
    return folder && { kind: 'folder', folder };
  }
  const files = filesWithPaths(await chooseFolder());
  return files.length === 0 ? undefined : { kind: 'files', name: files[0]!.path.split('/')[0] ?? 'folder', files };
}
