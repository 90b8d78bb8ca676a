/** From "a port is open" to "a boot loader answers": resets in turn, SYNC after SYNC, and a reason when nothing helps. */
import type { ConnectStep } from '../../app/usb/ports.ts';
import { carryOut } from '../../app/usb/reset.ts';
import type { SerialUsbInfo } from '../../core/serial/port.ts';
import { downloadSequences, runSequence } from '../../core/serial/reset-sequence.ts';
import { ROM_BAUD_RATE } from '../../core/serial/targets.ts';
import type { LoaderClient } from './loader-client.ts';
import type { PrintedText } from './printed-text.ts';

const RESET_ATTEMPTS = 7;
const SYNCS_PER_RESET = 5;
/** A chip that said that it runs its application will not change its mind. */
const SYNCS_WHEN_ELSEWHERE = 1;
const SYNC_PAUSE_MS = 50;
/** The boot ROM's banner, and what a rising EN leaves on the line. */
const BANNER_MS = 50;

interface Entering {
  readonly client: LoaderClient;
  readonly usb: SerialUsbInfo;
  readonly printed: PrintedText;
  readonly signal: AbortSignal;
  /** Fastest rate that a stub of an earlier session may still be at. */
  readonly baudRate: number;
  /** It may be there already, and leave if it is reset once more. */
  readonly asksFirst: boolean;
  readonly onStep: (step: ConnectStep) => void;
}

/**
 * @throws SerialError `NO_ANSWER`, `NO_SYNC_BUT_TEXT`, `WRONG_MODE`, `NO_SYNC_IN_DOWNLOAD_MODE`,
 * `DOWNLOAD_DISABLED` or of the port.
 */
export async function enterLoader(entering: Entering): Promise<'rom' | 'stub'> {
  const { client, usb, printed, signal, onStep } = entering;
  const { wire, clock } = client.channel;
  const sequences = downloadSequences(usb);
  await wire.setBaudRate(ROM_BAUD_RATE);
  const there = entering.asksFirst ? await trySync(client, SYNCS_PER_RESET, signal) : undefined;
  if (there) return heard(client, there);
  for (let attempt = 0; attempt < RESET_ATTEMPTS; attempt++) {
    const sequence = sequences[attempt % sequences.length]!;
    onStep({ step: 'reset', strategy: sequence.name, attempt: attempt + 1 });
    client.channel.discard();
    printed.noteReset();
    await carryOut(sequence, wire, clock, signal);
    await clock.sleep(BANNER_MS, signal);
    if (attempt === 0) onStep({ step: 'sync' });
    const found = await trySync(client, printed.startedElsewhere ? SYNCS_WHEN_ELSEWHERE : SYNCS_PER_RESET, signal);
    if (found) return heard(client, found);
    if (printed.isShutOff) return await giveBack(entering);
  }
  const left = await findLeftStub(entering);
  if (left) return heard(client, left);
  throw printed.explain();
}

/** A chip that will never answer: what can be done for it is that its application runs again. */
async function giveBack({ client, usb, printed, signal }: Entering): Promise<never> {
  const reason = printed.explain();
  const { wire, clock } = client.channel;
  await carryOut(runSequence(usb), wire, clock, signal);
  throw reason;
}

/** A board whose resets do not work, and whose stub was left at a rate of its own. */
async function findLeftStub({ client, signal, baudRate }: Entering): Promise<'rom' | 'stub' | undefined> {
  const { wire } = client.channel;
  if (baudRate === ROM_BAUD_RATE) return undefined;
  await wire.setBaudRate(baudRate);
  const found = await trySync(client, 2, signal);
  if (!found) await wire.setBaudRate(ROM_BAUD_RATE);
  return found;
}

async function trySync(client: LoaderClient, times: number, signal: AbortSignal): Promise<'rom' | 'stub' | undefined> {
  for (let i = 0; i < times; i++) {
    const found = await client.sync(signal);
    if (found) return found;
    await client.channel.clock.sleep(SYNC_PAUSE_MS, signal);
  }
  return undefined;
}

function heard(client: LoaderClient, found: 'rom' | 'stub'): 'rom' | 'stub' {
  client.speakWith(found);
  return found;
}
