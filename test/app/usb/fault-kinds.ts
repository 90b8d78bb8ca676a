/** Every way in which the line, the board or the person can spoil an act; each at a random moment of it. */
import type { SerialErrorCode } from '../../../src/app/usb/errors.ts';
import type { UsbErrorCode } from '../../../src/app/usb/usb-errors.ts';
import type { BenchSettings } from '../../../src/virtual/bench.ts';
import { FAULT_SETTINGS } from '../../../src/virtual/device/serial/board-port.ts';
import type { Random } from '../../doubles/random.ts';
import type { BoardBench } from './board-bench.ts';
import type { Scene } from './fault-acts.ts';

/** How much an act moves when nothing disturbs it, both ways: where its random moments lie. */
export interface Span {
  readonly sent: number;
  readonly received: number;
}

interface Luck {
  readonly random: Random;
  readonly span: Span;
}

/** Plans it; the function that comes back says whether it happened. */
type Fault = (scene: Scene, luck: Luck) => Promise<() => boolean> | (() => boolean);

const MOST_OPERATIONS = 600;
const SECTOR_BYTES = 0x1000;
const FLASH_SECTORS = 0x200;
const RATE_LIMITS = [115_200, 230_400, 460_800] as const;

/** Half of them early, where a few bytes decide much; half anywhere, most of them in the long stretches. */
function moment(random: Random, span: number): number {
  const last = Math.max(2, span);
  return random.below(2) === 0 ? 1 + random.below(last) : Math.max(1, Math.floor(last ** (random.below(1000) / 1000)));
}

const OF = {
  sent: ({ sent }: Span) => sent,
  received: ({ received }: Span) => received,
  both: ({ sent, received }: Span) => sent + received,
} as const;

const onLine =
  (setting: (typeof FAULT_SETTINGS)[keyof typeof FAULT_SETTINGS], of: keyof typeof OF): Fault =>
  ({ bench }, { random, span }) => {
    bench.set({ [setting]: moment(random, OF[of](span)) });
    return () => bench.device.board.state.bench[setting] === 0;
  };

type SettingsOf = (random: Random) => Partial<BenchSettings>;

/** There before the port is opened. */
const fromTheStart =
  (settingsOf: SettingsOf): Fault =>
  async ({ bench }, { random }) => {
    await bench.session.close();
    bench.set(settingsOf(random));
    return () => true;
  };

/** From some moment on. */
const suddenly =
  (settingsOf: SettingsOf): Fault =>
  (scene, luck) => {
    const settings = settingsOf(luck.random);
    return atMoment((bench) => bench.set(settings))(scene, luck);
  };

/** Before the port is opened, or from some moment on. */
const condition =
  (settingsOf: SettingsOf): Fault =>
  (scene, luck) =>
    (luck.random.below(3) === 0 ? suddenly : fromTheStart)(settingsOf)(scene, luck);

const atMoment =
  (act: (bench: BoardBench) => void): Fault =>
  ({ bench }, { random, span }) => {
    let happened = false;
    bench.meter.after(moment(random, OF.both(span)), () => {
      happened = true;
      act(bench);
    });
    return () => happened;
  };

const slowAdapter: SettingsOf = (random) => ({ serialMaxBaudRate: random.pick(RATE_LIMITS) });

