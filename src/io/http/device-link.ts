/**
 * A device over HTTP: our own contract, or S1's web page. Stateless; the session is the caller's. How firmware is sent lies
 * in `upload.ts` and is loaded with the first upload.
 */
import { DeviceError } from '../../app/errors.ts';
import type { DeviceRecord } from '../../app/model.ts';
import type { CallOptions, DeviceDialect, DeviceLink, UploadOptions } from '../../app/ports.ts';
import { parseDeviceInfo, parseLoginAnswer, parseUpdateStatus, speaksOwnContract } from '../../core/ota/device-codec.ts';
import { DEVICE_PATHS } from '../../core/ota/device-contract.ts';
import type { DeviceInfo, LoginAnswer, UpdateResult, UpdateStatus } from '../../core/ota/device-contract.ts';
import { defined } from '../../core/fields.ts';
import { brokenOff, readJson, readText, refusal } from './answer.ts';
import { bothSignals } from './call.ts';
import type { Call } from './call.ts';
import { reachOptions } from './reach.ts';
import type { ReachRequest } from './reach.ts';
import type { UploadDoor } from './upload.ts';

const CALL_TIMEOUT_MS = 8000;
/** PBKDF2 on a small chip takes its time. */
const LOGIN_TIMEOUT_MS = 20_000;
/** S1 has no session: its password only opens the upload page. */
const S1_SESSION_S = 300;

export class HttpDeviceLink implements DeviceLink {
  readonly #base: URL;
  readonly #ready: () => Promise<void>;

  /** `ready` is waited for before each call: the service worker that answers for a virtual device. */
  constructor(record: Pick<DeviceRecord, 'baseUrl'>, ready: () => Promise<void> = async () => undefined) {
    this.#base = new URL(record.baseUrl);
    this.#ready = ready;
  }

  async getInfo(options: CallOptions = {}): Promise<{ readonly info: DeviceInfo; readonly dialect: DeviceDialect }> {
    const info = parseDeviceInfo(await this.#json(DEVICE_PATHS.info, options));
    return { info, dialect: speaksOwnContract(info) ? 'otter' : 's1' };
  }

  async login(password: string, options: CallOptions & { readonly dialect: DeviceDialect }): Promise<LoginAnswer> {
    if (options.dialect === 's1') return this.#loginS1(password, options);
    const body = JSON.stringify({ password });
    return parseLoginAnswer(await this.#json(DEVICE_PATHS.login, { ...this.#post(options, body), timeoutMs: LOGIN_TIMEOUT_MS }));
  }

  async changePassword(password: string, options: CallOptions): Promise<void> {
    const call = this.#post(options, JSON.stringify({ password }));
    await this.#done(DEVICE_PATHS.password, { ...call, timeoutMs: LOGIN_TIMEOUT_MS });
  }

  async upload(file: Blob, options: UploadOptions): Promise<UpdateResult | undefined> {
    const { uploadOwn, uploadS1 } = await import('./upload.ts');
    const door: UploadDoor = { call: (path, call) => this.#call(path, call), status: (call) => this.updateStatus(call) };
    return options.dialect === 'otter' ? uploadOwn(door, file, options) : uploadS1(door, file, options);
  }

  async updateStatus(options: CallOptions): Promise<UpdateStatus> {
    return parseUpdateStatus(await this.#json(DEVICE_PATHS.update, options));
  }

  async reboot(options: CallOptions & { readonly dialect: DeviceDialect }): Promise<void> {
    // S1 as shipped restarts on a GET; ours on a POST with a session.
    await this.#done(DEVICE_PATHS.reboot, options.dialect === 's1' ? options : this.#post(options));
  }

  async rollback(options: CallOptions): Promise<void> {
    await this.#done(DEVICE_PATHS.rollback, this.#post(options));
  }

  async log(options: CallOptions): Promise<string> {
    const response = await this.#call(DEVICE_PATHS.log, options);
    return readText(response).catch((cause: unknown) => brokenOff(cause, options.signal));
  }

  async #loginS1(password: string, options: CallOptions): Promise<LoginAnswer> {
    // A URL-encoded form is a simple request: no preflight.
    const response = await this.#call('update', { ...options, method: 'POST', body: new URLSearchParams({ password }) }, [401]);
    await readText(response);
    if (response.status === 401) throw new DeviceError('WRONG_PASSWORD', 'Invalid password!', { status: 401 });
    return { token: '', expires_in: S1_SESSION_S, must_change: false };
  }

  #post(options: CallOptions, json?: string): Call {
    const content = json === undefined ? {} : { body: json, headers: { 'Content-Type': 'application/json' } };
    return { ...options, method: 'POST', ...content };
  }

  async #json(path: string, call: Call): Promise<unknown> {
    const response = await this.#call(path, call);
    // Our worker's word for the 503 of a virtual device that is away.
    if (response.status === 202) throw await refusal(response);
    return readJson(response, path).catch((cause: unknown) => brokenOff(cause, call.signal));
  }

  async #done(path: string, call: Call): Promise<void> {
    const response = await this.#call(path, call);
    await response.body?.cancel().catch(() => undefined);
  }

  /** Resolves with a 2xx answer (or one of `alsoGood`); rejects with a typed error or the signal's reason. */
  async #call(path: string, call: Call, alsoGood: readonly number[] = []): Promise<Response> {
    const target = new URL(path, this.#base);
    const method = call.method ?? 'GET';
    const timeoutMs = call.timeoutMs ?? CALL_TIMEOUT_MS;
    const headers: Record<string, string> = { ...call.headers };
    if (call.token !== undefined && call.token !== '') headers['Authorization'] = `Bearer ${call.token}`;
    const request: ReachRequest = {
      method,
      headers,
      // A token goes in a header of ours; cookies of another device at the same address must not.
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      ...defined({ body: call.body }),
      ...reachOptions(target, new URL(location.href)),
    };
    await this.#ready();
    const signal = bothSignals(call.signal, timeoutMs > 0 ? AbortSignal.timeout(timeoutMs) : undefined);
    let response: Response;
    try {
      response = await fetch(target, { ...request, ...defined({ signal }) });
    } catch (cause) {
      // Never the call itself once more: on S1 even a GET restarts the device.
      const probe = new URL(DEVICE_PATHS.info, this.#base);
      const { explainFailure } = await import('./reach-failure.ts');
      throw await explainFailure(cause, { target, probe, signal: call.signal, isPreflighted: Object.keys(headers).length > 0 });
    }
    if (!response.ok && !alsoGood.includes(response.status)) throw await refusal(response);
    return response;
  }
}
