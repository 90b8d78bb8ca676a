// How much JavaScript a first visit downloads before the device page is usable, per chunk, gzip level 9 as static hosts send it.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { launch } from 'puppeteer-core';
import { CHROMIUM_ARGS, ensureChromium } from '../build/browser.mjs';
import { serveStatic } from '../build/static-server.mjs';

const BUDGET_KB = 45;

/** @param {string} dist */
export async function measureFirstLoad(dist) {
  const host = await serveStatic(dist);
  const browser = await launch({ executablePath: ensureChromium(), args: CHROMIUM_ARGS });
  try {
    const page = await browser.newPage();
    /** @type {Set<string>} */
    const scripts = new Set();
    page.on('response', (response) => {
      // The worker's own precaching is not the page's load: only what the page itself asked for counts.
      if (response.request().resourceType() === 'script' && !response.url().endsWith('/sw.js'))
        scripts.add(new URL(response.url()).pathname);
    });
    await page.goto(`${host.url}#/devices/esp32-ota`);
    await page.locator('::-p-aria([name="Choose firmware"][role="button"])').setTimeout(30_000).wait();
    const sizes = await Promise.all(
      [...scripts].map(async (pathname) => {
        const file = path.join(dist, pathname.replace('/otter/', ''));
        return { name: path.basename(file), bytes: gzipSync(await readFile(file), { level: 9 }).length };
      }),
    );
    const totalKb = sizes.reduce((sum, { bytes }) => sum + bytes, 0) / 1024;
    for (const { name, bytes } of sizes.sort((a, b) => b.bytes - a.bytes))
      console.log(`  ${(bytes / 1024).toFixed(1).padStart(6)} KB gz  ${name}`);
    return [
      {
        what: `First load: JavaScript before the device page is usable (${sizes.length} chunks)`,
        measured: `${totalKb.toFixed(1)} KB gz`,
        target: `≤ ${BUDGET_KB} KB gz`,
        met: totalKb <= BUDGET_KB,
        raw: Object.fromEntries(sizes.map(({ name, bytes }) => [name, bytes])),
      },
    ];
  } finally {
    await browser.close();
    await host.close();
  }
}
