/** How the device's answers look on the wire. */
import type { UpdateLine } from '../../core/ota/device-contract.ts';
import type { DeviceError } from './device-error.ts';

const COMMON = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(value), { status, headers: { ...COMMON, 'content-type': 'application/json', ...headers } });
}

export function text(value: string, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(value, { status, headers: { ...COMMON, 'content-type': 'text/plain; charset=utf-8', ...headers } });
}

/** S1's pages: nothing in them may run or be framed. */
export function html(page: string, headers: Readonly<Record<string, string>> = {}): Response {
  const policy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
  return new Response(page, {
    headers: { ...COMMON, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy, ...headers },
  });
}

/** `{error, code}` with the status that belongs to the code. */
export function refusal(error: DeviceError, headers: Readonly<Record<string, string>> = {}): Response {
  return json({ error: error.message, code: error.code }, error.status, { ...retryAfter(error), ...headers });
}

export function retryAfter({ details }: DeviceError): Record<string, string> {
  return details.retryAfterS === undefined ? {} : { 'retry-after': String(details.retryAfterS) };
}

/**
 * A body that `produce` writes line by line. A thrown error breaks the connection, and the reader's cancelling is told.
 */
export function ndjson(produce: (write: (line: UpdateLine) => void) => Promise<void>, onCancel: (reason: unknown) => void): Response {
  const encoder = new TextEncoder();
  let isOpen = true;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (line: UpdateLine): void => {
        if (isOpen) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
      };
      produce(write).then(
        () => isOpen && controller.close(),
        (error: unknown) => isOpen && controller.error(error),
      );
    },
    cancel(reason) {
      isOpen = false;
      onCancel(reason);
    },
  });
  return new Response(stream, { headers: { ...COMMON, 'content-type': 'application/x-ndjson' } });
}
