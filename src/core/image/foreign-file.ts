/** Files that people take for firmware, by how they begin. Knows their names, not their content; what firmware begins like is in `inspect.ts`. */

/** Signatures: PNG §5.2, JPEG B.1.1.3, GIF89a §17, APPNOTE.TXT 4.3.7 (ZIP), ELF "Identification", ISO 32000 §7.5.2 (PDF), RFC 1952 §2.3.1 (gzip). */
const SIGNATURES = {
  elf: [0x7f, 0x45, 0x4c, 0x46],
  zip: [0x50, 0x4b, 0x03, 0x04],
  gzip: [0x1f, 0x8b, 0x08],
  png: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  jpeg: [0xff, 0xd8, 0xff],
  gif: [0x47, 0x49, 0x46, 0x38],
  pdf: [0x25, 0x50, 0x44, 0x46, 0x2d],
} as const satisfies Record<string, readonly number[]>;

export type ForeignFormat = keyof typeof SIGNATURES | 'text';

/** So much of a file is enough to tell text from the rest. */
export const FOREIGN_HEAD_BYTES = 1024;
/** Fewer bytes may be text by accident. */
const LEAST_TEXT_BYTES = 8;

/** `head`: the first `FOREIGN_HEAD_BYTES` of a file, or all of a shorter one. */
export function foreignFormat(head: Uint8Array): ForeignFormat | undefined {
  for (const [format, signature] of Object.entries(SIGNATURES)) {
    if (signature.every((byte, at) => head[at] === byte)) return format as ForeignFormat;
  }
  return isText(head) ? 'text' : undefined;
}

/** No byte that only binaries have: text in UTF-8, Latin-1 and their like. */
const isText = (head: Uint8Array): boolean =>
  head.length >= LEAST_TEXT_BYTES &&
  head.every((byte) => (byte >= 0x20 && byte !== 0x7f) || (byte >= 0x09 && byte <= 0x0d)) &&
  isMostlyAscii(head);

const isMostlyAscii = (head: Uint8Array): boolean => head.filter((byte) => byte < 0x80).length * 4 >= head.length * 3;
