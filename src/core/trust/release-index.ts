/**
 * The list of releases that stand beside each other, signed as one: what is not on it, or is another file than it names, does not belong
 * to the set. Its version only grows.
 */
import type { ChipName } from '../image/model.ts';
import { canonicalBytes } from './canonical-json.ts';
import { MOST_RELEASE_BYTES } from './release.ts';
import { SignedFields, timestamp } from './signed-fields.ts';
import type { Span } from './signed-fields.ts';

export interface IndexEntry {
  readonly product: string;
  readonly version: string;
  readonly chip: ChipName;
  readonly counter: number;
  /** Of the signed release, below the index. */
  readonly path: string;
  /** Of that file, in bytes. */
  readonly size: number;
  readonly sha256: string;
}

export interface ReleaseIndex extends Span {
  readonly version: number;
  readonly releases: readonly IndexEntry[];
}

const KIND = { where: 'index', code: 'INDEX_MALFORMED', schema: 'otter-index/1' } as const;
const MOST_RELEASES = 1000;
export const MOST_INDEX_BYTES = 1024 * 1024;

/** One folder, and no name that means something elsewhere. */
const RELEASE_PATH = /^releases\/[A-Za-z0-9][A-Za-z0-9.+_-]{0,199}\.release\.json$/;

/** @throws TrustError INDEX_MALFORMED, JSON_MALFORMED */
export function parseIndex(payload: Uint8Array): ReleaseIndex {
  const fields = SignedFields.parse(payload, KIND);
  const releases = fields.list('releases', MOST_RELEASES, parseEntry);
  if (new Set(releases.map(({ path }) => path)).size !== releases.length) throw fields.broken('releases', 'must name each path once');
  return { version: fields.counter('version', 1), ...fields.span(), releases };
}

function parseEntry(item: unknown, where: string): IndexEntry {
  const fields = new SignedFields(item, where, KIND.code);
  return {
    product: fields.label('product'),
    version: fields.label('version'),
    chip: fields.chip('chip'),
    counter: fields.counter('counter'),
    path: fields.matching('path', RELEASE_PATH, 'a file releases/….release.json'),
    size: fields.counter('size', 1, MOST_RELEASE_BYTES),
    sha256: fields.sha256('sha256'),
  };
}

/** @throws TrustError when nobody could read it back */
export function encodeIndex({ version, issuedMs, expiresMs, releases }: ReleaseIndex): Uint8Array<ArrayBuffer> {
  const value = {
    schema: KIND.schema,
    version,
    issued: timestamp(issuedMs),
    expires: timestamp(expiresMs),
    // By name, so that nothing gets signed that was put on an entry by the way.
    releases: releases.map(({ product, version, chip, counter, path, size, sha256 }) => {
      return { product, version, chip, counter, path, size, sha256 };
    }),
  };
  const payload = canonicalBytes(value, KIND.where);
  parseIndex(payload);
  return payload;
}
