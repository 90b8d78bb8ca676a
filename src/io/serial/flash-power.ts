/** Flash that has no power until somebody switches it on through the boot loader's registers. */
import type { Clock } from '../../app/ports.ts';
import { fieldWrites, readField } from '../../core/serial/register-field.ts';
import type { RegisterAccess, RegisterField, RegisterWrite } from '../../core/serial/register-field.ts';
import type { FlashSupply } from '../../core/serial/target-model.ts';

const PADS_MICROSECONDS = 10_000;
const RISE_MICROSECONDS = 50;
const STEADY_MS = 2;

interface Parts {
  readonly registers: RegisterAccess;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
}

/** Not for secure download mode. Comes before whatever wants the flash, the start of a stub among it (esptool, `power_on_flash()`). */
export async function powerFlash(supply: FlashSupply, revision: number | undefined, { registers, clock, signal }: Parts): Promise<void> {
  if (revision === undefined || !supply.offAt.includes(revision)) return;
  const { byRom, forced } = supply;
  if (revision === byRom.revision && (await readField(byRom.fuse, registers.read)) !== 0) {
    // The ROM has switched it on, and would do so once more at the next download without a power cycle, which that flash does not survive.
    if ((await readField(forced, registers.read)) === allOf(forced)) await registers.write(...fieldWrites(forced, 0));
    return;
  }
  await registers.write(...powerOn(supply));
  await clock.sleep(STEADY_MS, signal);
}

/** Up at full voltage first, with the current limited, and then to the voltage that the eFuses have. */
function powerOn({ pads, currentLimit, fullVoltage, voltage, forced }: FlashSupply): readonly RegisterWrite[] {
  return [
    ...fieldWrites(pads, 1),
    ...after(PADS_MICROSECONDS, fieldWrites(currentLimit, 1)),
    ...fieldWrites(fullVoltage, 1),
    ...fieldWrites(forced, allOf(forced)),
    ...after(RISE_MICROSECONDS, fieldWrites(currentLimit, 0)),
    ...fieldWrites(voltage, 0),
    ...fieldWrites(fullVoltage, 0),
  ];
}

function after(delayMicroseconds: number, writes: readonly RegisterWrite[]): readonly RegisterWrite[] {
  return writes.map((write, i) => (i === 0 ? { ...write, delayMicroseconds } : write));
}

function allOf(field: RegisterField): number {
  return 2 ** field.reduce((sum, { width }) => sum + width, 0) - 1;
}
