/** Carries the steps of a reset sequence out on a wire. */
import type { Clock } from '../../app/ports.ts';
import type { SerialWire } from '../../app/usb/ports.ts';
import type { ResetSequence } from '../../core/serial/reset-sequence.ts';

export async function carryOut(sequence: ResetSequence, wire: SerialWire, clock: Clock, signal?: AbortSignal): Promise<void> {
  for (const step of sequence.steps) {
    signal?.throwIfAborted();
    if ('waitMs' in step) await clock.sleep(step.waitMs, signal);
    else await wire.setSignals({ dataTerminalReady: step.dtr, requestToSend: step.rts });
  }
}
