/** A chip in memory that answers as `ChipConnection`: erases sectors, programs bytes, hashes what is there, and can be hurt. */
import { SerialError } from '../../../src/app/usb/errors.ts';
import type { ChipConnection, ChipIdentity, ConnectOptions, TransferOptions } from '../../../src/app/usb/ports.ts';
import { md5Hex } from '../../../src/core/bytes/md5.ts';
import type { FakeWire } from './usb-doubles.ts';

export const CHIP_FLASH_BYTES = 0x40_0000;
const SECTOR = 0x1000;
const BLOCK = 0x4000;

export class FakeChip {
  readonly flash: Uint8Array<ArrayBuffer>;
  readonly calls: string[] = [];
  identity: ChipIdentity;
  loader: ChipConnection['loader'] = 'stub';
  reach = 0x100_0000;
  bootLog = '';
  connects = 0;
  /** Called before each block is written, with the bytes written so far by this connection. */
  onBlock: (written: number) => void = () => undefined;
  refuse: Error | undefined;
  /** What is asked of it once it is connected ends with this. */
  deaf: Error | undefined;
  /** As a connection would notice before the next job. */
  isThere = true;
  /** Bits of the next programmed block at this address come out wrong, that many times. */
  badAt: { readonly offset: number; times: number } | undefined;

  constructor(flashBytes: number) {
    this.flash = new Uint8Array(flashBytes).fill(0xff);
    this.identity = {
      chip: 'ESP32',
      description: 'ESP32-D0WD-V3',
      revision: 301,
      features: [],
      mac: 'a0:b1:c2:d3:e4:f5',
      crystalMhz: 40,
      flash: { manufacturer: 'Winbond', jedecId: 'ef4016', bytes: flashBytes },
      security: { flashEncryption: false, secureBoot: false, secureDownload: false },
      connection: 'uart',
    };
  }

  put(offset: number, bytes: Uint8Array): void {
    this.flash.set(bytes, offset);
  }

  async connect(wire: FakeWire, { baudRate, onStep, signal }: ConnectOptions): Promise<ChipConnection> {
    this.connects += 1;
    this.isThere = true;
    onStep?.({ step: 'reset', strategy: 'classic', attempt: 1 });
    onStep?.({ step: 'sync' });
    await Promise.resolve();
    signal.throwIfAborted();
    if (this.refuse) throw this.refuse;
    onStep?.({ step: 'identify', chip: this.identity.chip });
    wire.baudRate = baudRate;
    return new FakeConnection(this, wire);
  }
}

class FakeConnection implements ChipConnection {
  readonly identity: ChipIdentity;
  readonly loader: ChipConnection['loader'];
  readonly reach: number;
  readonly traffic = { sent: 0, received: 0, roundTrips: 0 };
  readonly #chip: FakeChip;
  readonly #wire: FakeWire;
  #written = 0;

  constructor(chip: FakeChip, wire: FakeWire) {
    this.#chip = chip;
    this.#wire = wire;
    this.identity = chip.identity;
    this.loader = chip.loader;
    this.reach = chip.reach;
  }

  get baudRate(): number {
    return this.#wire.baudRate;
  }

  isThere(): Promise<boolean> {
    return Promise.resolve(this.#chip.isThere);
  }

  async readFlash(offset: number, length: number, { signal, onProgress }: TransferOptions): Promise<Uint8Array<ArrayBuffer>> {
    await this.#turn(signal, `read ${offset.toString(16)} ${length.toString(16)}`);
    onProgress?.(length, length);
    return this.#chip.flash.slice(offset, offset + length);
  }

  async md5(offset: number, length: number, { signal }: TransferOptions): Promise<string> {
    await this.#turn(signal, `md5 ${offset.toString(16)} ${length.toString(16)}`);
    return md5Hex(this.#chip.flash.subarray(offset, offset + length));
  }

  async writeFlash(offset: number, bytes: Uint8Array<ArrayBuffer>, { signal, onProgress }: TransferOptions): Promise<void> {
    await this.#turn(signal, `write ${offset.toString(16)} ${bytes.length.toString(16)}`);
    const { flash } = this.#chip;
    for (let at = 0; at < bytes.length; at += BLOCK) {
      const block = bytes.subarray(at, at + BLOCK);
      this.#chip.onBlock(this.#written);
      await this.#turn(signal);
      flash.fill(0xff, offset + at, offset + at + Math.ceil(block.length / SECTOR) * SECTOR);
      flash.set(block, offset + at);
      const bad = this.#chip.badAt;
      if (bad && bad.times > 0 && bad.offset >= offset + at && bad.offset < offset + at + block.length) {
        bad.times -= 1;
        flash[bad.offset]! ^= 1;
      }
      this.#written += block.length;
      this.traffic.sent += block.length;
      onProgress?.(at + block.length, bytes.length);
    }
  }

  async eraseRegion(offset: number, length: number, { signal, onProgress }: TransferOptions): Promise<void> {
    await this.#turn(signal, `erase ${offset.toString(16)} ${length.toString(16)}`);
    this.#chip.flash.fill(0xff, offset, offset + length);
    onProgress?.(length, length);
  }

  async eraseFlash({ signal }: TransferOptions): Promise<void> {
    await this.#turn(signal, 'erase flash');
    this.#chip.flash.fill(0xff);
  }

  async run(): Promise<void> {
    await this.#turn(undefined, 'run');
    const { bootLog } = this.#chip;
    setTimeout(() => this.#wire.print(bootLog), 0);
  }

  async #turn(signal: AbortSignal | undefined, call?: string): Promise<void> {
    if (call !== undefined) this.#chip.calls.push(call);
    this.traffic.roundTrips += 1;
    await Promise.resolve();
    signal?.throwIfAborted();
    if (this.#chip.deaf) throw this.#chip.deaf;
    if (this.#wire.isGone) throw new SerialError('PORT_GONE', 'the port is gone', {});
  }
}
