/**
 * The root of every fault that the world can cause (a file, a device, a disk); caller bugs stay TypeError/RangeError.
 * Each room derives one class with its own literal codes. The words a person reads live in `ui/messages.ts`.
 */
export abstract class OtterError<Code extends string = string, Details extends object = object> extends Error {
  readonly code: Code;
  readonly details: Readonly<Details>;

  constructor(code: Code, message: string, details: Details, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** Marks the end of an exhaustive `switch`: reached only when a union grew and the switch did not. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected ${JSON.stringify(value)}`);
}
