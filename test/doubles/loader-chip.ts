/**
 * A chip in its boot loader as its worst enemy would build it: mask ROM and stub with only what the reference documents promise. The stub has
 * two buffers and drops what arrives while both are full, acknowledges a block before it writes it, sends one packet of a read at a time and
 * looks for the acknowledgement after that. Independent of the virtual chip, so that a mistake that both ends share shows.
 */
import { Unzlib } from 'fflate';
import { md5 } from '../../src/core/bytes/md5.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { COMMANDS, encodeReply, isChecksumRight, parseRequest, SYNC_VALUE } from '../../src/core/serial/packet.ts';
import type { LoaderRequest } from '../../src/core/serial/packet.ts';
import { burnEfuses, clockDivider } from '../../src/core/serial/describe-chip.ts';
import { writeField } from '../../src/core/serial/register-field.ts';
import { encodeSecurityInfo } from '../../src/core/serial/security-info.ts';
import { encodeSlip, SLIP_END, SlipDecoder } from '../../src/core/serial/slip.ts';
import { CHIP_MAGIC_ADDRESS, TARGETS } from '../../src/core/serial/targets.ts';
import type { ChipTarget } from '../../src/core/serial/target-model.ts';
import { CHIPS } from '../../src/core/image/chips.ts';
import type { SerialChip } from '../../src/virtual/device/serial/serial-chip.ts';
import type { Clock } from '../../src/virtual/storage.ts';

export interface LoaderChipOptions {
  readonly chip?: keyof typeof TARGETS;
  readonly flashBytes?: number;
  readonly secureDownload?: boolean;
  /** What the flash answers to "read identification"; absent: a Winbond of its size. */
  readonly flashId?: number;
  /** The flash is an XMC that did not start well: its id is nobody's until it was sent to sleep and woken. */
  readonly xmcIsStuck?: boolean;
  /** Of the flash in the package, as the eFuses have them: on others there is none. A stub looks there by itself. */
  readonly flashPins?: number;
  /** The uploaded program never greets. */
  readonly stubDies?: boolean;
  /** It runs, and its greeting is lost on the way. */
  readonly stubGreetingIsLost?: boolean;
  /** EN does nothing and IO0 neither: the application runs, and prints. */
  readonly neverDownloads?: boolean;
  readonly isMute?: boolean;
  /** It acknowledges this rate and does not change over. */
  readonly staysAtRate?: number;
  /** And of what it hears there meanwhile: it takes each END for the other one, until two come in a row (esp-flasher-stub, slip.c). */
  readonly losesPhase?: boolean;
  /** BOOT was held when it was switched on: what resets the core alone does not look at the pin again. */
  readonly bootWasHeld?: boolean;
  /** An application had set the bit that brings the chip into download mode at every reset, until somebody clears it. */
  readonly downloadIsForced?: boolean;
  /** Time of one sector's erase and of one page's write. */
  readonly eraseMs?: number;
  readonly pageMs?: number;
}

const SECTOR = 0x1000;
const PAGE = 0x100;
/** What a ROM takes the flash for until it is told. */
const ROM_FLASH_BYTES = 2 << 20;
/** Of what comes out of a deflated stream a chip writes so much at a time, and what is left at the stream's end. */
const DICTIONARY = 32 << 10;
/** Their maker, and the way in and out of the two kinds of sleep that they have. */
const XMC = 0x20;
const XMC_RESTART = [0xb9, 0x79, 0xff, 0xab];
const STUB_PACKET = 0x1000;
const BUFFERS = 2;
const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);
const FAILED = (code: number): { failed: true; code: number } => ({ failed: true, code });

interface Write {
  readonly size: number;
  readonly offset: number;
  /** `undefined`: the blocks are what is written. */
  readonly inflater: Unzlib | undefined;
  readonly inflated: Uint8Array[];
  /** Still to come. */
  blocks: number;
  /** Inflated and not written yet: lost when another write begins. */
  held: Uint8Array<ArrayBuffer>;
  written: number;
}

