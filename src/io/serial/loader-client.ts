/**
 * Asks a boot loader and understands its answers: which reply belongs to which command, what a refusal means, how to find the common beat
 * again after bytes were lost. Knows ROM and stub only by the length of their status. No chips, no sequences of commands.
 */
import { SerialError } from '../../app/usb/errors.ts';
import { encodeRegisterWrites, readReg, SYNC_PAYLOAD } from '../../core/serial/commands.ts';
import { loaderErrorMeaning, ROM_ERRORS } from '../../core/serial/loader-status.ts';
import { COMMANDS, encodeRequest, parseReply, ROM_STATUS_LENGTH, STUB_STATUS_LENGTH, SYNC_REPLIES } from '../../core/serial/packet.ts';
import type { CommandName, LoaderReply, StatusLength } from '../../core/serial/packet.ts';
import type { RegisterWrite } from '../../core/serial/register-field.ts';
import { SerialProtocolError } from '../../core/serial/serial-error.ts';
import { encodeSlip } from '../../core/serial/slip.ts';
import type { LoaderChannel } from './loader-channel.ts';
import { COMMAND_MS, lineMs, SYNC_MS } from './time-limits.ts';

interface Asking {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

const FRAME_END = Uint8Array.of(0xc0);
/** Between the copies of a reply that a ROM sends to what it does not know. */
const COPIES_SILENT_MS = 20;
const COPIES_MAX_MS = 300;
const RESYNC_ATTEMPTS = 8;

export class LoaderClient {
  readonly channel: LoaderChannel;
  statusLength: StatusLength = ROM_STATUS_LENGTH;
  /** Not the same as the length of the status: the ESP8266's ROM has the stubs'. */
  isStub = false;

  constructor(channel: LoaderChannel) {
    this.channel = channel;
  }

  /** From now on somebody else answers. */
  speakWith(loader: 'rom' | 'stub'): void {
    this.isStub = loader === 'stub';
    this.statusLength = this.isStub ? STUB_STATUS_LENGTH : ROM_STATUS_LENGTH;
  }

  /** @throws SerialError `COMMAND_REFUSED`, `TIMED_OUT`, `FRAME_DAMAGED` or of the port; the signal's reason. */
  async command(command: CommandName, payload: Uint8Array | undefined, asking: Asking): Promise<LoaderReply> {
    return await this.framed(command, encodeSlip(encodeRequest(command, payload)), asking);
  }

  /** As `command`, for a request that was encoded ahead. */
  async framed(command: CommandName, bytes: Uint8Array, { signal, timeoutMs = COMMAND_MS }: Asking): Promise<LoaderReply> {
    await this.channel.sendFramed(bytes, signal);
    const waitMs = timeoutMs + lineMs(bytes.length, this.channel.wire.baudRate);
    const reply = await this.#replyTo(command, waitMs, signal);
    this.channel.traffic.roundTrips++;
    if (reply.status.failed) throw refusal(command, reply.status.code);
    return reply;
  }

  /** A frame of data that is no reply: READ_FLASH's packets, a greeting. */
  async frame(command: CommandName, { signal, timeoutMs = COMMAND_MS }: Asking): Promise<Uint8Array<ArrayBuffer>> {
    const begun = this.channel.clock.now();
    const arrival = await this.channel.next(timeoutMs, signal);
    if (!arrival) throw this.#timedOut(command, begun);
    if (arrival.kind === 'damaged') throw damaged(command, arrival.cause);
    return arrival.frame;
  }

  async readRegister(address: number, asking: Asking): Promise<number> {
    return (await this.command('READ_REG', readReg.encode({ address }), asking)).value >>> 0;
  }

  /** In this order, in one command. */
  async writeRegisters(writes: readonly RegisterWrite[], asking: Asking): Promise<void> {
    await this.command('WRITE_REG', encodeRegisterWrites(writes), asking);
  }

