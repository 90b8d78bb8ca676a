import { expect } from 'chai';
import { LibraryError } from '../../src/app/errors.ts';
import { sha256Hex } from '../../src/core/bytes/sha256.ts';
import { XrayInspector } from '../../src/io/workers/xray-inspector.ts';

describe('the X-ray worker', () => {
  const inspector = new XrayInspector();

  it('looks into a real image from a Blob', async function () {
    const response = await fetch('/demo/greenhouse-node-1.0.0.bin');
    if (!response.ok) {
      console.log('skipped: the demo firmware is not served here');
      this.skip();
    }
    const file = await response.blob();
    const report = await inspector.inspect(file, 'greenhouse-node-1.0.0.bin');
    expect(report.content.kind).to.equal('app');
    expect(report.size).to.equal(file.size);
    expect(report.sha256).to.equal(await sha256Hex(new Uint8Array(await file.arrayBuffer())));
    expect(report.proposedVersions[0]).to.include({ version: '1.0.0', certain: true });
  });

  it('answers each question with its own answer, however many are asked at once', async () => {
    const files = Array.from({ length: 12 }, (_, index) => new Uint8Array(1000 + index).fill(index));
    const reports = await Promise.all(files.map((bytes, index) => inspector.inspect(new Blob([bytes]), `${index}.bin`)));
    for (const [index, report] of reports.entries()) {
      expect(report.size).to.equal(1000 + index);
      expect(report.sha256).to.equal(await sha256Hex(files[index]!));
    }
  });

  it('leaves the page free while it looks into 8 MB', async () => {
    const file = new Blob([new Uint8Array(8 * 2 ** 20).fill(0x5a)]);
    let longestMs = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      longestMs = Math.max(longestMs, now - last);
      last = now;
    }, 5);
    await inspector.inspect(file, 'large.bin');
    clearInterval(timer);
    // The core is far slower than this on 8 MB: doing it here would show. (The machine is shared, hence the slack.)
    expect(longestMs).to.be.below(250);
  });

  it('says so when what it was given cannot be read', async () => {
    // A file that vanished from the disk rejects in the same call.
    const error = await inspector.inspect({} as Blob, 'x.bin').catch((error: unknown) => error);
    expect(error).to.be.instanceOf(LibraryError);
    expect((error as LibraryError).code).to.equal('FILE_UNREADABLE');
  });
});
