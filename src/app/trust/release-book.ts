/**
 * Who is trusted to release, what they released, and what waits to be signed. Loaded when somebody asks. What is kept is verified again when
 * it is read; what was accepted works on without the host it came from.
 */
import { OtterError } from '../../core/errors.ts';
import { unverifiedPayload } from '../../core/trust/jws.ts';
import type { Fingerprint } from '../../core/trust/key-model.ts';
import { verifyRelease } from '../../core/trust/release-set.ts';
import { parseRelease } from '../../core/trust/release.ts';
import type { Root } from '../../core/trust/root.ts';
import type { SetFile } from '../../core/trust/set-files.ts';
import { encodeEnvelope } from '../../core/trust/threshold-signing.ts';
import { MOST_INDEX_BYTES } from '../../core/trust/release-index.ts';
import { TrustError } from '../../core/trust/trust-error.ts';
import { toProblem } from '../errors.ts';
import type { ReleaseMark } from '../model.ts';
import { Subject } from '../observable.ts';
import { contentOf, quorumsOf, readEnvelope } from './envelopes.ts';
import type { ReleaseRecord } from './model.ts';
import { markOf } from './release-check.ts';
import { ReleaseDrafts, forgotten } from './release-drafts.ts';
import type { ReleasePorts, StoredRelease } from './release-ports.ts';
import { packed, putTogether, signedImages } from './release-publisher.ts';
import type {
  Bytes,
  Draft,
  DraftRecord,
  ForeignEnvelope,
  IndexPlan,
  KnownRelease,
  ReleaseDetail,
  ReleaseFacts,
  ReleasePlan,
  ReleaseService,
  RootLine,
  RootPlan,
  SetOrigin,
  SetVisit,
  Settled,
  SignedImage,
} from './release-services.ts';
import { readLine } from './root-lines.ts';
import type { NamedFile } from './services.ts';
import { ReleaseSetVisit } from './set-visit.ts';

export class Releases implements ReleaseService {
  readonly roots = new Subject<readonly RootLine[] | undefined>(undefined);
  readonly records = new Subject<readonly ReleaseRecord[] | undefined>(undefined);
  readonly drafts = new Subject<readonly DraftRecord[] | undefined>(undefined);
  readonly #ports: ReleasePorts;
  readonly #drafts: ReleaseDrafts;
  readonly #details = new Map<string, { readonly under: string; readonly detail: Promise<ReleaseDetail> }>();
  #loading: Promise<void> | undefined;

  constructor(ports: ReleasePorts) {
    this.#ports = ports;
    this.#drafts = new ReleaseDrafts(ports, (id) => this.#line(id));
    ports.notifier.subscribe((topic) => {
      if (topic === 'releases' && this.roots.value) void this.#read().catch(() => undefined);
    });
  }

  load(): Promise<void> {
    this.#loading ??= this.#read().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  ofFirmware(sha256: string): Promise<readonly ReleaseRecord[]> {
    return this.#ports.store.ofImage(sha256);
  }

  async markOf(sha256: string): Promise<ReleaseMark | undefined> {
    return markOf(sha256, (await this.ofFirmware(sha256)).length > 0 ? await this.known() : []);
  }

  async detail(id: string): Promise<ReleaseDetail> {
    const stored = await this.#ports.store.release(id);
    if (!stored) throw forgotten('release', id);
    return this.#held(stored, lineIn(await this.#lines(), stored.record.rootId));
  }

