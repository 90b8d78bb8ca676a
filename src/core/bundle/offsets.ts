/** Flash offsets as manifests and file names write them. */
import { hexNumber } from '../bytes/hex.ts';
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

/** An @ announces an address, so that one that is none must not go to a place that somebody proposes. `logo@2x.bin` announces none. */
const ANNOUNCED = /@([-+ ]*0x[^@.]*)/gi;
const ADDRESS = /^0x[0-9a-f]{1,8}(?![0-9a-z])/i;

/**
 * `undefined` when the name states none, or several.
 * @throws BundleError when it announces one that lies in no flash
 */
export function offsetInName(name: string): number | undefined {
  const announced = [...name.matchAll(ANNOUNCED)].map(([, text = '']) => text);
  const [first = ''] = announced;
  if (announced.length > 1) throw new BundleError('BUNDLE_OFFSET', { path: name, rule: 'its name states more than one address' });
  if (announced.length === 1) {
    const [address] = ADDRESS.exec(first) ?? [];
    if (address !== undefined && Number(address) < MOST_FLASH_BYTES) return Number(address);
    const rule = `its name states ${JSON.stringify(first.slice(0, 40))}, and an address is written like 0x10000, below ${hexNumber(MOST_FLASH_BYTES, 0)}`;
    throw new BundleError('BUNDLE_OFFSET', { path: name, rule });
  }
  const found = [...name.matchAll(IN_NAME)].map(([, digits = '']) => Number.parseInt(digits, 16));
  return found.length === 1 && found[0]! < MOST_FLASH_BYTES ? found[0] : undefined;
}
