/** Orders that write to the flash: a plan, a snapshot that goes back, otadata by hand. All of them end in the same proof. */
import type { FlashRange, PlannedWrite } from '../../core/bundle/plan-model.ts';
import type { PartRole } from '../../core/bundle/model.ts';
import { sha256Hex } from '../../core/bytes/sha256.ts';
import { joinRanges, overlap, sectorsOf, subtract, totalLength } from '../../core/bundle/ranges.ts';
import { defined } from '../../core/fields.ts';
import { isInFlash } from './compare.ts';
import type { FoundOnChip } from './chip-layout.ts';
import { freshMemory, runFlash, writtenBytes } from './flash-job.ts';
import type { FlashMemory, FlashWork } from './flash-job.ts';
import type { JobEnd, JobTracker } from './job-tracker.ts';
import { isBroken } from './model.ts';
import type { ChipLayout, FlashStage, SlotOnChip, UsbJobKind, UsbJobResult, WrittenApp } from './model.ts';
import type { ChipConnection, ChipIdentity } from './ports.ts';
import { BootWatch } from './start-proof.ts';
import type { BootSeen, ResetHand } from './start-proof.ts';
import { Snapshot } from './snapshot.ts';
import type { JobOrder } from './usb-jobs.ts';
import type { UsbLink } from './usb-link.ts';
import type { UsbPorts } from './usb-ports.ts';
import type { LiveUsbConsole } from './usb-console.ts';
import { UsbError } from './usb-errors.ts';

export interface FlashRequest extends FlashWork {
  readonly kind: UsbJobKind;
  /** `overwritten`: the sectors that are going to be erased or written, and no others. */
  readonly snapshot: 'overwritten' | 'everything' | 'nothing';
  /** The chip that it was made for. */
  readonly identity: ChipIdentity;
  readonly deviceId: string;
  readonly history: NonNullable<JobOrder['history']>;
  /** What has to lie in the flash before anything of it is touched; absent: whatever may. */
  readonly holds?: readonly PlannedWrite[];
  /** The application among the writes, where it is known what it is and where it goes. */
  readonly written?: WrittenApp & { readonly offset: number };
}

export interface WayBack {
  /** Of the snapshot, in the library. */
  readonly sha256: string;
  readonly holds: readonly PlannedWrite[];
}

/** What a job has done to the flash. */
export interface WrittenFlash {
  /** Whole now. */
  readonly completed: readonly FlashRange[];
  /** Of the partition table that it wrote. */
  readonly tableOffset?: number | undefined;
}

/** The session, as far as an order needs it. */
export interface FlashBench {
  readonly ports: Pick<UsbPorts, 'clock' | 'library' | 'deviceName'>;
  readonly link: UsbLink;
  readonly console: LiveUsbConsole;
  /** What is known of the flash. */
  found(): FoundOnChip | undefined;
  /** The chip in its boot loader, connected now if it is not. */
  ready(tracker: JobTracker, signal: AbortSignal): Promise<ChipConnection>;
  /** Reads the layout again: it is not what it was. */
  look(signal: AbortSignal, written: WrittenFlash): Promise<void>;
}

export class FlashOrder implements JobOrder {
  readonly id: string;
  readonly kind: UsbJobKind;
  readonly stages: readonly FlashStage[];
  readonly deviceId: string;
  readonly history: NonNullable<JobOrder['history']>;
  readonly #request: FlashRequest;
  readonly #bench: FlashBench;
  readonly #memory: FlashMemory = freshMemory();
  #attempts = 0;
  readonly #undo = new Snapshot({ keepsBlank: false });
  #touched: readonly FlashRange[] = [];
  /** Of the flash, before anything was changed. */
  #before: ChipLayout | undefined;
  #wireBytes = 0;
  /** Of all attempts before this one. */
  #earlierMs = 0;
  /** Nobody is going to press RESET. */
  #isWithoutHand = false;

