/** Root files, releases and indexes on their way to enough signatures: written here, signed here and elsewhere, and kept once they hold. */
import { sha256Hex } from '../../core/bytes/sha256.ts';
import { defined } from '../../core/fields.ts';
import { plainText } from '../../core/plain-text.ts';
import type { Fingerprint, PublicKey } from '../../core/trust/key-model.ts';
import { trustIndex, verifyRelease } from '../../core/trust/release-set.ts';
import type { Release } from '../../core/trust/release.ts';
import { parseRoot, readFirstRoot, readNextRoot } from '../../core/trust/root.ts';
import { unverifiedPayload } from '../../core/trust/jws.ts';
import type { JwsEnvelope } from '../../core/trust/jws.ts';
import {
  encodeEnvelope,
  mergeEnvelopes,
  signEnvelope,
  unsignedIndex,
  unsignedRelease,
  unsignedRoot,
} from '../../core/trust/threshold-signing.ts';
import { TrustError } from '../../core/trust/trust-error.ts';
import { listReleases } from '../../core/trust/write-release-set.ts';
import { LibraryError } from '../errors.ts';
import { contentOf, isComplete, quorumsOf, readEnvelope } from './envelopes.ts';
import type { ReleasePorts, StoredRoot } from './release-ports.ts';
import { MOST_NAME_LENGTH } from './release-records.ts';
import type {
  Bytes,
  Draft,
  DraftContent,
  DraftRecord,
  IndexPlan,
  ReleaseFacts,
  ReleasePlan,
  RootLine,
  RootPlan,
  Settled,
} from './release-services.ts';
import { grown, isSame, overtaken } from './root-lines.ts';
import type { ReleaseRecord } from './model.ts';
import type { NamedFile } from './services.ts';

export const MADE_HERE = 'made in this browser';

/** Two signed indexes of one version would be two truths. */
const twice = (version: number): TrustError =>
  new TrustError('INDEX_ROLLBACK', 'index.payload.version', `must be above ${version}, which is signed and kept here`);

export const forgotten = (what: string, id: string): TrustError =>
  new TrustError('RELEASE_FORGOTTEN', what, 'is not kept here', { found: id });

export class ReleaseDrafts {
  readonly #ports: ReleasePorts;
  readonly #line: (id: string) => Promise<RootLine>;

  constructor(ports: ReleasePorts, line: (id: string) => Promise<RootLine>) {
    this.#ports = ports;
    this.#line = line;
  }

  // ---- written ----

  async root(plan: RootPlan): Promise<DraftRecord> {
    return this.#keep('root', await unsignedRoot(this.#rootOf(plan, 1)), { name: publisherName(plan.name) });
  }

  async nextRoot(rootId: string, plan: RootPlan): Promise<DraftRecord> {
    const { newest } = await this.#line(rootId);
    return this.#keep('root', await unsignedRoot(this.#rootOf(plan, newest.root.version + 1)), { rootId });
  }

  async factsOf(sha256: string): Promise<ReleaseFacts> {
    const { library } = this.#ports;
    const [report, record] = await Promise.all([library.report(sha256), library.get(sha256)]);
    const { content } = report;
    if (content.kind !== 'app' || !record) throw new LibraryError('NO_APPLICATION', 'a release is of an application', { sha256 });
    const { chip, appendedHash, appDescriptor } = content.image;
    return {
      product: label(appDescriptor?.projectName || record.name),
      version: label(record.version),
      chip,
      size: report.size,
      appendedHash: appendedHash?.valid === true ? appendedHash.stored : undefined,
    };
  }

  async release({ rootId, sha256, ...plan }: ReleasePlan): Promise<DraftRecord> {
    await this.#line(rootId);
    const { chip, size, appendedHash } = await this.factsOf(sha256);
    const release: Release = {
      product: plan.product,
      hardware: plan.hardware,
      chip,
      version: plan.version,
      counter: plan.counter,
      size,
      sha256,
      appendedHash,
      notes: plan.notes,
      issuedMs: this.#ports.clock.now(),
      expiresMs: plan.expiresAt,
      minFromCounter: plan.minFromCounter,
      deltas: [],
    };
    return this.#keep('release', unsignedRelease(release), { rootId, sha256 });
  }

