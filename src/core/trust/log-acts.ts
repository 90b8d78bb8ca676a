/**
 * Every act that the log knows, and what it writes down of each. An act takes the thing it happened to (a device, a job, a key) and names the
 * facts it keeps; whatever else the thing holds stays out. Knows no chain and no store.
 */
import { plainText } from '../plain-text.ts';

export type FactValue = string | number | boolean;

/** Names are letters and digits alone, so that no engine orders one of them as a number. */
export type LogFacts = Readonly<Record<string, FactValue>>;

type FactKind = 'text' | 'count' | 'flag' | 'hash' | 'code' | 'signature';

/** All facts there are, in the order of the columns of a table. */
export const LOG_FACTS = {
  device: 'text',
  deviceId: 'text',
  firmware: 'text',
  fromVersion: 'text',
  version: 'text',
  sha256: 'hash',
  slot: 'text',
  region: 'text',
  source: 'text',
  outcome: 'text',
  verdict: 'text',
  code: 'code',
  durationMs: 'count',
  bytes: 'count',
  key: 'text',
  keyId: 'hash',
  algorithm: 'text',
  purpose: 'text',
  kind: 'text',
  product: 'text',
  counter: 'count',
  mustChange: 'flag',
  trustedOnly: 'flag',
  settings: 'text',
  theme: 'text',
  confirmTimeoutS: 'count',
  entries: 'count',
  form: 'text',
  headSeq: 'count',
  headHash: 'hash',
  signedAt: 'text',
  signature: 'signature',
} as const satisfies Record<string, FactKind>;

export type FactName = keyof typeof LOG_FACTS;
type Facts = { readonly [Name in FactName]?: FactValue | undefined };

// ---- what acts happen to ----

interface Device {
  readonly id: string;
  readonly name: string;
}
interface Firmware {
  readonly name?: string;
  readonly version?: string;
  readonly sha256: string;
}
interface Update {
  readonly deviceId: string;
  readonly deviceName: string;
  readonly firmware: Firmware;
  readonly fromVersion: string;
  readonly slot: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly problem?: { readonly code: string };
}
interface CableJob {
  readonly deviceId: string;
  readonly deviceName?: string | undefined;
  readonly outcome: string;
  readonly firmware?: string | undefined;
  readonly version?: string | undefined;
  readonly sha256?: string | undefined;
  readonly slot?: string | undefined;
  readonly region?: string | undefined;
  readonly bytes?: number | undefined;
  readonly durationMs?: number | undefined;
  readonly code?: string | undefined;
}
interface Key {
  readonly name: string;
  /** Fingerprint: SHA-256 of the SPKI. */
  readonly keyId: string;
  readonly algorithm: string;
  readonly purpose?: string;
}
/** Never what it is: only what it is called. */
interface Secret {
  readonly name: string;
  readonly kind: string;
}
interface Release {
  readonly product: string;
  readonly version: string;
  readonly counter: number;
  readonly sha256: string;
}

interface RootFile {
  readonly name: string;
  readonly version: string;
  /** Its fingerprint. */
  readonly sha256: string;
}

const ofDevice = ({ id, name }: Device): Facts => ({ device: name, deviceId: id });
const ofFirmware = ({ name, version, sha256 }: Firmware): Facts => ({ firmware: name, version, sha256 });
const ofUpdate = ({ deviceId, deviceName, firmware, fromVersion, slot, startedAt, endedAt, problem }: Update): Facts => ({
  device: deviceName,
  deviceId,
  fromVersion,
  slot,
  ...ofFirmware(firmware),
  durationMs: endedAt === undefined ? undefined : endedAt - startedAt,
  code: problem?.code,
});
const ofCableJob = ({
  deviceId,
  deviceName,
  outcome,
  firmware,
  version,
  sha256,
  slot,
  region,
  bytes,
  durationMs,
  code,
}: CableJob): Facts => ({
  device: deviceName,
  deviceId,
  outcome,
  firmware,
  version,
  sha256,
  slot,
  region,
  bytes,
  durationMs,
  code,
});
const ofKey = ({ name, keyId, algorithm, purpose }: Key): Facts => ({ key: name, keyId, algorithm, purpose });
const ofSecret = ({ name, kind }: Secret): Facts => ({ key: name, kind });
const ofRelease = ({ product, version, counter, sha256 }: Release): Facts => ({ product, version, counter, sha256 });
const ofRoot = ({ name, version, sha256 }: RootFile): Facts => ({ product: name, version, sha256 });
/** By the hash of what is signed. */
const ofSignedFile = ({
  version,
  sha256,
  keyId,
}: {
  readonly version: string;
  readonly sha256: string;
  readonly keyId: string;
}): Facts => ({
  version,
  sha256,
  keyId,
});

