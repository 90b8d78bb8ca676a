/**
 * How long the flash and the boot loader take, in milliseconds: what makes a real write slower than the line.
 * Sources: Winbond W25Q32JV data sheet, "AC electrical characteristics", typical values (pin-compatible parts of other makers are close);
 * the rates of reading and hashing are those of a 40 MHz dual-I/O flash read by the CPU, and of MD5 in software at 160 MHz.
 */
interface FlashTiming {
  readonly pageProgram: number;
  readonly sectorErase: number;
  /** 64 KiB at once. */
  readonly blockErase: number;
  /** Of 64 KiB within a chip erase. */
  readonly chipEraseBlock: number;
  readonly readPerKib: number;
  readonly md5PerKib: number;
  /** From the end of a stub's upload to its first word. */
  readonly stubStart: number;
}

export const FLASH_TIMING: FlashTiming = {
  pageProgram: 0.4,
  sectorErase: 45,
  blockErase: 150,
  chipEraseBlock: 10_000 / 64,
  readPerKib: 0.1,
  md5PerKib: 0.25,
  stubStart: 10,
};