export const FAULTS = {
  'byte lost on its way to the chip': onLine('serialLoseByteToChip', 'sent'),
  'byte lost on its way to the page': onLine('serialLoseByteToHost', 'received'),
  'bit flipped on its way to the chip': onLine('serialFlipByteToChip', 'sent'),
  'bit flipped on its way to the page': onLine('serialFlipByteToHost', 'received'),
  'cable pulled': onLine('serialUnplugAtByte', 'both'),
  'chip reset': onLine('serialResetAtByte', 'both'),
  'boot loop': condition(() => ({ serialBootLoop: true })),
  'no auto-reset circuit': condition(() => ({ serialWithoutAutoReset: true })),
  'stub does not start': condition(() => ({ serialStubFails: true })),
  'adapter is slower than it says': fromTheStart(slowAdapter),
  'adapter gets slower': suddenly(slowAdapter),
  'port is busy': condition(() => ({ serialPortBusy: true })),
  'sector is worn': ({ bench, range }, { random }) => {
    const sector = random.pick([Math.floor(range.offset / SECTOR_BYTES), 16 + random.below(30), random.below(FLASH_SECTORS)]);
    bench.device.board.flash.failSectorAt(sector * SECTOR_BYTES);
    return () => true;
  },
  'power cut': ({ bench }, { random }) => {
    const { flash } = bench.device.board;
    flash.schedulePowerCut(moment(random, MOST_OPERATIONS));
    return () => flash.operationsUntilPowerCut === 0;
  },
  stop: atMoment(({ session }) => session.stop()),
  close: atMoment(({ session }) => void session.close()),
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

/** The bytes that arrive are others than those that were sent: what that looks like depends on which they are. */
const DAMAGE = [
  'TIMED_OUT',
  'COMMAND_REFUSED',
  'FRAME_DAMAGED',
  'READ_SHORT',
  'MD5_MISMATCH',
  'VERIFY_FAILED',
  'NO_ANSWER',
  'NO_SYNC_BUT_TEXT',
  'NO_SYNC_IN_DOWNLOAD_MODE',
  'WRONG_MODE',
  'NEEDS_STUB',
  // Replies of a boot loader carry no checksum: a chip, a MAC or a flash may be taken for another.
  'CHIP_UNKNOWN',
  'OTHER_CHIP',
  'FLASH_SIZE_NOT_KNOWN',
  'RANGE_INVALID',
] as const;
const OUT_OF_LOADER = ['CHIP_RESTARTED', 'TIMED_OUT', 'NO_ANSWER', 'NO_SYNC_BUT_TEXT', 'WRONG_MODE'] as const;

/** What may be said of each, where it keeps an act from its end; of those that stop it nothing is to be explained. */
export const TELLS: Readonly<Record<FaultName, readonly (SerialErrorCode | UsbErrorCode)[]>> = {
  'byte lost on its way to the chip': DAMAGE,
  'byte lost on its way to the page': DAMAGE,
  'bit flipped on its way to the chip': DAMAGE,
  'bit flipped on its way to the page': DAMAGE,
  'cable pulled': ['CABLE_LOST', 'PORT_GONE', 'PORT_BUSY'],
  'chip reset': OUT_OF_LOADER,
  'boot loop': [...OUT_OF_LOADER, 'DOES_NOT_START', 'APP_CRASHES'],
  'no auto-reset circuit': [...OUT_OF_LOADER, 'NOTHING_PRINTED'],
  'stub does not start': [],
  // A rate that is too high from the start is stepped down, and costs nothing but time.
  'adapter is slower than it says': [],
  'adapter gets slower': [...DAMAGE, 'CHIP_RESTARTED', 'NOTHING_PRINTED'],
  'port is busy': ['PORT_BUSY'],
  'sector is worn': ['COMMAND_REFUSED', 'VERIFY_FAILED'],
  'power cut': OUT_OF_LOADER,
  stop: [],
  close: ['PORT_CLOSED'],
};

const OFF: Partial<BenchSettings> = {
  ...Object.fromEntries(Object.values(FAULT_SETTINGS).map((setting) => [setting, 0])),
  serialBootLoop: false,
  serialWithoutAutoReset: false,
  serialStubFails: false,
  serialMaxBaudRate: 0,
  serialPortBusy: false,
};

export function calmDown(bench: BoardBench): void {
  bench.set(OFF);
  bench.meter.after(Infinity, () => undefined);
  const { flash } = bench.device.board;
  flash.failSectorAt(-1);
  flash.schedulePowerCut(0);
}
