/**
 * The power of the flash, on wafers whose ROM leaves it off (ESP32-P4 v3.1 and v3.2): registers that a flasher has to bring into the state in
 * which the flash runs. Which they are: `targets.ts`.
 */
import { takeField, type RegisterField } from '../../../core/serial/register-field.ts';
import type { FlashSupply } from '../../../core/serial/target-model.ts';
import type { Memory } from './memory.ts';

/** A regulator that was never set up: something that is not what the eFuses say. */
const ANY_VOLTAGE = 0x80;

/** Calls `onChange` now, and with every write that switches the flash on or off. */
export function attachFlashSupply(memory: Memory, supply: FlashSupply, onChange: (isOn: boolean) => void): void {
  const { pads, currentLimit, fullVoltage, voltage, forced } = supply;
  const value = (field: RegisterField): number => takeField(field, (address) => memory.readWord(address));
  const look = (): void => {
    const isSteady = value(currentLimit) === 0 && value(fullVoltage) === 0 && value(voltage) === 0;
    onChange(value(pads) === 1 && isSteady && value(forced) === 3);
  };
  for (const { address, shift } of voltage) memory.preset(address, ANY_VOLTAGE * 2 ** shift);
  for (const { address } of [pads, currentLimit, fullVoltage, voltage, forced].flat()) memory.define(address, { write: look });
  look();
}
