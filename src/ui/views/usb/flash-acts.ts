/** What is done to the flash as a whole: read to a file, erased, brought back. Each asks first, and says how it went. */
import type { FirmwareRecord } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import { Subject } from '../../../app/observable.ts';
import { deviceIdOf } from '../../../app/usb/port-ids.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import { attempt } from '../../attempt.ts';
import { askConfirm } from '../../dialogs/confirm-dialog.ts';
import { flashPlaces } from '../../dialogs/flash-places.ts';
import { withStartWord } from '../../dialogs/start-word.ts';
import { askRange, type RangeAnswer } from '../../dialogs/flash-range-dialog.ts';
import { formatAddress } from '../../elements/measure.ts';
import { saveFile } from '../../save-file.ts';

function ask(session: UsbSession, act: 'read' | 'erase'): Promise<RangeAnswer | undefined> {
  const { title, chip, layout } = session.state.value;
  const startsNext = layout?.slots.find(({ next }) => next)?.label;
  const places = flashPlaces(chip?.chip, layout ?? {}, startsNext);
  return askRange({ act, device: title, places, flashBytes: chip?.flash.bytes });
}

/** `a0b1c2d3e4f5-nvs-0x009000.bin`: says of which chip it is, and where it belongs. */
function readFileName(mac: string, name: string, offset: number): string {
  return [mac.replaceAll(':', '') || 'esp32', name.startsWith('0x') ? 'flash' : name, formatAddress(offset)].join('-') + '.bin';
}

export interface ReadFile {
  readonly jobId: string;
  readonly blob: Blob;
  readonly fileName: string;
}

/** Of the last read: a download that was refused or lost can be saved again from the page of its job. */
export const lastRead = new Subject<ReadFile | undefined>(undefined);

export async function readToFile(session: UsbSession): Promise<void> {
  const answer = await ask(session, 'read');
  if (!answer || answer.range === 'everything') return;
  const { range, name } = answer;
  await attempt(async () => {
    const blob = await session.read(range);
    const { chip, job } = session.state.value;
    const fileName = readFileName(chip?.mac ?? '', name, range.offset);
    if (job) lastRead.set({ jobId: job.id, blob, fileName });
    saveFile(blob, fileName);
  });
}

export async function eraseFlash(session: UsbSession): Promise<void> {
  const answer = await ask(session, 'erase');
  if (answer) await attempt(() => withStartWord((word) => session.erase(answer.range, word)));
}

/** Snapshots are what came from a device. The one that is chosen comes to the plan, as everything does that is written. */
export async function restoreSnapshot(services: AppServices, session: UsbSession): Promise<void> {
  await services.library.load().catch(() => undefined);
  const { portId, chip } = session.state.value;
  const fits = ({ source, chip: of }: FirmwareRecord): boolean => source.kind === 'device' && (of === undefined || of === chip?.chip);
  const snapshots = (services.library.records.value ?? []).filter(fits);
  if (snapshots.length === 0) return offerSaving(session);
  const { pickSnapshot } = await import('../../dialogs/pick-snapshot-dialog.ts');
  const record = await pickSnapshot(snapshots, {
    deviceId: deviceIdOf(portId, chip?.mac ?? ''),
    nameOf: (id) => services.devices.records.value?.find((device) => device.id === id)?.name,
  });
  if (record) await attempt(() => session.bringFirmware(record.sha256));
}

async function offerSaving(session: UsbSession): Promise<void> {
  const sure = await askConfirm({
    title: 'Nothing was saved yet',
    text: 'Restore brings a state of the flash back that Otter saved in the library before. Save one now, and this key brings it back later. A file on your disk is written like any firmware: drop it on this page.',
    confirm: 'Save the whole flash now',
  });
  if (sure) await saveToLibrary(session);
}

/** All of the flash, under its SHA-256. */
export async function saveToLibrary(session: UsbSession): Promise<void> {
  await attempt(async () => session.snapshot?.('everything'));
}
