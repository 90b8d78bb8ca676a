/** Everything that the palette can find or do, gathered when it opens: places, devices and their actions, firmware, the app itself. */
import type { DeviceRecord, FirmwareRecord, Settings } from '../../app/model.ts';
import type { AppServices, DeviceSession } from '../../app/services.ts';
import { DEVICE_ACTIONS, refusalOf, runDeviceAction } from '../device-actions.ts';
import type { AddNetworkDialog } from '../dialogs/add-network-dialog.ts';
import type { AddVirtualDialog } from '../dialogs/add-virtual-dialog.ts';
import type { IconName } from '../elements/icons.ts';
import { announce } from '../live-region.ts';
import { navigate, type Route } from '../router.ts';
import { goesByCable } from '../views/library/kind-words.ts';
import { cableLink } from '../views/usb/along.ts';
import { keyCommands } from './key-commands.ts';

export interface Command {
  readonly id: string;
  readonly label: string;
  /** Beside the label: what it belongs to. */
  readonly note: string;
  readonly icon: IconName;
  /** Searched, not shown. */
  readonly keywords: string;
  readonly run: () => void | Promise<void>;
}

const goTo = (id: string, label: string, icon: IconName, route: Route, keywords = ''): Command => ({
  id: `go-${id}`,
  label,
  note: 'Go to',
  icon,
  keywords: `open show ${keywords}`,
  run: () => navigate(route),
});

const PLACES: readonly Command[] = [
  goTo('devices', 'Devices', 'devices', { view: 'devices' }, 'boards bench'),
  goTo('usb', 'Connect a board by cable', 'usb', { view: 'usb' }, 'serial port flash console web serial plug'),
  goTo('firmware', 'Firmware', 'firmware', { view: 'firmware' }, 'library releases'),
  goTo('keys', 'Keys', 'keys', { view: 'keys' }, 'sign trust products secrets fingerprint'),
  goTo('log', 'Log', 'log', { view: 'log' }, 'audit chain history verify who when'),
  goTo('settings', 'Settings', 'settings', { view: 'settings' }, 'theme storage'),
];

async function deviceCommands(services: AppServices, record: DeviceRecord): Promise<Command[]> {
  const open = {
    ...goTo(`device-${record.id}`, record.name, 'devices', { view: 'device', id: record.id }, record.baseUrl),
    note: 'Device',
  };
  const session = await services.devices.session(record.id).catch((): DeviceSession | undefined => undefined);
  if (!session) return [open];
  const state = session.state.value;
  const job = services.updates.jobs.value.get(record.id);
  // Refused actions are left out here: a list to run things from is no place for reasons.
  const actions = DEVICE_ACTIONS.filter((action) => refusalOf(action, state, job, services.updates.elsewhere.value) === undefined).map(
    (action): Command => ({
      id: `${action.id}-${record.id}`,
      label: `${action.label(state)}: ${record.name}`,
      note: 'Device',
      icon: action.icon,
      keywords: `${record.kind} ${action.id}`,
      run: () => runDeviceAction(action, services, session),
    }),
  );
  const jobCommand = job
    ? [
        {
          ...goTo(`job-${record.id}`, `Last update of ${record.name}`, 'log', { view: 'job', id: record.id }, 'job progress'),
          note: 'Device',
        },
      ]
    : [];
  return [open, ...jobCommand, ...actions];
}

function firmwareCommands(record: FirmwareRecord, devices: readonly DeviceRecord[]): Command[] {
  const name = [record.name || record.fileName, record.version].filter(Boolean).join(' ');
  const open: Command = {
    ...goTo(`firmware-${record.sha256}`, name, 'firmware', { view: 'firmware', sha256: record.sha256 }),
    note: 'Firmware',
    keywords: `${record.fileName} ${record.sha256} ${record.chip ?? ''} ${record.tags.join(' ')}`,
  };
  const byCable: Command = {
    id: `cable-${record.sha256}`,
    label: `Write ${name} by cable`,
    note: 'By cable',
    icon: 'usb',
    keywords: 'serial usb port flash restore install',
    run: () => void (location.hash = cableLink(record.sha256)),
  };
  const found = goesByCable(record) ? [open, byCable] : [open];
  if (record.kind !== 'app') return found;
  const writes = devices.map((device): Command => ({
    ...goTo(`hold-${record.sha256}-${device.id}`, `Hold ${name} against ${device.name}`, 'compare', {
      view: 'preflight',
      id: device.id,
      sha256: record.sha256,
    }),
    note: 'Update',
    keywords: 'write flash update install upload preflight',
  }));
  return [...found, ...writes];
}

const THEMES: readonly { readonly theme: Settings['theme']; readonly label: string }[] = [
  { theme: 'light', label: 'Light' },
  { theme: 'dark', label: 'Dark' },
  { theme: 'system', label: 'Light or dark as the system has it' },
];

