import { expect } from 'chai';
import { catchEarlyFiles } from '../../src/ui/early-files.ts';
import { FilesEvent } from '../../src/ui/files-event.ts';

describe('catchEarlyFiles()', () => {
  it('hands files on that came before the code for them, once, when it is there', async () => {
    expect(customElements.get('ot-intake'), 'this suite must run before the intake is loaded').to.equal(undefined);
    const stop = new AbortController();
    const target = document.createElement('div');
    const heard: { files: readonly File[]; isThere: boolean }[] = [];
    target.addEventListener(FilesEvent.type, (event) => {
      if (event instanceof FilesEvent) heard.push({ files: event.files, isThere: customElements.get('ot-intake') !== undefined });
    });
    catchEarlyFiles(target, stop.signal);
    const file = new File(['x'], 'firmware.bin');
    const handedOn = new Promise((resolve) => {
      target.addEventListener(FilesEvent.type, () => heard.length > 1 && resolve(undefined));
    });
    target.dispatchEvent(new FilesEvent([file]));
    await handedOn;
    expect(heard.map(({ isThere }) => isThere)).to.deep.equal([false, true]);
    expect(heard[1]?.files[0]).to.equal(file);
    stop.abort();
  });
});
