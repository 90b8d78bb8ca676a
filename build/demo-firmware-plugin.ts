/** Serves the generated demo firmware at `<base>demo/` in `vite dev` and in tests, and writes it to `demo/` in a build. */
import type { Plugin } from 'vite';
import { describeDemoFirmware, generateDemoFirmware } from './demo-firmware/generate.ts';

const FOLDER = 'demo/';

/** Once per process: several servers may run in one. */
let files: Promise<ReadonlyMap<string, Uint8Array>> | undefined;

async function generateFiles(): Promise<ReadonlyMap<string, Uint8Array>> {
  const firmware = await generateDemoFirmware();
  const index = new TextEncoder().encode(`${JSON.stringify(await describeDemoFirmware(firmware), null, 2)}\n`);
  return new Map([['index.json', index], ...firmware.map(({ fileName, bytes }) => [fileName, bytes] as const)]);
}

export function demoFirmware(): Plugin {
  return {
    name: 'otter-demo-firmware',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const { pathname } = new URL(request.url ?? '/', 'http://dev');
        const [, name] = /\/demo\/([^/]+)$/.exec(pathname) ?? [];
        if (!name) return next();
        files ??= generateFiles();
        files.then((all) => {
          const body = all.get(name);
          if (!body) return next();
          // The test runner's server hands requests on with 404 already set.
          response.statusCode = 200;
          response.setHeader('content-type', name.endsWith('.json') ? 'application/json' : 'application/octet-stream');
          response.setHeader('content-length', body.length);
          response.setHeader('cache-control', 'no-cache');
          response.end(body);
        }, next);
      });
    },
    async generateBundle() {
      files ??= generateFiles();
      for (const [name, source] of await files) this.emitFile({ type: 'asset', fileName: FOLDER + name, source });
    },
  };
}
