/** Long work on many bytes, in helpings of some milliseconds: between two of them the page draws and answers. */
import { toHex } from '../../core/bytes/hex.ts';
import { Md5 } from '../../core/bytes/md5.ts';
import type { Clock } from '../ports.ts';

export interface Pace {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal?: AbortSignal;
}

/** About a millisecond of MD5; ten where it was never run before, on a slow computer. */
const HELPING = 256 * 1024;

export async function md5HexPaced(bytes: Uint8Array, { clock, signal }: Pace): Promise<string> {
  const md5 = new Md5();
  for (let at = 0; at < bytes.length; at += HELPING) {
    if (at > 0) await clock.sleep(0, signal);
    md5.update(bytes.subarray(at, at + HELPING));
  }
  return toHex(md5.digest());
}

/** Takes the steps of `work` one at a time; what each of them yields goes to `onStep`. */
export async function finishPaced<Step, Result>(
  work: Iterator<Step, Result>,
  { clock, signal }: Pace,
  onStep?: (step: Step) => void,
): Promise<Result> {
  for (;;) {
    const { value, done } = work.next();
    if (done === true) return value;
    onStep?.(value);
    await clock.sleep(0, signal);
  }
}
