// Unit, property and service-worker tests in a real browser. `npm run unit -- --files test/core/image/*.test.ts` runs a part;
// `BROWSER=firefox npm run unit` runs the pure rooms in Firefox; `npm run unit -- --coverage` prints coverage.
import { defaultReporter } from '@web/test-runner';
import { chromeLauncher } from '@web/test-runner-chrome';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as puppeteer from 'puppeteer-core';
import { CHROMIUM_ARGS, ensureChromium, findFirefox } from './build/browser.mjs';
import { bundleServiceWorker } from './build/bundle-service-worker.mjs';
import { countReporter, killServiceWorkers, serviceWorkerScopes, sharedData, viteMiddleware } from './build/test-runner-plugins.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));
const inFirefox = process.env.BROWSER === 'firefox';

const vite = await viteMiddleware(root);

const chromium = () => chromeLauncher({ launchOptions: { executablePath: ensureChromium(), args: CHROMIUM_ARGS } });
const firefox = () =>
  chromeLauncher({
    puppeteer: /** @type {any} */ (puppeteer),
    launchOptions: /** @type {any} */ ({ browser: 'firefox', executablePath: findFirefox(), headless: true }),
    createBrowserContext: ({ browser }) => browser.defaultBrowserContext(),
    concurrency: 1,
  });

export default {
  rootDir: root,
  files: inFirefox ? ['test/core/**/*.test.ts'] : ['test/**/*.test.ts'],
  nodeResolve: false,
  concurrency: 2,
  middleware: [vite.middleware],
  plugins: [
    serviceWorkerScopes(bundleServiceWorker, path.join(root, 'sw/sw.ts')),
    sharedData(path.resolve(root, '../shared')),
    vite.plugin,
    killServiceWorkers(),
  ],
  browsers: inFirefox ? [firefox()] : [chromium()],
  filterBrowserLogs: (/** @type {{ args: unknown[] }} */ { args }) => !/^(Lit is in dev mode|\[vite\])/.test(String(args[0])),
  testFramework: { config: { timeout: 30_000 } },
  testsFinishTimeout: 300_000,
  coverageConfig: {
    include: ['src/**/*.ts'],
    report: true,
    reportDir: 'coverage',
    reporters: ['lcovonly', 'json-summary'],
    nativeInstrumentation: true,
  },
  reporters: [defaultReporter({ reportTestProgress: !process.env.CI }), countReporter()],
};
