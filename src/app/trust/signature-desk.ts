/**
 * Who stands behind a firmware of the library: judges what is signed, signs, and keeps the signatures that come. Verdicts are computed by the
 * browser's own threads (WebCrypto) and kept until a key, a pin or a signature changes.
 */
import { fromBase64, toBase64 } from '../../core/bytes/base64.ts';
import { sha256Hex } from '../../core/bytes/sha256.ts';
import type { FirmwareContent } from '../../core/image/model.ts';
import { appImageOf } from '../../core/image/starting-app.ts';
import { encodeSignatureFile, parseSignatureFile, signDetached } from '../../core/trust/detached-signature.ts';
import { checkFirmware } from '../../core/trust/firmware-check.ts';
import type { DetachedSignature } from '../../core/trust/firmware-check.ts';
import type { KnownKey } from '../../core/trust/firmware-signature.ts';
import type { Fingerprint } from '../../core/trust/key-model.ts';
import { isWeak } from '../../core/trust/key-strength.ts';
import type { BroughtSignature } from '../../core/trust/read-release-set.ts';
import { LibraryError } from '../errors.ts';
import { plainFileName } from '../firmware-record.ts';
import type { FirmwareRecord, FirmwareReport } from '../model.ts';
import { Subject } from '../observable.ts';
import type { Clock, RecordAct } from '../ports.ts';
import type { LibraryService } from '../services.ts';
import { productName } from './key-records.ts';
import type { FirmwareTrust, StoredSignature } from './model.ts';
import type { KeyService, NamedFile, SignatureService } from './services.ts';
import { verdictOf } from './verdict.ts';
import { SignatureError } from './signature-errors.ts';
import { withSignature, withSignatures } from './signature-list.ts';
import { signatureFileName } from './signature-names.ts';

/** More than any signature, and little enough to be read whatever it is. */
const READ_BYTES = 8192;
const REMEMBERED_VERDICTS = 64;

export interface SignatureDeskPorts {
  readonly library: Pick<LibraryService, 'records' | 'get' | 'report' | 'bytes' | 'changeSignatures'>;
  readonly keys: Pick<KeyService, 'records' | 'products' | 'knownKeys' | 'useToSign'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly record?: RecordAct;
}

interface Verdict {
  /** Everything that it depends on, besides the bytes. */
  readonly stamp: string;
  readonly trust: Promise<FirmwareTrust>;
}

export class SignatureDesk implements SignatureService {
  readonly version = new Subject(0);
  readonly #ports: SignatureDeskPorts;
  readonly #verdicts = new Map<string, Verdict>();

  constructor(ports: SignatureDeskPorts) {
    this.#ports = ports;
    const changed = (): void => this.version.set(this.version.value + 1);
    for (const source of [ports.keys.records, ports.keys.products, ports.library.records]) source.subscribe(changed);
  }

  async trust(sha256: string, asked?: string): Promise<FirmwareTrust> {
    const { library, keys } = this.#ports;
    const [report, record] = await Promise.all([library.report(sha256), library.get(sha256)]);
    const product = asked ?? productOf(report, record);
    const signatures = record?.signatures ?? [];
    const known = await keys.knownKeys(product);
    const isPinned = this.#isPinned(product, known);
    const stamp = JSON.stringify([product, isPinned, known.map(standing), signatures.map(({ value, keyId }) => [value, keyId])]);
    const kept = this.#verdicts.get(sha256);
    if (kept?.stamp === stamp) return kept.trust;
    const { content } = report;
    // Most firmware is not signed at all: its bytes stay where they are.
    const read = signatures.length > 0 || mayBeSigned(content) ? this.#bytes(sha256) : Promise.resolve(new Uint8Array());
    const trust = read.then((bytes) => judge({ bytes, content, product, signatures, isPinned }, known));
    this.#remember(sha256, { stamp, trust });
    return trust;
  }

