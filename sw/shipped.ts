/** What belongs to this version of the app, file by file; empty in `vite dev` and in tests. */
import { isDemoFirmware, type PrecacheEntry } from './demo-store.ts';

declare const self: { readonly __WB_MANIFEST: readonly PrecacheEntry[] };

// The build puts the list in this very place.
const SHIPPED = self.__WB_MANIFEST;

/** Stored before the worker takes over. */
export const APP_FILES: readonly PrecacheEntry[] = SHIPPED.filter((entry) => !isDemoFirmware(entry));
/** Stored once the app runs. */
export const DEMO_FILES: readonly PrecacheEntry[] = SHIPPED.filter(isDemoFirmware);
