/** The hand at the bench: settings and faults, power, factory reset. Not part of the device's network, and always within reach. */
import { parseBenchChange, type BenchSettings } from '../bench.ts';
import { json, refusal } from './answers.ts';
import { readBody } from './body.ts';
import { DeviceError } from './device-error.ts';
import { planFaults, serialPortOf } from './serial/board-port.ts';
import type { VirtualDevice } from './virtual-device.ts';
import { readShortText } from '../../core/ota/s1.ts';

/** Keeps pages that merely know the address from moving the hand. */
const BENCH_HEADER = 'X-Otter-Bench';
export const BENCH_PATH = 'bench';

interface BenchOrder {
  readonly name?: string;
  readonly change: Partial<BenchSettings>;
}

const MAX_NAME = 64;

type Handler = (device: VirtualDevice, request: Request) => Promise<Response>;

const ROUTES: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  bench: { GET: read, PUT: configure },
  'bench/power-cycle': { POST: powerCycle },
  'bench/factory-reset': { POST: factoryReset },
  'bench/boot-button': { POST: bootButton },
  'bench/reset-button': { POST: resetButton },
};

export function isBenchPath(path: string): boolean {
  return path === BENCH_PATH || path.startsWith(`${BENCH_PATH}/`);
}

/** @throws DeviceError FORBIDDEN */
export function assertBenchHand(request: Request): void {
  if (request.headers.get(BENCH_HEADER) !== '1') throw new DeviceError('FORBIDDEN', `the bench needs the header ${BENCH_HEADER}: 1`);
}

export async function handleBench(device: VirtualDevice, request: Request, path: string): Promise<Response> {
  try {
    assertBenchHand(request);
    const handler = Object.hasOwn(ROUTES, path) ? ROUTES[path]?.[request.method] : undefined;
    if (!Object.hasOwn(ROUTES, path)) throw new DeviceError('NOT_FOUND', 'Not Found');
    if (!handler) throw new DeviceError('METHOD_NOT_ALLOWED', `${request.method} is not for this path`);
    return await handler(device, request);
  } catch (error) {
    if (error instanceof DeviceError) return refusal(error);
    throw error;
  }
}

/** `{name?, …settings}`. @throws DeviceError MALFORMED */
export async function readBenchOrder(request: Request): Promise<BenchOrder> {
  const body = await readShortText(readBody(request, new AbortController().signal));
  let value: unknown;
  try {
    value = JSON.parse(body ?? '');
  } catch (cause) {
    throw new DeviceError('MALFORMED', 'bench settings are a JSON object', {}, { cause });
  }
  if (typeof value !== 'object' || value === null || !('name' in value)) return { change: parseBenchChange(value) };
  const { name, ...settings } = value;
  if (typeof name !== 'string' || name.trim() === '' || name.length > MAX_NAME)
    throw new DeviceError('MALFORMED', `a name has 1 to ${MAX_NAME} characters`);
  return { name, change: parseBenchChange(settings) };
}

async function read(device: VirtualDevice): Promise<Response> {
  return await device.exclusive(async () => {
    await device.save();
    return json(device.board.state.bench);
  });
}

async function configure(device: VirtualDevice, request: Request): Promise<Response> {
  return await applyOrder(device, await readBenchOrder(request));
}

/** Another chip or another flash is another board: it starts as new. */
export async function applyOrder(device: VirtualDevice, { name, change }: BenchOrder): Promise<Response> {
  const { bench } = device.board.state;
  const isRebuilt = (change.chip ?? bench.chip) !== bench.chip || (change.flashSizeMb ?? bench.flashSizeMb) !== bench.flashSizeMb;
  const apply = async (): Promise<Response> => {
    const settings = { ...device.board.state.bench, ...change };
    if (isRebuilt) await device.provisionAgain(settings);
    else device.board.change({ bench: settings });
    if (name !== undefined) device.board.change({ name });
    if (change.powerCutAtOperation !== undefined) device.board.flash.schedulePowerCut(change.powerCutAtOperation);
    planFaults(device);
    await device.save();
    return json(device.board.state.bench);
  };
  return await (isRebuilt ? device.withoutUpdate(apply) : device.exclusive(apply));
}

async function powerCycle(device: VirtualDevice): Promise<Response> {
  return await device.withoutUpdate(async () => {
    await device.board.boot(device.now, 'POWERON');
    await device.save();
    return json({ status: 'started' });
  });
}

async function factoryReset(device: VirtualDevice): Promise<Response> {
  return await device.withoutUpdate(async () => {
    await device.provisionAgain(device.board.state.bench);
    return json({ status: 'reset' });
  });
}

/** BOOT held, RESET pressed: the ROM waits for a flasher, also on a board whose port cannot do that. */
async function bootButton(device: VirtualDevice): Promise<Response> {
  await serialPortOf(device).pressBootAndReset();
  return json({ status: 'download' });
}

async function resetButton(device: VirtualDevice): Promise<Response> {
  await serialPortOf(device).pressReset();
  return json({ status: 'started' });
}
