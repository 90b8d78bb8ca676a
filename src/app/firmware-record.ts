/** What the library writes down of a firmware: taken from its X-ray, changed only by the person. */
import { FOREIGN_HEAD_BYTES, foreignFormat } from '../core/image/foreign-file.ts';
import type { FirmwareReport } from '../core/image/model.ts';
import { appImageOf } from '../core/image/starting-app.ts';
import { defined } from '../core/fields.ts';
import { plainText } from '../core/plain-text.ts';
import { LibraryError } from './errors.ts';
import type { FirmwareEdit, FirmwareRecord, FirmwareSource } from './model.ts';
import { LIMITS } from './records.ts';

/** Without folders and control characters, within the bound; never empty. */
export function plainFileName(fileName: string): string {
  const last = fileName.split(/[/\\]/).at(-1) ?? '';
  const plain = plainText(last).replaceAll(/\s+/g, ' ').trim();
  return plain.slice(0, LIMITS.fileName) || 'firmware.bin';
}

/** What is no firmware by its structure. Pictures and archives are as dense as an encrypted image, so their beginning decides. */
export async function refuseForeign(file: Blob, fileName: string, { content }: FirmwareReport): Promise<void> {
  if (content.kind !== 'unknown' && content.kind !== 'encrypted') return;
  const format = foreignFormat(new Uint8Array(await file.slice(0, FOREIGN_HEAD_BYTES).arrayBuffer()));
  if (content.kind === 'unknown' || format)
    throw new LibraryError('FILE_NOT_RECOGNISED', 'no format of firmware', { fileName, ...(format ? { format } : {}) });
}

/** The version that the image itself states; not the one that the Arduino library left in its place. */
export function statedVersion({ proposedVersions: [first] }: FirmwareReport): string | undefined {
  if (first?.from !== 'descriptor' || !first.certain) return undefined;
  return plainText(first.version).slice(0, LIMITS.version) || undefined;
}

/** Also behind the application of a larger image. */
function hasSecureBoot({ content }: FirmwareReport): boolean {
  const images = 'parts' in content ? content.parts.map((part) => part.content) : [content];
  return images.some((inside) => 'image' in inside && inside.image.secureBoot.length > 0);
}

export function recordOf(report: FirmwareReport, fileName: string, source: FirmwareSource, addedAt: number): FirmwareRecord {
  const image = appImageOf(report.content);
  const descriptor = image?.appDescriptor;
  const [proposed] = report.proposedVersions;
  const plainName = plainFileName(fileName);
  const chip =
    image?.chip ?? ('image' in report.content ? report.content.image.chip : 'chip' in report.content ? report.content.chip : undefined);
  return {
    sha256: report.sha256,
    size: report.size,
    fileName: plainName,
    kind: report.content.kind,
    name: plainText(descriptor?.projectName || plainName.replace(/\.(?:bin|uf2|hex|csv)$/i, '')).slice(0, LIMITS.name),
    version: plainText(proposed?.version ?? '').slice(0, LIMITS.version),
    versionCertain: proposed?.certain ?? false,
    notes: '',
    tags: [],
    source: { kind: source.kind, detail: source.detail.slice(0, 256) },
    addedAt,
    ...defined({
      chip,
      hasSecureBoot: hasSecureBoot(report) || undefined,
      imageVersion: statedVersion(report),
      intact: image && image.checksum.valid && (image.appendedHash?.valid ?? true),
      builtAt: descriptor?.builtAtMs,
      idfVersion: descriptor?.idfVersion.slice(0, 64),
    }),
  };
}

function checkedText(field: 'name' | 'version' | 'notes', text: string): string {
  const trimmed = plainText(text).trim();
  const limit = LIMITS[field];
  if (trimmed.length > limit) throw new LibraryError('EDIT_INVALID', `${field}: at most ${limit} characters`, { field, limit });
  if (field === 'name' && trimmed === '') throw new LibraryError('EDIT_INVALID', 'a name is needed', { field });
  return trimmed;
}

function checkedTags(tags: readonly string[]): readonly string[] {
  const trimmed = [...new Set(tags.map((tag) => plainText(tag).trim()).filter((tag) => tag !== ''))];
  if (trimmed.length > LIMITS.tags)
    throw new LibraryError('EDIT_INVALID', `at most ${LIMITS.tags} tags`, { field: 'tags', limit: LIMITS.tags });
  const long = trimmed.find((tag) => tag.length > LIMITS.tag);
  if (long !== undefined)
    throw new LibraryError('EDIT_INVALID', `a tag has at most ${LIMITS.tag} characters`, { field: 'tags', limit: LIMITS.tag });
  return trimmed;
}

/** A version that the image states is not a person's to change: what is written to a device, and told of it, would be another one. */
function checkedVersion(text: string, { imageVersion }: Pick<FirmwareRecord, 'imageVersion'>): string {
  const version = checkedText('version', text);
  if (imageVersion !== undefined && version !== imageVersion)
    throw new LibraryError('EDIT_INVALID', `the image itself says ${imageVersion}`, { field: 'version', imageVersion });
  return version;
}

/** Only the fields that a person may change, trimmed and within their bounds; throws `EDIT_INVALID`. */
export function checkedEdit(change: FirmwareEdit, known: Pick<FirmwareRecord, 'imageVersion'>): FirmwareEdit {
  return defined({
    name: change.name === undefined ? undefined : checkedText('name', change.name),
    version: change.version === undefined ? undefined : checkedVersion(change.version, known),
    notes: change.notes === undefined ? undefined : checkedText('notes', change.notes),
    tags: change.tags === undefined ? undefined : checkedTags(change.tags),
  });
}
