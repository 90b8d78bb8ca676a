/** Which view a route shows: its place in the rail, its first title, and where its code lies. Only the shell opens views. */
import type { ViewName } from './router.ts';

/** The drawer of the rail that a view belongs to. */
export type Section = 'devices' | 'firmware' | 'keys' | 'log' | 'settings';

interface ViewEntry {
  readonly section: Section;
  /** The page title until the view knows a better one. */
  readonly title: string;
  /** Defines the view's element. */
  readonly load: () => Promise<unknown>;
}

export const VIEWS = {
  devices: { section: 'devices', title: 'Devices', load: () => import('./views/devices-view.ts') },
  device: { section: 'devices', title: 'Device', load: () => import('./views/device-view.ts') },
  preflight: { section: 'devices', title: 'Look before you write', load: () => import('./views/preflight-view.ts') },
  job: { section: 'devices', title: 'Update', load: () => import('./views/job-view.ts') },
  usb: { section: 'devices', title: 'By cable', load: () => import('./views/usb-view.ts') },
  firmware: { section: 'firmware', title: 'Firmware', load: () => import('./views/firmware-view.ts') },
  compare: { section: 'firmware', title: 'Compare', load: () => import('./views/compare-view.ts') },
  keys: { section: 'keys', title: 'Keys', load: () => import('./views/keys-view.ts') },
  log: { section: 'log', title: 'Log', load: () => import('./views/log-view.ts') },
  settings: { section: 'settings', title: 'Settings', load: () => import('./views/settings-view.ts') },
  'not-found': { section: 'devices', title: 'Nothing here', load: () => Promise.resolve() },
} as const satisfies Record<ViewName, ViewEntry>;
