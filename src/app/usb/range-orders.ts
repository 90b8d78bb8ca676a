/** Orders for a region, a partition or all of the flash: read it, or erase it. The chip stays in its boot loader. */
import { bootChain } from '../../core/bundle/boot-chain.ts';
import type { FlashRange } from '../../core/bundle/plan-model.ts';
import { SECTOR_BYTES, endOf } from '../../core/bundle/ranges.ts';
import { MOST_FLASH_BYTES } from '../../core/image/flash-runs.ts';
import { hexNumber } from '../../core/bytes/hex.ts';
import { stretchName } from './place-name.ts';
import { sha256Hex } from '../../core/bytes/sha256.ts';
import type { FlashBench } from './flash-order.ts';
import type { JobEnd, JobTracker } from './job-tracker.ts';
import type { FlashStage, UsbJobKind } from './model.ts';
import { assertMayErase } from './requests.ts';
import type { RequestScene } from './requests.ts';
import { takeSnapshot } from './snapshot.ts';
import type { JobOrder } from './usb-jobs.ts';
import { UsbError } from './usb-errors.ts';

interface RangeWish extends RequestScene {
  readonly range: FlashRange | 'everything';
}

/** @throws UsbError when it lies outside of the flash, or nobody knows how large that is */
function boundedRange({ range, identity }: RangeWish): FlashRange {
  const { bytes } = identity.flash;
  if (range === 'everything') {
    if (bytes === undefined) throw new UsbError('FLASH_SIZE_NOT_KNOWN', 'how much is everything?', {});
    return { offset: 0, length: bytes };
  }
  const isRange = Number.isInteger(range.offset) && Number.isInteger(range.length) && range.offset >= 0 && range.length > 0;
  if (!isRange || endOf(range) > (bytes ?? 2 ** 32))
    throw new UsbError('RANGE_INVALID', 'not a region of this flash', { ...range, flashBytes: bytes });
  return range;
}

export class ReadOrder implements JobOrder {
  readonly id: string;
  readonly kind: UsbJobKind;
  readonly stages: readonly FlashStage[] = ['connect', 'read'];
  readonly deviceId: string;
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  sha256 = '';
  #blankBytes = 0;
  readonly #wish: RangeWish & { readonly keeps: boolean };
  readonly #bench: FlashBench;

  /** `keeps`: into the library, with what is needed to put it back. */
  constructor(id: string, wish: RangeWish & { readonly keeps: boolean }, bench: FlashBench) {
    this.id = id;
    this.kind = wish.keeps ? 'snapshot' : 'read';
    this.deviceId = wish.deviceId;
    this.#wish = wish;
    this.#bench = bench;
    boundedRange(wish);
  }

  left(): 'untouched' {
    return 'untouched';
  }

  verifiedBytes(): number {
    return 0;
  }

  ranges(): readonly FlashRange[] {
    return [];
  }

  async run(tracker: JobTracker, signal: AbortSignal): Promise<JobEnd> {
    const connection = await this.#bench.ready(tracker, signal);
    const { range, keeps, deviceId } = this.#wish;
    const { offset, length } = boundedRange(this.#wish);
    const before = connection.traffic.sent + connection.traffic.received;
    if (keeps) {
      const of = range === 'everything' ? range : [range];
      const { sha256, blankBytes } = await takeSnapshot(of, { ...this.#bench.ports, connection, tracker, signal, deviceId });
      this.sha256 = sha256;
      this.#blankBytes = blankBytes;
    } else {
      tracker.enter('read', length);
      this.bytes = await connection.readFlash(offset, length, { signal, onProgress: (done) => tracker.report('read', done) });
      this.sha256 = await sha256Hex(this.bytes);
      tracker.complete('read');
      tracker.log(`read ${length} bytes at ${hexNumber(offset, 1)}, SHA-256 ${this.sha256}`);
    }
    const wireBytes = connection.traffic.sent + connection.traffic.received - before;
    const blank = this.#blankBytes > 0 && { bytesBlank: this.#blankBytes };
    return { outcome: 'done', result: { bytesInFlash: length, bytesWritten: 0, wireBytes, parts: [], readSha256: this.sha256, ...blank } };
  }
}

export class EraseOrder implements JobOrder {
  readonly id: string;
  readonly kind = 'erase';
  readonly stages: readonly FlashStage[] = ['connect', 'erase'];
  readonly deviceId: string;
  readonly history: NonNullable<JobOrder['history']>;
  readonly #wish: RangeWish;
  readonly #bench: FlashBench;
  #left: 'untouched' | 'partly-written' = 'untouched';

  constructor(id: string, wish: RangeWish, bench: FlashBench) {
    this.id = id;
    this.deviceId = wish.deviceId;
    this.#wish = wish;
    this.#bench = bench;
    const region = regionName(wish);
    this.history = { act: 'erase', ...(region !== undefined && { region }) };
    assertMayErase(wish, wish.range);
    if (wish.range === 'everything') return;
    const { offset, length } = boundedRange(wish);
    if ((offset % SECTOR_BYTES) + (length % SECTOR_BYTES) !== 0)
      throw new UsbError('RANGE_INVALID', 'not whole sectors', { offset, length });
  }

  left(): 'untouched' | 'partly-written' {
    return this.#left;
  }

  verifiedBytes(): number {
    return 0;
  }

  /** Of a flash that does not tell its size, all that anybody could ask for. */
  ranges(): readonly FlashRange[] {
    const { range, identity } = this.#wish;
    if (this.#left === 'untouched') return [];
    return [range === 'everything' ? { offset: 0, length: identity.flash.bytes ?? MOST_FLASH_BYTES } : range];
  }

  async run(tracker: JobTracker, signal: AbortSignal, touching: () => Promise<void>): Promise<JobEnd> {
    const connection = await this.#bench.ready(tracker, signal);
    const { range } = this.#wish;
    const before = connection.traffic.sent + connection.traffic.received;
    const length = range === 'everything' ? (this.#wish.identity.flash.bytes ?? 0) : range.length;
    tracker.enter('erase', length);
    if (range !== 'everything') tracker.cover([range]);
    this.#left = 'partly-written';
    await touching();
    if (range === 'everything') await connection.eraseFlash({ signal });
    else {
      await connection.eraseRegion(range.offset, length, { signal, onProgress: (done) => tracker.report('erase', done) });
      tracker.mark(range, 'erased');
    }
    tracker.complete('erase');
    tracker.log(range === 'everything' ? 'erased the whole flash' : `erased ${length} bytes at ${hexNumber(range.offset, 1)}`);
    await this.#bench.look(signal, { completed: this.ranges() });
    const wireBytes = connection.traffic.sent + connection.traffic.received - before;
    return { outcome: 'done', result: { bytesInFlash: length, bytesWritten: 0, bytesErased: length, wireBytes, parts: [] } };
  }
}

const LINK_NAMES = { bootloader: 'boot loader', 'partition-table': 'partition table' } as const;

/** As the history calls it: nothing for the whole flash. */
function regionName({ range, found, identity: { chip } }: RangeWish): string | undefined {
  if (range === 'everything') return undefined;
  const { offset, length } = range;
  const partition = found?.layout.partitions?.find((entry) => entry.offset === offset && entry.size === length);
  const link = found && bootChain({ chip, ...found.layout }).find((entry) => entry.offset === offset && entry.length === length);
  return partition?.label ?? (link ? LINK_NAMES[link.role] : stretchName(range));
}
