/** Carries the steps of a reset sequence out on a wire. */
import type { ResetSequence } from '../../core/serial/reset-sequence.ts';
import type { Clock } from '../ports.ts';
import type { SerialWire } from './ports.ts';

/** Stopped in the middle it lets go of both lines: held, they would keep the chip in reset for as long as the port is open. */
export async function carryOut(
  sequence: ResetSequence,
  wire: Pick<SerialWire, 'setSignals'>,
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  try {
    for (const step of sequence.steps) {
      signal?.throwIfAborted();
      if ('waitMs' in step) await clock.sleep(step.waitMs, signal);
      else await wire.setSignals({ dataTerminalReady: step.dtr, requestToSend: step.rts });
    }
  } finally {
    if (signal?.aborted) await wire.setSignals({ dataTerminalReady: false, requestToSend: false }).catch(() => undefined);
  }
}
