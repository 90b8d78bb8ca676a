/** How far into the flash a connection can work: never beyond its end, and never beyond what its loader can address. */
import type { FlashRange } from '../../core/bundle/plan-model.ts';
import { SerialError } from './errors.ts';

interface Reach {
  /** First address that the loader cannot form. From there on it would work on the beginning of the flash instead. */
  readonly reach: number;
  /** `undefined` where the chip does not tell. */
  readonly flashBytes: number | undefined;
}

/** @throws SerialError `BEYOND_FLASH`, `BEYOND_REACH`: before anything is sent to the chip. */
export function assertInReach({ reach, flashBytes }: Reach, ranges: readonly FlashRange[], operation: string): void {
  for (const { offset, length } of ranges) {
    const end = offset + length;
    const details = { operation, offset, end } as const;
    if (flashBytes !== undefined && end > flashBytes)
      throw new SerialError('BEYOND_FLASH', `0x${end.toString(16)} lies behind the end of the flash`, { ...details, limit: flashBytes });
    if (end > reach)
      throw new SerialError('BEYOND_REACH', `this loader has no address for 0x${(end - 1).toString(16)}`, { ...details, limit: reach });
  }
}
