import { expect } from 'chai';
import { type ChipFacts, CHIPS, FLASH_MODES } from '../../src/core/image/chips.ts';
import { encodeImage, type ImageDescription } from '../../src/core/image/encode-image.ts';
import { encodeRehearsal, findRehearsal, REHEARSALS } from '../../src/core/image/rehearsal.ts';

const HELLO_WORLDS = {
  'ESP32': 'esp32', 'ESP32-S2': 'esp32s2', 'ESP32-S3': 'esp32s3', 'ESP32-C3': 'esp32c3', 'ESP32-C6': 'esp32c6', 'ESP32-P4': 'esp32p4',
} as const; // prettier-ignore

/** Reads a real image independently of our parser, as far as `encodeImage` needs it. */
function describeImage(chip: ImageDescription['chip'], file: Uint8Array): ImageDescription {
  const view = new DataView(file.buffer, file.byteOffset);
  const facts: ChipFacts = CHIPS[chip];
  const segments = [];
  for (let index = 0, offset = 24; index < view.getUint8(1); index++) {
    const length = view.getUint32(offset + 4, true);
    segments.push({ loadAddress: view.getUint32(offset, true), data: file.subarray(offset + 8, offset + 8 + length) });
    offset += 8 + length;
  }
  return {
    chip,
    flashMode: FLASH_MODES[view.getUint8(2)]!,
    flashSize: facts.flashSizes[view.getUint8(3) >> 4]!,
    flashFrequency: facts.flashFrequencies[view.getUint8(3) & 0xf]!,
    entry: view.getUint32(4, true),
    minChipRevision: view.getUint16(15, true),
    maxChipRevision: view.getUint16(17, true),
    segments,
    appendHash: view.getUint8(23) === 1,
  };
}

const small = (change: Partial<ImageDescription> = {}): ImageDescription => ({
  chip: 'ESP32',
  flashMode: 'DIO',
  flashSize: '4MB',
  flashFrequency: '40m',
  entry: 0x40080000,
  minChipRevision: 101,
  segments: [{ loadAddress: 0x3f400020, data: encodeRehearsal('crash-at-boot') }],
  descriptor: { version: '1.2.3', projectName: 'p', date: 'Nov 19 2025', time: '18:02:11', idfVersion: 'v5.3.1', secureVersion: 7 },
  appendHash: true,
  ...change,
});

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('encodeImage()', () => {
  for (const [chip, folder] of Object.entries(HELLO_WORLDS)) {
    it(`re-encodes Espressif's hello_world for ${chip} byte for byte`, async function () {
      const answer = await fetch(`/shared-data/firmware/hello_world/${folder}/hello_world.bin`);
      if (!answer.ok) {
        console.log(`skipped: no real image for ${chip} here (${answer.status})`);
        this.skip();
      }
      const real = new Uint8Array(await answer.arrayBuffer());
      const ours = await encodeImage(describeImage(chip as ImageDescription['chip'], real));
      expect(ours.length).to.equal(real.length);
      expect(ours.findIndex((byte, index) => byte !== real[index])).to.equal(-1);
    });
  }

  it('puts the descriptor at 0x20, in front of the first segment', async () => {
    const file = await encodeImage(small());
    const view = new DataView(file.buffer);
    const text = (offset: number): string => new TextDecoder().decode(file.subarray(offset, file.indexOf(0, offset)));
    expect(view.getUint32(0x1c, true)).to.equal(256 + 48);
    expect(view.getUint32(0x20, true)).to.equal(0xabcd5432);
    expect(view.getUint32(0x24, true)).to.equal(7);
    expect([0x30, 0x50, 0x70, 0x80, 0x90].map(text)).to.deep.equal(['1.2.3', 'p', '18:02:11', 'Nov 19 2025', 'v5.3.1']);
  });

  it('fills both minimum-revision fields', async () => {
    const ofEsp32 = new DataView((await encodeImage(small({ minChipRevision: 301 }))).buffer);
    expect([ofEsp32.getUint8(14), ofEsp32.getUint16(15, true), ofEsp32.getUint16(17, true)]).to.deep.equal([3, 301, 0xffff]);
    const ofC3 = new DataView((await encodeImage(small({ chip: 'ESP32-C3', minChipRevision: 3 }))).buffer);
    expect([ofC3.getUint8(14), ofC3.getUint16(15, true)]).to.deep.equal([3, 3]);
  });

  it('ends every content length on a 16-byte block with the checksum last', async () => {
    for (let length = 0; length <= 36; length++) {
      const data = new Uint8Array(length).fill(0x11);
      const { descriptor: _, ...bare } = small({ segments: [{ loadAddress: 0x3ffb0000, data }], appendHash: false });
      const file = await encodeImage(bare);
      expect(file.length % 16, `${length} bytes`).to.equal(0);
      expect(file.at(-1), `${length} bytes`).to.equal(length % 2 === 0 ? 0xef : 0xfe);
      expect(file.length - (32 + Math.ceil(length / 4) * 4)).to.be.within(1, 16);
    }
  });

  it('refuses what the format cannot hold', async () => {
    const segment = { loadAddress: 0x3ffb0000, data: new Uint8Array(4) };
    expect(await rejection(encodeImage(small({ segments: Array.from({ length: 17 }, () => segment) })))).to.be.instanceOf(RangeError);
    expect(await rejection(encodeImage(small({ segments: [] })))).to.be.instanceOf(RangeError);
    expect(await rejection(encodeImage(small({ flashFrequency: '48m' })))).to.be.instanceOf(RangeError);
    const longVersion = { ...small().descriptor!, version: 'v'.repeat(32) };
    expect(await rejection(encodeImage(small({ descriptor: longVersion })))).to.be.instanceOf(RangeError);
  });
});

describe('findRehearsal()', () => {
  const withMarker = (marker: Uint8Array) => {
    const bytes = new Uint8Array(0x20 + 256 + marker.length);
    bytes.set(marker, 0x20 + 256);
    const segments = [{ offset: 0x20, length: bytes.length - 0x20, loadAddress: 0x3f400020, region: 'DROM' as const }];
    return { bytes, image: { segments, appDescriptor: {} as never } };
  };

  it('reads back every word that encodeRehearsal() writes', () => {
    for (const word of REHEARSALS) {
      const { bytes, image } = withMarker(encodeRehearsal(word));
      expect(findRehearsal(bytes, image)).to.equal(word);
    }
  });

  it('takes no marker, an unknown word and a cut one for healthy', () => {
    const unknown = encodeRehearsal('healthy');
    unknown.set(new TextEncoder().encode('explodes'), 16);
    const whole = encodeRehearsal('crash-at-boot');
    for (const marker of [new Uint8Array(0), new Uint8Array(48), unknown, whole.subarray(0, 20)]) {
      const { bytes, image } = withMarker(marker);
      expect(findRehearsal(bytes, image)).to.equal('healthy');
    }
  });

  it('ignores a marker in an image without a descriptor', () => {
    const { bytes, image } = withMarker(encodeRehearsal('crash-at-boot'));
    expect(findRehearsal(bytes, { segments: image.segments })).to.equal('healthy');
  });
});
