import { expect } from 'chai';
import { LinkError } from '../../src/app/errors.ts';
import { Subject } from '../../src/app/observable.ts';
import { type AppShell, type ShellEnvironment, startAppShell, type UpdatableWorker } from '../../src/io/service-worker.ts';

/** Stands for `navigator.serviceWorker`, for workbox-window's `Workbox` and for the page, so that a test can play a browser. */
class FakeBrowser implements ShellEnvironment {
  readonly page = new EventTarget();
  readonly worker = new FakeWorker();
  readonly messages: unknown[] = [];
  online = true;
  reloads = 0;
  readonly #container = new EventTarget();
  #controller: ServiceWorker | null;

  constructor({ controlled = false, supported = true } = {}) {
    this.#controller = controlled ? this.#newController() : null;
    this.container = supported ? Object.defineProperty(this.#container as never, 'controller', { get: () => this.#controller }) : undefined;
  }

  readonly container: ShellEnvironment['container'];
  /** Answers to `STORE_DEMOS`. */
  storesDemos: boolean | undefined = true;

  #newController(): ServiceWorker {
    const postMessage = (message: { type: string }, [port]: MessagePort[]): void => {
      this.messages.push(message);
      if (message.type === 'STORE_DEMOS' && this.storesDemos !== undefined) port?.postMessage(this.storesDemos);
    };
    return { postMessage } as unknown as ServiceWorker;
  }

  readonly installing = Object.assign(new EventTarget(), { state: 'installing' });
  register = (): Promise<ServiceWorkerRegistration> => this.worker.registerResult();
  openWorker = (): Promise<UpdatableWorker> => Promise.resolve(this.worker as unknown as UpdatableWorker);
  isOnline = (): boolean => this.online;
  reload = (): void => void this.reloads++;

  takeControl(): void {
    this.#controller = this.#newController();
    this.#container.dispatchEvent(new Event('controllerchange'));
    this.worker.emit('controlling');
  }

  registration(parts: { active?: boolean; waiting?: boolean }): ServiceWorkerRegistration {
    const worker = { postMessage: (message: unknown) => this.messages.push(message) };
    const registered = { active: parts.active ? worker : null, waiting: parts.waiting ? worker : null };
    return { ...registered, installing: parts.active ? null : this.installing } as unknown as ServiceWorkerRegistration;
  }
}

class FakeWorker {
  registerResult: () => Promise<ServiceWorkerRegistration> = () => new Promise(() => undefined);
  skips = 0;
  updates = 0;
  readonly #listeners = new Map<string, (() => void)[]>();

