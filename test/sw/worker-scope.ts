import { executeServerCommand } from '@web/test-runner-commands';

/** The real worker under a scope of its own, and a page inside that scope to speak from. */
export class WorkerScope {
  static #count = 0;
  readonly url: string;
  readonly #frame: HTMLIFrameElement;
  readonly #registration: ServiceWorkerRegistration;

  private constructor(url: string, frame: HTMLIFrameElement, registration: ServiceWorkerRegistration) {
    this.url = url;
    this.#frame = frame;
    this.#registration = registration;
  }

  static async open(): Promise<WorkerScope> {
    const url = new URL(`/sw-scope/t${Date.now().toString(36)}-${WorkerScope.#count++}/`, location.href).href;
    const registration = await navigator.serviceWorker.register(`${url}sw.js`, { scope: url });
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    await new Promise<void>((resolve) => {
      if (worker?.state === 'activated') return resolve();
      worker?.addEventListener('statechange', () => worker.state === 'activated' && resolve());
    });
    const scope = new WorkerScope(url, await openFrame(`${url}index.html`), registration);
    return scope;
  }

  get window(): Window & typeof globalThis {
    return this.#frame.contentWindow as Window & typeof globalThis;
  }

  /** As the page inside the scope would send it. */
  fetch(path: string, init?: RequestInit): Promise<Response> {
    return this.window.fetch(`${this.url}${path}`, init);
  }

  async hand(path: string, method: string, body?: unknown): Promise<Response> {
    return await this.fetch(path, { method, headers: { 'X-Otter-Bench': '1' }, ...(body !== undefined && { body: JSON.stringify(body) }) });
  }

  async openFrame(path: string): Promise<HTMLIFrameElement> {
    return await openFrame(`${this.url}${path}`);
  }

  /** As the browser may do at any time. False where it cannot be told to. */
  async kill(): Promise<boolean> {
    const answer: unknown = await executeServerCommand('kill-service-workers', { scope: this.url });
    return typeof answer === 'object' && answer !== null && 'killed' in answer && answer.killed === true;
  }

  async close(): Promise<void> {
    this.#frame.remove();
    await this.#registration.unregister();
    indexedDB.deleteDatabase(`otter-virtual ${new URL(this.url).pathname}`);
  }
}

export async function openFrame(url: string): Promise<HTMLIFrameElement> {
  const frame = document.createElement('iframe');
  frame.src = url;
  await new Promise<void>((resolve) => {
    frame.addEventListener('load', () => resolve(), { once: true });
    document.body.append(frame);
  });
  return frame;
}
