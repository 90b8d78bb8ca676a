/** What goes wrong in the use cases of the USB door; what goes wrong on the wire is in `errors.ts`. Codes and facts, no words for people. */
import { OtterError } from '../../core/errors.ts';

export type UsbErrorCode =
  /** Neither remembered nor virtual. */
  | 'PORT_UNKNOWN'
  /** Something is under way on this port; `details.doing`. */
  | 'USB_BUSY'
  /** Another tab writes to this device. */
  | 'USB_IN_OTHER_TAB'
  /** The chip has not been identified: connect first. */
  | 'CHIP_NOT_READY'
  /** Nothing was brought, or the plan is still being made. */
  | 'PLAN_MISSING'
  /** `details.problems`: codes of what blocks it. */
  | 'PLAN_BLOCKED'
  /** Flash encryption, secure boot or secure download forbid it; `details.reason`. */
  | 'CHIP_PROTECTED'
  /** The cable was pulled in the middle. */
  | 'CABLE_LOST'
  /** Nothing was interrupted. */
  | 'NOTHING_TO_RESUME'
  /** Another chip than the one that the plan was made for; `details.expected`, `details.found`. */
  | 'OTHER_CHIP'
  /** Something else lies where the job wrote whose way back is asked for; `details.offset`. */
  | 'CHANGED_SINCE'
  /** No job here saved anything before it wrote. */
  | 'NOTHING_TO_UNDO'
  /** The flash does not hold what was written, also at the second try. */
  | 'VERIFY_FAILED'
  /** All was written, but this chip lets nobody read it back. */
  | 'CANNOT_VERIFY'
  /** No application names itself after the start: the chip restarts, browns out or panics; `details.kind`, `details.line`. */
  | 'DOES_NOT_START'
  /** The application names its version and then panics, browns out, or restarts again and again; `details` as above, and `version`. */
  | 'APP_CRASHES'
  /** All was written and proven, but after the start not one byte came. */
  | 'NOTHING_PRINTED'
  /** The boot log names another version than the one that was written. */
  | 'OTHER_VERSION_STARTS'
  | 'FLASH_SIZE_NOT_KNOWN'
  | 'RANGE_INVALID'
  /** Not one that this app took, or for another chip. */
  | 'SNAPSHOT_UNUSABLE'
  | 'SLOT_UNKNOWN'
  /** Without otadata nothing chooses between slots. */
  | 'NO_OTADATA'
  /** No other slot would start instead. */
  | 'SLOT_IS_LAST'
  /** Nothing that could start is in it. */
  | 'SLOT_IS_EMPTY'
  /** An install manifest that could not be fetched; `details.url`. */
  | 'MANIFEST_UNREACHABLE'
  /** The device did not answer over Improv in time. */
  | 'IMPROV_TIMEOUT'
  /** `details.reason`: as the device said. */
  | 'IMPROV_REFUSED';

type UsbErrorDetails = Readonly<Record<string, unknown>>;

export class UsbError extends OtterError<UsbErrorCode, UsbErrorDetails> {
  override readonly name = 'UsbError';
}

/** A job that a caller waits for did not come to its end: the problem that its state shows, thrown. */
export class UsbJobError extends OtterError<string, UsbErrorDetails> {
  override readonly name = 'UsbJobError';
}
