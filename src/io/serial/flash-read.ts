/**
 * Reads flash. With the stub in packets that it sends one at a time and that are acknowledged as soon as they begin: the stub looks for the
 * acknowledgement when it has sent the packet, so it finds it there and goes on, and the line never waits for the way back
 * (esp-flasher-stub, `s_read_flash_post_process()`: it counts acknowledgements, one packet ahead at most, whatever it is asked for; packets
 * of 0x1000 bytes at most). The checksum at the end tells whether all of it is right. Without the stub 64 bytes a command.
 */
import { SerialError, isSerialError } from '../../app/usb/errors.ts';
import type { TransferOptions } from '../../app/usb/ports.ts';
import { Md5, md5Hex } from '../../core/bytes/md5.ts';
import { toHex } from '../../core/bytes/hex.ts';
import {
  parseMd5Reply,
  readFlash as readFlashWords,
  readFlashAcknowledge,
  readFlashSlow,
  spiFlashMd5,
} from '../../core/serial/commands.ts';
import { encodeSlip } from '../../core/serial/slip.ts';
import { ROM_READ_BLOCK } from '../../core/serial/targets.ts';
import { assertReadable, findBeat, isLineTrouble } from './loader-link.ts';
import type { LoaderLink } from './loader-link.ts';
import { BLOCK_MS, lineMs, md5Ms } from './time-limits.ts';

/** What is read again when a checksum is wrong: a round trip for each is nothing beside ten seconds of line. */
const SEGMENT = 1024 * 1024;
const PACKET = 0x1000;
/** Older stubs take it at its word, today's sends one. */
const MAX_IN_FLIGHT = 64;
const MD5_LENGTH = 16;
const FRAME_END = 0xc0;
const ATTEMPTS = 3;

export async function readFlash(
  link: LoaderLink,
  offset: number,
  length: number,
  options: TransferOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  assertReadable(link, 'read flash');
  const bytes = new Uint8Array(length);
  const report = (done: number): void => options.onProgress?.(done, length);
  if (link.loader === 'rom') {
    await readSlowly(link, offset, bytes, { ...options, onProgress: report });
    return bytes;
  }
  for (let at = 0; at < length; at += SEGMENT) {
    const part = bytes.subarray(at, Math.min(at + SEGMENT, length));
    await readSegment(link, offset + at, part, { signal: options.signal, onProgress: (done) => report(at + done) });
  }
  return bytes;
}

/** Reads until all of it is there. What came before the line failed is kept where the chip's own MD5 says that it is right. */
async function readSegment(link: LoaderLink, offset: number, into: Uint8Array<ArrayBuffer>, options: TransferOptions): Promise<void> {
  const { signal, onProgress } = options;
  let kept = 0;
  for (let attempt = 1; ; attempt++) {
    const before = kept;
    const reader = new PacketReader(link, into.subarray(kept), { signal, onProgress: (done) => onProgress?.(before + done, into.length) });
    try {
      await reader.run(offset + kept);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (attempt === ATTEMPTS || !isLineTrouble(error)) throw error;
      await findBeat(link, signal, error);
      const arrived = into.subarray(kept, kept + reader.arrived);
      // Some of it is wrong where the MD5 at the end was: then none of it is known to be right.
      if (reader.arrived === 0 || kept + reader.arrived === into.length || !(await isInFlash(link, offset + kept, arrived, signal)))
        continue;
      kept += reader.arrived;
      attempt = 0;
    }
  }
}

async function isInFlash(link: LoaderLink, offset: number, bytes: Uint8Array, signal: AbortSignal): Promise<boolean> {
  const words = spiFlashMd5.encode({ offset, length: bytes.length, reserved1: 0, reserved2: 0 });
  try {
    const reply = await link.client.command('SPI_FLASH_MD5', words, { signal, timeoutMs: md5Ms(bytes.length) });
    return parseMd5Reply(reply.data) === md5Hex(bytes);
  } catch (error) {
    if (!isLineTrouble(error)) throw error;
    await findBeat(link, signal, error);
    return false;
  }
}

class PacketReader {
  readonly #link: LoaderLink;
  readonly #into: Uint8Array<ArrayBuffer>;
  readonly #options: TransferOptions;
  #arrived = 0;
  #acknowledged = 0;

  constructor(link: LoaderLink, into: Uint8Array<ArrayBuffer>, options: TransferOptions) {
    this.#link = link;
    this.#into = into;
    this.#options = options;
  }

