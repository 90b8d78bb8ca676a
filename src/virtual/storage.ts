/**
 * What a virtual device needs from a disk. The service worker gives it IndexedDB, tests give it a map.
 * Nothing here knows either.
 */
export const FLASH_BLOCK_BYTES = 0x10000;

export interface DeviceChange {
  /** 64 KiB flash blocks by index, views of the live flash: copied before `commit` returns. `null` = erased to FF, forget it. */
  readonly blocks: ReadonlyMap<number, Uint8Array<ArrayBuffer> | null>;
  /** Everything of the device that is not flash, JSON-shaped; absent = unchanged. */
  readonly state?: unknown;
  /** `strict` only where losing the write would break a promise (the boot-slot commit). */
  readonly durability: 'relaxed' | 'strict';
}

export interface DeviceStorage {
  /** `undefined` when this device was never stored. */
  load(): Promise<{ readonly blocks: ReadonlyMap<number, Uint8Array>; readonly state: unknown } | undefined>;
  /** All of it or nothing: one transaction. Resolves when it is durable as asked. */
  commit(change: DeviceChange): Promise<void>;
}

export interface Clock {
  /** ms since 1970. */
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Fills the array with cryptographically strong random bytes. */
export type RandomSource = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
