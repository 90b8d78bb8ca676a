/** What is done to the flash as a whole: read to a file, erased, brought back. Each asks first, and says how it went. */
import type { AppServices } from '../../../app/services.ts';
import { Subject } from '../../../app/observable.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import { attempt } from '../../attempt.ts';
import { askConfirm } from '../../dialogs/confirm-dialog.ts';
import { askRange, type RangeAnswer } from '../../dialogs/flash-range-dialog.ts';
import { formatAddress } from '../../elements/measure.ts';
import { saveFile } from '../../save-file.ts';

function ask(session: UsbSession, act: 'read' | 'erase'): Promise<RangeAnswer | undefined> {
  const { title, chip, layout } = session.state.value;
  return askRange({ act, device: title, partitions: layout?.partitions ?? [], flashBytes: chip?.flash.bytes });
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
  if (answer) await attempt(() => session.erase(answer.range));
}

/** Snapshots are what came from a device. */
export async function restoreSnapshot(services: AppServices, session: UsbSession): Promise<void> {
  await services.library.load().catch(() => undefined);
  const snapshots = (services.library.records.value ?? []).filter(({ source }) => source.kind === 'device');
  if (snapshots.length === 0) return offerSaving(session);
  const { pickFirmware } = await import('../../dialogs/pick-firmware-dialog.ts');
  const record = await pickFirmware(snapshots, {
    heading: 'Bring a saved flash back',
    none: 'Your library holds no saved flash of this chip. “Save to the library” makes one.',
  });
  if (record) await attempt(() => session.restore(record.sha256));
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
