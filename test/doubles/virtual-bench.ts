/** A virtual device on a desk: a disk in memory, a clock that only moves when told to, firmware made to order. */
import { encodeImage, type ImageDescription } from '../../src/core/image/encode-image.ts';
import { encodeRehearsal, type Rehearsal } from '../../src/core/image/rehearsal.ts';
import type { BenchSettings } from '../../src/virtual/bench.ts';
import { handleBench } from '../../src/virtual/device/bench-door.ts';
import { handleHttp } from '../../src/virtual/device/http-door.ts';
import { VirtualDevice, type DeviceSurroundings } from '../../src/virtual/device/virtual-device.ts';
import type { Clock, DeviceChange, DeviceStorage, RandomSource } from '../../src/virtual/storage.ts';

/** xorshift32: the same numbers for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

export function randomFrom(seed: number): RandomSource {
  const next = seeded(seed);
  return (bytes) => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(next() * 256);
    return bytes;
  };
}

/** `sleep` moves the time at once, so that paced code runs as fast as it can. */
export class ManualClock implements Clock {
  ms = Date.UTC(2026, 0, 1);
  slept = 0;
  now(): number {
    return this.ms;
  }
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.ms += ms;
    this.slept += ms;
    await Promise.resolve();
    signal?.throwIfAborted();
  }
}

export class MemoryDisk implements DeviceStorage {
  blocks = new Map<number, Uint8Array>();
  state: unknown = undefined;
  commits: DeviceChange[] = [];
  /** Thrown by the next commits. */
  failure: Error | undefined;

  async load(): Promise<{ blocks: ReadonlyMap<number, Uint8Array>; state: unknown } | undefined> {
    return this.state === undefined ? undefined : { blocks: new Map(this.blocks), state: structuredClone(this.state) };
  }

  async commit(change: DeviceChange): Promise<void> {
    if (this.failure) throw this.failure;
    this.commits.push(change);
    for (const [index, block] of change.blocks) {
      if (block) this.blocks.set(index, block.slice());
      else this.blocks.delete(index);
    }
    if (change.state !== undefined) this.state = structuredClone(change.state);
    await Promise.resolve();
  }

  /** The same content, from here on independent. Blocks are never changed in place, so they can be shared. */
  copy(): MemoryDisk {
    const copy = new MemoryDisk();
    copy.blocks = new Map(this.blocks);
    copy.state = structuredClone(this.state);
    return copy;
  }
}

export interface FirmwareOrder {
  readonly version: string;
  /** `none`: as from elsewhere, without a marker. */
  readonly rehearsal?: Rehearsal | 'none';
  readonly bytes?: number;
  readonly chip?: ImageDescription['chip'];
  readonly minChipRevision?: number;
  readonly secureVersion?: number;
}

export async function makeFirmware({
  version,
  rehearsal = 'healthy',
  bytes = 5_000,
  chip = 'ESP32',
  minChipRevision = 0,
  secureVersion = 0,
}: FirmwareOrder): Promise<Uint8Array<ArrayBuffer>> {
  const data = new Uint8Array(bytes);
  randomFrom(version.length + bytes + version.charCodeAt(0) * 7 + version.charCodeAt(2) * 31)(data);
  if (rehearsal !== 'none') data.set(encodeRehearsal(rehearsal));
  return await encodeImage({
    chip,
    flashMode: 'DIO',
    flashSize: '4MB',
    flashFrequency: '40m',
    entry: 0x40080400,
    minChipRevision,
    segments: [{ loadAddress: 0x3f400020, data }],
    descriptor: { version, projectName: 'bench-test', date: 'Nov 19 2025', time: '18:02:11', idfVersion: 'v5.2.2', secureVersion },
    appendHash: true,
  });
}

/** What `Response.json()` gives: each test says what it expects of it. */
export type Json = Awaited<ReturnType<Response['json']>>;

export const PASSWORD = 'admin123';

export class Bench {
  readonly clock = new ManualClock();
  readonly disk: MemoryDisk;
  readonly random = randomFrom(7);
  factory: Uint8Array;
  device!: VirtualDevice;
  token = '';

  constructor(factory: Uint8Array, disk = new MemoryDisk()) {
    this.factory = factory;
    this.disk = disk;
  }

  get surroundings(): DeviceSurroundings {
    return {
      id: 'desk',
      storage: this.disk,
      clock: this.clock,
      random: this.random,
      factory: async () => this.factory,
      passwordRounds: 10,
    };
  }

  /** A new board that answers, accepts its default password, and is signed in to. */
  static async start(settings: Partial<BenchSettings> = {}, factory?: Uint8Array): Promise<Bench> {
    const bench = new Bench(factory ?? (await makeFirmware({ version: '1.0.0' })));
    bench.device = await VirtualDevice.provision(bench.surroundings, 'desk', { acceptsDefaultPassword: true, ...settings });
    bench.clock.ms += 3_000;
    await bench.signIn();
    return bench;
  }

  async signIn(): Promise<void> {
    const answer = await this.call('POST', 'login', { body: JSON.stringify({ password: PASSWORD }) });
    this.token = ((await answer.json()) as { token: string }).token;
  }

  /** As after the browser stopped the worker: what was not stored is gone. */
  async restoreDevice(): Promise<void> {
    const device = await VirtualDevice.restore(this.surroundings);
    if (!device) throw new Error('nothing was stored');
    this.device = device;
  }

  request(method: string, path: string, init: RequestInit = {}): Request {
    const headers = new Headers(init.headers);
    if (this.token && !headers.has('authorization')) headers.set('authorization', `Bearer ${this.token}`);
    if (headers.get('authorization') === 'none') headers.delete('authorization');
    return new Request(`http://device/${path}`, {
      method,
      ...init,
      headers,
      ...(init.body instanceof ReadableStream && { duplex: 'half' }),
    } as RequestInit);
  }

  async call(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    return await handleHttp(this.device, this.request(method, path, init), path);
  }

  async hand(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { 'X-Otter-Bench': '1' };
    const init = body === undefined ? { headers } : { headers, body: JSON.stringify(body) };
    return await handleBench(this.device, this.request(method, path, init), path);
  }

  async upload(firmware: Uint8Array, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
    return await this.call('POST', 'update', {
      body: new Blob([firmware as Uint8Array<ArrayBuffer>]),
      headers: { accept: 'application/x-ndjson', 'X-Firmware-Size': String(firmware.length), ...headers },
      ...(signal && { signal }),
    });
  }

  async info(): Promise<Record<string, Json>> {
    const answer = await this.call('GET', 'info');
    return { status: answer.status, ...((await answer.json()) as object) };
  }

  /** Lets the device come up, confirm or not. */
  async later(ms: number): Promise<Record<string, Json>> {
    this.clock.ms += ms;
    return await this.info();
  }
}

export async function lines(answer: Response): Promise<Json[]> {
  return (await answer.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

export async function outcome(answer: Response): Promise<Json> {
  return (await lines(answer)).at(-1);
}
