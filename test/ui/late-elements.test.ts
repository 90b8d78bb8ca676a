import { expect } from 'chai';
import '../../src/ui/intake.ts';
import '../../src/ui/rail-jobs.ts';
import type { AppServices } from '../../src/app/services.ts';
import type { Route, ViewName } from '../../src/ui/router.ts';
import { VIEWS } from '../../src/ui/view-table.ts';
import '../../src/ui/views/device/device-guard.ts';
import '../../src/ui/views/device/device-history.ts';
import '../../src/ui/views/device/device-log.ts';
import '../../src/ui/views/device/device-vitals.ts';
import '../../src/ui/views/device/job-strip.ts';
import { SHA_110, SHA_100, deviceState, updateJob } from '../doubles/fixtures.ts';
import { mount, unmountAll } from '../doubles/mount.ts';
import { demoServices } from '../doubles/services.ts';

const ROUTES: Readonly<Record<Exclude<ViewName, 'not-found'>, Route>> = {
  devices: { view: 'devices' },
  device: { view: 'device', id: 'esp32-ota' },
  preflight: { view: 'preflight', id: 'esp32-ota', sha256: SHA_110 },
  job: { view: 'job', id: 'esp32-ota' },
  usb: { view: 'usb', portId: 'virtual:esp32-ota' },
  firmware: { view: 'firmware' },
  compare: { view: 'compare', a: SHA_110, b: SHA_100 },
  keys: { view: 'keys' },
  releases: { view: 'releases' },
  log: { view: 'log' },
  settings: { view: 'settings' },
};

const PARTS: Readonly<Record<string, (services: AppServices) => object>> = {
  'ot-intake': (services) => ({ services, route: ROUTES.devices }),
  'ot-rail-jobs': ({ updates, usb }) => ({ jobs: updates.jobs, usb }),
  'ot-device-history': (services) => ({ services, device: deviceState() }),
  'ot-device-guard': (services) => ({ services, session: undefined }),
  'ot-device-log': () => ({ session: undefined }),
  'ot-device-vitals': () => ({ device: deviceState() }),
  'ot-job-strip': (services) => ({ services, device: deviceState(), job: updateJob() }),
};

/** What the browser reports while `act` runs: an exception in a callback of an element rejects nothing and throws nowhere. */
async function faultsOf(act: () => void): Promise<string[]> {
  const faults: string[] = [];
  const onError = (event: ErrorEvent): void => {
    event.preventDefault();
    faults.push(event.message);
  };
  const onRejection = (event: PromiseRejectionEvent): void => void faults.push(String(event.reason));
  addEventListener('error', onError);
  addEventListener('unhandledrejection', onRejection);
  const { onerror } = globalThis;
  // Mocha would fail whatever test runs.
  Object.assign(globalThis, { onerror: null });
  try {
    act();
    await new Promise((resolve) => setTimeout(resolve, 30));
    return faults;
  } finally {
    removeEventListener('error', onError);
    removeEventListener('unhandledrejection', onRejection);
    Object.assign(globalThis, { onerror });
  }
}

/** As when the browser upgrades an element that stands in the page already: first connected, then its properties. */
const comesLate = (tag: string, properties: object): Promise<string[]> =>
  faultsOf(() => Object.assign(mount(document.createElement(tag)), properties));

describe('An element whose code comes late', () => {
  afterEach(unmountAll);

  for (const [name, route] of Object.entries(ROUTES)) {
    it(`works: the view ${name}`, async () => {
      await VIEWS[route.view].load();
      const { services } = demoServices();
      expect(await comesLate(`ot-${name}-view`, { services, route })).to.deep.equal([]);
    });
  }

  for (const [tag, properties] of Object.entries(PARTS)) {
    it(`works: <${tag}>`, async () => {
      const { services } = demoServices();
      expect(await comesLate(tag, properties(services))).to.deep.equal([]);
    });
  }
});
