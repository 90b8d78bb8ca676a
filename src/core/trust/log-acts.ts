/**
 * Every act that the log knows, and what it writes down of each. An act takes the thing it happened to (a device, a job, a key) and names the
 * facts it keeps; whatever else the thing holds stays out. Knows no chain and no store.
 */
import { checkedFact } from './log-facts.ts';
import type { FactGiven, FactName, FactValue, LogFacts } from './log-facts.ts';

type Facts = { readonly [Name in FactName]?: FactValue | undefined };
type Keep<Thing> = (thing: Thing) => Facts;

// ---- how a fact is kept ----

/** A name with `?`: a thing may be without it. */
type Wanted = FactName | `${FactName}?`;
type Having<Names extends Wanted> = { readonly [Name in Extract<Names, FactName>]: FactGiven<Name> } & {
  readonly [Name in Names as Name extends `${infer Bare}?` ? Bare : never]?: Name extends `${infer Bare extends FactName}?`
    ? FactGiven<Bare> | undefined
    : never;
};

/** What the thing calls as the log does. */
const its =
  <const Names extends readonly Wanted[]>(...names: Names): Keep<Having<Names[number]>> =>
  (thing) =>
    Object.fromEntries(
      names.map((name) => name.replace('?', '')).map((name) => [name, (thing as Readonly<Record<string, FactValue | undefined>>)[name]]),
    );

/** What the thing is called, as the fact `fact`. */
const nameAs =
  (fact: FactName): Keep<{ readonly name: string }> =>
  ({ name }) => ({ [fact]: name });

const both =
  <A, B>(one: Keep<A>, other: Keep<B>): Keep<A & B> =>
  (thing) => ({ ...one(thing), ...other(thing) });

// ---- what acts happen to ----

const ofDevice = both(nameAs('device'), ({ id }: { readonly id: string }) => ({ deviceId: id }));
const ofFirmware = both(({ name }: { readonly name?: string | undefined }) => ({ firmware: name }), its('version?', 'sha256'));
/** What it was released as; the firmware may have another name and version in the library. */
const itsRelease = ({ release }: { readonly release?: ReleaseMark | undefined }): Facts => ({
  publisher: release?.publisher,
  product: release?.product,
  release: release?.version,
  counter: release?.counter,
});
const ofUpdate = both(both(its('deviceId', 'fromVersion', 'slot'), itsRelease), (update: Update) => ({
  device: update.deviceName,
  ...ofFirmware(update.firmware),
  durationMs: update.endedAt === undefined ? undefined : update.endedAt - update.startedAt,
  code: update.problem?.code,
  reasons: update.problem && reasonsIn(update.problem),
}));
const ofCableJob = both(
  both(({ deviceName }: { readonly deviceName?: string | undefined }) => ({ device: deviceName }), itsRelease),
  its('deviceId', 'outcome', 'firmware?', 'version?', 'sha256?', 'slot?', 'region?', 'bytes?', 'durationMs?', 'code?'),
);
const ofKey = both(nameAs('key'), its('keyId', 'algorithm', 'purpose?'));
/** Never what it is: only what it is called. */
const ofSecret = both(nameAs('key'), its('kind'));
const ofRelease = its('product', 'version', 'counter', 'sha256');
/** By its fingerprint. */
const ofRoot = both(nameAs('product'), its('version', 'sha256'));
/** By the hash of what is signed. */
const ofSignedFile = its('version', 'sha256', 'keyId');

/** That a firmware came as. */
interface ReleaseMark {
  readonly publisher?: string | undefined;
  readonly product?: string | undefined;
  readonly version?: string | undefined;
  readonly counter: number;
}

interface Update {
  readonly deviceName: string;
  readonly firmware: Parameters<typeof ofFirmware>[0];
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly problem?: { readonly code: string; readonly details: Readonly<Record<string, unknown>> };
}

/** Of a refusal before the first byte: the checks that refused, by name. */
function reasonsIn({ details: { checks } }: NonNullable<Update['problem']>): string | undefined {
  return Array.isArray(checks) ? checks.join(', ') : undefined;
}

export type LogGroup = 'sign-in' | 'device' | 'firmware' | 'update' | 'cable' | 'key' | 'signature' | 'release' | 'settings' | 'log';

interface Act {
  readonly group: LogGroup;
  readonly facts: Keep<never>;
}

