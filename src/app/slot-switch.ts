/**
 * The other slot by hand: asked for, waited for, told of from its start to its end. The history hears of it as soon as the device is back,
 * so that nothing says meanwhile that the one before still runs. Loaded when somebody does it.
 */
import type { DeviceInfo } from '../core/ota/device-contract.ts';
import { UpdateError, promisedReturnMs } from './errors.ts';
import type { DeviceRecord, HistoryEntry, SlotSwitch } from './model.ts';
import type { Clock, RecordAct } from './ports.ts';
import type { StartWord } from './slot-word.ts';
import type { BoardServices } from './trust/services.ts';
import { isYounger, wayBack } from './way-back.ts';

const RETURN_POLL_MS = 500;
const RETURN_TIMEOUT_MS = 60_000;
/** A healthy firmware confirms itself within seconds; whoever rolled back should not wait much longer than that. */
const CONFIRM_TIMEOUT_MS = 10_000;

/** The device as its session talks to it. */
export interface SlotSwitchPorts {
  readonly clock: Clock;
  readonly ask: () => Promise<DeviceInfo>;
  /** Resolves once the device said yes: from then on its silence is a restart. */
  readonly order: () => Promise<void>;
  readonly publish: (state: SlotSwitch) => void;
  /** The same entry again and again, until its end. */
  readonly note: (entry: Omit<HistoryEntry, 'id' | 'deviceId'>) => Promise<void>;
  readonly device: DeviceRecord;
  readonly word?: StartWord | undefined;
  readonly trust?: () => Promise<BoardServices>;
  readonly record?: RecordAct;
}

/** The boot loader waits for the word of the slot that runs. */
function isOnTrial(info: DeviceInfo): boolean {
  const state = info.slots?.find((slot) => slot.label === info.running)?.state;
  return state === 'NEW' || state === 'PENDING_VERIFY';
}

function outcomeOf(before: DeviceInfo, after: DeviceInfo): 'confirmed' | 'unconfirmed' | 'failed' {
  if (after.running === before.running) return 'failed';
  return isOnTrial(after) ? 'unconfirmed' : 'confirmed';
}

const slotOf = (label: string | undefined): { readonly slot?: string } => (label === undefined ? {} : { slot: label });

/** Resolves when the device is back and its firmware confirmed itself, or did not in time. */
export async function switchSlot(ports: SlotSwitchPorts): Promise<DeviceInfo> {
  const { clock, publish, note, device, word, record } = ports;
  const startedAt = clock.now();
  const before = await ports.ask();
  const other = wayBack(before);
  // The record may be older than what another tab guards since.
  await (await ports.trust?.())?.mayStart(device.id, other, word);
  await ports.order();
  const begun = { startedAt, fromVersion: before.version, toVersion: other?.version ?? '', ...slotOf(other?.label) };
  publish({ ...begun, outcome: 'running' });
  const tell = (info: DeviceInfo): Promise<void> =>
    note({
      act: 'rollback',
      outcome: outcomeOf(before, info),
      at: startedAt,
      fromVersion: before.version,
      toVersion: info.version,
      ...(info.project ? { project: info.project } : {}),
      durationMs: clock.now() - startedAt,
      ...slotOf(info.running),
    });
  try {
    const back = await whenBack(ports, before);
    if (isOnTrial(back)) await tell(back);
    const after = await whenConfirmed(ports, back);
    await tell(after);
    const now = { toVersion: after.version, ...slotOf(after.running), endedAt: clock.now() };
    const outcome = outcomeOf(before, after);
    publish({ ...begun, ...now, outcome });
    record?.('slot-switched', { ...device, ...begun, ...now, outcome });
    return after;
  } catch (error) {
    publish({ ...begun, outcome: 'unconfirmed', isLost: true, endedAt: clock.now() });
    record?.('slot-switched', { ...device, ...begun, outcome: 'unconfirmed' });
    // It was told to change and not seen since: that belongs into its history too.
    if (error instanceof UpdateError) {
      const durationMs = clock.now() - startedAt;
      await note({ act: 'rollback', outcome: 'unconfirmed', at: startedAt, fromVersion: before.version, durationMs, code: error.code });
    }
    throw error;
  }
}

async function whenBack({ clock, ask }: SlotSwitchPorts, before: DeviceInfo): Promise<DeviceInfo> {
  const until = clock.now() + RETURN_TIMEOUT_MS;
  let wasAway = false;
  let promisedMs = 0;
  while (clock.now() < until) {
    await clock.sleep(Math.max(RETURN_POLL_MS, promisedMs));
    try {
      const info = await ask();
      if (wasAway || info.running !== before.running || isYounger(info, before)) return info;
    } catch (error) {
      wasAway = true;
      promisedMs = promisedReturnMs(error);
    }
  }
  throw new UpdateError(wasAway ? 'DID_NOT_RETURN' : 'DID_NOT_RESTART', 'the device was asked to start its other slot', {});
}

/** The last answer before the firmware confirmed itself or the patience ended. */
async function whenConfirmed({ clock, ask }: SlotSwitchPorts, back: DeviceInfo): Promise<DeviceInfo> {
  const until = clock.now() + CONFIRM_TIMEOUT_MS;
  let latest = back;
  while (isOnTrial(latest) && clock.now() < until) {
    await clock.sleep(RETURN_POLL_MS);
    latest = await ask().catch(() => latest);
  }
  return latest;
}
