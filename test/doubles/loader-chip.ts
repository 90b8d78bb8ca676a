/**
 * A chip in its boot loader as its worst enemy would build it: mask ROM and stub with only what the reference documents promise. The stub has
 * two buffers and drops what arrives while both are full, acknowledges a block before it writes it, sends one packet of a read at a time and
 * looks for the acknowledgement after that. Independent of the virtual chip, so that a mistake that both ends share shows.
 */
import { md5 } from '../../src/core/bytes/md5.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { COMMANDS, encodeReply, isChecksumRight, parseRequest, SYNC_VALUE } from '../../src/core/serial/packet.ts';
import type { LoaderRequest } from '../../src/core/serial/packet.ts';
import { encodeSecurityInfo } from '../../src/core/serial/security-info.ts';
import { encodeSlip, SLIP_END, SlipDecoder } from '../../src/core/serial/slip.ts';
import { TARGETS } from '../../src/core/serial/targets.ts';
import type { ChipTarget } from '../../src/core/serial/target-model.ts';
import { CHIPS } from '../../src/core/image/chips.ts';
import type { SerialChip } from '../../src/virtual/device/serial/serial-chip.ts';
import type { Clock } from '../../src/virtual/storage.ts';
import { LoaderFlash } from './loader-flash.ts';
import type { FlashOrder, FlashTimes } from './loader-flash.ts';
import { LoaderRead } from './loader-read.ts';
import { LoaderRegisters } from './loader-registers.ts';
import type { LoaderRegistersOptions } from './loader-registers.ts';

export interface LoaderChipOptions extends LoaderRegistersOptions, FlashTimes {
  readonly chip?: keyof typeof TARGETS;
  readonly secureDownload?: boolean;
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
}

/** What a ROM takes the flash for until it is told. */
const ROM_FLASH_BYTES = 2 << 20;
const SECURE_DOWNLOAD: readonly LoaderRequest['command'][] = [
  'SYNC',
  'GET_SECURITY_INFO',
  'FLASH_BEGIN',
  'FLASH_DATA',
  'FLASH_END',
  'SPI_ATTACH',
  'SPI_SET_PARAMS',
  'CHANGE_BAUDRATE',
];
const STUB_PACKET = 0x1000;
const BUFFERS = 2;
const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);
const FAILED = (code: number): { failed: true; code: number } => ({ failed: true, code });

export class LoaderChip implements SerialChip {
  baudRate = 115_200;
  readonly ignoresBaudRate = false;
  readonly seen: string[] = [];
  /** Frames that arrived while both buffers were full. */
  dropped = 0;
  watchdogResets = 0;
  mode: 'off' | 'application' | 'rom' | 'stub' = 'application';
  readonly #options: LoaderChipOptions;
  readonly #clock: Clock;
  readonly #target: ChipTarget;
  readonly #flash: LoaderFlash;
  readonly #registers: LoaderRegisters;
  #decoder = this.#newDecoder();
  #queue: Uint8Array[] = [];
  #isWorking = false;
  #boots = 0;
  #output: ((bytes: Uint8Array) => void) | undefined;
  #pins = { enable: true, io0: true };
  #isOutOfPhase = false;
  /** It looks for it as it starts, and not again. */
  #stubFoundFlash = true;
  /** Of SPI_ATTACH. */
  #attachedTo = 0;
  /** Of SPI_SET_PARAMS. */
  #configuredBytes = ROM_FLASH_BYTES;
  #carried: number | undefined;
  #read: LoaderRead | undefined;

