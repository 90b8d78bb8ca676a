/** What the readers of all manifest dialects share: where they read from, and how text becomes a value that can be walked safely. */
import { BundleError, fieldFault } from '../bundle-error.ts';
import { MOST_MANIFEST_BYTES, MOST_MANIFEST_DEPTH } from '../limits.ts';
import type { BundleBuild, BundleFile, FlashBundle } from '../model.ts';
import { checkReference } from '../paths.ts';
import { FieldReader } from '../../fields.ts';

/**
 * Opens what a manifest refers to: a relative path below the manifest's own folder, or an http(s) address; both were checked.
 * `undefined`: it is not there.
 */
export type OpenReference = (reference: string) => BundleFile | undefined | Promise<BundleFile | undefined>;

export interface ManifestSource {
  /** Of the manifest, for messages. */
  readonly path: string;
  readonly open: OpenReference;
}

/** A bundle, and what a manifest names without wanting it flashed. */
export type ManifestBundle = Omit<FlashBundle, 'ignored' | 'manifest'> & { readonly unused: readonly string[] };

export const fieldsOf = (value: unknown, source: ManifestSource): FieldReader =>
  new FieldReader(value, 'manifest', fieldFault(source.path));

/** An own property, whatever it is; inherited ones do not count. */
export const ownValue = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;

/** Own entries of an object; keys may be anything. @throws BundleError */
export function entriesOf(value: unknown, field: string, { path }: ManifestSource): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BundleError('BUNDLE_FIELD', { path, field, rule: 'must be an object' });
  }
  return Object.entries(value);
}

/** @throws BundleError when the reference is not allowed, or leads nowhere */
export async function openFile(reference: string, source: ManifestSource): Promise<BundleFile> {
  const file = await openIfThere(reference, source);
  if (file instanceof AbsentFile) throw file.error;
  return file;
}

/** Named, but not there: whoever reads it hears so. A manifest has builds for many chips, and one board wants the files of one. */
class AbsentFile implements BundleFile {
  readonly path: string;
  readonly size = undefined;
  readonly error: BundleError;

  constructor(path: string, manifest: string) {
    this.path = path;
    const rule = 'the manifest names this file, but it did not come along';
    this.error = new BundleError('BUNDLE_FILE_MISSING', { path, manifest, rule });
  }

  read(): Promise<never> {
    return Promise.reject(this.error);
  }
}

/** @throws BundleError when the reference is not allowed */
export async function openIfThere(reference: string, { open, path }: ManifestSource): Promise<BundleFile> {
  const checked = checkReference(reference);
  return (await open(checked)) ?? new AbsentFile(checked, path);
}

/** @throws BundleError when every build misses a file */
export function assertSomeComplete(builds: readonly BundleBuild[]): void {
  const absent = builds.map(({ parts }) => parts.find(({ file }) => file instanceof AbsentFile)?.file);
  const [first] = absent;
  if (first instanceof AbsentFile && absent.every((file) => file !== undefined)) throw first.error;
}

/** @throws BundleError */
export function assertManifestSize(size: number, path: string): void {
  if (size <= MOST_MANIFEST_BYTES) return;
  const rule = `a manifest has at most ${MOST_MANIFEST_BYTES} bytes, not ${size}`;
  throw new BundleError('BUNDLE_TOO_LARGE', { path, rule, limit: MOST_MANIFEST_BYTES });
}

/** Parses, and makes sure that nothing in it is nested without end or named `__proto__`. @throws BundleError */
export function parseWith(parse: (text: string) => unknown, text: string, path: string): unknown {
  assertManifestSize(text.length, path);
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new BundleError(
      'BUNDLE_SYNTAX',
      { path, rule: cause instanceof Error ? firstLine(cause.message) : 'cannot be parsed' },
      { cause },
    );
  }
  assertPlain(value, path);
  return value;
}

const firstLine = (message: string): string => message.split('\n', 1)[0]!.slice(0, 200);

function assertPlain(root: unknown, path: string): void {
  const waiting: { readonly value: unknown; readonly depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > MOST_MANIFEST_DEPTH)
      throw new BundleError('BUNDLE_SYNTAX', { path, rule: `nested deeper than ${MOST_MANIFEST_DEPTH} levels` });
    if (Object.hasOwn(value, '__proto__')) throw new BundleError('BUNDLE_SYNTAX', { path, rule: 'a key must not be __proto__' });
    for (const child of Object.values(value)) waiting.push({ value: child, depth: depth + 1 });
  }
}
