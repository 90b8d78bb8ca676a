/** Reads a device's HTTP answer with a bound on its size, and turns a refusal into the device's own words or ours. */
import { DeviceError, LinkError } from '../../app/errors.ts';
import { parseDeviceError, parseDeviceJson } from '../../core/ota/device-codec.ts';
import { DEVICE_ERRORS } from '../../core/ota/device-contract.ts';
import type { DeviceErrorCode } from '../../core/ota/device-contract.ts';
import { defined } from '../../core/fields.ts';
import { OtterError } from '../../core/errors.ts';
import { DeviceProtocolError } from '../../core/ota/protocol-error.ts';

/** `info` with 16 slots and 95 partitions is below 20 KB; a boot log below 64 KB. */
const MAX_ANSWER_BYTES = 262_144;
const SHOWN_TEXT_LENGTH = 200;

/** The body as text; a device that never stops talking is cut off. */
export async function readText(response: Response): Promise<string> {
  if (!response.body) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      length += value.byteLength;
      if (length > MAX_ANSWER_BYTES) throw new DeviceProtocolError('answer', `must be at most ${MAX_ANSWER_BYTES} bytes`);
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** A body that stops in the middle is another thing than a device that never answered. */
export function brokenOff(cause: unknown, signal: AbortSignal | undefined): never {
  if (signal?.aborted === true) throw signal.reason;
  if (cause instanceof TypeError || cause instanceof DOMException) throw new LinkError('CONNECTION_LOST', cause.message, {}, { cause });
  throw cause;
}

const looksLikeHtml = (text: string): boolean => /^\s*<(?:!doctype|html)/i.test(text);

export async function readJson(response: Response, where: string): Promise<unknown> {
  const text = await readText(response);
  if (looksLikeHtml(text)) throw new LinkError('NOT_A_DEVICE', `${where}: a web page answers`, { status: response.status });
  return parseDeviceJson(text, where);
}

function retryAfterS(response: Response): number | undefined {
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 86_400) : undefined;
}

/** S1's page says why in plain text, with the names of the Arduino core. */
function codeInText(text: string): DeviceErrorCode | undefined {
  return (Object.keys(DEVICE_ERRORS) as DeviceErrorCode[]).find((code) => code.startsWith('UPDATE_ERROR_') && text.includes(code));
}

/** Codes whose meaning an HTTP status alone carries. */
const CODE_OF_STATUS: Readonly<Record<number, DeviceErrorCode>> = {
  401: 'NO_SESSION',
  409: 'UPDATE_RUNNING',
  413: 'UPDATE_ERROR_SIZE',
  429: 'LOCKED_OUT',
  507: 'UPDATE_ERROR_SPACE',
};

/** The error that an answer other than 2xx is. */
export async function refusal(response: Response): Promise<OtterError> {
  const { status } = response;
  const text = await readText(response).catch(() => '');
  const details = { status, ...defined({ retryAfterS: retryAfterS(response) }) };
  let told: { readonly error: string; readonly code?: DeviceErrorCode } | undefined;
  try {
    told = parseDeviceError(parseDeviceJson(text, 'error'));
  } catch (error) {
    if (!(error instanceof DeviceProtocolError)) throw error;
  }
  const code = told?.code ?? codeInText(text) ?? CODE_OF_STATUS[status];
  if (code) return new DeviceError(code, told?.error ?? `HTTP ${status}`, details);
  if (looksLikeHtml(text)) return new LinkError('NOT_A_DEVICE', `HTTP ${status} and a web page`, { status });
  if (status === 404) return new LinkError('NOT_A_DEVICE', 'HTTP 404', { status });
  return new LinkError('DEVICE_REFUSED', `HTTP ${status}`, { status, text: (told?.error ?? text).slice(0, SHOWN_TEXT_LENGTH) });
}
