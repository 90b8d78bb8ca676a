import { expect } from 'chai';
import { LibraryError } from '../../src/app/errors.ts';
import { takeSharedFiles } from '../../src/io/page/shared-files.ts';
import { SHARE_CACHE, SHARE_FIELD } from '../../src/io/store/share-shelf.ts';
import { receiveShare } from '../../sw/receive-share.ts';

const SCOPE = new URL('/some/scope/', location.href).href;

function share(file?: File, origin?: string): Promise<Response> {
  const body = new FormData();
  if (file) body.append(SHARE_FIELD, file);
  const request = new Request(`${SCOPE}share`, { method: 'POST', body });
  // A page may not set this header on a request of its own; the browser shows it to the worker.
  if (origin) Object.defineProperty(request, 'headers', { value: new Map([['Origin', origin]]) });
  return receiveShare(request, SCOPE);
}

const namesTaken = async (): Promise<string[]> => (await takeSharedFiles()).map(({ name }) => name);

async function refusal(): Promise<string | undefined> {
  return takeSharedFiles().then(
    () => undefined,
    (error: unknown) => (error instanceof LibraryError ? error.code : String(error)),
  );
}

describe('the share target', () => {
  beforeEach(() => caches.delete(SHARE_CACHE));
  after(() => caches.delete(SHARE_CACHE));

  it('parks the file, sends the person to the library, and hands it over once', async () => {
    const answer = await share(new File([new Uint8Array([0xe9, 1, 2])], 'Gewächshaus 1.1.bin'));
    expect(answer.status).to.equal(303);
    expect(answer.headers.get('location')).to.match(new RegExp(`^${SCOPE}#/firmware\\?shared=[0-9a-f-]{36}$`));
    const [file, ...rest] = await takeSharedFiles();
    expect(rest).to.deep.equal([]);
    expect(file!.name).to.equal('Gewächshaus 1.1.bin');
    expect([...new Uint8Array(await file!.arrayBuffer())]).to.deep.equal([0xe9, 1, 2]);
    expect(await takeSharedFiles()).to.deep.equal([]);
  });

  it('has nothing to hand over when nothing was shared', async () => {
    expect(await takeSharedFiles()).to.deep.equal([]);
  });

  it('lets the page say why a share could not be kept', async () => {
    await share(new File([], 'empty.bin'));
    expect(await refusal()).to.equal('FILE_EMPTY');
    await share();
    expect(await refusal()).to.equal('FILE_UNREADABLE');
    await share(new File([new Uint8Array((32 << 20) + 1)], 'huge.bin'));
    expect(await refusal()).to.equal('FILE_TOO_LARGE');
    await receiveShare(new Request(`${SCOPE}share`, { method: 'POST', body: 'no form', headers: { 'Content-Type': 'text/plain' } }), SCOPE);
    expect(await refusal()).to.equal('FILE_UNREADABLE');
  });

  it('keeps the newest four, so that a stranger who posts here fills no disk', async () => {
    for (let i = 1; i <= 7; i++) await share(new File([new Uint8Array(i)], `${i}.bin`));
    expect(await namesTaken()).to.deep.equal(['4.bin', '5.bin', '6.bin', '7.bin']);
  });

  it('keeps nothing that a form of a web page sent, of ours or of a stranger', async () => {
    for (const origin of ['https://evil.example', location.origin]) {
      const answer = await share(new File([new Uint8Array(1)], 'planted.bin'), origin);
      expect([answer.status, answer.headers.get('location')]).to.deep.equal([303, `${SCOPE}#/firmware`]);
    }
    expect(await caches.has(SHARE_CACHE)).to.equal(false);
    await share(new File([new Uint8Array(1)], 'shared.bin'), 'null');
    expect(await namesTaken()).to.deep.equal(['shared.bin']);
  });

  it('keeps the end of a name that is too long, without characters that turn it around', async () => {
    await share(new File([new Uint8Array(1)], `${'ü'.repeat(500)}gpj\u202enib.bin`));
    const [name] = await namesTaken();
    expect(name).to.equal(`${'ü'.repeat(120 - 11)}gpjnib.bin`);
  });

  it('takes a name as data', async () => {
    await share(new File([new Uint8Array(1)], '../../<b>\r\nX-Evil: 1.bin'));
    const [file] = await takeSharedFiles();
    expect(file!.name).to.not.match(/[\r\n]/);
    expect(file!.size).to.equal(1);
  });
});
