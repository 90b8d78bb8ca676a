/** The eight numbers of an RSA private key, and whether they belong together (RFC 8017 §3.2). Knows no containers. */
import { toBigInt } from '../bytes/big-integer.ts';
import { malformedKey } from './trust-error.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** In the order of RSAPrivateKey (RFC 8017 §A.1.2), under the names of RFC 7518 §6.3.2. */
export const RSA_NUMBERS = {
  n: 'modulus',
  e: 'publicExponent',
  d: 'privateExponent',
  p: 'prime1',
  q: 'prime2',
  dp: 'exponent1',
  dq: 'exponent2',
  qi: 'coefficient',
} as const satisfies Record<string, string>;

export type RsaNumberName = keyof typeof RSA_NUMBERS;

/** Unsigned, big-endian, without leading zeros. */
export type RsaNumbers = Readonly<Record<RsaNumberName, Bytes>>;

export const RSA_NUMBER_NAMES = Object.keys(RSA_NUMBERS) as readonly RsaNumberName[];

/** One value for each number. */
export const eachRsaNumber = <T>(valueOf: (name: RsaNumberName) => T): Record<RsaNumberName, T> =>
  Object.fromEntries(RSA_NUMBER_NAMES.map((name) => [name, valueOf(name)])) as Record<RsaNumberName, T>;

/** @throws TrustError KEY_MALFORMED that names the number which does not fit the others */
export function assertRsaNumbers(numbers: RsaNumbers, field: string): void {
  const longest = RSA_NUMBER_NAMES.find((name) => numbers[name].length > numbers.n.length);
  if (longest !== undefined) throw malformedKey(`${field}.${RSA_NUMBERS[longest]}`, 'must not be longer than the modulus');
  const { n, e, d, p, q, dp, dq, qi } = eachRsaNumber((name) => toBigInt(numbers[name]));
  const rules: readonly (readonly [RsaNumberName, string, () => boolean])[] = [
    ['p', 'must be above 1', () => p > 1n],
    ['q', 'must be above 1', () => q > 1n],
    ['n', 'must be the product of the primes', () => n === p * q],
    ['d', 'must undo the public exponent', () => (e * d) % (p - 1n) === 1n && (e * d) % (q - 1n) === 1n],
    ['dp', 'must be the private exponent modulo prime1 − 1', () => dp === d % (p - 1n)],
    ['dq', 'must be the private exponent modulo prime2 − 1', () => dq === d % (q - 1n)],
    ['qi', 'must be the inverse of prime2 modulo prime1', () => qi < p && (qi * q) % p === 1n],
  ];
  const broken = rules.find(([, , holds]) => !holds());
  if (broken) throw malformedKey(`${field}.${RSA_NUMBERS[broken[0]]}`, broken[1]);
}
