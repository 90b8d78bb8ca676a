/**
 * The composition root: the only file that joins the outside (`io`) to the use cases (`app`) to what a person sees (`ui`).
 * What the first view does not need is loaded later: the X-ray worker, the update runner, the archive.
 */
import { Bench } from './app/virtual-bench.ts';
import { DeviceBook } from './app/device-book.ts';
import { FirmwareLibrary } from './app/library.ts';
import { either } from './app/observable.ts';
import type { Settings } from './app/model.ts';
import type { AppServices } from './app/services.ts';
import type { UsbService } from './app/usb/services.ts';
import { AppSettings } from './app/settings.ts';
import type { CableRulesPorts } from './app/trust/cable-releases.ts';
import { LateLog } from './app/trust/late-log.ts';
import { Updates } from './app/updates.ts';
import { LateUsb } from './app/usb/late-usb.ts';
import type { UsbServicePorts } from './app/usb/usb-service.ts';
import { isFramed } from './io/framing.ts';
import { HttpDemoShelf } from './io/http/demo-shelf.ts';
import { HttpDeviceLink } from './io/http/device-link.ts';
import { parseDeviceAddress } from './io/http/reach.ts';
import { newId, pageClock as clock } from './io/page/clock.ts';
import { pageVisibility, storageMeter as meter } from './io/page/environment.ts';
import { leavePageGuard, screenWakeLock } from './io/page/guards.ts';
import { BroadcastNotifier, webLocks as locks } from './io/page/tabs.ts';
import { startAppShell } from './io/service-worker.ts';
import { OtterDatabaseHandle } from './io/store/database.ts';
import { IdbDeviceStore, IdbHistoryStore, IdbSettingsStore } from './io/store/device-store.ts';
import { IdbFirmwareStore } from './io/store/firmware-store.ts';
import './ui/shell.ts';
import { OTTER_VERSION } from './ui/version.ts';

function buildServices(): AppServices {
  const base = new URL('./', document.baseURI);
  const database = new OtterDatabaseHandle();
  const notifier = new BroadcastNotifier();
  const history = new IdbHistoryStore(database);
  const page = pageVisibility();
  const log = new LateLog(
    once(async () => {
      const [{ AuditLog }, { IdbLogStore }] = await Promise.all([import('./app/trust/audit-log.ts'), import('./io/store/log-store.ts')]);
      return new AuditLog({ store: new IdbLogStore(database, { by: 'page', app: OTTER_VERSION }), notifier, clock });
    }),
    clock,
  );
  const { record } = log;
  // A virtual device answers once the service worker controls this page.
  const workerReady = (): Promise<void> => shell.ready;
  const hand = once(async () => new (await import('./io/http/virtual-bench.ts')).HttpVirtualBench(base, workerReady));
  const xray = once(async () => new (await import('./io/workers/xray-inspector.ts')).XrayInspector());
  const devices = new DeviceBook({
    store: new IdbDeviceStore(database),
    history,
    locks,
    bench: hand,
    openLink: (record) => new HttpDeviceLink(record, record.kind === 'virtual' ? workerReady : undefined),
    clock,
    page,
    notifier,
    newId,
    virtualBase: new URL('virtual/device/', base).href,
    parseAddress: (text) => parseDeviceAddress(text).href,
    record,
    trust: () => trust(),
  });
  const library = new FirmwareLibrary({
    store: new IdbFirmwareStore(database),
    history,
    inspector: { inspect: async (file, fileName) => (await xray()).inspect(file, fileName) },
    shelf: new HttpDemoShelf(new URL('demo/', base)),
    meter,
    notifier,
    clock,
    record,
  });
  const settings = new AppSettings(new IdbSettingsStore(database), notifier, record);
  const bench = new Bench(devices, hand);
  const trust = once(async () =>
    (await import('./trust-door.ts')).openTrustDoor({ library, devices, bench, database, notifier, clock, newId, meter, record }),
  );
  const updates = new Updates({
    devices,
    library,
    settings,
    clock,
    newId,
    locks,
    wakeLock: screenWakeLock(),
    leaveGuard: leavePageGuard(),
    record,
    trust,
    releases: async () => (await trust()).releases.known(),
  });
  const usb = new LateUsb(
    usbSupport(),
    once(() =>
      openUsbDoor({
        library,
        database,
        worker: virtualWorker(workerReady),
        addHistory: (entry) => devices.addHistory(entry),
        history: (deviceId) => devices.history(deviceId),
        // A page that begins with a cable has not asked for the devices yet; without them a board has no name.
        devicesKnown: () => devices.load().catch(() => undefined),
        historyVersion: devices.historyVersion,
        deviceName: (id) => devices.records.value?.find((record) => record.id === id)?.name,
        record,
        devices,
        trust,
      }),
    ),
  );
  devices.followCables(usb.held);
  const shell = startAppShell(either(updates.busy, usb.busy));
  settings.value.subscribe(applyTheme);
  // Without its settings (a locked database) the app runs with those of the first visit.
  void settings.load().catch(() => undefined);
  return { library, devices, updates, bench, settings, log, shell, usb, trust };
}

