import { expect } from 'chai';
import { ImprovReader } from '../../../src/core/serial/improv-reader.ts';
import {
  encodeImprov,
  encodeImprovInfo,
  encodeImprovNetwork,
  IMPROV_ERRORS,
  IMPROV_STATES,
  parseImprov,
  parseImprovInfo,
  parseImprovNetwork,
  type ImprovErrorName,
  type ImprovPacket,
  type ImprovState,
} from '../../../src/core/serial/improv.ts';
import { SerialProtocolError } from '../../../src/core/serial/serial-error.ts';
import { SEED, withSeed } from '../../doubles/random.ts';

const ascii = (text: string) => new TextEncoder().encode(text);
const concat = (...pieces: readonly Uint8Array[]) => Uint8Array.from(pieces.flatMap((piece) => [...piece]));
/** Without its line feed. */
const frameOf = (packet: ImprovPacket) => encodeImprov(packet).subarray(0, -1);

const PACKETS: readonly ImprovPacket[] = [
  ...(Object.keys(IMPROV_STATES) as ImprovState[]).map((state) => ({ type: 'state' as const, state })),
  ...(Object.keys(IMPROV_ERRORS) as ImprovErrorName[]).map((error) => ({ type: 'error' as const, error })),
  { type: 'command', command: { name: 'wifi', network: 'Otter’s den', password: 'püssword\n' } },
  { type: 'command', command: { name: 'wifi', network: 'open', password: '' } },
  { type: 'command', command: { name: 'state' } },
  { type: 'command', command: { name: 'info' } },
  { type: 'command', command: { name: 'scan' } },
  { type: 'result', command: 'info', strings: ['ESPHome', '2024.1', 'ESP32-C3', 'lamp'] },
  { type: 'result', command: 'scan', strings: [] },
  { type: 'result', command: 'wifi', strings: ['http://192.168.4.2'] },
];

function read(stream: Uint8Array, chunkLength: () => number) {
  const packets: ImprovPacket[] = [];
  const faults: SerialProtocolError[] = [];
  const text: number[] = [];
  const reader = new ImprovReader({
    onPacket: (packet) => packets.push(packet),
    onText: (bytes) => text.push(...bytes),
    onFault: (error) => faults.push(error),
  });
  for (let at = 0; at < stream.length;) {
    const next = at + chunkLength();
    reader.push(stream.subarray(at, next));
    at = next;
  }
  reader.flush();
  return { packets, faults, text: Uint8Array.from(text) };
}

describe('Improv frames', () => {
  it('go both ways', () => {
    for (const packet of PACKETS) expect(parseImprov(frameOf(packet))).to.deep.equal(packet);
  });

  it('are those of the specification', () => {
    const example = concat(ascii('IMPROV'), Uint8Array.of(1, 3, 2, 2, 0));
    const checksum = example.reduce((sum, byte) => sum + byte, 0) & 0xff;
    expect(encodeImprov({ type: 'command', command: { name: 'state' } })).to.deep.equal(concat(example, Uint8Array.of(checksum, 0x0a)));
  });

  it('refuse texts that do not fit', () => {
    const wifi = (network: string, password: string): ImprovPacket => ({ type: 'command', command: { name: 'wifi', network, password } });
    expect(() => encodeImprov(wifi('x'.repeat(256), ''))).to.throw(RangeError);
    expect(() => encodeImprov(wifi('x'.repeat(128), 'y'.repeat(128)))).to.throw(RangeError);
  });

  it('cut, flipped or made up, they are a packet or a SerialProtocolError', () =>
    withSeed(SEED, (random) => {
      const survives = (frame: Uint8Array) => {
        try {
          parseImprov(frame);
        } catch (error) {
          if (!(error instanceof SerialProtocolError)) throw error;
        }
      };
      for (const packet of PACKETS) {
        const frame = frameOf(packet);
        for (let cut = 0; cut < frame.length; cut++) expect(() => parseImprov(frame.subarray(0, cut))).to.throw(SerialProtocolError);
        for (let bit = 0; bit < 8 * frame.length; bit++) {
          const flipped = frame.slice();
          flipped[bit >> 3]! ^= 1 << (bit & 7);
          expect(() => parseImprov(flipped)).to.throw(SerialProtocolError);
        }
      }
      for (let run = 0; run < 2000; run++) {
        const frame = concat(
          ascii('IMPROV'),
          Uint8Array.of(1, 1 + random.below(4)),
          Uint8Array.of(random.below(12)),
          random.bytes(random.below(14)),
          Uint8Array.of(0),
        );
        frame[8] = frame.length - 10;
        frame[frame.length - 1] = frame.subarray(0, -1).reduce((sum, byte) => (sum + byte) & 0xff, 0);
        survives(frame);
      }
    }));

  it('device information needs four texts, and loses its control characters', () => {
    const info = { firmware: 'a', version: '1', chip: 'ESP32', deviceName: 'lamp' };
    expect(parseImprovInfo(encodeImprovInfo(info))).to.deep.equal(info);
    expect(parseImprovInfo(['a\u001b[2J', '1', 'ESP32', 'lamp', 'more']).firmware).to.equal('a[2J');
    expect(() => parseImprovInfo(['a', 'b', 'c'])).to.throw(SerialProtocolError);
  });

  it('networks have a strength that is a number; an empty result ends the list', () => {
    const network = { name: 'den', rssi: -60, secured: true };
    expect(parseImprovNetwork(encodeImprovNetwork(network))).to.deep.equal(network);
    expect(parseImprovNetwork(['open', '-71', 'NO'])?.secured).to.equal(false);
    expect(parseImprovNetwork([])).to.equal(undefined);
    for (const strings of [['den'], ['den', '', 'YES'], ['den', '1e9', 'YES']]) {
      expect(() => parseImprovNetwork(strings)).to.throw(SerialProtocolError);
    }
  });
});

describe('ImprovReader', () => {
  it('picks frames out of console output, however it is cut', () =>
    withSeed(SEED, (random) => {
      for (let run = 0; run < 100; run++) {
        const parts = PACKETS.flatMap((packet) => [
          ascii(random.pick(['', 'I (312) wifi: ok\n', 'IMPR', 'IIMPROVE\r\n'])),
          encodeImprov(packet),
        ]);
        const longest = random.pick([1, 5, 300]);
        const { packets, text } = read(concat(...parts), () => 1 + random.below(longest));
        expect(packets).to.deep.equal(PACKETS);
        expect(text).to.deep.equal(concat(...parts.filter((_, i) => i % 2 === 0)));
      }
    }));

  it('a frame with a wrong checksum is text, and a true one within it is found', () => {
    const good = encodeImprov({ type: 'state', state: 'ready' });
    const liar = concat(ascii('IMPROV'), Uint8Array.of(1, 4, 40), good, new Uint8Array(40));
    const { packets, faults, text } = read(liar, () => 7);
    expect(packets).to.deep.equal([{ type: 'state', state: 'ready' }]);
    expect(faults.map(({ code }) => code)).to.deep.equal(['IMPROV_CHECKSUM']);
    expect(text.length).to.equal(liar.length - good.length);
  });

  it('loses no byte of hostile input and takes linear time for it', () => {
    const hostile = concat(...Array.from({ length: 20_000 }, () => concat(ascii('IMPROV'), Uint8Array.of(1, 4, 255))));
    const { packets, text } = read(hostile, () => 4096);
    expect(packets).to.have.length(0);
    expect(text).to.deep.equal(hostile);
  });
});
