/** The ports that there are: those of Web Serial, as far as the person allowed them, and the cables of virtual devices. */
import { SerialError } from '../../app/usb/errors.ts';
import type { SerialPortHandle, SerialPortRegistry } from '../../app/usb/ports.ts';
import type { SerialPortLike } from '../../core/serial/port.ts';
import { portFault } from './port-faults.ts';

/** `navigator.serial`, as far as anybody here uses it. Source: https://wicg.github.io/serial/, `Serial`. */
export interface WebSerial {
  requestPort(): Promise<SerialPortLike>;
  getPorts(): Promise<readonly SerialPortLike[]>;
  /** The event's target is the port. */
  addEventListener(type: 'connect' | 'disconnect', listener: (event: Event) => void): void;
}

type RegistryEvent = Parameters<Parameters<SerialPortRegistry['subscribe']>[0]>[0];

interface PortRegistryParts {
  /** Absent where the browser has none. */
  readonly webSerial: WebSerial | undefined;
  readonly openVirtual: (deviceId: string) => SerialPortLike;
}

/** In browsers that have it. */
export function webSerialOf(navigator: Navigator): WebSerial | undefined {
  return 'serial' in navigator ? (navigator.serial as WebSerial) : undefined;
}

export class PortRegistry implements SerialPortRegistry {
  readonly #parts: PortRegistryParts;
  readonly #listeners = new Set<(event: RegistryEvent) => void>();
  /** A browser gives the same object for the same port; its handle keeps its id. */
  readonly #handles = new Map<SerialPortLike, SerialPortHandle>();
  readonly #virtual = new Map<string, SerialPortHandle>();
  #count = 0;

  constructor(parts: PortRegistryParts) {
    this.#parts = parts;
    parts.webSerial?.addEventListener('connect', (event) => this.#onEvent('connect', event));
    parts.webSerial?.addEventListener('disconnect', (event) => this.#onEvent('disconnect', event));
  }

  get supported(): boolean {
    return this.#parts.webSerial !== undefined;
  }

  async choose(): Promise<SerialPortHandle | undefined> {
    const { webSerial } = this.#parts;
    if (!webSerial) throw new SerialError('PERMISSION_DENIED', 'this browser has no Web Serial', { operation: 'choose' });
    try {
      return this.#handleOf(await webSerial.requestPort());
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotFoundError') return undefined;
      throw portFault(error);
    }
  }

  async remembered(): Promise<readonly SerialPortHandle[]> {
    const { webSerial } = this.#parts;
    if (!webSerial) return [];
    try {
      return (await webSerial.getPorts()).map((port) => this.#handleOf(port));
    } catch (error) {
      // A policy of the page that embeds this one.
      if (error instanceof DOMException && error.name === 'SecurityError') return [];
      throw portFault(error);
    }
  }

  virtual(deviceId: string): SerialPortHandle {
    const known = this.#virtual.get(deviceId);
    if (known) return known;
    const port = this.#parts.openVirtual(deviceId);
    const handle: SerialPortHandle = {
      id: `virtual:${deviceId}`,
      kind: 'virtual',
      // Another chip on the bench is another connector.
      get usb() {
        return port.getInfo();
      },
      port,
    };
    port.addEventListener('connect', () => this.#tell({ type: 'connect', handle }));
    port.addEventListener('disconnect', () => this.#tell({ type: 'disconnect', handle }));
    this.#virtual.set(deviceId, handle);
    return handle;
  }

  subscribe(listener: (event: RegistryEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #handleOf(port: SerialPortLike): SerialPortHandle {
    const known = this.#handles.get(port);
    if (known) return known;
    const handle: SerialPortHandle = { id: `usb:${++this.#count}`, kind: 'usb', usb: port.getInfo(), port };
    this.#handles.set(port, handle);
    return handle;
  }

  #onEvent(type: RegistryEvent['type'], { target }: Event): void {
    // Before the events bubbled from the port they were the registry's own and named nobody.
    if (isPort(target)) this.#tell({ type, handle: this.#handleOf(target) });
  }

  #tell(event: RegistryEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function isPort(target: unknown): target is SerialPortLike {
  return typeof target === 'object' && target !== null && 'getInfo' in target;
}