  async index({ rootId, releaseIds, expiresAt }: IndexPlan): Promise<DraftRecord> {
    const line = await this.#line(rootId);
    const trusted = await Promise.all(releaseIds.map(async (id) => verifyRelease(line.newest, (await this.#release(id)).bytes)));
    const envelope = unsignedIndex({
      version: (line.seen?.version ?? 0) + 1,
      issuedMs: this.#ports.clock.now(),
      expiresMs: expiresAt,
      releases: await listReleases(trusted),
    });
    return this.#keep('index', envelope, { rootId });
  }

  // ---- signed ----

  async read(id: string): Promise<Draft> {
    const { record, bytes } = await this.#stored(id);
    return this.#draft(record, readEnvelope(bytes));
  }

  async sign(id: string, keyId: Fingerprint): Promise<Draft> {
    const { record, bytes } = await this.#stored(id);
    return this.#change(record, await this.signed(readEnvelope(bytes), keyId));
  }

  async signed(envelope: JwsEnvelope, keyId: Fingerprint): Promise<JwsEnvelope> {
    const signed = await signEnvelope(envelope, await this.#ports.keys.useToSign(keyId));
    await this.#note(signed, keyId);
    return signed;
  }

  /** Signatures that somebody made elsewhere. */
  async merge(id: string, file: Bytes): Promise<Draft> {
    const { record, bytes } = await this.#stored(id);
    const draft = await this.#draft(record, readEnvelope(bytes));
    return this.#change(record, await mergeEnvelopes(readEnvelope(bytes), readEnvelope(file), keysOf(draft)));
  }

  async export(id: string): Promise<NamedFile> {
    const { bytes } = await this.#stored(id);
    return fileOf(bytes, await contentOf(readEnvelope(bytes)));
  }

  async #note(envelope: JwsEnvelope, keyId: Fingerprint): Promise<void> {
    const { record } = this.#ports;
    if (!record) return;
    const content = await contentOf(envelope);
    if (content.kind === 'release') return record('release-signed', { ...content.release, keyId });
    const file = content.kind === 'root' ? content.root : content.index;
    const sha256 = await sha256Hex(unverifiedPayload(envelope, content.kind));
    record(content.kind === 'root' ? 'root-signed' : 'index-signed', { version: String(file.version), sha256, keyId });
  }

  // ---- kept ----

  /** @throws TrustError as a reader would, while too few have signed */
  async settle(id: string): Promise<Settled> {
    const { record, bytes } = await this.#stored(id);
    switch (record.kind) {
      case 'root':
        return record.rootId === undefined ? this.#settleFirstRoot(record, bytes) : this.#settleNextRoot(record, bytes, record.rootId);
      case 'release':
        return this.#settleRelease(record, bytes);
      case 'index':
        return this.#settleIndex(record, bytes);
    }
  }

  async #settleFirstRoot({ id, name = '' }: DraftRecord, bytes: Bytes): Promise<Settled> {
    const { store, clock, record: note } = this.#ports;
    const root = await readFirstRoot(bytes);
    const rootId = root.fingerprint;
    const record = { id: rootId, name, version: root.root.version, source: MADE_HERE, acceptedAt: clock.now() };
    await store.write({ root: { id: rootId, change: (stored) => stored ?? { record, files: [bytes] } }, endDraft: id });
    note?.('root-trusted', { name, version: String(record.version), sha256: rootId });
    return { kind: 'root', rootId };
  }

  async #settleNextRoot({ id }: DraftRecord, bytes: Bytes, rootId: string): Promise<Settled> {
    const line = await this.#line(rootId);
    const planned = await parseRoot(unverifiedPayload(readEnvelope(bytes), 'root'));
    // Another one was kept since it was drafted.
    if (planned.version <= line.newest.root.version) throw overtaken(line.newest.root.version);
    const next = await readNextRoot(line.newest, bytes);
    await this.#writeRoot(rootId, id, (stored) => grown(stored, [...line.files, next]));
    this.#ports.record?.('root-trusted', { name: line.name, version: String(next.root.version), sha256: next.fingerprint });
    return { kind: 'root', rootId };
  }

  async #settleRelease({ id, rootId = '' }: DraftRecord, bytes: Bytes): Promise<Settled> {
    const { store, clock } = this.#ports;
    const line = await this.#line(rootId);
    const { release } = await verifyRelease(line.newest, bytes);
    const record: ReleaseRecord = {
      id: await sha256Hex(bytes),
      rootId,
      sha256: release.sha256,
      product: release.product,
      version: release.version,
      counter: release.counter,
      issuedAt: release.issuedMs,
      expiresAt: release.expiresMs,
      acceptedAt: clock.now(),
    };
    await store.write({ release: { record, bytes }, endDraft: id });
    return { kind: 'release', record };
  }

  async #settleIndex({ id, rootId = '' }: DraftRecord, bytes: Bytes): Promise<Settled> {
    const line = await this.#line(rootId);
    const { seen } = await trustIndex(line.newest, bytes, { nowMs: this.#ports.clock.now(), seen: line.seen });
    await this.#writeRoot(rootId, id, (stored) => {
      if (stored.seen?.version === seen.version && stored.index && !isSame(stored.index, bytes)) throw twice(seen.version);
      return grown(stored, line.files, { seen, index: bytes });
    });
    return { kind: 'index', rootId };
  }

