/** A broken rule of a signed file as a sentence for people; the place in the file, for engineers, comes last. */

type Details = Readonly<Record<string, unknown>>;

const MOST_QUOTED = 160;

/** A fact of an error, as much of it as is shown. */
export const quote = (details: Details, name: string, otherwise = ''): string => {
  const value = details[name];
  return typeof value === 'string' && value !== '' ? value.slice(0, MOST_QUOTED) : otherwise;
};

/** What people call the members of root files, indexes, releases and envelopes. */
const NAMES: Readonly<Record<string, string>> = {
  alg: 'The algorithm of a signature',
  appended_hash: 'The appended hash',
  chip: 'The chip',
  counter: 'The number',
  deltas: 'The list of deltas',
  expires: 'The day until which it is valid',
  hardware: 'The list of boards',
  header: 'The header of a signature',
  image: 'The image',
  issued: 'The moment of issue',
  key: 'The key',
  keys: 'The list of keys',
  kid: 'The key that a signature names',
  min_from_counter: 'The number that it can follow',
  name: 'The name of a key',
  notes: 'The text of what is new',
  payload: 'What is signed',
  product: 'The product',
  root: 'The root file',
  protected: 'The header of a signature',
  releases: 'The list of releases',
  revoked: 'The list of revoked keys',
  schema: 'The kind of the file',
  sha256: 'The SHA-256',
  signature: 'A signature',
  signatures: 'The list of signatures',
  size: 'The size',
  spki: 'A key',
  threshold: 'How many have to sign',
  version: 'The version',
};

/** The last member that has a name for people: `release.payload.hardware[0]` is of the boards. A file of a set is called by its path. */
function nameOf(field: string): string {
  if (field.includes('/') || field.endsWith('.json')) return field;
  const members = field.replaceAll(/\[\d+\]/g, '').split('.');
  return members.map((member) => (Object.hasOwn(NAMES, member) ? NAMES[member] : undefined)).findLast((name) => name !== undefined) ?? 'It';
}

/** `The number must be at least 1.` */
export const ruleWords = (details: Details): string =>
  `${nameOf(quote(details, 'field'))} ${quote(details, 'rule', 'breaks a rule of its format')}.`;

/** With the place: `The number must be at least 1 (release.payload.counter).` */
export function placedRule(details: Details): string {
  const field = quote(details, 'field');
  return field ? `${ruleWords(details).slice(0, -1)} (${field}).` : ruleWords(details);
}
