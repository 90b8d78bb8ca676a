/**
 * One visit to a release set: root file → its line → index → release → image, each step verified before the next begins, and everything that
 * a step proved is kept even if the next is refused. Where nobody here trusts the root file yet, a person has to say so first.
 */
import { readSetImage, readSetRelease, readSetRotations, readSetSignatures } from '../../core/trust/read-release-set.ts';
import type { BroughtSignature } from '../../core/trust/read-release-set.ts';
import { MOST_INDEX_BYTES } from '../../core/trust/release-index.ts';
import type { IndexEntry } from '../../core/trust/release-index.ts';
import { trustIndex } from '../../core/trust/release-set.ts';
import type { TrustedIndex, TrustedRelease } from '../../core/trust/release-set.ts';
import type { Release } from '../../core/trust/release.ts';
import { INDEX_FILE, readRequired } from '../../core/trust/set-files.ts';
import type { SetSource } from '../../core/trust/set-files.ts';
import { TrustError } from '../../core/trust/trust-error.ts';
import { toProblem } from '../errors.ts';
import type { Problem } from '../model.ts';
import { Subject } from '../observable.ts';
import type { ReleaseRecord } from './model.ts';
import type { ReleasePorts, StoredRoot } from './release-ports.ts';
import type { RootLine, SetOrigin, SetStep, SetStepName, SetVisit, SetVisitState } from './release-services.ts';
import { grown } from './root-lines.ts';
import { assertAtOne, lineOf } from './set-line.ts';
import { placeOf, readAt, sourceOf } from './set-origin.ts';

export interface VisitedBook {
  lines(): Promise<readonly RootLine[]>;
  releases(): readonly ReleaseRecord[];
  changed(): Promise<void>;
}

export class ReleaseSetVisit implements SetVisit {
  readonly state: Subject<SetVisitState>;
  readonly #ports: ReleasePorts;
  readonly #book: VisitedBook;
  readonly #place: string;
  readonly #abort = new AbortController();
  readonly #opened: Promise<SetSource>;
  #index: TrustedIndex | undefined;

  constructor(origin: SetOrigin, ports: ReleasePorts, book: VisitedBook) {
    this.#ports = ports;
    this.#book = book;
    this.#place = placeOf(origin);
    this.state = new Subject<SetVisitState>({
      source: sourceOf(origin),
      steps: [],
      root: undefined,
      line: undefined,
      formerly: undefined,
      rotations: 0,
      index: undefined,
      offers: [],
      accepted: [],
      problem: undefined,
    });
    this.#opened = ports.openSet(origin, this.#abort.signal);
    // Whoever waits for it hears of it; nobody else has to.
    this.#opened.catch(() => undefined);
    void this.#begin();
  }

  stop(): void {
    this.#abort.abort();
  }

  async confirm(name: string): Promise<void> {
    const { root } = this.state.value;
    if (!root || this.state.value.line) throw new TypeError('there is nothing to confirm');
    const record = {
      id: root.fingerprint,
      name,
      version: root.root.version,
      source: this.state.value.source,
      acceptedAt: this.#ports.clock.now(),
    };
    await this.#ports.store.write({ root: { id: record.id, change: (stored) => stored ?? { record, files: [root.bytes] } } });
    this.#ports.record?.('root-trusted', { name, version: String(record.version), sha256: record.id });
    await this.#book.changed();
    const line = (await this.#book.lines()).find(({ id }) => id === record.id);
    this.#change({ line, steps: passed(this.state.value.steps, 'root') });
    if (line) await this.#follow(line);
  }

  async accept(entry: IndexEntry, { evenExpired = false } = {}): Promise<ReleaseRecord | undefined> {
    const index = this.#index;
    const { line } = this.state.value;
    if (!index || !line) throw new TypeError('the index comes first');
    this.#change({ problem: undefined, steps: this.state.value.steps.filter(({ step }) => step !== 'release' && step !== 'image') });
    const trusted = await this.#step('release', async (source, signal) => {
      const release = await readSetRelease(source, index, entry, { signal });
      if (!evenExpired) assertCurrent(release, this.#ports.clock.now());
      return release;
    });
    const found = trusted && (await this.#step('image', (source, signal) => imageIn(source, trusted.release, signal)));
    if (!trusted || !found) {
      this.#ports.record?.('release-refused', { product: entry.product, code: this.state.value.problem?.code ?? '' });
      return undefined;
    }
    return this.#keep(trusted, found, { entry, line });
  }

  async #begin(): Promise<void> {
    const found = await this.#step('root', async (source, signal) =>
      lineOf(source, await this.#book.lines(), this.state.value.source, signal),
    );
    if (!found) return;
    this.#change({ ...found, steps: found.line ? this.state.value.steps : [{ step: 'root', status: 'asking' }] });
    if (!found.line) return;
    const { id: sha256, name } = found.line;
    if (found.formerly) this.#ports.record?.('set-changed-hands', { source: this.#place, name, sha256 });
    await this.#follow(found.line);
  }

