/** A boot loader that is ready for work, and what of it the operations must know. */
import { SerialError, isSerialError } from '../../app/usb/errors.ts';
import type { ChipTarget } from '../../core/serial/target-model.ts';
import { ROM_BAUD_RATE } from '../../core/serial/targets.ts';
import type { LoaderClient } from './loader-client.ts';
import type { PrintedText } from './printed-text.ts';

/** An application that starts prints within that; one that loops, all the time. */
const LISTEN_MS = 1_500;
const LISTEN_STEP_MS = 100;
const SYNCS_WHEN_ASTRAY = 2;

export interface LoaderLink {
  readonly client: LoaderClient;
  readonly loader: 'stub' | 'rom' | 'secure-download';
  readonly target: ChipTarget;
  /** Of the flash; `undefined` where the chip does not tell. */
  readonly flashBytes: number | undefined;
  /** Since it is ready: a boot loader prints nothing by itself. */
  readonly printed: PrintedText;
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

/**
 * After line trouble, before the next try. What looks like a boot log may come out of the flash: it counts once nobody answers.
 * @throws SerialError `CHIP_RESTARTED`, or `error` when the chip does not come back: that it went is what happened.
 */
export async function findBeat(link: LoaderLink, signal: AbortSignal, error: unknown): Promise<void> {
  const { client, printed } = link;
  const { wire, isAstray } = client.channel;
  const rate = wire.baudRate;
  // A log that nobody understands at this rate does not last: it is listened to before all the patience for the line is spent.
  let found = await hearSync(client, signal, isAstray ? SYNCS_WHEN_ASTRAY : undefined);
  if (!found) {
    const fault = printed.bootLine === undefined ? await findRestarted(link, signal) : restarted(printed);
    if (fault) throw fault;
    await wire.setBaudRate(rate);
    if (isAstray) found = await hearSync(client, signal);
  }
  if (!found) throw error;
  // One answer may have been damaged, two are not.
  if (client.isStub && found === 'rom' && (await client.sync(signal)) === 'rom') throw restarted(printed);
  noteFound(link);
}

/** Between two jobs a chip may restart unseen. Asks only when something was heard that a boot loader would not say. */
export async function isStillThere(link: LoaderLink, signal: AbortSignal): Promise<boolean> {
  const { client, printed, loader } = link;
  if (!client.channel.heardText) return true;
  if (printed.bootLine !== undefined) return false;
  const found = await hearSync(client, signal, SYNCS_WHEN_ASTRAY);
  if (found !== (loader === 'stub' ? 'stub' : 'rom')) return false;
  noteFound(link);
  return true;
}

/** What was heard until now was flash that lost its frame, or noise: it says nothing of the chip. */
function noteFound({ client, printed }: LoaderLink): void {
  client.channel.heardText = false;
  printed.noteReset();
}

/** Who answers; `undefined`: nobody. */
export async function hearSync(client: LoaderClient, signal: AbortSignal, attempts?: number): Promise<'rom' | 'stub' | undefined> {
  try {
    return await client.resync(signal, attempts);
  } catch (error) {
    signal.throwIfAborted();
    if (isSerialError(error, 'TIMED_OUT')) return undefined;
    throw error;
  }
}

/** @param printed what was heard since the loader was ready */
function restarted(printed: PrintedText): SerialError {
  const text = printed.bootLine;
  return new SerialError('CHIP_RESTARTED', 'the chip left its boot loader by itself', text === undefined ? {} : { text });
}

/** A chip that restarted is at the rate of its ROM, whoever runs on it now. */
async function findRestarted({ client, printed }: LoaderLink, signal: AbortSignal): Promise<SerialError | undefined> {
  const { wire, clock } = client.channel;
  const isElsewhere = wire.baudRate !== ROM_BAUD_RATE;
  if (isElsewhere) await wire.setBaudRate(ROM_BAUD_RATE);
  // What came before may be flash that lost its frame.
  printed.noteReset();
  if (isElsewhere && (await client.sync(signal)) === 'rom') return restarted(printed);
  for (const end = clock.now() + LISTEN_MS; clock.now() < end && !printed.isTalking;) await clock.sleep(LISTEN_STEP_MS, signal);
  return printed.isTalking ? restarted(printed) : undefined;
}
