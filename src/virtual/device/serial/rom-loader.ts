/**
 * The boot loader in the mask ROM. Answers when it is done, writes and hashes without help, and refuses what it does not know in the way that
 * the real ones do. What comes in while it works waits on the line: how much a ROM loses then is not published. Sources: Espressif, "Serial
 * Protocol"; the ROMs of the ESP32 (v3) and ESP32-C3 in an emulator (observed).
 */
import {
  encodeMd5Reply,
  flashBegin,
  flashEnd,
  memBegin,
  memEnd,
  parseDataBlock,
  readFlashSlow,
  spiAttach,
  spiFlashMd5,
  spiSetParams,
  SYNC_PAYLOAD,
} from '../../../core/serial/commands.ts';
import { ROM_ERRORS } from '../../../core/serial/loader-status.ts';
import { COMMANDS, type CommandName, isChecksumRight, type LoaderRequest, SYNC_REPLIES, SYNC_VALUE } from '../../../core/serial/packet.ts';
import { RAM_BLOCK, ROM_READ_BLOCK } from '../../../core/serial/targets.ts';
import { FlashWriter, type WriteFault } from './flash-writer.ts';
import {
  type Answer,
  changeRate,
  failure,
  type Loader,
  type Machine,
  onFlash,
  parsed,
  readRegister,
  securityInfo,
  SUCCESS,
  writeRegisters,
} from './loader.ts';

type Handler = (rom: RomState, request: LoaderRequest) => Answer | undefined | Promise<Answer | undefined>;

interface RomState {
  readonly machine: Machine;
  writer: FlashWriter | undefined;
  blockSize: number;
}

const { INVALID_MESSAGE, FAILED_TO_ACT, INVALID_CRC, FLASH_WRITE, FLASH_READ, FLASH_READ_LENGTH, DEFLATE, DEFLATE_ADLER } = ROM_ERRORS;

const INVALID = failure(INVALID_MESSAGE.code);
const FAILED = failure(FAILED_TO_ACT.code);

const FAULTS: Readonly<Record<WriteFault, Answer>> = {
  failed: failure(FLASH_WRITE.code),
  inflate: failure(DEFLATE.code),
  adler: failure(DEFLATE_ADLER.code),
  'not-enough': FAILED,
  'too-much': FAILED,
};

const faultAnswer = (fault: WriteFault | undefined) => (fault ? FAULTS[fault] : SUCCESS);

/** Erases all of it before it answers. */
const begin =
  (isDeflated: boolean): Handler =>
  (rom, { payload }) => {
    const { target, flash, secure } = rom.machine;
    if (payload.length !== 4 * target.rom.beginWords) return INVALID;
    const order = parsed(flashBegin.parse, payload);
    if (!order || order.blockSize > RAM_BLOCK) return INVALID;
    if (order.encrypted && !secure.flashEncryption) return FAILED;
    const limit = isDeflated ? Infinity : order.blocks * order.blockSize;
    const writer = new FlashWriter(flash, { offset: order.offset, eraseBytes: order.size, limit, isDeflated });
    rom.writer = undefined;
    if (onFlash(() => writer.eraseAll(), 'failed')) return FAILED;
    rom.writer = writer;
    rom.blockSize = order.blockSize;
    return SUCCESS;
  };

const writeBlock: Handler = (rom, request) => {
  const block = parsed(parseDataBlock, request.payload);
  if (!block || block.data.length > RAM_BLOCK) return INVALID;
  if (!isChecksumRight(request)) return failure(INVALID_CRC.code);
  const { writer } = rom;
  if (!writer || block.data.length > rom.blockSize || writer.remaining === 0) return FAILED;
  return faultAnswer(onFlash(() => writer.write(block.data), 'failed'));
};

const end: Handler = (rom, { payload }) => {
  const request = parsed(flashEnd.parse, payload);
  if (!request) return INVALID;
  const fault = rom.writer?.finish();
  rom.writer = undefined;
  // Fewer blocks than were announced are no fault: the rest is erased.
  if (fault && fault !== 'not-enough') return FAULTS[fault];
  return request.stay === 0 ? { afterwards: async () => rom.machine.restart('application') } : SUCCESS;
};

