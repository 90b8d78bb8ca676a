import { expect } from 'chai';
import { openImprov } from '../../../src/app/usb/improv-client.ts';
import type { ImprovLine } from '../../../src/app/usb/improv-client.ts';
import { encodeImprov, encodeImprovInfo, encodeImprovNetwork, parseImprov } from '../../../src/core/serial/improv.ts';
import type { ImprovPacket } from '../../../src/core/serial/improv.ts';
import { OtterError } from '../../../src/core/errors.ts';
import { FakeClock } from './usb-doubles.ts';

const INFO = { firmware: 'greenhouse', version: '1.1.0', chip: 'ESP32', deviceName: 'Greenhouse' };
const answer = (command: 'wifi' | 'state' | 'info' | 'scan', strings: readonly string[]): ImprovPacket => ({
  type: 'result',
  command,
  strings,
});

/** A device that answers between the lines of its log; `replies` by the name of the command. */
class FakeDevice implements ImprovLine {
  readonly asked: ImprovPacket[] = [];
  readonly replies: Record<string, readonly ImprovPacket[]>;
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();

  constructor(replies: Record<string, readonly ImprovPacket[]>) {
    this.replies = { info: [answer('info', encodeImprovInfo(INFO))], ...replies };
  }
  tap(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  get listeners(): number {
    return this.#listeners.size;
  }
  async send(bytes: Uint8Array): Promise<void> {
    const packet = parseImprov(bytes.subarray(0, -1));
    this.asked.push(packet);
    const replies = packet.type === 'command' ? (this.replies[packet.command.name] ?? []) : [];
    for (const reply of replies) {
      this.#hear(new TextEncoder().encode('I (99) wifi: IMP or so\n'));
      for (const byte of encodeImprov(reply)) this.#hear(Uint8Array.of(byte));
    }
  }
  #hear(bytes: Uint8Array): void {
    for (const listener of this.#listeners) listener(bytes);
  }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing',
    (error: unknown) => (error instanceof OtterError ? error.code : String(error)),
  );
}

describe('Improv', () => {
  it('asks who is there', async () => {
    const client = await openImprov(new FakeDevice({}), new FakeClock());
    expect(client!.info).to.deep.equal(INFO);
  });

  it('finds nobody, and listens no longer', async () => {
    const device = new FakeDevice({ info: [] });
    expect(await openImprov(device, new FakeClock())).to.equal(undefined);
    expect(device.asked.length).to.be.above(1);
    expect(device.listeners).to.equal(0);
  });

  it('lists networks, the strongest first and each once', async () => {
    const network = (name: string, rssi: number) => answer('scan', encodeImprovNetwork({ name, rssi, secured: true }));
    const device = new FakeDevice({ scan: [network('far', -80), network('near', -60), network('near', -40), answer('scan', [])] });
    const client = await openImprov(device, new FakeClock());
    expect((await client!.scan()).map(({ name, rssi }) => [name, rssi])).to.deep.equal([
      ['near', -40],
      ['far', -80],
    ]);
  });

  it('joins a network and hands on only an address that a browser may open', async () => {
    for (const [said, expected] of [
      ['http://192.168.4.7/', 'http://192.168.4.7/'],
      ['javascript:alert(1)', undefined],
      ['', undefined],
    ] as const) {
      const device = new FakeDevice({ wifi: [{ type: 'state', state: 'provisioning' }, answer('wifi', said === '' ? [] : [said])] });
      const client = await openImprov(device, new FakeClock());
      expect(await client!.provision('near', 'secret')).to.equal(expected);
      expect(device.asked.at(-1)).to.deep.equal({ type: 'command', command: { name: 'wifi', network: 'near', password: 'secret' } });
    }
  });

  it('says what the device refused, and when it says nothing', async () => {
    const device = new FakeDevice({ wifi: [{ type: 'error', error: 'unable-to-connect' }] });
    const client = await openImprov(device, new FakeClock());
    expect(await codeOf(client!.provision('near', 'wrong'))).to.equal('IMPROV_REFUSED');
    expect(await codeOf(client!.scan())).to.equal('IMPROV_TIMEOUT');
    await client!.close();
    expect(device.listeners).to.equal(0);
  });
});
