/** A browser that takes in and makes releases: the real use cases over a store in memory, people's keys as its key ring. */
import type { FirmwareRecord, FirmwareReport, FirmwareSource } from '../../src/app/model.ts';
import { Subject } from '../../src/app/observable.ts';
import type { ChangeSignatures, ChangeTopic, RecordAct } from '../../src/app/ports.ts';
import type { KeyRecord, ReleaseRecord, StoredSignature } from '../../src/app/trust/model.ts';
import { Releases } from '../../src/app/trust/release-book.ts';
import type { ReleaseChange, ReleaseStore, StoredDraft, StoredRelease, StoredRoot } from '../../src/app/trust/release-ports.ts';
import type { DraftRecord, SetVisit, SetVisitState } from '../../src/app/trust/release-services.ts';
import { SignatureDesk } from '../../src/app/trust/signature-desk.ts';
import { toBase64 } from '../../src/core/bytes/base64.ts';
import { sha256Hex } from '../../src/core/bytes/sha256.ts';
import { keyName } from '../../src/core/trust/fingerprint.ts';
import type { SetSource } from '../../src/core/trust/set-files.ts';
import { firmwareOf, reportOf, imageOf } from '../app/fixtures.ts';
import { HeldKeys } from './held-keys.ts';
import { NOW_MS } from './release-host.ts';
import type { Person } from './signers.ts';

export class MemoryReleaseStore implements ReleaseStore {
  readonly kept = {
    roots: new Map<string, StoredRoot>(),
    releases: new Map<string, StoredRelease>(),
    drafts: new Map<string, StoredDraft>(),
  };

  async roots() {
    return [...this.kept.roots.values()];
  }
  async releases() {
    return [...this.kept.releases.values()];
  }
  async release(id: string) {
    return this.kept.releases.get(id);
  }
  async ofImage(sha256: string): Promise<readonly ReleaseRecord[]> {
    return [...this.kept.releases.values()].map(({ record }) => record).filter((record) => record.sha256 === sha256);
  }
  async drafts(): Promise<readonly DraftRecord[]> {
    return [...this.kept.drafts.values()].map(({ record }) => record);
  }
  async draft(id: string) {
    return this.kept.drafts.get(id);
  }
  async write({ root, release, draft, endDraft }: ReleaseChange) {
    const { roots, releases, drafts } = this.kept;
    if (root) roots.set(root.id, root.change(roots.get(root.id)));
    if (release) releases.set(release.record.id, release);
    if (draft) drafts.set(draft.record.id, draft);
    if (endDraft !== undefined) drafts.delete(endDraft);
  }
  async deleteRelease(id: string) {
    this.kept.releases.delete(id);
  }
  async deleteRoot(id: string) {
    this.kept.roots.delete(id);
    for (const kept of [this.kept.releases, this.kept.drafts]) {
      for (const [key, { record }] of kept) if (record.rootId === id) kept.delete(key);
    }
  }
}

export const keyRecordOf = ({ key }: Person): KeyRecord => ({
  id: key.fingerprint,
  name: key.name,
  purpose: 'releases',
  isWeak: false,
  algorithm: keyName(key.publicKey),
  spki: toBase64(key.publicKey.spki),
  privateKey: 'here',
  status: 'active',
  source: 'made',
  createdAt: NOW_MS,
});

/** Of all desks: several may share a store. */
let drafts = 0;

export class ReleaseDesk {
  readonly store: MemoryReleaseStore;
  /** By SHA-256: what the library holds. */
  readonly images = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly added: { readonly fileName: string; readonly source: FirmwareSource }[] = [];
  readonly told: ChangeTopic[] = [];
  readonly acts: [act: string, given: unknown][] = [];
  nowMs = NOW_MS;
  /** What the next visit finds. */
  source: SetSource | undefined;
  readonly people: readonly Person[];
  /** Those that firmware is signed with. */
  readonly keys = new HeldKeys();
  readonly #beside = new Map<string, readonly StoredSignature[]>();
  readonly signatures: SignatureDesk;
  readonly releases: Releases;

  constructor(people: readonly Person[] = [], store = new MemoryReleaseStore()) {
    this.people = people;
    this.store = store;
    const record: RecordAct = (act, given) => void this.acts.push([act, given]);
    const clock = { now: () => this.nowMs, sleep: () => Promise.resolve() };
    const library = this.#library();
    this.signatures = new SignatureDesk({ library, keys: this.keys, clock, record });
    this.releases = new Releases({
      store: this.store,
      openSet: async () => this.source!,
      writeToFolder: async () => undefined,
      keys: {
        useToSign: async (id) => {
          const person = this.people.find(({ key }) => key.fingerprint === id)!;
          return { record: keyRecordOf(person), publicKey: person.publicKey, privateKey: person.privateKey };
        },
      },
      signatures: this.signatures,
      library,
      notifier: { tell: (topic) => void this.told.push(topic), subscribe: () => () => undefined },
      clock,
      newId: () => `draft-${(drafts += 1)}`,
      record,
    });
  }

  signaturesOf(sha256: string): readonly StoredSignature[] {
    return this.#beside.get(sha256) ?? [];
  }

  #library() {
    return {
      records: new Subject<readonly FirmwareRecord[] | undefined>([]),
      add: async (file: Blob, fileName: string, source: FirmwareSource) => {
        const bytes = new Uint8Array(await file.arrayBuffer());
        const sha256 = await this.keep(bytes);
        this.added.push({ fileName, source });
        return { record: this.#record(sha256), report: this.#report(sha256), isNew: true };
      },
      bytes: async (sha256: string) => new Blob([this.images.get(sha256)!]),
      report: async (sha256: string) => this.#report(sha256),
      get: async (sha256: string) => (this.images.has(sha256) ? this.#record(sha256) : undefined),
      changeSignatures: async (sha256: string, change: ChangeSignatures) => {
        this.#beside.set(sha256, change(this.signaturesOf(sha256)));
        return this.#record(sha256);
      },
    };
  }

  async keep(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const sha256 = await sha256Hex(bytes);
    this.images.set(sha256, bytes);
    return sha256;
  }

  /** Until nothing moves any more. */
  async visit(source: SetSource, url = 'https://example.org/gh/'): Promise<SetVisit> {
    this.source = source;
    const visit = this.releases.visit({ kind: 'url', url });
    await settled(visit);
    return visit;
  }

  #record(sha256: string): FirmwareRecord {
    const { length: size } = this.images.get(sha256)!;
    return { ...firmwareOf({ sha256, size, name: 'greenhouse', version: '1.2.0' }), signatures: this.signaturesOf(sha256) };
  }

  #report(sha256: string): FirmwareReport {
    const content = {
      kind: 'app',
      image: imageOf({ chip: 'ESP32-S3', appendedHash: { offset: 1, stored: 'ab'.repeat(32), computed: 'ab'.repeat(32), valid: true } }),
    } as const;
    return { ...reportOf({ sha256, content }), size: this.images.get(sha256)!.length };
  }
}

const isResting = ({ steps, index, problem }: SetVisitState): boolean =>
  problem !== undefined ||
  steps.some(({ status }) => status === 'asking') ||
  (index !== undefined && steps.every(({ status }) => status !== 'active'));

export async function settled({ state }: SetVisit): Promise<SetVisitState> {
  while (!isResting(state.value)) await new Promise((resolve) => setTimeout(resolve, 2));
  return state.value;
}
