/**
 * A flasher's stub, running. Answers data before it writes them, so that the next block comes in meanwhile, and reports what went wrong with
 * one block in its answer to the next. Erases while it writes. Source: Espressif, "Serial Protocol", and the behaviour of its two stubs
 * (`esptool-legacy-flasher-stub`, `esp-flasher-stub`), where they agree for the host.
 */
import {
  encodeMd5Reply,
  eraseRegion,
  flashBegin,
  flashEnd,
  memBegin,
  memEnd,
  parseDataBlock,
  readFlash,
  spiAttach,
  spiFlashMd5,
  spiSetParams,
  SYNC_PAYLOAD,
} from '../../../core/serial/commands.ts';
import { STUB_ERRORS } from '../../../core/serial/loader-status.ts';
import { type CommandName, isChecksumRight, type LoaderRequest, STUB_STATUS_LENGTH, SYNC_REPLIES } from '../../../core/serial/packet.ts';
import { FLASH_SECTOR, STUB_WRITE_BLOCK } from '../../../core/serial/targets.ts';
import { FlashReader, MAX_READ_PACKET } from './flash-reader.ts';
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
import type { UploadFault } from './ram-upload.ts';

type Handler = (stub: StubState, request: LoaderRequest) => Answer | undefined | Promise<Answer | undefined>;

interface StubState {
  readonly machine: Machine;
  writer: FlashWriter | undefined;
  /** Of the blocks so far; stays until the next BEGIN. */
  fault: WriteFault | undefined;
  reader: FlashReader | undefined;
  /** Found after its reply was out; the next command gets it and is not carried out. */
  carriedCode: number;
}

const BAD_LENGTH = failure(STUB_ERRORS.BAD_DATA_LENGTH.code);
const SPI_FAILED = failure(STUB_ERRORS.FAILED_SPI_OPERATION.code);
const NOT_IN_FLASH_MODE = failure(STUB_ERRORS.NOT_IN_FLASH_MODE.code);

const FAULTS: Readonly<Record<WriteFault | UploadFault, Answer>> = {
  failed: SPI_FAILED,
  inflate: failure(STUB_ERRORS.INFLATE.code),
  adler: failure(STUB_ERRORS.INFLATE.code),
  'not-enough': failure(STUB_ERRORS.NOT_ENOUGH_DATA.code),
  'too-much': failure(STUB_ERRORS.TOO_MUCH_DATA.code),
  'not-begun': NOT_IN_FLASH_MODE,
};

const begin =
  (isDeflated: boolean): Handler =>
  (stub, { payload }) => {
    const order = parsed(flashBegin.parse, payload);
    if (!order) return BAD_LENGTH;
    if (order.blockSize > STUB_WRITE_BLOCK) return failure(STUB_ERRORS.BAD_BLOCK_SIZE.code);
    const { flash, secure } = stub.machine;
    if ((order.encrypted && !secure.flashEncryption) || !flash.contains(order.offset, order.size)) return SPI_FAILED;
    stub.writer = new FlashWriter(flash, { offset: order.offset, eraseBytes: order.size, limit: order.size, isDeflated });
    stub.fault = undefined;
    return SUCCESS;
  };

const writeBlock: Handler = (stub, request) => {
  const { writer } = stub;
  if (!writer) return NOT_IN_FLASH_MODE;
  const block = parsed(parseDataBlock, request.payload);
  if (!block) return BAD_LENGTH;
  if (!isChecksumRight(request)) return failure(STUB_ERRORS.BAD_DATA_CHECKSUM.code);
  if (stub.fault) return FAULTS[stub.fault];
  return {
    afterwards: async () => {
      stub.fault ??= onFlash(() => writer.write(block.data), 'failed');
      await stub.machine.flash.settle();
    },
  };
};

const end: Handler = (stub, { payload }) => {
  const request = parsed(flashEnd.parse, payload);
  if (!request) return BAD_LENGTH;
  if (!stub.writer) return NOT_IN_FLASH_MODE;
  const fault = stub.fault ?? stub.writer.finish();
  if (fault) return FAULTS[fault];
  stub.writer = undefined;
  return request.stay === 0 ? { afterwards: async () => stub.machine.restart('download') } : SUCCESS;
};

const read: Handler = (stub, { payload }) => {
  const order = parsed(readFlash.parse, payload);
  if (!order) return BAD_LENGTH;
  const { flash, sendFrame } = stub.machine;
  return {
    afterwards: async () => {
      const isPossible = order.packetSize > 0 && order.packetSize <= MAX_READ_PACKET && flash.contains(order.offset, order.length);
      if (!isPossible) {
        stub.carriedCode = STUB_ERRORS.FAILED_SPI_OPERATION.code;
        return;
      }
      stub.reader = new FlashReader(flash, order, sendFrame);
      stub.reader.proceed();
    },
  };
};

