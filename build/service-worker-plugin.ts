/**
 * Bundles `sw/sw.ts` into one classic script at `<base>sw.js`: with the precache list in a build, with an empty one in
 * `vite dev`, where it is bundled anew after an edit. See docs/decisions/0003-service-worker-build.md.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin, ResolvedConfig } from 'vite';
import { getManifest } from 'workbox-build';
import { bundleServiceWorker } from './bundle-service-worker.mjs';

const OUTPUT = 'sw.js';
/** Everything that the app loads, the icons and the demo firmware (which `sw/demo-store.ts` stores later than the rest). */
const PRECACHED = ['**/*.{js,css,html,svg,png,webmanifest,bin,json}'];
const MAX_FILE_BYTES = 4 << 20;
/** Vite puts an eight-character content hash before the extension. */
const HASHED_NAME = /-[\w-]{8}\.\w+$/;

export function serviceWorker(entry: string): Plugin {
  let config: ResolvedConfig;
  const absoluteEntry = (): string => path.resolve(config.root, entry);

  return {
    name: 'otter-service-worker',
    configResolved(resolved) {
      config = resolved;
    },
    configureServer(server) {
      let code: Promise<string> | undefined;
      server.watcher.on('all', (_event, file) => {
        if (/[/\\](sw|core|virtual|io)[/\\]/.test(file)) code = undefined;
      });
      server.middlewares.use((request, response, next) => {
        const { pathname } = new URL(request.url ?? '/', 'http://dev');
        if (!pathname.endsWith(`/${OUTPUT}`)) return next();
        code ??= bundleServiceWorker({ entry: absoluteEntry(), manifest: [], mode: 'development' }).then((out) => out.code);
        code.then(
          (body) => {
            response.setHeader('content-type', 'text/javascript');
            response.setHeader('cache-control', 'no-cache');
            response.end(body);
          },
          (error: unknown) => {
            code = undefined;
            next(error);
          },
        );
      });
    },
    async writeBundle() {
      if (config.command !== 'build') return;
      const outDir = path.resolve(config.root, config.build.outDir);
      const { manifestEntries, warnings, count, size } = await getManifest({
        globDirectory: outDir,
        globPatterns: PRECACHED,
        globIgnores: [OUTPUT, '**/*.map'],
        dontCacheBustURLsMatching: HASHED_NAME,
        maximumFileSizeToCacheInBytes: MAX_FILE_BYTES,
      });
      for (const warning of warnings) config.logger.warn(warning);
      manifestEntries.sort((a, b) => (a.url < b.url ? -1 : 1));
      const { code, map } = await bundleServiceWorker({ entry: absoluteEntry(), manifest: manifestEntries, mode: 'production' });
      await writeFile(path.join(outDir, OUTPUT), `${code}\n//# sourceMappingURL=${OUTPUT}.map\n`);
      if (map) await writeFile(path.join(outDir, `${OUTPUT}.map`), map);
      config.logger.info(`${OUTPUT}: ${count} files precached, ${(size / 1024).toFixed(0)} KiB`);
    },
  };
}