  /** Bytes, all of them in whole packets. */
  get arrived(): number {
    return this.#arrived;
  }

  async run(offset: number): Promise<void> {
    const { client } = this.#link;
    const length = this.#into.length;
    const words = readFlashWords.encode({ offset, length, packetSize: PACKET, maxInFlight: MAX_IN_FLIGHT });
    // Armed before the command: the first packet may come in one chunk with its reply.
    client.channel.onChunk = (chunk) => this.#onChunk(chunk);
    try {
      await client.command('READ_FLASH', words, { signal: this.#options.signal });
      const md5 = new Md5();
      while (this.#arrived < length) md5.update(await this.#packet(offset));
      await this.#check(md5, offset);
    } finally {
      client.channel.onChunk = undefined;
    }
  }

  async #packet(offset: number): Promise<Uint8Array> {
    const { client } = this.#link;
    const { signal, onProgress } = this.#options;
    const timeoutMs = BLOCK_MS + lineMs(2 * PACKET, client.channel.wire.baudRate);
    const packet = await client.frame('READ_FLASH', { signal, timeoutMs });
    const expected = Math.min(PACKET, this.#into.length - this.#arrived);
    if (packet.length !== expected) {
      const details = { command: 'READ_FLASH', offset: offset + this.#arrived, expected, found: packet.length } as const;
      throw new SerialError('READ_SHORT', `a packet of ${packet.length} bytes, ${expected} are expected`, details);
    }
    this.#into.set(packet, this.#arrived);
    this.#arrived += packet.length;
    client.channel.traffic.roundTrips++;
    if (this.#acknowledged < this.#arrived) this.#acknowledge(this.#arrived);
    onProgress?.(this.#arrived, this.#into.length);
    return packet;
  }

  async #check(md5: Md5, offset: number): Promise<void> {
    const digest = await this.#link.client.frame('READ_FLASH', { signal: this.#options.signal, timeoutMs: BLOCK_MS });
    const found = toHex(md5.digest());
    const expected = toHex(digest.subarray(0, MD5_LENGTH));
    if (digest.length === MD5_LENGTH && found === expected) return;
    throw new SerialError('MD5_MISMATCH', `the chip read ${expected}, ${found} arrived`, {
      command: 'READ_FLASH',
      offset,
      expected,
      found,
    });
  }

  /** A chunk that does not end with the end of a frame ends within one: the packet after those that are whole has begun. */
  #onChunk(chunk: Uint8Array): void {
    const length = this.#into.length;
    const isAhead = this.#acknowledged > this.#arrived || this.#acknowledged === length;
    if (chunk.at(-1) === FRAME_END || this.#arrived === 0 || isAhead) return;
    this.#acknowledge(Math.min(this.#arrived + PACKET, length));
  }

  #acknowledge(received: number): void {
    this.#acknowledged = received;
    const frame = encodeSlip(readFlashAcknowledge.encode({ received }));
    // A port that does not take it is a port that is lost, and whoever waits for the next packet hears of that.
    this.#link.client.channel.sendFramed(frame, this.#options.signal).catch(() => undefined);
  }
}

async function readSlowly(link: LoaderLink, offset: number, into: Uint8Array<ArrayBuffer>, options: TransferOptions): Promise<void> {
  const { client, target } = link;
  const { signal, onProgress } = options;
  const refuse = (cause?: unknown): SerialError =>
    new SerialError('NEEDS_STUB', 'this ROM does not read its flash', { operation: 'read flash' }, { cause });
  if (!target.rom.extended) throw refuse();
  for (let at = 0; at < into.length;) {
    const asked = Math.min(ROM_READ_BLOCK, into.length - at);
    try {
      const reply = await client.command('READ_FLASH_SLOW', readFlashSlow.encode({ offset: offset + at, length: asked }), { signal });
      if (reply.data.length < asked) throw shortReply(offset + at, asked, reply.data.length);
      into.set(reply.data.subarray(0, asked), at);
    } catch (error) {
      if (isSerialError(error, 'COMMAND_REFUSED') && at === 0) throw refuse(error);
      throw error;
    }
    at += asked;
    onProgress?.(at, into.length);
  }
}

function shortReply(offset: number, expected: number, found: number): SerialError {
  return new SerialError('READ_SHORT', `${found} bytes, ${expected} are expected`, { command: 'READ_FLASH_SLOW', offset, expected, found });
}
