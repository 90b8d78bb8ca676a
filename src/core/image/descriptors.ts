/**
 * The two descriptors that ESP-IDF places at the start of the first segment (image offset 0x20):
 * `esp_app_desc_t` (`esp_app_desc.h`) and `esp_bootloader_desc_t` (`esp_bootloader_desc.h`).
 * An image without one is as valid as an image with one, so nothing here throws.
 */
import { toHex } from '../bytes/hex.ts';
import { ByteReader } from '../bytes/reader.ts';
import { failWith } from './image-error.ts';
import type { AppDescriptor, BootloaderDescriptor } from './model.ts';

export const APP_DESCRIPTOR_MAGIC = 0xabcd5432;
export const APP_DESCRIPTOR_BYTES = 256;
export const BOOTLOADER_DESCRIPTOR_MAGIC = 0x50;
export const BOOTLOADER_DESCRIPTOR_BYTES = 80;

/** @param segment data of the image's first segment */
export function parseAppDescriptor(segment: Uint8Array): AppDescriptor | undefined {
  if (segment.length < APP_DESCRIPTOR_BYTES) return undefined;
  const reader = new ByteReader(segment, failWith('IMAGE_TRUNCATED'));
  if (reader.u32le() !== APP_DESCRIPTOR_MAGIC) return undefined;
  const secureVersion = reader.u32le();
  const version = reader.skip(8).text(32);
  const projectName = reader.text(32);
  const time = reader.text(16);
  const date = reader.text(16);
  const builtAtMs = buildTime(date, time);
  return {
    secureVersion,
    version,
    projectName,
    date,
    time,
    ...(builtAtMs === undefined ? {} : { builtAtMs }),
    idfVersion: reader.text(32),
    elfSha256: toHex(reader.bytes(32)),
    minEfuseBlockRevision: reader.u16le(),
    maxEfuseBlockRevision: reader.u16le(),
    mmuPageSizeLog2: reader.u8(),
    isArduinoLibrary: isArduinoLibrary(projectName, version),
  };
}

/**
 * @param segment data of the image's first segment
 * Its magic is a single byte, so the IDF version must read as text before it is believed.
 */
export function parseBootloaderDescriptor(segment: Uint8Array): BootloaderDescriptor | undefined {
  if (segment.length < BOOTLOADER_DESCRIPTOR_BYTES) return undefined;
  const reader = new ByteReader(segment, failWith('IMAGE_TRUNCATED'));
  if (reader.u8() !== BOOTLOADER_DESCRIPTOR_MAGIC) return undefined;
  const secureVersion = reader.skip(2).u8();
  const version = reader.u32le();
  const idfVersion = reader.text(32);
  return /^[\x21-\x7e]+$/.test(idfVersion) ? { secureVersion, version, idfVersion } : undefined;
}

/** The Arduino core links a prebuilt ESP-IDF whose descriptor speaks of that library, not of the sketch. */
function isArduinoLibrary(projectName: string, version: string): boolean {
  return projectName === 'arduino-lib-builder' || /^esp-idf:/i.test(version);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** C's `__DATE__` (`Jul  3 2024`) and `__TIME__` (`18:02:11`), read as UTC. */
function buildTime(date: string, time: string): number | undefined {
  const day = /^([A-Z][a-z]{2}) +(\d{1,2}) (\d{4})$/.exec(date.trim());
  const clock = /^(\d{2}):(\d{2}):(\d{2})$/.exec(time.trim());
  const month = MONTHS.indexOf(day?.[1] ?? '');
  if (!day || !clock || month < 0) return undefined;
  const ms = Date.UTC(Number(day[3]), month, Number(day[2]), Number(clock[1]), Number(clock[2]), Number(clock[3]));
  return new Date(ms).getUTCDate() === Number(day[2]) ? ms : undefined;
}