  /** One SYNC. `undefined`: no answer; otherwise whether a stub gave it. */
  async sync(signal: AbortSignal, prefix?: Uint8Array): Promise<'rom' | 'stub' | undefined> {
    this.channel.discard();
    const request = encodeSlip(encodeRequest('SYNC', SYNC_PAYLOAD));
    await this.channel.sendFramed(prefix ? joined(prefix, request) : request, signal);
    const first = await this.#syncReply(SYNC_MS + lineMs(request.length, this.channel.wire.baudRate), signal);
    if (!first) return undefined;
    this.channel.traffic.roundTrips++;
    // A stub answers once or eight times, by its age; a ROM always eight times.
    let isStub = first.value === 0;
    for (let i = 1; i < SYNC_REPLIES; i++) {
      const more = await this.#syncReply(SYNC_MS / 2, signal);
      if (!more) break;
      isStub &&= more.value === 0;
    }
    this.channel.discard();
    return isStub ? 'stub' : 'rom';
  }

  /**
   * After lost or damaged bytes: until both ends agree again where frames begin. Every other attempt starts with an END of its own: a
   * receiver that took the end of one frame for the start of the next would take all that follow the wrong way round.
   * Resolves with who answers. @throws SerialError `TIMED_OUT` when nothing helps.
   */
  async resync(signal: AbortSignal, attempts = RESYNC_ATTEMPTS): Promise<'rom' | 'stub'> {
    const begun = this.channel.clock.now();
    for (let attempt = 0; attempt < attempts; attempt++) {
      await this.channel.drain(COPIES_SILENT_MS, COPIES_MAX_MS, signal);
      const found = await this.sync(signal, attempt % 2 === 1 ? FRAME_END : undefined);
      if (found) return found;
    }
    throw this.#timedOut('SYNC', begun);
  }

  async #syncReply(timeoutMs: number, signal: AbortSignal): Promise<LoaderReply | undefined> {
    const end = this.channel.clock.now() + timeoutMs;
    for (;;) {
      const arrival = await this.channel.next(Math.max(0, end - this.channel.clock.now()), signal);
      if (!arrival) return undefined;
      // The shorter status reads both: of a ROM's four bytes the last two are zeros, and the first tells whether it refuses.
      const reply = arrival.kind === 'frame' ? readReply(arrival.frame, STUB_STATUS_LENGTH) : undefined;
      const isDone = reply !== undefined && !reply.status.failed && (reply.data[0] ?? 0) === 0;
      if (isDone && reply.opcode === COMMANDS.SYNC.opcode) return reply;
      if (this.channel.clock.now() >= end) return undefined;
    }
  }

  async #replyTo(command: CommandName, timeoutMs: number, signal: AbortSignal): Promise<LoaderReply> {
    const { clock } = this.channel;
    const begun = clock.now();
    const end = begun + timeoutMs;
    for (;;) {
      const arrival = await this.channel.next(Math.max(0, end - clock.now()), signal);
      if (!arrival) throw this.#timedOut(command, begun);
      if (arrival.kind === 'damaged') throw damaged(command, arrival.cause);
      const reply = readReply(arrival.frame, this.statusLength);
      if (!reply) throw damaged(command);
      if (reply.opcode === COMMANDS[command].opcode) return reply;
      // Observed on the ESP32: what it does not know it answers with the command before, eight times.
      if (reply.status.failed && reply.status.code === ROM_ERRORS.INVALID_MESSAGE.code) {
        await this.channel.drain(COPIES_SILENT_MS, COPIES_MAX_MS, signal);
        throw refusal(command, reply.status.code);
      }
      if (clock.now() >= end) throw this.#timedOut(command, begun);
    }
  }

  /** A wait may have been cut short: it says how long it was. */
  #timedOut(command: CommandName, begun: number): SerialError {
    const timeoutMs = Math.round(this.channel.clock.now() - begun);
    return new SerialError('TIMED_OUT', `${command} was not answered within ${timeoutMs} ms`, { command, timeoutMs });
  }
}

/** `undefined`: no reply, or one that lost bytes. */
function readReply(frame: Uint8Array, statusLength: StatusLength): LoaderReply | undefined {
  try {
    return parseReply(frame, statusLength);
  } catch (error) {
    if (error instanceof SerialProtocolError) return undefined;
    throw error;
  }
}

function refusal(command: CommandName, status: number): SerialError {
  const meaning = loaderErrorMeaning(status);
  return new SerialError('COMMAND_REFUSED', `${command}: ${meaning}`, { command, status, meaning });
}

function damaged(command: CommandName, cause?: unknown): SerialError {
  return new SerialError('FRAME_DAMAGED', `the answer to ${command} was damaged`, { command }, { cause });
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
