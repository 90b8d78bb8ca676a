/**
 * The device's web server: our own device contract, and S1's calls beside it. One table of paths and methods; what is not in it is
 * 404 or 405, and no GET changes anything (but for S1's own `GET reboot`, in the profile that says so).
 */
import { DEVICE_PATHS, type UpdateStatus } from '../../core/ota/device-contract.ts';
import { multipartBoundary } from '../../core/ota/multipart.ts';
import {
  isUrlEncodedForm,
  readMultipartPassword,
  readShortText,
  readUrlEncodedPassword,
  renderLoginPage,
  renderUploadPage,
  S1_PATHS,
  S1_TEXTS,
  S1_TOKEN_HEADER,
} from '../../core/ota/s1.ts';
import { BOOT_MS, isPowerLost } from '../board.ts';
import { html, json, refusal, retryAfter, text } from './answers.ts';
import { readBody } from './body.ts';
import { DeviceError } from './device-error.ts';
import { describeDevice } from './info.ts';
import { receiveUpdate } from './update-door.ts';
import type { VirtualDevice } from './virtual-device.ts';

type Handler = (device: VirtualDevice, request: Request) => Promise<Response>;

/** Handlers marked `alone` run one at a time; the others take their turn themselves. */
interface Route {
  readonly handle: Handler;
  readonly alone: boolean;
}

const alone = (handle: Handler): Route => ({ handle, alone: true });
const streamed = (handle: Handler): Route => ({ handle, alone: false });

const ROUTES: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  [S1_PATHS.login]: { GET: alone(loginPage) },
  [DEVICE_PATHS.info]: { GET: alone(info) },
  [DEVICE_PATHS.login]: { POST: alone(login) },
  [DEVICE_PATHS.password]: { POST: alone(changePassword) },
  [DEVICE_PATHS.update]: { GET: alone(updateStatus), POST: streamed(update) },
  [S1_PATHS.upload]: { POST: streamed(upload) },
  [DEVICE_PATHS.reboot]: { POST: alone(reboot), GET: alone(rebootAsShipped) },
  [DEVICE_PATHS.rollback]: { POST: alone(rollback) },
  [DEVICE_PATHS.log]: { GET: alone(log) },
};

/** @param path below the device's base URL, without a leading slash. @throws DeviceStorageError; bugs */
export async function handleHttp(device: VirtualDevice, request: Request, path: string): Promise<Response> {
  try {
    const route = findRoute(path, request.method);
    if (!route.alone) return await route.handle(device, request);
    return await device.exclusive(async () => {
      const answer = await answerFor(device, request, route);
      await device.save();
      return answer;
    });
  } catch (error) {
    if (error instanceof DeviceError) return refusal(error, error.code === 'METHOD_NOT_ALLOWED' ? { allow: allowed(path) } : {});
    // A board without power does not even say that it has none.
    if (isPowerLost(error)) return Response.error();
    throw error;
  }
}

function findRoute(path: string, method: string): Route {
  if (!Object.hasOwn(ROUTES, path)) throw new DeviceError('NOT_FOUND', S1_TEXTS.notFound);
  const route = ROUTES[path]?.[method];
  if (!route) throw new DeviceError('METHOD_NOT_ALLOWED', `${method} is not for this path`);
  return route;
}

function allowed(path: string): string {
  const methods = Object.keys(ROUTES[path] ?? {});
  return (path === DEVICE_PATHS.reboot ? ['POST'] : methods).join(', ');
}

/** A refusal may change the state too (a wrong password counts), so it is an answer like any other. */
async function answerFor(device: VirtualDevice, request: Request, { handle }: Route): Promise<Response> {
  try {
    device.assertAnswers();
    return await handle(device, request);
  } catch (error) {
    if (error instanceof DeviceError) return refusal(error, error.code === 'METHOD_NOT_ALLOWED' ? { allow: 'POST' } : {});
    if (isPowerLost(error)) await device.powerLost();
    throw error;
  }
}

// ---- our own contract ----

async function info(device: VirtualDevice): Promise<Response> {
  return json(await describeDevice(device.board, device.surroundings.id, device.now, device.writing));
}

async function login(device: VirtualDevice, request: Request): Promise<Response> {
  return json(await device.access.login(await passwordOf(request), device.now));
}

async function changePassword(device: VirtualDevice, request: Request): Promise<Response> {
  const session = await device.access.requireSession(request.headers, device.now);
  await device.access.changePassword(await passwordOf(request), session, device.now);
  return json({ status: 'changed' });
}

async function updateStatus(device: VirtualDevice, request: Request): Promise<Response> {
  await device.access.requireSession(request.headers, device.now);
  return json(device.board.state.update satisfies UpdateStatus);
}

