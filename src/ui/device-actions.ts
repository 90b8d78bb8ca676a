/**
 * What can be done with a device, once: the keys of its page, its menu and the command palette all read this table.
 * Dialogs are loaded when they are asked for.
 */
import type { DeviceState } from '../app/model.ts';
import type { AppServices, DeviceSession } from '../app/services.ts';
import { compareVersions } from '../core/ota/version.ts';
import { latestInfo, wayBack } from './device-facts.ts';
import type { IconName } from './elements/icons.ts';
import { announce } from './live-region.ts';
import { navigate } from './router.ts';

export interface DeviceAction {
  readonly id: 'restart' | 'rollback' | 'sign-in' | 'sign-out' | 'rename' | 'bench' | 'factory-reset' | 'remove';
  readonly icon: IconName;
  readonly label: (state: DeviceState) => string;
  /** Undefined: it can be done. A sentence: why not now. `false`: not with this kind of device. */
  readonly refusal: (state: DeviceState) => string | undefined | false;
  readonly run: (services: AppServices, session: DeviceSession) => Promise<void>;
}

const isVirtual = (state: DeviceState): boolean => state.record.kind === 'virtual';
const whileOnline = (state: DeviceState): string | undefined =>
  state.link === 'online' ? undefined : `${state.record.name} does not answer now.`;

async function signedIn(session: DeviceSession, confirm: string): Promise<boolean> {
  if (session.state.value.auth.state === 'signed-in') return true;
  const { askSignIn } = await import('./dialogs/sign-in-dialog.ts');
  return askSignIn(session, { confirm });
}

export const DEVICE_ACTIONS: readonly DeviceAction[] = [
  {
    id: 'restart',
    icon: 'power',
    label: () => 'Restart',
    refusal: whileOnline,
    async run(_services, session) {
      if (!(await signedIn(session, 'Sign in and restart'))) return;
      announce(`${session.state.value.record.name} restarts.`);
      await session.reboot();
    },
  },
  {
    id: 'rollback',
    icon: 'undo',
    label: (state) => {
      const info = latestInfo(state);
      const slot = info && wayBack(info);
      if (!info || !slot?.version) return 'Roll back';
      // After a rollback the other slot is ahead: the same act, and no way back.
      return compareVersions(slot.version, info.version) === 1 ? `Switch to ${slot.version}` : `Roll back to ${slot.version}`;
    },
    refusal: (state) => {
      const info = latestInfo(state);
      if (state.dialect === 's1' || !info || !wayBack(info)) return false;
      return whileOnline(state);
    },
    async run(_services, session) {
      if (!(await signedIn(session, 'Sign in and roll back'))) return;
      const { name } = session.state.value.record;
      announce(`${name} restarts from its other slot.`);
      const info = await session.rollback();
      announce(`${name} runs ${info.version}, in ${info.running ?? 'its other slot'}.`);
    },
  },
  {
    id: 'sign-in',
    icon: 'lock',
    label: () => 'Sign in',
    refusal: (state) => (state.auth.state === 'signed-in' ? false : whileOnline(state)),
    async run(_services, session) {
      if (await signedIn(session, 'Sign in')) announce(`Signed in to ${session.state.value.record.name}.`);
    },
  },
  {
    id: 'sign-out',
    icon: 'lock',
    label: () => 'Sign out',
    refusal: (state) => (state.auth.state === 'signed-in' ? undefined : false),
    async run(_services, session) {
      session.logout();
      announce(`Signed out of ${session.state.value.record.name}.`);
    },
  },
  {
    id: 'rename',
    icon: 'edit',
    label: () => 'Rename',
    refusal: () => undefined,
    async run(services, session) {
      const { askName } = await import('./dialogs/confirm-dialog.ts');
      const { id, name } = session.state.value.record;
      const answer = await askName({ title: `Rename ${name}`, label: 'Name', value: name, confirm: 'Rename', maxLength: 40 });
      if (answer === undefined) return;
      await services.devices.rename(id, answer);
      announce(`${name} is now called ${answer}.`);
    },
  },
  {
    id: 'bench',
    icon: 'settings',
    label: () => 'Bench and faults',
    refusal: (state) => (isVirtual(state) ? undefined : false),
    async run(services, session) {
      const { openBench } = await import('./dialogs/bench-dialog.ts');
      await openBench(services.bench, session);
    },
  },
  {
    id: 'factory-reset',
    icon: 'undo',
    label: () => 'Factory reset',
    refusal: (state) => (isVirtual(state) ? undefined : false),
    async run(services, session) {
      const { askConfirm } = await import('./dialogs/confirm-dialog.ts');
      const { id, name } = session.state.value.record;
      const sure = await askConfirm({
        title: `Reset ${name} to how it was delivered?`,
        text: 'Flash, settings and password go back to the factory state. Your library and the history stay.',
        confirm: `Reset ${name}`,
        isDestructive: true,
      });
      if (!sure) return;
      await services.bench.factoryReset(id);
      await session.refresh().catch(() => undefined);
      announce(`${name} is as it was delivered.`);
    },
  },
  {
    id: 'remove',
    icon: 'trash',
    label: () => 'Remove from this bench',
    refusal: () => undefined,
    async run(services, session) {
      const { askConfirm } = await import('./dialogs/confirm-dialog.ts');
      const { id, name, kind } = session.state.value.record;
      const text =
        kind === 'virtual'
          ? 'The virtual board and everything on it are deleted. Firmware in your library stays.'
          : 'Otter forgets its address. The device itself is not touched, and you can add it again.';
      const sure = await askConfirm({ title: `Remove ${name}?`, text, confirm: `Remove ${name}`, isDestructive: true });
      if (!sure) return;
      await services.devices.remove(id);
      navigate({ view: 'devices' });
      announce(`${name} removed.`);
    },
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
    await action.run(services, session);
  } catch (error) {
    const { showProblem } = await import('./dialogs/problem-dialog.ts');
    await showProblem(error);
  }
}
