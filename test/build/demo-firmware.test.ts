import { expect } from 'chai';
import { describeDemoFirmware, type DemoIndexEntry, generateDemoFirmware } from '../../build/demo-firmware/generate.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { sha256, sha256Hex } from '../../src/core/bytes/sha256.ts';
import { parseImage } from '../../src/core/image/image.ts';
import type { EspImage } from '../../src/core/image/model.ts';
import { findRehearsal } from '../../src/core/image/rehearsal.ts';

async function load(fileName: string): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await fetch(`/demo/${fileName}`);
  expect(answer.status, fileName).to.equal(200);
  return new Uint8Array(await answer.arrayBuffer());
}

const loadIndex = async (): Promise<DemoIndexEntry[]> => JSON.parse(new TextDecoder().decode(await load('index.json')));

const regions = (image: EspImage): string[] => image.segments.map(({ region }) => region);

async function gzipRatio(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return (await new Response(packed).arrayBuffer()).byteLength / bytes.length;
}

/** How much of `next` stands unchanged, at any word, somewhere in `base`. */
function shareFoundIn(base: Uint8Array, next: Uint8Array, window: number): number {
  const key = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + window));
  const known = new Set<string>();
  for (let at = 0; at + window <= base.length; at += 4) known.add(key(base, at));
  let found = 0;
  let windows = 0;
  for (let at = 0; at + window <= next.length; at += window, windows++) if (known.has(key(next, at))) found++;
  return found / windows;
}

/** A change here is a decision: every visitor's library would hold two files that claim to be the same release. */
const PINNED = [
  '2d30022690a487e9 greenhouse-node-1.0.0.bin',
  '19067c60d5660443 greenhouse-node-1.1.0.bin',
  '3a70ef00469ad592 greenhouse-node-1.2.0-crash.bin',
  '6bfbfbd31ba74f6a greenhouse-node-1.1.0-esp32c3.bin',
  'c0516b6b04828b6e greenhouse-node-1.1.0-corrupted.bin',
];

