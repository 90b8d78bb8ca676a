// Proves that the rules of the house are enforced: each of these snippets, put where it says, must be refused by the linter,
// and the allowed ones must pass. A rule that silently stopped matching would otherwise look like clean code.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const USE = 'export const used = x;\n';

/** @type {readonly [file: string, code: string][]} */
const REFUSED = [
  ...['virtual', 'app', 'io', 'ui'].map(
    (room) => /** @type {[string, string]} */ ([`src/core/a-${room}.ts`, `import { x } from '../${room}/x.ts';\n${USE}`]),
  ),
  ['src/core/a-package.ts', `import { x } from 'lit';\n${USE}`],
  ['src/core/b-scoped-package.ts', `import { x } from '@noble/curves/ed25519.js';\n${USE}`],
  ['src/virtual/a-package.ts', `import { x } from 'smol-toml';\n${USE}`],
  ['src/core/a-fetch.ts', `export const used = fetch('x');\n`],
  ['src/core/a-now.ts', 'export const used = Date.now();\n'],
  ['src/core/a-random.ts', 'export const used = Math.random();\n'],
  ['src/core/a-timer.ts', 'setTimeout(() => {}, 1);\n'],
  ['src/core/a-console.ts', `console.log('x');\n`],
  ['src/core/a-database.ts', `export const used = indexedDB.open('x');\n`],
  ['src/virtual/a-io.ts', `import { x } from '../io/x.ts';\n${USE}`],
  ['src/virtual/a-app.ts', `import { x } from '../app/x.ts';\n${USE}`],
  ['src/virtual/a-caches.ts', `export const used = caches.open('x');\n`],
  ['src/app/a-io.ts', `import { x } from '../io/x.ts';\n${USE}`],
  ['src/app/a-virtual.ts', `import { x } from '../virtual/x.ts';\n${USE}`],
  ['src/io/a-ui.ts', `import { x } from '../ui/x.ts';\n${USE}`],
  ['src/io/serial/a-virtual.ts', `import { x } from '../../virtual/device/serial/x.ts';\n${USE}`],
  ['src/io/store/a-storage.ts', `import { x } from '../../virtual/storage.ts';\n${USE}`],
  ['src/io/store/virtual-storage.ts', `import { x } from '../../virtual/flash.ts';\n${USE}`],
  ['src/ui/a-io.ts', `import { x } from '../io/x.ts';\n${USE}`],
  ['src/ui/a-virtual.ts', `import { x } from '../virtual/x.ts';\n${USE}`],
  ['src/verify/a-app.ts', `import { x } from '../app/x.ts';\n${USE}`],
  ['src/verify/a-ui.ts', `import { x } from '../ui/x.ts';\n${USE}`],
  ['sw/a-ui.ts', `import { x } from '../src/ui/x.ts';\n${USE}`],
  ['src/app/a-default.ts', 'export default 1;\n'],
  ['src/app/a-any.ts', 'export const used = 1 as any;\n'],
];
/** @type {readonly [file: string, code: string][]} */
const ALLOWED = [
  ['src/core/b-package.ts', `import { x } from 'fflate';\n${USE}`],
  ['src/core/c-package.ts', `import { x } from '@noble/hashes/sha2.js';\n${USE}`],
  ['src/virtual/b-core.ts', `import { x } from '../core/x.ts';\n${USE}`],
  ['src/app/b-core.ts', `import { x } from '../core/x.ts';\n${USE}`],
  ['src/io/store/virtual-storage.ts', `import { x } from '../../virtual/storage.ts';\n${USE}`],
  ['src/io/b-app.ts', `import { x } from '../app/ports.ts';\n${USE}`],
  ['src/ui/b-app.ts', `import { x } from '../app/x.ts';\n${USE}`],
  ['src/verify/b-words.ts', `import { x } from '../ui/broken-link-words.ts';\n${USE}`],
  ['sw/b-virtual.ts', `import { x } from '../src/virtual/x.ts';\n${USE}`],
];

const folder = await mkdtemp(path.join(os.tmpdir(), 'otter-lint-'));
try {
  await copyFile(path.join(root, '.oxlintrc.json'), path.join(folder, '.oxlintrc.json'));
  // One after the other: the same place may stand in both lists.
  const refused = async (/** @type {string} */ file, /** @type {string} */ code) => {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), code);
    try {
      execFileSync(path.join(root, 'node_modules/.bin/oxlint'), ['--deny-warnings', file], {
        cwd: folder,
        stdio: 'pipe',
        shell: process.platform === 'win32',
      });
      return false;
    } catch {
      return true;
    }
  };
  const wrong = [];
  for (const [file, code] of REFUSED) if (!(await refused(file, code))) wrong.push(`${file} passes`);
  for (const [file, code] of ALLOWED) if (await refused(file, code)) wrong.push(`${file} is refused`);
  console.log(`${REFUSED.length + ALLOWED.length - wrong.length} passed, ${wrong.length} failed`);
  if (wrong.length > 0) throw new Error(`lint rules are wrong: ${wrong.join(', ')}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
