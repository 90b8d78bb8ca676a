/**
 * Files that come before the code for them: `ot-intake` is fetched after the first view had its turn, and a quick hand may choose or drop
 * a file before that. Then it is fetched at once and hears of the files late, but it hears of them.
 */
import { FilesEvent } from './files-event.ts';

const isThere = (): boolean => customElements.get('ot-intake') !== undefined;

/** Listens until the signal says stop. */
export function catchEarlyFiles(target: EventTarget, signal: AbortSignal): void {
  const hold = async (event: Event): Promise<void> => {
    if (isThere() || !(event instanceof FilesEvent)) return;
    await import('./intake.ts');
    target.dispatchEvent(new FilesEvent(event.files));
  };
  const onDrag = (event: DragEvent): void => {
    if (isThere() || !event.dataTransfer?.types.includes('Files')) return;
    // Without this the browser leaves the page and shows the file.
    event.preventDefault();
    if (event.type === 'drop') target.dispatchEvent(new FilesEvent([...event.dataTransfer.files]));
  };
  target.addEventListener(FilesEvent.type, (event) => void hold(event), { signal });
  for (const type of ['dragover', 'drop'] as const) addEventListener(type, onDrag, { signal });
}
