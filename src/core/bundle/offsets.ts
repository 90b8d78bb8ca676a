/** Flash offsets as manifests and file names write them. */
import { MOST_FLASH_BYTES } from '../image/flash-runs.ts';
import { BundleError } from './bundle-error.ts';

const HEX_OR_DECIMAL = /^(?:0x[0-9a-f]{1,8}|[0-9]{1,10})$/i;
/** `app_0x10000.bin`, `0x8000-table.bin`, `bootloader@0x0.bin` */
const IN_NAME = /(?<![0-9a-z])0x([0-9a-f]{1,8})(?![0-9a-z])/gi;

const describe = (value: unknown): string =>
  typeof value === 'number' ? String(value) : (JSON.stringify(value)?.slice(0, 60) ?? typeof value);

/** A JSON or TOML number. @throws BundleError unless it is a whole number inside of some flash */
export function offsetFromNumber(value: unknown, field: string, path: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < MOST_FLASH_BYTES) return value;
  const rule = `an offset is a whole number from 0 to ${MOST_FLASH_BYTES - 1}, not ${describe(value)}`;
  throw new BundleError('BUNDLE_OFFSET', { path, field, rule });
}

/** `0x10000` or `65536`, for dialects that write offsets as text. @throws BundleError */
export function offsetFromText(value: unknown, field: string, path: string): number {
  if (typeof value === 'string' && HEX_OR_DECIMAL.test(value.trim())) return offsetFromNumber(Number(value), field, path);
  throw new BundleError('BUNDLE_OFFSET', { path, field, rule: `an offset is written like 0x10000, not ${describe(value)}` });
}

/** `undefined` when the name states none, or several. */
export function offsetInName(name: string): number | undefined {
  const found = [...name.matchAll(IN_NAME)].map(([, digits = '']) => Number.parseInt(digits, 16));
  return found.length === 1 && found[0]! < MOST_FLASH_BYTES ? found[0] : undefined;
}
