/**
 * Everything about the boot loaders and registers of chips, for the flasher and for the virtual chip. Nobody else names a chip: what differs
 * is a value in these rows. Sizes that all chips share are the constants here. Newer chips than these are known as image targets only.
 */
import { CHIPS } from '../image/chips.ts';
import type { ChipName } from '../image/model.ts';
import type { ChipTarget } from './target-model.ts';
import { RISCV_TARGETS } from './targets-riscv.ts';
import { XTENSA_TARGETS } from './targets-xtensa.ts';

export const TARGETS = { ...XTENSA_TARGETS, ...RISCV_TARGETS } as const satisfies { readonly [Name in ChipName]?: ChipTarget };

/** A word of the mask ROM that differs from chip to chip: tells those apart that do not answer with a chip id. */
export const CHIP_MAGIC_ADDRESS = 0x4000_1000;

/** MEM_DATA, and FLASH_DATA of the ROM at most: 0x2000 is refused (observed). */
export const RAM_BLOCK = 0x1800;
/** What a ROM is given at a time: its buffer and its flash driver like small blocks. */
export const ROM_WRITE_BLOCK = 0x400;
export const STUB_WRITE_BLOCK = 0x4000;
/** Over USB-OTG, RAM and flash blocks alike: the buffer of the ROM's USB driver. */
export const USB_OTG_BLOCK = 0x800;
/** READ_FLASH_SLOW, whatever was asked for. */
export const ROM_READ_BLOCK = 64;
export const FLASH_SECTOR = 0x1000;
/** Rate at which every ROM and every application is talked to first; ROMs measure it from the SYNC. */
export const ROM_BAUD_RATE = 115_200;

/** What three bytes of address reach; above it they begin anew at 0, where the boot loader is (esptool, "Secure Download Mode Limitations"). */
const THREE_BYTE_REACH = 0x100_0000;
const FOUR_BYTE_REACH = 0x1_0000_0000;

export const ESPRESSIF_VENDOR_ID = 0x303a;
/** The USB Serial/JTAG peripheral, on every chip that has it. */
export const USB_SERIAL_JTAG_PRODUCT_ID = 0x1001;

const ALL: readonly ChipTarget[] = Object.values(TARGETS);

/**
 * First address of the flash that a loader of this chip cannot reach, however large the flash is. Sources: esptool, "Flash and External Memory
 * Support Limitations"; esp-stub-lib, `SOC_SPI_FLASH_4B_ADDR_SUPPORTED`.
 */
export function flashReach({ stubReachesBeyond16MB }: ChipTarget, isStub: boolean): number {
  return isStub && stubReachesBeyond16MB ? FOUR_BYTE_REACH : THREE_BYTE_REACH;
}

/** By the chip id of GET_SECURITY_INFO: `esp_chip_id_t`, as in image headers. */
export function targetByChipId(id: number): ChipTarget | undefined {
  return ALL.find(({ name }) => CHIPS[name].id === id);
}

/** By the word at `CHIP_MAGIC_ADDRESS`. Meant for ROMs without a chip id; newer ROMs change the word with every revision. */
export function targetByMagic(magic: number): ChipTarget | undefined {
  return ALL.find(({ magics }) => magics.includes(magic >>> 0));
}
