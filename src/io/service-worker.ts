/**
 * The app's own life: its service worker (registration, control of this page, updates), installation, and whether there is a network.
 * Knows workbox-window and browser events; knows nothing of what the worker serves. The browser itself registers the worker, so that
 * virtual devices need not wait for workbox-window: that comes after them and watches over new versions.
 */
import type { Workbox } from 'workbox-window';
import { LinkError } from '../app/errors.ts';
import { type Observable, Subject } from '../app/observable.ts';
import type { AppShellService } from '../app/services.ts';
import { takeSharedFiles } from './page/shared-files.ts';
import { trustScriptUrl } from './trusted-script.ts';

export interface AppShell extends AppShellService {
  /**
   * Resolves when a worker controls this page: virtual devices answer from then on.
   * Rejects with LinkError `WORKER_MISSING` when this window cannot have one.
   */
  readonly ready: Promise<void>;
}

/** As much of workbox-window's `Workbox` as is needed here. */
export type UpdatableWorker = Pick<Workbox, 'addEventListener' | 'register' | 'messageSkipWaiting' | 'update'>;

/** What a test replaces. */
export interface ShellEnvironment {
  /** Absent in insecure contexts and where the person or the browser blocks workers. */
  readonly container: Pick<ServiceWorkerContainer, 'controller' | 'addEventListener'> | undefined;
  register(): Promise<ServiceWorkerRegistration>;
  openWorker(): Promise<UpdatableWorker>;
  readonly page: EventTarget;
  isOnline(): boolean;
  reload(): void;
}

interface InstallPromptEvent extends Event {
  prompt(): Promise<{ readonly outcome: 'accepted' | 'dismissed' }>;
}

/** Hash routes never navigate, so without this a tab that stays open would never learn of a new version. */
const UPDATE_CHECK_MS = 60 * 60 * 1000;

const WORKER = 'sw.js';

const BROWSER: ShellEnvironment = {
  get container() {
    return 'serviceWorker' in navigator ? navigator.serviceWorker : undefined;
  },
  async register() {
    // What the page itself is made of comes first.
    if (document.readyState !== 'complete') await new Promise((resolve) => addEventListener('load', resolve, { once: true }));
    return navigator.serviceWorker.register(trustScriptUrl(WORKER));
  },
  async openWorker() {
    const { Workbox } = await import('workbox-window');
    return new Workbox(trustScriptUrl(WORKER));
  },
  page: globalThis,
  isOnline: () => navigator.onLine,
  reload: () => location.reload(),
};

/** @param busy true while a device is being written: neither reload nor worker change then. */
export function startAppShell(busy: Observable<boolean>, environment: ShellEnvironment = BROWSER): AppShell {
  const install = watchInstallPrompt(environment);
  const online = watchOnline(environment);
  const offlineReady = new Subject(false);
  const appUpdate = new Subject(false);
  const { container } = environment;
  const common = { ...install, takeSharedFiles, online, offlineReady, appUpdate };
  if (!container) return { ...common, applyAppUpdate() {}, ready: rejected(missing('unsupported')) };

  const lifecycle = new WorkerLifecycle({ environment, container, busy, offlineReady, appUpdate });
  return { ...common, applyAppUpdate: () => lifecycle.apply(), ready: handled(lifecycle.start()) };
}

interface LifecycleParts {
  readonly environment: ShellEnvironment;
  readonly container: NonNullable<ShellEnvironment['container']>;
  readonly busy: Observable<boolean>;
  readonly offlineReady: Subject<boolean>;
  readonly appUpdate: Subject<boolean>;
}

class WorkerLifecycle {
  readonly #parts: LifecycleParts;
  #worker: UpdatableWorker | undefined;
  #registration: ServiceWorkerRegistration | undefined;
  /** This tab asked for the new worker, so its taking over means: reload. */
  #applying = false;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { container } = this.#parts;
    const controlled = new Promise<void>((resolve) => {
      if (container.controller) resolve();
      else container.addEventListener('controllerchange', () => resolve(), { once: true });
    });
    const registered = this.#register();
    // Offline a registration may hang for seconds behind a look for a new version; a worker that is in control answers meanwhile.
    await Promise.race([controlled, registered.then(failedInstall)]);
    void this.#completeOffline();
    // Without it this visit learns of no new version; the next one runs it anyway.
    void registered.then(({ active }) => this.#watchVersions(active !== null)).catch(() => undefined);
  }