  async trustOf(bytes: Uint8Array<ArrayBuffer>, content: FirmwareContent, asked?: string): Promise<FirmwareTrust> {
    const { library, keys } = this.#ports;
    const record = await library.get(await sha256Hex(bytes));
    const product = asked ?? productOf({ content }, record);
    const { signatures = [] } = record ?? {};
    const known = await keys.knownKeys(product);
    return judge({ bytes, content, product, signatures, isPinned: this.#isPinned(product, known) }, known);
  }

  async attach(sha256: string, file: Blob, fileName: string): Promise<FirmwareTrust> {
    const bytes = parseSignatureFile(await readHead(file, fileName));
    const { product } = await this.trust(sha256);
    const known = await this.#ports.keys.knownKeys(product);
    const message = await this.#bytes(sha256);
    const { findings } = await checkFirmware({ bytes: message, content: { kind: 'unknown' }, detached: [{ bytes }] }, known);
    const [finding] = findings;
    await this.#keep(sha256, {
      value: toBase64(bytes),
      addedAt: this.#ports.clock.now(),
      fileName: plainFileName(fileName),
      ...(finding?.verdict === 'valid' && { keyId: finding.fingerprint }),
    });
    const record = await this.#record(sha256);
    const trust = await this.trust(sha256);
    this.#ports.record?.('signature-attached', record);
    this.#ports.record?.('signature-checked', { ...record, ...verdictOf(trust) });
    return trust;
  }

  async adopt(sha256: string, brought: readonly BroughtSignature[]): Promise<void> {
    const { library, keys, clock, record: note } = this.#ports;
    if (brought.length === 0) return;
    const { product } = await this.trust(sha256);
    const known = await keys.knownKeys(product);
    const message = await this.#bytes(sha256);
    const revoked = revokedOf(known);
    const fresh: StoredSignature[] = [];
    for (const { fileName, bytes } of brought) {
      // Each by itself: beside one that is right, a wrong one is only one that tells nothing.
      const { findings } = await checkFirmware({ bytes: message, content: { kind: 'unknown' }, detached: [{ bytes }] }, known);
      const [finding] = findings;
      if (finding?.verdict !== 'valid' || revoked.has(finding.fingerprint)) continue;
      fresh.push({ value: toBase64(bytes), addedAt: clock.now(), fileName, keyId: finding.fingerprint });
    }
    const before = (await this.#record(sha256)).signatures?.length ?? 0;
    const record = await library.changeSignatures(sha256, (there) => withSignatures(there, fresh));
    if ((record.signatures?.length ?? 0) === before) return;
    note?.('signature-attached', record);
    note?.('signature-checked', { ...record, ...verdictOf(await this.trust(sha256)) });
  }

  async vouched(sha256: string): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    const { findings, signatures, product } = await this.trust(sha256);
    const revoked = revokedOf(await this.#ports.keys.knownKeys(product));
    const beside = findings.slice(findings.length - signatures.length);
    return signatures.flatMap(({ value }, index) => {
      const finding = beside[index];
      const isGood = finding?.verdict === 'valid' && !revoked.has(finding.fingerprint) && !isWeak(finding.publicKey);
      return isGood ? [fromBase64(value)] : [];
    });
  }

  async sign(sha256: string, keyId: Fingerprint): Promise<FirmwareTrust> {
    await this.#assertFirmware(sha256);
    const message = await this.#bytes(sha256);
    const { record: key, privateKey } = await this.#ports.keys.useToSign(keyId);
    const value = toBase64(await signDetached(privateKey, message));
    await this.#keep(sha256, { value, keyId, addedAt: this.#ports.clock.now() });
    const { name, algorithm, purpose } = key;
    this.#ports.record?.('firmware-signed', { ...(await this.#record(sha256)), key: { name, keyId, algorithm, purpose } });
    return this.trust(sha256);
  }

  async remove(sha256: string, index: number): Promise<FirmwareTrust> {
    const gone = await this.#signature(sha256, index);
    await this.#ports.library.changeSignatures(sha256, (there) => there.filter(({ value }) => value !== gone.value));
    this.#ports.record?.('signature-removed', await this.#record(sha256));
    return this.trust(sha256);
  }

  async save(sha256: string, index: number, form: 'raw' | 'base64'): Promise<NamedFile> {
    const record = await this.#record(sha256);
    const bytes = fromBase64((await this.#signature(sha256, index)).value);
    const known = await this.#ports.keys.knownKeys('');
    const nameOf = (id: Fingerprint): string | undefined => known.find(({ fingerprint }) => fingerprint === id)?.name;
    const fileName = signatureFileName({ fileName: record.fileName, signatures: record.signatures ?? [] }, index, nameOf);
    return form === 'raw'
      ? { blob: new Blob([bytes]), fileName }
      : { blob: new Blob([encodeSignatureFile(bytes)], { type: 'text/plain' }), fileName: `${fileName}.b64` };
  }

  async signatureBy(sha256: string, keyIds: readonly Fingerprint[]): Promise<string | undefined> {
    const { findings, signatures } = await this.trust(sha256);
    const beside = findings.slice(findings.length - signatures.length);
    const index = beside.findIndex((finding) => finding.verdict === 'valid' && keyIds.includes(finding.fingerprint));
    return signatures[index]?.value;
  }

  /** Also by keys that count no longer: who trusted somebody does not trust everybody because of that. */
  #isPinned(product: string, known: readonly KnownKey[]): boolean {
    const name = productName(product);
    return known.some(({ trusted }) => trusted) || (this.#ports.keys.products.value ?? []).some((other) => other.product === name);
  }

  #remember(sha256: string, verdict: Verdict): void {
    this.#verdicts.delete(sha256);
    this.#verdicts.set(sha256, verdict);
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size > REMEMBERED_VERDICTS && oldest !== undefined) this.#verdicts.delete(oldest);
    // What could not be judged is tried anew.
    verdict.trust.catch(() => this.#verdicts.get(sha256) === verdict && this.#verdicts.delete(sha256));
  }

  async #keep(sha256: string, fresh: StoredSignature): Promise<void> {
    await this.#ports.library.changeSignatures(sha256, (there) => withSignature(there, fresh));
  }

  async #signature(sha256: string, index: number): Promise<StoredSignature> {
    const signature = (await this.#record(sha256)).signatures?.[index];
    if (!signature) throw new SignatureError('SIGNATURE_UNKNOWN', 'there is no such signature', { sha256, index });
    return signature;
  }

  /** A signature over a file says nothing of what the file is: one over the text of a release would be that of a release. */
  async #assertFirmware(sha256: string): Promise<void> {
    const { fileName } = await this.#record(sha256);
    const { content } = await this.#ports.library.report(sha256);
    if (content.kind === 'unknown') throw new SignatureError('NOT_A_FIRMWARE', 'only firmware is signed here', { sha256, fileName });
  }

