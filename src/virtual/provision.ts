/**
 * A new board as it leaves the factory: boot loader, partition table, otadata that chooses ota_0, the factory firmware there, the default password.
 */
import { toHex } from '../core/bytes/hex.ts';
import { ImageError } from '../core/image/image-error.ts';
import { encodeOtadataEntry } from '../core/image/otadata.ts';
import { encodePartitionTable, PARTITION_TABLE_OFFSET } from '../core/image/partition-table.ts';
import type { BenchSettings } from './bench.ts';
import { STATE_FORMAT, type BoardState } from './board-state.ts';
import { Board } from './board.ts';
import { chipModel } from './chip-model.ts';
import { DEFAULT_PASSWORD, hashPassword } from './device/password.ts';
import { NorFlash, SECTOR_BYTES } from './flash.ts';
import { storeNetwork } from './network-store.ts';
import { PARTITION, partitionScheme } from './partition-schemes.ts';
import { bootloaderArea, factoryBootloader } from './second-stage.ts';
import { Slots } from './slots.ts';
import type { RandomSource } from './storage.ts';

export interface Provision {
  readonly name: string;
  readonly bench: BenchSettings;
  /** An application image for the chip of `bench`. */
  readonly firmware: Uint8Array;
  readonly random: RandomSource;
  readonly nowMs: number;
  readonly passwordRounds?: number | undefined;
}

/** Started and on its way up. */
export async function provisionBoard({ name, bench, firmware, random, nowMs, passwordRounds }: Provision): Promise<Board> {
  const flash = new NorFlash(bench.flashSizeMb << 20);
  const partitions = partitionScheme(bench.flashSizeMb);
  await programBootloader(flash, bench);
  flash.program(PARTITION_TABLE_OFFSET, encodePartitionTable({ partitions }));
  for (const { type, subtype, offset, size } of partitions) {
    if (type === PARTITION.data && subtype === PARTITION.otadata) flash.program(offset, encodeOtadataEntry({ seq: 1, state: 'VALID' }));
    if (type === PARTITION.app && subtype === PARTITION.ota0) flash.program(offset, firmware.subarray(0, size));
  }
  const [mac, seed] = identity(random);
  const state: BoardState = {
    format: STATE_FORMAT,
    name,
    seed,
    mac,
    bench,
    secureVersion: 0,
    power: { kind: 'halted', bootedAt: nowMs, reason: 'POWERON' },
    bootCount: 0,
    unstableBoots: 0,
    isStable: false,
    heapLow: chipModel(bench.chip).freeHeap,
    log: [],
    fileBytes: { ota_0: firmware.length },
    access: {
      password: await hashPassword(DEFAULT_PASSWORD, random, passwordRounds),
      isDefaultPassword: true,
      failures: 0,
      lockedUntil: 0,
      sessions: [],
    },
    update: { state: 'none' },
  };
  const board = new Board(flash, state, true);
  await board.boot(nowMs, 'POWERON');
  return board;
}

/**
 * Boards were made without a boot loader once, and started all the same: they get the one that they would have. A flash that somebody has
 * erased stays erased, and what somebody has written there stays too.
 */
export async function upgradeBoard(flash: NorFlash, state: BoardState): Promise<BoardState> {
  if (state.format === STATE_FORMAT) return state;
  const { wifi, ...kept } = state;
  const { bench, power } = state;
  const upgraded: BoardState = { ...kept, format: STATE_FORMAT };
  if (isErased(flash.read(0, PARTITION_TABLE_OFFSET + SECTOR_BYTES)))
    return power.kind === 'halted' ? { ...upgraded, power: { ...power, loops: true } } : upgraded;
  if (wifi) rememberNetwork(flash, wifi.ssid);
  if (isErased(bootloaderArea(flash, bench.chip))) await programBootloader(flash, bench);
  return upgraded;
}

/** Where there is a table that can be read: without one nothing starts, and nothing is remembered. */
function rememberNetwork(flash: NorFlash, network: string): void {
  try {
    storeNetwork(flash, new Slots(flash).data(PARTITION.nvs), network);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
  }
}

async function programBootloader(flash: NorFlash, { chip, flashSizeMb }: BenchSettings): Promise<void> {
  const { offset, bytes } = await factoryBootloader(chip, flashSizeMb);
  flash.program(offset, bytes);
}

const isErased = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0xff);

/** A MAC of Espressif's own range, and a number that vitals follow from. */
function identity(random: RandomSource): readonly [mac: string, seed: number] {
  const bytes = random(new Uint8Array(3));
  const mac = toHex(Uint8Array.of(0x24, 0x6f, 0x28, ...bytes)).toUpperCase();
  return [mac.match(/../g)?.join(':') ?? mac, (bytes[0]! << 16) | (bytes[1]! << 8) | bytes[2]!];
}

/**
 * The factory firmware made to fit another chip: its chip id and revision limits, and the hash over them. It is a stand-in for the
 * build that its maker would have flashed there; nothing executes it.
 */
export async function retargetImage(firmware: Uint8Array, chip: BenchSettings['chip']): Promise<Uint8Array> {
  const copy = firmware.slice();
  const view = new DataView(copy.buffer);
  view.setUint16(12, chipModel(chip).id, true);
  view.setUint8(14, 0);
  view.setUint16(15, 0, true);
  view.setUint16(17, 0xffff, true);
  if (copy[23] === 1) {
    const end = copy.length - SHA256_BYTES;
    if (end < 0) throw new ImageError('IMAGE_TRUNCATED', 'no room for the appended SHA-256', 0);
    copy.set(new Uint8Array(await crypto.subtle.digest('SHA-256', copy.subarray(0, end))), end);
  }
  return copy;
}

const SHA256_BYTES = 32;
