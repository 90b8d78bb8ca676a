/** The sentences of the pre-flight checks, by check and reason; facts come as numbers and text and are written out here. */
import type { CheckId, PreflightCheck } from '../app/model.ts';
import type { PreflightReason } from '../app/preflight-reasons.ts';
import { formatBytes, formatFlashHeader, formatMany, formatMoment } from './format.ts';
import { keyWords, productWords, whyWords } from './signature-words.ts';

export const CHECK_NAMES = {
  kind: 'Kind',
  chip: 'Chip',
  revision: 'Revision',
  size: 'Size',
  whole: 'Whole',
  project: 'Project',
  version: 'Version',
  past: 'Last time',
  'secure-version': 'Rollback lock',
  flash: 'Flash',
  'way-back': 'Way back',
  signature: 'Signature',
  release: 'Release',
} as const satisfies Record<CheckId, string>;

type Facts = PreflightCheck['facts'];

const bytes = (value: string | number | undefined): string => formatBytes(Number(value ?? 0));
/** Slots are cut in whole KB: `1280 KB` says more than `1.3 MB`. */
const slotBytes = (value: string | number | undefined): string => `${Math.round(Number(value ?? 0) / 1024)} KB`;
const hex = (value: string | number | undefined): string =>
  `0x${Number(value ?? 0)
    .toString(16)
    .toUpperCase()}`;
const revision = (value: string | number | undefined): string => `v${Math.floor(Number(value ?? 0) / 100)}.${Number(value ?? 0) % 100}`;
const word = (value: string | number | undefined): string => String(value ?? '').slice(0, 120);
const which = (facts: Facts): string => (facts.version ? `This very ${word(facts.version)}` : 'This very firmware');
const parts = (facts: Facts): string => formatMany(Number(facts.parts ?? 0), 'part');
const moment = (value: string | number | undefined): string => formatMoment(Number(value ?? 0));
/** `4MB` as the header writes it. */
const flashSize = (value: string | number | undefined): string => formatFlashHeader('', '', word(value));
const header = (facts: Facts): string => formatFlashHeader(word(facts.mode), word(facts.frequency), word(facts.size));

const release = (facts: Facts): string => `Release ${word(facts.counter)} of ${word(facts.product)}`;
const key = (facts: Facts): string => keyWords(word(facts.key));
const product = (facts: Facts): string => productWords(word(facts.product));
const why = (facts: Facts): string => whyWords(word(facts.why));

/** No device reads a release: what it checks has to come along. */
const released = (facts: Facts): string =>
  facts.publisher
    ? `. ${word(facts.publisher)} released it, but for this device the signature of the file itself counts: their set has to bring one by a key that is known here, or you sign it`
    : '';

