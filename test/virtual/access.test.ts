import { expect } from 'chai';
import { Bench, makeFirmware, outcome } from '../doubles/virtual-bench.ts';

const code = async (answer: Response): Promise<[number, string]> => [answer.status, (await answer.json()).code];
const login = async (bench: Bench, password: string): Promise<Response> =>
  await bench.call('POST', 'login', { body: JSON.stringify({ password }) });

describe('signing in', () => {
  it('locks out after five failures for 600 s, through restarts and for the right password too', async () => {
    const bench = await Bench.start();
    for (let i = 0; i < 4; i++) expect(await code(await login(bench, 'wrong'))).to.deep.equal([401, 'WRONG_PASSWORD']);
    const fifth = await login(bench, 'wrong');
    expect(fifth.headers.get('retry-after')).to.equal('600');
    expect(await code(fifth)).to.deep.equal([429, 'LOCKED_OUT']);
    await bench.restoreDevice();
    bench.clock.ms += 300_000;
    const right = await login(bench, 'admin123');
    expect([right.status, right.headers.get('retry-after')]).to.deep.equal([429, '300']);
    bench.clock.ms += 300_001;
    expect((await login(bench, 'admin123')).status).to.equal(200);
  });

  it('forgets failures with a success', async () => {
    const bench = await Bench.start();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4; i++) await login(bench, 'wrong');
      expect((await login(bench, 'admin123')).status).to.equal(200);
    }
  });

  it('ends a session after five idle minutes, and after twelve hours whatever happens', async () => {
    const bench = await Bench.start();
    for (let minute = 0; minute < 12 * 60; minute += 4) {
      expect((await bench.call('GET', 'update')).status, `minute ${minute}`).to.equal(200);
      bench.clock.ms += 4 * 60_000;
    }
    expect(await code(await bench.call('GET', 'update'))).to.deep.equal([401, 'NO_SESSION']);
    await bench.signIn();
    bench.clock.ms += 5 * 60_000;
    expect((await bench.call('GET', 'update')).status).to.equal(401);
  });

  it('stores neither password nor token', async () => {
    const bench = await Bench.start();
    const stored = JSON.stringify(bench.disk.state);
    expect(stored).not.to.contain(bench.token).and.not.to.contain('admin123');
    await bench.restoreDevice();
    expect((await bench.call('GET', 'log')).status).to.equal(200);
  });

  it('wants a session for everything but info, login and the login page', async () => {
    const bench = await Bench.start();
    bench.token = '';
    for (const [method, path] of [
      ['GET', 'update'],
      ['POST', 'update'],
      ['POST', 'upload'],
      ['POST', 'reboot'],
      ['POST', 'rollback'],
      ['GET', 'log'],
      ['POST', 'password'],
    ] as const) {
      expect((await bench.call(method, path)).status, `${method} ${path}`).to.equal(401);
    }
    bench.token = 'x'.repeat(43);
    expect((await bench.call('GET', 'log')).status).to.equal(401);
    expect((await bench.call('GET', 'info')).status).to.equal(200);
    expect((await bench.call('GET', '')).status).to.equal(200);
  });

  it('wants the default password changed before an update, unless the bench accepts it', async () => {
    const bench = await Bench.start({ acceptsDefaultPassword: false });
    const firmware = await makeFirmware({ version: '1.1.0' });
    expect((await (await login(bench, 'admin123')).json()).must_change).to.equal(true);
    expect(await code(await bench.upload(firmware))).to.deep.equal([403, 'PASSWORD_CHANGE_REQUIRED']);
    const change = (password: unknown): Promise<Response> => bench.call('POST', 'password', { body: JSON.stringify({ password }) });
    for (const weak of ['admin123', 'short', 'aaaaaaaaaa', 'x'.repeat(65)]) expect((await change(weak)).status, weak).to.equal(422);
    expect(await code(await change(7))).to.deep.equal([400, 'MALFORMED']);
    const other = bench.token;
    await bench.signIn();
    expect((await change('river-otter-9')).status).to.equal(200);
    expect((await outcome(await bench.upload(firmware))).result.version).to.equal('1.1.0');
    bench.token = other;
    expect((await bench.call('GET', 'log')).status).to.equal(401);
    expect((await login(bench, 'admin123')).status).to.equal(401);
    expect((await (await login(bench, 'river-otter-9')).json()).must_change).to.equal(false);
  });

  it('refuses bodies that are no login', async () => {
    const bench = await Bench.start();
    for (const body of ['', 'null', '[]', '{"password":1}', '{', `{"password":"${'x'.repeat(5_000)}"}`]) {
      expect(await code(await bench.call('POST', 'login', { body })), body.slice(0, 20)).to.deep.equal([400, 'MALFORMED']);
    }
  });
});

