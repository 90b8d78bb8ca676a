import { expect } from 'chai';
import { DeviceError, LinkError } from '../../src/app/errors.ts';
import type { UploadOptions } from '../../src/app/ports.ts';
import { DeviceProtocolError } from '../../src/core/ota/protocol-error.ts';
import type { UpdateProgress } from '../../src/core/ota/device-contract.ts';
import { HttpDeviceLink } from '../../src/io/http/device-link.ts';
import { parseDeviceAddress } from '../../src/io/http/reach.ts';
import { infoOf } from '../app/fixtures.ts';

const BASE = 'http://192.168.4.1/';
const SHA = '22'.repeat(32);
const RESULT = { slot: 'ota_1', bytes: 4, sha256: SHA, version: '1.1.0' };

type Answer = (request: Request) => Response | Promise<Response>;

describe('HttpDeviceLink', () => {
  const realFetch = globalThis.fetch;
  let requests: Request[] = [];
  const link = new HttpDeviceLink({ baseUrl: BASE });

  /** Answers in this order; the last repeats. */
  function answer(...answers: Answer[]): void {
    let index = 0;
    requests = [];
    globalThis.fetch = async (input, init) => {
      const request = new Request(input, init);
      requests.push(request);
      return answers[Math.min(index++, answers.length - 1)]!(request);
    };
  }

  afterEach(() => {
    globalThis.fetch = realFetch;
  });

  const json =
    (value: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
    () =>
      new Response(JSON.stringify(value), { status, headers });
  const network = (): Answer => () => {
    throw new TypeError('Failed to fetch');
  };
  const upload = (change: Partial<UploadOptions> = {}) =>
    link.upload(new Blob(['abcd']), { sha256: SHA, md5: '33'.repeat(16), fileName: 'a.bin', dialect: 'otter', token: 't', ...change });
  const failure = async (work: Promise<unknown>): Promise<Error & { code?: string; details?: Record<string, unknown> }> =>
    work.then(
      () => expect.fail('was accepted'),
      (error: Error) => error,
    );

  it('tells the dialects apart by what info says', async () => {
    answer(json(infoOf()), json({ version: '1.0', free_heap: '1' }));
    expect((await link.getInfo()).dialect).to.equal('otter');
    expect((await link.getInfo()).dialect).to.equal('s1');
    expect(requests[0]!.url).to.equal(`${BASE}info`);
    expect(requests[0]!.credentials).to.equal('omit');
  });

  it('takes a worker’s 202 for the device being away, as its body says', async () => {
    answer(
      json({ error: 'it waits', code: 'IN_BOOT_LOADER' }, 202),
      json({ error: 'starting', code: 'REBOOTING' }, 202, { 'Retry-After': '2' }),
    );
    expect(await failure(link.getInfo())).to.include({ name: 'DeviceError', code: 'IN_BOOT_LOADER' });
    expect((await failure(link.getInfo())).details).to.deep.include({ retryAfterS: 2 });
  });

  it('signs in with JSON and carries the token in a header afterwards', async () => {
    answer(json({ token: 'abc', expires_in: 300, must_change: true }), json({ state: 'none' }));
    expect(await link.login('secret', { dialect: 'otter' })).to.include({ token: 'abc', must_change: true });
    expect(await requests[0]!.json()).to.deep.equal({ password: 'secret' });
    await link.updateStatus({ token: 'abc' });
    expect(requests[1]!.headers.get('Authorization')).to.equal('Bearer abc');
  });

  it('signs in to S1 with its form', async () => {
    answer(
      () => new Response('<html>upload page</html>'),
      () => new Response('Invalid password!', { status: 401 }),
    );
    expect(await link.login('a&b', { dialect: 's1' })).to.include({ token: '' });
    expect(await requests[0]!.text()).to.equal('password=a%26b');
    expect((await failure(link.login('x', { dialect: 's1' }))).code).to.equal('WRONG_PASSWORD');
  });

  it('restarts ours by POST and S1 by GET', async () => {
    answer(() => new Response('Rebooting...'));
    await link.reboot({ dialect: 'otter', token: 't' });
    await link.reboot({ dialect: 's1' });
    expect(requests.map((request) => request.method)).to.deep.equal(['POST', 'GET']);
  });

  const REFUSALS: readonly [string, Answer, string, string][] = [
    ['the device’s own code', json({ error: 'running', code: 'UPDATE_RUNNING' }, 409), 'DeviceError', 'UPDATE_RUNNING'],
    ['a lock-out with its time', json({ error: 'later', code: 'LOCKED_OUT' }, 429, { 'Retry-After': '600' }), 'DeviceError', 'LOCKED_OUT'],
    ['a bare status', () => new Response('', { status: 413 }), 'DeviceError', 'UPDATE_ERROR_SIZE'],
    ['S1’s plain text', () => new Response('Update failed! UPDATE_ERROR_MD5', { status: 500 }), 'DeviceError', 'UPDATE_ERROR_MD5'],
    ['an unknown refusal', json({ error: 'nope', code: 'OTHER' }, 418), 'LinkError', 'DEVICE_REFUSED'],
    ['a web page', () => new Response('<!doctype html><title>Router</title>', { status: 200 }), 'LinkError', 'NOT_A_DEVICE'],
    ['nothing there', () => new Response('Not Found', { status: 404 }), 'LinkError', 'NOT_A_DEVICE'],
    ['no JSON', () => new Response('hello'), 'DeviceProtocolError', 'DEVICE_PROTOCOL'],
    [
      'an answer without end',
      () => new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65_536)) })),
      'DeviceProtocolError',
      'DEVICE_PROTOCOL',
    ],
  ];
  for (const [what, answering, name, code] of REFUSALS) {
    it(`calls ${what} ${code}`, async () => {
      answer(answering);
      const error = await failure(link.updateStatus({ token: 't' }));
      expect([error.name, error.code]).to.deep.equal([name, code]);
      if (code === 'LOCKED_OUT') expect(error.details).to.deep.equal({ status: 429, retryAfterS: 600 });
    });
  }

  it('calls CORS CORS: the probe without CORS is answered', async () => {
    answer((request) => {
      if (request.mode === 'no-cors') return new Response('');
      throw new TypeError('Failed to fetch');
    });
    expect((await failure(link.getInfo())).code).to.equal('CORS_BLOCKED');
  });

  it('never makes a call again to find out why it failed: a second GET reboot would be a second restart', async () => {
    answer((request) => {
      if (request.url.endsWith('/reboot')) throw new TypeError('Failed to fetch');
      return new Response('{}');
    });
    expect((await failure(link.reboot({ dialect: 's1' }))).code).to.equal('CONNECTION_LOST');
    expect(requests.map((request) => new URL(request.url).pathname)).to.deep.equal(['/reboot', '/info', '/info']);
  });

  it('calls a preflight that failed CORS, when the device can be read without one', async () => {
    answer((request) => {
      if (request.method === 'POST') throw new TypeError('Failed to fetch');
      return new Response('{}');
    });
    const error = await failure(link.login('secret', { dialect: 'otter' }));
    expect([error.code, error.details?.['preflight']]).to.deep.equal(['CORS_BLOCKED', true]);
  });

  it('calls silence unreachable', async () => {
    answer(network());
    const error = await failure(link.getInfo());
    expect([error.name, error.code]).to.deep.equal(['LinkError', 'UNREACHABLE']);
    expect(error.cause).to.be.instanceOf(TypeError);
  });

  it('gives an abort back as the caller’s own reason', async () => {
    answer((request) => new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(request.signal.reason as Error))));
    const controller = new AbortController();
    const pending = link.getInfo({ signal: controller.signal });
    const reason = new Error('mine');
    setTimeout(() => controller.abort(reason));
    expect(await failure(pending)).to.equal(reason);
  });

  describe('upload', () => {
    const lines =
      (...values: (object | string)[]): Answer =>
      () =>
        new Response(values.map((value) => (typeof value === 'string' ? value : `${JSON.stringify(value)}\n`)).join(''));

    it('sends the file with its size and hashes and hears the device’s own progress', async () => {
      const heard: UpdateProgress[] = [];
      answer(lines({ phase: 'erasing', done: 1, total: 2 }, { phase: 'writing', done: 4, total: 4 }, { result: RESULT }));
      expect(await upload({ onProgress: (progress) => heard.push(progress) })).to.deep.equal(RESULT);
      expect(heard.map((progress) => progress.phase)).to.deep.equal(['erasing', 'writing']);
      const { headers } = requests[0]!;
      expect([headers.get('X-Firmware-Size'), headers.get('X-Firmware-SHA256'), headers.get('Accept')]).to.deep.equal([
        '4',
        SHA,
        'application/x-ndjson',
      ]);
      expect(await requests[0]!.text()).to.equal('abcd');
    });

    it('ends in the device’s error', async () => {
      answer(lines({ phase: 'erasing', done: 1, total: 2 }, { error: 'bad', code: 'IMAGE_INVALID' }));
      const error = await failure(upload());
      expect(error).to.be.instanceOf(DeviceError);
      expect([error.code, error.details]).to.deep.equal(['IMAGE_INVALID', { status: 422 }]);
    });

    it('asks for the progress while the body is on its way, as long as it is answered', async () => {
      const heard: number[] = [];
      let respond: (response: Response) => void = () => undefined;
      const statuses = [{ state: 'running', progress: { phase: 'writing', done: 3, total: 4 } }, 'too busy'];
      answer((request) => {
        if (request.method === 'POST') return new Promise<Response>((resolve) => (respond = resolve));
        return new Response(JSON.stringify(statuses.shift()));
      });
      const pending = upload({ onProgress: (progress) => heard.push(progress.done) });
      await new Promise((resolve) => setTimeout(resolve, 3900));
      expect(heard).to.deep.equal([3]);
      // 1.5 s, 2.5 s, and no third time after an answer that was none.
      expect(requests.map((request) => request.method)).to.deep.equal(['POST', 'GET', 'GET']);
      respond(new Response(`${JSON.stringify({ result: RESULT })}\n`));
      expect(await pending).to.deep.equal(RESULT);
    });

    it('that is cut off while it is sent is a lost connection, whatever the device says afterwards', async () => {
      answer((request) => {
        if (request.method === 'POST') throw new TypeError('Failed to fetch');
        return new Response('{}');
      });
      expect((await failure(upload())).code).to.equal('CONNECTION_LOST');
    });

    it('that ends without a result, or in the middle, is a lost connection', async () => {
      answer(lines({ phase: 'writing', done: 1, total: 4 }));
      expect((await failure(upload())).code).to.equal('CONNECTION_LOST');
      const breaking = new ReadableStream<Uint8Array>({
        pull(controller) {
          controller.error(new TypeError('network error'));
        },
      });
      answer(() => new Response(breaking));
      const error = await failure(upload());
      expect(error).to.be.instanceOf(LinkError);
      expect(error.code).to.equal('CONNECTION_LOST');
    });

    it('refuses lines that are none', async () => {
      answer(lines('Update successful!\n'));
      expect(await failure(upload())).to.be.instanceOf(DeviceProtocolError);
    });

    it('to S1 is a form that needs no preflight', async () => {
      answer(() => new Response('Update successful! Rebooting...'));
      expect(await upload({ dialect: 's1' })).to.equal(undefined);
      const form = await requests[0]!.clone().formData();
      expect((form.get('firmware') as File).name).to.equal('a.bin');
      expect(requests[0]!.url).to.equal(`${BASE}upload`);
      expect([...requests[0]!.headers.keys()]).to.deep.equal(['content-type']);
      expect(requests[0]!.headers.get('content-type')).to.match(/^multipart\/form-data/);
    });

    it('to S1 believes the words, not the 200', async () => {
      answer(() => new Response('Update failed!'));
      expect((await failure(upload({ dialect: 's1' }))).code).to.equal('UPDATE_ERROR_WRITE');
    });
  });

  it('waits for the worker, and says so when there is none', async () => {
    answer(json(infoOf()));
    const missing = new LinkError('WORKER_MISSING', 'none', {});
    const virtual = new HttpDeviceLink({ baseUrl: BASE }, () => Promise.reject(missing));
    expect(await failure(virtual.getInfo())).to.equal(missing);
    expect(requests).to.have.length(0);
  });
});

describe('parseDeviceAddress()', () => {
  for (const [typed, href] of [
    ['192.168.4.1', 'http://192.168.4.1/'],
    [' greenhouse.local:8080/ota ', 'http://greenhouse.local:8080/ota/'],
    ['https://device.example/a/?x=1#y', 'https://device.example/a/'],
    ['[fe80::1]', 'http://[fe80::1]/'],
  ] as const) {
    it(`reads ${typed}`, () => expect(parseDeviceAddress(typed).href).to.equal(href));
  }
  for (const typed of [
    '',
    '   ',
    'javascript:alert(1)',
    'ftp://device',
    'http://',
    'http://user:secret@device/',
    'data:text/html,x',
    'a b c',
  ]) {
    it(`refuses ${JSON.stringify(typed)}`, () => {
      expect(() => parseDeviceAddress(typed))
        .to.throw(LinkError)
        .with.property('code', 'ADDRESS_INVALID');
    });
  }
});