  constructor(id: string, request: FlashRequest, bench: FlashBench) {
    this.id = id;
    this.#request = request;
    this.#bench = bench;
    this.kind = request.kind;
    this.deviceId = request.deviceId;
    this.history = request.history;
    const { snapshot, erases } = request;
    this.stages = [
      'connect',
      'compare',
      ...(snapshot === 'nothing' ? [] : (['read'] as const)),
      ...(erases.length > 0 ? (['erase'] as const) : []),
      'write',
      'verify',
      'start',
    ];
  }

  left(): 'untouched' | 'partly-written' | 'complete' {
    if (this.#memory.complete) return 'complete';
    return this.#memory.touched ? 'partly-written' : 'untouched';
  }

  verifiedBytes(): number {
    return this.#memory.verifiedBytes;
  }

  /** Does not wait for a hand any longer. */
  giveUpWaiting(): void {
    this.#isWithoutHand = true;
  }

  /** In secure download mode a chip tells no MAC: another one on the same port would get the rest. */
  get canGoOn(): boolean {
    return this.#request.identity.mac !== '';
  }

  saved(): string | undefined {
    return this.#undo.sha256;
  }

  /** The way back from it; `undefined` where nothing was saved. */
  wayBack(): WayBack | undefined {
    const sha256 = this.#undo.sha256;
    const { writes } = this.#request;
    // Of what broke off, nobody knows what became of the rest.
    const known = this.#memory.complete ? writes : writes.flatMap((write) => piecesOf(write, this.#touched));
    return sha256 === undefined ? undefined : { sha256, holds: known.filter(({ role }) => !CHANGES_BY_ITSELF.has(role)) };
  }

  ranges(): readonly FlashRange[] {
    const { writes, erases } = this.#request;
    return this.#memory.complete ? joinRanges([...writes, ...erases]) : this.#touched;
  }

  async run(tracker: JobTracker, signal: AbortSignal, touching: () => Promise<void>): Promise<JobEnd> {
    const { ports } = this.#bench;
    const begunAt = ports.clock.now();
    try {
      return await this.#attempt(tracker, signal, touching);
    } catch (error) {
      this.#earlierMs += ports.clock.now() - begunAt;
      throw error;
    }
  }

  async #attempt(tracker: JobTracker, signal: AbortSignal, touching: () => Promise<void>): Promise<JobEnd> {
    const { ports } = this.#bench;
    const isResumed = this.#attempts++ > 0;
    this.#isWithoutHand = false;
    const connection = await this.#bench.ready(tracker, signal);
    this.#assertSameChip(connection.identity);
    this.#before ??= this.#bench.found()?.layout;
    if (!isResumed) await this.#assertHolds(connection, tracker, signal);
    const before = trafficOf(connection);
    try {
      await runFlash(this.#request, {
        connection,
        tracker,
        clock: ports.clock,
        signal,
        memory: this.#memory,
        isResumed,
        beforeTouching: async (ranges) => {
          await this.#save(ranges, connection, { tracker, signal });
          await this.#tellTouched(ranges, touching);
        },
      });
      if (this.#memory.touched) await this.#bench.look(signal, { completed: this.ranges(), tableOffset: tableIn(this.#request.writes) });
    } finally {
      this.#wireBytes += trafficOf(connection) - before;
    }
    const isProven = connection.loader !== 'secure-download';
    const seen = await this.#start(tracker);
    return this.#judge(await this.#result(seen), seen, isProven);
  }