  constructor(clock: Clock, options: LoaderChipOptions = {}) {
    this.#clock = clock;
    this.#options = options;
    const { chip = 'ESP32', flashBytes = 4 << 20 } = options;
    this.#target = TARGETS[chip];
    this.#flash = new LoaderFlash(clock, flashBytes, options);
    this.#registers = new LoaderRegisters(clock, this.#target, {
      options: { ...options, flashBytes },
      hasFlash: () => this.#hasFlash,
      onWatchdog: () => void this.#bite(),
    });
  }

  get flash(): Uint8Array<ArrayBuffer> {
    return this.#flash.bytes;
  }

  get watchdogRuns(): boolean {
    return this.#registers.watchdogRuns;
  }

  /** Sent to the flash chip by way of the controller's registers. */
  get flashCommands(): readonly number[] {
    return this.#registers.flashCommands;
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
    this.#read = this.#carried = undefined;
    this.#flash.forget();
    this.#registers.boot();
    this.#attachedTo = 0;
    this.#configuredBytes = ROM_FLASH_BYTES;
    const downloads = (!io0 || this.#registers.downloadIsForced) && this.#options.neverDownloads !== true;
    this.mode = downloads ? 'rom' : 'application';
    const mode = downloads ? 'boot:0x3 (DOWNLOAD_BOOT(UART0))\r\nwaiting for download\r\n' : 'boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nhello\r\n';
    this.print(`ets Jul 29 2019\r\nrst:0x1 (POWERON_RESET),${mode}`);
  }

  print(text: string): void {
    this.#output?.(new TextEncoder().encode(text));
  }

  #arrive(frame: Uint8Array): void {
    // Two buffers here as well: an acknowledgement that is read at once needs none.
    if (this.#read && this.mode === 'stub') return this.#read.hear(frame);
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
    if (this.#options.secureDownload === true && !SECURE_DOWNLOAD.includes(request.command)) return this.#refuse(request, 0x05);
    if (!isChecksumRight(request)) return this.#refuse(request, isStub ? 0xc1 : 0x07);
    switch (request.command) {
      case 'SYNC':
        for (let i = 0; i < 8; i++) this.#reply(request, NOTHING, isStub ? 0 : SYNC_VALUE);
        return;
      case 'READ_REG':
        return this.#reply(request, NOTHING, this.#registers.read(word(0)));
      case 'WRITE_REG':
        await this.#registers.write(words);
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

  get #hasFlash(): boolean {
    const { flashPins = 0 } = this.#options;
    if (!this.#registers.flashHasPower) return false;
    return this.mode === 'stub' ? this.#stubFoundFlash : this.#attachedTo === flashPins;
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
    this.#stubFoundFlash = this.#registers.flashHasPower;
    if (this.#options.stubGreetingIsLost !== true) this.#output?.(encodeSlip(new TextEncoder().encode('OHAI')));
  }

  async #begin(request: LoaderRequest, { size, blocks, offset }: FlashOrder): Promise<void> {
    const isStub = this.mode === 'stub';
    const words = request.payload.length / 4;
    if (!isStub && words !== this.#target.rom.beginWords) return this.#refuse(request, 0x05);
    if (!this.#hasFlash || (!isStub && offset + size > this.#configuredBytes)) return this.#refuse(request, 0x06);
    this.#flash.begin({ size, blocks, offset }, request.command === 'FLASH_DEFL_BEGIN');
    if (!isStub) await this.#flash.erase(offset, size);
    this.#reply(request);
  }

  async #data(request: LoaderRequest): Promise<void> {
    const length = new DataView(request.payload.slice().buffer).getUint32(0, true);
    if (!this.#flash.isWriting) return this.#refuse(request, 0xc6);
    if (length !== request.payload.length - 16) return this.#refuse(request, 0xc0);
    const boot = this.#boots;
    const isStub = this.mode === 'stub';
    if (isStub) this.#reply(request);
    const failure = await this.#flash.program(request.payload.slice(16), isStub);
    if (boot !== this.#boots) return;
    if (this.mode === 'stub') this.#carried = failure;
    else if (failure === undefined) this.#reply(request);
    else this.#refuse(request, failure);
  }

  async #sendFlash(offset: number, length: number, packetSize: number): Promise<void> {
    if (packetSize > STUB_PACKET) return;
    const boot = this.#boots;
    this.#read = new LoaderRead();
    const send = (frame: Uint8Array): void => this.#output?.(frame);
    const line = { clock: this.#clock, baudRate: this.baudRate, send, isOver: () => boot !== this.#boots };
    await this.#read.run(this.flash.slice(offset, offset + length), packetSize, line);
    if (boot === this.#boots) this.#read = undefined;
  }
}