/** A firmware, or S1's login form: same path, same method. */
async function update(device: VirtualDevice, request: Request): Promise<Response> {
  const contentType = request.headers.get('content-type');
  const never = new AbortController().signal;
  if (isUrlEncodedForm(contentType)) return await formLogin(device, await readUrlEncodedPassword(readBody(request, never)));
  if (multipartBoundary(contentType) !== undefined && !request.headers.has('authorization')) {
    return await formLogin(device, await readFormPassword(request, contentType ?? '', never));
  }
  return await receiveUpdate(device, request, { openToAll: false });
}

async function reboot(device: VirtualDevice, request: Request): Promise<Response> {
  await device.access.requireSession(request.headers, device.now);
  return await restart(device, json({ status: 'rebooting', boot_ms: BOOT_MS }));
}

/** Starts the other slot's firmware; it confirms itself as after an update, and the boot loader comes back here if it cannot start. */
async function rollback(device: VirtualDevice, request: Request): Promise<Response> {
  await device.access.requireSession(request.headers, device.now);
  const { board } = device;
  if (device.isUpdating) throw new DeviceError('UPDATE_RUNNING', 'an update is running');
  const target = await board.rollbackTarget();
  if (!target) throw new DeviceError('NO_ROLLBACK', 'the other slot holds no firmware that could be started');
  const found = await board.imageIn(target);
  const version = 'image' in found ? (found.image.appDescriptor?.version ?? '') : '';
  board.log(device.now, 'W', `ROLLBACK: to ${target.label}`);
  board.selectNext(target, 'NEW');
  return await restart(device, json({ status: 'rebooting', slot: target.label, version, boot_ms: BOOT_MS }));
}

async function log(device: VirtualDevice, request: Request): Promise<Response> {
  await device.access.requireSession(request.headers, device.now);
  return text(`${device.board.state.log.join('\n')}\n`);
}

async function restart(device: VirtualDevice, answer: Response): Promise<Response> {
  if (device.isUpdating) throw new DeviceError('UPDATE_RUNNING', 'an update is running');
  await device.board.restart(device.now);
  await device.save('strict');
  return answer;
}

/** `{password}`. @throws DeviceError MALFORMED */
async function passwordOf(request: Request): Promise<string> {
  const body = await readShortText(readBody(request, new AbortController().signal));
  try {
    const value: unknown = JSON.parse(body ?? '');
    const password = typeof value === 'object' && value !== null && 'password' in value ? value.password : undefined;
    if (typeof password === 'string') return password;
  } catch {
    // Not JSON: refused below like JSON without a password.
  }
  throw new DeviceError('MALFORMED', 'the body is {"password": "…"}');
}

// ---- S1 ----

async function loginPage(device: VirtualDevice): Promise<Response> {
  const {
    version,
    build_date: buildDate,
    ip,
    rssi,
  } = await describeDevice(device.board, device.surroundings.id, device.now, device.writing);
  return html(renderLoginPage({ name: device.board.state.name, version, buildDate, ip, rssi }));
}

async function formLogin(device: VirtualDevice, password: string | undefined): Promise<Response> {
  return await device.exclusive(async () => {
    device.assertAnswers();
    const answer = await tryFormLogin(device, password);
    await device.save();
    return answer;
  });
}

async function tryFormLogin(device: VirtualDevice, password: string | undefined): Promise<Response> {
  if (password === undefined) throw new DeviceError('NO_SESSION', 'sign in first');
  try {
    const { token } = await device.access.login(password, device.now);
    return html(renderUploadPage({ name: device.board.state.name }, token), { [S1_TOKEN_HEADER]: token });
  } catch (error) {
    if (error instanceof DeviceError) return text(error.message, error.status, retryAfter(error));
    throw error;
  }
}

async function readFormPassword(request: Request, contentType: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await readMultipartPassword(readBody(request, signal), contentType);
  } catch (cause) {
    throw new DeviceError('MALFORMED', 'the form cannot be read', {}, { cause });
  }
}

/** Says only what S1 says; the code goes into a header. */
async function upload(device: VirtualDevice, request: Request): Promise<Response> {
  try {
    return await receiveUpdate(device, request, { openToAll: device.board.state.bench.profile === 'as-shipped' });
  } catch (error) {
    if (!(error instanceof DeviceError) || !UPDATE_FAULTS.has(error.status)) throw error;
    return text(S1_TEXTS.updateFailed, 500, { 'X-Update-Error': error.code });
  }
}

/** The statuses of an update that went wrong, as against one that was never let in (401, 403, 409, 503). */
const UPDATE_FAULTS: ReadonlySet<number> = new Set([400, 413, 422, 500, 507]);

async function rebootAsShipped(device: VirtualDevice): Promise<Response> {
  if (device.board.state.bench.profile !== 'as-shipped')
    throw new DeviceError('METHOD_NOT_ALLOWED', 'restarting is a POST and needs a session');
  return await restart(device, text(S1_TEXTS.rebooting));
}
