/**
 * Paths and addresses as strangers write them. What comes out is a relative path that stays below where it started, or an http(s)
 * address; everything else is refused, never repaired.
 */
import { BundleError } from './bundle-error.ts';
import { MOST_PATH_LENGTH } from './limits.ts';

// oxlint-disable-next-line no-control-regex -- NUL cuts paths short elsewhere, and URL parsers drop tabs and line ends
const CONTROL = /[\u0000-\u001f\u007f]/;
const DRIVE = /^[a-z]:/i;
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;
/** URL parsers read `%2e` as a dot, also in `..` (WHATWG URL, "double-dot URL path segment"). */
const ENCODED_DOT = /%2e/gi;
/** Some servers and archivers decode these. */
const ENCODED_SEPARATOR = /%(?:2f|5c|00)/i;

/**
 * With `/`, without `.` and empty segments.
 * @throws BundleError for a path that is absolute, climbs, names a drive, or has control characters in it
 */
export function normalisePath(path: string): string {
  const refuse = (rule: string): BundleError => new BundleError('BUNDLE_PATH', { path: path.slice(0, MOST_PATH_LENGTH), rule });
  if (path.length > MOST_PATH_LENGTH) throw refuse(`a path has at most ${MOST_PATH_LENGTH} characters`);
  if (CONTROL.test(path)) throw refuse('a path has no control characters');
  const slashed = path.replaceAll('\\', '/');
  if (slashed.startsWith('/')) throw refuse('a path must be relative');
  if (DRIVE.test(slashed)) throw refuse('a path must not name a drive');
  if (ENCODED_SEPARATOR.test(slashed)) throw refuse('a path must not hide separators');
  const segments = slashed.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.some((segment) => segment.replaceAll(ENCODED_DOT, '.') === '..')) throw refuse('a path must not climb');
  if (segments.length === 0) throw refuse('a path must name something');
  return segments.join('/');
}

export const isAddress = (reference: string): boolean => SCHEME.test(reference);

/** @throws BundleError unless it is http(s) without user and password */
export function checkAddress(address: string): URL {
  const refuse = (rule: string): BundleError => new BundleError('BUNDLE_ADDRESS', { path: address.slice(0, MOST_PATH_LENGTH), rule });
  if (address.length > 2 * MOST_PATH_LENGTH) throw refuse('an address is not that long');
  if (!URL.canParse(address)) throw refuse('this is no address');
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse('an address must begin with https:// or http://');
  if (url.username !== '' || url.password !== '') throw refuse('an address must not carry a user or a password');
  return url;
}

/** What a manifest refers to: a relative path or an address. @throws BundleError */
export const checkReference = (reference: string): string =>
  isAddress(reference) ? checkAddress(reference).href : normalisePath(reference);

/** Last segment, without query and fragment of an address. */
export function fileName(path: string): string {
  const plain = isAddress(path) ? path.replace(/[?#].*$/s, '') : path;
  return plain.slice(plain.lastIndexOf('/') + 1);
}

/** Up to and including the last `/`; empty for a path without one. */
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** Number of folders above the file. */
export const depthOf = (path: string): number => path.split('/').length - 1;

/** File name without what its maker's tool appends. */
export const stemOf = (path: string): string => fileName(path).replace(/\.(?:bin|img|hex|uf2|json|toml|zip)$/i, '');
