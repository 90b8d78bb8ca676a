/**
 * Everything of a board that is not flash: how it is built, where it is in its life, and what its application keeps.
 * JSON-shaped, because it is stored; whatever comes back from a disk is checked field by field.
 */
import type { UpdateStatus } from '../core/ota/device-contract.ts';
import { REHEARSALS, type Rehearsal } from '../core/image/rehearsal.ts';
import { DEFAULT_BENCH, parseBenchChange, type BenchSettings } from './bench.ts';
import { RESET_REASONS, type ResetReason } from './chip-model.ts';
import { isPasswordRecord, type PasswordRecord } from './device/password.ts';

/** 1: made without a boot loader in its flash; `upgradeBoard` gives it one. */
const FORMATS = [1, 2] as const;
export const STATE_FORMAT = 2;

/**
 * `on`: starts until `readyAt`, then runs. `halted`: there was nothing to start; where not even a boot loader
 * was (`loops`), the watchdog tries again. `download`: the ROM waits for a flasher.
 * `off`: without power or held in reset, until `returnsAt`. Times are ms since 1970.
 */
export type Power =
  | {
      readonly kind: 'on';
      readonly slot: string;
      readonly bootedAt: number;
      readonly readyAt: number;
      readonly reason: ResetReason;
      readonly rehearsal: Rehearsal;
    }
  | { readonly kind: 'halted'; readonly bootedAt: number; readonly reason: ResetReason; readonly loops?: boolean }
  | { readonly kind: 'download'; readonly bootedAt: number; readonly reason: ResetReason }
  | { readonly kind: 'off'; readonly bootedAt: number; readonly reason: ResetReason; readonly returnsAt: number };

export interface SessionRecord {
  /** SHA-256 of the token, hex; the token itself only its owner has. */
  readonly tokenHash: string;
  readonly createdAt: number;
  readonly lastUsedAt: number;
}

export interface AccessState {
  readonly password: PasswordRecord;
  readonly isDefaultPassword: boolean;
  readonly failures: number;
  /** 0 = not locked. */
  readonly lockedUntil: number;
  readonly sessions: readonly SessionRecord[];
}

export interface BoardState {
  readonly format: (typeof FORMATS)[number];
  readonly name: string;
  readonly seed: number;
  readonly mac: string;
  readonly bench: BenchSettings;
  /** eFuse: images with a lower secure_version do not boot any more. */
  readonly secureVersion: number;
  readonly power: Power;
  readonly bootCount: number;
  /** Starts since the board last ran for a minute, other than those it was asked for. */
  readonly unstableBoots: number;
  /** The stable minute of this start is over. */
  readonly isStable: boolean;
  /** Lowest free heap that was seen since the start. */
  readonly heapLow: number;
  readonly log: readonly string[];
  /** Length of the file that was written to a slot: it may go on behind the image (signatures). */
  readonly fileBytes: Readonly<Record<string, number>>;
  readonly access: AccessState;
  readonly update: UpdateStatus;
  /** Only in format 1: it is in NVS since. */
  readonly wifi?: { readonly ssid: string };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= 4096;

/** `undefined` when a stored record is not one of ours: the board is then provisioned anew rather than half believed. */
export function parseBoardState(value: unknown): BoardState | undefined {
  if (!isObject(value) || !FORMATS.some((format) => format === value['format'])) return undefined;
  const state = value as unknown as BoardState;
  const numbers = [state.seed, state.secureVersion, state.bootCount, state.unstableBoots, state.heapLow];
  const isWhole =
    isText(state.name) &&
    isText(state.mac) &&
    numbers.every(isNumber) &&
    typeof state.isStable === 'boolean' &&
    isPower(state.power) &&
    Array.isArray(state.log) &&
    state.log.every(isText) &&
    isObject(state.fileBytes) &&
    Object.values(state.fileBytes).every(isNumber) &&
    isAccess(state.access) &&
    isObject(state.update) &&
    isText(state.update.state) &&
    (state.wifi === undefined || (isObject(state.wifi) && isText(state.wifi.ssid)));
  const bench = isWhole ? parseBench(state.bench) : undefined;
  return bench && { ...state, bench };
}

function parseBench(value: unknown): BenchSettings | undefined {
  try {
    return { ...DEFAULT_BENCH, ...parseBenchChange(value) };
  } catch {
    return undefined;
  }
}

function isPower(value: unknown): value is Power {
  if (!isObject(value) || !isNumber(value['bootedAt']) || !RESET_REASONS.some((reason) => reason === value['reason'])) return false;
  if (value['kind'] === 'halted' || value['kind'] === 'download') return true;
  if (value['kind'] === 'off') return isNumber(value['returnsAt']);
  return (
    value['kind'] === 'on' && isText(value['slot']) && isNumber(value['readyAt']) && REHEARSALS.some((word) => word === value['rehearsal'])
  );
}

function isAccess(value: unknown): value is AccessState {
  if (!isObject(value)) return false;
  const { password, isDefaultPassword, failures, lockedUntil, sessions } = value;
  const isSession = (entry: unknown): boolean =>
    isObject(entry) && isText(entry['tokenHash']) && isNumber(entry['createdAt']) && isNumber(entry['lastUsedAt']);
  return (
    isPasswordRecord(password) &&
    typeof isDefaultPassword === 'boolean' &&
    isNumber(failures) &&
    isNumber(lockedUntil) &&
    Array.isArray(sessions) &&
    sessions.every(isSession)
  );
}
