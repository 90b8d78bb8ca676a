import { expect } from 'chai';
import { toProblem } from '../../src/app/errors.ts';
import { readEnvelope } from '../../src/app/trust/envelopes.ts';
import { encodeRelease } from '../../src/core/trust/release.ts';
import { assertInstallable } from '../../src/core/trust/release-rules.ts';
import { encodeRoot } from '../../src/core/trust/root.ts';
import { writeReleaseSet } from '../../src/core/trust/write-release-set.ts';
import { TRUST_ERROR_CODES } from '../../src/core/trust/trust-error.ts';
import { wordsFor } from '../../src/ui/messages.ts';
import { IMAGE, NOW_MS, ReleaseHost, releaseOf } from '../doubles/release-host.ts';

async function wordsOf(work: () => unknown) {
  try {
    await work();
  } catch (error) {
    return wordsFor(toProblem(error));
  }
  throw new Error('nothing was refused');
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

describe('what is wrong with a release, in words', () => {
  it('names what a person filled in, and the place in the file at the end', async () => {
    const release = await releaseOf(IMAGE.bytes);
    const late = await wordsOf(() => encodeRelease({ ...release, minFromCounter: 99 }));
    expect(late.title).to.equal('Something in the release is not as it has to be');
    expect(late.why).to.equal('The number that it can follow must be at most 12 (release.payload.min_from_counter).');
    expect(late.next).to.match(/^If you are writing it: change that, and try again\./);
    const board = await wordsOf(() => encodeRelease({ ...release, hardware: ['gh-2', ' gh-3'] }));
    expect(board.why).to.match(/^The list of boards must be one line of text.* \(release\.payload\.hardware\[1\]\)\.$/);
    const { root } = await ReleaseHost.open();
    const alone = await wordsOf(() => encodeRoot({ ...root, roles: { ...root.roles, root: { keys: [], threshold: 1 } } }));
    expect(alone.why).to.match(/^How many have to sign must be at most 0 \(/);
  });

  it('says of a file that is none what it most often is, before it says what a parser found', async () => {
    const page = await wordsOf(() => readEnvelope(bytes('<html>not found</html>')));
    expect(page.title).to.equal('The file cannot be read');
    expect(page.why).to.match(/^Another file lies in its place, often a web page/);
    const other = await wordsOf(() => readEnvelope(bytes('{"payload":"QQ","signatures":[{"protected":1}]}')));
    expect(other.why).to.match(
      /^It is another file.*\. The header of a signature must be text \(envelope\.signatures\[0\]\.protected\)\.$/,
    );
  });

  it('calls a file of a set by its path', async () => {
    const host = await ReleaseHost.open();
    const parts = { roots: [host.files.get('root.json')!], index: host.files.get('index.json')!, releases: [], images: [] };
    const { why } = await wordsOf(() => writeReleaseSet(parts, NOW_MS));
    expect(why).to.match(/^releases\/greenhouse-1\.2\.0\.release\.json is missing/);
  });

  it('says what a release is for, and what runs', async () => {
    const release = await releaseOf(IMAGE.bytes);
    const target = { product: 'greenhouse', chip: 'ESP32', hardware: 'gh-2', counter: 12 } as const;
    expect((await wordsOf(() => assertInstallable(release, target, { nowMs: NOW_MS }))).why).to.equal('It is for ESP32-S3.');
    const newer = { ...target, chip: 'ESP32-S3', counter: 40 } as const;
    expect((await wordsOf(() => assertInstallable(release, newer, { nowMs: NOW_MS }))).why).to.match(/^The number is 12, and 40 runs\./);
  });

  it('begins with no path into a file, whatever the code', () => {
    const details = { field: 'release.payload.counter', rule: 'must be at least 1', found: 'x' };
    for (const code of TRUST_ERROR_CODES.filter((code) => /^(JSON|JWS|ROOT|INDEX|RELEASE|SET|THRESHOLD)_/.test(code))) {
      const { title, why } = wordsFor({ code, message: '', details });
      expect(title, code).to.not.include('payload');
      if (!/MISSING|TOO_LARGE|FORGOTTEN/.test(code)) expect(why.replace(/\([^)]*\)\.$/, ''), code).to.not.include('payload');
    }
  });
});
