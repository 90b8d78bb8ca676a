import { expect } from 'chai';
import { SerialProtocolError } from '../../../src/core/serial/serial-error.ts';
import { encodeSlip, SlipDecoder } from '../../../src/core/serial/slip.ts';
import { SEED, withSeed, type Random } from '../../doubles/random.ts';

const bytes = (...values: readonly number[]) => Uint8Array.from(values);
const ascii = (text: string) => new TextEncoder().encode(text);

/** Straight from RFC 1055, one byte after the other. */
function reference(data: Uint8Array): Uint8Array {
  const frame = [0xc0];
  for (const byte of data) {
    if (byte === 0xc0) frame.push(0xdb, 0xdc);
    else if (byte === 0xdb) frame.push(0xdb, 0xdd);
    else frame.push(byte);
  }
  return Uint8Array.from([...frame, 0xc0]);
}

/** From "no special byte" to "nothing but". */
function someData(random: Random, maxLength: number): Uint8Array {
  const density = random.pick([0, 1, 4, 40, 128, 256]);
  const special = () => random.pick([0xc0, 0xdb, 0xdc, 0xdd]);
  return Uint8Array.from({ length: random.below(maxLength) }, () => (random.below(256) < density ? special() : random.below(256)));
}

function decode(stream: Uint8Array, chunkLength: () => number) {
  const text: number[] = [];
  const faults: SerialProtocolError[] = [];
  const decoder = new SlipDecoder({ onText: (piece) => text.push(...piece), onFault: (error) => faults.push(error) });
  const frames: Uint8Array[] = [];
  for (let at = 0; at < stream.length;) {
    const next = at + chunkLength();
    frames.push(...decoder.push(stream.subarray(at, next)));
    at = next;
  }
  return { frames, text: Uint8Array.from(text), faults };
}

describe('encodeSlip()', () => {
  it('escapes END and ESCAPE and nothing else', () => {
    expect(encodeSlip(bytes(0xc0, 0xdb, 0xdc, 0xdd, 0))).to.deep.equal(bytes(0xc0, 0xdb, 0xdc, 0xdb, 0xdd, 0xdc, 0xdd, 0, 0xc0));
  });

  it('puts one frame around all parts', () => {
    expect(encodeSlip(bytes(1), bytes(), bytes(0xc0))).to.deep.equal(bytes(0xc0, 1, 0xdb, 0xdc, 0xc0));
    expect(encodeSlip()).to.deep.equal(bytes(0xc0, 0xc0));
  });

  it('agrees with the specification on data of every density', () =>
    withSeed(SEED, (random) => {
      for (let run = 0; run < 300; run++) {
        const data = someData(random, 700);
        const cut = random.below(data.length + 1);
        expect(encodeSlip(data.subarray(0, cut), data.subarray(cut))).to.deep.equal(reference(data));
      }
    }));
});

describe('SlipDecoder', () => {
  it('returns what was encoded, however the stream is cut', () =>
    withSeed(SEED + 1, (random) => {
      for (let run = 0; run < 200; run++) {
        const sent = Array.from({ length: 1 + random.below(5) }, () => someData(random, 500)).filter(({ length }) => length > 0);
        const stream = Uint8Array.from(sent.flatMap((data) => [...encodeSlip(data)]));
        const longest = random.pick([1, 2, 64, 2000]);
        const { frames, text, faults } = decode(stream, () => 1 + random.below(longest));
        expect(frames).to.deep.equal(sent);
        expect(text).to.have.length(0);
        expect(faults).to.have.length(0);
      }
    }));

  it('hands on what stands between frames as text, in order', () => {
    const stream = [...ascii('ets Jul 29\r\n'), ...encodeSlip(bytes(1, 2)), ...ascii('boot: '), ...encodeSlip(bytes(3)), ...ascii('x')];
    for (const length of [1, 3, 1000]) {
      const { frames, text } = decode(Uint8Array.from(stream), () => length);
      expect(frames).to.deep.equal([bytes(1, 2), bytes(3)]);
      expect(text).to.deep.equal(ascii('ets Jul 29\r\nboot: x'));
    }
  });

  it('frames are no views of the chunk', () => {
    const chunk = encodeSlip(bytes(1, 2, 3));
    const [frame] = new SlipDecoder().push(chunk);
    chunk.fill(0);
    expect(frame).to.deep.equal(bytes(1, 2, 3));
  });

  it('drops a frame with a broken escape, and reads on', () => {
    for (const broken of [
      [0xdb, 0x00],
      [0xdb, 0xdb, 0xdc],
      [1, 0xdb],
    ]) {
      for (const length of [1, 1000]) {
        const { frames, faults } = decode(bytes(0xc0, ...broken, 0xc0, 0xc0, 7, 0xc0), () => length);
        expect(frames).to.deep.equal([bytes(7)]);
        expect(faults.map(({ code }) => code)).to.deep.equal(['SLIP_ESCAPE']);
      }
    }
  });

  it('drops a frame that is too long without holding it, and reads on', () => {
    const faults: string[] = [];
    const decoder = new SlipDecoder({ maxFrame: 100, onFault: ({ code }) => faults.push(code) });
    expect(decoder.push(encodeSlip(new Uint8Array(100)))).to.have.length(1);
    decoder.push(bytes(0xc0));
    for (let i = 0; i < 1000; i++) expect(decoder.push(new Uint8Array(1000))).to.have.length(0);
    expect(decoder.push(bytes(0xc0, 0xc0, 7, 0xc0))).to.deep.equal([bytes(7)]);
    expect(faults).to.deep.equal(['SLIP_FRAME_TOO_LONG']);
  });

  it('counts decoded bytes: a frame of escapes may be as long as any other', () => {
    const decoder = new SlipDecoder({ maxFrame: 100 });
    expect(decoder.push(encodeSlip(new Uint8Array(100).fill(0xc0)))).to.have.length(1);
    expect(decoder.push(encodeSlip(new Uint8Array(101).fill(0xc0)))).to.have.length(0);
  });

  it('takes an empty frame for the start of the next, so a lost END costs one frame', () => {
    const stream = [...encodeSlip(bytes(1)), ...encodeSlip(bytes(2)).slice(0, -1), ...encodeSlip(bytes(3)), ...encodeSlip(bytes(4))];
    const { frames } = decode(Uint8Array.from(stream), () => 5);
    expect(frames).to.deep.equal([bytes(1), bytes(2), bytes(4)]);
  });

  it('reset() forgets the frame that has begun', () => {
    const decoder = new SlipDecoder();
    decoder.push(bytes(0xc0, 1, 0xdb));
    decoder.reset();
    expect(decoder.push(encodeSlip(bytes(2)))).to.deep.equal([bytes(2)]);
  });

  it('needs time that grows with the bytes only: tiny chunks of one large frame', () => {
    const data = new Uint8Array(0xffff).fill(0xdb);
    const { frames } = decode(encodeSlip(data), () => 1);
    expect(frames).to.deep.equal([data]);
  });
});