export type LogGroup = 'sign-in' | 'device' | 'firmware' | 'update' | 'cable' | 'key' | 'signature' | 'release' | 'settings' | 'log';

interface Act {
  readonly group: LogGroup;
  readonly facts: (given: never) => Facts;
}

export const LOG_ACTS = {
  // ---- at the door of a device ----
  'signed-in': {
    group: 'sign-in',
    facts: (given: Device & { readonly mustChange: boolean }) => ({ ...ofDevice(given), mustChange: given.mustChange }),
  },
  'sign-in-failed': { group: 'sign-in', facts: (given: Device & { readonly code: string }) => ({ ...ofDevice(given), code: given.code }) },
  'locked-out': { group: 'sign-in', facts: ofDevice },
  'signed-out': { group: 'sign-in', facts: ofDevice },
  'session-expired': { group: 'sign-in', facts: ofDevice },
  'password-changed': { group: 'sign-in', facts: ofDevice },
  // ---- devices ----
  'device-added': { group: 'device', facts: (device: Device & { readonly kind: string }) => ({ ...ofDevice(device), kind: device.kind }) },
  'device-removed': { group: 'device', facts: ofDevice },
  'device-reset': { group: 'device', facts: ofDevice },
  /** It takes only trusted firmware from now on, or any. */
  'trust-changed': {
    group: 'device',
    facts: (given: Device & { readonly trustedOnly: boolean }) => ({ ...ofDevice(given), trustedOnly: given.trustedOnly }),
  },
  // ---- the library ----
  'firmware-added': {
    group: 'firmware',
    facts: (firmware: Firmware & { readonly source: { readonly kind: string } }) => ({
      ...ofFirmware(firmware),
      source: firmware.source.kind,
    }),
  },
  'firmware-edited': { group: 'firmware', facts: ofFirmware },
  'firmware-deleted': { group: 'firmware', facts: ofFirmware },
  /** Parked for the page, which asks before it takes it. */
  'file-shared': {
    group: 'firmware',
    facts: ({ name, size }: { readonly name: string; readonly size: number }) => ({ firmware: name, bytes: size }),
  },
  'share-refused': { group: 'firmware', facts: ({ code }: { readonly code: string }) => ({ code }) },
  // ---- over the air ----
  'update-started': { group: 'update', facts: ofUpdate },
  'update-finished': { group: 'update', facts: ofUpdate },
  'update-unconfirmed': { group: 'update', facts: ofUpdate },
  'update-failed': { group: 'update', facts: ofUpdate },
  'update-stopped': { group: 'update', facts: ofUpdate },
  'update-rolled-back': { group: 'update', facts: ofUpdate },
  /** By hand: the other slot runs. */
  'slot-switched': {
    group: 'update',
    facts: (
      given: Device & { readonly fromVersion?: string | undefined; readonly toVersion?: string | undefined; readonly outcome: string },
    ) => ({
      ...ofDevice(given),
      fromVersion: given.fromVersion,
      version: given.toVersion,
      outcome: given.outcome,
    }),
  },
  // ---- over the cable ----
  'usb-flash': { group: 'cable', facts: ofCableJob },
  'usb-restore': { group: 'cable', facts: ofCableJob },
  'usb-erase': { group: 'cable', facts: ofCableJob },
  'usb-read': { group: 'cable', facts: ofCableJob },
  'usb-slots': { group: 'cable', facts: ofCableJob },
  // ---- keys, secrets, pins ----
  'key-made': { group: 'key', facts: ofKey },
  'key-imported': { group: 'key', facts: ofKey },
  'key-used': { group: 'key', facts: ofKey },
  'key-exported': { group: 'key', facts: (given: Key & { readonly form: string }) => ({ ...ofKey(given), form: given.form }) },
  'key-edited': { group: 'key', facts: ofKey },
  /** After it was retired. */
  'key-activated': { group: 'key', facts: ofKey },
  'key-retired': { group: 'key', facts: ofKey },
  'key-revoked': { group: 'key', facts: ofKey },
  'key-deleted': { group: 'key', facts: ofKey },
  'secret-made': { group: 'key', facts: ofSecret },
  'secret-imported': { group: 'key', facts: ofSecret },
  'secret-exported': { group: 'key', facts: (given: Secret & { readonly form: string }) => ({ ...ofSecret(given), form: given.form }) },
  'secret-deleted': { group: 'key', facts: ofSecret },
  'pin-added': { group: 'key', facts: (given: Key & { readonly product: string }) => ({ product: given.product, ...ofKey(given) }) },
  'pin-removed': { group: 'key', facts: (given: Key & { readonly product: string }) => ({ product: given.product, ...ofKey(given) }) },
  // ---- signatures ----
  'signature-attached': { group: 'signature', facts: ofFirmware },
  'signature-removed': { group: 'signature', facts: ofFirmware },
  'firmware-signed': {
    group: 'signature',
    facts: (given: Firmware & { readonly key: Key }) => ({ ...ofFirmware(given), ...ofKey(given.key) }),
  },
  'signature-checked': {
    group: 'signature',
    facts: (given: Firmware & { readonly verdict: string; readonly keyId?: string | undefined }) => ({
      ...ofFirmware(given),
      verdict: given.verdict,
      keyId: given.keyId,
    }),
  },
  // ---- releases ----
  'release-signed': {
    group: 'release',
    facts: (given: Release & { readonly keyId: string }) => ({ ...ofRelease(given), keyId: given.keyId }),
  },
  'release-published': { group: 'release', facts: ofRelease },
  'release-accepted': { group: 'release', facts: ofRelease },
  'release-refused': {
    group: 'release',
    facts: ({ product, code }: { readonly product: string; readonly code: string }) => ({ product, code }),
  },
  /** A person compared its fingerprint, or made it. */
  'root-trusted': { group: 'release', facts: ofRoot },
  'root-signed': { group: 'release', facts: ofSignedFile },
  'index-signed': { group: 'release', facts: ofSignedFile },
  /** Before any release of it was reached. `found`: what lay there instead, where it has a hash. */
  'set-refused': {
    group: 'release',
    facts: ({ source, code, found }: { readonly source: string; readonly code: string; readonly found?: string }) => ({
      source,
      code,
      sha256: found,
    }),
  },
  /** Of one publisher that is trusted before, and of another now. */
  'set-changed-hands': {
    group: 'release',
    facts: ({ source, name, sha256 }: Omit<RootFile, 'version'> & { readonly source: string }) => ({ source, product: name, sha256 }),
  },
  // ---- the app itself ----
  /** The values of settings that are known to be harmless; of others, that they changed. */
  'settings-changed': {
    group: 'settings',
    facts: (change: { readonly theme?: string; readonly confirmTimeoutS?: number }) => ({
      settings: Object.keys(change).join(', '),
      theme: change.theme,
      confirmTimeoutS: change.confirmTimeoutS,
    }),
  },
  'log-exported': {
    group: 'log',
    facts: ({ form, entries }: { readonly form: string; readonly entries: number }) => ({ form, entries }),
  },
  'log-verified': {
    group: 'log',
    facts: ({ verdict, entries }: { readonly verdict: string; readonly entries: number }) => ({ verdict, entries }),
  },
  'head-signed': {
    group: 'log',
    facts: (given: {
      readonly seq: number;
      readonly h: string;
      readonly at: string;
      readonly kid: string;
      readonly signature: string;
      readonly name: string;
    }) => ({
      key: given.name,
      keyId: given.kid,
      headSeq: given.seq,
      headHash: given.h,
      signedAt: given.at,
      signature: given.signature,
    }),
  },
} as const satisfies Record<string, Act>;

