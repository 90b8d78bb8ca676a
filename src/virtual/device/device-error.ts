/** A request that the device refuses: the code decides the HTTP status, the message is what its body says. */
import { OtterError } from '../../core/errors.ts';
import { DEVICE_ERRORS, type DeviceErrorCode } from '../../core/ota/device-contract.ts';

interface RefusalDetails {
  /** Seconds, for `Retry-After`. */
  readonly retryAfterS?: number;
}

export class DeviceError extends OtterError<DeviceErrorCode, RefusalDetails> {
  override readonly name = 'DeviceError';

  constructor(code: DeviceErrorCode, message: string, details: RefusalDetails = {}, options?: ErrorOptions) {
    super(code, message, details, options);
  }

  get status(): number {
    return DEVICE_ERRORS[this.code];
  }
}