export const LOG_ACTS = {
  // ---- at the door of a device ----
  'signed-in': { group: 'sign-in', facts: both(ofDevice, its('mustChange')) },
  'sign-in-failed': { group: 'sign-in', facts: both(ofDevice, its('code')) },
  'locked-out': { group: 'sign-in', facts: ofDevice },
  'signed-out': { group: 'sign-in', facts: ofDevice },
  'session-expired': { group: 'sign-in', facts: ofDevice },
  'password-changed': { group: 'sign-in', facts: ofDevice },
  // ---- devices ----
  'device-added': { group: 'device', facts: both(ofDevice, its('kind')) },
  'device-removed': { group: 'device', facts: ofDevice },
  'device-reset': { group: 'device', facts: ofDevice },
  /** It takes only trusted firmware from now on, or any. */
  'trust-changed': { group: 'device', facts: both(ofDevice, its('trustedOnly')) },
  // ---- the library ----
  'firmware-added': {
    group: 'firmware',
    facts: both(ofFirmware, ({ source }: { readonly source: { readonly kind: string } }) => ({ source: source.kind })),
  },
  'firmware-edited': { group: 'firmware', facts: ofFirmware },
  'firmware-deleted': { group: 'firmware', facts: ofFirmware },
  /** Parked for the page, which asks before it takes it. */
  'file-shared': { group: 'firmware', facts: both(nameAs('firmware'), ({ size }: { readonly size: number }) => ({ bytes: size })) },
  'share-refused': { group: 'firmware', facts: its('code') },
  // ---- over the air ----
  /** The checks said no before anything was begun. */
  'update-refused': { group: 'update', facts: both(its('deviceId', 'device', 'reasons'), ofFirmware) },
  'update-started': { group: 'update', facts: ofUpdate },
  'update-finished': { group: 'update', facts: ofUpdate },
  'update-unconfirmed': { group: 'update', facts: ofUpdate },
  'update-failed': { group: 'update', facts: ofUpdate },
  'update-stopped': { group: 'update', facts: ofUpdate },
  'update-rolled-back': { group: 'update', facts: ofUpdate },
  /** By hand: the other slot runs. */
  'slot-switched': {
    group: 'update',
    facts: both(both(ofDevice, its('fromVersion?', 'outcome')), ({ toVersion }: { readonly toVersion?: string | undefined }) => ({
      version: toVersion,
    })),
  },
  // ---- over the cable ----
  'usb-flash': { group: 'cable', facts: ofCableJob },
  'usb-restore': { group: 'cable', facts: ofCableJob },
  'usb-erase': { group: 'cable', facts: ofCableJob },
  'usb-read': { group: 'cable', facts: ofCableJob },
  'usb-slots': { group: 'cable', facts: ofCableJob },
  // ---- keys, secrets, pins ----
  'key-made': { group: 'key', facts: ofKey },
  /** `outcome`: of one that comes back revoked, as it went. */
  'key-imported': { group: 'key', facts: both(ofKey, its('outcome?')) },
  'key-used': { group: 'key', facts: ofKey },
  'key-exported': { group: 'key', facts: both(ofKey, its('form')) },
  'key-edited': { group: 'key', facts: ofKey },
  /** After it was retired. */
  'key-activated': { group: 'key', facts: ofKey },
  'key-retired': { group: 'key', facts: ofKey },
  'key-revoked': { group: 'key', facts: ofKey },
  'key-deleted': { group: 'key', facts: ofKey },
  'secret-made': { group: 'key', facts: ofSecret },
  'secret-imported': { group: 'key', facts: ofSecret },
  'secret-exported': { group: 'key', facts: both(ofSecret, its('form')) },
  'secret-deleted': { group: 'key', facts: ofSecret },
  'pin-added': { group: 'key', facts: both(its('product'), ofKey) },
  'pin-removed': { group: 'key', facts: both(its('product'), ofKey) },
  // ---- signatures ----
  'signature-attached': { group: 'signature', facts: ofFirmware },
  'signature-removed': { group: 'signature', facts: ofFirmware },
  'firmware-signed': {
    group: 'signature',
    facts: both(ofFirmware, ({ key }: { readonly key: Parameters<typeof ofKey>[0] }) => ofKey(key)),
  },
  'signature-checked': { group: 'signature', facts: both(ofFirmware, its('verdict', 'keyId?')) },
  // ---- releases ----
  'release-signed': { group: 'release', facts: both(ofRelease, its('keyId')) },
  'release-published': { group: 'release', facts: ofRelease },
  'release-accepted': { group: 'release', facts: ofRelease },
  'release-refused': { group: 'release', facts: its('product', 'code') },
  /** A person compared its fingerprint, or made it. */
  'root-trusted': { group: 'release', facts: ofRoot },
  'root-signed': { group: 'release', facts: ofSignedFile },
  'index-signed': { group: 'release', facts: ofSignedFile },
  /** Before any release of it was reached. `found`: what lay there instead, where it has a hash. */
  'set-refused': {
    group: 'release',
    facts: both(its('source', 'code'), ({ found }: { readonly found?: string }) => ({ sha256: found })),
  },
  /** Of one publisher that is trusted before, and of another now. */
  'set-changed-hands': { group: 'release', facts: both(nameAs('product'), its('source', 'sha256')) },
  // ---- the app itself ----
  /** The values of settings that are known to be harmless; of others, that they changed. */
  'settings-changed': {
    group: 'settings',
    facts: both(its('theme?', 'confirmTimeoutS?'), (change: object) => ({ settings: Object.keys(change).join(', ') })),
  },
  'log-exported': { group: 'log', facts: its('form', 'entries') },
  'log-verified': { group: 'log', facts: its('verdict', 'entries') },
  'head-signed': {
    group: 'log',
    facts: both(
      both(nameAs('key'), its('signature')),
      (head: { readonly seq: number; readonly h: string; readonly at: string; readonly kid: string }) => ({
        keyId: head.kid,
        headSeq: head.seq,
        headHash: head.h,
        signedAt: head.at,
      }),
    ),
  },
} as const satisfies Record<string, Act>;

export type LogAct = keyof typeof LOG_ACTS;
export type LogGiven<Name extends LogAct> = Parameters<(typeof LOG_ACTS)[Name]['facts']>[0];

export const isLogAct = (name: string): name is LogAct => Object.hasOwn(LOG_ACTS, name);

/** What is written down of an act: named facts only. */
export function factsOf<Name extends LogAct>(act: Name, given: LogGiven<Name>): LogFacts {
  const make = LOG_ACTS[act].facts as Keep<LogGiven<Name>>;
  const facts: Record<string, FactValue> = {};
  for (const [name, value] of Object.entries(make(given))) {
    const checked = checkedFact(name as FactName, value);
    if (checked !== undefined) facts[name] = checked;
  }
  return facts;
}
