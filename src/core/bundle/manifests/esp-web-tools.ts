/**
 * `manifest.json` of ESP Web Tools (https://esphome.github.io/esp-web-tools/), with the extensions that ESPHome, WLED and others use:
 * `builds[].ota`, `chipVariant`, `flashSizeMB`.
 */
import { FieldReader, defined } from '../../fields.ts';
import { fieldFault } from '../bundle-error.ts';
import { chipFromText } from '../chip-text.ts';
import { MOST_BUILDS, MOST_PARTS, MOST_PATH_LENGTH, assertAtMost } from '../limits.ts';
import type { BundleBuild, BundlePart } from '../model.ts';
import { offsetFromNumber } from '../offsets.ts';
import { assertSomeComplete, fieldsOf, openIfThere, ownValue } from './manifest.ts';
import type { ManifestBundle, ManifestSource } from './manifest.ts';

const BYTES_PER_MB = 1024 * 1024;
const MD5 = /^[0-9a-f]{32}$/i;

export async function readEspWebTools(value: unknown, source: ManifestSource): Promise<ManifestBundle> {
  const fields = fieldsOf(value, source);
  const unused: string[] = [];
  const builds: BundleBuild[] = [];
  for (const { item, where } of items(fields, 'builds', MOST_BUILDS, source)) {
    builds.push(await readBuild(new FieldReader(item, where, fieldFault(source.path)), where, { source, unused }));
  }
  assertSomeComplete(builds);
  return {
    origin: 'esp-web-tools',
    name: fields.optionalText('name') ?? '',
    version: fields.optionalText('version') ?? '',
    builds,
    proposesErase: fields.optionalBoolean('new_install_prompt_erase') ?? false,
    unused,
  };
}

interface BuildContext {
  readonly source: ManifestSource;
  readonly unused: string[];
}

async function readBuild(fields: FieldReader, where: string, { source, unused }: BuildContext): Promise<BundleBuild> {
  const family = fields.text('chipFamily');
  const chip = chipFromText(family);
  if (!chip) throw fieldFault(source.path)(`${where}.chipFamily`, `${JSON.stringify(family)} is no chip that is known here`);
  const ota = fields.has('ota') ? fields.child('ota') : undefined;
  const hasParts = fields.has('parts');
  if (ota && hasParts) unused.push(ota.text('path', MOST_PATH_LENGTH));
  const parts = ota && !hasParts ? [await readOta(ota, where, source)] : await readParts(fields, source);
  const megabytes = fields.optionalNumber('flashSizeMB', { min: 0, max: 1024 });
  return {
    chip,
    parts,
    ...defined({ variant: fields.optionalText('chipVariant') ?? fields.optionalText('variant') }),
    ...(megabytes !== undefined && { flashBytes: megabytes * BYTES_PER_MB }),
  };
}

async function readParts(fields: FieldReader, source: ManifestSource): Promise<readonly BundlePart[]> {
  const parts: BundlePart[] = [];
  for (const { item, where } of items(fields, 'parts', MOST_PARTS, source)) {
    const part = new FieldReader(item, where, fieldFault(source.path));
    const stated = ownValue(item, 'offset');
    const offset = stated === undefined ? undefined : offsetFromNumber(stated, `${where}.offset`, source.path);
    const path = part.text('path', MOST_PATH_LENGTH);
    parts.push({ file: await openIfThere(path, source), offset, ...readMd5(part, where, source) });
  }
  return parts;
}

/** Made for updates over the air: an application alone. */
async function readOta(ota: FieldReader, where: string, source: ManifestSource): Promise<BundlePart> {
  const file = await openIfThere(ota.text('path', MOST_PATH_LENGTH), source);
  return { file, offset: undefined, ...readMd5(ota, `${where}.ota`, source) };
}

function readMd5(fields: FieldReader, where: string, source: ManifestSource): { readonly md5?: string } {
  const md5 = fields.optionalText('md5');
  if (md5 === undefined || md5 === '') return {};
  if (!MD5.test(md5)) throw fieldFault(source.path)(`${where}.md5`, 'must be 32 hex digits');
  return { md5: md5.toLowerCase() };
}

/** The list with the place of each element; counted before anything of it is read. */
function items(fields: FieldReader, key: string, limit: number, source: ManifestSource) {
  const found = fields.list(key, Number.MAX_SAFE_INTEGER, (item, where) => ({ item, where }));
  assertAtMost(found.length, limit, key, source.path);
  return found;
}
