/** Which structure a key in DER is, told by the tags of its outermost elements: the structures do not say so themselves. */
import { DER_TAGS, type DerReader } from './der.ts';
import { malformedKey } from './trust-error.ts';

const { INTEGER, SEQUENCE, 'BIT STRING': BIT_STRING, 'OCTET STRING': OCTET_STRING } = DER_TAGS;

/** By the names of their RFCs: 5280, 5958, 5915, 8017. The first whose tags are how the bytes begin. */
const SHAPES = {
  Certificate: [SEQUENCE, SEQUENCE],
  SubjectPublicKeyInfo: [SEQUENCE, BIT_STRING],
  EncryptedPrivateKeyInfo: [SEQUENCE, OCTET_STRING],
  PrivateKeyInfo: [INTEGER, SEQUENCE],
  ECPrivateKey: [INTEGER, OCTET_STRING],
  RSAPrivateKey: [INTEGER, INTEGER, INTEGER],
  RSAPublicKey: [INTEGER, INTEGER],
} as const satisfies Record<string, readonly number[]>;

export type KeyShape = keyof typeof SHAPES;

const SHAPE_NAMES = Object.keys(SHAPES) as readonly KeyShape[];

/** @param inside of the outermost SEQUENCE. @throws TrustError KEY_MALFORMED */
export function keyShapeOf(inside: DerReader): KeyShape {
  const tags = inside.tags();
  const shape = SHAPE_NAMES.find((name) => SHAPES[name].every((tag, index) => tags[index] === tag));
  if (shape === undefined) throw malformedKey(inside.field, 'must be a key');
  return shape;
}
