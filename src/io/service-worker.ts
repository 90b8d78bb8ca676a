/**
 * The app's own life: its service worker (registration, control of this page, updates), installation, and whether there is a network.
 * Knows workbox-window and browser events; knows nothing of what the worker serves.
 */
import { Workbox } from 'workbox-window';
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
  openWorker(): UpdatableWorker;
  readonly page: EventTarget;
  isOnline(): boolean;
  reload(): void;
}

interface InstallPromptEvent extends Event {
  prompt(): Promise<{ readonly outcome: 'accepted' | 'dismissed' }>;
}

/** Hash routes never navigate, so without this a tab that stays open would never learn of a new version. */
const UPDATE_CHECK_MS = 60 * 60 * 1000;

const BROWSER: ShellEnvironment = {
  get container() {
    return 'serviceWorker' in navigator ? navigator.serviceWorker : undefined;
  },
  openWorker: () => new Workbox(trustScriptUrl('sw.js')),
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
  readonly #worker: UpdatableWorker;
  #registration: ServiceWorkerRegistration | undefined;
  /** This tab asked for the new worker, so its taking over means: reload. */
  #applying = false;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
    this.#worker = parts.environment.openWorker();
  }

  async start(): Promise<void> {
    const { container, appUpdate } = this.#parts;
    const controlled = new Promise<void>((resolve) => {
      if (container.controller) resolve();
      else container.addEventListener('controllerchange', () => resolve(), { once: true });
    });
    const wasControlled = container.controller !== null;
    const failedInstall = new Promise<never>((_, reject) => {
      this.#worker.addEventListener('redundant', () => {
        if (!this.#registration?.active) reject(missing('installation failed'));
      });
    });
    this.#worker.addEventListener('waiting', () => appUpdate.set(true));
    this.#worker.addEventListener('controlling', () => this.#onControlling(wasControlled));
    await this.#register();
    await Promise.race([controlled, failedInstall]);
    void this.#completeOffline();
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

  async #register(): Promise<void> {
    try {
      this.#registration = await this.#worker.register();
    } catch (cause) {
      throw missing('registration failed', cause);
    }
    const active = this.#registration?.active;
    // A forced reload comes up uncontrolled although the worker runs, and the worker claims its pages only when it starts anew.
    if (active && !this.#parts.container.controller) active.postMessage({ type: 'CLAIM_CLIENTS' });
    // Browsers look for a new worker some time after a navigation; whoever opens the app should be told at once.
    if (active) this.#lookForUpdate();
    setInterval(() => this.#lookForUpdate(), UPDATE_CHECK_MS);
  }

  #lookForUpdate(): void {
    this.#worker.update().catch(() => undefined /* offline: the next hour will do */);
  }

  apply(): void {
    if (this.#parts.busy.value || this.#applying) return;
    this.#applying = true;
    if (this.#registration?.waiting) this.#worker.messageSkipWaiting();
    else this.#parts.environment.reload();
  }

  #onControlling(wasControlled: boolean): void {
    if (this.#applying) this.#reloadWhenIdle();
    // Another tab let the new version in. This page runs on old code until its person agrees to reload.
    else if (wasControlled) this.#parts.appUpdate.set(true);
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