  #writeRoot(rootId: string, endDraft: string, change: (stored: StoredRoot) => StoredRoot): Promise<void> {
    return this.#ports.store.write({
      root: {
        id: rootId,
        change: (stored) => {
          if (!stored) throw forgotten('root', rootId);
          return change(stored);
        },
      },
      endDraft,
    });
  }

  async #keep(
    kind: DraftRecord['kind'],
    envelope: JwsEnvelope,
    more: Pick<Partial<DraftRecord>, 'rootId' | 'sha256' | 'name'>,
  ): Promise<DraftRecord> {
    const { store, newId, clock } = this.#ports;
    const record: DraftRecord = { id: newId(), kind, createdAt: clock.now(), ...defined(more) };
    await store.write({ draft: { record, bytes: encodeEnvelope(envelope) } });
    return record;
  }

  async #change(record: DraftRecord, envelope: JwsEnvelope): Promise<Draft> {
    await this.#ports.store.write({ draft: { record, bytes: encodeEnvelope(envelope) } });
    return this.#draft(record, envelope);
  }

  async #draft(record: DraftRecord, envelope: JwsEnvelope): Promise<Draft> {
    const line = record.rootId === undefined ? undefined : await this.#line(record.rootId);
    const content = await contentOf(envelope);
    const quorums = await quorumsOf(envelope, content, line?.newest.root);
    return { record, content, line, quorums, isComplete: isComplete(quorums) };
  }

  async #stored(id: string) {
    const stored = await this.#ports.store.draft(id);
    if (!stored) throw forgotten('draft', id);
    return stored;
  }

  async #release(id: string) {
    const stored = await this.#ports.store.release(id);
    if (!stored) throw forgotten('release', id);
    return stored;
  }

  #rootOf({ keys, roles, revoked, expiresAt }: RootPlan, version: number) {
    return { version, keys, roles, revoked, issuedMs: this.#ports.clock.now(), expiresMs: expiresAt };
  }
}

/** Of everybody who may have signed it. */
function keysOf({ content, line }: Draft): ReadonlyMap<Fingerprint, PublicKey> {
  const roots = [...(line ? [line.newest.root] : []), ...(content.kind === 'root' ? [content.root] : [])];
  return new Map(roots.flatMap(({ keys }) => keys.map(({ fingerprint, publicKey }) => [fingerprint, publicKey] as const)));
}

/** As releases take it: one line, one spelling, and not too long. */
const label = (text: string): string => plainText(text).replaceAll(/\s+/g, ' ').normalize().trim().slice(0, 64).trim();

const publisherName = (text: string): string => label(text).slice(0, MOST_NAME_LENGTH) || 'Unnamed';

const plainName = (text: string): string => text.replaceAll(/[^\w.+-]+/g, '-').slice(0, 120);

export function fileOf(bytes: Bytes, content: DraftContent): NamedFile {
  const stem =
    content.kind === 'root'
      ? `root-${content.root.version}`
      : content.kind === 'index'
        ? `index-${content.index.version}`
        : `${plainName(content.release.product)}-${plainName(content.release.version)}.release`;
  return { blob: new Blob([bytes], { type: 'application/json' }), fileName: `${stem}.to-sign.json` };
}
