/** The one error of this room: bytes on the line that are not what the protocol says. What a chip refuses on purpose is a value (`LoaderStatus`). */
import type { ReadFailure } from '../bytes/reader.ts';
import { OtterError } from '../errors.ts';

const SERIAL_PROTOCOL_ERROR_CODES = [
  /** 0xDB is followed by something else than 0xDC or 0xDD. */
  'SLIP_ESCAPE',
  /** A frame grew beyond what its reader is ready to hold. */
  'SLIP_FRAME_TOO_LONG',
  /** Shorter than its header, or its length field tells another length. */
  'PACKET_LENGTH',
  /** A request where a reply was expected, or the other way round. */
  'PACKET_DIRECTION',
  /** The fields of a command's payload do not fit it. */
  'PACKET_PAYLOAD',
  'IMPROV_FRAME',
  'IMPROV_CHECKSUM',
  'IMPROV_PAYLOAD',
] as const;

export type SerialProtocolErrorCode = (typeof SERIAL_PROTOCOL_ERROR_CODES)[number];

interface SerialProtocolErrorDetails {
  /** The rule, with the values that break it; for engineers, not translated. */
  readonly rule: string;
  /** Byte of the frame at which the rule is broken. */
  readonly offset: number;
}

export class SerialProtocolError extends OtterError<SerialProtocolErrorCode, SerialProtocolErrorDetails> {
  override readonly name = 'SerialProtocolError';

  constructor(code: SerialProtocolErrorCode, rule: string, offset = 0, options?: ErrorOptions) {
    super(code, `${rule} (byte ${offset} of the frame)`, { rule, offset }, options);
  }
}

/** For `ByteReader`: a read beyond the end becomes a `SerialProtocolError` with `code`. */
export const failWith =
  (code: SerialProtocolErrorCode): ReadFailure =>
  (rule, offset) =>
    new SerialProtocolError(code, rule, offset);
