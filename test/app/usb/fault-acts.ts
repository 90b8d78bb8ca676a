/** What a person does with a board over the wire, each act with what it may change in the flash and what must be there when it is done. */
import { expect } from 'chai';
import { encodeImage } from '../../../src/core/image/encode-image.ts';
import type { FlashRange } from '../../../src/core/bundle/plan-model.ts';
import { encodeOtadataEntry, parseOtadata } from '../../../src/core/image/otadata.ts';
import { encodePartitionTable } from '../../../src/core/image/partition-table.ts';
import { loadStub } from '../../../src/io/serial/stub-program.ts';
import { partitionScheme } from '../../../src/virtual/partition-schemes.ts';
import type { VirtualChipName } from '../../../src/virtual/chip-model.ts';
import type { Random } from '../../doubles/random.ts';
import { application, BoardBench } from './board-bench.ts';
import { firstDifference } from './flash-bytes.ts';
import { filesOf } from './usb-doubles.ts';

export const FLASHED_VERSION = '1.1.0';
const OTHER_VERSION = '1.0.9';

const FLASH_MB = 2;
const FLASH_BYTES = FLASH_MB << 20;
const ALL: FlashRange = { offset: 0, length: FLASH_BYTES };
const PARTITIONS = partitionScheme(FLASH_MB);
const place = (label: string): FlashRange => {
  const { offset, size } = PARTITIONS.find((partition) => partition.label === label)!;
  return { offset, length: size };
};
const NVS = place('nvs');
const OTADATA = place('otadata');
const SECOND_SLOT = place('ota_1');
/** Where the cable is pulled in the act that resumes: in the middle of the write. */
const BREAKS_AFTER_BYTES = 15_000;

/** Behind a UART bridge and behind USB of their own; and where in their memory a boot loader lies. */
const BOOTLOADER_ADDRESSES = {
  ESP32: 0x3fff_0018,
  'ESP32-S2': 0x3ffe_6108,
  'ESP32-S3': 0x3fce_3818,
  'ESP32-C3': 0x3fcd_5820,
} as const satisfies Partial<Record<VirtualChipName, number>>;
type TriedChip = keyof typeof BOOTLOADER_ADDRESSES;
const CHIPS_TRIED = Object.keys(BOOTLOADER_ADDRESSES) as TriedChip[];
const RATES = [115_200, 460_800, 921_600, 2_000_000] as const;
const SIZES = [40_000, 80_000, 120_000] as const;

const NEVER_GOES_BACK = -1_000_000;

export interface Scene {
  readonly bench: BoardBench;
  readonly baudRate: number;
  /** Of acts that take one. */
  readonly range: FlashRange;
  /** The chip is in its boot loader when the act begins. */
  readonly isConnected: boolean;
  files(what: 'application' | 'everything'): ReturnType<typeof filesOf>;
  /** Of a snapshot that was taken before the act. */
  snapshot?: { readonly sha256: string; readonly bytes: Uint8Array };
}

export interface Act {
  /** Before the fault is planned. */
  prepare?(scene: Scene): Promise<void>;
  run(scene: Scene): Promise<unknown>;
  /** All that may differ afterwards, whatever happens. */
  changes(scene: Scene): readonly FlashRange[];
  assertDone(scene: Scene, flash: Uint8Array, what: string): void;
  /** Nothing was known of the board before. */
  readonly isFirst?: true;
  /** At the pace of a real line it would take too many steps of the clock. */
  readonly isLong?: true;
}

const planned = ({ bench }: Scene) => bench.session.state.value.plan!;

const flashes = (full: boolean, snapshot: 'nothing' | 'overwritten' | 'everything'): Act => ({
  run: ({ bench }) => bench.session.flash({ full, snapshot }),
  changes: (scene) => [...planned(scene).writes, ...planned(scene).erases],
  assertDone(scene, flash, what) {
    for (const { offset, bytes } of planned(scene).writes)
      expect(firstDifference(bytes, flash.subarray(offset)), `${what} ${offset}`).to.equal(-1);
  },
});

const looksOnly = { changes: () => [], assertDone: () => undefined } satisfies Partial<Act>;

const chooses = (label: string, run: Act['run'], starts: 'ota_0' | 'ota_1'): Act => ({
  run,
  changes: () => [OTADATA],
  assertDone(_, flash, what) {
    const { active, entries } = parseOtadata(flash.slice(OTADATA.offset, OTADATA.offset + OTADATA.length));
    expect(active, `${what}: ${label}`).to.be.a('number');
    expect((entries[active!].seq - 1) % 2, `${what}: ${label}`).to.equal(starts === 'ota_0' ? 0 : 1);
  },
});

const select = chooses('selects ota_1', ({ bench }) => bench.session.selectSlot('ota_1'), 'ota_1');

