/**
 * How long a boot loader may take, by what it does. They grow with the size of the flash that is touched, never with what has to be inflated
 * first to know it. The slow end of flash chips' data sheets, as Espressif's tools allow for it.
 */
export const COMMAND_MS = 3_000;
export const SYNC_MS = 100;
/** A ROM may have jumped before its reply was out. */
export const ROM_JUMP_MS = 200;
export const STUB_GREETING_MS = 1_000;
/** Between two packets of a read, or between a block and its acknowledgement. */
export const BLOCK_MS = 3_000;

const BYTES_PER_MB = 1_000_000;
const perMegabyte =
  (ms: number) =>
  (bytes: number): number =>
    Math.max(COMMAND_MS, (ms * bytes) / BYTES_PER_MB);

export const md5Ms = perMegabyte(8_000);
export const eraseMs = perMegabyte(40_000);
/** One command for all of it, which data sheets give less time than its sectors: W25Q128JV 200 s, W25Q256JV 400 s at most. */
export const chipEraseMs = (flashBytes: number): number => Math.max(120_000, (15_000 * flashBytes) / BYTES_PER_MB);
/** Erased and written while the acknowledgement of the next block waits. */
export const eraseAndWriteMs = perMegabyte(40_000);

/** The part of a wait that is the line's own: the tool may be at any rate. */
export function lineMs(bytes: number, baudRate: number): number {
  return (bytes * 10 * 1000) / baudRate;
}
