/** What lies in DROM and DRAM: log lines, names, tables and blobs, as a firmware of this kind carries them. */
import type { ObjectCode, Reference } from './object-code.ts';
import { Random } from './random.ts';

const VERBS = ['failed to', 'cannot', 'unable to', 'trying to', 'about to', 'refused to', 'done, will'];
const ACTIONS = [
  'open',
  'read',
  'write',
  'allocate',
  'parse',
  'start',
  'stop',
  'send',
  'receive',
  'register',
  'resolve',
  'verify',
  'mount',
  'close',
];
const THINGS = [
  'buffer', 'socket', 'task', 'queue', 'event group', 'namespace', 'page', 'partition', 'certificate', 'key', 'handle', 'timer', 'frame',
  'packet', 'request', 'response', 'header', 'topic', 'session', 'channel', 'sensor', 'valve', 'pump', 'schedule', 'sample', 'config',
]; // prettier-ignore
const DETAILS = [
  '',
  '',
  '',
  ': %s',
  ': %d',
  ' (0x%x)',
  ', ret=%d',
  ', err=%s',
  ' %u of %u',
  ' at %p',
  ', len=%u',
  ' for %s',
  ' on port %d',
];
const LEVELS = ['\x1b[0;31mE', '\x1b[0;33mW', '\x1b[0;32mI', 'D'];

/** One text per symbol: log formats, function names, file names, in proportions as the IDF has them. */
export function makeString(symbol: string, module: string): ObjectCode {
  const random = new Random(symbol);
  const kind = random.below(10);
  let text: string;
  if (kind < 4)
    text = `${random.pick(LEVELS)} (%lu) %s: ${random.pick(VERBS)} ${random.pick(ACTIONS)} ${random.pick(THINGS)}${random.pick(DETAILS)}\x1b[0m\n`;
  else if (kind < 7) text = `${module}_${random.pick(ACTIONS)}_${random.pick(THINGS).replace(' ', '_')}`;
  else if (kind < 8) text = `./components/${module}/src/${module}_${random.pick(THINGS).replace(' ', '_')}.c`;
  else text = `${random.pick(THINGS)} ${random.pick(ACTIONS)} error${random.pick(DETAILS)}`;
  return object(symbol, 'drom', new TextEncoder().encode(`${text}\0`), []);
}

/** Descriptors of commands, states, registers: small numbers, and addresses of texts and handlers. */
export function makeTable(symbol: string, section: 'drom' | 'dram', words: number, pointees: readonly string[]): ObjectCode {
  const random = new Random(symbol);
  const bytes = new Uint8Array(words * 4);
  const view = new DataView(bytes.buffer);
  const references: Reference[] = [];
  for (let word = 0; word < words; word++) {
    const kind = random.below(10);
    if (kind < 3) references.push({ offset: word * 4, kind: 'abs32', symbol: random.pick(pointees) });
    else if (kind < 7) view.setUint32(word * 4, random.skewed(4096), true);
    else if (kind < 8) view.setUint32(word * 4, random.next(), true);
  }
  return object(symbol, section, bytes, references);
}

/** Certificates, compressed pages, S-boxes: no pattern that a compressor could find. */
export function makeBlob(symbol: string, length: number): ObjectCode {
  return object(symbol, 'drom', new Random(symbol).bytes(length), []);
}

function object(symbol: string, section: 'drom' | 'dram', content: Uint8Array, references: readonly Reference[]): ObjectCode {
  const bytes = new Uint8Array(Math.ceil(content.length / 4) * 4);
  bytes.set(content);
  return { symbol, section, bytes, entry: 0, references };
}
