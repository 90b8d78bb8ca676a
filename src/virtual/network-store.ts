/**
 * Where the application keeps the network that it was given: in its NVS, as ESP-IDF's `nvs_flash` lays out a page with one string
 * (`nvs_page.hpp`, `nvs_types.hpp`). Who erases NVS over the cable makes it forget; who restores it, remember. One page is all that it writes,
 * and all that it reads; the password nobody needs to keep.
 */
import { crc32 } from '../core/bytes/crc32.ts';
import type { Partition } from '../core/image/model.ts';
import { SECTOR_BYTES, type NorFlash } from './flash.ts';

const PAGE_ACTIVE = 0xffff_fffe;
const PAGE_VERSION_2 = 0xfe;
const HEADER_CRC_AT = 28;
const ENTRIES_AT = 64;
const ENTRY_BYTES = 32;
const ENTRY_CRC_AT = 4;
const KEY_AT = 8;
const DATA_AT = 24;
const TYPE_U8 = 0x01;
const TYPE_STRING = 0x21;
const NAMESPACE = { name: 'network', index: 1 };
const KEY = 'ssid';
const STRING_AT = ENTRIES_AT + ENTRY_BYTES;
/** IEEE 802.11: 32 bytes at most, and a NUL. */
const MOST_BYTES = 33;

/** `undefined`: none, or nothing that this application has written. */
export function storedNetwork(flash: NorFlash, nvs: Partition | undefined): string | undefined {
  for (const at of pagesOf(nvs)) {
    const network = readPage(flash.read(at, SECTOR_BYTES));
    if (network !== undefined) return network;
  }
  return undefined;
}

/** In the page that it used before, else in a free one, else in the last. */
export function storeNetwork(flash: NorFlash, nvs: Partition | undefined, network: string): void {
  const pages = pagesOf(nvs);
  const own = pages.find((at) => readPage(flash.read(at, SECTOR_BYTES)) !== undefined);
  const free = pages.find((at) => flash.read(at, SECTOR_BYTES).every((byte) => byte === 0xff));
  const page = own ?? free ?? pages.at(-1);
  if (page === undefined) return;
  if (page !== free) flash.erase(page, SECTOR_BYTES);
  flash.program(page, encodePage(network));
}

const pagesOf = (nvs: Partition | undefined): readonly number[] =>
  nvs ? Array.from({ length: Math.floor(nvs.size / SECTOR_BYTES) }, (_, index) => nvs.offset + index * SECTOR_BYTES) : [];

function encodePage(network: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(`${network}\0`);
  const span = 1 + Math.ceil(text.length / ENTRY_BYTES);
  const page = new Uint8Array(STRING_AT + span * ENTRY_BYTES).fill(0xff);
  const view = new DataView(page.buffer);
  view.setUint32(0, PAGE_ACTIVE, true);
  view.setUint32(4, 0, true);
  page[8] = PAGE_VERSION_2;
  view.setUint32(HEADER_CRC_AT, nvsCrc(page.subarray(4, HEADER_CRC_AT)), true);
  // Two bits for each entry: 3 = empty, 2 = written.
  for (let entry = 0; entry <= span; entry++) page[ENTRY_BYTES + (entry >> 2)]! &= ~(1 << (2 * (entry & 3)));
  page[ENTRIES_AT + DATA_AT] = NAMESPACE.index;
  sealEntry(page.subarray(ENTRIES_AT), [0, TYPE_U8, 1], NAMESPACE.name);
  view.setUint16(STRING_AT + DATA_AT, text.length, true);
  view.setUint32(STRING_AT + DATA_AT + 4, nvsCrc(text), true);
  page.set(text, STRING_AT + ENTRY_BYTES);
  sealEntry(page.subarray(STRING_AT), [NAMESPACE.index, TYPE_STRING, span], KEY);
  return page;
}

/** @param head namespace, type, entries that it spans */
function sealEntry(entry: Uint8Array, head: readonly number[], key: string): void {
  entry.set(head);
  entry.fill(0, KEY_AT, DATA_AT).set(new TextEncoder().encode(key), KEY_AT);
  new DataView(entry.buffer, entry.byteOffset).setUint32(ENTRY_CRC_AT, entryCrc(entry), true);
}

function readPage(page: Uint8Array): string | undefined {
  const view = new DataView(page.buffer, page.byteOffset);
  if (view.getUint32(0, true) !== PAGE_ACTIVE || view.getUint32(HEADER_CRC_AT, true) !== nvsCrc(page.subarray(4, HEADER_CRC_AT)))
    return undefined;
  const entry = page.subarray(STRING_AT);
  const length = view.getUint16(STRING_AT + DATA_AT, true);
  const isOurs = view.getUint32(STRING_AT + ENTRY_CRC_AT, true) === entryCrc(entry) && entry[1] === TYPE_STRING && length <= MOST_BYTES;
  const text = entry.subarray(ENTRY_BYTES, ENTRY_BYTES + length);
  if (!isOurs || new TextDecoder().decode(entry.subarray(KEY_AT, KEY_AT + KEY.length + 1)) !== `${KEY}\0`) return undefined;
  return view.getUint32(STRING_AT + DATA_AT + 4, true) === nvsCrc(text) ? new TextDecoder().decode(text.subarray(0, -1)) : undefined;
}

/** Of everything in an entry but itself. */
const entryCrc = (entry: Uint8Array): number => crc32(entry.subarray(KEY_AT, ENTRY_BYTES), nvsCrc(entry.subarray(0, ENTRY_CRC_AT)));

/** `esp_rom_crc32_le(UINT32_MAX, …)` */
const nvsCrc = (bytes: Uint8Array): number => crc32(bytes, 0xffff_ffff);
