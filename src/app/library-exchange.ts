/**
 * Other ways out of the library and into it than one file at a time: the archive, and the application inside a larger image. Loaded when
 * somebody takes one.
 */
import { Pacer } from '../core/bytes/pacer.ts';
import { applicationPart } from '../core/image/application-part.ts';
import { extractApplication } from '../core/image/extract-application.ts';
import { LibraryError } from './errors.ts';
import { readArchive, writeArchive } from './library-archive.ts';
import type { FirmwareRecord } from './model.ts';
import type { ArchiveEntry, Clock, FirmwareInspector, FirmwareStore } from './ports.ts';
import { withSignatures } from './trust/signature-list.ts';
import type { LibraryService } from './services.ts';

export async function extractFrom(library: LibraryService, sha256: string, clock: Clock): Promise<FirmwareRecord> {
  const [report, blob, whole] = await Promise.all([library.report(sha256), library.bytes(sha256), library.get(sha256)]);
  const pacer = new Pacer(() => clock.sleep(0));
  const application = await extractApplication(new Uint8Array(await blob.arrayBuffer()), report.content, pacer);
  if (!application) throw new LibraryError('NO_APPLICATION', 'no application in this file', { sha256 });
  const fileName = whole?.fileName ?? 'firmware.bin';
  const offset = applicationPart(report.content)?.flashOffset ?? 0;
  const detail = `${fileName}, application at 0x${offset.toString(16)}`;
  const { record } = await library.add(new Blob([application]), fileName.replace(/(?:\.\w+)?$/, '-app.bin'), { kind: 'file', detail });
  return record;
}

export async function exportLibrary(
  library: Pick<LibraryService, 'bytes'>,
  all: readonly FirmwareRecord[],
  { sha256s, now }: { readonly sha256s?: readonly string[] | undefined; readonly now: number },
): Promise<{ readonly blob: Blob; readonly fileName: string }> {
  const wanted = sha256s ? all.filter((record) => sha256s.includes(record.sha256)) : all;
  if (sha256s && wanted.length < new Set(sha256s).size) throw new LibraryError('FIRMWARE_UNKNOWN', 'not all of these are there', {});
  const entries: ArchiveEntry[] = [];
  for (const record of wanted) entries.push({ record, bytes: await library.bytes(record.sha256) });
  const day = new Date(now).toISOString().slice(0, 10);
  return { blob: await writeArchive(entries), fileName: `otter-library-${day}.zip` };
}

interface ArchiveShelf {
  readonly store: Pick<FirmwareStore, 'changeSignatures'>;
  readonly inspector: FirmwareInspector;
  readonly clock: Clock;
  readonly put: (entry: ArchiveEntry) => Promise<{ readonly isNew: boolean }>;
  readonly changed: () => Promise<void>;
}

export async function importArchive(file: Blob, shelf: ArchiveShelf): Promise<{ readonly added: number; readonly known: number }> {
  const entries = await readArchive(file, shelf.inspector, shelf.clock.now());
  let added = 0;
  let signed = 0;
  try {
    for (const entry of entries) {
      const { isNew } = await shelf.put(entry);
      const { sha256, signatures } = entry.record;
      if (isNew) added++;
      else if (signatures) {
        await shelf.store.changeSignatures(sha256, (there) => withSignatures(there, signatures));
        signed++;
      }
    }
  } finally {
    // Also when the disk ran full: each firmware is there as a whole or not at all.
    if (added + signed > 0) await shelf.changed();
  }
  return { added, known: entries.length - added };
}
