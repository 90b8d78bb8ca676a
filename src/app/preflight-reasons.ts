/**
 * Every verdict that the pre-flight can give, by check and reason, and the facts that its sentence needs.
 * `ui/messages.ts` holds one sentence for each (`satisfies Record<…>` over this table).
 * Sizes, offsets and revisions (major × 100 + minor) are numbers; the rest is text as read from the file or the device.
 */
import type { CheckId, CheckVerdict, PreflightCheck } from './model.ts';

interface Reason {
  readonly verdict: CheckVerdict;
  readonly facts: readonly string[];
}

export const PREFLIGHT_REASONS = {
  kind: {
    app: { verdict: 'pass', facts: [] },
    bootloader: { verdict: 'block', facts: [] },
    'partition-table': { verdict: 'block', facts: [] },
    otadata: { verdict: 'block', facts: [] },
    merged: { verdict: 'block', facts: ['parts'] },
    uf2: { verdict: 'block', facts: ['parts'] },
    hex: { verdict: 'block', facts: ['parts'] },
    encrypted: { verdict: 'block', facts: [] },
    damaged: { verdict: 'block', facts: ['as'] },
    unknown: { verdict: 'block', facts: [] },
  },
  chip: {
    match: { verdict: 'pass', facts: ['image', 'hardware'] },
    differs: { verdict: 'block', facts: ['image', 'device'] },
    'device-unknown': { verdict: 'note', facts: ['image'] },
  },
  revision: {
    fits: { verdict: 'pass', facts: ['min', 'max', 'device'] },
    'too-old': { verdict: 'block', facts: ['min', 'device'] },
    'too-new': { verdict: 'block', facts: ['max', 'device'] },
    'device-unknown': { verdict: 'note', facts: ['min', 'max'] },
  },
  size: {
    fits: { verdict: 'pass', facts: ['size', 'slot', 'slotSize', 'free'] },
    'fits-free-space': { verdict: 'pass', facts: ['size', 'slotSize', 'free'] },
    'too-large': { verdict: 'block', facts: ['size', 'slot', 'slotSize', 'over'] },
    'no-slot': { verdict: 'block', facts: [] },
    unknown: { verdict: 'note', facts: ['size'] },
  },
  whole: {
    'checksum-and-hash': { verdict: 'pass', facts: [] },
    'checksum-only': { verdict: 'pass', facts: [] },
    damaged: { verdict: 'block', facts: ['code', 'offset', 'rule'] },
    'checksum-wrong': { verdict: 'block', facts: ['offset', 'stored', 'computed'] },
    'hash-wrong': { verdict: 'block', facts: ['offset', 'stored', 'computed'] },
  },
  project: {
    same: { verdict: 'pass', facts: ['project'] },
    differs: { verdict: 'warn', facts: ['image', 'device'] },
  },
  version: {
    newer: { verdict: 'pass', facts: ['from', 'to'] },
    same: { verdict: 'warn', facts: ['to'] },
    older: { verdict: 'warn', facts: ['from', 'to'] },
    uncomparable: { verdict: 'warn', facts: ['from', 'to'] },
    'other-project': { verdict: 'note', facts: ['from', 'to'] },
    /** The very bytes that run already. */
    identical: { verdict: 'warn', facts: ['to', 'slot'] },
    unknown: { verdict: 'note', facts: [] },
  },
  /** What became of these very bytes on this device before; the question only arises when it was not good. */
  past: {
    'rolled-back': { verdict: 'warn', facts: ['version', 'at'] },
    unconfirmed: { verdict: 'warn', facts: ['version', 'at'] },
    /** The boot loader gave up on the slot that holds them. */
    'slot-given-up': { verdict: 'warn', facts: ['version', 'slot', 'state'] },
  },
  'secure-version': {
    fits: { verdict: 'pass', facts: ['image', 'device'] },
    lower: { verdict: 'block', facts: ['image', 'device'] },
  },
  flash: {
    match: { verdict: 'pass', facts: ['mode', 'frequency', 'size'] },
    fits: { verdict: 'pass', facts: ['mode', 'frequency', 'size', 'deviceSize'] },
    /** Mode or frequency differ; the boot loader's own header decides. */
    differs: { verdict: 'note', facts: ['mode', 'frequency', 'size', 'deviceMode', 'deviceFrequency'] },
    'larger-than-chip': { verdict: 'warn', facts: ['size', 'deviceSize'] },
    'device-unknown': { verdict: 'note', facts: ['mode', 'frequency', 'size'] },
  },
  'way-back': {
    automatic: { verdict: 'pass', facts: ['version', 'slot', 'to'] },
    none: { verdict: 'warn', facts: [] },
    unknown: { verdict: 'note', facts: [] },
  },
  signature: {
    trusted: { verdict: 'pass', facts: ['product', 'key'] },
    /** Whoever asks for it. */
    tampered: { verdict: 'block', facts: ['why'] },
    /** The page gives this device nothing else than what its product trusts. `publisher`: who released it all the same; empty where nobody did. */
    'only-trusted-other-product': { verdict: 'block', facts: ['product', 'image'] },
    'only-trusted-unsigned': { verdict: 'block', facts: ['product', 'publisher'] },
    'only-trusted-unknown-key': { verdict: 'block', facts: ['product', 'key', 'publisher'] },
    'only-trusted-revoked-key': { verdict: 'block', facts: ['product', 'key', 'publisher'] },
    'only-trusted-cannot-check': { verdict: 'block', facts: ['product', 'why', 'publisher'] },
    /** Keys or signatures could not be read, and without them nothing goes. */
    'only-trusted-unjudged': { verdict: 'block', facts: [] },
    /** The device would refuse it by its own keys. */
    'device-unsigned': { verdict: 'block', facts: ['publisher'] },
    'device-no-key': { verdict: 'block', facts: [] },
    'device-other-key': { verdict: 'block', facts: ['key', 'publisher'] },
    /** It may be anybody's. */
    'revoked-key': { verdict: 'warn', facts: ['key'] },
    /** The product trusts keys: what none of them signed is out of the ordinary. */
    'pinned-unsigned': { verdict: 'warn', facts: ['product'] },
    'pinned-unknown-key': { verdict: 'warn', facts: ['product', 'key'] },
    'pinned-cannot-check': { verdict: 'warn', facts: ['product', 'why'] },
    unsigned: { verdict: 'note', facts: [] },
    'unknown-key': { verdict: 'note', facts: ['key'] },
    'cannot-check': { verdict: 'note', facts: ['why'] },
    /** A signature is there, and nobody could look whether it is right. */
    'signed-unjudged': { verdict: 'block', facts: [] },
    unjudged: { verdict: 'warn', facts: [] },
  },
  /**
   * Of a firmware that came as a signed release. `running`: the counter of what runs, empty when that is no known release; `ran`: then, the
   * highest that this device has confirmed.
   */
  release: {
    next: { verdict: 'pass', facts: ['product', 'version', 'counter', 'running'] },
    again: { verdict: 'pass', facts: ['product', 'version', 'counter'] },
    first: { verdict: 'pass', facts: ['product', 'version', 'counter'] },
    'wrong-product': { verdict: 'block', facts: ['product', 'deviceProduct'] },
    'wrong-chip': { verdict: 'block', facts: ['chip', 'deviceChip'] },
    'wrong-hardware': { verdict: 'block', facts: ['hardware', 'device'] },
    rollback: { verdict: 'block', facts: ['counter', 'running', 'ran'] },
    'step-too-large': { verdict: 'block', facts: ['from', 'running'] },
    /** Signed by a key that was stolen. */
    revoked: { verdict: 'block', facts: ['product', 'version'] },
    /** The newest root file does not stand behind it any more. */
    'not-trusted': { verdict: 'warn', facts: ['product', 'version'] },
    expired: { verdict: 'warn', facts: ['expiredAt'] },
    'from-unknown': { verdict: 'warn', facts: ['from'] },
    'hardware-unknown': { verdict: 'warn', facts: ['hardware'] },
    'product-unknown': { verdict: 'warn', facts: ['product'] },
    'chip-unknown': { verdict: 'warn', facts: ['chip'] },
    /** Two images of one publisher have the same number. */
    'same-counter': { verdict: 'warn', facts: ['product', 'version', 'counter'] },
  },
} as const satisfies Record<CheckId, Record<string, Reason>>;

export type PreflightReason<Id extends CheckId> = keyof (typeof PREFLIGHT_REASONS)[Id] & string;

/** `signature: only-trusted-unsigned`: for the log and for reports, not for a page. */
export const reasonCodes = (checks: readonly PreflightCheck[], verdict: CheckVerdict): readonly string[] =>
  checks.filter((check) => check.verdict === verdict).map(({ id, reason }) => `${id}: ${reason}`);
