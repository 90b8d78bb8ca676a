import { expect } from 'chai';
import { LibraryError } from '../../src/app/errors.ts';
import { takeSharedFile } from '../../src/io/page/shared-file.ts';
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

/** The key that the answer leads to, as the page reads it from its address. */
const keyOf = (answer: Response): string | undefined => /#\/firmware\?shared=(.+)$/.exec(answer.headers.get('location') ?? '')?.[1];

const take = (key: string | undefined): Promise<File | undefined> => takeSharedFile(key ?? '', new URL(SCOPE));

async function refusalOf(answer: Response): Promise<string | undefined> {
  return take(keyOf(answer)).then(
    () => undefined,
    (error: unknown) => (error instanceof LibraryError ? error.code : String(error)),
  );
}

describe('the share target', () => {
  beforeEach(() => caches.delete(SHARE_CACHE));
  after(() => caches.delete(SHARE_CACHE));

  it('parks the file, sends the person to the library, and hands it over once', async () => {
    const answer = await share(new File([new Uint8Array([0xe9, 1, 2])], 'Gewächshaus 1.1.bin'));
    const key = keyOf(answer);
    expect(answer.status).to.equal(303);
    expect(answer.headers.get('location')).to.equal(`${SCOPE}#/firmware?shared=${key}`);
    const file = await take(key);
    expect(file!.name).to.equal('Gewächshaus 1.1.bin');
    expect([...new Uint8Array(await file!.arrayBuffer())]).to.deep.equal([0xe9, 1, 2]);
    expect(await take(key)).to.equal(undefined);
  });

  it('hands over nothing for a key that is none', async () => {
    await share(new File([new Uint8Array(1)], '1.bin'));
    for (const key of ['', crypto.randomUUID(), '../../index.html', '%2e%2e', 'x'.repeat(36)]) expect(await take(key)).to.equal(undefined);
  });

  it('lets the page say why a share could not be kept', async () => {
    expect(await refusalOf(await share(new File([], 'empty.bin')))).to.equal('FILE_EMPTY');
    expect(await refusalOf(await share())).to.equal('FILE_UNREADABLE');
    expect(await refusalOf(await share(new File([new Uint8Array((32 << 20) + 1)], 'huge.bin')))).to.equal('FILE_TOO_LARGE');
    const broken = new Request(`${SCOPE}share`, { method: 'POST', body: 'no form', headers: { 'Content-Type': 'text/plain' } });
    expect(await refusalOf(await receiveShare(broken, SCOPE))).to.equal('FILE_UNREADABLE');
  });

  it('keeps the newest four, so that a stranger who posts here fills no disk', async () => {
    const keys: (string | undefined)[] = [];
    for (let i = 1; i <= 7; i++) keys.push(keyOf(await share(new File([new Uint8Array(i)], `${i}.bin`))));
    const names = await Promise.all(keys.map(async (key) => (await take(key))?.name));
    expect(names).to.deep.equal([undefined, undefined, undefined, '4.bin', '5.bin', '6.bin', '7.bin']);
  });

  it('keeps nothing that a form of a web page sent, of ours or of a stranger', async () => {
    for (const origin of ['https://evil.example', location.origin]) {
      const answer = await share(new File([new Uint8Array(1)], 'planted.bin'), origin);
      expect([answer.status, answer.headers.get('location')]).to.deep.equal([303, `${SCOPE}#/firmware`]);
    }
    expect(await caches.has(SHARE_CACHE)).to.equal(false);
    expect((await take(keyOf(await share(new File([new Uint8Array(1)], 'shared.bin'), 'null'))))?.name).to.equal('shared.bin');
  });

  it('takes a name as data', async () => {
    const file = await take(keyOf(await share(new File([new Uint8Array(1)], '../../<b>\r\nX-Evil: 1.bin'))));
    expect(file!.name).to.not.match(/[\r\n]/);
    expect(file!.size).to.equal(1);
  });
});
