/** The device's password: never stored, only PBKDF2-SHA-256 of it (OWASP's 600 000 rounds). */
import { fromHex, isHex, toHex } from '../../core/bytes/hex.ts';
import { equalInConstantTime, pbkdf2 } from '../../core/trust/symmetric.ts';
import type { RandomSource } from '../storage.ts';

export const DEFAULT_PASSWORD = 'admin123';
const PBKDF2_ROUNDS = 600_000;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const MIN_LENGTH = 8;
const MAX_LENGTH = 64;

export interface PasswordRecord {
  readonly salt: string;
  readonly hash: string;
  readonly rounds: number;
}

export async function hashPassword(password: string, random: RandomSource, rounds = PBKDF2_ROUNDS): Promise<PasswordRecord> {
  const salt = random(new Uint8Array(SALT_BYTES));
  return { salt: toHex(salt), hash: toHex(await derive(password, salt, rounds)), rounds };
}

export async function verifyPassword(password: string, record: PasswordRecord): Promise<boolean> {
  const expected = fromHex(record.hash);
  return equalInConstantTime(await derive(password, fromHex(record.salt), record.rounds), expected);
}

/** Why a new password is refused; `undefined` when it is good enough. */
export function passwordWeakness(password: string): string | undefined {
  if (password === DEFAULT_PASSWORD) return 'the new password is the default one';
  if (password.length < MIN_LENGTH) return `a password has at least ${MIN_LENGTH} characters`;
  if (password.length > MAX_LENGTH) return `a password has at most ${MAX_LENGTH} characters`;
  if (new Set(password).size < 3) return 'a password has at least three different characters';
  return undefined;
}

export function isPasswordRecord(value: unknown): value is PasswordRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { salt, hash, rounds } = value as Partial<Record<keyof PasswordRecord, unknown>>;
  return (
    typeof salt === 'string' &&
    isHex(salt, SALT_BYTES) &&
    typeof hash === 'string' &&
    isHex(hash, HASH_BYTES) &&
    typeof rounds === 'number' &&
    Number.isSafeInteger(rounds) &&
    rounds > 0
  );
}

const derive = (password: string, salt: Uint8Array, iterations: number): Promise<Uint8Array> =>
  pbkdf2(new TextEncoder().encode(password), { salt, iterations, length: HASH_BYTES });
