// What web-test-runner lacks for this project: Vite's transforms, a real service worker per test, and a way to kill it.
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createServer } from 'vite';

/** The demo firmware as a worker in a test scope asks for it; Vite serves it at `/demo/`. */
const DEMO_IN_SCOPE = /^\/sw-scope\/[^/]+\/demo\//;

/**
 * Vite in middleware mode ahead of the runner's own static server: tests see what the app sees.
 * @param {string} root
 */
export async function viteMiddleware(root) {
  const vite = await createServer({
    root,
    configFile: path.join(root, 'vite.config.ts'),
    cacheDir: path.join(root, 'node_modules/.cache/vite-tests'),
    logLevel: 'warn',
    appType: 'custom',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: {
      noDiscovery: true,
      include: [
        'lit',
        'lit/decorators.js',
        'lit/directives/repeat.js',
        'lit/directives/class-map.js',
        'lit/directives/live.js',
        'lit/directives/ref.js',
        'lit/directives/if-defined.js',
        'lit/directives/keyed.js',
        'lit/directives/until.js',
        'chai',
        'axe-core',
        'esptool-js',
        'idb',
        'workbox-window',
      ],
      exclude: ['@web/test-runner-commands'],
    },
    plugins: [
      {
        name: 'runner-socket',
        enforce: 'pre',
        resolveId: (id) => (id === '/__web-dev-server__web-socket.js' ? { id, external: true } : undefined),
      },
    ],
  });
  const passThrough = ['/__web-', '/sw-scope/', '/shared-data/'];
  /** @param {any} context @param {() => Promise<void>} next */
  const middleware = (context, next) => {
    if (DEMO_IN_SCOPE.test(context.path)) context.req.url = context.url.replace(DEMO_IN_SCOPE, '/demo/');
    else if (context.path === '/' || passThrough.some((prefix) => context.path.startsWith(prefix))) return next();
    return new Promise((resolve, reject) => {
      context.res.once('close', resolve);
      context.respond = false;
      vite.middlewares(context.req, context.res, (/** @type {unknown} */ error) => {
        context.respond = true;
        if (error) reject(error);
        else resolve(next());
      });
    });
  };
  return {
    middleware,
    plugin: {
      name: 'vite',
      async serverStop() {
        await vite.close();
      },
    },
  };
}

/**
 * The real worker at `/sw-scope/<name>/sw.js` and a blank page at every other path below: each test takes a scope of its own.
 * @param {(options: { entry: string, manifest: unknown, mode: 'development' }) => Promise<{ code: string }>} bundle
 * @param {string} entry
 */
export function serviceWorkerScopes(bundle, entry) {
  /** @type {Promise<string> | undefined} */
  let code;
  return {
    name: 'service-worker-scopes',
    /** @param {any} context */
    async serve(context) {
      if (!context.path.startsWith('/sw-scope/') || DEMO_IN_SCOPE.test(context.path)) return undefined;
      if (context.path.endsWith('/sw.js')) {
        code ??= bundle({ entry, manifest: [], mode: 'development' }).then((out) => out.code);
        return { body: await code, type: 'js', transformCacheKey: false };
      }
      return { body: '<!doctype html><title>scope</title>', type: 'html' };
    },
  };
}

/**
 * Test data beside the project, at `/shared-data/…`; 404 where it is absent, so that a test can skip and say so.
 * @param {string} folder
 */
export function sharedData(folder) {
  return {
    name: 'shared-data',
    /** @param {any} context */
    async serve(context) {
      if (!context.path.startsWith('/shared-data/')) return undefined;
      const file = path.join(folder, path.normalize(decodeURIComponent(context.path.slice('/shared-data/'.length))));
      if (!file.startsWith(folder + path.sep)) return undefined;
      const found = await stat(file).catch(() => undefined);
      if (!found?.isFile()) return undefined;
      return { body: await readFile(file), type: 'bin', headers: { 'cache-control': 'no-store' }, transformCacheKey: false };
    },
  };
}

/** How long a worker that runs may take to be listed. */
const LISTING_MS = 1_000;

/**
 * `await executeServerCommand('kill-service-workers', { scope })` in a test: stops the worker of that scope and no other, because test files
 * run side by side. `{killed: false}` where the browser has no such command.
 */
export const killServiceWorkers = () => ({
  name: 'kill-service-workers',
  /** @param {any} call */
  async executeCommand({ command, payload, session }) {
    if (command !== 'kill-service-workers') return undefined;
    if (session.browser.name === 'Firefox') return { killed: false };
    const devtools = await session.browser.getPage(session.id).createCDPSession();
    const running = new Promise((resolve) => {
      devtools.on('ServiceWorker.workerVersionUpdated', (/** @type {any} */ { versions }) => {
        const version = versions.find(
          (/** @type {any} */ { scriptURL, runningStatus }) => scriptURL.startsWith(payload.scope) && runningStatus === 'running',
        );
        if (version) resolve(version.versionId);
      });
      setTimeout(resolve, LISTING_MS);
    });
    await devtools.send('ServiceWorker.enable');
    const versionId = await running;
    if (versionId !== undefined) await devtools.send('ServiceWorker.stopWorker', { versionId });
    await devtools.detach();
    return { killed: true };
  },
});

/** The closing line: `N passed, N failed, N skipped`. */
export const countReporter = () => ({
  /** @param {{ sessions: any[] }} run */
  onTestRunFinished({ sessions }) {
    let passed = 0;
    let failed = 0;
    let skipped = 0;
    /** @param {any} suite */
    const walk = (suite) => {
      for (const test of suite.tests) {
        if (test.skipped) skipped++;
        else if (test.passed) passed++;
        else failed++;
      }
      suite.suites.forEach(walk);
    };
    for (const session of sessions) {
      if (session.testResults) walk(session.testResults);
      if (!session.passed && !session.testResults) failed++;
    }
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  },
});