const HANDLERS: { readonly [Name in CommandName]?: Handler } = {
  SYNC: (_, { payload }) => (isSync(payload) ? { value: SYNC_VALUE, replies: SYNC_REPLIES } : INVALID),
  READ_REG: ({ machine }, { payload }) => readRegister(machine, payload),
  WRITE_REG: ({ machine }, { payload }) => writeRegisters(machine, payload),
  GET_SECURITY_INFO: ({ machine }) => securityInfo(machine),
  CHANGE_BAUDRATE: ({ machine }, { payload }) => changeRate(machine, payload),
  SPI_ATTACH: ({ machine }, { payload }) => {
    const order = parsed(spiAttach.parse, payload);
    if (order) machine.flash.attach(order.pins);
    return order && SUCCESS;
  },
  SPI_SET_PARAMS: ({ machine }, { payload }) => {
    const parameters = parsed(spiSetParams.parse, payload);
    if (parameters) machine.flash.configure(parameters.size);
    return parameters && SUCCESS;
  },
  FLASH_BEGIN: begin(false),
  FLASH_DATA: writeBlock,
  FLASH_END: end,
  FLASH_DEFL_BEGIN: begin(true),
  FLASH_DEFL_DATA: writeBlock,
  FLASH_DEFL_END: end,
  SPI_FLASH_MD5: ({ machine: { flash } }, { payload }) => {
    const range = parsed(spiFlashMd5.parse, payload);
    if (!range) return INVALID;
    if (!flash.contains(range.offset, range.length)) return failure(FLASH_READ.code);
    return { data: encodeMd5Reply(flash.md5Hex(range.offset, range.length), 'digits') };
  },
  READ_FLASH_SLOW: ({ machine }, { payload }) => {
    const range = parsed(readFlashSlow.parse, payload);
    if (!range) return INVALID;
    const { flash, memory, target } = machine;
    const { stubWithSecureBoot: way } = target;
    // Instead of the ROM's own function, of which nothing is kept here.
    const entry = typeof way === 'object' ? memory.readWord(way.readPointer) : 0;
    if (entry !== 0) return { replies: 0, afterwards: () => machine.run(entry) };
    if (range.length > ROM_READ_BLOCK) return failure(FLASH_READ_LENGTH.code);
    if (!flash.contains(range.offset, range.length)) return failure(FLASH_READ.code);
    const data = new Uint8Array(ROM_READ_BLOCK);
    data.set(flash.read(range.offset, range.length));
    return { data };
  },
  MEM_BEGIN: ({ machine }, { payload }) => {
    const order = parsed(memBegin.parse, payload);
    if (!order || order.blockSize > RAM_BLOCK) return INVALID;
    machine.upload.begin(order.address, order.size);
    return SUCCESS;
  },
  MEM_DATA: ({ machine }, request) => {
    const block = parsed(parseDataBlock, request.payload);
    if (!block || block.data.length > RAM_BLOCK) return INVALID;
    if (!isChecksumRight(request)) return failure(INVALID_CRC.code);
    return machine.upload.write(block.data) ? FAILED : SUCCESS;
  },
  MEM_END: ({ machine }, { payload }) => {
    const request = parsed(memEnd.parse, payload);
    if (!request) return INVALID;
    if (machine.upload.end()) return FAILED;
    const isStuck = machine.secure.secureBoot && machine.target.stubWithSecureBoot !== undefined;
    return request.stay === 0 && !isStuck ? { afterwards: () => machine.run(request.entry) } : SUCCESS;
  },
};

/** With secure download mode burnt: the flash can be written blindly, nothing can be read or run. */
const SECURE_DOWNLOAD: ReadonlySet<CommandName> = new Set([
  'SYNC',
  'GET_SECURITY_INFO',
  'SPI_ATTACH',
  'SPI_SET_PARAMS',
  'CHANGE_BAUDRATE',
  'FLASH_BEGIN',
  'FLASH_DATA',
  'FLASH_END',
  'FLASH_DEFL_BEGIN',
  'FLASH_DEFL_DATA',
  'FLASH_DEFL_END',
] satisfies CommandName[]);

export class RomLoader implements Loader {
  readonly #state: RomState;
  /** Replies without a value repeat the last one. */
  #value = 0;
  /** What a command was refused with stays in the second status byte of the next success (observed: 00 05). */
  #refusal = 0;
  #last = { opcode: COMMANDS.SYNC.opcode as number, replies: 1 };

  constructor(machine: Machine) {
    this.#state = { machine, writer: undefined, blockSize: 0 };
  }

  get statusLength() {
    return this.#state.machine.target.rom.statusLength;
  }

  async answer(request: LoaderRequest): Promise<Answer> {
    const handler = this.#handlerOf(request.command);
    if (!handler) return this.#refuseUnknown(request.opcode);
    const answer = (await handler(this.#state, request)) ?? INVALID;
    await this.#state.machine.flash.settle();
    this.#value = answer.value ?? this.#value;
    this.#last = { opcode: request.opcode, replies: answer.replies ?? 1 };
    const leftover = this.#refusal;
    this.#refusal = answer.code ?? 0;
    return { ...answer, value: this.#value, leftover };
  }

  refuse(opcode: number): Answer {
    return { ...INVALID, opcode, value: this.#value };
  }

  #handlerOf(command: CommandName | undefined): Handler | undefined {
    const { secure, target } = this.#state.machine;
    if (!command || (secure.download && !SECURE_DOWNLOAD.has(command))) return undefined;
    if (command === 'GET_SECURITY_INFO' && target.rom.securityInfo === 'none') return undefined;
    return HANDLERS[command];
  }

  #refuseUnknown(opcode: number): Answer {
    const answer = { ...INVALID, value: this.#value };
    return this.#state.machine.facts.repeatsLastReply ? { ...answer, ...this.#last } : { ...answer, opcode };
  }
}

function isSync(payload: Uint8Array): boolean {
  return payload.length === SYNC_PAYLOAD.length && payload.every((byte, i) => byte === SYNC_PAYLOAD[i]);
}
