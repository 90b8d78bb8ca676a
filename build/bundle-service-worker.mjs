// The service worker as one classic script; shared by the build, the dev server and the test runner (plain JS: Node 20 runs it).
import { rolldown } from 'rolldown';

/**
 * @param {object} options
 * @param {string} options.entry absolute path
 * @param {unknown} options.manifest the precache list
 * @param {'development' | 'production'} options.mode
 * @returns {Promise<{ code: string, map: string | undefined }>}
 */
export async function bundleServiceWorker({ entry, manifest, mode }) {
  const bundle = await rolldown({
    input: entry,
    platform: 'browser',
    transform: {
      target: 'es2022',
      define: { 'process.env.NODE_ENV': JSON.stringify(mode), 'self.__WB_MANIFEST': JSON.stringify(manifest) },
    },
    logLevel: 'warn',
  });
  try {
    const { output } = await bundle.generate({
      format: 'iife',
      minify: mode === 'production',
      sourcemap: mode === 'production' ? true : 'inline',
      codeSplitting: false,
    });
    const chunk = output.find((item) => item.type === 'chunk' && item.isEntry);
    if (chunk?.type !== 'chunk') throw new Error(`no entry chunk from ${entry}`);
    return { code: chunk.code, map: chunk.map?.toString() };
  } finally {
    await bundle.close();
  }
}
