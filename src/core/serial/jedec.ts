/**
 * What a flash chip answers to "read identification" (9F): manufacturer, type, capacity.
 * Sources: JEDEC JEP106 (manufacturers), data sheets (capacity codes). Knows no bus.
 */

/** Bank 1 of JEP106; flash chips that boards of this family carry. */
const MANUFACTURERS: Readonly<Record<number, string>> = {
  0x01: 'Spansion / Infineon',
  0x0b: 'XTX',
  0x1c: 'Eon',
  0x1f: 'Adesto / Renesas',
  0x20: 'XMC / Micron',
  0x25: 'Zetta',
  0x37: 'AMIC',
  0x46: 'Xi’an Raysung',
  0x51: 'GigaDevice',
  0x5e: 'Zbit',
  0x68: 'Boya',
  0x84: 'Tsingteng',
  0x85: 'Puya',
  0x8c: 'ESMT',
  0x9d: 'ISSI',
  0xa1: 'Fudan Micro',
  0xa8: 'Boya',
  0xba: 'Zetta',
  0xbf: 'SST / Microchip',
  0xc2: 'Macronix',
  0xc8: 'GigaDevice',
  0xcd: 'TH Microelectronics',
  0xe0: 'Paragon',
  0xef: 'Winbond',
  0xf8: 'Fidelix',
};

const KIB = 1024;
const MIB = 1024 * KIB;
const ADESTO = 0x1f;

interface FlashIdentity {
  /** `unknown (0x12)` where it is not in the table. */
  readonly manufacturer: string;
  /** Six digits, in the order in which they came: `c84016`. */
  readonly jedecId: string;
  /** Bytes; `undefined`: the chip does not say, or nothing answered. */
  readonly bytes: number | undefined;
}

/** `id` as the SPI controller has it in W0: the first byte that came is the lowest. */
export function describeFlash(id: number): FlashIdentity {
  const [maker, type, capacity] = [id & 0xff, (id >>> 8) & 0xff, (id >>> 16) & 0xff];
  const jedecId = [maker, type, capacity].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const manufacturer = MANUFACTURERS[maker] ?? `unknown (0x${maker.toString(16).padStart(2, '0')})`;
  return { manufacturer, jedecId, bytes: maker === ADESTO ? adestoBytes(type) : flashBytes(capacity) };
}

/** What is read where no flash chip drives the line (esptool, `_verify_flash_connection()`). */
const NOBODY: readonly string[] = ['000000', 'ffffff', '3fffff'];

export const isSilentFlash = (jedecId: string): boolean => NOBODY.includes(jedecId);

/** 2^code bytes; series that ran out of codes went on at 0x20, 1.8 V series have their own. */
function flashBytes(capacity: number): number | undefined {
  if (capacity >= 0x12 && capacity <= 0x1c) return 2 ** capacity;
  if (capacity >= 0x20 && capacity <= 0x22) return (64 * MIB) << (capacity - 0x20);
  if (capacity >= 0x32 && capacity <= 0x3a) return 2 ** (capacity - 0x20);
  return undefined;
}

/** The lower five bits of the second byte. */
function adestoBytes(type: number): number | undefined {
  const code = type & 0x1f;
  return code >= 4 && code <= 9 ? (512 * KIB) << (code - 4) : undefined;
}
