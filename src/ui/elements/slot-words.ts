/** A firmware slot in words: its letter, what it does, which lamp stands for that. Pure. */
import type { DeviceSlot } from '../../core/ota/device-contract.ts';
import type { LampState } from './icons.ts';

/** What a device is about to be given. */
export interface SlotPlan {
  readonly slot: string;
  readonly version: string;
  readonly project: string;
  readonly size: number;
}

/** By cable more is known of a slot than its device says: what lies in it is damaged, or did not start the last time. */
export type DrawnSlot = DeviceSlot & { readonly broken?: 'damaged' | 'no-start' };

export interface SlotView {
  readonly slots: readonly DrawnSlot[];
  /** Label of the slot that runs. */
  readonly running?: string | undefined;
  /** Label of the slot that the boot loader starts next. */
  readonly nextBoot?: string | undefined;
  readonly plan?: SlotPlan | undefined;
  /** Somebody writes to the device now. */
  readonly busy?: boolean;
  /** The device does not answer: all this is what it said last. */
  readonly past?: boolean;
}

/** `ota_0` is A, `ota_1` is B …; other app partitions go by their initial. */
export function slotLetter(label: string): string {
  const index = /^ota_(\d{1,2})$/.exec(label)?.[1];
  if (index !== undefined && Number(index) < 26) return String.fromCodePoint(65 + Number(index));
  return (label[0] ?? '?').toUpperCase();
}

export function isEmpty(slot: DeviceSlot): boolean {
  return slot.state === 'EMPTY' || (!slot.unfinished && slot.version === '' && slot.sha256 === '' && !slot.image_size);
}

/** `greenhouse-node 1.0.0`; firmware may have neither name nor version. */
export function imageName(slot: Pick<DeviceSlot, 'project' | 'version'>): string {
  return [slot.project, slot.version].filter(Boolean).join(' ') || 'unnamed firmware';
}

interface SlotWord {
  readonly lamp: LampState;
  readonly word: string;
}

const RUNNING_WORDS = {
  NEW: { lamp: 'busy', word: 'Running, first start' },
  PENDING_VERIFY: { lamp: 'unconfirmed', word: 'Running, not confirmed yet' },
  VALID: { lamp: 'on', word: 'Running, confirmed' },
  INVALID: { lamp: 'unconfirmed', word: 'Running, marked invalid' },
  ABORTED: { lamp: 'unconfirmed', word: 'Running, marked aborted' },
  UNDEFINED: { lamp: 'on', word: 'Running' },
  EMPTY: { lamp: 'on', word: 'Running' },
  FACTORY: { lamp: 'on', word: 'Running, factory' },
} as const satisfies Record<DeviceSlot['state'], SlotWord>;

const RESTING_WORDS = {
  NEW: { lamp: 'off', word: 'New, never started' },
  PENDING_VERIFY: { lamp: 'unconfirmed', word: 'Started, never confirmed' },
  VALID: { lamp: 'off', word: 'Bootable, not running' },
  INVALID: { lamp: 'stopped', word: 'Invalid, will not start' },
  ABORTED: { lamp: 'stopped', word: 'Aborted, will not start' },
  UNDEFINED: { lamp: 'off', word: 'Bootable, not running' },
  EMPTY: { lamp: 'off', word: 'Empty' },
  FACTORY: { lamp: 'off', word: 'Factory, not running' },
} as const satisfies Record<DeviceSlot['state'], SlotWord>;

const BROKEN_WORDS = {
  damaged: { lamp: 'stopped', word: 'Damaged, cannot start' },
  'no-start': { lamp: 'stopped', word: 'Did not start the last time' },
} as const satisfies Record<NonNullable<DrawnSlot['broken']>, SlotWord>;

export function slotWord(slot: DrawnSlot, view: SlotView): SlotWord {
  if (view.past) return { lamp: 'off', word: pastWord(slot, view) };
  if (slot.label === view.running) return RUNNING_WORDS[slot.state];
  if (slot.unfinished) return view.busy ? { lamp: 'busy', word: 'Being written' } : { lamp: 'stopped', word: 'Holds an unfinished write' };
  if (isEmpty(slot)) return RESTING_WORDS.EMPTY;
  if (slot.broken) return BROKEN_WORDS[slot.broken];
  if (slot.label === view.nextBoot) return { lamp: 'busy', word: 'Starts at the next boot' };
  return RESTING_WORDS[slot.state];
}

function pastWord(slot: DeviceSlot, { running }: SlotView): string {
  if (slot.label === running) return 'Ran, last known';
  if (slot.unfinished) return 'Unfinished write, last known';
  return isEmpty(slot) ? 'Empty, last known' : 'Did not run, last known';
}

/** The words on the tape over a slot that will be overwritten. */
export function tapeWord(slot: DeviceSlot): string {
  if (slot.unfinished) return 'an unfinished write will be overwritten';
  return isEmpty(slot) ? 'empty, will be written' : `${slot.version || 'its firmware'} will be overwritten`;
}
