import { expect } from 'chai';
import { readLines } from '../../../src/core/ota/ndjson.ts';
import { DeviceProtocolError } from '../../../src/core/ota/protocol-error.ts';

function streamOf(pieces: readonly Uint8Array[], onCancel = (): void => undefined): ReadableStream<Uint8Array> {
  const queue = [...pieces];
  return new ReadableStream({
    pull(controller) {
      const piece = queue.shift();
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
    cancel: onCancel,
  });
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function all(stream: ReadableStream<Uint8Array>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(stream)) lines.push(line);
  return lines;
}

describe('readLines()', () => {
  it('gives the same lines wherever the stream is cut', async () => {
    const text = bytes('{"a":"é"}\r\n\n{"b":2}\n{"c":"€"}');
    for (let cut = 0; cut <= text.length; cut++) {
      expect(await all(streamOf([text.slice(0, cut), text.slice(cut)])), `cut at ${cut}`).to.deep.equal([
        '{"a":"é"}',
        '{"b":2}',
        '{"c":"€"}',
      ]);
    }
    expect(await all(streamOf([...text].map((byte) => Uint8Array.of(byte))))).to.have.length(3);
  });

  it('refuses a line without end before it fills the memory', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 4096;
        controller.enqueue(new Uint8Array(4096).fill(0x78));
      },
    });
    const error = await all(endless).catch((error: unknown) => error);
    expect(error).to.be.instanceOf(DeviceProtocolError);
    expect(sent).to.be.below(100_000);
  });

  it('tells the other end when nobody reads any more', async () => {
    let wasCancelled = false;
    const stream = streamOf([bytes('1\n'), bytes('2\n'), bytes('3\n')], () => (wasCancelled = true) as unknown as void);
    for await (const line of readLines(stream)) if (line === '1') break;
    expect(wasCancelled).to.equal(true);
  });

  it('gives the stream’s own error', async () => {
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new TypeError('network error')) });
    expect(await all(broken).catch((error: unknown) => error)).to.be.instanceOf(TypeError);
  });
});
