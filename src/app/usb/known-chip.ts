/**
 * The chip of one session: gets into its boot loader, and knows who it is, what is in its flash, and what jobs that broke off left there.
 * What is found stands in the state of the session.
 */
import { tableOffsetOf } from '../../core/bundle/places.ts';
import type { FlashRange } from '../../core/bundle/plan-model.ts';
import type { HistoryEntry } from '../model.ts';
import type { Subject } from '../observable.ts';
import { PARTITION_TABLE_OFFSET } from '../../core/image/partition-table.ts';
import type { BundleDesk } from './bundle-desk.ts';
import { readLayout, targetOf } from './chip-layout.ts';
import type { FoundOnChip } from './chip-layout.ts';
import type { WrittenFlash } from './flash-order.ts';
import type { JobTracker } from './job-tracker.ts';
import type { ChipLayout, UsbState } from './model.ts';
import { deviceIdOf } from './port-ids.ts';
import type { ChipConnection, ChipIdentity } from './ports.ts';
import type { RequestScene } from './requests.ts';
import { markByHistory } from './unfinished.ts';
import type { LiveUsbConsole } from './usb-console.ts';
import { UsbError } from './usb-errors.ts';
import type { LoaderOptions, UsbLink } from './usb-link.ts';
import type { UsbPorts } from './usb-ports.ts';

export type ConnectWish = Pick<LoaderOptions, 'baudRate' | 'withoutStub'>;

interface KnownChipParts {
  readonly ports: Pick<UsbPorts, 'history'>;
  readonly link: UsbLink;
  readonly console: LiveUsbConsole;
  /** Aims what was brought at what is found. */
  readonly desk: BundleDesk;
  readonly state: Subject<UsbState>;
}

/** By the last job. */
interface LeftToStart {
  /** Of the slot. */
  readonly label: string;
  /** Ids of what the history held then. */
  readonly known: ReadonlySet<string>;
}

export class KnownChip {
  readonly #parts: KnownChipParts;
  #found: FoundOnChip | undefined;
  /** Of the look that nothing brought has steered. */
  #unsteered: FoundOnChip | undefined;
  #wish: ConnectWish = {};
  /** Where `#found` was looked for first; absent: at the usual place of a table. */
  #lookedAt: number | undefined;
  /** Of the table that a job wrote: it is looked for there first from then on. */
  #writtenTable: number | undefined;
  #leftToStart: LeftToStart | undefined;

  constructor(parts: KnownChipParts) {
    this.#parts = parts;
  }

  /** Of the last attempt to connect. */
  get wish(): ConnectWish {
    return this.#wish;
  }

  get found(): FoundOnChip | undefined {
    return this.#found;
  }

