/**
 * Sends firmware to a device. Progress is the device's own report: an NDJSON answer streamed while flash is written, and `GET update`
 * beside it. A listener on `xhr.upload` would force a CORS preflight that small devices do not answer, would count bytes in buffers as
 * bytes in flash, and never fires when a service worker answers. Loaded with the first upload.
 */
import { DeviceError, LinkError } from '../../app/errors.ts';
import type { CallOptions, UploadOptions } from '../../app/ports.ts';
import { parseUpdateLine } from '../../core/ota/device-codec.ts';
import { DEVICE_ERRORS, DEVICE_PATHS, UPDATE_HEADERS } from '../../core/ota/device-contract.ts';
import type { UpdateResult, UpdateStatus } from '../../core/ota/device-contract.ts';
import { readLines } from '../../core/ota/ndjson.ts';
import { brokenOff, readText } from './answer.ts';
import { bothSignals } from './call.ts';
import type { Call } from './call.ts';

/** No line for this long means that the answer hangs. Erasing 1.5 MB takes up to 20 s on slow flash. */
const STALL_TIMEOUT_MS = 45_000;
/** Over HTTP/1.1 a browser reads no answer before it has sent the whole body: 1.5 MB at 6 KB/s must fit. */
const SENDING_TIMEOUT_MS = 300_000;
/** A device whose answer streams at once needs no asking. */
const ASK_AFTER_MS = 1500;
const ASK_EVERY_MS = 1000;
const ASK_TIMEOUT_MS = 3000;

/** The device, as its link calls it. */
export interface UploadDoor {
  call(path: string, call: Call): Promise<Response>;
  status(options: CallOptions): Promise<UpdateStatus>;
}

/** Aborts when `alive` was not called for too long. */
class Stall {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  alive(forMs = STALL_TIMEOUT_MS): void {
    this.stop();
    this.#timer = setTimeout(() => this.#controller.abort(new DOMException('the device fell silent', 'TimeoutError')), forMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function headersOf(file: Blob, options: UploadOptions): Readonly<Record<string, string>> {
  return {
    Accept: 'application/x-ndjson',
    'Content-Type': 'application/octet-stream',
    [UPDATE_HEADERS.size]: String(file.size),
    [UPDATE_HEADERS.sha256]: options.sha256,
    [UPDATE_HEADERS.md5]: options.md5,
    // Not for all: a small device may not allow the header to pages of another origin.
    ...(options.signature === undefined ? {} : { [UPDATE_HEADERS.signature]: options.signature }),
  };
}

export async function uploadOwn(door: UploadDoor, file: Blob, options: UploadOptions): Promise<UpdateResult> {
  const stall = new Stall();
  const sent = new AbortController();
  const { token } = options;
  stall.alive(SENDING_TIMEOUT_MS);
  void askMeanwhile(door, options, sent.signal);
  try {
    const signal = bothSignals(options.signal, stall.signal);
    const call: Call = { token, signal, method: 'POST', body: file, headers: headersOf(file, options), timeoutMs: 0 };
    const response = await door.call(DEVICE_PATHS.update, call).catch(cutOff);
    sent.abort();
    stall.alive();
    return await readUpdate(response, options, stall);
  } finally {
    sent.abort();
    stall.stop();
  }
}

/** The session before it passed the same preflight, so what failed here is the connection. */
function cutOff(error: unknown): never {
  if (error instanceof LinkError && error.code === 'CORS_BLOCKED' && error.details['preflight'] === true)
    throw new LinkError('CONNECTION_LOST', error.message, { host: error.details['host'] }, { cause: error });
  throw error;
}

/** Asks for the progress while the body is on its way. A device that serves one caller at a time is not asked again. */
async function askMeanwhile(door: UploadDoor, { token, onProgress }: UploadOptions, sent: AbortSignal): Promise<void> {
  await pause(ASK_AFTER_MS, sent);
  while (!sent.aborted) {
    const signal = AbortSignal.any([sent, AbortSignal.timeout(ASK_TIMEOUT_MS)]);
    const status = await door.status({ token, signal }).catch(() => undefined);
    if (!status || sent.aborted) return;
    if (status.state === 'running' && status.progress) onProgress?.(status.progress);
    await pause(ASK_EVERY_MS, sent);
  }
}

/** Ends early, and quietly, when `over` aborts. */
const pause = (ms: number, over: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    over.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });

async function readUpdate(response: Response, options: UploadOptions, stall: Stall): Promise<UpdateResult> {
  if (!response.body) throw new LinkError('CONNECTION_LOST', 'the answer is empty', {});
  const lines = readLines(response.body);
  for (;;) {
    const next = await lines.next().catch((cause: unknown) => brokenOff(cause, options.signal));
    if (next.done === true) throw new LinkError('CONNECTION_LOST', 'the answer ended without a result', {});
    stall.alive();
    const line = parseUpdateLine(next.value);
    if ('result' in line) return line.result;
    if ('error' in line) throw new DeviceError(line.code, line.error, { status: DEVICE_ERRORS[line.code] });
    options.onProgress?.(line);
  }
}

/** Multipart without a header of ours stays a simple request. The answer comes after the last byte, or not at all. */
export async function uploadS1(door: UploadDoor, file: Blob, options: UploadOptions): Promise<undefined> {
  const body = new FormData();
  body.append('firmware', file, options.fileName);
  const response = await door.call('upload', { signal: options.signal, method: 'POST', body, timeoutMs: SENDING_TIMEOUT_MS });
  const text = await readText(response).catch((cause: unknown) => brokenOff(cause, options.signal));
  // Some of these pages answer 200 whatever happened; the words decide.
  if (/fail|error/i.test(text) && !/success/i.test(text))
    throw new DeviceError('UPDATE_ERROR_WRITE', text.slice(0, 200), { status: response.status });
  return undefined;
}
