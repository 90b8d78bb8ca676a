/** The chips that a device may say it is; the compiler keeps this list equal to `ChipName`. */
import type { ChipName } from '../image/model.ts';

const NAMES = {
  ESP8266: true,
  ESP32: true,
  'ESP32-S2': true,
  'ESP32-S3': true,
  'ESP32-C2': true,
  'ESP32-C3': true,
  'ESP32-C5': true,
  'ESP32-C6': true,
  'ESP32-C61': true,
  'ESP32-H2': true,
  'ESP32-H21': true,
  'ESP32-H4': true,
  'ESP32-P4': true,
  'ESP32-S31': true,
} as const satisfies Record<ChipName, true>;

export const CHIP_NAMES = Object.keys(NAMES) as readonly ChipName[];
