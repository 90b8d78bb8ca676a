/** A release that was accepted here, of the firmware of the fixtures, with one field changed at a time. */
import type { KnownRelease } from '../../src/app/trust/release-services.ts';
import type { Release } from '../../src/core/trust/release.ts';
import { NEW_SHA } from '../app/fixtures.ts';
import { SPAN } from './release-host.ts';

export const knownRelease = (
  change: Partial<Release> = {},
  more: Partial<KnownRelease> & { readonly rootId?: string } = {},
): KnownRelease => {
  const release: Release = {
    product: 'greenhouse-node',
    hardware: [],
    chip: 'ESP32',
    version: '1.1.0',
    counter: 12,
    size: 900_000,
    sha256: NEW_SHA,
    appendedHash: undefined,
    notes: '',
    ...SPAN,
    minFromCounter: 0,
    deltas: [],
    ...change,
  };
  const { product, version, counter, sha256 } = release;
  const record = {
    id: 'aa'.repeat(32),
    rootId: more.rootId ?? 'bb'.repeat(32),
    sha256,
    product,
    version,
    counter,
    issuedAt: 0,
    expiresAt: 0,
    acceptedAt: 0,
  };
  return { record, release, publisher: more.publisher ?? 'Garden', ...(more.code !== undefined && { code: more.code }) };
};
