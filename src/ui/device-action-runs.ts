/** How each device action is done: asks what has to be asked, does it, and says that it is done. Loaded with the first action. */
import type { AppServices, DeviceSession } from '../app/services.ts';
import { deviceAction, type DeviceActionId } from './device-actions.ts';
import { askConfirm, askName } from './dialogs/confirm-dialog.ts';
import { announce } from './live-region.ts';
import { navigate } from './router.ts';

type Run = (services: AppServices, session: DeviceSession) => Promise<void>;

async function signedIn(session: DeviceSession, confirm: string): Promise<boolean> {
  if (session.state.value.auth.state === 'signed-in') return true;
  const { askSignIn } = await import('./dialogs/sign-in-dialog.ts');
  return askSignIn(session, { confirm });
}

export const ACTION_RUNS: Readonly<Record<DeviceActionId, Run>> = {
  async restart(_services, session) {
    if (!(await signedIn(session, 'Sign in and restart'))) return;
    announce(`${session.state.value.record.name} restarts.`);
    await session.reboot();
  },
  async rollback(_services, session) {
    const label = deviceAction('rollback').label(session.state.value);
    // “Roll back to 1.0.0”, less the version: the dialog is about who, not about what.
    if (!(await signedIn(session, `Sign in and ${label.split(' to ')[0]!.toLowerCase()}`))) return;
    const { name, onlyTrusted } = session.state.value.record;
    const said = `${name} restarts from its other slot.`;
    if (!onlyTrusted) announce(said);
    const { withStartWord } = await import('./dialogs/start-word.ts');
    await withStartWord(async (word) => {
      if (word.evenUnknown) announce(said);
      const info = await session.rollback(word);
      announce(`${name} runs ${info.version}, in ${info.running ?? 'its other slot'}.`);
    });
  },
  async cable(_services, session) {
    const portId = `virtual:${session.state.value.record.id}`;
    const { askToConnect } = await import('./views/usb/along.ts');
    askToConnect(portId);
    navigate({ view: 'usb', portId });
  },
  async 'sign-in'(_services, session) {
    if (await signedIn(session, 'Sign in')) announce(`Signed in to ${session.state.value.record.name}.`);
  },
  async 'sign-out'(_services, session) {
    session.logout();
    announce(`Signed out of ${session.state.value.record.name}.`);
  },
  async 'change-password'(_services, session) {
    const { askNewPassword } = await import('./dialogs/sign-in-dialog.ts');
    if (await askNewPassword(session)) announce(`${session.state.value.record.name} has a new password.`);
  },
  async rename(services, session) {
    const { id, name } = session.state.value.record;
    const others = (services.devices.records.value ?? []).filter((record) => record.id !== id).map((record) => record.name);
    const answer = await askName({ title: `Rename ${name}`, label: 'Name', value: name, confirm: 'Rename', maxLength: 40, others });
    if (answer === undefined) return;
    await services.devices.rename(id, answer);
    announce(`${name} is now called ${answer}.`);
  },
  async guard(services, session) {
    const { id, name, onlyTrusted: isOn = false } = session.state.value.record;
    const loosened = { title: `Let ${name} take any firmware?`, confirm: 'Take any firmware' };
    if (isOn && !(await askConfirm({ ...loosened, text: 'Nothing asks any more who signed it: what fits can be written.' }))) return;
    await (await services.trust?.())?.guard.setOnlyTrusted(id, !isOn);
    announce(isOn ? `${name} takes any firmware that fits.` : `${name} takes only trusted firmware.`);
  },
  async bench(services, session) {
    const { openBench } = await import('./dialogs/bench-dialog.ts');
    await openBench(services.bench, session);
  },
  async 'factory-reset'(services, session) {
    const { id, name } = session.state.value.record;
    const sure = await askConfirm({
      title: `Reset ${name} to how it was delivered?`,
      text: 'Flash, settings and password go back to the factory state. Your library and the history stay.',
      confirm: `Reset ${name}`,
      isDestructive: true,
    });
    if (!sure) return;
    await services.bench.factoryReset(id);
    // What it wrote is gone.
    services.updates.dismiss(id);
    await session.refresh().catch(() => undefined);
    announce(`${name} is as it was delivered.`);
  },
  async remove(services, session) {
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
};
