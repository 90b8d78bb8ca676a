/**
 * "Here are files": raised by whoever got some from a person (a drop, a paste, a file chooser), heard by `ot-intake`, which looks them
 * through, puts them into the library and leads on. Any view may raise it: `this.dispatchEvent(new FilesEvent(await chooseFiles()))`.
 */

export class FilesEvent extends Event {
  static readonly type = 'ot-files';
  readonly files: readonly File[];

  constructor(files: readonly File[]) {
    super(FilesEvent.type, { bubbles: true, composed: true });
    this.files = files;
  }
}

/** What the file chooser offers first; anything else can still be chosen and is looked through all the same. */
const FIRMWARE_FILES = '.bin,.uf2,.hex,.csv,.zip,.sig,.b64,application/octet-stream';

/** Opens the browser's file chooser; must be called from a click. Empty when the person changed their mind. */
export function chooseFiles({ accept = FIRMWARE_FILES, multiple = true } = {}): Promise<readonly File[]> {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = accept;
  input.multiple = multiple;
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve([...(input.files ?? [])]));
    input.addEventListener('cancel', () => resolve([]));
    input.click();
  });
}