const usbSupport = (): LateUsb['support'] => {
  if ('serial' in navigator) return 'yes';
  return isSecureContext ? 'no-web-serial' : 'insecure';
};

type UsbGiven = Pick<
  UsbServicePorts,
  'library' | 'addHistory' | 'history' | 'historyVersion' | 'deviceName' | 'devicesKnown' | 'record'
> & {
  readonly database: OtterDatabaseHandle;
  readonly worker: () => Promise<ServiceWorker>;
} & Omit<CableRulesPorts, 'clock'>;

/** Who never plugs anything in never loads it. */
async function openUsbDoor({ database, worker, devices, trust, ...given }: UsbGiven): Promise<UsbService> {
  const [{ Usb }, { bundleRules }, { cableRules }, { LineConsole }, { httpFileFetcher }, serial] = await Promise.all([
    import('./app/usb/usb-service.ts'),
    import('./app/usb/bundle-rules.ts'),
    import('./app/trust/cable-releases.ts'),
    import('./core/console/line-console.ts'),
    import('./io/http/fetch-file.ts'),
    import('./io/serial/serial-door.ts'),
  ]);
  return new Usb({
    ...given,
    trust,
    untrusted: cableRules({ devices, trust, clock }),
    ...serial.openSerialDoor({ clock, database, worker }),
    isSecure: isSecureContext,
    bundles: bundleRules(
      httpFileFetcher((url, init) => fetch(url, init)),
      clock,
    ),
    newConsoleBuffer: () => new LineConsole(),
    clock,
    newId,
    locks,
    wakeLock: screenWakeLock(),
    leaveGuard: leavePageGuard(),
  });
}

/** The one that controls this page; whoever asks waits for it. */
function virtualWorker(ready: () => Promise<void>): () => Promise<ServiceWorker> {
  return async () => {
    await ready();
    const { controller } = navigator.serviceWorker;
    if (!controller) throw new DOMException('The device has been lost.', 'NetworkError');
    return controller;
  };
}

/** Makes it at the first call and keeps it; a failed attempt (offline, not yet stored) may be repeated. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
}

function applyTheme({ theme }: Settings): void {
  const { dataset } = document.documentElement;
  if (theme === 'system') delete dataset['theme'];
  else dataset['theme'] = theme;
}

function start(): void {
  const firstPaint = document.getElementById('first-paint');
  if (isFramed()) {
    const title = firstPaint?.querySelector('h1');
    if (title) title.textContent = 'Otter does not run inside another page. Open it in a tab of its own.';
    return;
  }
  const shell = document.createElement('ot-shell');
  shell.services = buildServices();
  if (firstPaint) firstPaint.replaceWith(shell);
  else document.body.append(shell);
}

start();