export const ACTS = {
  connect: { isFirst: true, run: ({ bench, baudRate }) => bench.session.connect({ baudRate }), ...looksOnly },
  'flash everything': flashes(true, 'nothing'),
  'flash what differs': flashes(false, 'nothing'),
  'flash and keep what was there': flashes(false, 'overwritten'),
  'go on after the cable was pulled': {
    ...flashes(true, 'nothing'),
    async prepare({ bench }) {
      const { session, clock } = bench;
      bench.set({ serialUnplugAtByte: BREAKS_AFTER_BYTES });
      expect((await bench.job({ full: true })).outcome).to.equal('lost');
      while (session.state.value.phase === 'unplugged') await clock.sleep(100);
      await bench.port.settled;
    },
    run: ({ bench }) => bench.session.resume(),
  },
  'read a region': {
    run: async ({ bench, range }) => new Uint8Array(await (await bench.session.read(range)).arrayBuffer()),
    ...looksOnly,
  },
  'take a snapshot': { run: ({ bench, range }) => bench.session.snapshot(range), ...looksOnly },
  'take a snapshot of all': { isLong: true, run: ({ bench }) => bench.session.snapshot('everything'), ...looksOnly },
  'put a snapshot back': {
    async prepare(scene) {
      const { bench, range } = scene;
      const sha256 = await bench.session.snapshot(range);
      scene.snapshot = { sha256, bytes: bench.flash().slice(range.offset, range.offset + range.length) };
      await bench.session.erase(range);
    },
    run: ({ bench, snapshot }) => bench.session.restore(snapshot!.sha256),
    changes: ({ range }) => [range],
    assertDone: ({ range, snapshot }, flash, what) =>
      expect(firstDifference(snapshot!.bytes, flash.subarray(range.offset)), what).to.equal(-1),
  },
  'erase a region': {
    run: ({ bench, range }) => bench.session.erase(range),
    changes: ({ range }) => [range],
    assertDone: ({ range }, flash, what) => assertErased(range, flash, what),
  },
  'erase everything': {
    run: ({ bench }) => bench.session.erase('everything'),
    changes: () => [ALL],
    assertDone: (_, flash, what) => assertErased(ALL, flash, what),
  },
  'choose the other slot': select,
  'give a slot up': {
    ...chooses('gives ota_1 up', ({ bench }) => bench.session.invalidateSlot('ota_1'), 'ota_0'),
    prepare: async (scene) => void (await select.run(scene)),
  },
} as const satisfies Record<string, Act>;

export type ActName = keyof typeof ACTS;

function assertErased({ offset, length }: FlashRange, flash: Uint8Array, what: string): void {
  expect(firstDifference(new Uint8Array(length).fill(0xff), flash.subarray(offset)), what).to.equal(-1);
}

/** Over the network, in real time: no run waits for that. */
export async function loadStubs(): Promise<void> {
  for (const chip of CHIPS_TRIED) await loadStub(chip, 0);
}

/** A board with two applications and something in NVS, a session that knows it, and something to flash. */
export async function setScene(name: ActName, random: Random): Promise<Scene> {
  const act: Act = ACTS[name];
  const chip = random.pick(CHIPS_TRIED);
  const bench = await BoardBench.start({
    chip,
    flashSizeMb: FLASH_MB,
    serialInstant: random.below(10) > 0 || act.isLong === true,
    serialLatencyMs: random.pick([1, 16]),
  });
  bench.hidesBaudRate = random.below(2) === 0;
  const { board } = bench.device;
  const { flash } = board;
  // However often it is reset: an application that goes back to the other slot by itself is another story.
  board.change({ unstableBoots: NEVER_GOES_BACK });
  flash.program(NVS.offset, random.bytes(NVS.length));
  flash.program(SECOND_SLOT.offset, await applicationFor(chip, OTHER_VERSION, SIZES[0]));
  const [app, everything] = await filesFor(chip, random.pick(SIZES));
  const baudRate = random.pick(RATES);
  const range = { offset: SECOND_SLOT.offset + 0x1000 * random.below(8), length: 0x1000 * (1 + random.below(20)) };
  const { session } = bench;
  const isConnected = act.isFirst === undefined && random.below(2) === 0;
  const scene: Scene = { bench, baudRate, range, isConnected, files: (what) => (what === 'application' ? app : everything) };
  if (act.isFirst) return scene;
  await session.connect({ baudRate });
  await session.bring(scene.files(random.below(2) === 0 ? 'application' : 'everything'));
  await act.prepare?.(scene);
  if (isConnected && session.state.value.phase !== 'ready') await session.connect({ baudRate });
  else if (!isConnected) await (random.below(2) === 0 ? session.close() : session.run());
  return scene;
}

const APPLICATIONS = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

/** Made once: a run needs none of its own. */
function applicationFor(chip: VirtualChipName, version: string, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const key = `${chip} ${version} ${length}`;
  const made = APPLICATIONS.get(key) ?? application({ chip, version, length });
  APPLICATIONS.set(key, made);
  return made;
}

async function filesFor(chip: TriedChip, length: number) {
  const otadata = new Uint8Array(OTADATA.length).fill(0xff);
  otadata.set(encodeOtadataEntry({ seq: 1, state: 'UNDEFINED' }));
  const app = ['firmware.bin', await applicationFor(chip, FLASHED_VERSION, length)] as const;
  const table = ['partitions.bin', new Uint8Array(encodePartitionTable({ partitions: PARTITIONS }))] as const;
  return [filesOf(app), filesOf(['bootloader.bin', await bootloaderFor(chip)], table, ['boot_app0.bin', otadata], app)] as const;
}

function bootloaderFor(chip: TriedChip): Promise<Uint8Array<ArrayBuffer>> {
  return encodeImage({
    chip,
    flashMode: 'DIO',
    flashSize: '2MB',
    flashFrequency: '40m',
    entry: 0x4008_0400,
    minChipRevision: 0,
    segments: [{ loadAddress: BOOTLOADER_ADDRESSES[chip], data: new Uint8Array(12_000).fill(0x36) }],
    appendHash: true,
  });
}
