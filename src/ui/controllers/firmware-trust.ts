/** Who signed a firmware, kept up to date: looked at anew when a signature, a key or a pin changes, here or in another tab. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { AppServices } from '../../app/services.ts';
import type { FirmwareTrust } from '../../app/trust/model.ts';
import type { TrustServices } from '../../app/trust/services.ts';
import type { KnownKey } from '../../core/trust/firmware-signature.ts';

export interface JudgedFirmware {
  readonly trust: FirmwareTrust;
  /** As its product sees them. */
  readonly keys: readonly KnownKey[];
}

interface Asked {
  readonly services: Pick<AppServices, 'trust'>;
  /** `undefined`: of none, for now. */
  readonly sha256: string | undefined;
}

export class FirmwareTrustController implements ReactiveController {
  /** `undefined` until it is known, and where this app knows no keys. */
  value: JudgedFirmware | undefined;
  error: unknown;
  readonly #host: ReactiveControllerHost;
  readonly #asked: () => Asked;
  #sha256: string | undefined;
  #end: (() => void) | undefined;

  constructor(host: ReactiveControllerHost, asked: () => Asked) {
    this.#host = host;
    this.#asked = asked;
    host.addController(this);
  }

  hostUpdate(): void {
    const { services, sha256 } = this.#asked();
    if (sha256 === this.#sha256) return;
    this.#sha256 = sha256;
    this.value = this.error = undefined;
    if (sha256 !== undefined && services.trust) void this.#follow(services.trust);
  }

  hostDisconnected(): void {
    this.#end?.();
    this.#end = this.#sha256 = undefined;
  }

  async #follow(open: () => Promise<TrustServices>): Promise<void> {
    try {
      const { signatures, keys } = await open();
      this.#end ??= signatures.version.subscribe(() => void this.#read({ signatures, keys }));
      await this.#read({ signatures, keys });
    } catch (error) {
      this.error = error;
      this.#host.requestUpdate();
    }
  }

  async #read({ signatures, keys }: Pick<TrustServices, 'signatures' | 'keys'>): Promise<void> {
    const sha256 = this.#sha256;
    if (sha256 === undefined) return;
    try {
      const trust = await signatures.trust(sha256);
      const value = { trust, keys: await keys.knownKeys(trust.product) };
      if (sha256 !== this.#sha256) return;
      this.value = value;
      this.error = undefined;
    } catch (error) {
      if (sha256 === this.#sha256) this.error = error;
    }
    this.#host.requestUpdate();
  }
}