function appCommands(services: AppServices): Command[] {
  const { shell, settings } = services;
  const commands: Command[] = THEMES.filter(({ theme }) => theme !== settings.value.value.theme).map(({ theme, label }) => ({
    id: `theme-${theme}`,
    label,
    note: 'Look',
    icon: 'eye',
    keywords: 'theme colour mode appearance',
    run: () => settings.change({ theme }),
  }));
  if (shell.canInstall.value) {
    commands.push({
      id: 'install',
      label: 'Install Otter',
      note: 'App',
      icon: 'save',
      keywords: 'pwa desktop home screen',
      run: () => shell.install(),
    });
  }
  if (shell.appUpdate.value && !services.updates.busy.value) {
    commands.push({
      id: 'reload',
      label: 'Reload into the newer Otter',
      note: 'App',
      icon: 'undo',
      keywords: 'update version',
      run: () => shell.applyAppUpdate(),
    });
  }
  return commands;
}

/** Shows the dialog that adds a device, and the device that came of it. */
async function askForDevice(dialog: AddNetworkDialog | AddVirtualDialog, services: AppServices): Promise<void> {
  dialog.devices = services.devices;
  const record = await dialog.ask();
  if (record) navigate({ view: 'device', id: record.id });
}

const addDeviceCommands = (services: AppServices): readonly Command[] => [
  {
    id: 'add-network',
    label: 'Add a network device',
    note: 'Devices',
    icon: 'wifi',
    keywords: 'new url address ip',
    run: async () => {
      const { AddNetworkDialog } = await import('../dialogs/add-network-dialog.ts');
      await askForDevice(new AddNetworkDialog(), services);
    },
  },
  {
    id: 'add-virtual',
    label: 'Add a virtual board',
    note: 'Devices',
    icon: 'plus',
    keywords: 'new demo esp32',
    run: async () => {
      const { AddVirtualDialog } = await import('../dialogs/add-virtual-dialog.ts');
      await askForDevice(new AddVirtualDialog(), services);
    },
  },
];

const libraryCommands = (services: AppServices): readonly Command[] => [
  {
    id: 'add-firmware',
    label: 'Add a firmware file',
    note: 'Firmware',
    icon: 'plus',
    keywords: 'choose open bin upload drop',
    run: async () => {
      const { FilesEvent, chooseFiles } = await import('../files-event.ts');
      const files = await chooseFiles();
      if (files.length > 0) document.querySelector('main')?.dispatchEvent(new FilesEvent(files));
    },
  },
  {
    id: 'export-library',
    label: 'Export the library',
    note: 'Firmware',
    icon: 'save',
    keywords: 'backup archive save',
    run: async () => {
      const { saveFile } = await import('../save-file.ts');
      const { blob, fileName } = await services.library.exportArchive();
      saveFile(blob, fileName);
    },
  },
];

const logCommands = (services: AppServices): readonly Command[] =>
  (['jsonl', 'csv'] as const).map((form) => ({
    id: `export-log-${form}`,
    label: form === 'csv' ? 'Export the log as a table' : 'Export the log',
    note: 'Log',
    icon: 'save',
    keywords: `audit save ${form} json lines csv spreadsheet`,
    run: async () => {
      const { saveFile } = await import('../save-file.ts');
      const log = await services.log.open();
      const { blob, fileName } = await log.export(form);
      saveFile(blob, fileName);
    },
  }));

/** Of boards whose application is listened to by cable now. */
async function cableCommands({ usb }: AppServices): Promise<Command[]> {
  if (!usb) return [];
  const open = await Promise.all(usb.ports.value.map(({ portId }) => usb.session(portId).catch((): undefined => undefined)));
  return open.flatMap((session) => {
    if (session?.state.value.phase !== 'console') return [];
    const { portId, title } = session.state.value;
    return [
      {
        id: `wifi-${portId}`,
        label: `Set Wi-Fi: ${title}`,
        note: 'By cable',
        icon: 'wifi',
        keywords: 'improv network password ssid provision',
        run: async () => {
          const { setWifi } = await import('../views/usb/set-wifi.ts');
          await setWifi(session);
        },
      } satisfies Command,
    ];
  });
}

export async function gatherCommands(services: AppServices): Promise<readonly Command[]> {
  await Promise.all([services.devices.load(), services.library.load()]).catch(() => announce('Some entries could not be read.'));
  const devices = services.devices.records.value ?? [];
  const ofDevices = await Promise.all(devices.map((record) => deviceCommands(services, record)));
  const ofCables = await cableCommands(services);
  const ofKeys = await keyCommands(services);
  const ofFirmware = (services.library.records.value ?? []).flatMap((record) => firmwareCommands(record, devices));
  return [
    ...PLACES,
    ...ofDevices.flat(),
    ...ofCables,
    ...addDeviceCommands(services),
    ...libraryCommands(services),
    ...logCommands(services),
    ...ofFirmware,
    ...ofKeys,
    ...appCommands(services),
  ];
}

/** Every word of the query occurs; what starts with the query comes first, then what contains it, then the rest in their order. */
export function findCommands(commands: readonly Command[], query: string): readonly Command[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return commands;
  const whole = words.join(' ');
  const rank = ({ label }: Command): number => {
    const lower = label.toLowerCase();
    if (lower.startsWith(whole)) return 0;
    return lower.includes(whole) ? 1 : 2;
  };
  return commands
    .filter((command) => {
      const haystack = `${command.label} ${command.note} ${command.keywords}`.toLowerCase();
      return words.every((word) => haystack.includes(word));
    })
    .map((command, index) => ({ command, index, rank: rank(command) }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ command }) => command);
}
