/**
 * Files become firmware: each is looked through and stored, one after the other, and the person is led to what came of it. Knows the
 * library and the routes; knows nothing of where the files came from.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { FirmwareRecord, FirmwareSource } from '../../app/model.ts';
import { toProblem } from '../../app/errors.ts';
import type { AppServices } from '../../app/services.ts';
import { belongsTo, isSignatureFile } from '../../app/trust/signature-files.ts';
import { SignatureError } from '../../app/trust/signature-errors.ts';
import { formatMany, hereAlready } from '../format.ts';
import { announce } from '../live-region.ts';
import { navigate, type Route } from '../router.ts';
import { signatureSentence } from '../signature-words.ts';
import { projectOf } from '../views/library/shelf.ts';

/** A file that did not make it, and why. */
export interface Refusal {
  readonly fileName: string;
  readonly error: unknown;
  /** Takes it although Otter does not recognise it; absent where nothing can be done about the refusal. */
  readonly keep?: () => void;
}

interface IntakeProgress {
  readonly fileName: string;
  /** Counted from 1. */
  readonly index: number;
  readonly total: number;
}

interface Taken {
  readonly record: FirmwareRecord;
  readonly isNew: boolean;
  /** As it came. */
  readonly fileName: string;
}

/** What `exportArchive` writes; everything else is looked through as firmware. */
const isArchive = (file: File): boolean => /\.zip$/i.test(file.name);

export class IntakeController implements ReactiveController {
  progress: IntakeProgress | undefined;
  refusals: readonly Refusal[] = [];

  readonly #host: ReactiveControllerHost;
  readonly #services: () => AppServices;
  readonly #route: () => Route;
  /** Files that come while others are looked through wait for their turn. */
  #queue: Promise<void> = Promise.resolve();

  constructor(host: ReactiveControllerHost, services: () => AppServices, route: () => Route) {
    this.#host = host;
    this.#services = services;
    this.#route = route;
    host.addController(this);
  }

  hostConnected(): void {
    this.refusals = [];
  }

  /** Resolves when all of them are dealt with; nothing is thrown, refusals are kept for the page. */
  take(files: readonly File[], kind: FirmwareSource['kind'] = 'file'): Promise<void> {
    if (files.length === 0) return this.#queue;
    this.#queue = this.#queue.then(() => this.#takeAll(files, kind));
    return this.#queue;
  }

  refuse(refusals: readonly Refusal[]): void {
    this.refusals = [...this.refusals, ...refusals];
    this.#host.requestUpdate();
  }

  dismiss(): void {
    this.refusals = [];
    this.#host.requestUpdate();
  }

  async #takeAll(files: readonly File[], kind: FirmwareSource['kind'], options?: { readonly evenUnknown: true }): Promise<void> {
    this.refusals = [];
    const taken: Taken[] = [];
    const signatures = this.#services().trust ? files.filter(({ name }) => isSignatureFile(name)) : [];
    for (const [at, file] of files.entries()) {
      if (signatures.includes(file)) continue;
      this.#show({ fileName: file.name, index: at + 1, total: files.length });
      try {
        if (isArchive(file)) await this.#import(file);
        else
          taken.push({
            ...(await this.#services().library.add(file, file.name, { kind, detail: file.name }, options)),
            fileName: file.name,
          });
      } catch (error) {
        this.refuse([this.#refusal(file, kind, error)]);
      }
    }
    const attached = await this.#attach(signatures, taken);
    this.#show(undefined);
    this.#lead(taken, attached);
  }

  /** Each to the firmware that it came with, or to the one that is open. Gives what is to be said of the last. */
  async #attach(signatures: readonly File[], taken: readonly Taken[]): Promise<string> {
    let said = '';
    for (const file of signatures) {
      try {
        const sha256 = this.#ownerOf(file.name, taken);
        if (sha256 === undefined)
          throw new SignatureError('SIGNATURE_WITHOUT_FIRMWARE', 'nothing here belongs to it', { fileName: file.name });
        const trust = await (await this.#services().trust!()).signatures.attach(sha256, file, file.name);
        said = `Signature attached. ${signatureSentence(trust)}.`;
      } catch (error) {
        this.refuse([{ fileName: file.name, error }]);
      }
    }
    return said;
  }

  #ownerOf(fileName: string, taken: readonly Taken[]): string | undefined {
    const named = taken.filter((each) => belongsTo(fileName, each.fileName));
    // What comes with one firmware is meant for it, whatever it is called.
    const [owner] = taken.length === 1 ? taken : named;
    if (taken.length > 0) return owner?.record.sha256;
    const route = this.#route();
    return route.view === 'firmware' || route.view === 'preflight' ? route.sha256 : undefined;
  }

  #refusal(file: File, kind: FirmwareSource['kind'], error: unknown): Refusal {
    const { name: fileName } = file;
    if (toProblem(error).code !== 'FILE_NOT_RECOGNISED') return { fileName, error };
    const keep = (): void => {
      const others = this.refusals.filter((refusal) => refusal.keep !== keep);
      this.#queue = this.#queue.then(() => this.#takeAll([file], kind, { evenUnknown: true })).then(() => this.refuse(others));
    };
    return { fileName, error, keep };
  }

  async #import(archive: File): Promise<void> {
    const { added, known } = await this.#services().library.importArchive(archive);
    announce(`${formatMany(added, 'firmware', 'firmware files')} imported${known > 0 ? `, ${hereAlready(known)}` : ''}.`);
    navigate({ view: 'firmware' });
  }

  #show(progress: IntakeProgress | undefined): void {
    this.progress = progress;
    this.#host.requestUpdate();
  }

  #lead(taken: readonly Taken[], attached: string): void {
    const [first] = taken;
    if (!first && attached) announce(attached);
    if (!first) return;
    announce([words(taken), attached].filter(Boolean).join(' '));
    if (taken.length === 1) navigate(destination(this.#route(), first.record));
    else navigate({ view: 'firmware' });
  }
}

/** On a device's page a file is meant for that device; anywhere else it is meant for the library. */
function destination(route: Route, { sha256 }: FirmwareRecord): Route {
  const isOnDevice = route.view === 'device' || route.view === 'preflight' || route.view === 'job';
  return isOnDevice ? { view: 'preflight', id: route.id, sha256 } : { view: 'firmware', sha256 };
}

function words(taken: readonly Taken[]): string {
  const known = taken.filter(({ isNew }) => !isNew).length;
  const [first] = taken;
  if (first && taken.length === 1) {
    const name = `${projectOf(first.record)} ${first.record.version}`.trim();
    return first.isNew ? `${name} is in the library.` : `${name} was in the library already.`;
  }
  const added = formatMany(taken.length - known, 'firmware added', 'firmware files added');
  return known > 0 ? `${added}, ${hereAlready(known)}.` : `${added}.`;
}
