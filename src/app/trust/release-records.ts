/**
 * Reads back what is kept of root files, releases and drafts. A record that breaks a rule is `undefined`: it is left out, never half believed.
 * The signed bytes inside are only bounded here; whoever uses them verifies them again.
 */
import { FieldReader, defined } from '../../core/fields.ts';
import { OtterError } from '../../core/errors.ts';
import { MOST_INDEX_BYTES } from '../../core/trust/release-index.ts';
import { MOST_RELEASE_BYTES } from '../../core/trust/release.ts';
import { MOST_ROOT_BYTES } from '../../core/trust/root.ts';
import type { ReleaseRecord, RootRecord } from './model.ts';
import { MOST_ADDRESSES, MOST_SOURCE_LENGTH } from './set-origin.ts';
import type { StoredDraft, StoredRelease, StoredRoot } from './release-ports.ts';
import type { Bytes, DraftRecord } from './release-services.ts';

class RecordError extends OtterError<'RECORD_INVALID', { readonly where: string }> {}

const fault = (where: string, rule: string): RecordError => new RecordError('RECORD_INVALID', `${where} ${rule}`, { where });

const SHA256 = /^[0-9a-f]{64}$/;
const sha256Words = '64 hex digits';
const TIME = { min: -8.64e15, max: 8.64e15 } as const;
const COUNTER = { min: 0, max: 0xffff_ffff, integer: true } as const;
/** More rotations than anybody makes. */
export const MOST_ROOT_FILES = 1024;
const MOST_KEYS = 32;
export const MOST_NAME_LENGTH = 64;

class StoredFields extends FieldReader {
  readonly #where: string;

  constructor(value: unknown, where: string) {
    super(value, where, fault);
    this.#where = where;
  }

  record(): StoredFields {
    return new StoredFields(this.value('record'), `${this.#where}.record`);
  }

  sha256(key: string): string {
    return this.matching(key, SHA256, sha256Words);
  }

  bytes(key: string, most: number): Bytes {
    return boundedBytes(this.value(key), `${this.#where}.${key}`, most);
  }
}

function boundedBytes(value: unknown, where: string, most: number): Bytes {
  if (!(value instanceof Uint8Array) || !(value.buffer instanceof ArrayBuffer)) throw fault(where, 'must be bytes');
  if (value.length > most) throw fault(where, `must be at most ${most} bytes`);
  return value as Bytes;
}

function lenient<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof OtterError) return undefined;
    throw error;
  }
}

export function parseStoredRoot(value: unknown): StoredRoot | undefined {
  return lenient(() => {
    const fields = new StoredFields(value, 'root');
    const seen = fields.has('seen') ? fields.child('seen') : undefined;
    const files = fields.list('files', MOST_ROOT_FILES, (item, where) => boundedBytes(item, where, MOST_ROOT_BYTES));
    if (files.length === 0) throw fault('root.files', 'must hold a root file');
    return {
      record: parseRootRecord(fields.record()),
      files,
      ...(seen && {
        seen: { version: seen.number('version', COUNTER), releaseKeys: seen.texts('releaseKeys', MOST_KEYS, 64) },
      }),
      ...(fields.has('index') && { index: fields.bytes('index', MOST_INDEX_BYTES) }),
    };
  });
}

const parseRootRecord = (fields: StoredFields): RootRecord => ({
  id: fields.sha256('id'),
  name: fields.text('name', MOST_NAME_LENGTH),
  version: fields.number('version', COUNTER),
  // Only said, and compared: a line of root files is not lost for an address that nobody can read.
  source: lenient(() => fields.text('source', MOST_SOURCE_LENGTH)) ?? '',
  ...(fields.has('addresses') && { addresses: lenient(() => fields.texts('addresses', MOST_ADDRESSES, MOST_SOURCE_LENGTH)) ?? [] }),
  acceptedAt: fields.number('acceptedAt', TIME),
});

export function parseStoredRelease(value: unknown): StoredRelease | undefined {
  return lenient(() => {
    const fields = new StoredFields(value, 'release');
    return { record: parseReleaseRecord(fields.record()), bytes: fields.bytes('bytes', MOST_RELEASE_BYTES) };
  });
}

const parseReleaseRecord = (fields: StoredFields): ReleaseRecord => ({
  id: fields.sha256('id'),
  rootId: fields.sha256('rootId'),
  sha256: fields.sha256('sha256'),
  product: fields.text('product', 64),
  version: fields.text('version', 64),
  counter: fields.number('counter', COUNTER),
  issuedAt: fields.number('issuedAt', TIME),
  expiresAt: fields.number('expiresAt', TIME),
  acceptedAt: fields.number('acceptedAt', TIME),
});

export function parseStoredDraft(value: unknown): StoredDraft | undefined {
  return lenient(() => {
    const fields = new StoredFields(value, 'draft');
    return { record: parseDraftRecord(fields.record()), bytes: fields.bytes('bytes', MOST_INDEX_BYTES) };
  });
}

const parseDraftRecord = (fields: StoredFields): DraftRecord => ({
  id: fields.matching('id', /^[\w-]{1,64}$/, 'an id'),
  kind: fields.oneOf('kind', ['root', 'release', 'index']),
  createdAt: fields.number('createdAt', TIME),
  ...defined({
    rootId: fields.has('rootId') ? fields.sha256('rootId') : undefined,
    sha256: fields.has('sha256') ? fields.sha256('sha256') : undefined,
    name: fields.optionalText('name', MOST_NAME_LENGTH),
  }),
});
