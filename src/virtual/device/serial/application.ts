/**
 * The application of a virtual board on its serial port: it answers Improv, so that it can be given a Wi-Fi network. Its radio knows three
 * networks; where it is reached then, is the address of its web server.
 */
import {
  encodeImprov,
  encodeImprovInfo,
  encodeImprovNetwork,
  type ImprovCommand,
  type ImprovNetwork,
} from '../../../core/serial/improv.ts';
import { ImprovReader } from '../../../core/serial/improv-reader.ts';
import { ImageError } from '../../../core/image/image-error.ts';
import { isPowerLost } from '../../board.ts';
import type { VirtualDevice } from '../virtual-device.ts';

const NETWORKS: readonly ImprovNetwork[] = [
  { name: 'Riverbank', rssi: -47, secured: true },
  { name: 'Greenhouse', rssi: -63, secured: true },
  { name: 'Café am Ufer', rssi: -79, secured: false },
];
/** WPA2 (IEEE 802.11i): a passphrase has 8 to 63 characters. This radio believes every one of them. */
const PASSPHRASE = /^.{8,63}$/s;
const JOIN_MS = 1_400;
const SCAN_MS = 600;

export class Application {
  readonly #device: VirtualDevice;
  readonly #send: (bytes: Uint8Array) => void;
  #reader: ImprovReader;
  #life = new AbortController();

  constructor(device: VirtualDevice, send: (bytes: Uint8Array) => void) {
    this.#device = device;
    this.#send = send;
    this.#reader = this.#newReader();
  }

  /** It starts anew, or something else runs. */
  reset(): void {
    this.#life.abort();
    this.#life = new AbortController();
    this.#reader = this.#newReader();
  }

  receive(bytes: Uint8Array): void {
    if (this.#device.board.answersIn(this.#device.now) === 0) this.#reader.push(bytes);
  }

  #newReader(): ImprovReader {
    const { signal } = this.#life;
    return new ImprovReader({
      onPacket: (packet) => {
        if (packet.type !== 'command') return;
        this.#answer(packet.command, signal).catch(() => undefined);
      },
      onFault: () => this.#send(encodeImprov({ type: 'error', error: 'invalid-packet' })),
    });
  }

  async #answer(command: ImprovCommand, signal: AbortSignal): Promise<void> {
    switch (command.name) {
      case 'state':
        return this.#tellState();
      case 'info':
        return await this.#tellInfo();
      case 'scan':
        await this.#device.surroundings.clock.sleep(SCAN_MS, signal);
        for (const network of NETWORKS) this.#result('scan', encodeImprovNetwork(network));
        return this.#result('scan', []);
      case 'wifi':
        return await this.#join(command.network, command.password, signal);
    }
  }

  #tellState(): void {
    const isProvisioned = this.#device.board.network !== undefined;
    this.#send(encodeImprov({ type: 'state', state: isProvisioned ? 'provisioned' : 'ready' }));
    if (isProvisioned) this.#result('state', this.#address());
  }

  async #tellInfo(): Promise<void> {
    const { board } = this.#device;
    const found = board.running && (await board.imageIn(board.running));
    const descriptor = found instanceof ImageError ? undefined : found?.image.appDescriptor;
    const { name, bench } = board.state;
    const info = { firmware: descriptor?.projectName ?? '', version: descriptor?.version ?? '', chip: bench.chip, deviceName: name };
    this.#result('info', encodeImprovInfo(info));
  }

  async #join(name: string, password: string, signal: AbortSignal): Promise<void> {
    const device = this.#device;
    this.#send(encodeImprov({ type: 'state', state: 'provisioning' }));
    await device.surroundings.clock.sleep(JOIN_MS, signal);
    const network = NETWORKS.find((known) => known.name === name);
    if (!network || (network.secured && !PASSPHRASE.test(password))) {
      this.#send(encodeImprov({ type: 'error', error: 'unable-to-connect' }));
      this.#send(encodeImprov({ type: 'state', state: 'ready' }));
      return;
    }
    await device.exclusive(async () => {
      try {
        device.board.joinNetwork(network.name);
        device.board.log(device.now, 'I', `joined ${network.name}`);
      } catch (error) {
        if (!isPowerLost(error)) throw error;
        await device.powerLost();
      }
      await device.save();
    });
    if (signal.aborted) return;
    this.#send(encodeImprov({ type: 'state', state: 'provisioned' }));
    this.#result('wifi', this.#address());
  }

  #address(): readonly string[] {
    const { address } = this.#device.surroundings;
    return address === undefined ? [] : [address];
  }

  #result(command: ImprovCommand['name'], strings: readonly string[]): void {
    this.#send(encodeImprov({ type: 'result', command, strings }));
  }
}
