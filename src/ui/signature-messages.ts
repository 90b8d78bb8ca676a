/** The faults of signatures and guarded devices in words: what happened, why, and what to do next. A code without words does not compile. */
import type { SignatureErrorCode } from '../app/trust/signature-errors.ts';
import type { Message } from './messages.ts';
import { productWords, untrustedWords } from './signature-words.ts';

type Details = Readonly<Record<string, unknown>>;

const text = (details: Details, name: string): string => {
  const value = details[name];
  return typeof value === 'string' ? value : '';
};
const product = (details: Details): string => productWords(text(details, 'product'));
const device = (details: Details): string => text(details, 'name') || 'this device';
const file = (details: Details): string => text(details, 'fileName').slice(0, 96) || 'A signature';

export const SIGNATURE_MESSAGES = {
  TOO_MANY_SIGNATURES: {
    title: 'There is no room for another signature',
    why: 'Sixteen are kept with a firmware.',
    next: 'Remove one that nobody needs, then try again.',
  },
  SIGNATURE_UNKNOWN: {
    title: 'This signature is not here any more',
    why: 'It was removed, perhaps in another tab.',
    next: 'Reload the page to see those that are there.',
  },
  SIGNATURE_WITHOUT_FIRMWARE: {
    title: 'A signature needs its firmware',
    why: (details) => `${file(details)} is a signature, and nothing that it belongs to came with it or is in the library by that name.`,
    next: 'Drop it together with its .bin, or open the firmware first and drop it there.',
  },
  NOT_A_FIRMWARE: {
    title: 'This file is not signed here',
    why: (details) =>
      `${text(details, 'fileName').slice(0, 96) || 'It'} is no firmware that is known here. It could be the text of a release or of a log, and your signature would make it one.`,
    next: 'Sign firmware only. Releases and root files are signed on the page Releases.',
  },
  NO_KEY_PINNED: {
    title: (details) => `${product(details)} trusts no key yet`,
    why: (details) =>
      `Nothing that is signed could be trusted, so ${device(details)} would take no firmware at all. Revoked keys do not count, nor RSA keys of less than 2048 bits.`,
    next: (details) => `Open Keys and let ${product(details)} trust a key, then set it again.`,
  },
  PRODUCT_UNKNOWN: {
    title: 'It is not known what runs there',
    why: (details) => `${device(details)} does not name its project, so no key can be trusted for it.`,
    next: 'Write a firmware that states its project first.',
  },
  SLOT_UNTRUSTED: {
    title: (details) => `What lies in ${text(details, 'slot') || 'the other slot'} is not trusted`,
    why: (details) =>
      `${text(details, 'version').slice(0, 64) || 'It'} ${untrustedWords(text(details, 'status'))}, and ${device(details)} gets only what ${product(details)} trusts.`,
    next: (details) =>
      `Sign it or trust its key, on its page in the library; or write another firmware. Whoever wants it all the same lets ${device(details)} take any firmware first.`,
  },
  SLOT_NOT_KNOWN: {
    title: (details) => `Nobody here knows what lies in ${text(details, 'slot') || 'the other slot'}`,
    why: (details) => `It is not in your library, and ${device(details)} gets only what ${product(details)} trusts.`,
    next: 'Add the file that was written there to the library, or say that you mean it.',
  },
  SLOT_MAY_BE_GUARDED: {
    title: 'This may be a board that gets only trusted firmware',
    why: (details) =>
      `${device(details)} gets only what ${product(details)} trusts, and nobody can tell whether this is its board: one of them told no MAC. What lies in ${text(details, 'slot') || 'the other slot'} is not known to be trusted.`,
    next: 'Look at the board. Where it is another one, start it.',
  },
} as const satisfies Record<SignatureErrorCode, Message>;