  async #follow(line: RootLine): Promise<void> {
    const rotations = await this.#step('line', async (source, signal) => {
      const roots = await readSetRotations(source, line.newest, { signal });
      // Kept before anything else is looked at: that is how stolen keys lose their say.
      const files = [...line.files, ...roots];
      await this.#remember(line, (stored) => grown(stored, files));
      await assertAtOne(source, { name: line.name, files }, signal);
      return roots;
    });
    if (!rotations) return;
    const files = [...line.files, ...rotations];
    const root = files.at(-1)!;
    this.#change({ root, rotations: rotations.length });
    const trusted = await this.#step('index', async (source, signal) => {
      const bytes = await readRequired(source, INDEX_FILE, MOST_INDEX_BYTES, signal);
      const trusted = await trustIndex(root, bytes, { nowMs: this.#ports.clock.now(), seen: line.seen });
      await this.#remember(line, (stored) => grown(stored, files, { seen: trusted.seen, index: bytes }));
      return trusted;
    });
    if (!trusted) return;
    this.#index = trusted;
    const here = new Map(this.#book.releases().map((record) => [record.id, record]));
    this.#change({
      index: trusted.index,
      offers: trusted.index.releases.map((entry) => ({ entry, isHere: here.has(entry.sha256) })),
    });
    const known = trusted.index.releases.flatMap(({ sha256 }) => here.get(sha256) ?? []);
    await this.#lookForSignatures(known).catch(() => undefined);
  }

  /** A signature may have been made after its release was. */
  async #lookForSignatures(known: readonly ReleaseRecord[]): Promise<void> {
    const { library, signatures } = this.#ports;
    const { signal } = this.#abort;
    for (const { sha256 } of known) {
      const firmware = await library.get(sha256);
      if (!firmware || (await signatures.trust(sha256)).signature.status === 'trusted') continue;
      const brought = await readSetSignatures(await this.#opened, sha256, { signal });
      signal.throwIfAborted();
      await signatures.adopt(sha256, brought);
    }
  }

  async #remember(line: RootLine, change: (stored: StoredRoot) => StoredRoot): Promise<void> {
    const { source } = this.state.value;
    await this.#ports.store.write({
      root: {
        id: line.id,
        change: (stored) => {
          if (!stored) throw new TrustError('RELEASE_FORGOTTEN', 'root', 'was forgotten meanwhile', { found: line.id });
          const next = change(stored);
          return { ...next, record: readAt(next.record, source) };
        },
      },
    });
    await this.#book.changed();
    this.#change({ line: (await this.#book.lines()).find(({ id }) => id === line.id) });
  }

  async #keep(
    { release, bytes }: TrustedRelease,
    { image, brought }: FoundImage,
    { entry, line }: { readonly entry: IndexEntry; readonly line: RootLine },
  ): Promise<ReleaseRecord> {
    const { library, signatures, clock, store, record: note } = this.#ports;
    const fileName = `${release.product}-${release.version}.bin`;
    const source = { kind: 'release', detail: `${release.product} ${release.version} of ${line.name}` } as const;
    await library.add(new Blob([image]), fileName, source, { evenUnknown: true });
    const record: ReleaseRecord = {
      id: entry.sha256,
      rootId: line.id,
      sha256: release.sha256,
      product: release.product,
      version: release.version,
      counter: release.counter,
      issuedAt: release.issuedMs,
      expiresAt: release.expiresMs,
      acceptedAt: clock.now(),
    };
    await store.write({ release: { record, bytes } });
    note?.('release-accepted', record);
    // Beside the release, never in its way: the next visit looks again.
    await signatures.adopt(release.sha256, brought).catch(() => undefined);
    await this.#book.changed();
    const { offers, accepted } = this.state.value;
    this.#change({
      offers: offers.map((offer) => (offer.entry === entry ? { ...offer, isHere: true } : offer)),
      accepted: [...accepted, record],
    });
    return record;
  }

  /** Shows the step while it runs, and what became of it; `undefined` when it was refused. */
  async #step<T>(step: SetStepName, work: (source: SetSource, signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const { signal } = this.#abort;
    this.#change({ steps: [...this.state.value.steps, { step, status: 'active' }] });
    try {
      const result = await work(await this.#opened, signal);
      signal.throwIfAborted();
      this.#change({ steps: passed(this.state.value.steps, step) });
      return result;
    } catch (error) {
      if (signal.aborted) return undefined;
      const problem = toProblem(error);
      this.#change({ steps: withStatus(this.state.value.steps, step, 'refused'), problem });
      if (!this.#index) this.#noteRefusal(problem);
      return undefined;
    }
  }

  #noteRefusal({ code, details: { found } }: Problem): void {
    this.#ports.record?.('set-refused', { source: this.#place, code, ...(typeof found === 'string' && { found }) });
  }

  #change(change: Partial<SetVisitState>): void {
    if (!this.#abort.signal.aborted) this.state.set({ ...this.state.value, ...change });
  }
}

interface FoundImage {
  readonly image: Uint8Array<ArrayBuffer>;
  readonly brought: readonly BroughtSignature[];
}

const imageIn = async (source: SetSource, release: Release, signal: AbortSignal): Promise<FoundImage> => ({
  image: await readSetImage(source, release, { signal }),
  brought: await readSetSignatures(source, release.sha256, { signal }),
});

const withStatus = (steps: readonly SetStep[], step: SetStepName, status: SetStep['status']): readonly SetStep[] =>
  steps.map((each) => (each.step === step ? { step, status } : each));

const passed = (steps: readonly SetStep[], step: SetStepName): readonly SetStep[] => withStatus(steps, step, 'passed');

function assertCurrent({ release }: TrustedRelease, nowMs: number): void {
  if (nowMs < release.expiresMs) return;
  throw new TrustError('RELEASE_EXPIRED', 'release.payload.expires', `was valid until ${new Date(release.expiresMs).toISOString()}`);
}
