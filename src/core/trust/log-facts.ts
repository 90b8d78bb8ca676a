/** Every fact that an entry of the log can hold, and what it may be: plain, bounded and of its kind. Knows no act. */
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
  reasons: 'text',
  durationMs: 'count',
  bytes: 'count',
  key: 'text',
  keyId: 'hash',
  algorithm: 'text',
  purpose: 'text',
  kind: 'text',
  product: 'text',
  counter: 'count',
  publisher: 'text',
  release: 'text',
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

type FactOf = {
  readonly text: string;
  readonly count: number;
  readonly flag: boolean;
  readonly hash: string;
  readonly code: string;
  readonly signature: string;
};
/** Before it is checked. */
export type FactGiven<Name extends FactName> = FactOf[(typeof LOG_FACTS)[Name]];

const MOST_TEXT = 160;
const HASH = /^[0-9a-f]{64}$/;
const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;
/** base64url; an RSA-4096 signature has 683 characters. */
const SIGNATURE = /^[\w-]{1,1024}$/;

/** As it is written down; `undefined` for what is not of its kind: that is left out, never repaired. */
export function checkedFact(name: FactName, value: unknown): FactValue | undefined {
  const kind: FactKind = LOG_FACTS[name];
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
