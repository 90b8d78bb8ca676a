/** The page's end of the X-ray worker: starts it on first use, restarts it after a crash. */
import { LibraryError } from '../../app/errors.ts';
import type { FirmwareReport } from '../../app/model.ts';
import type { FirmwareInspector } from '../../app/ports.ts';
import { trustScriptUrl } from '../trusted-script.ts';
import type { XrayAnswer, XrayRequest } from './xray-protocol.ts';
// oxlint-disable-next-line import/default -- the address of the bundled worker; Vite makes the export
import workerUrl from './xray.worker.ts?worker&url';

interface Waiting {
  readonly resolve: (report: FirmwareReport) => void;
  readonly reject: (error: LibraryError) => void;
}

export class XrayInspector implements FirmwareInspector {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;

  inspect(file: Blob, fileName: string): Promise<FirmwareReport> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const request: XrayRequest = { id, file, fileName };
      this.#start().postMessage(request);
    });
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(trustScriptUrl(workerUrl), { type: 'module', name: 'x-ray' });
    worker.addEventListener('message', (event: MessageEvent<XrayAnswer>) => this.#settle(event.data));
    const crash = (event: Event): void => this.#crash(event instanceof ErrorEvent ? event.message : 'worker failed');
    worker.addEventListener('error', crash);
    worker.addEventListener('messageerror', crash);
    this.#worker = worker;
    return worker;
  }

  #settle(answer: XrayAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (!waiting) return;
    if ('report' in answer) waiting.resolve(answer.report);
    else if ('unreadable' in answer) waiting.reject(new LibraryError('FILE_UNREADABLE', answer.unreadable, {}));
    else waiting.reject(new LibraryError('INSPECTOR_FAILED', answer.failed, {}));
  }

  #crash(message: string): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(new LibraryError('INSPECTOR_FAILED', message, {}));
    this.#waiting.clear();
  }
}
