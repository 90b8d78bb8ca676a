/**
 * What can be done with a device, once: the keys of its page, its menu and the command palette all read this table.
 * How an action is done lies in `device-action-runs.ts` and is loaded when one is asked for.
 */
import { BUILT_IN_DEVICE_ID } from '../app/device-book.ts';
import type { DeviceState, SlotSwitch, UpdateJobState } from '../app/model.ts';
import type { AppServices, DeviceSession } from '../app/services.ts';
import { wayBack } from '../app/way-back.ts';
import { compareVersions } from '../core/ota/version.ts';
import { latestInfo } from './device-facts.ts';
import type { IconName } from './elements/icons.ts';

export type DeviceActionId =
  | 'restart'
  | 'rollback'
  | 'cable'
  | 'sign-in'
  | 'sign-out'
  | 'change-password'
  | 'rename'
  | 'guard'
  | 'bench'
  | 'factory-reset'
  | 'remove';

export interface DeviceAction {
  readonly id: DeviceActionId;
  readonly icon: IconName;
  readonly label: (state: DeviceState) => string;
  /** Undefined: it can be done. A sentence: why not now. `false`: not with this kind of device. */
  readonly refusal: (state: DeviceState) => Refusal;
  /** It would cut an update short, or lock it out of its device. */
  readonly waitsForUpdate?: true;
  /** Something is gone afterwards. */
  readonly isDestructive?: true;
}

type Refusal = string | undefined | false;

/** As `refusal`, and knowing the newest update of that device and the devices that other tabs write to. */
export function refusalOf(
  action: DeviceAction,
  state: DeviceState,
  job: UpdateJobState | undefined,
  elsewhere: ReadonlySet<string> | undefined,
): Refusal {
  const refusal = action.refusal(state);
  if (refusal === false || action.waitsForUpdate !== true) return refusal;
  return busyWith(state, job && new Map([[state.record.id, job]]), elsewhere) ?? refusal;
}

/** What is being done to the device now, by this tab or another; undefined while nothing is. */
export function busyWith(
  { record, slotSwitch }: DeviceState,
  jobs: ReadonlyMap<string, UpdateJobState> | undefined,
  elsewhere: ReadonlySet<string> | undefined,
): string | undefined {
  if (jobs?.get(record.id)?.outcome === 'running') return 'An update is under way.';
  if (slotSwitch?.outcome === 'running') return `${switchWords(slotSwitch)}…`;
  return elsewhere?.has(record.id) ? 'Another tab is writing to this device.' : undefined;
}

/** Towards a newer one it is the same act, and no way back. */
export const isForward = (fromVersion: string, toVersion: string): boolean => compareVersions(toVersion, fromVersion) === 1;

/** `Going back to 1.0.0`; between two that are called the same, the slot tells them apart. */
export function switchWords({ fromVersion, toVersion, slot }: SlotSwitch): string {
  return `${isForward(fromVersion, toVersion) ? 'Switching' : 'Going back'} to ${nameOfOther(fromVersion, toVersion, slot)}`;
}

/** `1.0.0`, or `1.0.0 in ota_0` where that alone would name what runs too. */
export function nameOfOther(version: string, other: string, slot = 'the other slot'): string {
  if (other === '') return slot;
  return other === version ? `${other} in ${slot}` : other;
}

const isVirtual = (state: DeviceState): boolean => state.record.kind === 'virtual';
const whileOnline = (state: DeviceState): string | undefined =>
  state.link === 'online' ? undefined : `${state.record.name} does not answer now.`;

export const DEVICE_ACTIONS: readonly DeviceAction[] = [
  {
    id: 'restart',
    icon: 'power',
    waitsForUpdate: true,
    label: () => 'Restart',
    refusal: whileOnline,
  },
  {
    id: 'rollback',
    icon: 'undo',
    waitsForUpdate: true,
    label: (state) => {
      const info = latestInfo(state);
      const slot = info && wayBack(info);
      if (!info || !slot?.version) return 'Roll back';
      return `${isForward(info.version, slot.version) ? 'Switch' : 'Roll back'} to ${nameOfOther(info.version, slot.version, slot.label)}`;
    },
    refusal: (state) => {
      const info = latestInfo(state);
      if (state.dialect === 's1' || !info || !wayBack(info)) return false;
      return whileOnline(state);
    },
  },
  {
    id: 'cable',
    icon: 'usb',
    label: () => 'Open by cable',
    refusal: (state) => (isVirtual(state) ? undefined : false),
  },
  {
    id: 'sign-in',
    icon: 'lock',
    label: () => 'Sign in',
    refusal: (state) => (state.auth.state === 'signed-in' ? false : whileOnline(state)),
  },
  {
    id: 'sign-out',
    icon: 'leave',
    waitsForUpdate: true,
    label: () => 'Sign out',
    refusal: (state) => (state.auth.state === 'signed-in' ? undefined : false),
  },
  {
    id: 'change-password',
    icon: 'keys',
    waitsForUpdate: true,
    label: () => 'Change password',
    refusal: (state) => (state.auth.state === 'signed-in' && state.dialect !== 's1' ? whileOnline(state) : false),
  },
  {
    id: 'rename',
    icon: 'edit',
    label: () => 'Rename',
    refusal: () => undefined,
  },
  {
    id: 'guard',
    icon: 'signed',
    waitsForUpdate: true,
    label: (state) => (state.record.onlyTrusted ? 'Take any firmware' : 'Take only trusted firmware'),
    refusal: (state) => (isVirtual(state) ? whileOnline(state) : undefined),
  },
  {
    id: 'bench',
    icon: 'settings',
    label: () => 'Bench and faults',
    refusal: (state) => (isVirtual(state) ? undefined : false),
  },
  {
    id: 'factory-reset',
    icon: 'reset',
    isDestructive: true,
    waitsForUpdate: true,
    label: () => 'Factory reset',
    refusal: (state) => (isVirtual(state) ? undefined : false),
  },
  {
    id: 'remove',
    icon: 'trash',
    isDestructive: true,
    waitsForUpdate: true,
    label: () => 'Remove from this bench',
    // The board that ships with Otter stays; it can be reset.
    refusal: (state) => (state.record.id === BUILT_IN_DEVICE_ID ? false : undefined),
  },
];

export function deviceAction(id: DeviceAction['id']): DeviceAction {
  const action = DEVICE_ACTIONS.find((entry) => entry.id === id);
  if (!action) throw new RangeError(`no device action ${id}`);
  return action;
}

/** Runs an action; what it rejects with is shown in a dialog, wherever it was started from. */
export async function runDeviceAction(action: DeviceAction, services: AppServices, session: DeviceSession): Promise<void> {
  try {
    const { ACTION_RUNS } = await import('./device-action-runs.ts');
    await ACTION_RUNS[action.id](services, session);
  } catch (error) {
    const { showProblem } = await import('./dialogs/problem-dialog.ts');
    await showProblem(error);
  }
}
