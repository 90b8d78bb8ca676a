/** What the build tools call their files: what a name tells where the bytes themselves do not. */
import type { PartRole } from './model.ts';
import { fileName } from './paths.ts';

/** The first row that matches counts. Names of ESP-IDF, the Arduino core, PlatformIO, ESPHome and Meshtastic. */
const ROLES: readonly (readonly [name: RegExp, role: PartRole])[] = [
  [/boot_app0|ota_?data/i, 'otadata'],
  [/bootloader/i, 'bootloader'],
  [/partitions?(?:[-_]?table)?\.(?:bin|csv)$|partition[-_]table/i, 'partition-table'],
  [/littlefs|spiffs|fatfs|filesystem|\bstorage\b|\bfs\.bin$/i, 'filesystem'],
  [/\bnvs\b/i, 'nvs'],
];

/** `undefined` when the name says nothing; most often it is an application then. */
export const roleFromName = (path: string): PartRole | undefined => ROLES.find(([name]) => name.test(fileName(path)))?.[1];

/** A complete flash image from 0 on: `sketch.ino.merged.bin`, `garage.factory.bin`. */
export const isMergedName = (path: string): boolean => /(?:\b|[-_])(?:merged|factory)(?:[-_][\w-]*)?\.bin$/i.test(fileName(path));

/** An application alone, for an update over the air: `garage.ota.bin`. */
export const isUpdateName = (path: string): boolean => /[-._]ota\.bin$/i.test(fileName(path));

/** What is called one, where nothing in the bytes says that it is none. */
export const isAppName = (path: string): boolean => /(?:\b|_)(?:app|application|firmware)(?:\b|_)|\.ino\.bin$/i.test(fileName(path));

export const isContainerName = (path: string): boolean => /\.(?:uf2|hex)$/i.test(path);

export const isFlashableName = (path: string): boolean => /\.(?:bin|img|uf2|hex)$/i.test(path);
