/**
 * Reads DER (X.690) as strictly as it is meant: one encoding for each value, and nothing left over. Only the types that keys and ECDSA signatures
 * are made of. How deep it goes is up to who reads, never up to the bytes. Knows nothing of keys; what is thrown is the caller's choice.
 */
import { ByteReader } from '../bytes/reader.ts';

/** Identifier octets (X.690 §8.1.2), universal class. */
export const DER_TAGS = {
  INTEGER: 0x02,
  'BIT STRING': 0x03,
  'OCTET STRING': 0x04,
  NULL: 0x05,
  'OBJECT IDENTIFIER': 0x06,
  SEQUENCE: 0x30,
} as const satisfies Record<string, number>;

/** `[number]`, context-specific: a whole element inside (EXPLICIT, or IMPLICIT over a SEQUENCE or SET), or the bytes of a primitive type. */
export const contextTag = (number: number, form: 'constructed' | 'primitive' = 'constructed'): number =>
  (form === 'constructed' ? 0xa0 : 0x80) | number;

/** Builds the error to throw when `field` breaks `rule`. */
export type DerFault = (field: string, rule: string) => Error;

interface DerPlace {
  /** What is read here; the fields inside are named after it: `publicKey.algorithm`. */
  readonly field: string;
  readonly fault: DerFault;
  /** Where the bytes start in what the person knows; for errors. */
  readonly offset?: number;
}

const HIGH_TAG_NUMBER = 0x1f;
const MOST_LENGTH_OCTETS = 4;
/** The longest that keys use has 9 bytes. */
const MOST_OID_BYTES = 32;

const hexTag = (tag: number): string => `0x${tag.toString(16).padStart(2, '0')}`;

/** Reads all of `bytes` by `read`; what is left over is an error. */
export function readDer<T>(bytes: Uint8Array, place: DerPlace, read: (der: DerReader) => T): T {
  const der = new DerReader(bytes, place);
  const value = read(der);
  der.end();
  return value;
}

export class DerReader {
  readonly #reader: ByteReader;
  readonly #bytes: Uint8Array;
  readonly #place: DerPlace;

  /** Prefer `readDer`, which does not forget `end`. */
  constructor(bytes: Uint8Array, place: DerPlace) {
    this.#bytes = bytes;
    this.#place = place;
    this.#reader = new ByteReader(bytes, (rule) => this.#broken('', rule));
  }

  /** The name of what is read here, as errors have it. */
  get field(): string {
    return this.#place.field;
  }

  get isAtEnd(): boolean {
    return this.#reader.remaining === 0;
  }

  /** For OPTIONAL and CHOICE: whether the next element has this tag. */
  nextIs(tag: number): boolean {
    return this.#bytes[this.#reader.position] === tag;
  }