  /** @throws UsbError when nobody was connected yet */
  scene(): RequestScene {
    const { chip } = this.#parts.state.value;
    if (!chip) throw new UsbError('CHIP_NOT_READY', 'connect first', {});
    return { identity: chip, deviceId: this.#deviceId(chip), found: this.#found, unsteered: this.#unsteered };
  }

  /** In its boot loader, connected now if it is not. */
  async ready(tracker: JobTracker, signal: AbortSignal): Promise<ChipConnection> {
    tracker.enter('connect');
    const known = this.#parts.link.connection;
    const connection = known && (await known.isThere(signal)) ? known : await this.#enter(signal);
    tracker.complete('connect');
    // What a job that breaks off leaves to start, nobody knows.
    this.#leftToStart = undefined;
    return connection;
  }

  /** @param wish of this time, and of every time that a job connects by itself */
  async connect(wish: ConnectWish, signal: AbortSignal): Promise<void> {
    this.#wish = wish;
    await this.#enter(signal);
  }

  /**
   * What was brought has its table elsewhere than where one was looked for, or what had one is no longer brought. A boot loader looks at one place:
   * what lay at another one before, says nothing about the flash.
   */
  get isToBeSeenAnew(): boolean {
    const at = (offset: number | undefined): number => offset ?? PARTITION_TABLE_OFFSET;
    return this.#found?.isRead === true && at(this.#wantedTable) !== at(this.#lookedAt);
  }

  get #wantedTable(): number | undefined {
    return tableOffsetOf(this.#parts.desk.resolved?.parts ?? []) ?? this.#writtenTable;
  }

  /** Reads the layout where what was brought has its table. */
  async seeAnew(signal: AbortSignal): Promise<void> {
    try {
      await this.#look(signal, this.#wantedTable);
    } catch (error) {
      // Nobody knows what it still waits for, nor whether it is there.
      await this.#parts.link.drop();
      throw error;
    }
  }

  /** Reads the layout again, which a job has changed, whatever the history says of that job until it has ended. */
  async lookAfter(signal: AbortSignal, { completed, tableOffset = this.#writtenTable }: WrittenFlash): Promise<void> {
    this.#leftToStart = undefined;
    this.#writtenTable = tableOffset;
    await this.#lookTwice(signal, completed);
    const label = nextLabel(this.#found?.layout);
    if (label === undefined) return;
    this.#leftToStart = { label, known: new Set((await this.history()).map(({ id }) => id)) };
  }

  /** As the chip is, and then as what was brought would have it: that has its places only where the chip is known. */
  async #lookTwice(signal: AbortSignal, completed?: readonly FlashRange[]): Promise<void> {
    await this.#look(signal, this.#writtenTable, completed);
    if (this.isToBeSeenAnew) await this.#look(signal, this.#wantedTable, completed);
  }

  async #look(signal: AbortSignal, tableOffset: number | undefined, completed: readonly FlashRange[] = []): Promise<void> {
    const { link, desk } = this.#parts;
    const { connection } = link;
    if (!connection) return;
    const found = await readLayout(connection, { tableOffset, signal });
    const layout = await this.#marked(found.layout, connection.identity, completed);
    this.#lookedAt = tableOffset;
    this.#found = { ...found, layout };
    if (tableOffset === this.#writtenTable) this.#unsteered = this.#found;
    this.#change({ layout });
    await desk.aim(targetOf(connection.identity, this.#found), this.#deviceId(connection.identity));
  }

  /** After a job: it may have broken off, or ended what broke off before. */
  async mark(): Promise<void> {
    const { layout: before, chip } = this.#parts.state.value;
    if (!before || !chip) return;
    const layout = await this.#marked(before, chip);
    if (this.#found) this.#found = { ...this.#found, layout };
    this.#change({ layout });
  }

  /** What was done to the board that was connected last, as far as anybody wrote it down. */
  async history(identity = this.#parts.state.value.chip): Promise<readonly HistoryEntry[]> {
    return (identity && (await this.#parts.ports.history?.(this.#deviceId(identity)).catch(() => []))) ?? [];
  }

  async #enter(signal: AbortSignal): Promise<ChipConnection> {
    const { link, console, state } = this.#parts;
    const { problem: _problem, ...rest } = state.value;
    state.set({ ...rest, connectSteps: [] });
    const connection = await link.enterLoader({
      ...this.#wish,
      signal,
      onStep: (step) => {
        // A reset that was asked for is no sign of a boot loop.
        if (step.step === 'reset') console.started(`reset into the boot loader (${step.strategy})`);
        this.#change({ connectSteps: [...state.value.connectSteps, step] });
      },
    });
    if (state.value.chip?.mac !== connection.identity.mac) this.#leftToStart = this.#writtenTable = undefined;
    this.#change({ chip: connection.identity, loader: connection.loader });
    try {
      await this.#lookTwice(signal);
    } catch (error) {
      // Nobody knows what it still waits for, nor whether it is there.
      await link.drop();
      throw error;
    }
    return connection;
  }

  /** With what is known of jobs that broke off, of this page or of an earlier one. */
  async #marked(layout: ChipLayout, identity: ChipIdentity, completed: readonly FlashRange[] = []): Promise<ChipLayout> {
    const entries = await this.history(identity);
    const { changedItself: _before, ...rest } = markByHistory(layout, completed.length > 0 ? ended(entries, completed) : entries);
    const { label: from, known } = this.#leftToStart ?? {};
    const to = nextLabel(layout);
    if (from === undefined || to === undefined || from === to) return rest;
    const isByOtherDoor = entries.some((entry) => !known?.has(entry.id) && choosesOverTheAir(entry));
    return isByOtherDoor ? rest : { ...rest, changedItself: { from, to } };
  }

  /** As the history knows it. */
  #deviceId({ mac }: ChipIdentity): string {
    return deviceIdOf(this.#parts.state.value.portId, mac);
  }

  #change(change: Partial<UsbState>): void {
    const { state } = this.#parts;
    state.set({ ...state.value, ...change });
  }
}

/** Acts of the other door that choose what starts next: then it was not the board itself. */
const choosesOverTheAir = ({ act, slotChange }: HistoryEntry): boolean =>
  act === 'factory-reset' || act === 'update' || (act === 'rollback' && slotChange === undefined);

const nextLabel = (layout: ChipLayout | undefined): string | undefined => layout?.slots.find(({ next }) => next)?.label;

/** As the history will be once the job that runs now has ended well. */
function ended(entries: readonly HistoryEntry[], ranges: readonly FlashRange[]): readonly HistoryEntry[] {
  const others = entries.filter(({ outcome }) => outcome !== 'started');
  return [...others, { id: '', deviceId: '', at: Infinity, act: 'flash', outcome: 'done', ranges }];
}
