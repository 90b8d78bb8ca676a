/**
 * A virtual chip in its boot loader: bytes from the line in, bytes for the line out. The mask ROM answers until a flasher's stub is
 * uploaded and started; then the stub does. Knows nothing of the line, of control signals or of what runs after a reset.
 */
import { encodeReply, parseRequest, STUB_GREETING } from '../../../core/serial/packet.ts';
import { SerialProtocolError } from '../../../core/serial/serial-error.ts';
import { encodeSlip } from '../../../core/serial/slip.ts';
import { ROM_BAUD_RATE, TARGETS } from '../../../core/serial/targets.ts';
import { chipModel, type VirtualChipName } from '../../chip-model.ts';
import { FlashError, type NorFlash } from '../../flash.ts';
import { type ChipSecurity, createChipRegisters } from './chip-registers.ts';
import { FLASH_TIMING } from './flash-timing.ts';
import { FrameQueue } from './frame-queue.ts';
import { type FrameReceiver, RomReceiver, StubReceiver } from './frame-receivers.ts';
import { loaderFacts } from './loader-facts.ts';
import type { Answer, Loader, Machine, RestartTarget } from './loader.ts';
import { NorChip } from './nor-chip.ts';
import { RamUpload } from './ram-upload.ts';
import { RomLoader } from './rom-loader.ts';
import { StubLoader } from './stub-loader.ts';
import { TimedFlash } from './timed-flash.ts';

/** Everything around a chip in download mode. */
export interface DownloadModeSurroundings {
  readonly chip: VirtualChipName;
  /** `24:6f:28:aa:bb:cc` */
  readonly mac: string;
  readonly flash: NorFlash;
  /** major × 100 + minor, of the wafer, where it is not the one that is usual for the chip. */
  readonly revision?: number;
  readonly secure?: ChipSecurity;
  /** A stub is taken, MEM_END answered, and then nothing says that it runs. */
  readonly stubFails?: boolean;
  /** The rate at which the ROM was spoken to first; 115200 when absent. */
  readonly baudRate?: number;
  /** Output for the line, in order. */
  send(bytes: Uint8Array): void;
  /** The chip's UART runs at another rate from now on; everything sent before was sent at the old one. */
  setBaudRate(baudRate: number): void;
  /** The chip is busy for so long (erasing, programming, hashing); `undefined` where that takes no time. */
  wait(milliseconds: number): Promise<void> | undefined;
  /** The flash differs from what it was: somebody may want to save it. */
  onFlashChanged?(): void | Promise<void>;
  /** The power went in the middle of a flash operation: the chip is dead until it is switched on again. */
  onPowerLost?(): void;
  /** The chip leaves download mode by itself: a reboot at the end of a write, a watchdog, a reset by register. */
  restart(into: RestartTarget): void;
}

const OPCODE_AT = 1;
const HEADER_LENGTH = 8;
/** What a ROM takes the flash for until it is told (esptool, `erase_region()`). */
const ROM_FLASH_BYTES = 2 << 20;
/** What an uploaded program that is no stub says: there is no CPU here to run it. */
const PROGRAM_TEXT = new TextEncoder().encode('Hello world!\r\n');

export class DownloadMode {
  readonly #around: DownloadModeSurroundings;
  readonly #machine: Machine;
  #baudRate: number;
  #loader: Loader;
  #receiver: FrameReceiver = new RomReceiver();
  #turn: Promise<void> = Promise.resolve();
  readonly #queue = new FrameQueue((frame) => this.#act(frame));
  /** Replies until the chip restarts: a watchdog leaves time for one more, with which flashers lock its registers. */
  #repliesLeft = Infinity;
  /** Dead, restarted or running something else: nobody listens any more. */
  #isGone = false;

  constructor(around: DownloadModeSurroundings) {
    this.#around = around;
    this.#baudRate = around.baudRate ?? ROM_BAUD_RATE;
    this.#machine = this.#build();
    this.#loader = new RomLoader(this.#machine);
  }