export type LogAct = keyof typeof LOG_ACTS;
export type LogGiven<Name extends LogAct> = Parameters<(typeof LOG_ACTS)[Name]['facts']>[0];

export const isLogAct = (name: string): name is LogAct => Object.hasOwn(LOG_ACTS, name);

const MOST_TEXT = 160;
const HASH = /^[0-9a-f]{64}$/;
const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;
/** base64url; an RSA-4096 signature has 683 characters. */
const SIGNATURE = /^[\w-]{1,1024}$/;

/** What is written down of an act: named facts only, plain and bounded. What is not of its kind is left out, never repaired. */
export function factsOf<Name extends LogAct>(act: Name, given: LogGiven<Name>): LogFacts {
  const make = LOG_ACTS[act].facts as (given: LogGiven<Name>) => Facts;
  const facts: Record<string, FactValue> = {};
  for (const [name, value] of Object.entries(make(given))) {
    const checked = checkedFact(LOG_FACTS[name as FactName], value);
    if (checked !== undefined) facts[name] = checked;
  }
  return facts;
}

function checkedFact(kind: FactKind, value: unknown): FactValue | undefined {
  switch (kind) {
    case 'count':
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
    case 'flag':
      return typeof value === 'boolean' ? value : undefined;
    case 'text':
      return typeof value === 'string' && value !== '' ? boundedText(value) : undefined;
    default:
      return typeof value === 'string' && PATTERNS[kind].test(value) ? value : undefined;
  }
}

const PATTERNS = { hash: HASH, code: CODE, signature: SIGNATURE } as const;

/** Half a surrogate pair has no spelling in what is hashed. */
function boundedText(text: string): string {
  const plain = plainText(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\p{Surrogate}/gu, '\ufffd');
  return plain.length <= MOST_TEXT ? plain : `${plain.slice(0, MOST_TEXT - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
