/** What an update dialect may find wrong with the other end's words. */
import { OtterError } from '../errors.ts';

export interface ProtocolErrorDetails {
  /** Path of the offending field (`slots[1].size`), or what was read (`answer`, `line`). */
  readonly where: string;
  readonly rule: string;
}

/** The device answered something that its contract does not know. */
export class DeviceProtocolError extends OtterError<'DEVICE_PROTOCOL', ProtocolErrorDetails> {
  constructor(where: string, rule: string, options?: ErrorOptions) {
    super('DEVICE_PROTOCOL', `${where}: ${rule}`, { where, rule }, options);
    this.name = 'DeviceProtocolError';
  }
}