  /** Fuses that were burnt since are another chip, too: what the plan allowed may brick it now. */
  #assertSameChip(found: ChipIdentity): void {
    const { identity: planned } = this.#request;
    const name = ({ chip, mac, security }: ChipIdentity): string => [chip, mac, ...burntFuses(security)].filter(Boolean).join(', ');
    const details = { expected: name(planned), found: name(found) };
    if (details.expected === details.found) return;
    throw new UsbError('OTHER_CHIP', 'another chip than the one that this was planned for', details);
  }

  /** A copy of a few sectors, put into another firmware than the one that it was taken for, leaves neither. */
  async #assertHolds(connection: ChipConnection, tracker: JobTracker, signal: AbortSignal): Promise<void> {
    const { holds = [] } = this.#request;
    const { clock } = this.#bench.ports;
    if (holds.length > 0) tracker.enter('compare', totalLength(holds));
    let done = 0;
    for (const write of holds) {
      const { offset, length } = write;
      if (!(await isInFlash(connection, write, write.bytes, { clock, signal })))
        throw new UsbError('CHANGED_SINCE', 'the flash holds something else', { offset });
      tracker.report('compare', (done += length));
    }
    if (done > 0) tracker.log(`the flash still holds the ${done} bytes that were written`);
  }

  /** After a break only what an earlier attempt did not save already: what it wrote is no longer what it was. */
  async #save(
    ranges: readonly FlashRange[],
    connection: ChipConnection,
    { tracker, signal }: { readonly tracker: JobTracker; readonly signal: AbortSignal },
  ): Promise<void> {
    const { snapshot } = this.#request;
    const scene = { ...this.#bench.ports, connection, tracker, signal, deviceId: this.deviceId };
    if (snapshot !== 'nothing') await this.#undo.add(snapshot === 'everything' ? snapshot : ranges, scene);
    tracker.skip('read');
  }

  async #tellTouched(ranges: readonly FlashRange[], touching: () => Promise<void>): Promise<void> {
    if (ranges.length === 0) return;
    this.#touched = joinRanges([...this.#touched, ...ranges.map(sectorsOf)]);
    await touching();
  }

  /** Whatever happens from here on, all is written: a chip with USB of its own leaves the bus when it starts. */
  async #start(tracker: JobTracker): Promise<BootSeen> {
    const { link, console, ports } = this.#bench;
    tracker.forbidStop();
    tracker.enter('start');
    const watch = new BootWatch(link, console.buffer, ports.clock);
    console.started('start');
    try {
      await link.run();
    } catch (error) {
      watch.close();
      if (!link.isLoss(error)) throw error;
      tracker.complete('start');
      // Whether it prints anything, nobody could hear.
      return { isSilent: false };
    }
    const seen = await watch.watch(this.#hand(tracker));
    tracker.complete('start');
    tracker.log(seen.version === undefined ? 'the boot log names no version' : `App version: ${seen.version}`, 'device');
    if (seen.trouble) tracker.log(`${seen.trouble.kind}: ${seen.trouble.line ?? 'it restarts again and again'}`, 'device');
    return seen;
  }

  /** USB of the chip itself is there only with an application that set it up: there silence says nothing. */
  #hand(tracker: JobTracker): ResetHand | undefined {
    if (this.#request.identity.connection !== 'uart') return undefined;
    const need = (isNeeded: boolean): void => {
      if (isNeeded) tracker.log('not one byte after the start: RESET has to be pressed by hand');
      tracker.needReset(isNeeded);
    };
    return { need, isGivenUp: () => this.#isWithoutHand || this.#bench.link.phase !== 'console' };
  }

  async #result(seen: BootSeen): Promise<UsbJobResult> {
    const { writes, written, history } = this.#request;
    const parts = await Promise.all(writes.map(partOf));
    const starts = startingSlot(this.#bench.found()?.layout);
    const before = startingSlot(this.#before);
    const toVersion = seen.version ?? versionOf(starts);
    const bytes = writtenBytes(this.#memory);
    return {
      bytesInFlash: totalLength(writes),
      bytesWritten: bytes.now + bytes.before,
      ...(bytes.before > 0 && { bytesWrittenBefore: bytes.before }),
      ...(this.#earlierMs > 0 && { earlierMs: this.#earlierMs }),
      ...(this.#memory.erased && { bytesErased: totalLength(this.#request.erases) }),
      wireBytes: this.#wireBytes,
      parts,
      ...(this.#memory.repeatedBlocks > 0 && { repeatedBlocks: this.#memory.repeatedBlocks }),
      ...(history.slotChange === 'invalidated' && history.slot !== undefined && { invalidSlot: history.slot }),
      ...defined({
        fromVersion: before && isBroken(before) ? undefined : versionOf(before),
        toVersion,
        undo: this.#undo.sha256,
        release: history.release,
      }),
      ...(written && starts && { written: this.#inSlot(written, starts) }),
      ...(history.slotChange && starts && { chosenSlot: { now: starts.label, ...(before && { before: before.label }) } }),
      ...(this.#isOverUnfinished() && { overUnfinished: true }),
      ...(before && isBroken(before) && { overBroken: true }),
      ...(toVersion !== undefined && { provedBy: seen.version === undefined ? 'descriptor' : 'boot-log' }),
    };
  }

  /** By the table that is in the flash now: it may have come along. */
  #inSlot({ offset, ...app }: NonNullable<FlashRequest['written']>, starts: SlotOnChip): NonNullable<UsbJobResult['written']> {
    const slot = this.#bench.found()?.layout.slots.find((entry) => entry.offset === offset)?.label ?? app.slot;
    return { ...app, slot, startsNext: offset === starts.offset };
  }

  #isOverUnfinished(): boolean {
    const { writes, erases } = this.#request;
    const slots = this.#before?.slots.filter(({ unfinished }) => unfinished) ?? [];
    return slots.some(({ offset, size }) => [...writes, ...erases].some((range) => overlap(range, { offset, length: size })));
  }

  #judge(result: UsbJobResult, seen: BootSeen, isProven: boolean): JobEnd {
    const unverified = (code: UsbError['code'], details: Readonly<Record<string, unknown>>): JobEnd => ({
      outcome: 'unverified',
      left: 'complete',
      result,
      problem: { code, message: code, details },
    });
    const expected = versionOf(startingSlot(this.#bench.found()?.layout));
    const { trouble } = seen;
    // What starts is another firmware: its trouble is none of what was written, which is there and proven.
    if (result.written?.startsNext === false && isProven)
      return { outcome: 'done', result: trouble ? { ...result, otherTrouble: trouble } : result };
    if (trouble) {
      const details = { ...trouble, version: seen.version, canUndo: result.undo !== undefined };
      return unverified(seen.version === undefined ? 'DOES_NOT_START' : 'APP_CRASHES', details);
    }
    if (!isProven) return unverified('CANNOT_VERIFY', {});
    if (seen.version !== undefined && expected !== undefined && seen.version !== expected)
      return unverified('OTHER_VERSION_STARTS', { written: expected, starts: seen.version });
    // USB of the chip itself is there only once the application has set it up, and then what was printed before is lost.
    if (seen.isSilent && this.#request.identity.connection === 'uart') return unverified('NOTHING_PRINTED', {});
    return { outcome: 'done', result };
  }
}

const burntFuses = (security: ChipIdentity['security']): readonly string[] =>
  Object.entries(security).flatMap(([name, isOn]) => (isOn ? [name] : []));
/** An application writes there as it runs. */
const CHANGES_BY_ITSELF: ReadonlySet<PartRole> = new Set(['nvs', 'otadata']);

/** What is left of a write. */
const piecesOf = (write: PlannedWrite, holes: readonly FlashRange[]): readonly PlannedWrite[] =>
  subtract(write, holes).map(({ offset, length }) => {
    const from = offset - write.offset;
    return { ...write, offset, length, bytes: write.bytes.slice(from, from + length) };
  });

const tableIn = (writes: readonly PlannedWrite[]): number | undefined => writes.find(({ role }) => role === 'partition-table')?.offset;

const trafficOf = ({ traffic }: ChipConnection): number => traffic.sent + traffic.received;

/** The one that the boot loader will start. */
const startingSlot = (layout: ChipLayout | undefined): SlotOnChip | undefined => layout?.slots.find(({ next }) => next);

/** What is half of one and half of another has the version of neither. */
const versionOf = (slot: SlotOnChip | undefined): string | undefined => (slot?.unfinished ? undefined : slot?.app?.version || undefined);

async function partOf({ name, offset, bytes }: PlannedWrite): Promise<UsbJobResult['parts'][number]> {
  return { name, offset, size: bytes.length, sha256: await sha256Hex(bytes) };
}
