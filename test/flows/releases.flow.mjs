// From two keys to a device that runs what they signed, with nothing in between but a folder on a static host; then the host turns bad.
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { unzipSync } from 'fflate';
import { serveStatic } from '../../build/static-server.mjs';
import { openBench } from './visitor.mjs';

/** @type {Awaited<ReturnType<typeof openBench>>} */
let makers;
/** @type {Awaited<ReturnType<typeof openBench>>} */
let strangers;
/** @type {string} */
let folder;
/** @type {Awaited<ReturnType<typeof serveStatic>>} */
let host;

before(async () => {
  [makers, strangers] = await Promise.all([openBench(), openBench()]);
  folder = await mkdtemp(path.join(os.tmpdir(), 'otter-set-'));
  await mkdir(path.join(folder, 'set'));
  host = await serveStatic(path.join(folder, 'set'), '/gh/', (_, response) => {
    response.setHeader('access-control-allow-origin', '*');
    return false;
  });
});
after(async () => {
  await Promise.all([makers.close(), strangers.close(), host.close()]);
  await rm(folder, { recursive: true, force: true });
});

/** @param {import('./visitor.mjs').Visitor} maker @param {string} name */
async function makeKey(maker, name) {
  await maker.click('button', 'Make a key');
  await maker.find('radio', 'Ed25519').click();
  await maker.type('Name', name);
  await maker.click('button', 'Make the key');
  await maker.sees(name);
  await maker.go('#/keys');
}

/** Saves the set of the open page, and puts it on the host. @param {import('./visitor.mjs').Visitor} maker */
async function publish(maker) {
  const downloads = await mkdtemp(path.join(folder, 'downloads-'));
  const devtools = await maker.page.createCDPSession();
  await devtools.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads });
  await maker.click('button', 'Save the set as .zip');
  await maker.sees(/files saved as Greenhouse-team\.zip/);
  /** @type {string | undefined} */
  let name;
  while (name === undefined) {
    name = (await readdir(downloads)).find((file) => file.endsWith('.zip'));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  for (const [file, bytes] of Object.entries(unzipSync(await readFile(path.join(downloads, name))))) {
    const place = path.join(folder, 'set', file);
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, bytes);
  }
}

/**
 * Writes the set of the open page into a folder that the person chose, and carries that folder to the host. Nobody can click in the browser's own
 * dialog here: in its place stands a folder of the origin, which is as real a handle.
 * @param {import('./visitor.mjs').Visitor} maker
 */
async function publishIntoFolder(maker) {
  await maker.page.evaluate(() => {
    const choose = async () => (await navigator.storage.getDirectory()).getDirectoryHandle('gh', { create: true });
    Object.assign(window, { showDirectoryPicker: choose });
  });
  await maker.click('button', 'Write into a folder');
  await maker.sees(/files written to gh\./);
  const files = await maker.page.evaluate(async () => {
    /** @param {FileSystemDirectoryHandle} folder @param {string} path @returns {Promise<[string, string][]>} */
    async function read(folder, path) {
      const found = [];
      for await (const [name, handle] of /** @type {any} */ (folder).entries()) {
        if (handle.kind === 'directory') found.push(...(await read(handle, `${path}${name}/`)));
        else
          found.push(
            /** @type {[string, string]} */ ([path + name, [...new Uint8Array(await (await handle.getFile()).arrayBuffer())].join()]),
          );
      }
      return found;
    }
    return read(await (await navigator.storage.getDirectory()).getDirectoryHandle('gh'), '');
  });
  for (const [file, bytes] of files) {
    const place = path.join(folder, 'set', file);
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, Uint8Array.from(bytes.split(','), Number));
  }
}

test('two keys make a release, a stranger installs it from a static host, and a rolled-back index is refused', async () => {
  const maker = await makers.visitor('#/keys');
  await makeKey(maker, 'Root 2026');
  await makeKey(maker, 'Release 2026');

  await maker.go('#/releases');
  await maker.click('link', 'Make a root file');
  await maker.click('checkbox', 'Root 2026: signs root files');
  await maker.click('checkbox', 'Release 2026: signs releases');
  await maker.type('What this publisher is called here', 'Greenhouse team');
  await maker.click('button', 'Write the root file');
  await maker.sees('Root file 1: 1 signature missing');
  await maker.click('button', 'Sign with Root 2026');
  await maker.click('button', 'Use root file 1');
  await maker.sees('Who signs releases');
  const print = await maker.page.$eval('.print', (element) => element.getAttribute('aria-label')?.split(' ')[1] ?? '');

  await maker.go('#/firmware');
  await maker.click('button', 'Take greenhouse-node 1.1.0');
  await maker.click('link', 'Publish a release');
  await maker.type('What is new', 'Waters on Sundays too.');
  await maker.click('button', 'Go on to the signatures');
  await maker.click('button', 'Sign with Release 2026');
  await maker.click('button', 'Keep it, and list it');
  await maker.click('button', 'Write index 1');
  await maker.click('button', 'Sign with Release 2026');
  await maker.click('button', 'Use index 1');
  await publish(maker);
  const firstIndex = await readFile(path.join(folder, 'set', 'index.json'));

  const stranger = await strangers.visitor('#/releases');
  await stranger.click('link', 'Add a release set');
  await stranger.type('Address of the set', `${host.origin}/gh/`);
  await stranger.click('button', 'Read the set');
  await stranger.sees('A publisher you do not know yet');
  await stranger.cannot('button', /^Trust this publisher$/);
  await stranger.type('Their fingerprint, pasted or typed', print);
  await stranger.sees('The same, to the last digit');
  await stranger.type('What you call them', 'Greenhouse team');
  await stranger.click('button', 'Trust this publisher');
  await stranger.click('button', 'Take greenhouse-node 1.1.0');
  await stranger.sees('greenhouse-node 1.1.0 is in your library');

  await stranger.click('link', 'Open greenhouse-node 1.1.0');
  await stranger.sees('Waters on Sundays too.');
  await stranger.sees(/Signed by Release 2026/);
  await stranger.click('button', 'Write to esp32-ota');
  await stranger.sees('Release 1 of greenhouse-node');
  await stranger.click('button', 'Write 1.1.0 to ota_1');
  await stranger.click('button', 'Sign in and write');
  await stranger.sees('esp32-ota runs 1.1.0', 60_000);
  await stranger.go('#/devices/esp32-ota');
  await stranger.sees('released as greenhouse-node 1.1.0 of Greenhouse team, number 1');

  // The makers renew their index; the stranger follows, and then the host brings the old one back.
  await maker.click('link', 'Write a new index');
  await maker.click('button', 'Write index 2');
  await maker.click('button', 'Sign with Release 2026');
  await maker.click('button', 'Use index 2');
  await publishIntoFolder(maker);
  await stranger.go('#/releases');
  await stranger.click('link', 'Open Greenhouse team');
  await stranger.click('link', 'Look for newer');
  await stranger.sees('Version 2, of');
  await writeFile(path.join(folder, 'set', 'index.json'), firstIndex);
  await stranger.go('#/releases');
  await stranger.click('link', 'Open Greenhouse team');
  await stranger.click('link', 'Look for newer');
  await stranger.sees('This set is refused');
  await stranger.sees('A newer index was here before, or another one of this version');

  maker.isContent();
  stranger.isContent();
});
