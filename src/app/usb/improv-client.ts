/**
 * Improv over the console of a session: asks a device that just got its firmware who it is, which networks it sees, and to join one.
 * The device answers between the lines of its log, which go to the console all the same.
 */
import { encodeImprov, parseImprovInfo, parseImprovNetwork } from '../../core/serial/improv.ts';
import type { ImprovCommand, ImprovInfo, ImprovNetwork, ImprovPacket } from '../../core/serial/improv.ts';
import { ImprovReader } from '../../core/serial/improv-reader.ts';
import type { Clock } from '../ports.ts';
import type { ImprovSession } from './services.ts';
import { UsbError } from './usb-errors.ts';

/** A device that offers Improv answers within a few ms; one that still starts needs some seconds. */
const HELLO_MS = 1500;
const HELLO_TRIES = 4;
/** A scan of all channels. */
const SCAN_MS = 20_000;
/** Joining a network, with its DHCP. */
const JOIN_MS = 60_000;

export interface ImprovLine {
  send(bytes: Uint8Array): Promise<void>;
  /** Hears what the device sends; the returned function ends it. */
  tap(listener: (bytes: Uint8Array) => void): () => void;
}

type Handler = (packet: ImprovPacket) => 'done' | 'more';

/** `undefined`: nobody answers in Improv. */
export async function openImprov(line: ImprovLine, clock: Clock): Promise<ImprovClient | undefined> {
  const talk = new ImprovTalk(line, clock);
  for (let attempt = 0; attempt < HELLO_TRIES; attempt += 1) {
    const strings = await talk.result('info', HELLO_MS).catch((error: unknown) => {
      if (error instanceof UsbError && error.code === 'IMPROV_TIMEOUT') return undefined;
      talk.close();
      throw error;
    });
    if (strings) return new ImprovClient(talk, parseImprovInfo(strings));
  }
  talk.close();
  return undefined;
}

class ImprovClient implements ImprovSession {
  readonly info: ImprovInfo;
  readonly #talk: ImprovTalk;

  constructor(talk: ImprovTalk, info: ImprovInfo) {
    this.#talk = talk;
    this.info = info;
  }

  /** Strongest first, each name once. */
  async scan(): Promise<readonly ImprovNetwork[]> {
    const networks = new Map<string, ImprovNetwork>();
    await this.#talk.ask({ name: 'scan' }, SCAN_MS, (packet) => {
      if (packet.type !== 'result' || packet.command !== 'scan') return 'more';
      const network = parseImprovNetwork(packet.strings);
      if (!network) return 'done';
      const known = networks.get(network.name);
      if (!known || known.rssi < network.rssi) networks.set(network.name, network);
      return 'more';
    });
    return [...networks.values()].toSorted((a, b) => b.rssi - a.rssi);
  }

  async provision(network: string, password: string): Promise<string | undefined> {
    let address: string | undefined;
    await this.#talk.ask({ name: 'wifi', network, password }, JOIN_MS, (packet) => {
      if (packet.type !== 'result' || packet.command !== 'wifi') return 'more';
      address = packet.strings[0];
      return 'done';
    });
    return address === undefined || !isWebAddress(address) ? undefined : address;
  }

  async close(): Promise<void> {
    this.#talk.close();
  }
}

/** It comes from a device: a link is made of it only when it is one that a browser may open. */
function isWebAddress(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

/** One question at a time. */
class ImprovTalk {
  readonly #line: ImprovLine;
  readonly #clock: Clock;
  readonly #end: () => void;
  #handler: ((packet: ImprovPacket) => void) | undefined;

  constructor(line: ImprovLine, clock: Clock) {
    this.#line = line;
    this.#clock = clock;
    const reader = new ImprovReader({ onPacket: (packet) => this.#handler?.(packet) });
    this.#end = line.tap((bytes) => reader.push(bytes));
  }

  close(): void {
    this.#end();
  }

  async result(name: 'info' | 'state', timeoutMs: number): Promise<readonly string[]> {
    let strings: readonly string[] = [];
    await this.ask({ name }, timeoutMs, (packet) => {
      if (packet.type !== 'result' || packet.command !== name) return 'more';
      ({ strings } = packet);
      return 'done';
    });
    return strings;
  }

  /** Ends with the handler's `done`, an error of the device, or the time. */
  async ask(command: ImprovCommand, timeoutMs: number, handler: Handler): Promise<void> {
    if (this.#handler) throw new UsbError('USB_BUSY', 'one question at a time', { doing: 'improv' });
    const given = new AbortController();
    const answered = new Promise<void>((resolve, reject) => {
      this.#handler = (packet) => {
        if (packet.type === 'error' && packet.error !== 'none') return reject(refused(packet.error));
        try {
          if (handler(packet) === 'done') resolve();
        } catch (error) {
          reject(error as Error);
        }
      };
    });
    // Its error may come before the command is out.
    answered.catch(() => undefined);
    const timedOut = this.#clock.sleep(timeoutMs, given.signal).then(() => {
      throw new UsbError('IMPROV_TIMEOUT', `no answer to ${command.name}`, { command: command.name, timeoutMs });
    });
    try {
      await this.#line.send(encodeImprov({ type: 'command', command }));
      await Promise.race([answered, timedOut]);
    } finally {
      this.#handler = undefined;
      given.abort();
      timedOut.catch(() => undefined);
    }
  }
}

const refused = (reason: string): UsbError => new UsbError('IMPROV_REFUSED', `the device says ${reason}`, { reason });
