import { expect } from 'chai';
import { sha256Hex } from '../../src/core/bytes/sha256.ts';
import { lines, makeFirmware, outcome, seeded, type Json } from '../doubles/virtual-bench.ts';
import { WorkerScope } from './worker-scope.ts';

const DEVICE = 'virtual/device/esp32-ota';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('the virtual device behind the real service worker', () => {
  let scope: WorkerScope;
  beforeEach(async () => {
    scope = await WorkerScope.open();
  });
  afterEach(async () => {
    await scope.close();
  });

  const signIn = async (): Promise<Record<string, string>> => {
    const answer = await scope.fetch(`${DEVICE}/login`, { method: 'POST', body: JSON.stringify({ password: 'admin123' }) });
    return { authorization: `Bearer ${(await answer.json()).token}` };
  };
  const upload = async (firmware: Uint8Array<ArrayBuffer>, headers: Record<string, string>, init: RequestInit = {}): Promise<Response> =>
    await scope.fetch(`${DEVICE}/update`, {
      method: 'POST',
      body: new Blob([firmware]),
      headers: { accept: 'application/x-ndjson', 'X-Firmware-Size': String(firmware.length), ...headers },
      ...init,
    });
  const info = async (): Promise<Json> => await (await scope.fetch(`${DEVICE}/info`)).json();
  const untilBack = async (): Promise<Json> => {
    for (;;) {
      const answer = await scope.fetch(`${DEVICE}/info`);
      if (answer.status === 200) return await answer.json();
      expect(answer.status).to.equal(202);
      await pause(100);
    }
  };

  it('has esp32-ota without being asked for it, and it is the same one after the worker was killed', async () => {
    const first = await info();
    expect(first).to.include({ chip: 'ESP32', device_id: 'esp32-ota', version: '1.0.0', running: 'ota_0', accepts_default_password: true });
    expect(first.slots.map((slot: Json) => [slot.label, slot.size, slot.state])).to.deep.equal([
      ['ota_0', 0x140000, 'VALID'],
      ['ota_1', 0x140000, 'EMPTY'],
    ]);
    expect(await scope.kill()).to.equal(true);
    expect((await info()).mac).to.equal(first.mac);
  });

  it('updates to the demo firmware, restarts into it and goes back', async () => {
    await scope.hand(`${DEVICE}/bench`, 'PUT', { bytesPerSecond: 0 });
    const session = await signIn();
    const firmware = new Uint8Array(await (await fetch('/demo/greenhouse-node-1.1.0.bin')).arrayBuffer());
    const result = await outcome(await upload(firmware, { ...session, 'X-Firmware-SHA256': await sha256Hex(firmware) }));
    expect(result.result).to.include({ slot: 'ota_1', version: '1.1.0' });
    expect((await scope.fetch(`${DEVICE}/reboot`, { method: 'POST', headers: session })).status).to.equal(200);
    const away = await scope.fetch(`${DEVICE}/info`);
    expect([away.status, (await away.json()).code, Number(away.headers.get('retry-after')) > 0]).to.deep.equal([202, 'REBOOTING', true]);
    expect((await scope.fetch(`${DEVICE}/log`, { headers: session })).status, 'only of what pages ask again and again').to.equal(503);
    expect(await untilBack()).to.include({ version: '1.1.0', running: 'ota_1' });
    await pause(3_200);
    expect((await info()).slots[1].state).to.equal('VALID');
    expect((await scope.fetch(`${DEVICE}/rollback`, { method: 'POST', headers: session })).status).to.equal(200);
    expect(await untilBack()).to.include({ version: '1.0.0', running: 'ota_0' });
  });

  it('keeps sessions and the lock-out when the worker is killed', async () => {
    const session = await signIn();
    for (let i = 0; i < 5; i++) {
      if (i === 3) await scope.kill();
      const answer = await scope.fetch(`${DEVICE}/login`, { method: 'POST', body: JSON.stringify({ password: 'wrong' }) });
      expect(answer.status).to.equal(i < 4 ? 401 : 429);
    }
    await scope.kill();
    const locked = await scope.fetch(`${DEVICE}/login`, { method: 'POST', body: JSON.stringify({ password: 'admin123' }) });
    expect(locked.status).to.equal(429);
    expect(Number(locked.headers.get('retry-after'))).to.be.within(590, 600);
    expect((await scope.fetch(`${DEVICE}/log`, { headers: session })).status).to.equal(200);
  });

  it('survives being killed at 50 random moments of an upload (seed 5), and takes the next one', async function () {
    this.timeout(180_000);
    const seed = 5;
    const next = seeded(seed);
    const firmware = await makeFirmware({ version: '1.1.0', bytes: 900_000 });
    await scope.hand(`${DEVICE}/bench`, 'PUT', { bytesPerSecond: 9_000_000 });
    const session = await signIn();
    const seen = { answered: 0, broken: 0 };
    for (let round = 0; round < 50; round++) {
      const when = `seed ${seed}, round ${round}`;
      const sending = upload(firmware, session).then(outcome);
      sending.catch(() => undefined);
      await pause(next() * 160);
      expect(await scope.kill(), when).to.equal(true);
      // The browser may send the request again by itself: then it must come to a good end.
      const said = await sending.catch(() => undefined);
      if (said) {
        seen.answered++;
        expect(said.result?.version ?? said.code, when).to.be.oneOf(['1.1.0', 'UPDATE_RUNNING']);
      } else seen.broken++;
      const now = await info();
      expect(now.running, when).to.equal('ota_0');
      if (now.next_boot === 'ota_1') expect(now.slots[1].version, when).to.equal('1.1.0');
    }
    expect(seen.broken, JSON.stringify(seen)).to.be.greaterThan(5);
    const last = await outcome(await upload(firmware, session));
    expect(last.result.sha256).to.equal(await sha256Hex(firmware));
    await scope.fetch(`${DEVICE}/reboot`, { method: 'POST', headers: session });
    expect(await untilBack()).to.include({ version: '1.1.0', running: 'ota_1' });
  });

  it('boots the old or the new firmware when the worker is killed mid-upload and the board restarts', async function () {
    this.timeout(60_000);
    const firmware = await makeFirmware({ version: '1.1.0', bytes: 900_000 });
    await scope.hand(`${DEVICE}/bench`, 'PUT', { bytesPerSecond: 5_000_000 });
    const session = await signIn();
    const sending = upload(firmware, session).then((answer) => answer.text());
    sending.catch(() => undefined);
    await pause(90);
    await scope.kill();
    await scope.hand(`${DEVICE}/bench/power-cycle`, 'POST');
    expect((await untilBack()).version).to.be.oneOf(['1.0.0', '1.1.0']);
    await sending.catch(() => undefined);
  });

  it('refuses a second upload at the same time, from another page of the scope too', async () => {
    const firmware = await makeFirmware({ version: '1.1.0', bytes: 400_000 });
    const session = await signIn();
    await scope.hand(`${DEVICE}/bench`, 'PUT', { bytesPerSecond: 1_000_000 });
    const first = await upload(firmware, session);
    const frame = await scope.openFrame('other.html');
    const second = await frame.contentWindow!.fetch(`${scope.url}${DEVICE}/update`, {
      method: 'POST',
      body: new Blob([firmware]),
      headers: session,
    });
    expect([second.status, (await second.json()).code]).to.deep.equal([409, 'UPDATE_RUNNING']);
    frame.remove();
    expect((await lines(first)).at(-1).result.version).to.equal('1.1.0');
  });

  it('takes an upload as multipart too', async () => {
    await scope.hand(`${DEVICE}/bench`, 'PUT', { bytesPerSecond: 0 });
    const firmware = await makeFirmware({ version: '1.1.0', bytes: 300_000 });
    const form = new FormData();
    form.append('firmware', new Blob([firmware]), 'firmware.bin');
    const answer = await scope.fetch(`${DEVICE}/update`, {
      method: 'POST',
      body: form,
      headers: { ...(await signIn()), accept: 'application/x-ndjson' },
    });
    expect((await outcome(answer)).result.sha256).to.equal(await sha256Hex(firmware));
  });

  describe('keeps out', () => {
    it('navigations: a link shows nothing, a form changes nothing', async () => {
      const session = await signIn();
      const frame = await scope.openFrame(`${DEVICE}/info`);
      // Not even shown: the refusal itself may not be framed.
      expect(frame.contentDocument).to.equal(null);
      const page = scope.window.document;
      const form = page.createElement('form');
      const target = page.createElement('iframe');
      target.name = 'answer';
      Object.assign(form, { method: 'post', action: `${scope.url}${DEVICE}/update`, target: 'answer' });
      form.append(Object.assign(page.createElement('input'), { name: 'password', value: 'guess' }));
      page.body.append(form, target);
      await new Promise<void>((resolve) => {
        target.addEventListener('load', () => resolve());
        form.submit();
      });
      expect(await (await scope.fetch(`${DEVICE}/log`, { headers: session })).text()).not.to.contain('LOGIN_FAILED');
      frame.remove();
    });

    it('the address of a device opened by hand: the app shows it, and the device hears nothing', async () => {
      const popup = window.open(`${scope.url}${DEVICE}/`);
      try {
        for (let i = 0; i < 50 && !popup?.location.hash; i++) await pause(50);
        expect(popup?.location.href).to.equal(`${scope.url}#/devices/esp32-ota`);
      } finally {
        popup?.close();
      }
    });

    it('what a page loads as a picture, a script or without reading it', async () => {
      const image = scope.window.document.createElement('img');
      await new Promise<void>((resolve) => {
        image.addEventListener('error', () => resolve());
        image.src = `${scope.url}${DEVICE}/info`;
        scope.window.document.body.append(image);
      });
      const answer = await scope.fetch(`${DEVICE}/info`, { mode: 'no-cors' });
      expect(answer.status).to.equal(403);
    });

    it('GET where something would change, and paths and devices that are not', async () => {
      const before = await info();
      expect((await scope.fetch(`${DEVICE}/reboot`)).status).to.equal(405);
      expect((await scope.fetch(`${DEVICE}/rollback`)).status).to.equal(405);
      expect((await scope.fetch(`${DEVICE}/nothing`)).status).to.equal(404);
      expect((await scope.fetch('virtual/device/nobody/info')).status).to.equal(404);
      expect((await scope.fetch(`${DEVICE}/bench`)).status).to.equal(403);
      expect((await info()).boot_count).to.equal(before.boot_count);
    });
  });

  it('makes boards of other chips and sizes at the bench, and forgets them', async () => {
    const made = await scope.hand('virtual/device/greenhouse/bench', 'PUT', { name: 'Greenhouse', chip: 'ESP32-C3', flashSizeMb: 8 });
    expect(made.status).to.equal(201);
    const other = await (await scope.fetch('virtual/device/greenhouse/info')).json();
    expect(other).to.include({ chip: 'ESP32-C3', flash_size: 8 << 20, version: '1.0.0', accepts_default_password: false });
    expect((await scope.hand('virtual/device/greenhouse/bench', 'DELETE')).status).to.equal(200);
    expect((await scope.fetch('virtual/device/greenhouse/info')).status).to.equal(404);
  });
});
