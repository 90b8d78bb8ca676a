// The built app as a static host serves it: under a sub-path, no headers of its own, no backend.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.bin': 'application/octet-stream',
};

/**
 * @param {string} folder what to serve
 * @param {string} [base] sub-path, starts and ends with `/`
 * @param {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => boolean} [intercept] answers instead when it returns true
 */
export async function serveStatic(folder, base = '/otter/', intercept) {
  const server = createServer((request, response) => {
    if (intercept?.(request, response)) return;
    void answer(request.url ?? '/', response);
  });

  /** @param {string} url @param {import('node:http').ServerResponse} response */
  async function answer(url, response) {
    const { pathname } = new URL(url, 'http://host');
    const relative = pathname.startsWith(base) ? decodeURIComponent(pathname.slice(base.length)) : undefined;
    const file = relative === undefined ? undefined : path.join(folder, path.normalize(relative || 'index.html'));
    const found = file?.startsWith(folder) ? await stat(file).catch(() => undefined) : undefined;
    if (!file || !found?.isFile()) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
      'content-length': found.size,
      'cache-control': 'no-cache',
    });
    createReadStream(file).pipe(response);
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}${base}`,
    origin: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