  /**
   * Bytes as they arrive over the line, cut anywhere. Resolves when the chip takes more: the ROM when it has answered them, a stub, which
   * receives in the background, as soon as it is busy.
   */
  receive(bytes: Uint8Array): Promise<void> {
    const turn = this.#turn.then(() => this.#take(bytes));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Resolves when nothing is under way. */
  async settle(): Promise<void> {
    await this.#turn;
    await this.#queue.settle();
  }

  async #take(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      await this.#queue.still();
      if (this.#isGone) return;
      const { frameBuffers } = this.#loader;
      const hasRoom = frameBuffers === undefined || this.#queue.length < frameBuffers;
      const { taken, frame } = this.#receiver.take(bytes.subarray(at), hasRoom);
      at += taken;
      if (!frame) continue;
      const answered = this.#queue.put(frame);
      await (frameBuffers === undefined ? answered : this.#queue.still());
    }
  }

  async #act(frame: Uint8Array): Promise<(() => Promise<void>) | undefined> {
    if (this.#isGone || frame.length === 0) return undefined;
    let afterwards: Answer['afterwards'];
    await this.#untilPowerLost(async () => {
      afterwards = await this.#answer(frame);
    });
    return afterwards && (() => this.#untilPowerLost(afterwards!));
  }

  async #answer(frame: Uint8Array): Promise<Answer['afterwards']> {
    const loader = this.#loader;
    if (loader.takeFrame?.(frame)) return undefined;
    // The ROM and the stub look at nothing shorter, and at nobody's replies.
    if (frame.length < HEADER_LENGTH || frame[0] !== 0) return undefined;
    const opcode = frame[OPCODE_AT]!;
    const answer = await answerTo(loader, frame, opcode);
    if (!answer || this.#isGone) return undefined;
    this.#reply(loader, opcode, answer);
    if (--this.#repliesLeft > 0) return answer.afterwards;
    this.#restart('application');
    return undefined;
  }

  #reply({ statusLength }: Loader, requested: number, answer: Answer): void {
    const { code = 0, leftover = 0, value = 0, data = new Uint8Array(0), opcode = requested, replies = 1 } = answer;
    const status = { failed: code !== 0, code: code || leftover };
    const reply = encodeSlip(encodeReply({ opcode, value, data, status }, statusLength));
    for (let i = 0; i < replies; i++) this.#around.send(reply);
  }

  async #run(entry: number): Promise<void> {
    const { stubFails } = this.#around;
    const isStub = this.#machine.upload.takeStub(entry, this.#machine.facts);
    await this.#wait(FLASH_TIMING.stubStart);
    if (isStub && !stubFails) {
      this.#machine.flash.attach(0);
      this.#machine.flash.configure(this.#machine.flash.physicalSize);
      this.#loader = new StubLoader(this.#machine);
      this.#receiver = new StubReceiver();
      this.#around.send(encodeSlip(STUB_GREETING));
      return;
    }
    this.#isGone = true;
    if (!isStub) this.#around.send(PROGRAM_TEXT);
  }

  #wait(milliseconds: number): Promise<void> {
    return this.#queue.pause(this.#around.wait(milliseconds));
  }

  #restart(into: RestartTarget): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#around.restart(into);
  }

  /** The end of the chip, and of nothing else. */
  async #untilPowerLost(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof FlashError) || error.code !== 'POWER_LOST') throw error;
      this.#isGone = true;
      this.#around.onPowerLost?.();
    }
  }

  #build(): Machine {
    const around = this.#around;
    const { chip, mac, revision = chipModel(chip).revision, secure = {}, onFlashChanged } = around;
    const wait = (milliseconds: number) => this.#wait(milliseconds);
    const flash = new TimedFlash({ flash: around.flash, wait, ...(onFlashChanged && { onFlashChanged }) });
    flash.configure(ROM_FLASH_BYTES);
    if (loaderFacts(chip).attachesFlash) flash.attach(0);
    const memory = createChipRegisters({
      chip,
      mac,
      revision,
      secure,
      nor: new NorChip(flash),
      onPower: (isOn) => (flash.hasPower = isOn),
      baudRate: () => this.#baudRate,
      onReset: (when) => (this.#repliesLeft = when === 'now' ? 1 : 2),
    });
    return {
      chip,
      secure,
      flash,
      memory,
      target: TARGETS[chip],
      facts: loaderFacts(chip),
      upload: new RamUpload(memory),
      wait,
      setBaudRate: (baudRate) => {
        this.#baudRate = baudRate;
        around.setBaudRate(baudRate);
      },
      sendFrame: (bytes) => around.send(encodeSlip(bytes)),
      run: (entry) => this.#run(entry),
      restart: (into) => this.#restart(into),
    };
  }
}

async function answerTo(loader: Loader, frame: Uint8Array, opcode: number): Promise<Answer | undefined> {
  try {
    return await loader.answer(parseRequest(frame));
  } catch (error) {
    if (error instanceof SerialProtocolError) return loader.refuse(opcode);
    throw error;
  }
}
