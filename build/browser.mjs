// Finds a browser that is installed, and says how it must be started. Used by unit tests, flows and benchmarks.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';

const CHROMIUM_NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'microsoft-edge-stable',
  'brave-browser',
];
const CHROMIUM_PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ...['ProgramFiles', 'ProgramFiles(x86)', 'LocalAppData'].flatMap((name) => {
    const base = process.env[name];
    return base ? [path.join(base, 'Google/Chrome/Application/chrome.exe'), path.join(base, 'Microsoft/Edge/Application/msedge.exe')] : [];
  }),
];
const FIREFOX_NAMES = ['firefox-esr', 'firefox'];

/** Quiet start: no calls home, and no sandbox where root could not have one. */
export const CHROMIUM_ARGS = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {readonly string[]} names */
function onPath(names) {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(isExecutable);
}

/** @returns {string | undefined} */
export function findChromium() {
  const named = process.env.CHROME_PATH;
  if (named) return isExecutable(named) ? named : undefined;
  return onPath(CHROMIUM_NAMES) ?? CHROMIUM_PLACES.find(isExecutable);
}

/** @returns {string | undefined} */
export function findFirefox() {
  return onPath(FIREFOX_NAMES);
}

/**
 * A Chromium, installed by apt when this is root on Debian or Ubuntu and there is none.
 * @returns {string}
 */
export function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('No Chrome, Chromium or Edge here: installing Debian’s chromium.');
    const apt = /** @param {string[]} args */ (args) =>
      execFileSync('apt-get', args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    apt(['update']);
    apt(['install', '-y', '--no-install-recommends', 'chromium']);
    const installed = findChromium();
    if (installed) return installed;
  }
  throw new Error(
    'The tests need Chrome, Chromium or Edge, and none was found.\n' +
      '  Debian, Ubuntu:  sudo apt-get install chromium\n' +
      '  Fedora:          sudo dnf install chromium\n' +
      '  macOS:           brew install --cask google-chrome\n' +
      '  Windows:         winget install Google.Chrome\n' +
      'or set CHROME_PATH to the executable.',
  );
}
