import { expect } from 'chai';
import { parseBoardState } from '../../src/virtual/board-state.ts';
import { retargetImage } from '../../src/virtual/provision.ts';
import { VirtualWorld } from '../../src/virtual/world.ts';
import { Bench, ManualClock, makeFirmware, MemoryDisk, outcome, randomFrom, type Json } from '../doubles/virtual-bench.ts';

class MemoryDisks {
  readonly disks = new Map<string, MemoryDisk>();
  device(id: string): MemoryDisk {
    const disk = this.disks.get(id) ?? new MemoryDisk();
    this.disks.set(id, disk);
    return disk;
  }
  async forget(id: string): Promise<void> {
    this.disks.delete(id);
  }
}

describe('VirtualWorld', () => {
  let factory: Uint8Array;
  let disk: MemoryDisks;
  let world: VirtualWorld;
  const newWorld = (): VirtualWorld =>
    new VirtualWorld({
      disk,
      clock: new ManualClock(),
      random: randomFrom(3),
      passwordRounds: 10,
      factory: async (chip) => (chip === 'ESP32' ? factory : await retargetImage(factory, chip)),
    });
  const call = async (method: string, id: string, path: string, body?: unknown): Promise<Response> =>
    await world.handle(
      new Request('http://x', { method, headers: { 'X-Otter-Bench': '1' }, ...(body !== undefined && { body: JSON.stringify(body) }) }),
      id,
      path,
    );

  beforeEach(async () => {
    factory = await makeFirmware({ version: '1.0.0' });
    disk = new MemoryDisks();
    world = newWorld();
  });

  it('brings esp32-ota up once, even when two ask at once', async () => {
    const answers = await Promise.all([call('GET', 'esp32-ota', 'info'), call('GET', 'esp32-ota', 'info')]);
    const [a, b] = await Promise.all(answers.map((answer) => answer.json()));
    expect(a.mac).to.equal(b.mac);
    world = newWorld();
    expect((await (await call('GET', 'esp32-ota', 'info')).json()).mac).to.equal(a.mac);
  });

  it('makes others only at the bench, and forgets them there', async () => {
    expect((await call('GET', 'lab', 'info')).status).to.equal(404);
    expect((await call('GET', '../x', 'info')).status).to.equal(404);
    expect((await call('PUT', 'lab', 'bench', { name: 'Lab', chip: 'ESP32-S3' })).status).to.equal(201);
    expect(await (await call('GET', 'lab', 'info')).json()).to.include({ chip: 'ESP32-S3', version: '1.0.0' });
    expect((await call('DELETE', 'lab', 'bench')).status).to.equal(200);
    expect((await call('GET', 'lab', 'info')).status).to.equal(404);
  });

  it('refuses orders that it does not understand', async () => {
    for (const order of [
      null,
      [],
      { chip: 'ESP8266' },
      { flashSizeMb: 3 },
      { speed: 1 },
      { cutAfterBytes: -1 },
      { name: '' },
      { fullSlot: 'yes' },
    ]) {
      expect((await call('PUT', 'lab', 'bench', order)).status, JSON.stringify(order)).to.equal(400);
    }
    await call('PUT', 'lab', 'bench', {});
    expect((await call('PUT', 'lab', 'bench/nothing', {})).status).to.equal(404);
    expect((await call('GET', 'lab', 'bench/power-cycle')).status).to.equal(405);
    expect((await world.handle(new Request('http://x', { method: 'PUT', body: '{}' }), 'lab', 'bench')).status).to.equal(403);
    expect((await world.handle(new Request('http://x', { method: 'DELETE' }), 'lab', 'bench')).status).to.equal(403);
  });

  it('makes one board when two ask for it at once, with what both said', async () => {
    const answers = await Promise.all([
      call('PUT', 'lab', 'bench', { fullSlot: true }),
      call('PUT', 'lab', 'bench', { bytesPerSecond: 9 }),
    ]);
    expect(answers.map(({ status }) => status)).to.deep.equal([201, 200]);
    const { mac } = await (await call('GET', 'lab', 'info')).json();
    world = newWorld();
    expect((await (await call('GET', 'lab', 'info')).json()).mac).to.equal(mac);
    expect(await (await call('GET', 'lab', 'bench')).json()).to.include({ fullSlot: true, bytesPerSecond: 9 });
  });

  describe('while an update runs', () => {
    const OPEN_BOARD = { acceptsDefaultPassword: true };
    const firmware = new Uint8Array(100_000);
    let authorization = '';
    let feed!: ReadableStreamDefaultController<Uint8Array>;
    const send = async (body: BodyInit): Promise<Response> =>
      await world.handle(
        new Request('http://x', {
          method: 'POST',
          body,
          headers: { authorization, accept: 'application/x-ndjson', 'X-Firmware-Size': String(firmware.length) },
          ...(body instanceof ReadableStream && { duplex: 'half' }),
        } as RequestInit),
        'lab',
        'update',
      );

    beforeEach(async () => {
      firmware.set(factory);
      await call('PUT', 'lab', 'bench', OPEN_BOARD);
      const answer = await call('POST', 'lab', 'login', { password: 'admin123' });
      authorization = `Bearer ${(await answer.json()).token}`;
    });

    const begin = async (): Promise<Response> => {
      const answer = send(new ReadableStream<Uint8Array>({ start: (controller) => void (feed = controller) }));
      feed.enqueue(firmware.subarray(0, 50_000));
      return await answer;
    };

    it('a refused hand at the bench leaves it the only one', async () => {
      const running = await begin();
      expect((await world.handle(new Request('http://x', { method: 'DELETE' }), 'lab', 'bench')).status).to.equal(403);
      expect((await send(firmware)).status).to.equal(409);
      feed.close();
      expect((await outcome(running)).code).to.equal('UPDATE_ERROR_ABORT');
    });

    it('forgetting the device ends it, and nothing comes back', async () => {
      const running = await begin();
      const stored = disk.device('lab');
      expect((await call('DELETE', 'lab', 'bench')).status).to.equal(200);
      const commits = stored.commits.length;
      const heard = outcome(running).then(
        () => 'all of it',
        () => 'no more',
      );
      expect(await heard).to.equal('no more');
      expect((await call('GET', 'lab', 'info')).status).to.equal(404);
      expect(stored.commits.length).to.equal(commits);
    });

    it('a disk that fails once ends it, although later writes would work: the device is what was stored', async () => {
      const running = await begin();
      const stored = disk.device('lab');
      stored.failure = new Error('full');
      expect((await call('PUT', 'lab', 'bench', { fullSlot: true })).status).to.equal(507);
      stored.failure = undefined;
      const { commits } = stored;
      expect((await call('GET', 'lab', 'info')).status).to.equal(200);
      const before = commits.length;
      expect((await outcome(running)).code).to.equal('UPDATE_ERROR_SPACE');
      expect(commits.length).to.equal(before);
      expect((await (await call('GET', 'lab', 'bench')).json()).fullSlot).to.equal(false);
    });
  });

  it('provisions anew when chip or flash size change, dropping what was stored beyond', async () => {
    await call('PUT', 'lab', 'bench', { flashSizeMb: 8 });
    const { mac } = await (await call('GET', 'lab', 'info')).json();
    const settings = await (await call('PUT', 'lab', 'bench', { flashSizeMb: 2, chip: 'ESP32-C6' })).json();
    expect(settings).to.include({ flashSizeMb: 2, chip: 'ESP32-C6' });
    expect(Math.max(...disk.device('lab').blocks.keys())).to.be.lessThan(32);
    const state = disk.device('lab').state as { mac: string; power: { kind: string } };
    expect([state.mac, state.power.kind]).to.deep.equal([mac, 'on']);
  });

  it('says 507 when the disk is full, 500 when the factory firmware is missing, and recovers', async () => {
    disk.device('esp32-ota').failure = new Error('full');
    expect((await call('GET', 'esp32-ota', 'info')).status).to.equal(507);
    disk.device('esp32-ota').failure = undefined;
    const kept = factory;
    world = new VirtualWorld({
      disk,
      clock: new ManualClock(),
      random: randomFrom(3),
      passwordRounds: 10,
      factory: async () => Promise.reject(new Error('offline')),
    });
    expect((await call('GET', 'esp32-ota', 'info')).status).to.equal(500);
    factory = kept;
    world = newWorld();
    expect((await call('GET', 'esp32-ota', 'info')).status).to.equal(200);
    disk.device('esp32-ota').failure = new Error('full');
    expect((await call('PUT', 'esp32-ota', 'bench', { fullSlot: true })).status).to.equal(507);
    disk.device('esp32-ota').failure = undefined;
    expect((await (await call('GET', 'esp32-ota', 'bench')).json()).fullSlot).to.equal(false);
  });

  it('provisions anew what is stored but cannot be read', async () => {
    await call('GET', 'esp32-ota', 'info');
    disk.device('esp32-ota').state = { format: 1, name: 7 };
    world = newWorld();
    expect((await call('GET', 'esp32-ota', 'info')).status).to.equal(200);
  });
});

describe('parseBoardState()', () => {
  it('takes back what was stored and refuses it with any one field broken', async () => {
    const bench = await Bench.start();
    await bench.signIn();
    const stored = structuredClone(bench.disk.state) as Record<string, Json>;
    expect(parseBoardState(stored)).to.deep.equal(stored);
    for (const field of Object.keys(stored)) {
      for (const broken of [undefined, null, -1, 'x'.repeat(5_000), [null], { a: 'b' }]) {
        expect(parseBoardState({ ...stored, [field]: broken }), `${field}: ${JSON.stringify(broken)?.slice(0, 20)}`).to.equal(undefined);
      }
    }
    for (const other of [undefined, null, 7, [], {}]) expect(parseBoardState(other)).to.equal(undefined);
  });
});
