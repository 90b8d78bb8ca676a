/**
 * Files from outside, wherever the page is: dragged over it or pasted into it. Knows the browser's drag events and their traps;
 * knows nothing of firmware.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

export interface DroppedFiles {
  readonly files: readonly File[];
  /** Names of folders among them, which are no files. */
  readonly folders: readonly string[];
  /** Of a drop: what was let go, folders included, to be walked by whoever reads them. */
  readonly entries?: readonly FileSystemEntry[];
}

export class DropController implements ReactiveController {
  /** How many files hang over the page; undefined while none do. Their names are known only once they are let go. */
  over: number | undefined;

  readonly #host: ReactiveControllerHost;
  readonly #onDrop: (dropped: DroppedFiles) => void;
  /** `dragenter` and `dragleave` come for every child: the page is left when as many left as entered. */
  #depth = 0;

  constructor(host: ReactiveControllerHost, onDrop: (dropped: DroppedFiles) => void) {
    this.#host = host;
    this.#onDrop = onDrop;
    host.addController(this);
  }

  hostConnected(): void {
    addEventListener('dragenter', this.#enter);
    addEventListener('dragover', this.#move);
    addEventListener('dragleave', this.#leave);
    addEventListener('drop', this.#drop);
    addEventListener('paste', this.#paste);
  }

  hostDisconnected(): void {
    removeEventListener('dragenter', this.#enter);
    removeEventListener('dragover', this.#move);
    removeEventListener('dragleave', this.#leave);
    removeEventListener('drop', this.#drop);
    removeEventListener('paste', this.#paste);
    this.#depth = 0;
  }

  readonly #enter = (event: DragEvent): void => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    this.#depth += 1;
    this.#set(countFiles(event));
  };

  readonly #move = (event: DragEvent): void => {
    if (!bringsFiles(event)) return;
    // Without this the browser opens the file in place of the app.
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = isModalOpen() ? 'none' : 'copy';
  };

  readonly #leave = (event: DragEvent): void => {
    if (!bringsFiles(event)) return;
    this.#depth = Math.max(0, this.#depth - 1);
    if (this.#depth === 0) this.#set(undefined);
  };

  readonly #drop = (event: DragEvent): void => {
    this.#depth = 0;
    this.#set(undefined);
    if (!bringsFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    if (!isModalOpen()) this.#onDrop(readFiles(event.dataTransfer));
  };

  readonly #paste = (event: ClipboardEvent): void => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || isModalOpen()) return;
    event.preventDefault();
    this.#onDrop({ files, folders: [] });
  };

  #set(over: number | undefined): void {
    if (over === this.over) return;
    this.over = isModalOpen() ? undefined : over;
    this.#host.requestUpdate();
  }
}

/** A question is open: what is dropped now cannot be its answer. What only says why something failed is no question. */
const isModalOpen = (): boolean => document.querySelector('dialog:modal:not(ot-problem-dialog > *)') !== null;

/** Text and links are dragged too; they are none of ours. */
const bringsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

const countFiles = (event: DragEvent): number => [...(event.dataTransfer?.items ?? [])].filter((item) => item.kind === 'file').length || 1;

function readFiles(transfer: DataTransfer): DroppedFiles {
  const files: File[] = [];
  const folders: string[] = [];
  const entries: FileSystemEntry[] = [];
  for (const item of transfer.items) {
    if (item.kind !== 'file') continue;
    const entry = item.webkitGetAsEntry?.();
    const file = item.getAsFile();
    if (entry) entries.push(entry);
    if (entry?.isDirectory) folders.push(entry.name);
    else if (file) files.push(file);
  }
  return { files, folders, entries };
}
