/** Entries of the log in words: one line for each act, the icon of its group, and whether it is a refusal or wants a look. Words only. */
import { LOG_ACTS, isLogAct, type LogAct, type LogGroup } from '../../../core/trust/log-acts.ts';
import type { LogFacts } from '../../../core/trust/log-facts.ts';
import type { LogRecord } from '../../../core/trust/log-entry.ts';
import type { IconName } from '../../elements/icons.ts';
import { formatBytes, formatMany } from '../../format.ts';

export const GROUP_WORDS = {
  'sign-in': { name: 'Signing in', icon: 'lock' },
  device: { name: 'Devices', icon: 'devices' },
  firmware: { name: 'Firmware', icon: 'firmware' },
  update: { name: 'Updates', icon: 'wifi' },
  cable: { name: 'By cable', icon: 'usb' },
  key: { name: 'Keys and pins', icon: 'keys' },
  signature: { name: 'Signatures', icon: 'signed' },
  release: { name: 'Releases', icon: 'tab' },
  settings: { name: 'Settings', icon: 'settings' },
  log: { name: 'The log itself', icon: 'log' },
} as const satisfies Record<LogGroup, { readonly name: string; readonly icon: IconName }>;

type Say = (facts: LogFacts) => string;

const text = (facts: LogFacts, name: string, otherwise = ''): string => {
  const value = Object.hasOwn(facts, name) ? facts[name] : undefined;
  return value === undefined ? otherwise : String(value);
};
/** Of a fact that is a word; whatever a stranger wrote there, only words of the table count. */
const worded = <T>(table: Readonly<Record<string, T>>, facts: LogFacts, name: string): T | undefined => {
  const word = text(facts, name);
  return Object.hasOwn(table, word) ? table[word] : undefined;
};
const device = (facts: LogFacts): string => text(facts, 'device', text(facts, 'deviceId', 'a device'));
const key = (facts: LogFacts): string => text(facts, 'key', 'without a name');
const firmware = (facts: LogFacts): string => {
  const named = [text(facts, 'firmware'), text(facts, 'version')].filter(Boolean).join(' ');
  return named || text(facts, 'sha256', 'a firmware').slice(0, 8);
};
const because = (facts: LogFacts): string => (Object.hasOwn(facts, 'code') ? `: ${text(facts, 'code')}` : '');
const reasons = (facts: LogFacts): string => (Object.hasOwn(facts, 'reasons') ? ` (${text(facts, 'reasons')})` : '');
const release = (facts: LogFacts): string => [text(facts, 'product', 'a product'), text(facts, 'version')].filter(Boolean).join(' ');
const change = (facts: LogFacts): string => {
  const [from, to] = [text(facts, 'fromVersion'), text(facts, 'version')];
  return from && to ? `, ${from} → ${to}` : '';
};

/** Of a firmware that came as one. */
const released = (facts: LogFacts): string => {
  const by = text(facts, 'publisher');
  return Object.hasOwn(facts, 'counter') ? `, release ${text(facts, 'counter')}${by ? ` of ${by}` : ''}` : '';
};

const CABLE_ENDS: Readonly<Record<string, string>> = {
  failed: ' failed',
  stopped: ' was stopped',
  lost: ' broke off, the cable was lost',
  unverified: ' ended unverified',
};
const byCable =
  (what: (facts: LogFacts) => string): Say =>
  (facts) =>
    `${what(facts)}${worded(CABLE_ENDS, facts, 'outcome') ?? ''}${because(facts)}`;

const VERDICTS: Readonly<Record<string, string>> = {
  trusted: 'is signed by a trusted key',
  'unknown-key': 'is signed by a key that its product does not trust',
  'revoked-key': 'is signed by a revoked key',
  tampered: 'does not match its signature',
  unsigned: 'is not signed',
};

