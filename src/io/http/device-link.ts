/**
 * A device over HTTP: our own contract, or S1's web page. Stateless; the session is the caller's. Progress of an upload
 * is the device's own report (an NDJSON answer streamed while flash is written): a listener on `xhr.upload` would force a
 * CORS preflight that small devices do not answer, and never fires when a service worker answers.
 */
import { DeviceError, LinkError } from '../../app/errors.ts';
import type { DeviceRecord } from '../../app/model.ts';
import type { CallOptions, DeviceDialect, DeviceLink, UploadOptions } from '../../app/ports.ts';
import { parseDeviceInfo, parseLoginAnswer, parseUpdateLine, parseUpdateStatus, speaksOwnContract } from '../../core/ota/device-codec.ts';
import { DEVICE_ERRORS, DEVICE_PATHS, UPDATE_HEADERS } from '../../core/ota/device-contract.ts';
import type { DeviceInfo, LoginAnswer, UpdateResult, UpdateStatus } from '../../core/ota/device-contract.ts';
import { readLines } from '../../core/ota/ndjson.ts';
import { readJson, readText, refusal } from './answer.ts';
import { explainFailure, reachOptions } from './reach.ts';
import type { ReachRequest } from './reach.ts';

const CALL_TIMEOUT_MS = 8000;
/** PBKDF2 on a small chip takes its time. */
const LOGIN_TIMEOUT_MS = 20_000;
/** No line for this long means that the answer hangs. Erasing 1.5 MB takes up to 20 s on slow flash. */
const STALL_TIMEOUT_MS = 45_000;
const S1_UPLOAD_TIMEOUT_MS = 300_000;
/** S1 has no session: its password only opens the upload page. */
const S1_SESSION_S = 300;

interface Call extends CallOptions {
  readonly method?: 'GET' | 'POST';
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  /** 0 = the caller's signal bounds it. */
  readonly timeoutMs?: number;
}

/** Aborts when `alive` was not called for too long. */
class Stall {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  alive(): void {
    this.stop();
    this.#timer = setTimeout(() => this.#controller.abort(new DOMException('the device fell silent', 'TimeoutError')), STALL_TIMEOUT_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

const bothSignals = (...signals: (AbortSignal | undefined)[]): AbortSignal | undefined => {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length > 1 ? AbortSignal.any(given) : given[0];
};

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

  upload(file: Blob, options: UploadOptions): Promise<UpdateResult | undefined> {
    return options.dialect === 'otter' ? this.#uploadOwn(file, options) : this.#uploadS1(file, options);
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
    return readText(response).catch((cause: unknown) => this.#brokenOff(cause, options.signal));
  }

  async #loginS1(password: string, options: CallOptions): Promise<LoginAnswer> {
    // A URL-encoded form is a simple request: no preflight.
    const response = await this.#call('update', { ...options, method: 'POST', body: new URLSearchParams({ password }) }, [401]);
    await readText(response);
    if (response.status === 401) throw new DeviceError('WRONG_PASSWORD', 'Invalid password!', { status: 401 });
    return { token: '', expires_in: S1_SESSION_S, must_change: false };
  }

  async #uploadOwn(file: Blob, options: UploadOptions): Promise<UpdateResult> {
    const stall = new Stall();
    const headers = {
      Accept: 'application/x-ndjson',
      'Content-Type': 'application/octet-stream',
      [UPDATE_HEADERS.size]: String(file.size),
      [UPDATE_HEADERS.sha256]: options.sha256,
      [UPDATE_HEADERS.md5]: options.md5,
    };
    const signal = bothSignals(options.signal, stall.signal);
    stall.alive();
    try {
      const response = await this.#call(DEVICE_PATHS.update, {
        token: options.token,
        signal,
        method: 'POST',
        body: file,
        headers,
        timeoutMs: 0,
      });
      return await this.#readUpdate(response, options, stall);
    } finally {
      stall.stop();
    }
  }

  async #readUpdate(response: Response, options: UploadOptions, stall: Stall): Promise<UpdateResult> {
    if (!response.body) throw new LinkError('CONNECTION_LOST', 'the answer is empty', {});
    const lines = readLines(response.body);
    for (;;) {
      const next = await lines.next().catch((cause: unknown) => this.#brokenOff(cause, options.signal));
      if (next.done === true) throw new LinkError('CONNECTION_LOST', 'the answer ended without a result', {});
      stall.alive();
      const line = parseUpdateLine(next.value);
      if ('result' in line) return line.result;
      if ('error' in line) throw new DeviceError(line.code, line.error, { status: DEVICE_ERRORS[line.code] });
      options.onProgress?.(line);
    }
  }

  /** A body that stops in the middle is another thing than a device that never answered. */
  #brokenOff(cause: unknown, signal: AbortSignal | undefined): never {
    if (signal?.aborted === true) throw signal.reason;
    if (cause instanceof TypeError || cause instanceof DOMException) throw new LinkError('CONNECTION_LOST', cause.message, {}, { cause });
    throw cause;
  }

  /** Multipart without a header of ours stays a simple request. The answer comes after the last byte, or not at all. */
  async #uploadS1(file: Blob, options: UploadOptions): Promise<undefined> {
    const body = new FormData();
    body.append('firmware', file, options.fileName);
    const response = await this.#call('upload', { signal: options.signal, method: 'POST', body, timeoutMs: S1_UPLOAD_TIMEOUT_MS });
    const text = await readText(response).catch((cause: unknown) => this.#brokenOff(cause, options.signal));
    // Some of these pages answer 200 whatever happened; the words decide.
    if (/fail|error/i.test(text) && !/success/i.test(text))
      throw new DeviceError('UPDATE_ERROR_WRITE', text.slice(0, 200), { status: response.status });
    return undefined;
  }

  #post(options: CallOptions, json?: string): Call {
    const content = json === undefined ? {} : { body: json, headers: { 'Content-Type': 'application/json' } };
    return { ...options, method: 'POST', ...content };
  }

  async #json(path: string, call: Call): Promise<unknown> {
    const response = await this.#call(path, call);
    return readJson(response, path).catch((cause: unknown) => this.#brokenOff(cause, call.signal));
  }

  async #done(path: string, call: Call): Promise<void> {
    const response = await this.#call(path, call);
    await response.body?.cancel().catch(() => undefined);
  }

  /** Resolves with a 2xx answer (or one of `alsoGood`); rejects with a typed error or the signal's reason. */
  async #call(path: string, call: Call, alsoGood: readonly number[] = []): Promise<Response> {
    const target = new URL(path, this.#base);
    const timeoutMs = call.timeoutMs ?? CALL_TIMEOUT_MS;
    const headers: Record<string, string> = { ...call.headers };
    if (call.token !== undefined && call.token !== '') headers['Authorization'] = `Bearer ${call.token}`;
    const request: ReachRequest = {
      method: call.method ?? 'GET',
      headers,
      // A token goes in a header of ours; cookies of another device at the same address must not.
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      ...(call.body === undefined ? {} : { body: call.body }),
      ...reachOptions(target, new URL(location.href)),
    };
    await this.#ready();
    const signal = bothSignals(call.signal, timeoutMs > 0 ? AbortSignal.timeout(timeoutMs) : undefined);
    let response: Response;
    try {
      response = await fetch(target, { ...request, ...(signal ? { signal } : {}) });
    } catch (cause) {
      throw await explainFailure(cause, target, call.signal);
    }
    if (!response.ok && !alsoGood.includes(response.status)) throw await refusal(response);
    return response;
  }
}
