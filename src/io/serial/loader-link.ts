/** A boot loader that is ready for work, and what of it the operations must know. */
import { SerialError, isSerialError } from '../../app/usb/errors.ts';
import type { ChipTarget } from '../../core/serial/target-model.ts';
import type { LoaderClient } from './loader-client.ts';

export interface LoaderLink {
  readonly client: LoaderClient;
  readonly loader: 'stub' | 'rom' | 'secure-download';
  readonly target: ChipTarget;
  /** Of the flash; `undefined` where the chip does not tell. */
  readonly flashBytes: number | undefined;
  /** First address of the flash that this loader cannot form. */
  readonly reach: number;
  /** Largest data block that this loader takes over this port. */
  readonly writeBlock: number;
}

/** The chip would refuse it, in words that help nobody: said before it is asked. */
export function assertReadable({ loader }: LoaderLink, operation: string): void {
  if (loader === 'secure-download') {
    throw new SerialError('SECURE_DOWNLOAD', `secure download mode does not offer: ${operation}`, { operation });
  }
}

/** The ESP8266's ROM erases more than it is told to (esptool, `ESP8266ROM.get_erase_size()`), and has no MD5 that would show it. */
export function assertWritable({ loader, target }: LoaderLink, operation: string): void {
  if (loader === 'rom' && !target.rom.extended)
    throw new SerialError('NEEDS_STUB', 'this ROM would erase more than it is told to', { operation });
}

/** After these both ends can find each other again, and what was under way can be done once more. */
export const isLineTrouble = (error: unknown): boolean => isSerialError(error, 'TIMED_OUT', 'FRAME_DAMAGED', 'MD5_MISMATCH', 'READ_SHORT');

/** After line trouble, before the next try. @throws `error` when the chip does not come back: that it went is what happened. */
export async function findBeat({ client }: LoaderLink, signal: AbortSignal, error: unknown): Promise<void> {
  try {
    await client.resync(signal);
  } catch (resyncError) {
    signal.throwIfAborted();
    throw resyncError instanceof SerialError && resyncError.code === 'TIMED_OUT' ? error : resyncError;
  }
}
