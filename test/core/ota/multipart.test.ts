import { expect } from 'chai';
import { MultipartError, multipartBoundary, parseMultipart } from '../../../src/core/ota/multipart.ts';
import { Random } from '../../doubles/random.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const join = (...pieces: Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  pieces.reduce((at, piece) => (whole.set(piece, at), at + piece.length), 0);
  return whole;
};

async function* inPieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    yield bytes.subarray(from, to);
    from = to;
  }
}

interface Read {
  readonly name: string;
  readonly fileName: string | undefined;
  readonly contentType: string | undefined;
  readonly bytes: Uint8Array;
}

async function readAll(source: AsyncIterable<Uint8Array>, boundary: string): Promise<Read[]> {
  const parts: Read[] = [];
  for await (const { name, fileName, contentType, body } of parseMultipart(source, boundary)) {
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece.slice());
    parts.push({ name, fileName, contentType, bytes: join(...pieces) });
  }
  return parts;
}

async function failure(run: Promise<unknown>): Promise<unknown> {
  return await run.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const BOUNDARY = '----x';
const partOf = (head: string, body: Uint8Array): Uint8Array => join(encode(`--${BOUNDARY}\r\n${head}\r\n\r\n`), body, encode('\r\n'));
const END = encode(`--${BOUNDARY}--\r\n`);

describe('parseMultipart()', () => {
  // Looks like a delimiter again and again, and is none.
  const tricky = encode('\r\n\r\r\n--\r\n----\r\n----y\r\n-----x\r\r\n');
  const form = join(
    partOf('Content-Disposition: form-data; name="note"', encode('hello')),
    partOf('Content-Disposition: form-data; name="firmware"; filename="a%22b.bin"\r\nContent-Type: application/octet-stream', tricky),
    partOf('content-disposition: form-data; name=empty', new Uint8Array(0)),
    END,
  );

  it('reads the same parts wherever the body is split', async () => {
    for (let cut = 0; cut <= form.length; cut++) {
      const parts = await readAll(inPieces(form, [cut]), BOUNDARY);
      expect(
        parts.map(({ name, fileName }) => [name, fileName]),
        `cut at ${cut}`,
      ).to.deep.equal([
        ['note', undefined],
        ['firmware', 'a"b.bin'],
        ['empty', undefined],
      ]);
      expect(parts[1]!.bytes, `cut at ${cut}`).to.deep.equal(tricky);
      expect(parts[1]!.contentType).to.equal('application/octet-stream');
    }
  });

  it('reads it byte by byte', async () => {
    const cuts = Array.from({ length: form.length - 1 }, (_, i) => i + 1);
    expect((await readAll(inPieces(form, cuts), BOUNDARY))[1]!.bytes).to.deep.equal(tricky);
  });

  it('says that it ends too early wherever it is cut off, and nothing else', async () => {
    for (let end = 0; end < form.length - 2; end++) {
      const error = await failure(readAll(inPieces(form.subarray(0, end), []), BOUNDARY));
      expect(error, `ended at ${end}`).to.be.instanceOf(MultipartError).with.property('code', 'MULTIPART_TRUNCATED');
    }
  });

  it('takes back random forms as they were written (seed 3)', async () => {
    const random = new Random(3);
    for (let round = 0; round < 200; round++) {
      const bodies = Array.from({ length: 1 + random.below(4) }, () => {
        const bytes = random.bytes(random.below(600));
        return random.below(2) ? bytes : bytes.map((byte) => random.pick([0x0d, 0x0a, 0x2d, byte]));
      });
      const whole = join(...bodies.map((body, i) => partOf(`Content-Disposition: form-data; name="f${i}"`, body)), END);
      const cuts = Array.from({ length: random.below(12) }, () => random.below(whole.length)).sort((a, b) => a - b);
      const parts = await readAll(inPieces(whole, cuts), BOUNDARY);
      expect(
        parts.map(({ bytes }) => [...bytes]),
        `seed 3, round ${round}`,
      ).to.deep.equal(bodies.map((body) => [...body]));
    }
  });

  it('lets only its own error out of flipped bytes (seed 4)', async () => {
    const random = new Random(4);
    for (let round = 0; round < 500; round++) {
      const broken = form.slice();
      for (let i = 0; i <= random.below(3); i++) broken[random.below(broken.length)] = random.u32();
      const error = await failure(readAll(inPieces(broken, [random.below(broken.length)]), BOUNDARY));
      if (error !== undefined) expect(error, `seed 4, round ${round}`).to.be.instanceOf(MultipartError);
    }
  });

  it('reads what browsers write', async () => {
    const data = new FormData();
    data.append('password', 'ädmin "1"');
    data.append('firmware', new Blob([tricky as Uint8Array<ArrayBuffer>]), 'ünï "x".bin');
    const request = new Request('http://x/', { method: 'POST', body: data });
    const boundary = multipartBoundary(request.headers.get('content-type')) ?? '';
    const bytes = new Uint8Array(await request.arrayBuffer());
    const parts = await readAll(inPieces(bytes, [40]), boundary);
    expect(new TextDecoder().decode(parts[0]!.bytes)).to.equal('ädmin "1"');
    expect(parts[1]).to.include({ name: 'firmware', fileName: 'ünï "x".bin' });
    expect(parts[1]!.bytes).to.deep.equal(tricky);
  });

  it('bounds headers, preamble and number of parts', async () => {
    const code = async (bytes: Uint8Array): Promise<unknown> =>
      ((await failure(readAll(inPieces(bytes, []), BOUNDARY))) as MultipartError).code;
    expect(await code(partOf(`Content-Disposition: form-data; name="${'n'.repeat(9_000)}"`, tricky))).to.equal('MULTIPART_TOO_LARGE');
    expect(await code(join(new Uint8Array(10_000), form))).to.equal('MULTIPART_TOO_LARGE');
    expect(await code(join(...Array.from({ length: 33 }, () => partOf('Content-Disposition: form-data; name=a', tricky)), END))).to.equal(
      'MULTIPART_TOO_LARGE',
    );
    expect(await code(encode(`--${BOUNDARY}\r\n\r\n\r\n--${BOUNDARY}--`))).to.equal('MULTIPART_MALFORMED');
    expect(await code(encode(`--${BOUNDARY}?!`))).to.equal('MULTIPART_MALFORMED');
    expect(await failure(readAll(inPieces(form, []), ''))).to.be.instanceOf(MultipartError);
  });

  it('skips what is not read of a part, and gives the source back when it is left', async () => {
    let isReturned = false;
    const source = (async function* () {
      try {
        yield* inPieces(form, [30, 60, 90]);
        yield new Uint8Array(1);
      } finally {
        isReturned = true;
      }
    })();
    const names: string[] = [];
    for await (const { name } of parseMultipart(source, BOUNDARY)) {
      names.push(name);
      if (name === 'firmware') break;
    }
    expect(names).to.deep.equal(['note', 'firmware']);
    expect(isReturned).to.equal(true);
  });
});

describe('multipartBoundary()', () => {
  it('finds the boundary, quoted or not, and none elsewhere', () => {
    expect(multipartBoundary('multipart/form-data; boundary=abc')).to.equal('abc');
    expect(multipartBoundary('Multipart/Form-Data; charset=utf-8; Boundary="a b"')).to.equal('a b');
    for (const other of [
      null,
      '',
      'text/plain; boundary=abc',
      'multipart/form-data',
      'multipart/form-data; boundary=""',
      `multipart/form-data; boundary=${'x'.repeat(71)}`,
    ]) {
      expect(multipartBoundary(other), String(other)).to.equal(undefined);
    }
  });
});
