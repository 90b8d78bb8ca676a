/** Bundle files and archives made in code, for the tests of this room. */
import { zipSync } from 'fflate';
import type { Zippable } from 'fflate';
import type { BundleFile } from '../../../src/core/bundle/model.ts';
import { BundleError } from '../../../src/core/bundle/bundle-error.ts';
import { thrownBy, utf8 } from '../image/builders.ts';

export const file = (path: string, content: Uint8Array<ArrayBuffer> | string = path): BundleFile => {
  const bytes = typeof content === 'string' ? utf8(content) : content;
  return { path, size: bytes.length, read: () => Promise.resolve(bytes) };
};

export const json = (path: string, value: unknown): BundleFile => file(path, JSON.stringify(value));

/** Each path holds its own name. */
export const files = (...paths: readonly string[]): readonly BundleFile[] => paths.map((path) => file(path));

export const zip = (entries: Zippable): Uint8Array<ArrayBuffer> => new Uint8Array(zipSync(entries));

/** The code that `act` throws; fails for every error of another kind. */
export async function codeOf(act: () => unknown): Promise<string> {
  const error = await thrownBy(act);
  if (!(error instanceof BundleError)) throw error;
  return error.code;
}

export async function bundleError(act: () => unknown): Promise<BundleError> {
  const error = await thrownBy(act);
  if (!(error instanceof BundleError)) throw error;
  return error;
}
