/** What the signatures of a firmware are called as files: of several each carries its key, so that they can lie beside each other. */
import { plainName } from '../../core/trust/set-files.ts';
import type { Fingerprint } from '../../core/trust/key-model.ts';
import type { StoredSignature } from './model.ts';

interface Signed {
  readonly fileName: string;
  readonly signatures: readonly StoredSignature[];
}

/** `node.bin.sig`; of several `node.bin.by-Release-2026.sig`. `signature-files.ts` reads both. */
export function signatureFileName(
  { fileName, signatures }: Signed,
  index: number,
  nameOf: (id: Fingerprint) => string | undefined,
): string {
  if (signatures.length < 2) return `${fileName}.sig`;
  const names = signatures.map(({ keyId }) => (keyId === undefined ? '' : mark(nameOf(keyId) ?? '')));
  const { keyId } = signatures[index]!;
  const name = names[index]!;
  const isItsOwn = name !== '' && names.filter((other) => other.toLowerCase() === name.toLowerCase()).length === 1;
  // Nobody knows who made it: its place has to do.
  return `${fileName}.by-${isItsOwn ? name : (keyId?.slice(0, 8) ?? `unknown-${index + 1}`)}.sig`;
}

/** Without a dot, which ends it. */
const mark = (name: string): string => (name === '' ? '' : plainName(name).replaceAll('.', '-').replace(/-+$/, ''));
