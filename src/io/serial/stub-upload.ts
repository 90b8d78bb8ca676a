/** Brings a stub into the chip's RAM and starts it. */
import { SerialError } from '../../app/usb/errors.ts';
import { encodeDataBlock, memBegin, memEnd } from '../../core/serial/commands.ts';
import { encodeRequest, isStubGreeting, parseReply, ROM_STATUS_LENGTH } from '../../core/serial/packet.ts';
import type { LoaderClient } from './loader-client.ts';
import type { StubProgram } from './stub-program.ts';
import { ROM_JUMP_MS, STUB_GREETING_MS } from './time-limits.ts';

/** @throws SerialError `STUB_FAILED` when it does not greet; whatever a command threw. The client speaks with the stub afterwards. */
export async function startStub(client: LoaderClient, program: StubProgram, ramBlock: number, signal: AbortSignal): Promise<void> {
  for (const { address, bytes } of program.segments) {
    const blocks = Math.ceil(bytes.length / ramBlock);
    await client.command('MEM_BEGIN', memBegin.encode({ size: bytes.length, blocks, blockSize: ramBlock, address }), { signal });
    for (let sequence = 0; sequence < blocks; sequence++) {
      const data = bytes.subarray(sequence * ramBlock, (sequence + 1) * ramBlock);
      await client.command('MEM_DATA', encodeDataBlock({ sequence, data }), { signal });
    }
  }
  await client.channel.send(encodeRequest('MEM_END', memEnd.encode({ stay: 0, entry: program.entry })), signal);
  await awaitGreeting(client, signal);
  client.speakWith('stub');
}

/** The ROM's own reply may be cut off by the jump, so only a refusal and the greeting count. */
async function awaitGreeting({ channel }: LoaderClient, signal: AbortSignal): Promise<void> {
  const end = channel.clock.now() + ROM_JUMP_MS + STUB_GREETING_MS;
  for (;;) {
    const left = end - channel.clock.now();
    const arrival = left > 0 ? await channel.next(left, signal) : undefined;
    if (!arrival) throw new SerialError('STUB_FAILED', 'the stub did not greet', {});
    if (arrival.kind === 'damaged') continue;
    if (isStubGreeting(arrival.frame)) return;
    assertNotRefused(arrival.frame);
  }
}

function assertNotRefused(frame: Uint8Array): void {
  let status;
  try {
    ({ status } = parseReply(frame, ROM_STATUS_LENGTH));
  } catch {
    return;
  }
  if (status.failed) throw new SerialError('STUB_FAILED', 'the ROM did not start the stub', { command: 'MEM_END', status: status.code });
}
