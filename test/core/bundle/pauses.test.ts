import { expect } from 'chai';
import { HELPING_BYTES, Pacer } from '../../../src/core/bytes/pacer.ts';
import { md5Hex } from '../../../src/core/bytes/md5.ts';
import { readArchive } from '../../../src/core/bundle/archive.ts';
import { readBundle } from '../../../src/core/bundle/read-bundle.ts';
import { resolveBuild } from '../../../src/core/bundle/resolve.ts';
import { identifyFirmware } from '../../../src/core/image/inspect.ts';
import { Random, SEED } from '../../doubles/random.ts';
import { DEFAULT_ROWS, concat, flash, hexFile, partitionTable, smallApp, smallBootloader, uf2, utf8 } from '../image/builders.ts';
import { file, zip } from './builders.ts';

const MIB = 2 ** 20;
const noise = new Random(SEED).bytes(2 * MIB);
// One seed in 256 would make it an image.
noise[0] = 0;

/** How often `work` lets others have their turn. */
async function pausesOf(work: (pause: () => Promise<void>) => Promise<unknown>): Promise<number> {
  let pauses = 0;
  await work(async () => void (pauses += 1));
  return pauses;
}

/** Stored, of no bytes (RFC 1951, 3.2.4). */
const EMPTY_BLOCK = Uint8Array.of(0, 0, 0, 0xff, 0xff);
const LAST_EMPTY_BLOCK = Uint8Array.of(1, 0, 0, 0xff, 0xff);

/** One entry whose DEFLATE stream is `blocks`, of no bytes in the end. */
function deflatedToNothing(blocks: Uint8Array): Uint8Array<ArrayBuffer> {
  const archive = zip({ 'empty.bin': [blocks, { level: 0 }] });
  const view = new DataView(archive.buffer);
  const directory = view.getUint32(archive.length - 6, true);
  // Method, checksum and size: APPNOTE 4.3.7 and 4.3.12.
  for (const [method, checksum, size] of [
    [8, 14, 22],
    [directory + 10, directory + 16, directory + 24],
  ] as const) {
    view.setUint16(method, 8, true);
    view.setUint32(checksum, 0, true);
    view.setUint32(size, 0, true);
  }
  return archive;
}

const merged = async () =>
  flash(4 * MIB, { 0x1000: await smallBootloader(), 0x8000: partitionTable(DEFAULT_ROWS), 0x1_0000: await smallApp() });

describe('resolveBuild() with others waiting', () => {
  const FILES = {
    'x.uf2': async () => uf2(0x1_0000, noise),
    'x.hex': async () => utf8(hexFile(0x1_0000, noise)),
    'x.merged.bin': merged,
  };
  for (const [path, make] of Object.entries(FILES)) {
    it(`looks at ${path} once, with pauses`, async () => {
      const bytes = await make();
      const identified = await pausesOf((pause) => identifyFirmware(bytes, new Pacer(pause)));
      const resolved = await pausesOf(async (pause) => {
        const build = (await readBundle([file(path, bytes)])).builds[0]!;
        await resolveBuild(build, { chip: 'ESP32', pause });
      });
      expect(identified).to.be.at.least(3);
      expect(resolved).to.equal(identified);
    });
  }

  it('sums what has a stated MD5 in helpings', async () => {
    const part = { file: file('data.bin', concat(noise, Uint8Array.of(1))), offset: 0x1_0000 };
    const md5 = md5Hex(await part.file.read());
    const pausesFor = (parts: Parameters<typeof resolveBuild>[0]['parts']) =>
      pausesOf((pause) => resolveBuild({ chip: 'ESP32', parts }, { pause }));
    expect((await pausesFor([{ ...part, md5 }])) - (await pausesFor([part]))).to.be.at.least(noise.length / HELPING_BYTES - 1);
  });

  it('stops in the middle of a file when it is told to', async () => {
    const stop = new AbortController();
    const parts = [{ file: file('data.bin', noise), offset: 0x1_0000 }];
    const pause = async () => stop.abort(new Error('enough'));
    const error = await resolveBuild({ chip: 'ESP32', parts }, { pause, signal: stop.signal }).catch((error: unknown) => error);
    expect(error).to.have.property('message', 'enough');
  });
});

describe('readBundle() with others waiting', () => {
  it('pauses while it finds out for which chips the images of a release are', async () => {
    const release = [file('a.bin', noise), file('b.bin', noise)];
    expect(await pausesOf((pause) => readBundle(release, { pause }))).to.be.at.least((2 * noise.length) / HELPING_BYTES - 1);
  });

  it('unpacks no more than a quarter of an erased flash in one go', async () => {
    const flashBytes = 16 * MIB;
    const archive = zip({ 'flash.bin': new Uint8Array(flashBytes).fill(0xff) });
    const pauses = await pausesOf(async (pause) => (await readArchive(archive, 'x.zip', pause))[0]!.read());
    // The other ones are those of its checksum.
    expect(pauses - flashBytes / HELPING_BYTES).to.be.at.least(4);
  });

  it('pauses while it goes through an entry that becomes nothing, and stops when it is told to', async () => {
    const packed = concat(...Array.from({ length: 1000 }, () => EMPTY_BLOCK));
    const blocks = concat(...Array.from({ length: Math.ceil((2 * MIB) / packed.length) }, () => packed), LAST_EMPTY_BLOCK);
    const archive = deflatedToNothing(blocks);
    const pauses = await pausesOf(async (pause) => {
      expect(await (await readArchive(archive, 'x.zip', pause))[0]!.read()).to.deep.equal(new Uint8Array(0));
    });
    expect(pauses).to.be.at.least((2 * MIB) / HELPING_BYTES - 1);
    const stop = new AbortController();
    const [entry] = await readArchive(archive, 'x.zip', async () => stop.abort(new Error('enough')));
    expect(await entry!.read(stop.signal).catch((error: unknown) => error)).to.have.property('message', 'enough');
  });

  it('pauses while it sums a stored entry of an archive', async () => {
    const archive = zip({ 'app.bin': [noise, { level: 0 }] });
    const pauses = await pausesOf(async (pause) => (await readArchive(archive, 'x.zip', pause))[0]!.read());
    expect(pauses).to.be.at.least(noise.length / HELPING_BYTES - 1);
  });
});