const SENTENCES = {
  'signed-in': (facts) => `Signed in to ${device(facts)}${facts['mustChange'] === true ? ', the password must be changed' : ''}`,
  'sign-in-failed': (facts) => `${device(facts)} refused a password${because(facts)}`,
  'locked-out': (facts) => `${device(facts)} locked everybody out for a while`,
  'signed-out': (facts) => `Signed out of ${device(facts)}`,
  'session-expired': (facts) => `The session with ${device(facts)} ended by itself`,
  'password-changed': (facts) => `The password of ${device(facts)} was changed`,
  'device-added': (facts) => `${device(facts)} was added`,
  'device-removed': (facts) => `${device(facts)} was removed`,
  'device-reset': (facts) => `${device(facts)} was reset to its factory state`,
  'trust-changed': (facts) =>
    `${device(facts)} takes ${facts['trustedOnly'] === true ? 'trusted firmware only' : 'any firmware'} from now on`,
  'firmware-added': (facts) => `${firmware(facts)} came into the library`,
  'firmware-edited': (facts) => `The card of ${firmware(facts)} was edited`,
  'firmware-deleted': (facts) => `${firmware(facts)} was deleted`,
  'file-shared': (facts) => `${text(facts, 'firmware', 'A file')} was shared by another app${size(facts)}`,
  'share-refused': (facts) => `A shared file was refused${because(facts)}`,
  'update-refused': (facts) => `${firmware(facts)} was refused for ${device(facts)}${reasons(facts)}`,
  'update-started': (facts) => `${firmware(facts)} is sent to ${device(facts)}${change(facts)}${released(facts)}`,
  'update-finished': (facts) => `${device(facts)} runs ${firmware(facts)}, confirmed${change(facts)}${released(facts)}`,
  'update-unconfirmed': (facts) => `${device(facts)}: ${firmware(facts)} was not confirmed${released(facts)}${because(facts)}`,
  'update-failed': (facts) => `${device(facts)} did not take ${firmware(facts)}${released(facts)}${because(facts)}${reasons(facts)}`,
  'update-stopped': (facts) => `The update of ${device(facts)} to ${text(facts, 'version', 'another version')} was stopped`,
  'update-rolled-back': (facts) =>
    `${device(facts)} went back to ${text(facts, 'fromVersion', 'its earlier firmware')}, from ${firmware(facts)}${released(facts)}`,
  'slot-switched': (facts) => `${device(facts)} was told to start its other slot${change(facts)}, ${text(facts, 'outcome', 'unconfirmed')}`,
  'usb-flash': byCable((facts) => `Writing ${firmware(facts)} to ${device(facts)} by cable${released(facts)}`),
  'usb-restore': byCable((facts) => `Restoring ${device(facts)} by cable`),
  'usb-erase': byCable((facts) => `Erasing ${text(facts, 'region', 'the flash')} of ${device(facts)}`),
  'usb-read': byCable((facts) => `Reading ${text(facts, 'region', 'the flash')} of ${device(facts)}`),
  'usb-slots': byCable((facts) => `Changing what ${device(facts)} starts`),
  'key-made': (facts) => `The key ${key(facts)} was made`,
  'key-imported': (facts) => `The key ${key(facts)} was imported${text(facts, 'outcome', '') === 'revoked' ? ', and stays revoked' : ''}`,
  'key-used': (facts) => `The key ${key(facts)} was used`,
  'key-exported': (facts) => `The key ${key(facts)} was exported as ${text(facts, 'form', 'a file')}`,
  'key-edited': (facts) => `The name or purpose of the key ${key(facts)} was changed`,
  'key-activated': (facts) => `The key ${key(facts)} was made active again`,
  'key-retired': (facts) => `The key ${key(facts)} was retired`,
  'key-revoked': (facts) => `The key ${key(facts)} was revoked`,
  'key-deleted': (facts) => `The key ${key(facts)} was deleted`,
  'secret-made': (facts) => `The secret ${key(facts)} was made`,
  'secret-imported': (facts) => `The secret ${key(facts)} was imported`,
  'secret-exported': (facts) => `The secret ${key(facts)} was exported as ${text(facts, 'form', 'a file')}`,
  'secret-deleted': (facts) => `The secret ${key(facts)} was deleted`,
  'pin-added': (facts) => `${text(facts, 'product', 'A product')} trusts ${key(facts)}`,
  'pin-removed': (facts) => `${text(facts, 'product', 'A product')} no longer trusts ${key(facts)}`,
  'signature-attached': (facts) => `${firmware(facts)} got a signature from a file`,
  'signature-removed': (facts) => `${firmware(facts)} lost a signature that lay beside it`,
  'firmware-signed': (facts) => `${firmware(facts)} was signed with ${key(facts)}`,
  'signature-checked': (facts) => `${firmware(facts)} ${worded(VERDICTS, facts, 'verdict') ?? 'could not be checked'}`,
  'release-signed': (facts) => `Release ${release(facts)} was signed`,
  'release-published': (facts) => `Release ${release(facts)} was published`,
  'release-accepted': (facts) => `Release ${release(facts)} was accepted`,
  'release-refused': (facts) => `A release of ${text(facts, 'product', 'a product')} was refused${because(facts)}`,
  'root-trusted': (facts) => `Root file ${text(facts, 'version', '1')} of ${text(facts, 'product', 'a publisher')} is trusted`,
  'root-signed': (facts) => `Root file ${text(facts, 'version', '1')} was signed`,
  'index-signed': (facts) => `Index ${text(facts, 'version', '1')} was signed`,
  'set-refused': (facts) => `The release set at ${text(facts, 'source', 'an address')} was refused${because(facts)}`,
  'set-changed-hands': (facts) =>
    `The release set at ${text(facts, 'source', 'an address')} is of ${text(facts, 'product', 'a publisher')} now, and was of another`,
  'settings-changed': (facts) => `Settings: ${settings(facts)}`,
  'log-exported': (facts) =>
    `${formatMany(Number(facts['entries'] ?? 0), 'entry', 'entries')} were exported as ${text(facts, 'form', 'a file')}`,
  'log-verified': (facts) =>
    facts['verdict'] === 'whole'
      ? `The chain was verified: ${formatMany(Number(facts['entries'] ?? 0), 'entry', 'entries')}, whole`
      : `The chain was verified, and breaks after entry ${text(facts, 'entries', '0')}`,
  'head-signed': (facts) => `The key ${key(facts)} signed the log up to entry ${text(facts, 'headSeq', 'without a number')}`,
} as const satisfies Record<LogAct, Say>;