describe("S1's calls", () => {
  const form = (fields: Record<string, string | Blob>): FormData => {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    return data;
  };

  it('signs in by form and uploads with the token of the page', async () => {
    const bench = await Bench.start();
    bench.token = '';
    const wrong = await bench.call('POST', 'update', { body: new URLSearchParams({ password: 'nope' }) });
    expect([wrong.status, await wrong.text()]).to.deep.equal([401, 'Invalid password!']);
    const page = await bench.call('POST', 'update', { body: form({ password: 'admin123' }) });
    expect([page.status, page.headers.get('content-type')]).to.deep.equal([200, 'text/html; charset=utf-8']);
    bench.token = page.headers.get('x-session-token') ?? '';
    expect(await page.text()).to.contain(`value="${bench.token}"`);
    const firmware = await makeFirmware({ version: '1.1.0' });
    const bad = await bench.call('POST', 'upload', { body: form({ firmware: new Blob(['bad']) }) });
    expect([bad.status, await bad.text(), bad.headers.get('x-update-error')]).to.deep.equal([500, 'Update failed!', 'IMAGE_INVALID']);
    const done = await bench.call('POST', 'upload', { body: form({ firmware: new Blob([firmware]) }) });
    expect([done.status, await done.text()]).to.deep.equal([200, 'Update successful! Rebooting...']);
    expect((await bench.call('GET', 'info')).status).to.equal(503);
    expect(await bench.later(2_600)).to.include({ version: '1.1.0' });
  });

  it('counts wrong form passwords towards the lock-out', async () => {
    const bench = await Bench.start();
    for (let i = 0; i < 5; i++) await bench.call('POST', 'update', { body: new URLSearchParams({ password: 'nope' }) });
    const locked = await bench.call('POST', 'update', { body: new URLSearchParams({ password: 'admin123' }) });
    expect([locked.status, locked.headers.get('retry-after')]).to.deep.equal([429, '600']);
  });

  it('shows the login page with its facts, escaped and unframeable', async () => {
    const bench = await Bench.start();
    await bench.hand('PUT', 'bench', { name: '<b>&"x"' });
    const page = await bench.call('GET', '');
    expect(page.headers.get('content-security-policy')).to.contain("frame-ancestors 'none'");
    const text = await page.text();
    expect(text).to.contain('1.0.0').and.contain('dBm').and.contain('&lt;b&gt;&amp;&quot;x&quot;').and.not.contain('<b>');
  });

  it('restarts by GET and uploads without a session only as shipped', async () => {
    const bench = await Bench.start();
    bench.token = '';
    const refused = await bench.call('GET', 'reboot');
    expect([refused.status, refused.headers.get('allow')]).to.deep.equal([405, 'POST']);
    await bench.hand('PUT', 'bench', { profile: 'as-shipped' });
    const firmware = await makeFirmware({ version: '1.1.0' });
    expect((await bench.call('POST', 'upload', { body: form({ firmware: new Blob([firmware]) }) })).status).to.equal(200);
    await bench.later(10_000);
    const restarted = await bench.call('GET', 'reboot');
    expect([restarted.status, await restarted.text()]).to.deep.equal([200, 'Rebooting...']);
    expect(await bench.later(3_000)).to.include({ version: '1.1.0' });
  });

  it('answers 404 and 405 elsewhere, also to forms that cannot be read', async () => {
    const bench = await Bench.start();
    expect(await code(await bench.call('GET', 'constructor'))).to.deep.equal([404, 'NOT_FOUND']);
    expect(await code(await bench.call('DELETE', 'info'))).to.deep.equal([405, 'METHOD_NOT_ALLOWED']);
    bench.token = '';
    expect(
      await code(await bench.call('POST', 'update', { body: 'x', headers: { 'content-type': 'multipart/form-data; boundary=a' } })),
    ).to.deep.equal([400, 'MALFORMED']);
    const upload = await bench.call('POST', 'update', { body: form({ firmware: new Blob(['x']) }) });
    expect(await code(upload)).to.deep.equal([401, 'NO_SESSION']);
  });
});
