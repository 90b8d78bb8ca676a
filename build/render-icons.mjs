// Draws the PNG icons in public/icons from the vector marks. Run by hand after a mark changed: node build/render-icons.mjs
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from 'puppeteer-core';
import { CHROMIUM_ARGS, ensureChromium } from './browser.mjs';

const publicFolder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../public');

/** Systems mask the full square themselves, except where an icon is shown as it is: those get rounded corners. */
const ICONS = [
  { file: 'apple-touch-icon-180.png', size: 180, radius: 0 },
  { file: 'icon-192.png', size: 192, radius: 0.22 },
  { file: 'icon-512.png', size: 512, radius: 0.22 },
  { file: 'icon-maskable-512.png', size: 512, radius: 0 },
];

const art = `data:image/svg+xml;base64,${(await readFile(path.join(publicFolder, 'mark-maskable.svg'))).toString('base64')}`;
const browser = await launch({ executablePath: ensureChromium(), args: [...CHROMIUM_ARGS, '--force-color-profile=srgb'] });
try {
  await mkdir(path.join(publicFolder, 'icons'), { recursive: true });
  const page = await browser.newPage();
  for (const { file, size, radius } of ICONS) {
    await page.setViewport({ width: size, height: size, deviceScaleFactor: 1 });
    await page.setContent(`<body style="margin:0"><img src="${art}" style="display:block;width:100vw;border-radius:${radius * 100}%">`);
    await page.evaluate(() => document.images[0]?.decode());
    await page.screenshot({ path: path.join(publicFolder, 'icons', file), omitBackground: true });
  }
} finally {
  await browser.close();
}
