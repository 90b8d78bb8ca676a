/**
 * Every code that a person may meet, by the room that raises it. `ui/messages.ts` has words for each
 * (`satisfies Record<ErrorCode, …>`), so a code without a remedy does not compile. No words for people here.
 */
import type { DeviceErrorCode } from '../core/ota/device-contract.ts';
import { OtterError } from '../core/errors.ts';
import type { Problem } from './model.ts';

/** The way to a device: nothing that the device itself said. */
export type LinkErrorCode =
  /** Not an http(s) address, or one with a password in it. */
  | 'ADDRESS_INVALID'
  /** An https page may not call this http address in this browser. */
  | 'MIXED_CONTENT'
  /** The person (or a policy) refused access to the local network. */
  | 'LOCAL_NETWORK_DENIED'
  /** It answers, but does not let a page of another origin read the answer. */
  | 'CORS_BLOCKED'
  /** Nothing answers at that address. */
  | 'UNREACHABLE'
  /** No answer, and the browser does not say which of the two it is. */
  | 'NETWORK_UNREACHABLE_OR_CORS'
  | 'TIMEOUT'
  /** The answer broke off in the middle. */
  | 'CONNECTION_LOST'
  /** Something answers, but not a device that we know (a web page, a 404 …). */
  | 'NOT_A_DEVICE'
  /** The virtual device needs the service worker, and this page has none (private window, blocked storage …). */
  | 'WORKER_MISSING'
  /** The device refused with words that we do not know; `details.status` and `details.text` say them. */
  | 'DEVICE_REFUSED'
  /** This kind of device cannot do that (an S1 device has no rollback …). */
  | 'NOT_SUPPORTED';

/** The database of this browser. */
export type StoreErrorCode = 'STORAGE_FULL' | 'STORE_BLOCKED' | 'STORE_UNAVAILABLE' | 'STORE_FAILED' | 'STORE_NEWER';

export type LibraryErrorCode =
  | 'FIRMWARE_UNKNOWN'
  /** The bytes under this SHA-256 are no longer what they were. */
  | 'FIRMWARE_CHANGED'
  | 'FILE_EMPTY'
  /** No format of firmware, and nobody said that it should be kept all the same. */
  | 'FILE_NOT_RECOGNISED'
  | 'NO_APPLICATION'
  | 'FILE_TOO_LARGE'
  /** The file changed or vanished on disk while it was read. */
  | 'FILE_UNREADABLE'
  | 'EDIT_INVALID'
  | 'ARCHIVE_INVALID'
  | 'ARCHIVE_TOO_LARGE'
  | 'DEMO_UNAVAILABLE'
  | 'INSPECTOR_FAILED';

export type DeviceBookErrorCode =
  | 'DEVICE_UNKNOWN'
  /** The device that ships with the app stays; it can be reset. */
  | 'DEVICE_BUILT_IN'
  | 'DEVICE_EXISTS'
  | 'DEVICE_NAME_INVALID'
  | 'NOT_VIRTUAL';

export type UpdateErrorCode =
  | 'JOB_RUNNING'
  | 'UPDATE_IN_OTHER_TAB'
  | 'PREFLIGHT_BLOCKED'
  | 'FORCE_NEEDED'
  | 'NOT_SIGNED_IN'
  /** The session ended while the job ran. */
  | 'SESSION_EXPIRED'
  /** The answer broke off, and the device cannot say what became of the update. */
  | 'UPDATE_LOST'
  /** The device restarted in the middle of it: the power went, or somebody pressed reset. */
  | 'UPDATE_INTERRUPTED_BY_RESET'
  /** The device was asked to restart and did not. */
  | 'DID_NOT_RESTART'
  /** It restarted and was not seen again in time. */
  | 'DID_NOT_RETURN'
  /** It runs the new firmware, which did not confirm itself in time. */
  | 'NOT_CONFIRMED'
  /** It is back, but says nothing that proves which firmware runs. */
  | 'NOT_PROVEN'
  /** The slot that runs does not hold the bytes that were sent. */
  | 'SLOT_DIFFERS'
  /** The boot loader went back to the earlier firmware. */
  | 'ROLLED_BACK';

export type OwnErrorCode = LinkErrorCode | StoreErrorCode | LibraryErrorCode | DeviceBookErrorCode | UpdateErrorCode;

/**
 * All of them. `PART_MISSING`: code that is loaded when it is needed could not be fetched (offline before everything was stored, or a new
 * version replaced it). `UNEXPECTED` is a bug of ours.
 */
export type ErrorCode = OwnErrorCode | DeviceErrorCode | 'DEVICE_PROTOCOL' | 'PART_MISSING' | 'UNEXPECTED';

export type ErrorDetails = Readonly<Record<string, unknown>>;

export class LinkError extends OtterError<LinkErrorCode, ErrorDetails> {
  override name = 'LinkError';
}

export class StoreError extends OtterError<StoreErrorCode, ErrorDetails> {
  override name = 'StoreError';
}

export class LibraryError extends OtterError<LibraryErrorCode, ErrorDetails> {
  override name = 'LibraryError';
}

export class DeviceBookError extends OtterError<DeviceBookErrorCode, ErrorDetails> {
  override name = 'DeviceBookError';
}

export class UpdateError extends OtterError<UpdateErrorCode, ErrorDetails> {
  override name = 'UpdateError';
}

export interface DeviceErrorDetails {
  readonly status: number;
  /** From `Retry-After`, with 429 and 503. */
  readonly retryAfterS?: number;
}

/** The device itself said no, in the words of its contract. */
export class DeviceError extends OtterError<DeviceErrorCode, DeviceErrorDetails> {
  override name = 'DeviceError';
}

/** No application runs that could answer. */
const AWAY: ReadonlySet<string> = new Set<DeviceErrorCode>(['REBOOTING', 'IN_BOOT_LOADER', 'NOT_STARTED']);

export const isAway = (error: unknown): error is DeviceError => error instanceof DeviceError && AWAY.has(error.code);

/** What a device promises is a hint: it may be back sooner, and nobody should wait for it in vain. */
const LONGEST_PROMISE_MS = 5000;

/** When the device says that it answers again; 0 where it says nothing. */
export function promisedReturnMs(error: unknown): number {
  return isAway(error) ? Math.min((error.details.retryAfterS ?? 0) * 1000, LONGEST_PROMISE_MS) : 0;
}

/** In the words of Chromium, Firefox and Safari; an `import()` that fails has no code of its own. */
const MISSING_PART = /dynamically imported module|importing a module script failed/i;

export function isPartMissing(error: unknown): boolean {
  return error instanceof TypeError && MISSING_PART.test(error.message);
}

/** An error as state. Anything that is not ours becomes `UNEXPECTED`, with its message kept for the copy button. */
export function toProblem(error: unknown): Problem {
  if (error instanceof OtterError) {
    return { code: error.code, message: error.message, details: { ...(error.details as ErrorDetails) } };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: isPartMissing(error) ? 'PART_MISSING' : 'UNEXPECTED', message: message.slice(0, 500), details: {} };
}

/** True for the rejection that an `AbortSignal` causes; it is never shown. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
