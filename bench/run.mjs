// Measures what matters in a real Chromium and prints a table and JSON: `npm run bench`, `npm run bench -- --readme` also writes the
// table into the README. The measuring page runs without a debugger attached (an attached one inflates request bodies).
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { CHROMIUM_ARGS, ensureChromium } from '../build/browser.mjs';
import { serveStatic } from '../build/static-server.mjs';
import { measureFirstLoad } from './first-load.mjs';
import { measureLighthouse } from './lighthouse.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const appDir = path.join(root, 'node_modules/.cache/bench/app');
const pageDir = path.join(root, 'node_modules/.cache/bench/page');
/** Absolute here, so that the measuring page, two folders down, can name the app's own folder as its base. */
const BASE = '/otter/';
/** The serial lines are as slow as real ones. */
const PAGE_TIMEOUT_MS = 15 * 60_000;

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {string} measured
 * @property {string} target
 * @property {boolean} met
 * @property {Record<string, number | string>} [raw]
 */

/** @param {string} folder @param {Record<string, unknown>} [more] */
const buildInto = (folder, more = {}) =>
  build({ root, configFile: path.join(root, 'vite.config.ts'), logLevel: 'warn', build: { outDir: folder, emptyOutDir: true }, ...more });

/** The app as it is published, and another build with the measuring page in it. */
async function buildPages() {
  await buildInto(appDir);
  const input = { app: path.join(root, 'index.html'), bench: path.join(root, 'bench/page/index.html') };
  await buildInto(pageDir, { base: BASE, build: { outDir: pageDir, emptyOutDir: true, rollupOptions: { input } } });
}

/**
 * Opens the measuring page in a browser of its own and waits until it posts its rows.
 * @returns {Promise<Row[]>}
 */
async function measureInPage() {
  /** @type {(rows: Row[]) => void} */
  let deliver = () => {};
  const rows = new Promise((resolve) => {
    deliver = resolve;
  });
  const host = await serveStatic(pageDir, BASE, (request, response) => {
    if (request.method !== 'POST' || !request.url?.endsWith('/bench-results')) return false;
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      response.end();
      deliver(JSON.parse(body));
    });
    return true;
  });
  const profile = await mkdtemp(path.join(os.tmpdir(), 'otter-bench-'));
  const browser = spawn(
    ensureChromium(),
    ['--headless', ...CHROMIUM_ARGS, `--user-data-dir=${profile}`, `${host.url}bench/page/index.html`],
    { stdio: 'ignore' },
  );
  try {
    return /** @type {Row[]} */ (
      await Promise.race([
        rows,
        new Promise((_, reject) =>
          setTimeout(() => reject(new Error(`the page sent nothing for ${PAGE_TIMEOUT_MS} ms`)), PAGE_TIMEOUT_MS).unref(),
        ),
      ])
    );
  } finally {
    browser.kill();
    await new Promise((resolve) => browser.once('close', resolve));
    await host.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** @param {Row[]} rows */
function table(rows) {
  const lines = rows.map(({ what, measured, target, met }) => `| ${what} | ${measured} | ${target} | ${met ? 'yes' : '**no**'} |`);
  return ['| What | Measured | Target | Met |', '|---|---|---|---|', ...lines].join('\n');
}

/** @param {string} markdown */
async function writeIntoReadme(markdown) {
  const file = path.join(root, 'README.md');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/(<!-- bench -->\n)[\s\S]*?(<!-- \/bench -->)/, `$1${markdown}\n$2`));
}

await buildPages();
const rows = [...(await measureInPage()), ...(await measureFirstLoad(appDir)), ...(await measureLighthouse(appDir))];
const results = { date: new Date().toISOString(), node: process.version, cpus: os.cpus().length, rows };
await mkdir(path.join(root, 'bench/results'), { recursive: true });
await writeFile(path.join(root, 'bench/results/latest.json'), `${JSON.stringify(results, null, 2)}\n`);
console.log(table(rows));
console.log(JSON.stringify(results));
if (process.argv.includes('--readme')) await writeIntoReadme(table(rows));