  /** The tags of all that is left to read, for structures that nothing else tells apart. */
  tags(): readonly number[] {
    const ahead = new DerReader(this.#bytes.subarray(this.#reader.position), this.#placeOf('', this.#reader.position));
    const tags: number[] = [];
    while (!ahead.isAtEnd) {
      tags.push(ahead.#tag(''));
      ahead.#content(tags.at(-1)!, '');
    }
    return tags;
  }

  /** @throws the caller's error unless everything was read. */
  end(): void {
    if (!this.isAtEnd) throw this.#broken('', `must end here, ${this.#reader.remaining} bytes are left`);
  }

  sequence<T>(name: string, read: (inside: DerReader) => T): T {
    return this.constructed(DER_TAGS.SEQUENCE, name, read);
  }

  /** A constructed element with any tag, `contextTag(0)` for one: all that is inside it is read by `read`. */
  constructed<T>(tag: number, name: string, read: (inside: DerReader) => T): T {
    return this.#inside(this.element(tag, name), name, read);
  }

  /** An OCTET STRING with DER in it, as PKCS#8 holds a key. */
  encapsulated<T>(name: string, read: (inside: DerReader) => T): T {
    return this.#inside(this.octetString(name), name, read);
  }

  /** An INTEGER that is not negative: big-endian, without leading zeros; zero has no bytes. */
  unsigned(name: string): Uint8Array<ArrayBuffer> {
    const content = this.element(DER_TAGS.INTEGER, name);
    const [first = 0, second = 0] = content;
    if (content.length === 0) throw this.#broken(name, 'an INTEGER must have a byte');
    if (content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
      throw this.#broken(name, 'an INTEGER must be as short as it can be');
    }
    if (first >= 0x80) throw this.#broken(name, 'must not be negative');
    return first === 0 ? content.slice(1) : content.slice();
  }

  /** A version or a count. */
  number(name: string, max: number): number {
    const bytes = this.unsigned(name);
    const value = bytes.length > 6 ? Number.POSITIVE_INFINITY : bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    if (value > max) throw this.#broken(name, `must be at most ${max}`);
    return value;
  }

  octetString(name: string): Uint8Array<ArrayBuffer> {
    return this.element(DER_TAGS['OCTET STRING'], name).slice();
  }

  /** Whole bytes only, as keys are. `tag`: another one for an IMPLICIT field. */
  bitString(name: string, tag: number = DER_TAGS['BIT STRING']): Uint8Array<ArrayBuffer> {
    const content = this.element(tag, name);
    if (content.length === 0) throw this.#broken(name, 'a BIT STRING must say how many bits are unused');
    if (content[0] !== 0) throw this.#broken(name, 'a BIT STRING must consist of whole bytes');
    return content.slice(1);
  }

  /** Dotted: `1.2.840.113549.1.1.1`. */
  oid(name: string): string {
    const content = this.element(DER_TAGS['OBJECT IDENTIFIER'], name);
    if (content.length === 0 || content.length > MOST_OID_BYTES) throw this.#broken(name, `must have 1 to ${MOST_OID_BYTES} bytes`);
    const arcs: number[] = [];
    let arc = 0;
    let isStart = true;
    for (const byte of content) {
      if (isStart && byte === 0x80) throw this.#broken(name, 'an arc must be as short as it can be');
      arc = arc * 128 + (byte & 0x7f);
      if (arc > Number.MAX_SAFE_INTEGER) throw this.#broken(name, 'an arc must be below 2^53');
      isStart = byte < 0x80;
      if (!isStart) continue;
      arcs.push(arc);
      arc = 0;
    }
    if (!isStart) throw this.#broken(name, 'must end with a whole arc');
    const [joint = 0, ...rest] = arcs;
    const root = Math.min(Math.floor(joint / 40), 2);
    return [root, joint - 40 * root, ...rest].join('.');
  }

  null(name: string): void {
    if (this.element(DER_TAGS.NULL, name).length > 0) throw this.#broken(name, 'NULL must be empty');
  }

  /** Any element, unread. */
  skip(name: string): void {
    this.#content(this.#tag(name), name);
  }

  /** The content of an element that must have this tag; a view. */
  element(tag: number, name: string): Uint8Array {
    const found = this.#tag(name);
    if (found !== tag) throw this.#broken(name, `must have the tag ${tagName(tag)}, not ${tagName(found)}`);
    return this.#content(found, name);
  }

  #tag(name: string): number {
    if (this.isAtEnd) throw this.#broken(name, 'is missing');
    const tag = this.#reader.u8();
    if ((tag & HIGH_TAG_NUMBER) === HIGH_TAG_NUMBER) throw this.#broken(name, `has an unknown tag, ${hexTag(tag)}`);
    return tag;
  }

  /** X.690 §8.1.3 and §10.1: definite, in as few octets as it takes. */
  #content(tag: number, name: string): Uint8Array {
    const length = this.#length(name);
    if (length > this.#reader.remaining) {
      throw this.#broken(name, `${tagName(tag)} needs ${length} bytes, ${this.#reader.remaining} are left`);
    }
    return this.#reader.bytes(length);
  }

  #length(name: string): number {
    if (this.isAtEnd) throw this.#broken(name, 'has no length');
    const first = this.#reader.u8();
    if (first < 0x80) return first;
    const octets = first & 0x7f;
    if (octets === 0) throw this.#broken(name, 'must have a definite length');
    if (octets > MOST_LENGTH_OCTETS || octets > this.#reader.remaining) throw this.#broken(name, 'must have a length that fits');
    const length = this.#reader.bytes(octets).reduce((sum, byte) => sum * 256 + byte, 0);
    if (length < 0x80 || length < 256 ** (octets - 1)) throw this.#broken(name, 'must state its length as shortly as it can');
    return length;
  }

  #inside<T>(content: Uint8Array, name: string, read: (inside: DerReader) => T): T {
    return readDer(content, this.#placeOf(name, this.#reader.position - content.length), read);
  }

  #placeOf(name: string, position: number): DerPlace {
    return { ...this.#place, field: this.#fieldOf(name), offset: (this.#place.offset ?? 0) + position };
  }

  #fieldOf(name: string): string {
    const { field } = this.#place;
    return name === '' || field === '' ? field + name : `${field}.${name}`;
  }

  #broken(name: string, rule: string): Error {
    return this.#place.fault(this.#fieldOf(name), `${rule} (byte ${(this.#place.offset ?? 0) + this.#reader.position})`);
  }
}

const TAG_NAMES = new Map<number, string>(Object.entries(DER_TAGS).map(([name, tag]) => [tag, name]));

function tagName(tag: number): string {
  const isContext = (tag & 0xc0) === 0x80;
  return TAG_NAMES.get(tag) ?? (isContext ? `[${tag & HIGH_TAG_NUMBER}]` : hexTag(tag));
}
