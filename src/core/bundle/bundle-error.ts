/** The one error of this room: what somebody brought cannot become a bundle, or its build cannot be placed on a chip. */
import type { FieldFault } from '../fields.ts';
import { OtterError } from '../errors.ts';

const BUNDLE_ERROR_CODES = [
  /** Nothing in it that can be flashed. */
  'BUNDLE_EMPTY',
  /** A manifest that is no JSON or TOML at all, or is nested deeper than any manifest is. */
  'BUNDLE_SYNTAX',
  /** JSON or TOML, but no manifest that is known here. */
  'BUNDLE_UNKNOWN_MANIFEST',
  /** A field of a manifest is missing or of the wrong type; `field` says which. */
  'BUNDLE_FIELD',
  /** A flash offset that is no number, or lies outside of every flash. */
  'BUNDLE_OFFSET',
  /** A path that climbs, is absolute, names a drive or holds control characters. */
  'BUNDLE_PATH',
  /** Two files of the same path. */
  'BUNDLE_DUPLICATE',
  /** An address that is not http(s), or has a password in it. */
  'BUNDLE_ADDRESS',
  /** More files, parts or builds than any firmware has; `limit` says how many there may be. */
  'BUNDLE_TOO_MANY',
  /** More bytes than any flash holds; `limit` in bytes. */
  'BUNDLE_TOO_LARGE',
  /** A manifest names it, but it did not come along. */
  'BUNDLE_FILE_MISSING',
  'BUNDLE_FILE_EMPTY',
  /** Its MD5 is not the one that the manifest states. */
  'BUNDLE_FILE_CHANGED',
  /** UF2 or Intel HEX that breaks the rules of its format. */
  'BUNDLE_FILE_DAMAGED',
  'BUNDLE_ZIP_DAMAGED',
  /** Encrypted, ZIP64, several disks, or packed in a way that nobody uses for firmware. */
  'BUNDLE_ZIP_UNSUPPORTED',
  /** An entry unpacks to more than it says. */
  'BUNDLE_ZIP_BOMB',
  /** No build is for this chip; `chips` says for which there are some. */
  'BUNDLE_NO_BUILD',
  /** Images for different chips in one build, or other images than the build states. */
  'BUNDLE_CHIP_CONFLICT',
  /** No offset is stated, and nothing says where this file belongs. */
  'BUNDLE_PLACE_UNKNOWN',
  /** Two files without an offset would go to the same place. */
  'BUNDLE_PLACE_CONFLICT',
] as const;

export type BundleErrorCode = (typeof BUNDLE_ERROR_CODES)[number];

interface BundleErrorDetails {
  /** The rule, with the values that break it; for engineers, not translated. */
  readonly rule: string;
  /** File or archive entry that breaks it, as it was named there. */
  readonly path?: string;
  /** That names the file. */
  readonly manifest?: string;
  /** Field of the manifest: `manifest.builds[0].parts[2].offset`. */
  readonly field?: string;
  /** Where in the file. */
  readonly offset?: number;
  readonly limit?: number;
  readonly chips?: readonly string[];
  /** Nobody can tell what is in it. */
  readonly looksEncrypted?: true;
}

export class BundleError extends OtterError<BundleErrorCode, BundleErrorDetails> {
  override readonly name = 'BundleError';

  constructor(code: BundleErrorCode, details: BundleErrorDetails, options?: ErrorOptions) {
    const where = details.field ?? (details.path === undefined ? '' : JSON.stringify(details.path.slice(0, 200)));
    super(code, where === '' ? details.rule : `${where}: ${details.rule}`, details, options);
  }
}

/** For `FieldReader`: a broken field of the manifest at `path`. */
export const fieldFault =
  (path: string): FieldFault =>
  (field, rule) =>
    new BundleError('BUNDLE_FIELD', { path, field, rule });
