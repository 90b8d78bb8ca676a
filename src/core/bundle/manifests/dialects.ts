/** The manifests that are known here: by what they are called in a folder, and by what they look like. */
import { parse as parseToml } from 'smol-toml';
import { BundleError } from '../bundle-error.ts';
import type { FlashBundle } from '../model.ts';
import { fileName } from '../paths.ts';
import { readFlasherArgs } from './esp-idf.ts';
import { readEspWebTools } from './esp-web-tools.ts';
import { readLaunchpad } from './launchpad.ts';
import { ownValue, parseWith } from './manifest.ts';
import type { ManifestBundle, ManifestSource, OpenReference } from './manifest.ts';
import { readMeshtastic } from './meshtastic.ts';

type Syntax = 'json' | 'toml';

interface Dialect {
  readonly syntax: Syntax;
  /** Its usual file name: what makes it worth a look in a folder full of other JSON. */
  readonly named: RegExp;
  /** Top-level keys that all of its manifests have, and no other dialect's. */
  readonly keys: readonly string[];
  /** What stands in the text of all its manifests besides, whatever they are called: other JSON has a key like that, too. */
  readonly marks: RegExp;
  read(value: unknown, source: ManifestSource): Promise<ManifestBundle>;
}

/** The first one wins where a folder has several: the build's own word before what was made of it. */
const DIALECTS: readonly Dialect[] = [
  { syntax: 'json', named: /^flasher_args\.json$/i, keys: ['flash_files'], marks: /"flash_files"/, read: readFlasherArgs },
  { syntax: 'json', named: /^[\w.-]*manifest[\w.-]*\.json$/i, keys: ['builds'], marks: /"(?:chipFamily|parts)"/, read: readEspWebTools },
  { syntax: 'json', named: /\.mt\.json$/i, keys: ['files', 'mcu'], marks: /"mcu"/, read: readMeshtastic },
  { syntax: 'toml', named: /\.toml$/i, keys: ['supported_apps'], marks: /supported_apps/, read: readLaunchpad },
];

const PARSERS: Readonly<Record<Syntax, (text: string) => unknown>> = { json: (text) => JSON.parse(text), toml: (text) => parseToml(text) };

/** Rank of the file among manifests, 0 = best; `undefined` when its name announces none. */
export function manifestRank(path: string): number | undefined {
  const rank = DIALECTS.findIndex(({ named }) => named.test(fileName(path)));
  return rank < 0 ? undefined : rank;
}

/**
 * The same for a file whose name announces none, by its text. What cannot be parsed is one when it speaks like one: that it is broken has to
 * be said, and not that nothing stated where the files belong.
 */
export function manifestRankOfText(text: string, path: string): number | undefined {
  const syntax = syntaxOf(text, path);
  const isOf = ({ keys, marks, ...dialect }: Dialect): boolean =>
    dialect.syntax === syntax && marks.test(text) && keys.every((key) => text.includes(key));
  const candidates = DIALECTS.filter(isOf);
  if (candidates.length === 0) return undefined;
  const value = parsed(text, path, syntax);
  const found = candidates.find(({ keys }) => value === undefined || keys.every((key) => ownValue(value, key) !== undefined));
  return found && DIALECTS.indexOf(found);
}

function parsed(text: string, path: string, syntax: Syntax): unknown {
  try {
    return parseManifest(text, path, syntax);
  } catch {
    return undefined;
  }
}

const parseManifest = (text: string, path: string, syntax: Syntax): unknown =>
  parseWith(PARSERS[syntax], text.replace(/^\ufeff/, ''), path);

/** True for text that is worth parsing when somebody hands over that file alone. */
export const couldBeManifest = (path: string): boolean => /\.(?:json|toml)$/i.test(path);

/**
 * @param text of a manifest of any dialect
 * @param path of the manifest: file name or address, for messages and to tell JSON from TOML
 * @throws BundleError
 */
export async function readManifest(text: string, path: string, open: OpenReference): Promise<FlashBundle> {
  const syntax = syntaxOf(text, path);
  const value = parseManifest(text, path, syntax);
  const dialect = DIALECTS.find((dialect) => dialect.syntax === syntax && dialect.keys.every((key) => ownValue(value, key) !== undefined));
  if (!dialect) {
    const known = DIALECTS.map(({ keys }) => keys.join(' and ')).join(', or ');
    throw new BundleError('BUNDLE_UNKNOWN_MANIFEST', { path, rule: `a manifest has ${known} at its top` });
  }
  const { unused, ...bundle } = await dialect.read(value, { path, open });
  if (bundle.builds.every(({ parts }) => parts.length === 0))
    throw new BundleError('BUNDLE_EMPTY', { path, rule: 'names nothing to flash' });
  return { ...bundle, manifest: path, ignored: unused };
}

function syntaxOf(text: string, path: string): Syntax {
  if (/\.toml$/i.test(fileName(path))) return 'toml';
  if (/\.json$/i.test(fileName(path))) return 'json';
  return text.trimStart().startsWith('{') ? 'json' : 'toml';
}
