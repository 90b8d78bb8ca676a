/** A virtual chip in download mode on a bench: every reply is kept, time passes at once, and requests are written as a flasher would. */
import { type CommandName, encodeRequest, type LoaderReply, parseReply, type StatusLength } from '../../src/core/serial/packet.ts';
import { encodeDataBlock, encodeRegisterWrites, memBegin, memEnd, readReg, SYNC_PAYLOAD } from '../../src/core/serial/commands.ts';
import type { RegisterAccess } from '../../src/core/serial/register-field.ts';
import { encodeSlip, SlipDecoder } from '../../src/core/serial/slip.ts';
import type { VirtualChipName } from '../../src/virtual/chip-model.ts';
import { DownloadMode, type DownloadModeSurroundings } from '../../src/virtual/device/serial/download-mode.ts';
import { loaderFacts } from '../../src/virtual/device/serial/loader-facts.ts';
import { NorFlash } from '../../src/virtual/flash.ts';

export const FLASH_BYTES = 4 << 20;

export class DownloadChip {
  readonly flash: NorFlash;
  readonly mode: DownloadMode;
  readonly name: VirtualChipName;
  /** In order: rates, waits, ends. */
  readonly events: string[] = [];
  waitedMs = 0;
  statusLength: StatusLength = 4;
  #output: Uint8Array[] = [];
  readonly #decoder = new SlipDecoder();

  constructor(name: VirtualChipName, around: Partial<DownloadModeSurroundings> = {}) {
    this.name = name;
    this.flash = around.flash ?? new NorFlash(FLASH_BYTES);
    this.mode = new DownloadMode({
      chip: name,
      mac: '24:0a:c4:00:01:10',
      flash: this.flash,
      send: (bytes) => this.#output.push(bytes.slice()),
      setBaudRate: (rate) => this.events.push(`rate ${rate}`),
      wait: (ms) => {
        this.waitedMs += ms;
        return undefined;
      },
      onFlashChanged: () => void this.events.push('changed'),
      onPowerLost: () => this.events.push('power lost'),
      restart: () => this.events.push('restart'),
      ...around,
    });
  }

  /** Raw bytes in, raw bytes out. */
  async exchange(bytes: Uint8Array): Promise<Uint8Array> {
    await this.mode.receive(bytes);
    await this.mode.settle();
    const output = this.#output.splice(0);
    const joined = new Uint8Array(output.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of output) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  }

  async frames(bytes: Uint8Array): Promise<Uint8Array[]> {
    return this.#decoder.push(await this.exchange(bytes));
  }

  /** The only reply, or the last of several equal ones. */
  async ask(command: CommandName, payload?: Uint8Array): Promise<LoaderReply> {
    const frames = await this.frames(encodeSlip(encodeRequest(command, payload)));
    return parseReply(frames.at(-1)!, this.statusLength);
  }

  /** 0 = success. */
  async codeOf(command: CommandName, payload?: Uint8Array): Promise<number> {
    const { status } = await this.ask(command, payload);
    return status.failed ? status.code : 0;
  }

  async sync(): Promise<number> {
    return (await this.frames(encodeSlip(encodeRequest('SYNC', SYNC_PAYLOAD.slice())))).length;
  }

  /** As flashers come at them. */
  readonly registers: RegisterAccess = {
    read: async (address) => (await this.ask('READ_REG', readReg.encode({ address }))).value,
    write: async (...writes) => void (await this.ask('WRITE_REG', encodeRegisterWrites(writes))),
  };

  /** Uploads something small to where stubs live, and starts it. Returns what it says first. */
  async startStub(): Promise<string> {
    const [text] = loaderFacts(this.name).stubText;
    await this.ask('MEM_BEGIN', memBegin.encode({ size: 256, blocks: 1, blockSize: 0x1800, address: text }));
    await this.ask('MEM_DATA', encodeDataBlock({ sequence: 0, data: new Uint8Array(256).fill(0x13) }));
    const frames = await this.frames(encodeSlip(encodeRequest('MEM_END', memEnd.encode({ stay: 0, entry: text + 16 }))));
    this.statusLength = 2;
    return new TextDecoder().decode(frames[1]);
  }
}
