/** The faults of keys, signatures and releases in words: what happened, why, and what to do next. A code without words does not compile. */
import type { KeyRingErrorCode } from '../app/trust/key-errors.ts';
import type { TrustErrorCode } from '../core/trust/trust-error.ts';
import type { Message } from './messages.ts';
import { RELEASE_MESSAGES } from './release-messages.ts';

type Details = Readonly<Record<string, unknown>>;

/** Most that is quoted of a file. */
const MOST_QUOTED = 160;

const quote = (details: Details, name: string, otherwise = ''): string => {
  const value = details[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, MOST_QUOTED) : otherwise;
};

/** For whoever knows the format, after all that is for everybody: `In detail: privateKey.version must be 0, not 3.` */
const detail = (details: Details): string => {
  const [field, rule] = [quote(details, 'field'), quote(details, 'rule')];
  return rule === '' ? '' : ` In detail: ${field === '' ? '' : `${field} `}${rule}.`;
};

const withName = (details: Details, otherwise: string): string => quote(details, 'name', otherwise);

const NOTHING_IMPORTED = 'Nothing was imported.';

/** What `details.found` says instead of a key that could be used. */
const FOREIGN_KEYS: Readonly<Record<string, { readonly why: string; readonly next: string }>> = {
  CERTIFICATE: {
    why: 'It is a certificate, and a key is only a part of that.',
    next: 'Take the public key out of it: openssl x509 -in file -pubkey -noout.',
  },
  'PUBLIC KEY': { why: 'It holds only the public half.', next: 'Choose the file of the private half, or import it as a public key.' },
  'OPENSSH PRIVATE KEY': { why: 'It is in OpenSSH’s own format.', next: 'Convert it: ssh-keygen -p -m PKCS8 -f file.' },
};

const foreign = (details: Details): (typeof FOREIGN_KEYS)[string] | undefined => {
  const found = quote(details, 'found');
  return Object.hasOwn(FOREIGN_KEYS, found) ? FOREIGN_KEYS[found] : undefined;
};

function unsupported(details: Details): string {
  const found = quote(details, 'found');
  if (found === '') return 'It is sound, and of a kind that this browser has no use for.';
  // A number where nobody knows the name.
  const what = /^[\d.]+$/.test(found) ? `a key of the algorithm ${found}` : found;
  return foreign(details)?.why ?? `What it holds is ${what}: nothing here can check or sign with that.`;
}

/** A file that is none is told from one that is damaged. */
function malformed({ field }: Details): string {
  if (field === 'secret') return 'It has another length, or other characters.';
  return field === 'file'
    ? 'It holds no key at all, as far as can be seen.'
    : 'It looks like a key, and something in it is missing or wrong: it may be cut off or damaged.';
}