  async known(): Promise<readonly KnownRelease[]> {
    const lines = await this.#lines();
    const stored = await this.#ports.store.releases();
    const details = await Promise.all(stored.map((each) => readable(this.#held(each, lineIn(lines, each.record.rootId)))));
    return details.flatMap((each) =>
      each
        ? { record: each.record, release: each.release, publisher: each.line?.name ?? '', ...(each.problem && { code: each.problem.code }) }
        : [],
    );
  }

  /** How many releases here a key has signed. */
  async signedBy(id: Fingerprint): Promise<number> {
    const stored = await this.#ports.store.releases();
    return stored.filter(({ bytes }) => signersIn(bytes).includes(id)).length;
  }

  visit(origin: SetOrigin): SetVisit {
    return new ReleaseSetVisit(origin, this.#ports, {
      lines: () => this.#lines(),
      releases: () => this.records.value ?? [],
      changed: () => this.#changed(),
    });
  }

  async forgetRoot(id: string): Promise<void> {
    await this.#ports.store.deleteRoot(id);
    await this.#changed();
  }

  async forgetRelease(id: string): Promise<void> {
    await this.#ports.store.deleteRelease(id);
    await this.#changed();
  }

  // ---- made here ----

  draftRoot(plan: RootPlan): Promise<DraftRecord> {
    return this.#andTell(this.#drafts.root(plan));
  }

  draftNextRoot(rootId: string, plan: RootPlan): Promise<DraftRecord> {
    return this.#andTell(this.#drafts.nextRoot(rootId, plan));
  }

  factsOf(sha256: string): Promise<ReleaseFacts> {
    return this.#drafts.factsOf(sha256);
  }

  nextCounter(rootId: string, product: string): number {
    const ofProduct = (this.records.value ?? []).filter((record) => record.rootId === rootId && record.product === product);
    return Math.max(0, ...ofProduct.map(({ counter }) => counter)) + 1;
  }

  draftRelease(plan: ReleasePlan): Promise<DraftRecord> {
    return this.#andTell(this.#drafts.release(plan));
  }

  draftIndex(plan: IndexPlan): Promise<DraftRecord> {
    return this.#andTell(this.#drafts.index(plan));
  }

  draft(id: string): Promise<Draft> {
    return this.#drafts.read(id);
  }

  sign(draftId: string, keyId: Fingerprint): Promise<Draft> {
    return this.#andTell(this.#drafts.sign(draftId, keyId));
  }

  exportDraft(id: string): Promise<NamedFile> {
    return this.#drafts.export(id);
  }

  async merge(draftId: string, file: Blob): Promise<Draft> {
    return this.#andTell(this.#drafts.merge(draftId, await boundedBytes(file)));
  }

  settle(draftId: string): Promise<Settled> {
    return this.#andTell(this.#drafts.settle(draftId));
  }

  async discard(draftId: string): Promise<void> {
    await this.#ports.store.write({ endDraft: draftId });
    await this.#changed();
  }

  // ---- for somebody else ----

  async readEnvelope(file: Blob, fileName: string): Promise<ForeignEnvelope> {
    return this.#foreign(await boundedBytes(file), fileName);
  }

  async signEnvelope({ bytes, fileName }: ForeignEnvelope, keyId: Fingerprint): Promise<ForeignEnvelope> {
    return this.#foreign(encodeEnvelope(await this.#drafts.signed(readEnvelope(bytes), keyId)), fileName);
  }

  async #foreign(bytes: Bytes, fileName: string): Promise<ForeignEnvelope> {
    const envelope = readEnvelope(bytes);
    const content = await contentOf(envelope);
    const signers = envelope.signatures.map(({ kid }) => kid);
    const lines = (await this.#lines()).filter(({ newest }) => content.kind !== 'root' || follows(content.root, newest.root));
    const meant = lines.length === 0 && content.kind === 'root' ? [undefined] : lines;
    const readings = await Promise.all(
      meant.map(async (line) => ({ line, quorums: await quorumsOf(envelope, content, line?.newest.root) })),
    );
    return { bytes, fileName, content, signers, readings };
  }

  // ---- sets ----

  async writeSet(rootId: string, options?: { readonly installOffset?: number }): Promise<readonly SetFile[]> {
    return putTogether(await this.#line(rootId), this.#ports, options);
  }

  async signedImages(rootId: string): Promise<readonly SignedImage[]> {
    return signedImages(await this.#line(rootId), this.#ports);
  }

  packSet(files: readonly SetFile[], name: string): NamedFile {
    return packed(files, `${name.replaceAll(/[^\w.-]+/g, '-').replace(/^[-.]+/, '') || 'releases'}.zip`);
  }

  writeFolder(folder: FileSystemDirectoryHandle, files: readonly SetFile[]): Promise<void> {
    return this.#ports.writeToFolder(folder, files);
  }

  /** The same bytes under the same root file are verified once. */
  #held(stored: StoredRelease, line: RootLine | undefined): Promise<ReleaseDetail> {
    const under = line?.newest.fingerprint ?? '';
    const known = this.#details.get(stored.record.id);
    if (known?.under === under) return known.detail;
    const detail = detailOf(stored, line);
    this.#details.set(stored.record.id, { under, detail });
    return detail;
  }

  async #lines(): Promise<readonly RootLine[]> {
    await this.load();
    return this.roots.value ?? [];
  }

  async #line(id: string): Promise<RootLine> {
    const line = lineIn(await this.#lines(), id);
    if (!line) throw forgotten('root', id);
    return line;
  }

  async #read(): Promise<void> {
    const { store } = this.#ports;
    const [roots, releases, drafts] = await Promise.all([store.roots(), store.releases(), store.drafts()]);
    const lines = (await Promise.all(roots.map(readLine))).filter((line) => line !== undefined);
    this.roots.set(lines.toSorted((a, b) => b.acceptedAt - a.acceptedAt));
    this.records.set(releases.map(({ record }) => record));
    this.drafts.set(drafts);
  }

  async #changed(): Promise<void> {
    await this.#read();
    this.#ports.notifier.tell('releases');
  }

