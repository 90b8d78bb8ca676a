/** Two states of a flash, byte by byte. */
import { expect } from 'chai';
import type { FlashRange } from '../../../src/core/bundle/plan-model.ts';
import { sectorsOf } from '../../../src/core/bundle/ranges.ts';

/** Nothing changed but in the sectors of `changes`. */
export function assertSameOutside(before: Uint8Array, after: Uint8Array, changes: readonly FlashRange[], what: string): void {
  const masked = after.slice();
  for (const { offset, length } of changes.map(sectorsOf)) masked.set(before.subarray(offset, offset + length), offset);
  const at = firstDifference(before, masked);
  expect(at, `${what}: changed at 0x${at.toString(16)}, which nobody asked for`).to.equal(-1);
}

/** -1 = there is none in the length of the first. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return at;
  return -1;
}