const SENTENCES = {
  kind: {
    app: () => 'An application image, as a slot takes it',
    bootloader: () => 'A boot loader. It goes to the start of the flash by USB, never into a slot',
    'partition-table': () => 'A partition table. It goes to 0x8000 by USB, never into a slot',
    otadata: () => 'The switch between the slots, not a firmware',
    merged: (facts) => `A whole flash of ${parts(facts)}. Over the air only its application can go, as a file of its own`,
    uf2: (facts) => `A UF2 file with ${parts(facts)}, for a USB drive. Take the application’s .bin`,
    hex: (facts) => `An Intel HEX file with ${parts(facts)}. Take the application’s .bin`,
    encrypted: () => 'Encrypted, or random data: nothing in it can be read, so nothing can be checked',
    damaged: (facts) => `It begins like ${word(facts.as)}, and then breaks the rules of that format`,
    unknown: () => 'No format of firmware that Otter knows',
  },
  chip: {
    match: (facts) => `Made for ${word(facts.image)}, and the board is one${facts.hardware ? ` (${word(facts.hardware)})` : ''}`,
    differs: (facts) => `Made for ${word(facts.image)}, the board is ${word(facts.device)}`,
    'device-unknown': (facts) => `Made for ${word(facts.image)}; the device does not say what it is`,
  },
  revision: {
    fits: (facts) => `Runs on ${revision(facts.min)} and above, the chip is ${revision(facts.device)}`,
    'too-old': (facts) => `Needs ${revision(facts.min)} or above, the chip is ${revision(facts.device)}`,
    'too-new': (facts) => `Made for up to ${revision(facts.max)}, the chip is ${revision(facts.device)}`,
    'device-unknown': (facts) => `Runs on ${revision(facts.min)} and above; the device does not say its revision`,
  },
  size: {
    fits: (facts) => `${bytes(facts.size)} fits ${word(facts.slot)} (${slotBytes(facts.slotSize)}), ${slotBytes(facts.free)} stay free`,
    'fits-free-space': (facts) => `${bytes(facts.size)} fits the free ${slotBytes(facts.slotSize)}, ${slotBytes(facts.free)} stay free`,
    'too-large': (facts) => `${bytes(facts.size)} is ${bytes(facts.over)} too much for ${word(facts.slot)} (${slotBytes(facts.slotSize)})`,
    'no-slot': () => 'The device has no second slot, so nothing can be written while it runs',
    unknown: (facts) => `${bytes(facts.size)}; the device does not say how much fits`,
  },
  whole: {
    'checksum-and-hash': () => 'Checksum and the built-in SHA-256 agree with the content',
    'checksum-only': () => 'The checksum agrees with the content; there is no built-in hash',
    damaged: (facts) => `Damaged at ${hex(facts.offset)}: ${word(facts.rule)}`,
    'checksum-wrong': (facts) =>
      `The checksum at ${hex(facts.offset)} says ${word(facts.stored)}, the content gives ${word(facts.computed)}`,
    'hash-wrong': (facts) => `The SHA-256 at ${hex(facts.offset)} is not that of the content: bytes changed after the build`,
  },
  project: {
    same: (facts) => `${word(facts.project)}, as on the device`,
    differs: (facts) => `This is ${word(facts.image)}, the device runs ${word(facts.device)}`,
  },
  version: {
    newer: (facts) => `${word(facts.to)} is newer than ${word(facts.from)}`,
    same: (facts) => `${word(facts.to)} runs already, in another build`,
    older: (facts) => `${word(facts.to)} is older than ${word(facts.from)}, which runs now`,
    uncomparable: (facts) => `${word(facts.to) || 'Unnamed'} and ${word(facts.from) || 'what runs'} have no order`,
    'other-project': (facts) => `${word(facts.to)}, the device runs ${word(facts.from)}. Other project: versions cannot be compared`,
    identical: (facts) => `These very bytes of ${word(facts.to)} run already, in ${word(facts.slot)}`,
    unknown: () => 'Neither file nor device names a version that could be compared',
  },
  past: {
    'rolled-back': (facts) => `${which(facts)} started here on ${moment(facts.at)}, and the boot loader went back`,
    unconfirmed: (facts) => `${which(facts)} was written here on ${moment(facts.at)}, and never confirmed itself`,
    'slot-given-up': (facts) => `${which(facts)} lies in ${word(facts.slot)}, and the boot loader gave up on it (${word(facts.state)})`,
  },
  'secure-version': {
    fits: (facts) => `Security version ${word(facts.image)}, the chip asks for ${word(facts.device)}`,
    lower: (facts) => `Security version ${word(facts.image)}, the chip takes none below ${word(facts.device)}`,
  },
  flash: {
    match: (facts) => `${header(facts)}, as the board has it`,
    fits: (facts) =>
      `${formatFlashHeader(word(facts.mode), word(facts.frequency))}, as the board has it; built for ${flashSize(facts.size)}, the board has ${flashSize(facts.deviceSize)}: fits`,
    differs: (facts) =>
      `${header(facts)}; the board runs ${formatFlashHeader(word(facts.deviceMode), word(facts.deviceFrequency))}. Its boot loader decides`,
    'larger-than-chip': (facts) => `Built for ${flashSize(facts.size)} of flash, the board has ${flashSize(facts.deviceSize)}`,
    'device-unknown': (facts) => `${header(facts)}; the device does not say its own`,
  },
  'way-back': {
    automatic: (facts) => {
      const isSame = facts.version === facts.to;
      const [old, fresh] = isSame ? ['What runs now', 'the copy'] : [word(facts.version), word(facts.to) || 'the new one'];
      return `${old} stays in ${word(facts.slot)} and returns if ${fresh} does not confirm itself`;
    },
    none: () => 'Nothing that could boot stays on the device',
    unknown: () => 'The device names no slots and cannot be asked to go back. To return, write the earlier file',
  },
  signature: {
    trusted: (facts) => `Signed by ${key(facts)}, which ${product(facts)} trusts`,
    tampered: (facts) => `${facts.why === 'no-trusted-key' ? 'Not trusted' : 'Not what was signed'}: ${why(facts)}`,
    'only-trusted-other-product': (facts) =>
      `${word(facts.image) === '' ? 'It names no product' : `It calls itself ${word(facts.image)}`}, and this device gets only ${product(facts)}`,
    'only-trusted-unsigned': (facts) => `Not signed, and this device gets only what ${product(facts)} trusts${released(facts)}`,
    'only-trusted-unknown-key': (facts) => `Signed by ${key(facts)}. This device gets only what ${product(facts)} trusts${released(facts)}`,
    'only-trusted-revoked-key': (facts) =>
      `Signed by ${key(facts)}, which was revoked. This device gets only what ${product(facts)} trusts${released(facts)}`,
    'only-trusted-cannot-check': (facts) =>
      `It cannot be checked: ${why(facts)}. This device gets only what ${product(facts)} trusts${released(facts)}`,
    'only-trusted-unjudged': () => 'The keys could not be read, and this device gets only what is known to be trusted',
    'device-unsigned': (facts) => `No valid signature, and the device takes only signed firmware${released(facts)}`,
    'device-no-key': () => 'The device checks signatures, and has no key: it refuses every firmware',
    'device-other-key': (facts) => `Signed by ${key(facts)}, and the device has other keys${released(facts)}`,
    'revoked-key': (facts) => `Signed by ${key(facts)}, which was revoked: it may be anybody’s`,
    'pinned-unsigned': (facts) => `Not signed, although ${product(facts)} trusts keys`,
    'pinned-unknown-key': (facts) => `Signed by ${key(facts)}, which ${product(facts)} does not trust`,
    'pinned-cannot-check': (facts) => `It cannot be checked: ${why(facts)}. ${product(facts)} trusts keys`,
    unsigned: () => 'None. The device does not ask for one',
    'unknown-key': (facts) => `Valid, by ${key(facts)}. The device does not ask for one`,
    'cannot-check': (facts) => `It cannot be checked: ${why(facts)}. The device does not ask for one`,
    'signed-unjudged': () => 'It is signed, and the keys could not be read: nobody looked whether it is what was signed',
    unjudged: () => 'The keys could not be read, so nobody knows what its product asks for',
  },
  release: {
    next: (facts) => `${release(facts)} follows number ${word(facts.running)}, which runs`,
    again: (facts) => `${release(facts)} runs already`,
    first: (facts) => `${release(facts)}; what runs is no release that is known here`,
    'wrong-product': (facts) => `A release of ${word(facts.product)}, and the device runs ${word(facts.deviceProduct)}`,
    'wrong-chip': (facts) => `Released for ${word(facts.chip)}, the board is ${word(facts.deviceChip)}`,
    'wrong-hardware': (facts) => `Released for ${word(facts.hardware)}, the board is ${word(facts.device)}`,
    rollback: (facts) =>
      `Number ${word(facts.counter)}, and ${facts.running === '' ? `${word(facts.ran)} was confirmed here before` : `${word(facts.running)} runs`}: a release never goes back`,
    'step-too-large': (facts) => `Can only follow number ${word(facts.from)} or later, and ${word(facts.running)} runs`,
    revoked: (facts) => `${which(facts)} was signed by a key that is revoked: it may be anybody’s`,
    'not-trusted': (facts) => `The keys that signed ${word(facts.version)} have no say any more`,
    expired: (facts) => `Was to be installed until ${moment(facts.expiredAt)}; there may be a newer one`,
    'from-unknown': (facts) => `Has to follow number ${word(facts.from)} or later, and nothing says which release runs`,
    'hardware-unknown': (facts) => `Released for ${word(facts.hardware)}; the device does not say which board it is`,
    'product-unknown': (facts) => `A release of ${word(facts.product)}; the device does not say which product it is`,
    'chip-unknown': (facts) => `Released for ${word(facts.chip)}; the device does not say which chip it has`,
    'same-counter': (facts) => `${release(facts)}; another image with this number runs`,
  },
} as const satisfies { readonly [Id in CheckId]: Record<PreflightReason<Id>, (facts: Facts) => string> };

/** What the check found. A reason that this version has no sentence for is said as it is, never hidden. */
export function checkSentence(check: PreflightCheck): string {
  const sentences: Readonly<Record<string, (facts: Facts) => string>> = SENTENCES[check.id];
  return Object.hasOwn(sentences, check.reason) ? sentences[check.reason]!(check.facts) : check.reason;
}

/** `7 pass, 1 note` */
export function countVerdicts(checks: readonly PreflightCheck[]): string {
  const count = (verdict: PreflightCheck['verdict']) => checks.filter((check) => check.verdict === verdict).length;
  const parts = [
    [count('block'), 'blocked'],
    [count('warn'), 'to look at'],
    [count('pass'), 'pass'],
    [count('note'), count('note') === 1 ? 'note' : 'notes'],
  ] as const;
  return parts
    .filter(([number]) => number > 0)
    .map(([number, name]) => `${number} ${name}`)
    .join(', ');
}
