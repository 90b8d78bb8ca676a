/**
 * What is signed about one firmware: for which product, chip and hardware it is, where it stands in the order of releases, and which
 * bytes it is. Data and its one spelling; who signed it, and whether it may be installed, others decide.
 */
import { MOST_FLASH_BYTES } from '../image/flash-runs.ts';
import type { ChipName } from '../image/model.ts';
import { plainText } from '../plain-text.ts';
import { canonicalBytes } from './canonical-json.ts';
import { SignedFields, timestamp } from './signed-fields.ts';
import type { Span } from './signed-fields.ts';

export interface ReleaseDelta {
  /** Of the image that it turns into this one. */
  readonly fromSha256: string;
  readonly format: string;
  /** Of the delta itself. */
  readonly size: number;
  readonly sha256: string;
}

export interface Release extends Span {
  readonly product: string;
  /** Boards that it runs on; none: every board with the chip. */
  readonly hardware: readonly string[];
  readonly chip: ChipName;
  readonly version: string;
  /** Grows with each release of a product; never goes back on a device. */
  readonly counter: number;
  /** Of the image, in bytes. */
  readonly size: number;
  readonly sha256: string;
  /** The SHA-256 inside the image, by which a device tells what runs there; `undefined` for an image without. */
  readonly appendedHash: string | undefined;
  readonly notes: string;
  /** The lowest counter that can be updated to this in one step. */
  readonly minFromCounter: number;
  readonly deltas: readonly ReleaseDelta[];
}

const KIND = { where: 'release', code: 'RELEASE_MALFORMED', schema: 'otter-release/1' } as const;
const MOST_NOTES_LENGTH = 16 * 1024;
const MOST_HARDWARE = 32;
const MOST_DELTAS = 64;
/** Of the file with its signatures: notes of three bytes a character, in base64. */
export const MOST_RELEASE_BYTES = 128 * 1024;

/** @throws TrustError RELEASE_MALFORMED, JSON_MALFORMED */
export function parseRelease(payload: Uint8Array): Release {
  const fields = SignedFields.parse(payload, KIND);
  const counter = fields.counter('counter');
  return {
    product: fields.label('product'),
    hardware: fields.labels('hardware', MOST_HARDWARE),
    chip: fields.chip('chip'),
    version: fields.label('version'),
    counter,
    size: fields.counter('size', 1, MOST_FLASH_BYTES),
    sha256: fields.sha256('sha256'),
    appendedHash: fields.has('appended_hash') ? fields.sha256('appended_hash') : undefined,
    notes: fields.text('notes', MOST_NOTES_LENGTH),
    ...fields.span(),
    minFromCounter: fields.counter('min_from_counter', 0, counter),
    deltas: fields.list('deltas', MOST_DELTAS, parseDelta),
  };
}

function parseDelta(item: unknown, where: string): ReleaseDelta {
  const fields = new SignedFields(item, where, KIND.code);
  return {
    fromSha256: fields.sha256('from_sha256'),
    format: fields.label('format'),
    size: fields.counter('size', 1, MOST_FLASH_BYTES),
    sha256: fields.sha256('sha256'),
  };
}

/** @throws TrustError when nobody could read it back */
export function encodeRelease(release: Release): Uint8Array<ArrayBuffer> {
  const value = {
    schema: KIND.schema,
    product: release.product,
    hardware: release.hardware,
    chip: release.chip,
    version: release.version,
    counter: release.counter,
    size: release.size,
    sha256: release.sha256,
    appended_hash: release.appendedHash ?? null,
    // People paste notes: line ends become those of Unix, and what cannot be shown does not get signed.
    notes: plainText(release.notes),
    issued: timestamp(release.issuedMs),
    expires: timestamp(release.expiresMs),
    min_from_counter: release.minFromCounter,
    deltas: release.deltas.map(({ fromSha256, format, size, sha256 }) => ({ from_sha256: fromSha256, format, size, sha256 })),
  };
  const payload = canonicalBytes(value, KIND.where);
  parseRelease(payload);
  return payload;
}
