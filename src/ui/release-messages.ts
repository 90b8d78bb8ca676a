/** The faults of root files, indexes, releases and the envelopes that they come in, in words: each attack by its name. */
import type { TrustErrorCode } from '../core/trust/trust-error.ts';
import type { Message } from './messages.ts';
import { placedRule, quote, ruleWords } from './rule-words.ts';

type Details = Readonly<Record<string, unknown>>;

/** `the index`, by where the fault lies. */
const thing = (details: Details): string => {
  const [first = ''] = quote(details, 'field').split(/[.[]/);
  return { root: 'the root file', index: 'the index', release: 'the release' }[first] ?? 'the file';
};
const Thing = (details: Details): string => thing(details).replace('the', 'The');

/** `It is for ESP32-S3.` */
const itself = (details: Details): string => `It ${quote(details, 'rule', 'breaks a rule of its format')}.`;

const NOTHING_KEPT = 'Nothing of it was kept.';
const TELL_THEM = 'Tell its makers, by another way than this host. Do not work around it.';
const FROM_MAKERS = 'Take it again from its makers. If it stays, tell them.';

export const RELEASE_MESSAGES = {
  JSON_UNFIT: {
    title: 'Something in it cannot be signed',
    why: (details) => `What is signed has to be spelled in one way only. ${placedRule(details)}`,
    next: 'Change that, and try again.',
  },
  JSON_MALFORMED: {
    title: (details) => `${Thing(details)} cannot be read`,
    why: (details) =>
      `Another file lies in its place, often a web page that says “not found”, or it was changed so that two programs could read it differently. A reader finds that it ${quote(details, 'rule', 'is no JSON')} (${quote(details, 'field', 'file')}).`,
    next: 'Check that the address is the folder of a release set, and that the file is the one you mean.',
  },
  JWS_MALFORMED: {
    title: (details) => `${Thing(details)} is not a signed file of this kind`,
    why: (details) => `It is another file than the one that is looked for, or it was damaged on its way. ${placedRule(details)}`,
    next: 'Check the file: root files, indexes, releases and what is to be signed end in .json.',
  },
  JWS_ALGORITHM: {
    title: (details) => `${Thing(details)} is signed with “${quote(details, 'found', 'none')}”, which is refused`,
    why: `Only algorithms that prove something are taken; “none”, or one that takes a public key for a password, is an attack with a name. ${NOTHING_KEPT}`,
    next: TELL_THEM,
  },
  JWS_CRIT: {
    title: (details) => `${Thing(details)} asks for rules that Otter does not know`,
    why: `It says that whoever does not know them must refuse (crit). ${NOTHING_KEPT}`,
    next: FROM_MAKERS,
  },
  JWS_EMBEDDED_KEY: {
    title: (details) => `${Thing(details)} brings its own key along`,
    why: (details) => `A signature that says which key to believe (${quote(details, 'found', 'jwk')}) proves nothing. ${NOTHING_KEPT}`,
    next: TELL_THEM,
  },
  JWS_UNENCODED: {
    title: (details) => `${Thing(details)} is signed in a form that is not taken`,
    why: `Its content is not encoded (b64), so what was signed and what is read could differ. ${NOTHING_KEPT}`,
    next: FROM_MAKERS,
  },
  JWS_UNPROTECTED: {
    title: (details) => `Something that matters in ${thing(details)} is not signed`,
    why: (details) =>
      `“${quote(details, 'found', 'alg')}” stands outside of what the signature covers: anybody could have put it there. ${NOTHING_KEPT}`,
    next: TELL_THEM,
  },
  JWS_KEY_TWICE: {
    title: 'This key has signed already',
    why: 'One key counts once, however often it signs.',
    next: 'Sign with another key, or ask somebody who has not signed yet.',
  },
  JWS_KEY_UNFIT: {
    title: 'This key cannot make that signature',
    why: ruleWords,
    next: 'Take an RSA key of 2048 bits or more, ECDSA P-256 or P-384, or Ed25519.',
  },
  JWS_PAYLOAD_DIFFERS: {
    title: 'These signatures are of something else',
    why: 'The file that you added signs other content than this draft, be it in one letter.',
    next: 'Ask for the file that was made from this draft, or begin a new one together.',
  },
  THRESHOLD_NOT_MET: {
    title: (details) => `Too few have signed ${thing(details)}`,
    why: (details) =>
      `It is ${quote(details, 'rule', 'signed by fewer keys than the root file asks for')}. Whoever holds one key of several cannot release alone.`,
    next: 'If you are signing: collect the missing signatures. If you are installing: where a signature does not fit, somebody changed it on its way, so take it from elsewhere; else wait for its makers.',
  },
  KEY_REVOKED: {
    title: (details) => `${Thing(details)} was signed by a revoked key`,
    why: (details) =>
      `Key ${quote(details, 'found', '').slice(0, 8)}… was stolen or lost, its makers say: whoever holds it can sign whatever they like.`,
    next: 'Do not use this one. Wait for a release that is signed by the keys that count now.',
  },
  THRESHOLD_UNCHECKED: {
    title: (details) => `This browser cannot check who signed ${thing(details)}`,
    why: 'Enough may have signed, but an algorithm is missing here. That is no proof, so it does not count.',
    next: 'Take a newer browser.',
  },
  ROOT_MALFORMED: {
    title: 'Something in the root file is not as it has to be',
    why: placedRule,
    next: 'If you are writing it: change that, and try again. If you are reading it: take it again from its makers.',
  },
  ROOT_UNKNOWN: {
    title: 'Another root file lies here than the one you trust',
    why: (details) =>
      `You trust another one: ${quote(details, 'rule')}, and this one is ${quote(details, 'found', 'another')}. A host that was taken over would look like this. What you have stays as it is.`,
    next: 'Ask its makers, by another way than this host. If they began anew, forget this publisher and add the set as a new one.',
  },
  ROOT_FORKED: {
    title: 'There are two different root files where there can be one',
    why: (details) =>
      `Keys that you trust have signed both: ${quote(details, 'rule')}, and in this set it is ${quote(details, 'found', 'another')}. Two people made the next one at the same time, or keys were stolen. What you have stays as it is.`,
    next: 'Ask its makers, by another way than this host, which of the two is theirs. If it is not the one you have, forget this publisher and add the set as a new one.',
  },
  ROOT_OVERTAKEN: {
    title: 'Another root file was kept first',
    why: 'While this was made or read, the publisher got a newer root file here, perhaps in another tab. Two that follow the same one would fork the line, so this one was not kept.',
    next: 'If you are signing: throw the draft away, and begin again from the newest root file. If you are installing: read the set again.',
  },
  ROOT_OLD_KEYS_MISSING: {
    title: 'The new root file is not signed by the keys you trust',
    why: `A new root file counts only when the keys of the one before have signed it. Somebody else made this one. ${NOTHING_KEPT}`,
    next: TELL_THEM,
  },
  ROOT_NEW_KEYS_MISSING: {
    title: 'The root file is not signed by its own keys',
    why: (details) => `It is ${quote(details, 'rule', 'signed by too few of them')}: those that it names have to agree.`,
    next: 'If you are signing: collect the missing signatures. If you are installing: tell its makers.',
  },
  ROOT_ROLLBACK: {
    title: 'This root file is older than the one you trust',
    why: `Old root files name keys that may have been taken away since. ${NOTHING_KEPT}`,
    next: TELL_THEM,
  },
  ROOT_SKIPPED: {
    title: 'A root file is missing in between',
    why: (details) => `${ruleWords(details)} Root files are followed one by one, each signed by the one before.`,
    next: 'The set has to hold each of them. If you are signing: begin again from the newest.',
  },
  ROOT_EXPIRED: {
    title: 'The root file has expired',
    why: (details) =>
      `It ${quote(details, 'rule', 'is too old')}. A host that hides the newer one looks the same, so nothing new comes in.`,
    next: 'Its makers have to write the next one. What you took in before works as ever.',
  },
  INDEX_MALFORMED: {
    title: 'Something in the index is not as it has to be',
    why: placedRule,
    next: FROM_MAKERS,
  },
  INDEX_ROLLBACK: {
    title: 'A newer index was here before, or another one of this version',
    why: (details) =>
      `${ruleWords(details)} Two people signed one at once, or somebody put an old list back, so that a release with a known hole looks like the newest. ${NOTHING_KEPT}`,
    next: TELL_THEM,
  },
  INDEX_EXPIRED: {
    title: 'The index has expired',
    why: (details) => `It ${quote(details, 'rule', 'is too old')}. A host that freezes its visitors at an old list looks the same.`,
    next: 'Its makers have to sign a new one. What you took in before works as ever.',
  },
  RELEASE_MALFORMED: {
    title: 'Something in the release is not as it has to be',
    why: placedRule,
    next: 'If you are writing it: change that, and try again. If you are reading it: take it again from its makers.',
  },
  RELEASE_NOT_LISTED: {
    title: 'This release is not the one that the index names',
    why: (details) =>
      `${ruleWords(details)} It may have been signed once, for another set or another time: old and new must not be mixed. ${NOTHING_KEPT}`,
    next: TELL_THEM,
  },
  RELEASE_IMAGE_WRONG: {
    title: 'The image is not the one that was signed',
    why: (details) => `${ruleWords(details)} It was swapped, changed, or cut on the way. ${NOTHING_KEPT}`,
    next: 'Read the set again. If it stays, tell its makers, by another way than this host.',
  },
  RELEASE_WRONG_PRODUCT: {
    title: 'This release is of another product',
    why: itself,
    next: 'Take a release of the product that the device runs.',
  },
  RELEASE_WRONG_CHIP: { title: 'This release is for another chip', why: itself, next: 'Take the release that was made for this chip.' },
  RELEASE_WRONG_HARDWARE: { title: 'This release is for another board', why: itself, next: 'Take the release that names this board.' },
  RELEASE_PRODUCT_UNKNOWN: {
    title: 'It is not known which product this is',
    why: 'The release is for one product, and the device does not name its own.',
    next: 'Make sure of it, then install it anyway.',
  },
  RELEASE_CHIP_UNKNOWN: {
    title: 'It is not known which chip this is',
    why: 'The release is for one chip, and the device does not name its own.',
    next: 'Make sure of it, then install it anyway.',
  },
  RELEASE_HARDWARE_UNKNOWN: {
    title: 'Nothing says whether this board is meant',
    why: itself,
    next: 'Compare the name on the board, and go on only if it is one of these.',
  },
  RELEASE_ROLLBACK: {
    title: 'This release is older than what runs',
    why: (details) => `${ruleWords(details)} An old release may have a hole that was closed since.`,
    next: 'Take a newer one.',
  },
  RELEASE_STEP_TOO_LARGE: {
    title: 'This release cannot follow what runs in one step',
    why: itself,
    next: 'Install one in between first.',
  },
  RELEASE_FROM_UNKNOWN: {
    title: 'Nothing says which release runs',
    why: itself,
    next: 'Go on only if you know that it may follow what runs.',
  },
  RELEASE_EXPIRED: {
    title: 'This release has expired',
    why: 'Its makers wanted it installed until a day that has passed. There may be a newer one, and a reason for it.',
    next: 'Look for a newer one first. You can take it all the same, if you say so.',
  },
  RELEASE_FORGOTTEN: {
    title: 'This is not kept here any more',
    why: (details) => `${quote(details, 'field', 'It')} was forgotten or finished, perhaps in another tab.`,
    next: 'Go to the releases, and begin there.',
  },
  SET_FILE_MISSING: {
    title: 'A file of the set is missing',
    why: (details) => `${quote(details, 'field', 'It')} is not there. This is no release set, or not all of one.`,
    next: 'Check the address: it is the folder in which root.json and index.json lie.',
  },
  SET_FILE_TOO_LARGE: {
    title: 'A file of the set is larger than it may be',
    why: (details) =>
      `${quote(details, 'field', 'It')} ${quote(details, 'rule', 'has too many bytes')}; no more of it was read. ${NOTHING_KEPT}`,
    next: FROM_MAKERS,
  },
  SET_INCONSISTENT: {
    title: 'The parts of this set do not fit together',
    why: ruleWords,
    next: 'Write a new index of what is here, then save the set again.',
  },
} as const satisfies Partial<Record<TrustErrorCode, Message>>;
