/**
 * Who signed what stands on the shelf. Only firmware that carries a signature is asked about, one after the other, so that a large library is
 * not read through at once; without any, nothing of it is loaded.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { FirmwareRecord } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import type { TrustServices } from '../../../app/trust/services.ts';
import type { FirmwareSignatureStatus } from '../../../core/trust/firmware-signature.ts';

type Marks = ReadonlyMap<string, FirmwareSignatureStatus>;

const NO_MARKS: Marks = new Map();

const isSigned = ({ signatures = [], hasSecureBoot }: FirmwareRecord): boolean => signatures.length > 0 || hasSecureBoot === true;

export class ShelfMarks implements ReactiveController {
  /** By SHA-256; of what is not signed there is none. */
  value = NO_MARKS;
  readonly #host: ReactiveControllerHost;
  readonly #services: () => AppServices;
  #records: readonly FirmwareRecord[] | undefined;
  #end: (() => void) | undefined;
  /** Rises with each look; an older one gives up. */
  #look = 0;

  constructor(host: ReactiveControllerHost, services: () => AppServices) {
    this.#host = host;
    this.#services = services;
    host.addController(this);
  }

  hostUpdate(): void {
    const services = this.#services();
    const records = services.library.records.value;
    if (records === this.#records || !services.trust) return;
    this.#records = records;
    void this.#lookAt(services.trust);
  }

  hostDisconnected(): void {
    this.#end?.();
    this.#end = this.#records = undefined;
    this.#look++;
  }

  async #lookAt(open: () => Promise<TrustServices>): Promise<void> {
    const look = ++this.#look;
    const signed = (this.#records ?? []).filter(isSigned);
    if (signed.length === 0) return this.#show(NO_MARKS);
    // Without them the shelf has no marks; the page of the firmware says why.
    const trust = await open().catch(() => undefined);
    if (!trust || look !== this.#look) return;
    this.#end ??= trust.signatures.version.subscribe(() => void this.#lookAt(open));
    const marks = new Map<string, FirmwareSignatureStatus>();
    for (const { sha256 } of signed) {
      const judged = await trust.signatures.trust(sha256).catch(() => undefined);
      if (look !== this.#look) return;
      if (judged) marks.set(sha256, judged.signature.status);
    }
    this.#show(marks);
  }

  #show(marks: Marks): void {
    if (marks.size === 0 && this.value.size === 0) return;
    this.value = marks;
    this.#host.requestUpdate();
  }
}