  /** Whatever takes control from now on is a new version. */
  async #watchVersions(hadWorker: boolean): Promise<void> {
    const { environment, appUpdate } = this.#parts;
    const worker = await environment.openWorker();
    worker.addEventListener('waiting', () => appUpdate.set(true));
    worker.addEventListener('controlling', () => this.#onControlling());
    await worker.register();
    this.#worker = worker;
    // Browsers look for a new worker some time after a navigation; whoever opens the app should be told at once.
    if (hadWorker) this.#lookForUpdate();
    setInterval(() => this.#lookForUpdate(), UPDATE_CHECK_MS);
  }

  /** The worker precached the app itself; the demo firmware it stores only now, so that nobody waits for it. */
  async #completeOffline(): Promise<void> {
    const { container, offlineReady } = this.#parts;
    const { port1, port2 } = new MessageChannel();
    const isComplete = new Promise<boolean>((resolve) => {
      port1.addEventListener('message', (event) => resolve(event.data === true), { once: true });
      port1.start();
    });
    container.controller?.postMessage({ type: 'STORE_DEMOS' }, [port2]);
    offlineReady.set(await isComplete);
    port1.close();
  }

  async #register(): Promise<ServiceWorkerRegistration> {
    const { container, environment } = this.#parts;
    let registration: ServiceWorkerRegistration;
    try {
      registration = await environment.register();
    } catch (cause) {
      throw missing('registration failed', cause);
    }
    this.#registration = registration;
    // A forced reload comes up uncontrolled although the worker runs, and the worker claims its pages only when it starts anew.
    if (!container.controller) registration.active?.postMessage({ type: 'CLAIM_CLIENTS' });
    return registration;
  }

  #lookForUpdate(): void {
    this.#worker?.update().catch(() => undefined /* offline: the next hour will do */);
  }

  apply(): void {
    if (this.#parts.busy.value || this.#applying) return;
    this.#applying = true;
    if (this.#worker && this.#registration?.waiting) this.#worker.messageSkipWaiting();
    else this.#parts.environment.reload();
  }

  #onControlling(): void {
    if (this.#applying) this.#reloadWhenIdle();
    // Another tab let the new version in. This page runs on old code until its person agrees to reload.
    else this.#parts.appUpdate.set(true);
  }

  /** A job may have started between the click and the new worker's taking over. */
  #reloadWhenIdle(): void {
    const { busy, environment } = this.#parts;
    if (!busy.value) return environment.reload();
    const end = busy.subscribe((isBusy) => {
      if (isBusy) return;
      end();
      environment.reload();
    });
  }
}

/** Rejects when the first worker of this browser does not survive its installation. */
function failedInstall({ active, installing }: ServiceWorkerRegistration): Promise<never> {
  return new Promise((_, reject) => {
    if (active || !installing) return;
    installing.addEventListener('statechange', () => {
      if (installing.state === 'redundant') reject(missing('installation failed'));
    });
  });
}

function watchInstallPrompt({ page }: ShellEnvironment): Pick<AppShellService, 'canInstall' | 'install'> {
  const canInstall = new Subject(false);
  let offer: InstallPromptEvent | undefined;
  page.addEventListener('beforeinstallprompt', (event) => {
    // Otherwise the browser asks at a moment of its own choice.
    event.preventDefault();
    offer = event as InstallPromptEvent;
    canInstall.set(true);
  });
  page.addEventListener('appinstalled', () => canInstall.set(false));
  return {
    canInstall,
    async install() {
      const asked = offer;
      // Each offer can be used once; the browser sends another if the person says no.
      offer = undefined;
      canInstall.set(false);
      await asked?.prompt();
    },
  };
}

function watchOnline({ page, isOnline }: ShellEnvironment): Observable<boolean> {
  const online = new Subject(isOnline());
  page.addEventListener('online', () => online.set(true));
  page.addEventListener('offline', () => online.set(false));
  return online;
}

function missing(reason: string, cause?: unknown): LinkError {
  return new LinkError('WORKER_MISSING', `no service worker: ${reason}`, { reason }, { cause });
}

/** Not everyone waits for it; whoever does still gets the rejection. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

const rejected = (error: Error): Promise<never> => handled(Promise.reject(error));
