/** What burnt fuses forbid to erase, whoever asks for it: a plan, or a person by hand. */
import { PARTITION_TABLE_OFFSET } from '../image/partition-table.ts';
import type { FlashRange, FlashTarget } from './plan-model.ts';
import { overlap } from './ranges.ts';

export type Protection = 'flash-encryption' | 'secure-boot' | 'secure-download';

/** Boot loader, and what secure boot and flash encryption keep in front of it. */
export const bootStage = (tableOffset = PARTITION_TABLE_OFFSET): FlashRange => ({ offset: 0, length: tableOffset });

interface ProtectedChip {
  readonly security: FlashTarget['security'];
  readonly tableOffset?: number | undefined;
}

/** For a flash that does not tell its size, too. */
export const WHOLE_FLASH: FlashRange = { offset: 0, length: Infinity };

/** `undefined`: it may be erased. What is encrypted cannot be put back, and without its boot loader a chip with secure boot starts nothing. */
export function eraseForbiddenBy({ security, tableOffset }: ProtectedChip, range: FlashRange): Protection | undefined {
  if (security.secureDownload) return 'secure-download';
  if (security.flashEncryption) return 'flash-encryption';
  return security.secureBoot && overlap(range, bootStage(tableOffset)) ? 'secure-boot' : undefined;
}
