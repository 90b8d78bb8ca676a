/**
 * The one error of this room: a firmware file breaks a rule of its format.
 * Verdicts (checksum wrong, appended hash wrong) are not errors: they are values in what was parsed.
 */
import type { ReadFailure } from '../bytes/reader.ts';
import { OtterError } from '../errors.ts';

export const IMAGE_ERROR_CODES = [
  /** A length or offset points beyond the end of the file. */
  'IMAGE_TRUNCATED',
  'IMAGE_MAGIC',
  'IMAGE_HEADER',
  'IMAGE_CHIP_UNKNOWN',
  /** None, or more than 16. */
  'IMAGE_SEGMENT_COUNT',
  'PARTITION_ROW',
  'PARTITION_ALIGNMENT',
  'PARTITION_OVERLAP',
  'PARTITION_CSV',
  'OTADATA_SIZE',
  'UF2_BLOCK',
  'UF2_SEQUENCE',
  'UF2_FAMILY',
  'UF2_MD5',
  'HEX_RECORD',
  'HEX_CHECKSUM',
  /** Two blocks of a container claim the same flash address. */
  'CONTAINER_OVERLAP',
  /** More separate runs, or addresses further out, than any flash holds. */
  'CONTAINER_LIMIT',
] as const;

export type ImageErrorCode = (typeof IMAGE_ERROR_CODES)[number];

export interface ImageErrorDetails {
  /** Where in the file the rule is broken. */
  readonly offset: number;
  /** The rule, with the values that break it; for engineers, not translated. */
  readonly rule: string;
}

export class ImageError extends OtterError<ImageErrorCode, ImageErrorDetails> {
  override readonly name = 'ImageError';

  constructor(code: ImageErrorCode, rule: string, offset: number, options?: ErrorOptions) {
    super(code, `${rule} (at offset 0x${offset.toString(16)})`, { offset, rule }, options);
  }
}

/** For `ByteReader`: a read beyond the end becomes an `ImageError` with `code`. */
export const failWith =
  (code: ImageErrorCode): ReadFailure =>
  (rule, offset) =>
    new ImageError(code, rule, offset);
