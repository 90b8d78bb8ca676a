// What the round trips share: the command itself, and the core for Node.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'rolldown';

const HERE = path.dirname(fileURLToPath(import.meta.url));

/** `OpenSSL 3.0.19 …`, or `undefined` where there is none from version 3 on: others have other options. */
export function opensslVersion() {
  const { stdout, status } = spawnSync('openssl', ['version'], { encoding: 'utf8' });
  return status === 0 && /^OpenSSL ([3-9]|\d\d)\./.test(stdout) ? stdout.trim() : undefined;
}

/**
 * Runs one command, and gives what it writes.
 * @param {string[]} args
 * @param {Uint8Array | string} [input]
 * @returns {Uint8Array<ArrayBuffer>}
 * @throws when it fails, with what it says
 */
export function openssl(args, input = '') {
  const { stdout, stderr, status } = spawnSync('openssl', args, { input });
  if (status !== 0) throw new Error(`openssl ${args.join(' ')} failed: ${stderr}`);
  return new Uint8Array(stdout);
}

/** The core is TypeScript for browsers: one bundle of it runs here as well. @returns {Promise<typeof import('./trust.ts')>} */
export async function loadTrust() {
  const folder = await temporaryFolder();
  try {
    const file = path.join(folder, 'trust.mjs');
    await build({ input: path.join(HERE, 'trust.ts'), platform: 'node', output: { file, format: 'esm' }, logLevel: 'silent' });
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const temporaryFolder = () => mkdtemp(path.join(tmpdir(), 'otter-openssl-'));
