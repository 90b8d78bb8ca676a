/**
 * Writes a region of flash: erased and written block by block, compressed where that is shorter, picked up again where the line failed.
 *
 * One block is on its way at a time. The stub has two buffers and acknowledges a block when it takes it out of one, before it writes it, so the
 * line is busy while the flash is; but the interrupt that fills the buffers drops what arrives while both are full, and only the
 * acknowledgement tells that one is free (esp-flasher-stub, `frame_buffer.c`: `frame_buffer_acquire()` returns NULL). A block that is sent
 * ahead of it would be lost whenever the flash is slower than the line. What is left is to have the next block framed when it comes. Nor do
 * larger blocks fit: the buffers hold 0x4000 bytes and their headers.
 */
import { isSerialError } from '../../app/usb/errors.ts';
import type { TransferOptions } from '../../app/usb/ports.ts';
import { encodeDataBlock, flashBegin } from '../../core/serial/commands.ts';
import { ROM_ERRORS, STUB_ERRORS } from '../../core/serial/loader-status.ts';
import { encodeRequest } from '../../core/serial/packet.ts';
import { encodeSlip } from '../../core/serial/slip.ts';
import { CHIP_MAGIC_ADDRESS, FLASH_SECTOR } from '../../core/serial/targets.ts';
import { deflate, inflatedLength } from './deflated.ts';
import type { Deflated } from './deflated.ts';
import { assertWritable, findBeat, isLineTrouble } from './loader-link.ts';
import type { LoaderLink } from './loader-link.ts';
import { COMMAND_MS, eraseAndWriteMs, eraseMs } from './time-limits.ts';

const BLOCK_ATTEMPTS = 3;
/** New beginnings with nothing written in between. */
const STREAM_ATTEMPTS = 3;
const ERASED = 0xff;
/** SPI flash is written in words. */
const WORD = 4;
/** Of the decompressor of stubs (esp-flasher-stub, `command_handler.c`: `TINFL_LZ_DICT_SIZE`); ROMs are taken to have the same. */
const DICTIONARY = 32 * 1024;
/** The compressor's marks are as coarse as what it holds back. */
const REACH_SLACK = 128 * 1024;

/** The block did not arrive as it was sent and nothing was done with it: send it once more. */
const NOT_TAKEN: ReadonlySet<number> = new Set([
  STUB_ERRORS.BAD_DATA_LENGTH.code,
  STUB_ERRORS.BAD_DATA_CHECKSUM.code,
  ROM_ERRORS.INVALID_CRC.code,
]);

/** @param offset of a sector; what lies before it in its sector would be erased as well. */
export async function writeFlash(
  link: LoaderLink,
  offset: number,
  bytes: Uint8Array<ArrayBuffer>,
  options: TransferOptions,
): Promise<void> {
  assertWritable(link, 'write flash');
  const { signal, onProgress, onRepeat } = options;
  const padded = paddedTo(bytes, WORD);
  let done = 0;
  for (let attempt = 1; done < padded.length; attempt++) {
    const stream = await WriteStream.prepare(link, offset + done, padded.subarray(done), signal);
    const begun = done;
    const report = (reached: number): void => onProgress?.(Math.min(begun + reached, bytes.length), bytes.length);
    try {
      await stream.run(signal, report, onRepeat);
      done = padded.length;
    } catch (error) {
      signal.throwIfAborted();
      if (attempt === STREAM_ATTEMPTS || !canBeginAgain(error)) throw error;
      onRepeat?.();
      await findBeat(link, signal, error);
      const written = alignedDown(await stream.written(signal), FLASH_SECTOR);
      if (written > 0) attempt = 0;
      done += written;
    }
  }
}

/** Erases sectors with a ROM, which erases what it is told that it will be sent. */
export async function eraseByBegin(link: LoaderLink, offset: number, length: number, signal: AbortSignal): Promise<void> {
  assertWritable(link, 'erase');
  await begin(link, 'FLASH_BEGIN', { size: length, blocks: Math.ceil(length / link.writeBlock), offset }, signal);
}

/** One FLASH_BEGIN or FLASH_DEFL_BEGIN and its blocks. */
class WriteStream {
  /** Blocks that the chip said it has. */
  acknowledged = 0;
  readonly #link: LoaderLink;
  readonly #offset: number;
  readonly #length: number;
  /** `undefined`: sent as it is. */
  readonly #deflated: Deflated | undefined;
  readonly #payload: Uint8Array<ArrayBuffer>;

  private constructor(link: LoaderLink, offset: number, bytes: Uint8Array<ArrayBuffer>, deflated: Deflated | undefined) {
    this.#link = link;
    this.#offset = offset;
    this.#length = bytes.length;
    this.#deflated = deflated;
    // A ROM writes whole blocks, whatever it was told.
    this.#payload = deflated?.bytes ?? (link.loader === 'stub' ? bytes : paddedTo(bytes, link.writeBlock));
  }