const erase: Handler = ({ machine: { flash } }, { payload }) => {
  const range = parsed(eraseRegion.parse, payload);
  if (!range || range.offset % FLASH_SECTOR !== 0 || range.length % FLASH_SECTOR !== 0) return BAD_LENGTH;
  if (!flash.contains(range.offset, range.length)) return SPI_FAILED;
  return onFlash(() => (flash.erase(range.offset, range.length), SUCCESS), SPI_FAILED);
};

const eraseChip: Handler = ({ machine: { flash } }, { payload }) => {
  if (payload.length > 0) return BAD_LENGTH;
  if (!flash.contains(0, flash.size)) return SPI_FAILED;
  return onFlash(() => (flash.eraseChip(), SUCCESS), SPI_FAILED);
};

const HANDLERS: { readonly [Name in CommandName]?: Handler } = {
  // The value 0 tells a stub from a ROM.
  SYNC: (_, { payload }) => (payload.length === SYNC_PAYLOAD.length ? { replies: SYNC_REPLIES } : BAD_LENGTH),
  READ_REG: ({ machine }, { payload }) => readRegister(machine, payload),
  WRITE_REG: ({ machine }, { payload }) => writeRegisters(machine, payload),
  GET_SECURITY_INFO: ({ machine }, { payload }) =>
    payload.length > 0 ? BAD_LENGTH : (securityInfo(machine) ?? failure(STUB_ERRORS.NOT_IMPLEMENTED.code)),
  CHANGE_BAUDRATE: ({ machine }, { payload }) => changeRate(machine, payload),
  SPI_ATTACH: ({ machine }, { payload }) => {
    const order = parsed(spiAttach.parse, payload);
    if (!order || order.legacy !== undefined) return BAD_LENGTH;
    machine.flash.attach(order.pins);
    return SUCCESS;
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
    if (!range) return BAD_LENGTH;
    if (!flash.contains(range.offset, range.length)) return SPI_FAILED;
    return { data: encodeMd5Reply(flash.md5Hex(range.offset, range.length), 'bytes') };
  },
  ERASE_FLASH: eraseChip,
  ERASE_REGION: erase,
  READ_FLASH: read,
  MEM_BEGIN: ({ machine }, { payload }) => {
    const order = parsed(memBegin.parse, payload);
    if (order) machine.upload.begin(order.address, order.size);
    return order && SUCCESS;
  },
  MEM_DATA: ({ machine }, request) => {
    const block = parsed(parseDataBlock, request.payload);
    if (!block) return BAD_LENGTH;
    if (!isChecksumRight(request)) return failure(STUB_ERRORS.BAD_DATA_CHECKSUM.code);
    const fault = machine.upload.write(block.data);
    return fault ? FAULTS[fault] : SUCCESS;
  },
  MEM_END: ({ machine }, { payload }) => {
    const request = parsed(memEnd.parse, payload);
    if (!request) return BAD_LENGTH;
    const fault = machine.upload.end();
    if (fault) return FAULTS[fault];
    return request.stay === 0 ? { afterwards: () => machine.run(request.entry) } : SUCCESS;
  },
};

/** One is filled while the other is worked on: `esp-flasher-stub`, `frame_buffer.c`. */
const FRAME_BUFFERS = 2;

/** Commands that a plug-in would bring: NAND flash. */
const PLUGIN_OPCODES = { first: 0xd5, last: 0xef } as const;

export class StubLoader implements Loader {
  readonly statusLength = STUB_STATUS_LENGTH;
  readonly frameBuffers = FRAME_BUFFERS;
  readonly #state: StubState;

  constructor(machine: Machine) {
    this.#state = { machine, writer: undefined, fault: undefined, reader: undefined, carriedCode: 0 };
  }

  async answer(request: LoaderRequest): Promise<Answer | undefined> {
    const { machine, carriedCode } = this.#state;
    if (carriedCode !== 0) {
      this.#state.carriedCode = 0;
      return failure(carriedCode);
    }
    if (request.command === 'RUN_USER_CODE') {
      machine.restart('application');
      return undefined;
    }
    const handler = request.command && HANDLERS[request.command];
    if (!handler) return failure(unknownCode(request.opcode));
    const answer = (await handler(this.#state, request)) ?? BAD_LENGTH;
    await machine.flash.settle();
    return answer;
  }

  refuse(): Answer {
    return BAD_LENGTH;
  }

  takeFrame(frame: Uint8Array): boolean {
    const { reader } = this.#state;
    if (!reader) return false;
    reader.take(frame);
    if (reader.isOver) this.#state.reader = undefined;
    return true;
  }
}

function unknownCode(opcode: number): number {
  const isPlugin = opcode >= PLUGIN_OPCODES.first && opcode <= PLUGIN_OPCODES.last;
  return (isPlugin ? STUB_ERRORS.NOT_IMPLEMENTED : STUB_ERRORS.INVALID_COMMAND).code;
}
