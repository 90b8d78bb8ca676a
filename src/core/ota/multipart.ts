/**
 * Reads `multipart/form-data` (RFC 7578, RFC 2046 §5.1) as it streams in: no part is ever held whole. Knows nothing of firmware.
 * Browsers write the bodies, but anyone may send one, so every length is bounded.
 */
import { concat } from '../bytes/concat.ts';
import { OtterError } from '../errors.ts';

export type MultipartErrorCode = 'MULTIPART_MALFORMED' | 'MULTIPART_TRUNCATED' | 'MULTIPART_TOO_LARGE';

export class MultipartError extends OtterError<MultipartErrorCode, { readonly rule: string }> {
  constructor(code: MultipartErrorCode, rule: string) {
    super(code, rule, { rule });
    this.name = 'MultipartError';
  }
}

export interface MultipartPart {
  /** The field's name; empty when the part has none. */
  readonly name: string;
  readonly fileName?: string;
  readonly contentType?: string;
  /** To be read before the next part is asked for; what is left unread is skipped then. */
  readonly body: AsyncIterable<Uint8Array>;
}

const MAX_HEADER_BYTES = 8192;
const MAX_PARTS = 32;
/** RFC 2046 §5.1.1: 1 to 70 characters; the set is wider here because devices are not strict either. */
const BOUNDARY = /^[\x20-\x7e]{1,70}$/;
const CR = 0x0d;

/** The boundary of a `Content-Type`; `undefined` when it is no multipart form. */
export function multipartBoundary(contentType: string | null): string | undefined {
  if (!contentType || !/^\s*multipart\/form-data\s*(;|$)/i.test(contentType)) return undefined;
  const match = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2] ?? '';
  return BOUNDARY.test(boundary) ? boundary : undefined;
}

/** @throws MultipartError (from the iteration, also of a part's body) when the bytes break the format or end too early. */
export async function* parseMultipart(source: AsyncIterable<Uint8Array>, boundary: string): AsyncGenerator<MultipartPart, void, undefined> {
  if (!BOUNDARY.test(boundary)) throw new MultipartError('MULTIPART_MALFORMED', 'boundary');
  const input = new DelimitedInput(source[Symbol.asyncIterator]());
  try {
    // The first delimiter may stand at the very start: give it the CRLF that the others have.
    input.prepend(Uint8Array.of(CR, 0x0a));
    const delimiter = ascii(`\r\n--${boundary}`);
    const preamble = input.until(delimiter, { bytes: MAX_HEADER_BYTES, rule: 'preamble' });
    while (!(await preamble.next()).done);
    for (let parts = 0; await hasNextPart(input); parts++) {
      if (parts >= MAX_PARTS) throw new MultipartError('MULTIPART_TOO_LARGE', `more than ${MAX_PARTS} parts`);
      const head = parsePartHead(await readHead(input));
      const body = input.until(delimiter);
      yield { ...head, body };
      while (!(await body.next()).done);
    }
  } finally {
    await input.close();
  }
}

/** After a delimiter: `--` ends the body, a line end starts a part. */
async function hasNextPart(input: DelimitedInput): Promise<boolean> {
  const [first, second] = await input.take(2);
  if (first === 0x2d && second === 0x2d) return false;
  if (first !== CR || second !== 0x0a) throw new MultipartError('MULTIPART_MALFORMED', 'delimiter line');
  return true;
}

async function readHead(input: DelimitedInput): Promise<string> {
  // A part without any header starts with the empty line that ends the header.
  input.prepend(Uint8Array.of(CR, 0x0a));
  let head = '';
  const decoder = new TextDecoder();
  for await (const piece of input.until(ascii('\r\n\r\n'), { bytes: MAX_HEADER_BYTES, rule: 'part header' })) {
    head += decoder.decode(piece, { stream: true });
  }
  return head;
}

function parsePartHead(head: string): Omit<MultipartPart, 'body'> {
  const header = (name: string): string | undefined => new RegExp(`^${name}[ \\t]*:[ \\t]*(.*)$`, 'im').exec(head)?.[1]?.trim();
  const disposition = header('content-disposition');
  if (disposition === undefined || !/^form-data\b/i.test(disposition))
    throw new MultipartError('MULTIPART_MALFORMED', 'content-disposition');
  const fileName = parameter(disposition, 'filename');
  const contentType = header('content-type');
  return {
    name: parameter(disposition, 'name') ?? '',
    ...(fileName !== undefined && { fileName }),
    ...(contentType !== undefined && { contentType }),
  };
}

/** Browsers write `"`, CR and LF in names as %22, %0D and %0A (HTML "multipart/form-data encoding algorithm"). */
function parameter(disposition: string, name: string): string | undefined {
  const match = new RegExp(`;[ \\t]*${name}[ \\t]*=[ \\t]*(?:"([^"]*)"|([^\\s;]+))`, 'i').exec(disposition);
  const value = match?.[1] ?? match?.[2];
  return value?.replace(/%22|%0D|%0A/gi, (escape) => String.fromCharCode(Number.parseInt(escape.slice(1), 16)));
}

const NO_LIMIT = { bytes: Infinity, rule: '' };

/** Bytes on demand, and everything up to a delimiter without ever holding more than one piece and a delimiter. */
class DelimitedInput {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(source: AsyncIterator<Uint8Array>) {
    this.#source = source;
  }

  prepend(bytes: Uint8Array): void {
    this.#held = concat([bytes, this.#held]);
  }

  async take(count: number): Promise<Uint8Array> {
    while (this.#held.length < count) await this.#more();
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }

  /** Yields what stands before the delimiter and swallows the delimiter. */
  async *until(delimiter: Uint8Array, limit = NO_LIMIT): AsyncGenerator<Uint8Array, void, undefined> {
    for (let seen = 0; ;) {
      const at = indexOf(this.#held, delimiter);
      if (seen + Math.max(0, at) > limit.bytes) throw new MultipartError('MULTIPART_TOO_LARGE', limit.rule);
      if (at >= 0) {
        const last = this.#held.subarray(0, at);
        this.#held = this.#held.subarray(at + delimiter.length);
        if (last.length > 0) yield last;
        return;
      }
      // The tail may be the first half of a delimiter.
      const safe = Math.max(0, this.#held.length - delimiter.length + 1);
      if (safe > 0) {
        const piece = this.#held.subarray(0, safe);
        this.#held = this.#held.subarray(safe);
        seen += safe;
        if (seen > limit.bytes) throw new MultipartError('MULTIPART_TOO_LARGE', limit.rule);
        yield piece;
      }
      await this.#more();
    }
  }

  /** Gives the source back, so that it can release what it reads from. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#source.return?.();
  }

  async #more(): Promise<void> {
    const { done, value } = this.#ended ? { done: true, value: undefined } : await this.#source.next();
    if (done || !value) {
      this.#ended = true;
      throw new MultipartError('MULTIPART_TRUNCATED', 'closing delimiter');
    }
    this.#held = this.#held.length === 0 ? value : concat([this.#held, value]);
  }
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** `indexOf` of one byte is native and fast; every delimiter here starts with CR. */
function indexOf(bytes: Uint8Array, delimiter: Uint8Array): number {
  const last = bytes.length - delimiter.length;
  for (let at = bytes.indexOf(CR); at >= 0 && at <= last; at = bytes.indexOf(CR, at + 1)) {
    let matched = 1;
    while (matched < delimiter.length && bytes[at + matched] === delimiter[matched]) matched++;
    if (matched === delimiter.length) return at;
  }
  return -1;
}
