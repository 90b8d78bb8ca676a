import { expect } from 'chai';
import type { SerialPortHandle } from '../../../src/app/usb/ports.ts';
import type { SerialPortLike } from '../../../src/core/serial/port.ts';
import { IdbAdapterMemory } from '../../../src/io/serial/adapter-memory.ts';
import { PortRegistry } from '../../../src/io/serial/port-registry.ts';
import type { WebSerial } from '../../../src/io/serial/port-registry.ts';
import { OtterDatabaseHandle } from '../../../src/io/store/database.ts';
import { CP2102, desk, failure } from './desk.ts';

class FakeWebSerial implements WebSerial {
  ports: SerialPortLike[] = [];
  chosen: SerialPortLike | DOMException = new DOMException('No port selected by the user.', 'NotFoundError');
  readonly #listeners = new Map<string, (event: Event) => void>();
  async requestPort(): Promise<SerialPortLike> {
    if (this.chosen instanceof DOMException) throw this.chosen;
    return this.chosen;
  }
  async getPorts(): Promise<readonly SerialPortLike[]> {
    return this.ports;
  }
  addEventListener(type: string, listener: (event: Event) => void): void {
    this.#listeners.set(type, listener);
  }
  tell(type: string, target: unknown): void {
    this.#listeners.get(type)?.({ type, target } as Event);
  }
}

const noVirtual = (): never => expect.fail('no virtual device was asked for');

describe('PortRegistry', () => {
  it('keeps the id of a port while the page lives', async () => {
    const webSerial = new FakeWebSerial();
    const [first, second] = [desk().port, desk().port];
    webSerial.ports = [first, second];
    webSerial.chosen = second;
    const registry = new PortRegistry({ webSerial, openVirtual: noVirtual });
    const [one, two] = await registry.remembered();
    expect(one!.id).not.to.equal(two!.id);
    expect(await registry.choose()).to.equal(two);
    expect(two!.usb).to.deep.equal(CP2102);
    expect(registry.supported).to.equal(true);
  });

  it('knows nothing chosen from not allowed', async () => {
    const webSerial = new FakeWebSerial();
    const registry = new PortRegistry({ webSerial, openVirtual: noVirtual });
    expect(await registry.choose()).to.equal(undefined);
    webSerial.chosen = new DOMException('', 'SecurityError');
    expect(await failure(registry.choose())).to.equal('PERMISSION_DENIED');
  });

  it('works without Web Serial', async () => {
    const registry = new PortRegistry({ webSerial: undefined, openVirtual: noVirtual });
    expect(registry.supported).to.equal(false);
    expect(await registry.remembered()).to.deep.equal([]);
    expect(await failure(registry.choose())).to.equal('PERMISSION_DENIED');
  });

  it('tells of ports that come and go, real and virtual', async () => {
    const webSerial = new FakeWebSerial();
    const { port } = desk();
    const cable = desk().port;
    const registry = new PortRegistry({ webSerial, openVirtual: () => cable });
    const events: [string, SerialPortHandle][] = [];
    const end = registry.subscribe(({ type, handle }) => events.push([type, handle]));
    webSerial.tell('disconnect', port);
    const handle = registry.virtual('otter-1');
    expect(registry.virtual('otter-1')).to.equal(handle);
    expect([handle.id, handle.kind]).to.deep.equal(['virtual:otter-1', 'virtual']);
    cable.unplug();
    cable.plugIn();
    end();
    webSerial.tell('connect', port);
    expect(events.map(([type, { kind }]) => `${type} ${kind}`)).to.deep.equal(['disconnect usb', 'disconnect virtual', 'connect virtual']);
  });
});

describe('IdbAdapterMemory', () => {
  it('remembers by what kind of adapter it is', async () => {
    const database = new OtterDatabaseHandle(`adapters-${crypto.randomUUID()}`);
    let now = Date.UTC(2026, 0, 1);
    const memory = new IdbAdapterMemory(database, { now: () => now });
    expect(await memory.fastest(CP2102)).to.equal(undefined);
    await memory.remember(CP2102, 460_800);
    await memory.remember({}, 115_200);
    await memory.remember({ usbVendorId: 0x1a86, usbProductId: 0x55d4 }, 2_000_000);
    expect(await memory.fastest(CP2102)).to.equal(460_800);
    expect(await memory.fastest({})).to.equal(undefined);
    now += 23 * 3_600_000;
    expect(await memory.fastest(CP2102), 'on the same day').to.equal(460_800);
    now += 2 * 3_600_000;
    expect(await memory.fastest(CP2102), 'a day later').to.equal(undefined);
    for (const other of ['fast', 115_200, { baudRate: -1, at: now }]) {
      await (await database.open()).put('adapters', other, '10c4:ea60');
      expect(await memory.fastest(CP2102), JSON.stringify(other)).to.equal(undefined);
    }
    await database.close();
  });
});