const KEY_MESSAGES = {
  KEY_MALFORMED: {
    title: ({ field }) => (field === 'secret' ? 'That is no secret of 256 bits' : 'That is no key that can be read'),
    why: (details) => `${malformed(details)} ${NOTHING_IMPORTED}`,
    next: (details) =>
      details['field'] === 'secret'
        ? 'Give 64 hexadecimal digits, or the base64 of 32 bytes, or a file of 32 bytes.'
        : `Choose the file again, as openssl or espsecure wrote it: PEM, DER or JWK.${detail(details)}`,
  },
  KEY_UNSUPPORTED: {
    title: 'Otter cannot use this key',
    why: unsupported,
    next: (details) =>
      foreign(details)?.next ??
      `Take a key of the kind RSA (1024 to 8192 bits), ECDSA P-256, P-384 or P-521, or Ed25519.${detail(details)}`,
  },
  KEY_ENCRYPTION_UNSUPPORTED: {
    title: ({ found }) =>
      typeof found === 'string' && found ? `Encrypted with ${found}, which is not read here` : 'Encrypted in an old way',
    why: 'Key files under a passphrase are read when they are PKCS#8 with PBES2, PBKDF2 and AES, as openssl writes them today.',
    next: 'Convert it once: openssl pkcs8 -topk8 -v2 aes-256-cbc -in old.pem -out new.pem, then choose the new file.',
  },
  KEY_PASSPHRASE_NEEDED: {
    title: 'This key is under a passphrase',
    why: 'Without it nobody can read the private half.',
    next: 'Type the passphrase of the file.',
  },
  KEY_PASSPHRASE_WRONG: {
    title: 'The passphrase does not open this key',
    why: 'It is another one, or the file is damaged: the two cannot be told apart.',
    next: 'Try again. Capital letters count, and so do spaces.',
  },
  KEY_UNKNOWN: {
    title: 'This key is not in your key ring',
    why: 'It was deleted, or the link is from another browser.',
    next: 'Go to the keys, and import it again if you need it.',
  },
  KEY_NOT_ACTIVE: {
    title: (details) => `${withName(details, 'This key')} signs no more`,
    why: ({ status }) => (status === 'revoked' ? 'It was revoked.' : 'It was retired.'),
    next: ({ status }) =>
      status === 'revoked' ? 'Sign with another key.' : 'Sign with its successor, or make it active again on its page.',
  },
  KEY_WITHOUT_PRIVATE_HALF: {
    title: (details) => `${withName(details, 'This key')} cannot sign here`,
    why: 'Only its public half is in this browser: that verifies, and signs nothing.',
    next: 'Import its private half, or sign where that is.',
  },
  KEY_NOT_EXPORTABLE: {
    title: (details) => `${withName(details, 'This key')} cannot leave this browser`,
    why: 'It was made or imported so that nothing takes its private half out: not Otter, not anything else that runs here.',
    next: 'For a key with a backup, make its successor and allow a backup there.',
  },
  KEY_REVOKED_FOR_GOOD: {
    title: (details) => `${withName(details, 'This key')} stays revoked`,
    why: 'Whoever could sign with it once can do so for ever, so no key comes back from that.',
    next: 'Make a new key.',
  },
  KEY_TOO_WEAK: {
    title: (details) => `${withName(details, 'This key')} is too short to be relied on`,
    why: (details) =>
      `It is ${quote(details, 'algorithm', 'RSA of few bits')}, and somebody else may sign in its name: at least ${quote(details, 'least', '2048')} bits are asked of RSA here. It is kept to look at what it signed long ago.`,
    next: 'Sign with another key, and let the product trust that one: its successor, made on its page, takes over its products.',
  },
  KEY_NAME_INVALID: {
    title: 'That cannot be saved',
    why: ({ field, limit }) =>
      typeof limit === 'number'
        ? `The ${field === 'purpose' ? 'purpose' : 'name'} is longer than ${limit} characters.`
        : `A ${field === 'product' ? 'product' : 'key'} needs a name.`,
    next: 'Change it and save again.',
  },
  KEY_HAS_NO_SUCH_FORM: {
    title: 'This key has no such form',
    why: (details) => `PKCS#1 is for RSA only, and JWK knows no P-192; this is ${quote(details, 'kind', 'another kind')}.`,
    next: 'Save it as PEM, which every program reads.',
  },
  TOO_MANY_PINS: {
    title: 'This product trusts too many keys',
    why: (details) => `${quote(details, 'limit', '64')} is the most.`,
    next: 'Let it forget those that were retired long ago.',
  },
  SECRET_UNKNOWN: {
    title: 'This secret is not here any more',
    why: 'It was deleted, perhaps in another tab.',
    next: 'Choose another one.',
  },
  SECRET_NOT_EXPORTABLE: {
    title: (details) => `${withName(details, 'This secret')} cannot leave this browser`,
    why: 'It was kept so that nothing takes it out.',
    next: 'Take it from where it came from, or make one that may go into a keys.h.',
  },
} as const satisfies Partial<Record<TrustErrorCode, Message>> & Record<KeyRingErrorCode, Message>;

/** One sentence for all that has no better one yet. */
const refused: Message = {
  title: 'This cannot be trusted',
  why: 'Something in it is missing or wrong: it was damaged, or changed by somebody.',
  next: (details) => `Take it again from where it was made. Do not work around this one.${detail(details)}`,
};

type OtherCode = Exclude<TrustErrorCode, keyof typeof KEY_MESSAGES | keyof typeof RELEASE_MESSAGES>;

const OTHER_MESSAGES = {
  SIGNATURE_MALFORMED: {
    title: 'That is no signature',
    why: 'A .sig holds the bytes of one, a .sig.b64 the same in base64. This is neither.',
    next: 'Choose the file that openssl dgst -sign wrote, or its base64.',
  },
  LOG_MALFORMED: refused,
  HEAD_MALFORMED: refused,
} as const satisfies Record<OtherCode, Message>;

export const TRUST_MESSAGES = { ...KEY_MESSAGES, ...RELEASE_MESSAGES, ...OTHER_MESSAGES } as const;