  static async prepare(link: LoaderLink, offset: number, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<WriteStream> {
    // Secure download mode of the earliest ROMs lacks the compressed commands.
    const mayDeflate = link.loader === 'stub' || (link.loader === 'rom' && link.target.rom.extended);
    const deflated = mayDeflate ? await deflate(bytes, link.client.channel.clock, signal) : undefined;
    return new WriteStream(link, offset, bytes, deflated && deflated.bytes.length < bytes.length ? deflated : undefined);
  }

  async run(signal: AbortSignal, report: (reached: number) => void, onRepeat?: () => void): Promise<void> {
    const { client, loader, writeBlock } = this.#link;
    const blocks = Math.ceil(this.#payload.length / writeBlock);
    await begin(
      this.#link,
      this.#deflated ? 'FLASH_DEFL_BEGIN' : 'FLASH_BEGIN',
      { size: this.#eraseSize(), blocks, offset: this.#offset },
      signal,
    );
    let next = this.#frame(0);
    for (let sequence = 0; sequence < blocks; sequence++) {
      const sent = this.#sendBlock({ sequence, frame: next }, signal, onRepeat);
      // Framed while this one is on its way.
      if (sequence + 1 < blocks) next = this.#frame(sequence + 1);
      await sent;
      this.acknowledged = sequence + 1;
      report(this.#reachOf((sequence + 1) * writeBlock));
    }
    // The stub acknowledges what it has, not what it wrote: any answer after the last block says that it did, or that it could not.
    if (loader === 'stub') await client.readRegister(CHIP_MAGIC_ADDRESS, { signal, timeoutMs: this.#blockMs(blocks - 1) });
  }

  /**
   * Bytes from the beginning that are certainly in the flash. Every acknowledgement of a stub tells that it is done with the block before: with
   * a deflated one, that it was inflated. What comes of it is written in whole dictionaries, and the next BEGIN forgets the rest.
   */
  async written(signal: AbortSignal): Promise<number> {
    const { client, loader, writeBlock } = this.#link;
    const blocks = loader === 'stub' ? Math.max(0, this.acknowledged - 1) : this.acknowledged;
    const sent = Math.min(blocks * writeBlock, this.#payload.length);
    if (!this.#deflated) return Math.min(sent, this.#length);
    return alignedDown(await inflatedLength(this.#payload.slice(0, sent), client.channel.clock, signal), DICTIONARY);
  }

  async #sendBlock({ sequence, frame }: FramedBlock, signal: AbortSignal, onRepeat: (() => void) | undefined): Promise<void> {
    const command = this.#command;
    // The acknowledgement waits for the block before to be written.
    const timeoutMs = Math.max(this.#blockMs(sequence), this.#blockMs(sequence - 1));
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#link.client.framed(command, frame, { signal, timeoutMs });
        return;
      } catch (error) {
        const isLost = isSerialError(error, 'COMMAND_REFUSED') && NOT_TAKEN.has(error.details.status ?? -1);
        if (!isLost || attempt === BLOCK_ATTEMPTS) throw error;
        onRepeat?.();
      }
    }
  }

  get #command(): 'FLASH_DEFL_DATA' | 'FLASH_DATA' {
    return this.#deflated ? 'FLASH_DEFL_DATA' : 'FLASH_DATA';
  }

  #frame(sequence: number): Uint8Array {
    const { writeBlock } = this.#link;
    const data = this.#payload.subarray(sequence * writeBlock, (sequence + 1) * writeBlock);
    return encodeSlip(encodeRequest(this.#command, encodeDataBlock({ sequence, data })));
  }

  /** A ROM erases whole blocks of what comes out of the compressor; a stub wants to know how much that is. */
  #eraseSize(): number {
    const { loader, writeBlock } = this.#link;
    return loader === 'stub' || !this.#deflated ? this.#length : Math.ceil(this.#length / writeBlock) * writeBlock;
  }

  #reachOf(position: number): number {
    return this.#deflated ? this.#deflated.reachOf(position) : Math.min(position, this.#length);
  }

  #blockMs(sequence: number): number {
    if (sequence < 0) return COMMAND_MS;
    const { writeBlock } = this.#link;
    if (!this.#deflated) return eraseAndWriteMs(writeBlock);
    const span = this.#reachOf((sequence + 1) * writeBlock) - this.#reachOf(sequence * writeBlock) + REACH_SLACK;
    return eraseAndWriteMs(Math.min(span, this.#length));
  }
}

interface FramedBlock {
  readonly sequence: number;
  readonly frame: Uint8Array;
}

interface Begin {
  readonly size: number;
  readonly blocks: number;
  readonly offset: number;
}

async function begin(link: LoaderLink, command: 'FLASH_BEGIN' | 'FLASH_DEFL_BEGIN', what: Begin, signal: AbortSignal): Promise<void> {
  const { client, loader, target, writeBlock } = link;
  const hasEncrypted = loader === 'stub' || target.rom.beginWords === 5;
  const payload = flashBegin.encode({ ...what, blockSize: writeBlock, ...(hasEncrypted && { encrypted: 0 }) });
  // A ROM erases now, a stub as it writes.
  await client.command(command, payload, { signal, timeoutMs: loader === 'stub' ? COMMAND_MS : eraseMs(what.size) });
}

/** A stub tells of what it could not do with a block in the answer to the next one; a stream that broke in between starts anew. */
function canBeginAgain(error: unknown): boolean {
  return isLineTrouble(error) || isSerialError(error, 'COMMAND_REFUSED');
}

function paddedTo(bytes: Uint8Array<ArrayBuffer>, multiple: number): Uint8Array<ArrayBuffer> {
  const length = Math.ceil(bytes.length / multiple) * multiple;
  if (length === bytes.length) return bytes;
  const padded = new Uint8Array(length).fill(ERASED);
  padded.set(bytes);
  return padded;
}

const alignedDown = (length: number, unit: number): number => length - (length % unit);
