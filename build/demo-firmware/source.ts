/**
 * The pretended source tree of `greenhouse-node`: which modules it links, how large they are, and what each release changed.
 * The app's own modules lie in the middle of the link order, as CMake's component order puts them.
 */

export interface Module {
  readonly name: string;
  /** KB of code run from flash, and of fast code in RAM. */
  readonly code: number;
  readonly fastCode?: number;
  readonly strings: number;
  /** Words of read-only tables, and of initialised variables. */
  readonly tables: number;
  readonly variables: number;
  /** KB that no compressor shrinks: certificates, a compressed page. */
  readonly blob?: number;
}

export interface ModuleChange {
  readonly module: string;
  readonly editedFunctions: number;
  readonly newFunctions?: number;
  readonly newStrings?: number;
}

export interface Source {
  readonly modules: readonly Module[];
  /** One list per release since the first, oldest first. */
  readonly releases: readonly (readonly ModuleChange[])[];
}

const ESP32_MODULES: readonly Module[] = [
  { name: 'freertos', code: 5, fastCode: 14, strings: 54, tables: 108, variables: 142 },
  { name: 'newlib', code: 38, fastCode: 2, strings: 81, tables: 1710, variables: 247 },
  { name: 'esp_system', code: 12, fastCode: 5, strings: 99, tables: 180, variables: 114 },
  { name: 'hal', code: 15, fastCode: 7, strings: 63, tables: 630, variables: 190 },
  { name: 'spi_flash', code: 6, fastCode: 10, strings: 54, tables: 234, variables: 95 },
  { name: 'nvs', code: 15, strings: 63, tables: 144, variables: 19 },
  { name: 'irrigation', code: 18, strings: 162, tables: 378, variables: 180 },
  { name: 'climate', code: 13, strings: 99, tables: 342, variables: 114 },
  { name: 'web_ui', code: 21, strings: 171, tables: 270, variables: 124, blob: 16 },
  { name: 'ota', code: 8, strings: 72, tables: 81, variables: 38 },
  { name: 'mqtt', code: 18, strings: 117, tables: 198, variables: 57 },
  { name: 'http_server', code: 23, strings: 135, tables: 234, variables: 48 },
  { name: 'mbedtls', code: 100, fastCode: 1, strings: 297, tables: 3870, variables: 171, blob: 18 },
  { name: 'lwip', code: 77, fastCode: 2, strings: 234, tables: 810, variables: 399 },
  { name: 'wpa_supplicant', code: 56, strings: 216, tables: 1350, variables: 228 },
  { name: 'net80211', code: 76, fastCode: 7, strings: 171, tables: 1530, variables: 855 },
  { name: 'phy', code: 52, fastCode: 7, strings: 36, tables: 2160, variables: 1330 },
];

const ESP32C3_MODULES: readonly Module[] = [
  { name: 'freertos', code: 3, fastCode: 11, strings: 60, tables: 100, variables: 120 },
  { name: 'newlib', code: 30, fastCode: 2, strings: 80, tables: 900, variables: 150 },
  { name: 'hal', code: 16, fastCode: 14, strings: 60, tables: 500, variables: 160 },
  { name: 'nvs', code: 12, strings: 60, tables: 120, variables: 20 },
  { name: 'irrigation', code: 17, strings: 170, tables: 380, variables: 150 },
  { name: 'climate', code: 12, strings: 110, tables: 300, variables: 90 },
  { name: 'ota', code: 8, strings: 80, tables: 90, variables: 40 },
  { name: 'lwip', code: 52, strings: 180, tables: 600, variables: 300 },
  { name: 'ble', code: 46, fastCode: 5, strings: 120, tables: 1300, variables: 600 },
];

const SINCE_1_0: readonly ModuleChange[] = [
  { module: 'irrigation', editedFunctions: 9, newFunctions: 13, newStrings: 24 },
  { module: 'web_ui', editedFunctions: 5, newFunctions: 4, newStrings: 12 },
  { module: 'mqtt', editedFunctions: 2 },
  { module: 'http_server', editedFunctions: 1 },
];
const SINCE_1_1: readonly ModuleChange[] = [
  { module: 'climate', editedFunctions: 6, newFunctions: 8, newStrings: 15 },
  { module: 'irrigation', editedFunctions: 3 },
];

export const ESP32_1_0: Source = { modules: ESP32_MODULES, releases: [] };
export const ESP32_1_1: Source = { modules: ESP32_MODULES, releases: [SINCE_1_0] };
export const ESP32_1_2: Source = { modules: ESP32_MODULES, releases: [SINCE_1_0, SINCE_1_1] };
export const ESP32C3_1_1: Source = { modules: ESP32C3_MODULES, releases: [] };
