/**
 * Who signed what stands on the shelf, and as which release it came. Only firmware that carries a signature is asked about, one after the other,
 * so that a large library is not read through at once; without any, and without one that came as a release, nothing of it is loaded.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { FirmwareRecord } from '../../../app/model.ts';
import type { Observable } from '../../../app/observable.ts';
import type { AppServices } from '../../../app/services.ts';
import type { TrustServices } from '../../../app/trust/services.ts';
import type { FirmwareSignatureStatus } from '../../../core/trust/firmware-signature.ts';

/** By SHA-256. */
export interface ShelfMarks {
  /** Of what is not signed there is none. */
  readonly signatures: ReadonlyMap<string, FirmwareSignatureStatus>;
  readonly releases: ReadonlyMap<string, ShelfRelease>;
}

export interface ShelfRelease {
  readonly counter: number;
  /** Publisher, product, version and number. */
  readonly words: string;
}

export const NO_MARKS: ShelfMarks = { signatures: new Map(), releases: new Map() };

const cameAsRelease = ({ source }: FirmwareRecord): boolean => source.kind === 'release';

const isSigned = ({ signatures = [], hasSecureBoot }: FirmwareRecord): boolean => signatures.length > 0 || hasSecureBoot === true;

export class ShelfMarksController implements ReactiveController {
  value = NO_MARKS;
  readonly #host: ReactiveControllerHost;
  readonly #services: () => AppServices;
  #records: readonly FirmwareRecord[] | undefined;
  readonly #followed = new Map<Observable<unknown>, () => void>();
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
    for (const end of this.#followed.values()) end();
    this.#followed.clear();
    this.#records = undefined;
    this.#look++;
  }

  async #lookAt(open: () => Promise<TrustServices>): Promise<void> {
    const look = ++this.#look;
    const records = this.#records ?? [];
    const signed = records.filter(isSigned);
    const released = records.filter(cameAsRelease);
    if (signed.length + released.length === 0) return this.#show(NO_MARKS);
    // Without them the shelf has no marks; the page of the firmware says why.
    const trust = await open().catch(() => undefined);
    if (!trust || look !== this.#look) return;
    const releases = released.length === 0 ? NO_MARKS.releases : await releasesIn(trust, released).catch(() => NO_MARKS.releases);
    if (look !== this.#look) return;
    if (signed.length > 0) this.#follow(trust.signatures.version, open);
    if (released.length > 0) this.#follow(trust.releases.records, open);
    const signatures = new Map<string, FirmwareSignatureStatus>();
    for (const { sha256 } of signed) {
      const judged = await trust.signatures.trust(sha256).catch(() => undefined);
      if (look !== this.#look) return;
      if (judged) signatures.set(sha256, judged.signature.status);
    }
    if (look === this.#look) this.#show({ signatures, releases });
  }

  #follow(what: Observable<unknown>, open: () => Promise<TrustServices>): void {
    if (!this.#followed.has(what))
      this.#followed.set(
        what,
        what.subscribe(() => void this.#lookAt(open)),
      );
  }

  #show(marks: ShelfMarks): void {
    if (marks === this.value) return;
    this.value = marks;
    this.#host.requestUpdate();
  }
}

/** Of several releases of one image the one furthest on. */
async function releasesIn({ releases }: TrustServices, firmware: readonly FirmwareRecord[]): Promise<ShelfMarks['releases']> {
  await releases.load();
  const publishers = new Map(releases.roots.value?.map(({ id, name }) => [id, name]));
  const shown = new Set(firmware.map(({ sha256 }) => sha256));
  const known = (releases.records.value ?? []).filter(({ sha256 }) => shown.has(sha256)).toSorted((a, b) => a.counter - b.counter);
  return new Map(
    known.map(({ sha256, rootId, product, version, counter }) => {
      const publisher = publishers.get(rootId) ?? 'a publisher that is forgotten';
      return [sha256, { counter, words: `${product} ${version}, number ${counter}, by ${publisher}` }];
    }),
  );
}
