/** Everything that can go wrong between an open port and a chip in its boot loader. Codes and facts; the words for people are the UI's. */
import type { CommandName } from '../../core/serial/packet.ts';
import { OtterError } from '../../core/errors.ts';

export type SerialErrorCode =
  /** Another program, or another tab, holds the port. The browser does not tell that from a port that just vanished. */
  | 'PORT_BUSY'
  /** Unplugged, switched off, or the driver gave up. */
  | 'PORT_GONE'
  /** The board left the bus when it was reset, and its port did not come back: in its boot loader it may be another one. */
  | 'PORT_LEFT_ON_RESET'
  /** Closed by this page, while somebody still wanted something of it. */
  | 'PORT_CLOSED'
  /** The person, a policy or the operating system forbids it. */
  | 'PERMISSION_DENIED'
  /** The adapter or its driver does not run at that rate; it is open at the one before. `details.baudRate` */
  | 'RATE_REFUSED'
  /** The line does not bear that rate, the chip is at it now, and no reset reaches it; `details.baudRate`, `details.nextBaudRate`. */
  | 'RATE_LOST'
  /** The chip left its boot loader by itself; `details.text`: what it printed, where that was heard. */
  | 'CHIP_RESTARTED'
  /** Not one byte came back from the chip. */
  | 'NO_ANSWER'
  /** The chip prints, but is not in its boot loader: its application runs. `details.text` is the end of what it printed. */
  | 'NO_SYNC_BUT_TEXT'
  /** The chip said that it started, and in another mode than download: GPIO0 was not held low. `details.text` says which. */
  | 'WRONG_MODE'
  /** The chip says that it waits for a download, and answers nothing: what the page sends does not arrive. */
  | 'NO_SYNC_IN_DOWNLOAD_MODE'
  /** The chip says that its download mode is fused off: it can only be updated over the air, by its own application. */
  | 'DOWNLOAD_DISABLED'
  /** A boot loader answers, of a chip that nobody here knows; `details.chipId` or `details.magic`. */
  | 'CHIP_UNKNOWN'
  /** The helper program did not start in the chip. */
  | 'STUB_FAILED'
  /** The chip understood and said no; `details.command`, `details.status` and `details.meaning`. */
  | 'COMMAND_REFUSED'
  /** The chip stopped answering in the middle; `details.command`. */
  | 'TIMED_OUT'
  /** What came back was no whole frame or no answer to what was asked: bytes were lost or changed on the way. */
  | 'FRAME_DAMAGED'
  /** A read whose checksum, as the chip counted it, differs from that of what arrived. */
  | 'MD5_MISMATCH'
  /** Fewer bytes arrived than the chip promised. */
  | 'READ_SHORT'
  /** The chip is in secure download mode, which does not offer that; `details.operation`. */
  | 'SECURE_DOWNLOAD'
  /** The mask ROM cannot do it, and the stub does not run; `details.operation`. */
  | 'NEEDS_STUB'
  /** The flash ends before that; `details.operation`, `details.end`, `details.limit`. */
  | 'BEYOND_FLASH'
  /** The flash goes on, but addresses of this loader end there and begin anew at 0; `details` as above. */
  | 'BEYOND_REACH';

interface SerialErrorDetails {
  readonly command?: CommandName;
  /** Of the reply: the code that the chip gave. */
  readonly status?: number;
  readonly meaning?: string;
  /** What was under way when it happened. */
  readonly operation?: string;
  /** What the chip printed, at most its end. */
  readonly text?: string;
  /** Of the flash: where it happened. */
  readonly offset?: number;
  /** First address behind what was asked for, and first one that cannot be had. */
  readonly end?: number;
  readonly limit?: number;
  /** `esp_chip_id_t` or the word at the magic address, where nobody knows it. */
  readonly chipId?: number;
  readonly magic?: number;
  readonly timeoutMs?: number;
  readonly baudRate?: number;
  /** At which the next attempt begins. */
  readonly nextBaudRate?: number;
  readonly expected?: number | string;
  readonly found?: number | string;
}

export class SerialError extends OtterError<SerialErrorCode, SerialErrorDetails> {
  override readonly name = 'SerialError';
}

export function isSerialError(error: unknown, ...codes: readonly SerialErrorCode[]): error is SerialError {
  return error instanceof SerialError && (codes.length === 0 || codes.includes(error.code));
}
