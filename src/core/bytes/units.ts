/** Sizes as ESP-IDF writes them (`0x180000`, `1M`, `64K`, `4096`) and file sizes for people. */

const UNITS = { '': 1, K: 1024, M: 1024 * 1024 } as const;

/**
 * Reads a size or offset as `gen_esp32part.py` does: decimal or 0x-hex, optionally followed by K or M.
 * `undefined` when it is none, or above 2^32 − 1 (no flash address is).
 */
export function parseByteSize(text: string): number | undefined {
  const match = /^(0x[0-9a-f]+|[0-9]+)\s*([km]?)$/i.exec(text.trim());
  if (!match) return undefined;
  const [, digits = '', suffix = ''] = match;
  const value = Number(digits) * UNITS[suffix.toUpperCase() as keyof typeof UNITS];
  return value <= 0xffff_ffff ? value : undefined;
}

/** The shortest of `1M`, `24K`, `0x1234` that says exactly this. */
export function formatByteSize(bytes: number): string {
  if (bytes > 0 && bytes % UNITS.M === 0) return `${bytes / UNITS.M}M`;
  if (bytes > 0 && bytes % UNITS.K === 0) return `${bytes / UNITS.K}K`;
  return `0x${bytes.toString(16)}`;
}