function size(facts: LogFacts): string {
  const { bytes } = facts;
  return typeof bytes === 'number' ? `, ${formatBytes(bytes)}` : '';
}

function settings(facts: LogFacts): string {
  const known = [
    Object.hasOwn(facts, 'theme') && `the theme is ${text(facts, 'theme')}`,
    Object.hasOwn(facts, 'confirmTimeoutS') && `a device has ${text(facts, 'confirmTimeoutS')} s to confirm`,
  ].filter((words) => words !== false);
  return known.join(', ') || text(facts, 'settings', 'something changed');
}

export const entryWords = ({ act, facts }: LogRecord): string => (isLogAct(act) ? SENTENCES[act](facts) : act);

export const groupOf = ({ act }: LogRecord): LogGroup | undefined => (isLogAct(act) ? LOG_ACTS[act].group : undefined);

const REFUSALS: ReadonlySet<string> = new Set<LogAct>([
  'sign-in-failed',
  'locked-out',
  'share-refused',
  'update-refused',
  'update-failed',
  'release-refused',
  'set-refused',
]);
const DOUBTS: ReadonlySet<string> = new Set<LogAct>([
  'set-changed-hands',
  'key-revoked',
  'update-unconfirmed',
  'update-rolled-back',
  'update-stopped',
  'session-expired',
]);
const BAD_ENDS: Readonly<Record<string, EntryTone>> = {
  failed: 'fault',
  lost: 'fault',
  tampered: 'fault',
  stopped: 'doubt',
  unverified: 'doubt',
  unconfirmed: 'doubt',
};

/** `fault`: something was refused or stopped. `doubt`: it wants a look. */
export type EntryTone = 'plain' | 'fault' | 'doubt';

export function toneOf({ act, facts }: LogRecord): EntryTone {
  if (REFUSALS.has(act)) return 'fault';
  if (DOUBTS.has(act)) return 'doubt';
  if (act === 'log-verified') return facts['verdict'] === 'whole' ? 'plain' : 'fault';
  return worded(BAD_ENDS, facts, 'outcome') ?? worded(BAD_ENDS, facts, 'verdict') ?? 'plain';
}

/** Names of facts, for the card of one entry. */
export const FACT_WORDS: Readonly<Record<string, string>> = {
  device: 'Device',
  deviceId: 'Device id',
  firmware: 'Firmware',
  fromVersion: 'From version',
  version: 'Version',
  sha256: 'SHA-256',
  slot: 'Slot',
  region: 'Region',
  source: 'Source',
  outcome: 'Outcome',
  verdict: 'Verdict',
  code: 'Code',
  reasons: 'Reasons',
  durationMs: 'Took, ms',
  bytes: 'Bytes',
  key: 'Key',
  keyId: 'Fingerprint',
  algorithm: 'Algorithm',
  purpose: 'Purpose',
  kind: 'Kind',
  product: 'Product',
  counter: 'Counter',
  publisher: 'Publisher',
  release: 'Released as',
  mustChange: 'Must change',
  trustedOnly: 'Trusted only',
  settings: 'Settings',
  theme: 'Theme',
  confirmTimeoutS: 'To confirm, s',
  entries: 'Entries',
  form: 'Form',
  headSeq: 'Head, entry',
  headHash: 'Head, hash',
  signedAt: 'Signed at',
  signature: 'Signature',
};
