// Everything that must be true before a commit lands: types, lint, format, build, unit tests, flows. `npm test` and CI run this.
import { spawn } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { parseSync } from 'rolldown/utils';
import { ensureChromium, findFirefox } from './browser.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** Lines of `core` and `virtual` that the unit tests must have run. */
const MIN_COVERAGE = 95;
/** What lands is tried with the same luck everywhere; `npm run unit` draws a new seed at each run, and prints it. */
const SEED = process.env.VITE_SEED ?? '20261130';
const COUNTS = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm;
const total = { passed: 0, failed: 0, skipped: 0 };

/**
 * Runs a command of this project, shows its output, and adds up what its tests counted.
 * @param {string} title
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
async function step(title, command, args, env = {}) {
  const startedAt = Date.now();
  console.log(`\n== ${title}`);
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env, PATH: `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env.PATH}` },
    shell: process.platform === 'win32',
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  for (const [, passed, failed, skipped] of stripVTControlCharacters(output).matchAll(COUNTS)) {
    total.passed += Number(passed);
    total.failed += Number(failed);
    total.skipped += Number(skipped ?? 0);
  }
  console.log(`-- ${title}: ${code === 0 ? 'ok' : `failed (${code})`}, ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  if (code !== 0) {
    if (total.passed + total.failed > 0)
      console.log(`${total.passed} passed, ${Math.max(total.failed, 1)} failed, ${total.skipped} skipped`);
    process.exit(1);
  }
}

/** A bundle that a browser cannot parse (raw decorators, say) must not pass as built. */
async function parseBundle() {
  const dist = path.join(root, 'dist');
  const scripts = (await readdir(dist, { recursive: true })).filter((file) => file.endsWith('.js'));
  if (scripts.length < 2) throw new Error(`only ${scripts.length} scripts in dist`);
  for (const file of scripts) {
    const source = await readFile(path.join(dist, file), 'utf8');
    const { errors } = parseSync(file, source, { sourceType: file === 'sw.js' ? 'script' : 'module' });
    if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]?.message}`);
  }
  console.log(`${scripts.length} scripts of the build parse`);
}

async function reportCoverage() {
  /** @type {Record<string, { lines: { total: number, covered: number } }>} */
  const summary = JSON.parse(await readFile(path.join(root, 'coverage/coverage-summary.json'), 'utf8'));
  /** @type {Map<string, { total: number, covered: number }>} */
  const rooms = new Map();
  for (const [file, { lines }] of Object.entries(summary)) {
    const room = /src[/\\](core|virtual|app|io|ui)[/\\]/.exec(file)?.[1];
    if (!room) continue;
    const sum = rooms.get(room) ?? { total: 0, covered: 0 };
    rooms.set(room, { total: sum.total + lines.total, covered: sum.covered + lines.covered });
  }
  console.log('\nline coverage');
  for (const [room, { total: all, covered }] of [...rooms].sort()) {
    const percent = (100 * covered) / all;
    console.log(`  ${room.padEnd(8)} ${percent.toFixed(1)} % of ${all} lines`);
    if ((room === 'core' || room === 'virtual') && percent < MIN_COVERAGE) throw new Error(`${room} is covered below ${MIN_COVERAGE} %`);
  }
}

ensureChromium();
await step('types', 'tsc', ['-b']);
await step('lint', 'oxlint', ['--deny-warnings']);
await step('lint rules', process.execPath, ['build/check-lint-rules.mjs']);
await step('format', 'oxfmt', ['--check', '.']);
await step('build', 'vite', ['build', '--logLevel', 'warn']);
await parseBundle();
await step('unit tests in Chromium', 'web-test-runner', ['--coverage'], { VITE_SEED: SEED });
await reportCoverage();
if (findFirefox()) await step('core in Firefox', 'web-test-runner', [], { BROWSER: 'firefox', VITE_SEED: SEED });
else console.log('\nFirefox is not installed: the core suite ran in Chromium only');
await step('round trips with OpenSSL', process.execPath, ['test/openssl/round-trip.mjs']);
await step('flows against the built app', process.execPath, ['test/flows/run.mjs']);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
