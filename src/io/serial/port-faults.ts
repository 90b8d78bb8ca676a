/** What a browser says when a port does not do as it is told, in the words of the app. Here and nowhere else. */
import { SerialError } from '../../app/usb/errors.ts';
import type { SerialErrorCode } from '../../app/usb/errors.ts';
import type { SerialLoss } from '../../app/usb/ports.ts';
import { OtterError } from '../../core/errors.ts';

/** Web Serial §4.4: the exceptions of `open()` and of the chooser. */
const CODES: Readonly<Record<string, SerialErrorCode>> = {
  // It is open already, or being opened or closed.
  InvalidStateError: 'PORT_BUSY',
  // The system refused: held by another program, or no longer there.
  NetworkError: 'PORT_BUSY',
  SecurityError: 'PERMISSION_DENIED',
  NotAllowedError: 'PERMISSION_DENIED',
};

/** Of a port that would not open. */
export function openFault(cause: unknown): OtterError {
  return translate(cause, (name) => CODES[name] ?? 'PORT_GONE');
}

/** Of a port that was open and no longer obeys. */
export function portFault(cause: unknown): OtterError {
  return translate(cause, (name) => (name === 'SecurityError' || name === 'NotAllowedError' ? 'PERMISSION_DENIED' : 'PORT_GONE'));
}

export function lossFault(loss: SerialLoss): SerialError {
  return loss.reason === 'closed'
    ? new SerialError('PORT_CLOSED', 'the port was closed', {})
    : new SerialError('PORT_GONE', `the port is gone (${loss.reason})`, {}, { cause: loss.cause });
}

function translate(cause: unknown, codeOf: (name: string) => SerialErrorCode): OtterError {
  if (cause instanceof OtterError) return cause;
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
  return new SerialError(codeOf(name), `${name}: ${message}`, {}, { cause });
}