export class LoaderChip implements SerialChip {
  baudRate = 115_200;
  readonly ignoresBaudRate = false;
  readonly flash: Uint8Array<ArrayBuffer>;
  readonly seen: string[] = [];
  /** Sent to the flash chip by way of the controller's registers. */
  readonly flashCommands: number[] = [];
  /** Frames that arrived while both buffers were full. */
  dropped = 0;
  watchdogResets = 0;
  mode: 'off' | 'application' | 'rom' | 'stub' = 'application';
  readonly #options: LoaderChipOptions;
  readonly #clock: Clock;
  readonly #target: ChipTarget;
  readonly #registers = new Map<number, number>();
  #decoder = this.#newDecoder();
  #queue: Uint8Array[] = [];
  #isWorking = false;
  #boots = 0;
  #output: ((bytes: Uint8Array) => void) | undefined;
  #pins = { enable: true, io0: true };
  #isOutOfPhase = false;
  /** Of SPI_ATTACH. */
  #attachedTo = 0;
  /** Of SPI_SET_PARAMS. */
  #configuredBytes = ROM_FLASH_BYTES;
  #write: Write | undefined;
  #carried: number | undefined;
  #read: { acknowledged: number; count: number; broken: boolean } | undefined;

  constructor(clock: Clock, options: LoaderChipOptions = {}) {
    this.#clock = clock;
    this.#options = options;
    const { chip = 'ESP32', flashBytes = 4 << 20, flashPins = 0 } = options;
    this.#target = TARGETS[chip];
    this.flash = new Uint8Array(flashBytes).fill(0xff);
    burnEfuses(this.#target, { mac: 'a0:b1:c2:d3:e4:f5', revision: 0, flashPins }, this.#registers);
    const divider = clockDivider(this.#target, { crystalMhz: 40, baudRate: 115_200 });
    writeField(this.#target.uartClockDivider, divider, this.#registers);
    this.#registers.set(CHIP_MAGIC_ADDRESS, this.#target.magics[0] ?? 0);
    const { strap, forceDownload } = this.#target.usb ?? {};
    if (strap) writeField(strap, options.bootWasHeld === true ? 0 : 1, this.#registers);
    if (forceDownload) writeField(forceDownload, options.downloadIsForced === true ? 1 : 0, this.#registers);
  }

  connect(output: (bytes: Uint8Array) => void): void {
    this.#output = output;
  }

  disconnect(): void {
    this.#output = undefined;
  }

  async advance(): Promise<undefined> {
    return undefined;
  }

  async losePower(): Promise<void> {
    this.#boots++;
    this.mode = 'off';
  }

  async setPins(pins: { readonly enable: boolean; readonly io0: boolean }): Promise<void> {
    const rises = pins.enable && !this.#pins.enable;
    this.#pins = { ...pins };
    if (rises && this.#options.isMute !== true) this.#boot(pins.io0 && this.#options.bootWasHeld !== true);
  }

  async receive(bytes: Uint8Array): Promise<void> {
    if (this.mode !== 'rom' && this.mode !== 'stub') return;
    if (this.#isOutOfPhase && !bytes.some((byte, i) => byte === SLIP_END && bytes[i + 1] === SLIP_END)) return;
    this.#isOutOfPhase = false;
    for (const frame of this.#decoder.push(bytes)) this.#arrive(frame);
  }

  #newDecoder(): SlipDecoder {
    return new SlipDecoder({ maxFrame: 8 + 0x4000 + 0xff });
  }

  #boot(io0: boolean): void {
    this.#boots++;
    this.baudRate = 115_200;
    this.#decoder = this.#newDecoder();
    this.#queue = [];
    this.#isWorking = false;
    this.#read = this.#write = this.#carried = undefined;
    this.#attachedTo = 0;
    this.#configuredBytes = ROM_FLASH_BYTES;
    const { forceDownload = [] } = this.#target.usb ?? {};
    const isForced = forceDownload.some(({ address, shift }) => (((this.#registers.get(address) ?? 0) >>> shift) & 1) === 1);
    const downloads = (!io0 || isForced) && this.#options.neverDownloads !== true;
    this.mode = downloads ? 'rom' : 'application';
    const mode = downloads ? 'boot:0x3 (DOWNLOAD_BOOT(UART0))\r\nwaiting for download\r\n' : 'boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nhello\r\n';
    this.print(`ets Jul 29 2019\r\nrst:0x1 (POWERON_RESET),${mode}`);
  }

  print(text: string): void {
    this.#output?.(new TextEncoder().encode(text));
  }

  #arrive(frame: Uint8Array): void {
    if (this.#read && this.mode === 'stub') {
      // Two buffers here as well: an acknowledgement that is read at once needs none.
      if (frame.length === 4) {
        this.#read.acknowledged = new DataView(frame.buffer).getUint32(0, true);
        this.#read.count++;
      } else {
        this.#read.broken = true;
      }
      return;
    }
    if (this.#queue.length + (this.#isWorking ? 1 : 0) >= BUFFERS) {
      this.dropped++;
      return;
    }
    this.#queue.push(frame);
    if (!this.#isWorking) void this.#work();
  }

  async #work(): Promise<void> {
    const boot = this.#boots;
    this.#isWorking = true;
    for (let frame = this.#queue.shift(); frame; frame = this.#queue.shift()) {
      try {
        await this.#handle(parseRequest(frame));
      } catch {
        // No request: the ROM says nothing, the stub neither.
      }
      if (boot !== this.#boots) return;
    }
    this.#isWorking = false;
  }

  #reply(request: LoaderRequest, data: Uint8Array = NOTHING, value = 0): void {
    const length = this.mode === 'stub' ? 2 : this.#target.rom.statusLength;
    this.#output?.(encodeSlip(encodeReply({ opcode: request.opcode, data, value }, length)));
  }

  #refuse(request: LoaderRequest, code: number): void {
    const length = this.mode === 'stub' ? 2 : this.#target.rom.statusLength;
    this.#output?.(encodeSlip(encodeReply({ opcode: request.opcode, status: FAILED(code) }, length)));
  }

  async #handle(request: LoaderRequest): Promise<void> {
    const words = new DataView(request.payload.slice().buffer);
    const word = (i: number): number => words.getUint32(4 * i, true);
    const isStub = this.mode === 'stub';
    this.seen.push(request.command ?? `0x${request.opcode.toString(16)}`);
    if (this.#carried !== undefined) {
      this.#refuse(request, this.#carried);
      this.#carried = undefined;
      return;
    }
    const allowed: readonly (string | undefined)[] = [
      'SYNC',
      'GET_SECURITY_INFO',
      'FLASH_BEGIN',
      'FLASH_DATA',
      'FLASH_END',
      'SPI_ATTACH',
      'SPI_SET_PARAMS',
      'CHANGE_BAUDRATE',
    ];
    if (this.#options.secureDownload === true && !allowed.includes(request.command)) return this.#refuse(request, 0x05);
    if (!isChecksumRight(request)) return this.#refuse(request, isStub ? 0xc1 : 0x07);
    switch (request.command) {
      case 'SYNC':
        for (let i = 0; i < 8; i++) this.#reply(request, NOTHING, isStub ? 0 : SYNC_VALUE);
        return;
      case 'READ_REG':
        return this.#reply(request, NOTHING, this.#registers.get(word(0)) ?? 0);
      case 'WRITE_REG':
        for (let i = 0; 4 * i < request.payload.length; i += 4) {
          if (word(i + 3) > 0) await this.#clock.sleep(word(i + 3) / 1000);
          const old = this.#registers.get(word(i)) ?? 0;
          this.#writeRegister(word(i), ((word(i + 1) & word(i + 2)) | (old & ~word(i + 2))) >>> 0);
        }
        return this.#reply(request);
      case 'GET_SECURITY_INFO':
        return this.#securityInfo(request);
      case 'SPI_ATTACH':
        this.#attachedTo = word(0);
        return this.#reply(request);
      case 'SPI_SET_PARAMS':
        this.#configuredBytes = word(1);
        return this.#reply(request);
      case 'MEM_BEGIN':
      case 'MEM_DATA':
      case 'FLASH_END':
        return this.#reply(request);
      case 'MEM_END':
        return this.#startStub(request);
      case 'CHANGE_BAUDRATE':
        this.#reply(request);
        await this.#clock.sleep(2);
        if (word(0) !== this.#options.staysAtRate) this.baudRate = word(0);
        else this.#isOutOfPhase = this.#options.losesPhase === true;
        return;
      case 'FLASH_BEGIN':
      case 'FLASH_DEFL_BEGIN':
        return await this.#begin(request, { size: word(0), blocks: word(1), offset: word(3) });
      case 'FLASH_DATA':
      case 'FLASH_DEFL_DATA':
        return await this.#data(request);
      case 'SPI_FLASH_MD5': {
        const digest = md5(this.flash.subarray(word(0), word(0) + word(1)));
        return this.#reply(request, isStub ? digest : new TextEncoder().encode(toHex(digest)));
      }
      case 'READ_FLASH_SLOW':
        return isStub ? this.#refuse(request, 0xff) : this.#reply(request, this.flash.slice(word(0), word(0) + 64));
      default:
        return await this.#stubOnly(request, word);
    }
  }

  async #stubOnly(request: LoaderRequest, word: (i: number) => number): Promise<void> {
    if (this.mode !== 'stub') return this.#refuse(request, 0x05);
    switch (request.command) {
      case 'ERASE_FLASH':
        this.flash.fill(0xff);
        return this.#reply(request);
      case 'ERASE_REGION':
        this.flash.fill(0xff, word(0), word(0) + word(1));
        return this.#reply(request);
      case 'READ_FLASH':
        this.#reply(request);
        return await this.#sendFlash(word(0), word(1), word(2));
      default:
        return this.#refuse(request, 0xff);
    }
  }

  #writeRegister(address: number, value: number): void {
    const { spi, watchdogs } = this.#target;
    this.#registers.set(address, value);
    if (address === watchdogs?.rtc.config0 && value >>> 31 === 1) void this.#bite();
    if (address !== spi.base) return;
    const command = (this.#registers.get(spi.base + spi.usr2) ?? 0) & 0xff;
    this.#registers.set(address, 0);
    this.flashCommands.push(command);
    const from = (this.#registers.get(spi.base + 4) ?? 0) >>> (spi.addressFromTop ? 8 : 0);
    if (command === 0x9f) this.#registers.set(spi.base + spi.w0, this.#hasFlash ? this.#flashId : 0xff_ffff);
    if (command === 0x5a) this.#registers.set(spi.base + spi.w0, this.#options.xmcIsStuck === true && from === 0x10 ? XMC : 0xff);
  }

  get #flashId(): number {
    const { flashId, xmcIsStuck = false } = this.#options;
    const size = Math.log2(this.flash.length) << 16;
    if (!xmcIsStuck) return flashId ?? 0x40ef | size;
    return this.flashCommands.join().includes(XMC_RESTART.join()) ? 0x4000 | XMC | size : 0x0b_0000;
  }

  get #hasFlash(): boolean {
    const { flashPins = 0 } = this.#options;
    return this.mode === 'stub' || this.#attachedTo === flashPins;
  }

  /** The RTC watchdog resets the whole chip, soon. */
  async #bite(): Promise<void> {
    await this.#clock.sleep(15);
    this.watchdogResets++;
    this.#boot(true);
  }

  #securityInfo(request: LoaderRequest): void {
    const { securityInfo } = this.#target.rom;
    if (securityInfo === 'none') {
      // Observed on the ESP32: eight times, with the opcode of the command before.
      const wrong = encodeSlip(
        encodeReply({ opcode: COMMANDS.SYNC.opcode, status: FAILED(5) }, this.mode === 'stub' ? 2 : this.#target.rom.statusLength),
      );
      for (let i = 0; i < 8; i++) this.#output?.(wrong);
      return;
    }
    const flags = this.#options.secureDownload === true ? 0x04 : 0;
    const chip = { id: CHIPS[this.#target.name].id ?? 0, apiVersion: 3 };
    this.#reply(
      request,
      encodeSecurityInfo({ flags, flashCryptCount: 0, keyPurposes: [0, 0, 0, 0, 0, 0, 0], ...(securityInfo === 'long' && { chip }) }),
    );
  }

  #startStub(request: LoaderRequest): void {
    this.#reply(request);
    if (this.#options.stubDies === true) {
      this.mode = 'off';
      return;
    }
    this.mode = 'stub';
    if (this.#options.stubGreetingIsLost !== true) this.#output?.(encodeSlip(new TextEncoder().encode('OHAI')));
  }

  async #begin(request: LoaderRequest, { size, blocks, offset }: Pick<Write, 'size' | 'blocks' | 'offset'>): Promise<void> {
    const isStub = this.mode === 'stub';
    const words = request.payload.length / 4;
    if (!isStub && words !== this.#target.rom.beginWords) return this.#refuse(request, 0x05);
    if (!this.#hasFlash || (!isStub && offset + size > this.#configuredBytes)) return this.#refuse(request, 0x06);
    const inflated: Uint8Array[] = [];
    const inflater = request.command === 'FLASH_DEFL_BEGIN' ? new Unzlib((data) => inflated.push(data.slice())) : undefined;
    this.#write = { size, offset, inflater, inflated, blocks, held: NOTHING, written: 0 };
    if (!isStub) await this.#erase(offset, size);
    this.#reply(request);
  }

  async #erase(offset: number, size: number): Promise<void> {
    const sectors = Math.ceil(size / SECTOR);
    await this.#clock.sleep(sectors * (this.#options.eraseMs ?? 0));
    this.flash.fill(0xff, offset, offset + sectors * SECTOR);
  }

  async #data(request: LoaderRequest): Promise<void> {
    const write = this.#write;
    const length = new DataView(request.payload.slice().buffer).getUint32(0, true);
    if (!write) return this.#refuse(request, 0xc6);
    if (length !== request.payload.length - 16) return this.#refuse(request, 0xc0);
    const boot = this.#boots;
    if (this.mode === 'stub') this.#reply(request);
    const failure = await this.#program(write, request.payload.slice(16));
    if (boot !== this.#boots) return;
    if (this.mode === 'stub') this.#carried = failure;
    else if (failure === undefined) this.#reply(request);
    else this.#refuse(request, failure);
  }

  async #program(write: Write, block: Uint8Array): Promise<number | undefined> {
    const inflated = inflate(write, block);
    if (!inflated) return 0xc7;
    write.blocks--;
    const whole = write.inflater && write.blocks > 0 ? DICTIONARY : 1;
    const all = joined(write.held, inflated);
    const bytes = all.subarray(0, all.length - (all.length % whole));
    write.held = all.slice(bytes.length);
    const at = write.offset + write.written;
    const fresh = bytes.subarray(0, write.size - write.written);
    write.written += fresh.length;
    if (this.mode === 'stub') await this.#clock.sleep((fresh.length / SECTOR) * (this.#options.eraseMs ?? 0));
    await this.#clock.sleep((fresh.length / PAGE) * (this.#options.pageMs ?? 0));
    this.flash.set(fresh, at);
    return undefined;
  }

  async #sendFlash(offset: number, length: number, packetSize: number): Promise<void> {
    if (packetSize > STUB_PACKET) return;
    const boot = this.#boots;
    const state = { acknowledged: 0, count: 0, broken: false };
    this.#read = state;
    let sent = 0;
    let packets = 0;
    while (sent < length || state.acknowledged < length) {
      if (boot !== this.#boots) return;
      if (state.broken) break;
      if (sent < length && packets - state.count === 0) {
        const frame = encodeSlip(this.flash.slice(offset + sent, offset + Math.min(length, sent + packetSize)));
        this.#output?.(frame);
        // It shifts every byte out before it looks at anything else.
        await this.#clock.sleep((frame.length * 10_000) / this.baudRate);
        sent = Math.min(length, sent + packetSize);
        packets++;
      } else {
        await this.#clock.sleep(0.1);
      }
    }
    this.#read = undefined;
    this.#output?.(encodeSlip(md5(this.flash.subarray(offset, offset + length))));
  }
}

/** `undefined`: no deflated stream. */
function inflate({ inflater, inflated }: Write, block: Uint8Array): Uint8Array | undefined {
  if (!inflater) return block;
  try {
    inflater.push(block);
  } catch {
    return undefined;
  }
  return joined(...inflated.splice(0));
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
