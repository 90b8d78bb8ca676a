/**
 * What a hand at the bench may set on a virtual board: how it is built, and which faults it rehearses.
 * The same field names as the app's `BenchSettings`, and the profile beside them.
 */
import { isVirtualChip, type VirtualChipName } from './chip-model.ts';
import { DeviceError } from './device/device-error.ts';
import { isKeyList } from './device/trusted-keys.ts';
import { FLASH_SIZES_MB, type FlashSizeMb } from './partition-schemes.ts';

export interface BenchSettings {
  readonly flashSizeMb: FlashSizeMb;
  readonly chip: VirtualChipName;
  /** `update` is allowed although the password is still the one it was delivered with. */
  readonly acceptsDefaultPassword: boolean;
  /** The connection drops after this many bytes of an update. 0 = off, as for every fault. */
  readonly cutAfterBytes: number;
  /** One bit of this byte of an update arrives flipped. */
  readonly flipBitAtByte: number;
  /** Link speed; 0 = as fast as it goes. */
  readonly bytesPerSecond: number;
  readonly fullSlot: boolean;
  /** The n-th 4 KiB sector of the slot that an update writes cannot be written; the first is 1. */
  readonly failingSector: number;
  /** The power goes during the n-th flash operation from now, once. */
  readonly powerCutAtOperation: number;
  /** `as-shipped`: S1's unauthenticated `POST /upload` and `GET /reboot` work as in the original. */
  readonly profile: 'safe' | 'as-shipped';
  /** What the USB adapter waits for more before it hands bytes of the chip to the computer; FTDI's driver sets 16, a tuned one 1. */
  readonly serialLatencyMs: number;
  /** Bits, packets and flash operations take no time. */
  readonly serialInstant: boolean;
  /** Above it the adapter's clock is off, and everything garbage; 0 = none is too high. */
  readonly serialMaxBaudRate: number;
  /** Nothing but TX and RX: a person presses BOOT and RESET (`POST bench/boot-button`). */
  readonly serialWithoutAutoReset: boolean;
  /** A stub is taken and never says that it started. */
  readonly serialStubFails: boolean;
  /** The ROM finds no boot loader, and starts again and again. */
  readonly serialBootLoop: boolean;
  /** Another program has the port open. */
  readonly serialPortBusy: boolean;
  /** The n-th byte from now on, once; the last two count both directions. */
  readonly serialLoseByteToChip: number;
  readonly serialLoseByteToHost: number;
  readonly serialFlipByteToChip: number;
  readonly serialFlipByteToHost: number;
  readonly serialUnplugAtByte: number;
  readonly serialResetAtByte: number;
  /** Burnt into the chip's eFuses, as far as its boot loader acts on it. The ESP32 has no secure download mode. */
  readonly fuseFlashEncryption: boolean;
  readonly fuseSecureBoot: boolean;
  readonly fuseSecureDownload: boolean;
  /** No boot loader answers any more. */
  readonly fuseDownloadDisabled: boolean;
  /** Its firmware was built to check signatures: without a key it takes nothing. A board with keys checks, whatever this says. */
  readonly signatureRequired: boolean;
  /** SPKI, base64: what an update brings must be signed by one of them. */
  readonly trustedKeys: readonly string[];
}

export const DEFAULT_BENCH: BenchSettings = {
  flashSizeMb: 4,
  chip: 'ESP32',
  acceptsDefaultPassword: false,
  cutAfterBytes: 0,
  flipBitAtByte: 0,
  bytesPerSecond: 0,
  fullSlot: false,
  failingSector: 0,
  powerCutAtOperation: 0,
  profile: 'safe',
  serialLatencyMs: 1,
  serialInstant: false,
  serialMaxBaudRate: 0,
  serialWithoutAutoReset: false,
  serialStubFails: false,
  serialBootLoop: false,
  serialPortBusy: false,
  serialLoseByteToChip: 0,
  serialLoseByteToHost: 0,
  serialFlipByteToChip: 0,
  serialFlipByteToHost: 0,
  serialUnplugAtByte: 0,
  serialResetAtByte: 0,
  fuseFlashEncryption: false,
  fuseSecureBoot: false,
  fuseSecureDownload: false,
  fuseDownloadDisabled: false,
  signatureRequired: false,
  trustedKeys: [],
};

const MAX_LATENCY_MS = 255;

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';

const RULES: Readonly<Record<keyof BenchSettings, (value: unknown) => boolean>> = {
  flashSizeMb: (value) => FLASH_SIZES_MB.some((size) => size === value),
  chip: isVirtualChip,
  acceptsDefaultPassword: isBoolean,
  cutAfterBytes: isCount,
  flipBitAtByte: isCount,
  bytesPerSecond: isCount,
  fullSlot: isBoolean,
  failingSector: isCount,
  powerCutAtOperation: isCount,
  profile: (value) => value === 'safe' || value === 'as-shipped',
  serialLatencyMs: (value) => isCount(value) && value <= MAX_LATENCY_MS,
  serialInstant: isBoolean,
  serialMaxBaudRate: isCount,
  serialWithoutAutoReset: isBoolean,
  serialStubFails: isBoolean,
  serialBootLoop: isBoolean,
  serialPortBusy: isBoolean,
  serialLoseByteToChip: isCount,
  serialLoseByteToHost: isCount,
  serialFlipByteToChip: isCount,
  serialFlipByteToHost: isCount,
  serialUnplugAtByte: isCount,
  serialResetAtByte: isCount,
  fuseFlashEncryption: isBoolean,
  fuseSecureBoot: isBoolean,
  fuseSecureDownload: isBoolean,
  fuseDownloadDisabled: isBoolean,
  signatureRequired: isBoolean,
  trustedKeys: isKeyList,
};

/** Some of the settings, from JSON. Unknown names and values out of range are refused, never ignored. */
export function parseBenchChange(value: unknown): Partial<BenchSettings> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new DeviceError('MALFORMED', 'bench settings are a JSON object');
  for (const [name, entry] of Object.entries(value)) {
    const isValid = Object.hasOwn(RULES, name) ? RULES[name as keyof BenchSettings] : undefined;
    if (!isValid) throw new DeviceError('MALFORMED', `there is no bench setting ${name.slice(0, 40)}`);
    if (!isValid(entry)) throw new DeviceError('MALFORMED', `bench setting ${name} cannot have this value`);
  }
  return value as Partial<BenchSettings>;
}
