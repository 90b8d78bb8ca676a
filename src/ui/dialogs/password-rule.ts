/** What a new device password has to be. The device decides in the end; this saves a round trip and says why. */
import type { DeviceRecord } from '../../app/model.ts';

/** Every new virtual board has it; its page says so. */
export const VIRTUAL_DEFAULT_PASSWORD = 'admin123';

/** As far as Otter knows: nobody gave this board another one. */
export const hasDeliveredPassword = ({ kind, ownPassword }: DeviceRecord): boolean => kind === 'virtual' && ownPassword !== true;

const MIN_LENGTH = 8;

/** Sentences, the first one first to be mended; empty when the password will do. */
export function passwordFaults(password: string): readonly string[] {
  const faults: string[] = [];
  const missing = MIN_LENGTH - password.length;
  if (missing > 0) faults.push(missing === 1 ? 'One more character is needed.' : `${missing} more characters are needed.`);
  if (!/\p{L}/u.test(password)) faults.push('A letter is missing.');
  if (!/\d/.test(password)) faults.push('A digit is missing.');
  if (password.toLowerCase() === VIRTUAL_DEFAULT_PASSWORD) faults.push('That is the default one.');
  return faults;
}
