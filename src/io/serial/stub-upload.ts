/** Brings a stub into the chip's RAM and starts it. */
import { SerialError } from '../../app/usb/errors.ts';
import { encodeDataBlock, memBegin, memEnd, readFlashSlow } from '../../core/serial/commands.ts';
import { encodeRequest, isStubGreeting, parseReply, ROM_STATUS_LENGTH } from '../../core/serial/packet.ts';
import type { LoaderClient } from './loader-client.ts';
import type { StubProgram } from './stub-program.ts';
import { ROM_JUMP_MS, STUB_GREETING_MS } from './time-limits.ts';

/** How the ROM comes to run what was uploaded. */
export type StubStart = 'mem-end' | { readonly readPointer: number };

interface StartOptions {
  readonly ramBlock: number;
  readonly start: StubStart;
  readonly signal: AbortSignal;
}

/** @throws SerialError `STUB_FAILED` when it does not greet; whatever a command threw. The client speaks with the stub afterwards. */
export async function startStub(client: LoaderClient, program: StubProgram, { ramBlock, start, signal }: StartOptions): Promise<void> {
  for (const { address, bytes } of program.segments) {
    const blocks = Math.ceil(bytes.length / ramBlock);
    await client.command('MEM_BEGIN', memBegin.encode({ size: bytes.length, blocks, blockSize: ramBlock, address }), { signal });
    for (let sequence = 0; sequence < blocks; sequence++) {
      const data = bytes.subarray(sequence * ramBlock, (sequence + 1) * ramBlock);
      await client.command('MEM_DATA', encodeDataBlock({ sequence, data }), { signal });
    }
  }
  if (start !== 'mem-end') return await startByReading(client, program.entry, start.readPointer, signal);
  await client.channel.send(encodeRequest('MEM_END', memEnd.encode({ stay: 0, entry: program.entry })), signal);
  await awaitGreeting(client, signal);
  client.speakWith('stub');
}

/**
 * Puts the stub in the place of the ROM's function that reads the flash, and has the ROM read. The function goes back to where it was, whatever
 * comes of it: the stub uses it, and so would the ROM.
 */
async function startByReading(client: LoaderClient, entry: number, pointer: number, signal: AbortSignal): Promise<void> {
  await client.command('MEM_END', memEnd.encode({ stay: 1, entry: 0 }), { signal });
  const read = await client.readRegister(pointer, { signal });
  await client.writeRegisters([{ address: pointer, value: entry }], { signal });
  try {
    await client.channel.send(encodeRequest('READ_FLASH_SLOW', readFlashSlow.encode({ offset: 0, length: 0 })), signal);
    await awaitGreeting(client, signal);
  } catch (error) {
    await client.writeRegisters([{ address: pointer, value: read }], { signal }).catch(() => undefined);
    throw error;
  }
  client.speakWith('stub');
  await client.writeRegisters([{ address: pointer, value: read }], { signal });
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