describe('the demo firmware', () => {
  it('is listed in index.json with its size and SHA-256', async () => {
    const index = await loadIndex();
    expect(index.map(({ fileName }) => fileName)).to.deep.equal([
      'greenhouse-node-1.0.0.bin',
      'greenhouse-node-1.1.0.bin',
      'greenhouse-node-1.2.0-crash.bin',
      'greenhouse-node-1.1.0-esp32c3.bin',
      'greenhouse-node-1.1.0-corrupted.bin',
    ]);
    for (const { fileName, title, purpose, size, sha256: expected } of index) {
      const bytes = await load(fileName);
      expect([fileName, bytes.length, await sha256Hex(bytes)]).to.deep.equal([fileName, size, expected]);
      expect(title).to.match(/^greenhouse-node \d/);
      expect(purpose).to.match(/\.$/);
    }
  });

  it('is the same in every run and engine: generated twice here, it equals what the build served', async () => {
    const [first, second] = [await generateDemoFirmware(), await generateDemoFirmware()];
    expect(await describeDemoFirmware(first)).to.deep.equal(await loadIndex());
    expect(await describeDemoFirmware(second)).to.deep.equal(await describeDemoFirmware(first));
  });

  it('is pinned: histories, screenshots and bug reports all speak of the same bytes', async () => {
    const index = await loadIndex();
    expect(index.map((entry) => `${entry.sha256.slice(0, 16)} ${entry.fileName}`)).to.deep.equal(PINNED);
  });

  for (const [version, kilobytes] of [
    ['1.0.0', 904.5],
    ['1.1.0', 912],
    ['1.2.0-crash', 915],
  ] as const) {
    it(`${version} is a valid ESP32 image of about ${kilobytes} KB that fills its regions as ESP-IDF does`, async () => {
      const bytes = await load(`greenhouse-node-${version}.bin`);
      const image = await parseImage(bytes);
      expect(image.chip).to.equal('ESP32');
      expect(image.checksum.valid && image.appendedHash?.valid).to.equal(true);
      expect(image.imageLength).to.equal(bytes.length);
      expect(bytes.length / 1024).to.be.closeTo(kilobytes, 4);
      expect(regions(image)).to.deep.equal(['DROM', 'DRAM', 'IRAM', 'IROM', 'IRAM']);
      expect(image.appDescriptor).to.deep.include({ version, projectName: 'greenhouse-node', secureVersion: 0, isArduinoLibrary: false });
      expect(image.appDescriptor?.builtAtMs).to.be.within(Date.UTC(2025, 9, 1), Date.UTC(2025, 11, 1));
      for (const { offset, loadAddress, region } of image.segments) {
        if (region === 'DROM' || region === 'IROM') expect(offset % 0x10000, region).to.equal(loadAddress % 0x10000);
      }
      const lastIram = image.segments.at(-1)!;
      expect(lastIram.loadAddress).to.equal(0x40080000 + image.segments[2]!.length);
    });
  }

  it('enters at code in IRAM', async () => {
    for (const { fileName } of await loadIndex()) {
      const image = await parseImage(await load(fileName)).catch(() => undefined);
      const home = image?.segments.find(({ loadAddress, length }) => image.entry >= loadAddress && image.entry < loadAddress + length);
      if (image) expect(home?.region, fileName).to.equal('IRAM');
    }
  });

  it('compresses like real machine code', async () => {
    expect(await gzipRatio(await load('greenhouse-node-1.0.0.bin'))).to.be.within(0.5, 0.68);
    expect(await gzipRatio(await load('greenhouse-node-1.1.0-esp32c3.bin'))).to.be.within(0.5, 0.68);
  });

  it('changes from 1.0.0 to 1.1.0 as a minor release does: code moved, addresses resolved anew, most bytes known', async () => {
    const [base, next] = await Promise.all([load('greenhouse-node-1.0.0.bin'), load('greenhouse-node-1.1.0.bin')]);
    let equalSectors = 0;
    for (let at = 0; at < base.length; at += 4096) {
      const sector = base.subarray(at, at + 4096);
      if (sector.every((byte, index) => byte === next[at + index])) equalSectors++;
    }
    // Insertions shift nearly everything behind them, so in-place comparison saves little …
    expect(equalSectors).to.be.within(3, 60);
    // … while most of the code is there, only elsewhere, which is what a delta lives on.
    expect(shareFoundIn(base, next, 32)).to.be.within(0.65, 0.9);
    expect(shareFoundIn(base, next, 8)).to.be.above(0.85);
  });

  it('says in its marker what the virtual board shall rehearse', async () => {
    const rehearsalOf = async (fileName: string): Promise<string> => {
      const bytes = await load(fileName);
      return findRehearsal(bytes, await parseImage(bytes));
    };
    expect(await rehearsalOf('greenhouse-node-1.0.0.bin')).to.equal('healthy');
    expect(await rehearsalOf('greenhouse-node-1.1.0.bin')).to.equal('healthy');
    expect(await rehearsalOf('greenhouse-node-1.2.0-crash.bin')).to.equal('crash-at-boot');
  });

  it('has a wrong-chip file that is intact, for an ESP32-C3', async () => {
    const image = await parseImage(await load('greenhouse-node-1.1.0-esp32c3.bin'));
    expect([image.chip, image.minChipRevision, image.checksum.valid, image.appendedHash?.valid]).to.deep.equal(['ESP32-C3', 3, true, true]);
    expect(regions(image)).to.deep.equal(['DROM', 'DRAM', 'IRAM', 'IROM', 'IRAM']);
  });

  it('has a corrupted file: 1.1.0 with one damaged run, so that checksum and hash are both wrong', async () => {
    const [good, bad] = await Promise.all([load('greenhouse-node-1.1.0.bin'), load('greenhouse-node-1.1.0-corrupted.bin')]);
    const damaged = [...bad.keys()].filter((at) => bad[at] !== good[at]);
    expect(damaged.length).to.be.within(1, 64);
    expect(damaged.at(-1)! - damaged[0]!).to.be.below(64);
    const xorOfDamage = damaged.reduce((sum, at) => sum ^ bad[at]! ^ good[at]!, 0);
    expect(xorOfDamage, 'the checksum sees it').to.not.equal(0);
    expect(toHex(bad.subarray(-32))).to.not.equal(toHex(await sha256(bad.subarray(0, -32))));
  });

  it('answers 404 for a demo file that is none', async () => {
    expect((await fetch('/demo/greenhouse-node-9.9.9.bin')).status).to.equal(404);
  });
});
