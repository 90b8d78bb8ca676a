/**
 * The words of our own device contract, for both ends: the page that updates a device and the device that answers.
 * Shapes only; `device-codec.ts` parses what arrives.
 */
import type { ChipName, OtaState } from '../image/model.ts';

/** Relative to the device's base URL. */
export const DEVICE_PATHS = {
  info: 'info',
  login: 'login',
  password: 'password',
  update: 'update',
  reboot: 'reboot',
  rollback: 'rollback',
  log: 'log',
} as const;

/** Public keys that a device of ours has room for. */
export const MOST_TRUSTED_KEYS = 8;

export const UPDATE_HEADERS = {
  size: 'X-Firmware-Size',
  sha256: 'X-Firmware-SHA256',
  md5: 'X-Firmware-MD5',
  signature: 'X-Firmware-Signature',
} as const;

export interface DeviceSlot {
  readonly label: string;
  readonly offset: number;
  readonly size: number;
  /** Empty when the slot holds no image. */
  readonly version: string;
  readonly project: string;
  /** Of the image in the slot, lower-case hex; empty when the slot holds no image. */
  readonly sha256: string;
  /** Bytes of the image in the slot (0 = none). Ours; other devices may leave it out. */
  readonly image_size?: number;
  /** `EMPTY`: nothing was ever written, or all of it is erased. */
  readonly state: OtaState | 'EMPTY' | 'FACTORY';
  /** A write that did not end left bytes here that are no image; `state` is `INVALID` then. Ours; other devices may leave it out. */
  readonly unfinished?: boolean;
}

export interface DevicePartition {
  readonly label: string;
  readonly type: number;
  readonly subtype: number;
  readonly offset: number;
  readonly size: number;
}

export interface DeviceInfo {
  // S1's fields
  readonly version: string;
  readonly build_date: string;
  readonly ip: string;
  readonly rssi: number;
  readonly free_heap: number;
  readonly sketch_size: number;
  readonly free_sketch_space: number;
  readonly chip_id: string;
  // our own; absent when an S1 device answers
  readonly device_id?: string;
  readonly project?: string;
  readonly hardware?: string;
  readonly chip?: ChipName;
  /** major × 100 + minor */
  readonly chip_revision?: number;
  readonly mac?: string;
  readonly uptime_s?: number;
  readonly reset_reason?: string;
  /** Label of the slot that runs. */
  readonly running?: string;
  /** Label of the slot that the boot loader will start next. */
  readonly next_boot?: string;
  readonly slots?: readonly DeviceSlot[];
  readonly flash_size?: number;
  readonly flash_mode?: string;
  readonly flash_frequency?: string;
  readonly partitions?: readonly DevicePartition[];
  /** Minimum of `free_heap` since boot. */
  readonly min_free_heap?: number;
  readonly secure_version?: number;
  /** True when the device accepts updates although its password is still the default one. */
  readonly accepts_default_password?: boolean;
  readonly boot_count?: number;
  /** It takes only firmware that one of its keys has signed, and verifies that for itself. */
  readonly signature_required?: boolean;
  /** Fingerprints of these keys. */
  readonly trusted_keys?: readonly string[];
}

export interface LoginAnswer {
  readonly token: string;
  readonly expires_in: number;
  readonly must_change: boolean;
}

export const UPDATE_PHASES = ['receiving', 'erasing', 'writing', 'verifying', 'switching'] as const;
export type UpdatePhase = (typeof UPDATE_PHASES)[number];

export interface UpdateProgress {
  readonly phase: UpdatePhase;
  /** Bytes of this phase. */
  readonly done: number;
  readonly total: number;
}

export interface UpdateResult {
  readonly slot: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly version: string;
}

/** One line of the NDJSON answer to `POST update`. */
export type UpdateLine = UpdateProgress | { readonly result: UpdateResult } | { readonly error: string; readonly code: DeviceErrorCode };

/** `GET update` */
export interface UpdateStatus {
  readonly state: 'none' | 'running' | 'succeeded' | 'failed' | 'interrupted';
  readonly progress?: UpdateProgress;
  readonly result?: UpdateResult;
  readonly error?: string;
  readonly code?: DeviceErrorCode;
}

/** Code → HTTP status of every error that our device answers. */
export const DEVICE_ERRORS = {
  MALFORMED: 400,
  NO_SESSION: 401,
  WRONG_PASSWORD: 401,
  PASSWORD_CHANGE_REQUIRED: 403,
  PASSWORD_TOO_WEAK: 422,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  UPDATE_RUNNING: 409,
  NO_ROLLBACK: 409,
  UPDATE_ERROR_SIZE: 413,
  UPDATE_ERROR_MD5: 422,
  UPDATE_ERROR_SHA256: 422,
  UPDATE_ERROR_WRITE: 500,
  UPDATE_ERROR_ABORT: 400,
  UPDATE_ERROR_SPACE: 507,
  IMAGE_INVALID: 422,
  WRONG_CHIP: 422,
  CHIP_REVISION: 422,
  SECURE_VERSION: 422,
  SIGNATURE_INVALID: 422,
  SIGNATURE_MISSING: 422,
  LOCKED_OUT: 429,
  REBOOTING: 503,
  /** Of a virtual board only: a real one is silent then, as no application runs that could say it. */
  IN_BOOT_LOADER: 503,
  NOT_STARTED: 503,
} as const satisfies Record<string, number>;

export type DeviceErrorCode = keyof typeof DEVICE_ERRORS;
