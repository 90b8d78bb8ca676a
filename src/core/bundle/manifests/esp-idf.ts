/** `flasher_args.json`, which ESP-IDF's build writes for esptool (`components/esptool_py/project_include.cmake`). */
import { defined } from '../../fields.ts';
import type { FieldReader } from '../../fields.ts';
import { BundleError, fieldFault } from '../bundle-error.ts';
import { chipFromText } from '../chip-text.ts';
import { MOST_PARTS, assertAtMost } from '../limits.ts';
import type { BundlePart, FlashSettings } from '../model.ts';
import { offsetFromText } from '../offsets.ts';
import { fileName, stemOf } from '../paths.ts';
import { entriesOf, fieldsOf, openFile, ownValue } from './manifest.ts';
import type { ManifestBundle, ManifestSource } from './manifest.ts';

export async function readFlasherArgs(value: unknown, source: ManifestSource): Promise<ManifestBundle> {
  const fields = fieldsOf(value, source);
  const entries = entriesOf(ownValue(value, 'flash_files'), 'manifest.flash_files', source);
  assertAtMost(entries.length, MOST_PARTS, 'files', source.path);
  const encrypted = encryptedFiles(value, source);
  const parts: BundlePart[] = [];
  for (const [key, file] of entries) {
    const field = `manifest.flash_files[${JSON.stringify(key.slice(0, 40))}]`;
    const offset = offsetFromText(key, field, source.path);
    if (typeof file !== 'string') throw new BundleError('BUNDLE_FIELD', { path: source.path, field, rule: 'must be text' });
    parts.push({ file: await openFile(file, source), offset, ...(encrypted.has(file) && { encrypted: true }) });
  }
  const settings = readSettings(fields);
  const build = { chip: readChip(fields, source), parts, ...(settings && { settings }) };
  return { origin: 'esp-idf', name: nameOfApp(value), version: '', builds: [build], proposesErase: false, unused: [] };
}

function readChip(fields: FieldReader, source: ManifestSource) {
  const text = fields.has('extra_esptool_args') ? fields.child('extra_esptool_args').optionalText('chip') : undefined;
  if (text === undefined || text === 'auto') return undefined;
  const chip = chipFromText(text);
  if (!chip) throw fieldFault(source.path)('manifest.extra_esptool_args.chip', `${JSON.stringify(text)} is no chip that is known here`);
  return chip;
}

function readSettings(fields: FieldReader): FlashSettings | undefined {
  if (!fields.has('flash_settings')) return undefined;
  const settings = fields.child('flash_settings');
  return {
    mode: settings.optionalText('flash_mode') ?? 'keep',
    frequency: settings.optionalText('flash_freq') ?? 'keep',
    size: settings.optionalText('flash_size') ?? 'keep',
  };
}

/** The named entries (`"app": { offset, file, encrypted }`) repeat the list; only they tell what is to be encrypted, as text. */
function encryptedFiles(value: unknown, source: ManifestSource): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [, entry] of entriesOf(value, 'manifest', source)) {
    const [file, encrypted] = [ownValue(entry, 'file'), ownValue(entry, 'encrypted')];
    if (typeof file === 'string' && (encrypted === true || encrypted === 'true')) found.add(file);
  }
  return found;
}

function nameOfApp(value: unknown): string {
  const file = ownValue(ownValue(value, 'app'), 'file');
  return typeof file === 'string' ? stemOf(fileName(file)) : '';
}

/** `project_description.json` of the same build folder: what the project calls itself. Absent or odd fields say nothing. */
export function readProjectDescription(value: unknown): { readonly name?: string; readonly version?: string } {
  const text = (key: string) => {
    const found = ownValue(value, key);
    return typeof found === 'string' && found.length <= 256 ? found : undefined;
  };
  return defined({ name: text('project_name'), version: text('project_version') });
}
