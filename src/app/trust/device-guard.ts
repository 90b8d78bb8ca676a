/**
 * Devices that are given nothing but trusted firmware. The page refuses for all of them; a virtual board is given the keys, too, and refuses for
 * itself. What a real device does about signatures, its own firmware decides.
 */
import { toBase64 } from '../../core/bytes/base64.ts';
import type { DeviceInfo } from '../../core/ota/device-contract.ts';
import type { KnownKey } from '../../core/trust/firmware-signature.ts';
import type { Fingerprint } from '../../core/trust/key-model.ts';
import type { DeviceRecord } from '../model.ts';
import type { BenchService, DeviceService, DeviceSession } from '../services.ts';
import type { DeviceGuardService, KeyService } from './services.ts';
import { SignatureError } from './signature-errors.ts';

export interface DeviceGuardPorts {
  readonly devices: Pick<DeviceService, 'stored' | 'session' | 'setOnlyTrusted'>;
  readonly bench: Pick<BenchService, 'read' | 'write'>;
  readonly keys: Pick<KeyService, 'records' | 'knownKeys'>;
}

export class DeviceGuard implements DeviceGuardService {
  readonly #ports: DeviceGuardPorts;
  /** Keys that no board has any more. */
  #takenOff = '';
  #last: Promise<void> = Promise.resolve();

  constructor(ports: DeviceGuardPorts) {
    this.#ports = ports;
    // Other changes wait for a hand: the page of the board shows them.
    ports.keys.records.subscribe((records) => {
      if (records) void this.#inTurn(() => this.#takeOff()).catch(() => (this.#takenOff = ''));
    });
  }

  async setOnlyTrusted(deviceId: string, onlyTrusted: boolean): Promise<void> {
    const { devices, bench } = this.#ports;
    const session = await devices.session(deviceId);
    const product = onlyTrusted ? await productOf(session) : undefined;
    const isVirtual = session.state.value.record.kind === 'virtual';
    await this.#inTurn(async () => {
      const trustedKeys = product === undefined ? [] : await this.#keysFor(session, product);
      // The board first: a page that promises more than the board keeps would be worse than the reverse.
      if (isVirtual) await bench.write(deviceId, { signatureRequired: onlyTrusted, trustedKeys });
      await devices.setOnlyTrusted(deviceId, product);
    });
    if (isVirtual) await session.refresh().catch(() => undefined);
  }

  async boardsWithout(keyId: Fingerprint): Promise<readonly Pick<DeviceRecord, 'id' | 'name'>[]> {
    const boards = await this.#guardedBoards();
    const without = boards.map(async ({ id, name, guardedProduct = '' }) => {
      const key = (await this.#ports.keys.knownKeys(guardedProduct)).find(({ fingerprint }) => fingerprint === keyId);
      if (!key || !isGiven(key)) return [];
      // One that cannot be reached hides no other.
      const board = await this.#ports.bench.read(id).catch(() => undefined);
      return !board || board.trustedKeys.includes(toBase64(key.publicKey.spki)) ? [] : [{ id, name }];
    });
    return (await Promise.all(without)).flat();
  }

  async #guardedBoards(): Promise<readonly DeviceRecord[]> {
    return (await this.#ports.devices.stored()).filter(({ kind, onlyTrusted }) => kind === 'virtual' && onlyTrusted);
  }

  /** Keys are read and written in one turn of this tab: whoever is slower would put back what was revoked meanwhile. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work, work);
    return this.#last;
  }

  async #takeOff(): Promise<void> {
    // With those that were deleted since.
    const known = await this.#ports.keys.knownKeys('');
    const revoked = known.filter(({ status }) => status === 'revoked').map(({ publicKey }) => toBase64(publicKey.spki));
    const stamp = revoked.join(' ');
    if (stamp === this.#takenOff) return;
    this.#takenOff = stamp;
    const boards = await this.#guardedBoards();
    // One that cannot be reached does not save the others from it.
    const done = await Promise.allSettled(boards.map(({ id }) => this.#takeOffOne(id, revoked)));
    if (done.some(({ status }) => status === 'rejected')) this.#takenOff = '';
  }

  async #takeOffOne(id: string, revoked: readonly string[]): Promise<void> {
    const { devices, bench } = this.#ports;
    const { trustedKeys } = await bench.read(id);
    const left = trustedKeys.filter((spki) => !revoked.includes(spki));
    if (left.length === trustedKeys.length) return;
    // Without any it takes nothing, and says so.
    await bench.write(id, { signatureRequired: true, trustedKeys: left });
    void devices
      .session(id)
      .then((session) => session.refresh())
      .catch(() => undefined);
  }

  /** SPKI, base64. @throws SignatureError PRODUCT_UNKNOWN, NO_KEY_PINNED */
  async #keysFor(session: DeviceSession, product: string): Promise<readonly string[]> {
    const known = await this.#ports.keys.knownKeys(product);
    const trusted = known.filter(isGiven);
    if (trusted.length > 0) return trusted.map(({ publicKey }) => toBase64(publicKey.spki));
    const { name } = session.state.value.record;
    throw new SignatureError('NO_KEY_PINNED', 'what runs there trusts no key', { name, product });
  }
}

const isGiven = ({ trusted, status }: KnownKey): boolean => trusted && status !== 'revoked';

/**
 * Of a device that is guarded already it stays what it was, whatever runs there by now.
 *
 * @throws SignatureError PRODUCT_UNKNOWN
 */
async function productOf(session: DeviceSession): Promise<string> {
  const { name, onlyTrusted, guardedProduct } = session.state.value.record;
  if (onlyTrusted && guardedProduct) return guardedProduct;
  const { project = '', version } = await infoOf(session);
  if (project === '') throw new SignatureError('PRODUCT_UNKNOWN', 'nothing tells what runs there', { name, version });
  return project;
}

/** What it said last; it is asked when it never said anything. */
async function infoOf(session: DeviceSession): Promise<DeviceInfo> {
  const { info, record } = session.state.value;
  return info ?? record.lastInfo ?? (await session.refresh());
}
