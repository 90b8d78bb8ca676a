/**
 * The service worker: events only. Hands requests for virtual devices to the virtual world, everything else to the precache.
 */
import { serveAppShell } from './app-shell.ts';
import { serveDevices } from './device-door.ts';
import { serveSerial } from './serial-door.ts';
import { listenForShares } from './share-target.ts';

declare const self: ServiceWorkerGlobalScope;

// First come, first served: the device's listener must see a request before the precache does.
serveSerial(self, serveDevices(self));
listenForShares(self);
serveAppShell(self);
