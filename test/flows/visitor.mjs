// A person at the built app: finds things by role and accessible name, reads what is on the screen, and keeps the console honest.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from 'puppeteer-core';
import { CHROMIUM_ARGS, ensureChromium } from '../../build/browser.mjs';
import { serveStatic } from '../../build/static-server.mjs';

const dist = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../dist');
const PATIENCE_MS = 30_000;

/**
 * The built app on a static host of its own, and a browser with an empty profile.
 * @param {{ readonly intercept?: Parameters<typeof serveStatic>[2] }} [options] `intercept` answers in place of the host when it returns true
 */
export async function openBench({ intercept } = {}) {
  const host = await serveStatic(dist, '/otter/', intercept);
  const profile = await mkdtemp(path.join(os.tmpdir(), 'otter-flow-'));
  const browser = await launch({
    executablePath: ensureChromium(),
    args: CHROMIUM_ARGS,
    userDataDir: profile,
    defaultViewport: { width: 1440, height: 900 },
  });
  return {
    host,
    browser,
    /** @param {string} [route] */
    async visitor(route = '') {
      return Visitor.arrive(await browser.newPage(), host.url + route);
    },
    /** The path of a firmware that ships with the app. @param {string} file */
    demo: (file) => path.join(dist, 'demo', file),
    async close() {
      await browser.close();
      await host.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export class Visitor {
  /** Clicks so far, by this visitor. */
  clicks = 0;
  /** @type {string[]} */
  complaints = [];

  /** @param {import('puppeteer-core').Page} page @param {string} url */
  constructor(page, url) {
    this.page = page;
    this.url = url;
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('console', (message) => {
      // A refused request (401, 422 …) is an answer that the app shows; Chromium logs it all the same.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  /** @param {import('puppeteer-core').Page} page @param {string} url */
  static async arrive(page, url) {
    const visitor = new Visitor(page, url);
    await page.goto(url);
    return visitor;
  }

  /** @param {string} route such as `#/firmware` */
  async go(route) {
    await this.page.evaluate((hash) => {
      location.hash = hash;
    }, route);
  }

  /** @param {string} role @param {string} name exact accessible name */
  find(role, name) {
    return this.page.locator(`::-p-aria([name="${name}"][role="${role}"])`);
  }

  /** @param {string} role @param {string} name */
  async click(role, name) {
    this.clicks++;
    await this.find(role, name).click();
  }

  /** @param {string} label @param {string} text */
  async type(label, text) {
    await this.find('textbox', label).fill(text);
  }

  /** @param {string} keys such as `Escape` or `Control+k` */
  async press(keys) {
    const names = /** @type {import('puppeteer-core').KeyInput[]} */ (keys.split('+'));
    for (const key of names) await this.page.keyboard.down(key);
    for (const key of names.reverse()) await this.page.keyboard.up(key);
  }

  /**
   * Waits until the screen shows the text.
   * @param {string | RegExp} text
   * @param {number} [timeout]
   */
  async sees(text, timeout = PATIENCE_MS) {
    const pattern = typeof text === 'string' ? text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&') : text.source;
    try {
      await this.page.waitForFunction((source) => new RegExp(source, 'i').test(document.body.innerText), { timeout }, pattern);
    } catch (cause) {
      throw new Error(`never saw ${text}; the screen says:\n${(await this.reads()).slice(0, 1500)}`, { cause });
    }
  }

  /**
   * Fails when an enabled element of this role has a name like this.
   * @param {string} role
   * @param {RegExp} name
   */
  async cannot(role, name) {
    const tree = await this.page.accessibility.snapshot();
    /** @param {any} node @returns {any[]} */
    const all = (node) => [node, ...(node.children ?? []).flatMap(all)];
    const offered = all(tree).filter((node) => node.role === role && name.test(node.name) && !node.disabled);
    if (offered.length > 0) throw new Error(`${offered[0].name} is offered`);
  }

  /** Says yes to a confirmation when the app asks for one. */
  async confirms() {
    const dialog = await this.page.waitForSelector('dialog[open] .key-go', { timeout: 1500 }).catch(() => null);
    await dialog?.click();
  }

  async reads() {
    return this.page.evaluate(() => document.body.innerText);
  }

  /** @param {string} file path of a file to hand to the file chooser that the named button opens @param {string} name */
  async chooses(name, file) {
    const [chooser] = await Promise.all([this.page.waitForFileChooser(), this.click('button', name)]);
    await chooser.accept([file]);
  }

  async killServiceWorker() {
    const devtools = await this.page.createCDPSession();
    await devtools.send('ServiceWorker.enable');
    await devtools.send('ServiceWorker.stopAllWorkers');
    await devtools.detach();
  }

  /** @param {boolean} offline */
  async setOffline(offline) {
    await this.page.setOfflineMode(offline);
  }

  /** Fails when the console showed an error. */
  isContent() {
    if (this.complaints.length > 0) throw new Error(`the console complained:\n${this.complaints.join('\n')}`);
  }
}