  addEventListener(type: string, listener: () => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }
  emit(type: string): void {
    for (const listener of this.#listeners.get(type) ?? []) listener();
  }
  register(): Promise<ServiceWorkerRegistration> {
    return this.registerResult();
  }
  messageSkipWaiting(): void {
    this.skips++;
  }
  async update(): Promise<void> {
    this.updates++;
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function start(
  browser: FakeBrowser,
  registered: { active?: boolean; waiting?: boolean } = {},
): { shell: AppShell; busy: Subject<boolean> } {
  const busy = new Subject(false);
  browser.worker.registerResult = () => Promise.resolve(browser.registration(registered));
  return { shell: startAppShell(busy, browser), busy };
}

async function problemOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function isReady(shell: AppShell): Promise<boolean> {
  return Promise.race([shell.ready.then(() => true), settle().then(() => false)]);
}

describe('startAppShell() and the first visit', () => {
  it('is ready when a worker controls the page, not before', async () => {
    const browser = new FakeBrowser();
    const { shell } = start(browser);
    expect(await isReady(shell)).to.equal(false);
    browser.takeControl();
    expect(await isReady(shell)).to.equal(true);
    expect([browser.reloads, shell.appUpdate.value]).to.deep.equal([0, false]);
  });

  it('says that it works offline once the worker has stored the demo firmware too', async () => {
    const browser = new FakeBrowser();
    const { shell } = start(browser);
    await settle();
    expect(shell.offlineReady.value).to.equal(false);
    const told = new Promise<boolean>((resolve) => shell.offlineReady.subscribe(resolve));
    browser.takeControl();
    expect(await told).to.equal(true);
    expect(browser.messages).to.deep.equal([{ type: 'STORE_DEMOS' }]);
  });

  it('does not say so when that failed', async () => {
    const browser = new FakeBrowser();
    browser.storesDemos = false;
    const { shell } = start(browser);
    browser.takeControl();
    await shell.ready;
    await settle();
    await settle();
    expect(shell.offlineReady.value).to.equal(false);
  });

  it('asks a worker that runs without controlling this page (forced reload) to take it', async () => {
    const browser = new FakeBrowser();
    start(browser, { active: true });
    await settle();
    expect(browser.messages).to.deep.equal([{ type: 'CLAIM_CLIENTS' }]);
  });

  it('is ready under a worker whose registration hangs, as it does offline', async () => {
    // `register` of this browser never resolves.
    await startAppShell(new Subject(false), new FakeBrowser({ controlled: true })).ready;
  });

  it('is ready without waiting for what watches over new versions', async () => {
    const browser = new FakeBrowser({ controlled: true });
    browser.openWorker = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module: x'));
    const { shell } = start(browser, { active: true });
    await shell.ready;
    await settle();
    expect(shell.appUpdate.value).to.equal(false);
  });

  for (const [what, prepare] of [
    ['has no service workers', () => startAppShell(new Subject(false), new FakeBrowser({ supported: false }))],
    [
      'refuses the registration',
      () => {
        const browser = new FakeBrowser();
        browser.worker.registerResult = () => Promise.reject(new DOMException('no', 'SecurityError'));
        return startAppShell(new Subject(false), browser);
      },
    ],
    [
      'fails to install the worker',
      () => {
        const browser = new FakeBrowser();
        browser.installing.state = 'redundant';
        setTimeout(() => browser.installing.dispatchEvent(new Event('statechange')));
        return start(browser).shell;
      },
    ],
  ] as const) {
    it(`is never ready, with WORKER_MISSING, when the browser ${what}`, async () => {
      const error = await problemOf(prepare().ready);
      expect(error).to.be.instanceOf(LinkError);
      expect((error as LinkError).code).to.equal('WORKER_MISSING');
    });
  }
});

describe('startAppShell() and a newer version of the app', () => {
  const visit = async (registered: { active?: boolean; waiting?: boolean }) => {
    const browser = new FakeBrowser({ controlled: true });
    const parts = start(browser, registered);
    await settle();
    return { browser, ...parts };
  };

  it('looks for it at once, but not while the first worker is still being installed', async () => {
    expect((await visit({ active: true })).browser.worker.updates).to.equal(1);
    expect((await visit({})).browser.worker.updates).to.equal(0);
  });

  it('tells of it, and reloads once after the person agreed and the new worker took over', async () => {
    const { browser, shell } = await visit({ active: true, waiting: true });
    browser.worker.emit('waiting');
    expect(shell.appUpdate.value).to.equal(true);
    expect(browser.reloads).to.equal(0);
    shell.applyAppUpdate();
    shell.applyAppUpdate();
    expect([browser.worker.skips, browser.reloads]).to.deep.equal([1, 0]);
    browser.takeControl();
    expect(browser.reloads).to.equal(1);
  });

  it('does nothing while a device is being written', async () => {
    const { browser, shell, busy } = await visit({ active: true, waiting: true });
    busy.set(true);
    shell.applyAppUpdate();
    browser.takeControl();
    expect([browser.worker.skips, browser.reloads]).to.deep.equal([0, 0]);
  });

  it('waits with the reload for a job that began in between', async () => {
    const { browser, shell, busy } = await visit({ active: true, waiting: true });
    shell.applyAppUpdate();
    busy.set(true);
    browser.takeControl();
    expect(browser.reloads).to.equal(0);
    busy.set(false);
    expect(browser.reloads).to.equal(1);
    busy.set(true);
    busy.set(false);
    expect(browser.reloads).to.equal(1);
  });

  it('only offers a reload when another tab let the new version in', async () => {
    const { browser, shell } = await visit({ active: true });
    browser.takeControl();
    expect([shell.appUpdate.value, browser.reloads]).to.deep.equal([true, 0]);
    shell.applyAppUpdate();
    expect([browser.worker.skips, browser.reloads]).to.deep.equal([0, 1]);
  });
});

describe('startAppShell() and the browser around it', () => {
  it('offers installation while the browser does, and passes the click on', async () => {
    const browser = new FakeBrowser();
    const { shell } = start(browser);
    let prompts = 0;
    const offer = Object.assign(new Event('beforeinstallprompt', { cancelable: true }), {
      prompt: async () => ({ outcome: prompts++ ? 'dismissed' : 'accepted' }),
    });
    browser.page.dispatchEvent(offer);
    expect([shell.canInstall.value, offer.defaultPrevented]).to.deep.equal([true, true]);
    await shell.install();
    await shell.install();
    expect([shell.canInstall.value, prompts]).to.deep.equal([false, 1]);
  });

  it('follows the network', () => {
    const browser = new FakeBrowser();
    browser.online = false;
    const { shell } = start(browser);
    expect(shell.online.value).to.equal(false);
    browser.page.dispatchEvent(new Event('online'));
    expect(shell.online.value).to.equal(true);
    browser.page.dispatchEvent(new Event('offline'));
    expect(shell.online.value).to.equal(false);
  });
});