  async #record(sha256: string): Promise<FirmwareRecord> {
    const record = await this.#ports.library.get(sha256);
    if (!record) throw new LibraryError('FIRMWARE_UNKNOWN', 'no such firmware', { sha256 });
    return record;
  }

  async #bytes(sha256: string): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await (await this.#ports.library.bytes(sha256)).arrayBuffer());
  }
}

interface Held extends Pick<FirmwareTrust, 'product' | 'signatures' | 'isPinned'> {
  readonly bytes: Uint8Array;
  readonly content: FirmwareContent;
}

async function judge({ bytes, content, ...held }: Held, known: readonly KnownKey[]): Promise<FirmwareTrust> {
  const checked = await checkFirmware({ bytes, content, detached: held.signatures.map(detachedOf) }, known);
  return { ...checked, ...held };
}

/** What the image calls its project; what the person calls it where it has no name. Both are claims: a guarded device has a product of its own. */
const productOf = ({ content }: Pick<FirmwareReport, 'content'>, record: Pick<FirmwareRecord, 'name'> | undefined): string =>
  appImageOf(content)?.appDescriptor?.projectName || record?.name || '';

/** Where there is no room for all, those that somebody can check stay. */
const revokedOf = (known: readonly KnownKey[]): ReadonlySet<Fingerprint> =>
  new Set(known.flatMap(({ status, fingerprint }) => (status === 'revoked' ? [fingerprint] : [])));

const standing = ({ fingerprint, name, status, trusted }: KnownKey): readonly unknown[] => [fingerprint, name, status, trusted];

const mayBeSigned = (content: FirmwareContent): boolean =>
  content.kind === 'damaged' || ('image' in content && content.image.secureBoot.length > 0);

/** What was stored and is no base64 signs nothing, and says so. */
function detachedOf({ value, keyId }: StoredSignature): DetachedSignature {
  const named = keyId === undefined ? {} : { fingerprint: keyId };
  try {
    return { bytes: fromBase64(value), ...named };
  } catch {
    return { bytes: new Uint8Array(), ...named };
  }
}

async function readHead(file: Blob, fileName: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(0, READ_BYTES).arrayBuffer());
  } catch (cause) {
    throw new LibraryError('FILE_UNREADABLE', cause instanceof Error ? cause.message : 'cannot be read', { fileName }, { cause });
  }
}
