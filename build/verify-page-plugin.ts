/**
 * The verifier of exported logs as one HTML file that needs nothing else: its script and its style stand in it, and its content-security policy
 * carries their hashes and allows nothing besides. Written to `verify-log.html` in a build; `vite dev` bundles it when it is asked for.
 * See docs/decisions/0010-the-log.md.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { rolldown } from 'rolldown';
import type { Plugin } from 'vite';

const OUTPUT = 'verify-log.html';
const FOLDER = 'src/verify';
const STYLES = ['src/ui/styles/tokens.css', `${FOLDER}/verify.css`];

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

async function bundleScript(entry: string): Promise<string> {
  const bundle = await rolldown({ input: entry, platform: 'browser', transform: { target: 'es2022' }, logLevel: 'warn' });
  try {
    const { output } = await bundle.generate({ format: 'iife', minify: true, codeSplitting: false });
    const [chunk, ...more] = output;
    if (more.length > 0) throw new Error(`${entry} is more than one file`);
    // Within a script element, only this would end it.
    if (/<\/script|<!--/i.test(chunk.code)) throw new Error(`${entry} cannot stand in a page`);
    return chunk.code.trim();
  } finally {
    await bundle.close();
  }
}

/** Comments and indents are for who reads the sources. */
const shorter = (css: string): string =>
  css
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\n\s*/g, '\n')
    .trim();

export async function verifyPageHtml(root: string): Promise<string> {
  const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');
  const [template, script, ...styles] = await Promise.all([
    read(`${FOLDER}/verify-log.html`),
    bundleScript(path.join(root, FOLDER, 'verify.ts')),
    ...STYLES.map(read),
  ]);
  const style = styles.map(shorter).join('\n');
  // The hash is of all that stands between the tags, so nothing else may: no line break, no indent.
  const parts: Readonly<Record<string, string>> = {
    '<style></style>': `<style>${style}</style>`,
    '<script></script>': `<script>${script}</script>`,
    'STYLE-HASH': hashOf(style),
    'SCRIPT-HASH': hashOf(script),
  };
  return template.replaceAll(/<style><\/style>|<script><\/script>|STYLE-HASH|SCRIPT-HASH/g, (name) => parts[name]!);
}

export function verifyPage(): Plugin {
  let root = '';
  return {
    name: 'otter-verify-page',
    configResolved(config) {
      root = config.root;
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        if (!new URL(request.url ?? '/', 'http://dev').pathname.endsWith(`/${OUTPUT}`)) return next();
        verifyPageHtml(root).then((html) => {
          // The test runner's server hands requests on with 404 already set.
          response.statusCode = 200;
          response.setHeader('content-type', 'text/html; charset=utf-8');
          response.setHeader('cache-control', 'no-cache');
          response.end(html);
        }, next);
      });
    },
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: OUTPUT, source: await verifyPageHtml(root) });
    },
  };
}
