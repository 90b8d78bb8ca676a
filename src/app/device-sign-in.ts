/**
 * Being signed in to one device: holds the session token in memory only, forgets it in time, and knows a lock-out, which outlives a
 * reload of the page. Of the state it writes `auth`, and what the record says of the device's door.
 */
import { DeviceError } from './errors.ts';
import type { DeviceAuth, DeviceDoor, DeviceRecord, DeviceState } from './model.ts';
import type { Subject } from './observable.ts';
import type { Clock, DeviceDialect, DeviceLink, RecordAct } from './ports.ts';

const DEFAULT_LOCK_OUT_S = 600;

export const firstAuth = ({ lockedUntil = 0 }: DeviceRecord, now: number): DeviceAuth =>
  lockedUntil > now ? { state: 'locked-out', until: lockedUntil } : { state: 'signed-out' };

const endOf = (auth: DeviceAuth): number =>
  auth.state === 'signed-in' ? auth.expiresAt : auth.state === 'locked-out' ? auth.until : Infinity;

export interface SignInPorts {
  readonly state: Subject<DeviceState>;
  readonly link: Pick<DeviceLink, 'login'>;
  readonly clock: Clock;
  readonly rememberDoor: (door: DeviceDoor) => void;
  readonly record?: RecordAct;
}

export class DeviceSignIn {
  readonly #ports: SignInPorts;
  #token: string | undefined;

  constructor(ports: SignInPorts) {
    this.#ports = ports;
  }

  get token(): string | undefined {
    this.forgetExpired();
    return this.#token;
  }

  async login(password: string, dialect: DeviceDialect): Promise<void> {
    const { link, clock, state, record } = this.#ports;
    const { record: device } = state.value;
    try {
      const answer = await link.login(password, { dialect });
      const expiresAt = clock.now() + answer.expires_in * 1000;
      this.#become({ state: 'signed-in', mustChange: answer.must_change, expiresAt }, answer.token);
      record?.('signed-in', { ...device, mustChange: answer.must_change });
      this.#noteDoor({ ownPassword: !answer.must_change, lockedUntil: 0 });
    } catch (error) {
      // Who could not be asked did not say no.
      if (error instanceof DeviceError) record?.('sign-in-failed', { ...device, code: error.code });
      this.sawRefusal(error);
      throw error;
    }
  }

  logout(): void {
    this.#end('signed-out');
  }

  #end(act: 'signed-out' | 'session-expired'): void {
    const { auth, record } = this.#ports.state.value;
    if (auth.state === 'signed-in') this.#ports.record?.(act, record);
    this.#become({ state: 'signed-out' });
  }

  passwordChanged(): void {
    const { auth, record } = this.#ports.state.value;
    this.#ports.record?.('password-changed', record);
    if (auth.state === 'signed-in') this.#become({ ...auth, mustChange: false }, this.#token);
    this.#noteDoor({ ownPassword: true });
  }

  /** Its sessions, its password and its lock-out are gone. */
  wasReset(): void {
    this.logout();
    this.#noteDoor({ ownPassword: false, lockedUntil: 0 });
  }

  /** A 401 or 429 in the middle of something: the session is over. */
  sawRefusal(error: unknown): void {
    if (!(error instanceof DeviceError)) return;
    if (error.code === 'LOCKED_OUT') {
      const until = this.#ports.clock.now() + (error.details.retryAfterS ?? DEFAULT_LOCK_OUT_S) * 1000;
      const { auth, record } = this.#ports.state.value;
      if (auth.state !== 'locked-out') this.#ports.record?.('locked-out', record);
      this.#become({ state: 'locked-out', until });
      this.#noteDoor({ lockedUntil: until });
    } else if (error.code === 'NO_SESSION') {
      this.#end('session-expired');
    }
  }

  /** A session, or a lock-out. */
  forgetExpired(): void {
    const { state, clock } = this.#ports;
    if (clock.now() >= endOf(state.value.auth)) this.#end('session-expired');
  }

  #become(auth: DeviceAuth, token?: string): void {
    const { state } = this.#ports;
    this.#token = token;
    state.set({ ...state.value, auth });
  }

  #noteDoor(door: DeviceDoor): void {
    const { state, rememberDoor } = this.#ports;
    const { record } = state.value;
    if (Object.entries(door).every(([name, value]) => record[name as keyof DeviceDoor] === value)) return;
    state.set({ ...state.value, record: { ...record, ...door } });
    rememberDoor(door);
  }
}
