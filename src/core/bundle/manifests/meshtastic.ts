/**
 * `.mt.json`, which Meshtastic's build writes beside its images: `files[]` with name, MD5 and the partition that each is for, `part[]` with
 * the partition table, `mcu`. The factory image holds everything; the plain image is an update of the application alone.
 */
import { FieldReader, defined } from '../../fields.ts';
import { fieldFault } from '../bundle-error.ts';
import { chipFromText } from '../chip-text.ts';
import { MOST_PARTS, MOST_PATH_LENGTH, assertAtMost } from '../limits.ts';
import type { BundleBuild, BundlePart } from '../model.ts';
import { offsetFromNumber, offsetFromText } from '../offsets.ts';
import { checkReference } from '../paths.ts';
import { fieldsOf, ownValue } from './manifest.ts';
import type { ManifestBundle, ManifestSource } from './manifest.ts';

interface ListedFile {
  readonly name: string;
  readonly md5: string | undefined;
  readonly partition: string | undefined;
}

interface ListedPartition {
  readonly name: string;
  readonly isApp: boolean;
  readonly offset: number;
}

const FACTORY = /\.factory\.bin$/i;
/** Images for the flash; the build lists ELF, UF2 and archives of the same firmware too. */
const FLASHABLE = /\.bin$/i;

export async function readMeshtastic(value: unknown, source: ManifestSource): Promise<ManifestBundle> {
  const fields = fieldsOf(value, source);
  const partitions = fields.has('part') ? listed(fields, 'part', source).map((row) => readPartition(row, source)) : [];
  const files = listed(fields, 'files', source).map((row) => readFile(row, source));
  const present: { readonly file: ListedFile; readonly part: BundlePart }[] = [];
  const unused: string[] = [];
  for (const file of files) {
    const part = FLASHABLE.test(file.name) ? await readPart(file, partitions, source) : undefined;
    if (part) present.push({ file, part });
    else unused.push(file.name);
  }
  const mcu = fields.text('mcu');
  const target = { chip: chipFromText(mcu), variant: fields.optionalText('platformioTarget') ?? fields.optionalText('board') };
  if (!target.chip) throw fieldFault(source.path)('manifest.mcu', `${JSON.stringify(mcu)} is no chip that is known here`);
  const builds = groupBuilds(present, partitions).map((build) => ({ ...build, chip: target.chip }));
  const version = fields.optionalText('version') ?? '';
  const name = target.variant ?? 'Meshtastic';
  return { origin: 'meshtastic', name, version, builds, proposesErase: false, unused };
}

interface Row {
  readonly fields: FieldReader;
  readonly value: unknown;
  readonly where: string;
}

function listed(fields: FieldReader, key: string, source: ManifestSource): readonly Row[] {
  const rows = fields.list(key, Number.MAX_SAFE_INTEGER, (value, where) => ({ value, where }));
  assertAtMost(rows.length, MOST_PARTS, key, source.path);
  return rows.map(({ value, where }) => ({ value, where, fields: new FieldReader(value, where, fieldFault(source.path)) }));
}

function readPartition({ fields, value, where }: Row, source: ManifestSource): ListedPartition {
  const type = fields.text('type');
  const stated = ownValue(value, 'offset');
  // Where the project's table leaves it open, the build counts up and writes a number.
  const read = typeof stated === 'number' ? offsetFromNumber : offsetFromText;
  return { name: fields.text('name'), isApp: type === 'app' || type === '0', offset: read(stated, `${where}.offset`, source.path) };
}

function readFile({ fields, where }: Row, source: ManifestSource): ListedFile {
  const md5 = fields.optionalText('md5')?.toLowerCase();
  if (md5 !== undefined && !/^[0-9a-f]{32}$/.test(md5)) throw fieldFault(source.path)(`${where}.md5`, 'must be 32 hex digits');
  return { name: fields.text('name', MOST_PATH_LENGTH), md5, partition: fields.optionalText('part_name') };
}

/** `undefined` when the file did not come along: what is there decides which builds there are. */
async function readPart(file: ListedFile, partitions: readonly ListedPartition[], source: ManifestSource): Promise<BundlePart | undefined> {
  const opened = await source.open(checkReference(file.name));
  if (!opened) return undefined;
  const stated = FACTORY.test(file.name) ? 0 : partitions.find(({ name }) => name === file.partition)?.offset;
  return { file: opened, offset: stated, ...defined({ partition: file.partition, md5: file.md5 }) };
}

function groupBuilds(
  present: readonly { readonly file: ListedFile; readonly part: BundlePart }[],
  partitions: readonly ListedPartition[],
): readonly Pick<BundleBuild, 'parts' | 'variant'>[] {
  const firstApp = partitions.find(({ isApp }) => isApp)?.name;
  const isFactory = ({ file }: { readonly file: ListedFile }) => FACTORY.test(file.name);
  const factory = present.filter(isFactory);
  // The factory image brings the first application itself.
  const beside = present.filter((entry) => !isFactory(entry) && entry.file.partition !== undefined && entry.file.partition !== firstApp);
  const update = present.filter((entry) => !isFactory(entry) && (entry.file.partition === undefined || entry.file.partition === firstApp));
  const parts = (entries: typeof present) => entries.map(({ part }) => part);
  const builds: Pick<BundleBuild, 'parts' | 'variant'>[] = [];
  if (factory.length > 0) builds.push({ parts: parts([...factory, ...beside]), variant: 'factory' });
  if (update.length > 0) builds.push({ parts: parts(factory.length > 0 ? update : [...update, ...beside]), variant: 'update' });
  return builds;
}
