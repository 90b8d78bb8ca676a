/** Which device holds which firmware, from what the devices said last. A device that names no slots holds nothing that is proven. */
import type { DeviceRecord } from '../../../app/model.ts';
import type { DeviceSlot } from '../../../core/ota/device-contract.ts';

export interface Whereabouts {
  readonly device: DeviceRecord;
  readonly slot: DeviceSlot;
  readonly runs: boolean;
}

/** By SHA-256 of the file, running ones first. */
export function whereabouts(devices: readonly DeviceRecord[]): ReadonlyMap<string, readonly Whereabouts[]> {
  const found = new Map<string, Whereabouts[]>();
  for (const device of devices) {
    for (const slot of device.lastInfo?.slots ?? []) {
      if (slot.sha256 === '') continue;
      const places = found.get(slot.sha256) ?? [];
      found.set(slot.sha256, places);
      places.push({ device, slot, runs: slot.label === device.lastInfo?.running });
    }
  }
  for (const places of found.values()) places.sort((a, b) => Number(b.runs) - Number(a.runs));
  return found;
}

/** `runs on esp32-ota`, `runs on 3`, `in 1 slot`; empty when it is nowhere. */
export function whereaboutsWords(places: readonly Whereabouts[] | undefined): string {
  if (!places || places.length === 0) return '';
  const running = places.filter((place) => place.runs);
  const [only] = running;
  if (only && running.length === 1) return `runs on ${only.device.name}`;
  if (running.length > 1) return `runs on ${running.length}`;
  return places.length === 1 ? 'in 1 slot' : `in ${places.length} slots`;
}

const SLOT_STATES: Readonly<Record<DeviceSlot['state'], string>> = {
  NEW: 'new',
  PENDING_VERIFY: 'unconfirmed',
  VALID: 'confirmed',
  INVALID: 'found bad',
  ABORTED: 'rolled back',
  UNDEFINED: 'state unknown',
  EMPTY: 'empty',
  FACTORY: 'factory',
};

/** `ota_1, confirmed`. */
export function slotWords({ slot, runs }: Whereabouts): string {
  return runs ? `${slot.label}, runs, ${SLOT_STATES[slot.state]}` : `${slot.label}, ${SLOT_STATES[slot.state]}`;
}
