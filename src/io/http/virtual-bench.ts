/** A hand on the virtual board: calls that no network could make, marked by a header that no foreign page can send. */
import { DeviceError } from '../../app/errors.ts';
import type { VirtualBench } from '../../app/ports.ts';
import type { BenchSettings } from '../../app/services.ts';
import { FieldReader } from '../../core/fields.ts';
import { MOST_TRUSTED_KEYS } from '../../core/ota/device-contract.ts';
import { DeviceProtocolError } from '../../core/ota/protocol-error.ts';
import { readJson, refusal } from './answer.ts';
import { explainFailure } from './reach-failure.ts';

const HEADER = { 'X-Otter-Bench': '1' };
/** RSA with 8,192 bits, in base64. */
const MOST_KEY_CHARACTERS = 1500;
const FLASH_SIZES_MB = [2, 4, 8, 16] as const;

function parseBenchSettings(value: unknown): BenchSettings {
  const fields = new FieldReader(value, 'bench', (where, rule) => new DeviceProtocolError(where, rule));
  const size = fields.number('flashSizeMb');
  const flashSizeMb = FLASH_SIZES_MB.find((known) => known === size);
  if (flashSizeMb === undefined) throw new DeviceProtocolError('bench.flashSizeMb', 'must be 2, 4, 8 or 16');
  const count = (key: string): number => fields.number(key, { min: -1, integer: true });
  return {
    flashSizeMb,
    chip: fields.text('chip', 64),
    acceptsDefaultPassword: fields.boolean('acceptsDefaultPassword'),
    cutAfterBytes: count('cutAfterBytes'),
    flipBitAtByte: count('flipBitAtByte'),
    bytesPerSecond: fields.number('bytesPerSecond', { min: 0 }),
    fullSlot: fields.boolean('fullSlot'),
    failingSector: count('failingSector'),
    powerCutAtOperation: count('powerCutAtOperation'),
    serialLatencyMs: count('serialLatencyMs'),
    serialInstant: fields.boolean('serialInstant'),
    serialMaxBaudRate: count('serialMaxBaudRate'),
    serialWithoutAutoReset: fields.boolean('serialWithoutAutoReset'),
    serialStubFails: fields.boolean('serialStubFails'),
    serialBootLoop: fields.boolean('serialBootLoop'),
    serialPortBusy: fields.boolean('serialPortBusy'),
    serialLoseByteToChip: count('serialLoseByteToChip'),
    serialLoseByteToHost: count('serialLoseByteToHost'),
    serialFlipByteToChip: count('serialFlipByteToChip'),
    serialFlipByteToHost: count('serialFlipByteToHost'),
    serialUnplugAtByte: count('serialUnplugAtByte'),
    serialResetAtByte: count('serialResetAtByte'),
    fuseFlashEncryption: fields.boolean('fuseFlashEncryption'),
    fuseSecureBoot: fields.boolean('fuseSecureBoot'),
    fuseSecureDownload: fields.boolean('fuseSecureDownload'),
    fuseDownloadDisabled: fields.boolean('fuseDownloadDisabled'),
    signatureRequired: fields.boolean('signatureRequired'),
    trustedKeys: fields.texts('trustedKeys', MOST_TRUSTED_KEYS, MOST_KEY_CHARACTERS),
  };
}

export class HttpVirtualBench implements VirtualBench {
  readonly #scope: URL;
  readonly #ready: () => Promise<void>;

  /** `scope`: where the service worker answers. */
  constructor(scope: URL, ready: () => Promise<void>) {
    this.#scope = scope;
    this.#ready = ready;
  }

  async create(id: string, settings: Partial<BenchSettings> & { readonly name?: string }): Promise<void> {
    await this.#call(id, '', 'PUT', settings);
  }

  async read(id: string): Promise<BenchSettings> {
    return parseBenchSettings(await readJson(await this.#call(id, '', 'GET'), 'bench'));
  }

  async write(id: string, change: Partial<BenchSettings>): Promise<BenchSettings> {
    await this.#call(id, '', 'PUT', change);
    return this.read(id);
  }

  async powerCycle(id: string): Promise<void> {
    await this.#call(id, '/power-cycle', 'POST');
  }

  async factoryReset(id: string): Promise<void> {
    await this.#call(id, '/factory-reset', 'POST');
  }

  async pressBootAndReset(id: string): Promise<void> {
    await this.#call(id, '/boot-button', 'POST');
  }

  async pressReset(id: string): Promise<void> {
    await this.#call(id, '/reset-button', 'POST');
  }

  async forget(id: string): Promise<void> {
    const gone = await this.#call(id, '', 'DELETE').catch((error: unknown) => {
      // Forgetting what was never created is done already.
      if (error instanceof DeviceError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    });
    await gone?.body?.cancel();
  }

  async #call(id: string, path: string, method: string, body?: object): Promise<Response> {
    await this.#ready();
    const target = new URL(`virtual/device/${encodeURIComponent(id)}/bench${path}`, this.#scope);
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { ...HEADER, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) };
    let response: Response;
    try {
      response = await fetch(target, { method, headers, cache: 'no-store', credentials: 'omit', ...json });
    } catch (cause) {
      throw await explainFailure(cause, { target, probe: target, isPreflighted: false });
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }
}
