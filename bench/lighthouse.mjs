// Lighthouse on the built app. It is fetched at a fixed version when the benchmark runs and is no dependency of the project.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { CHROMIUM_ARGS, ensureChromium } from '../build/browser.mjs';
import { serveStatic } from '../build/static-server.mjs';

const LIGHTHOUSE = 'lighthouse@13.5.0';
const TARGETS = { accessibility: 100, 'best-practices': 100, performance: 98 };

/** @param {string} dist */
export async function measureLighthouse(dist) {
  const host = await serveStatic(dist);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'otter-lighthouse-'));
  const output = path.join(folder, 'report.json');
  try {
    await promisify(execFile)(
      process.platform === 'win32' ? 'npx.cmd' : 'npx',
      [
        '--yes',
        LIGHTHOUSE,
        host.url,
        '--quiet',
        '--output=json',
        `--output-path=${output}`,
        `--only-categories=${Object.keys(TARGETS).join(',')}`,
        '--preset=desktop',
        `--chrome-flags=--headless ${CHROMIUM_ARGS.join(' ')}`,
      ],
      { env: { ...process.env, CHROME_PATH: ensureChromium() }, maxBuffer: 1 << 26, timeout: 300_000 },
    );
    const report = JSON.parse(await readFile(output, 'utf8'));
    return Object.entries(TARGETS).map(([category, target]) => {
      const score = Math.round(report.categories[category].score * 100);
      for (const { id } of report.categories[category].auditRefs) {
        const audit = report.audits[id];
        if (audit.score !== null && audit.score < 0.9) console.log(`  ${category}: ${audit.title} ${audit.displayValue ?? ''}`);
      }
      return { what: `Lighthouse, ${category}`, measured: String(score), target: `≥ ${target}`, met: score >= target };
    });
  } finally {
    await host.close();
    await rm(folder, { recursive: true, force: true });
  }
}
