/**
 * Who may change this device: one password, a lock-out after five wrong ones, bearer tokens that expire.
 * All of it lives in the board's state, so neither a restart nor a killed worker forgives anything.
 */
import { toBase64 } from '../../core/bytes/base64.ts';
import { sha256Hex } from '../../core/bytes/sha256.ts';
import type { LoginAnswer } from '../../core/ota/device-contract.ts';
import type { AccessState, SessionRecord } from '../board-state.ts';
import type { Board } from '../board.ts';
import type { RandomSource } from '../storage.ts';
import { DeviceError } from './device-error.ts';
import { hashPassword, passwordWeakness, verifyPassword } from './password.ts';

/** S1's checklist: five failures, ten minutes. */
const MAX_FAILURES = 5;
const LOCK_OUT_MS = 600_000;
const SESSION_IDLE_MS = 5 * 60_000;
const SESSION_ABSOLUTE_MS = 12 * 3_600_000;
const MAX_SESSIONS = 8;
/** How stale the stored time of last use may be: a commit with every request would wear the disk for nothing. */
const LAST_USE_GRAIN_MS = 20_000;
const TOKEN_BYTES = 32;

export class Access {
  readonly #board: Board;
  readonly #random: RandomSource;
  readonly #rounds: number | undefined;

  constructor(board: Board, random: RandomSource, rounds?: number) {
    this.#board = board;
    this.#random = random;
    this.#rounds = rounds;
  }

  get #state(): AccessState {
    return this.#board.state.access;
  }

  get mustChange(): boolean {
    const { access, bench } = this.#board.state;
    return access.isDefaultPassword && !bench.acceptsDefaultPassword;
  }

  /** @throws DeviceError LOCKED_OUT or WRONG_PASSWORD */
  async login(password: string, nowMs: number): Promise<LoginAnswer> {
    const { lockedUntil } = this.#state;
    if (nowMs < lockedUntil) {
      this.#board.log(nowMs, 'W', 'LOGIN_FAILED: locked out');
      throw lockedOut(lockedUntil - nowMs);
    }
    if (!(await verifyPassword(password, this.#state.password))) throw this.#countFailure(nowMs);
    const token = toBase64(this.#random(new Uint8Array(TOKEN_BYTES)), 'base64url');
    const session: SessionRecord = { tokenHash: await hashToken(token), createdAt: nowMs, lastUsedAt: nowMs };
    const sessions = [...this.#state.sessions.filter((kept) => isAlive(kept, nowMs)), session].slice(-MAX_SESSIONS);
    this.#change({ failures: 0, lockedUntil: 0, sessions });
    this.#board.log(nowMs, 'I', 'LOGIN_SUCCESS');
    return { token, expires_in: SESSION_IDLE_MS / 1000, must_change: this.#state.isDefaultPassword };
  }

  /** @throws DeviceError NO_SESSION unless the request carries a token that is alive; using it keeps it alive. */
  async requireSession(headers: Headers, nowMs: number): Promise<SessionRecord> {
    const token = /^Bearer +([\w-]{43})$/i.exec(headers.get('authorization') ?? '')?.[1];
    const tokenHash = token && (await hashToken(token));
    const session = this.#state.sessions.find((kept) => kept.tokenHash === tokenHash && isAlive(kept, nowMs));
    if (!session) throw new DeviceError('NO_SESSION', 'sign in first');
    if (nowMs - session.lastUsedAt < LAST_USE_GRAIN_MS) return session;
    return this.keepAlive(session, nowMs);
  }

  /** Counts as use from now on; a session that was ended meanwhile stays ended. */
  keepAlive(session: SessionRecord, nowMs: number): SessionRecord {
    const used = { ...session, lastUsedAt: nowMs };
    this.#change({ sessions: this.#state.sessions.map((kept) => (kept.tokenHash === session.tokenHash ? used : kept)) });
    return used;
  }

  /** Ends every other session. @throws DeviceError PASSWORD_TOO_WEAK */
  async changePassword(password: string, session: SessionRecord, nowMs: number): Promise<void> {
    const weakness = passwordWeakness(password);
    if (weakness !== undefined) throw new DeviceError('PASSWORD_TOO_WEAK', weakness);
    const record = await hashPassword(password, this.#random, this.#rounds);
    const sessions = this.#state.sessions.filter((kept) => kept.tokenHash === session.tokenHash);
    this.#change({ password: record, isDefaultPassword: false, sessions });
    this.#board.log(nowMs, 'I', 'PASSWORD_CHANGED');
  }

  #countFailure(nowMs: number): DeviceError {
    const failures = this.#state.failures + 1;
    this.#board.log(nowMs, 'W', `LOGIN_FAILED: wrong password, ${failures} of ${MAX_FAILURES}`);
    if (failures < MAX_FAILURES) {
      this.#change({ failures });
      return new DeviceError('WRONG_PASSWORD', 'Invalid password!');
    }
    this.#change({ failures: 0, lockedUntil: nowMs + LOCK_OUT_MS });
    return lockedOut(LOCK_OUT_MS);
  }

  #change(change: Partial<AccessState>): void {
    this.#board.change({ access: { ...this.#state, ...change } });
  }
}

function isAlive({ createdAt, lastUsedAt }: SessionRecord, nowMs: number): boolean {
  return nowMs - lastUsedAt < SESSION_IDLE_MS && nowMs - createdAt < SESSION_ABSOLUTE_MS;
}

async function hashToken(token: string): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(token));
}

function lockedOut(remainingMs: number): DeviceError {
  const retryAfterS = Math.ceil(remainingMs / 1000);
  return new DeviceError('LOCKED_OUT', `too many wrong passwords: try again in ${retryAfterS} s`, { retryAfterS });
}