  async #andTell<T>(work: Promise<T>): Promise<T> {
    const result = await work;
    await this.#changed();
    return result;
  }
}

const lineIn = (lines: readonly RootLine[], id: string): RootLine | undefined => lines.find((line) => line.id === id);

/** As the envelope says; none for what is no envelope. */
function signersIn(bytes: Bytes): readonly Fingerprint[] {
  try {
    return readEnvelope(bytes).signatures.map(({ kid }) => kid);
  } catch (error) {
    if (error instanceof OtterError) return [];
    throw error;
  }
}

/** Stored bytes that are no release are left out. */
async function readable(detail: Promise<ReleaseDetail>): Promise<ReleaseDetail | undefined> {
  try {
    return await detail;
  } catch (error) {
    if (error instanceof OtterError) return undefined;
    throw error;
  }
}

/** Read as it was signed; whether the newest root file still stands behind it is said beside it. */
async function detailOf({ record, bytes }: StoredRelease, line: RootLine | undefined): Promise<ReleaseDetail> {
  const release = parseRelease(unverifiedPayload(readEnvelope(bytes), 'release'));
  if (!line) return { record, release, line, signers: [], problem: toProblem(forgotten('root', record.rootId)) };
  try {
    const { signers } = await verifyRelease(line.newest, bytes);
    return { record, release, line, signers: line.newest.root.keys.filter(({ fingerprint }) => signers.includes(fingerprint)) };
  } catch (error) {
    if (!(error instanceof OtterError)) throw error;
    return { record, release, line, signers: [], problem: toProblem(error) };
  }
}

/** One key at least is in both, or it is of another line altogether. */
const follows = (next: Root, before: Root): boolean =>
  next.version === before.version + 1 && next.keys.some((key) => before.keys.some(({ fingerprint }) => fingerprint === key.fingerprint));

async function boundedBytes(file: Blob): Promise<Bytes> {
  if (file.size > MOST_INDEX_BYTES) throw new TrustError('SET_FILE_TOO_LARGE', 'envelope', `has more than ${MOST_INDEX_BYTES} bytes`);
  return new Uint8Array(await file.arrayBuffer());
}
