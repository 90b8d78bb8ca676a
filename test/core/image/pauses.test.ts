import { expect } from 'chai';
import { md5Hex, md5HexPaced } from '../../../src/core/bytes/md5.ts';
import { HELPING_BYTES, Pacer } from '../../../src/core/bytes/pacer.ts';
import { extractApplication } from '../../../src/core/image/extract-application.ts';
import { identifyFirmware } from '../../../src/core/image/inspect.ts';
import { Random, SEED } from '../../doubles/random.ts';
import { DEFAULT_ROWS, concat, espImage, esp8266V2Image, flash, hexFile, partitionTable, smallBootloader, uf2, utf8 } from './builders.ts';

const MIB = 2 ** 20;
const random = new Random(SEED);
/** Random enough for every parser, and quickly made. */
const noise = (length: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(length);
  const sector = random.bytes(0x1000);
  for (let at = 0; at < length; at += sector.length) bytes.set(sector.subarray(0, length - at), at);
  return bytes;
};
const bigApp = () => espImage(0, [{ address: 0x3f40_0020, data: noise(3 * MIB) }]);

/** Counts what is done between two pauses. */
class CountingPacer extends Pacer {
  pauses = 0;
  total = 0;
  largest = 0;
  #since = 0;

  constructor() {
    super(() => Promise.resolve());
  }

  override isDue(bytes: number): boolean {
    this.#since += bytes;
    this.total += bytes;
    this.largest = Math.max(this.largest, this.#since);
    return super.isDue(bytes);
  }

  override async rest(): Promise<void> {
    this.pauses += 1;
    this.#since = 0;
    await super.rest();
  }
}

/** Each with how many bytes are looked at one by one, at least. */
const FILES: Readonly<Record<string, () => Promise<readonly [file: Uint8Array<ArrayBuffer>, least: number]>>> = {
  'a UF2 file of 2 MB': async () => [uf2(0x1_0000, noise(2 * MIB)), 4 * MIB],
  'an Intel HEX file of 2 MB': async () => [utf8(hexFile(0x1_0000, noise(2 * MIB))), 5 * MIB],
  'an Intel HEX file with megabytes of line ends': async () => {
    const lines = new Uint8Array(4 * MIB).fill(0x0a);
    return [concat(utf8(hexFile(0, Uint8Array.of(1))), lines), lines.length];
  },
  '16 MB that look encrypted': async () => [noise(16 * MIB), 16 * MIB],
  '16 MB of zeros': async () => [new Uint8Array(16 * MIB), 16 * MIB],
  '16 MB of an erased flash': async () => [new Uint8Array(16 * MIB).fill(0xff), 16 * MIB],
  '16 MB, erased up to the last byte': async () => [flash(16 * MIB, { [16 * MIB - 1]: Uint8Array.of(1) }), 16 * MIB],
  'an application of 3 MB': async () => [await bigApp(), 3 * MIB],
  'an ESP8266 image with a CRC': async () => [
    concat(esp8266V2Image(noise(MIB), [{ address: 0x4010_0000, data: noise(MIB) }]), Uint8Array.of(1, 2, 3, 4)),
    3 * MIB,
  ],
  'a merged image of 4 MB': async () => {
    const parts = { 0x1000: await smallBootloader(), 0x8000: partitionTable(DEFAULT_ROWS), 0x2_0000: await bigApp() };
    return [flash(4 * MIB, parts), 3 * MIB];
  },
};

describe('identifyFirmware() with others waiting', () => {
  for (const [name, make] of Object.entries(FILES)) {
    it(`rests at every helping of ${name}`, async () => {
      const [file, least] = await make();
      const pacer = new CountingPacer();
      const content = await identifyFirmware(file, pacer);
      expect(content).to.deep.equal(await identifyFirmware(file));
      expect(pacer.total, 'bytes worked on').to.be.at.least(least);
      expect(pacer.pauses).to.be.at.least(Math.floor(least / (2 * HELPING_BYTES)));
      expect(pacer.largest, 'between two pauses').to.be.below(2 * HELPING_BYTES);
    });
  }

  it('goes through a container once', async () => {
    const file = uf2(0x1_0000, noise(2 * MIB));
    const pacer = new CountingPacer();
    await identifyFirmware(file, pacer);
    // All of the file, and all of what is in it for what it looks like.
    expect(pacer.total).to.be.below(file.length + 2 * 2 * MIB);
  });

  it('takes an application out of a container in helpings too', async () => {
    const app = await bigApp();
    const file = uf2(0x1_0000, app);
    const pacer = new CountingPacer();
    const found = await extractApplication(file, await identifyFirmware(file), pacer);
    expect(found?.length).to.equal(app.length);
    expect(pacer.pauses).to.be.at.least(file.length / HELPING_BYTES - 1);
    expect(pacer.largest).to.be.below(2 * HELPING_BYTES);
  });
});

describe('Pacer', () => {
  it('stops for whoever does not want the result any more', async () => {
    const stop = new AbortController();
    let pauses = 0;
    const pause = async () => {
      pauses += 1;
      if (pauses === 2) stop.abort(new Error('enough'));
    };
    const error = await identifyFirmware(noise(8 * MIB), new Pacer(pause, stop.signal)).catch((error: unknown) => error);
    expect(error).to.have.property('message', 'enough');
    expect(pauses).to.equal(2);
  });

  it('gives all bytes in order', async () => {
    const bytes = noise(HELPING_BYTES + 5);
    const pieces: Uint8Array[] = [];
    for await (const piece of new Pacer().helpings(bytes)) pieces.push(piece);
    expect(pieces.map(({ length }) => length)).to.deep.equal([HELPING_BYTES, 5]);
    expect(concat(...pieces)).to.deep.equal(bytes);
  });

  it('sums as in one go', async () => {
    for (const length of [0, 1, HELPING_BYTES, 3 * HELPING_BYTES + 5]) {
      const bytes = noise(length);
      const pacer = new CountingPacer();
      expect(await md5HexPaced(bytes, pacer)).to.equal(md5Hex(bytes));
      expect(pacer.pauses, `${length}`).to.equal(Math.floor(length / HELPING_BYTES));
    }
  });

  it('does not rest where nobody waits', () => expect(new Pacer().isDue(10 * HELPING_BYTES)).to.equal(false));
});
