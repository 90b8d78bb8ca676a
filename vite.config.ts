import { defineConfig } from 'vite';
import { demoFirmware } from './build/demo-firmware-plugin.ts';
import { serviceWorker } from './build/service-worker-plugin.ts';
import { verifyPage } from './build/verify-page-plugin.ts';

const COMMON =
  /src\/(?:core\/(?:fields|ota\/version)|ui\/(?:format|device-facts|device-actions|views\/(?:best-update|device\/device-mat)|dialogs\/password-rule|controllers\/device-session|elements\/(?:measure|width-controller|slot-words|slots|board)))\.ts$/;

export default defineConfig({
  // Relative: the same build works from any sub-path (hash routes never change the path).
  base: './',
  build: {
    target: 'es2022',
    // The first versions with `light-dark()`: lowered, it would follow the page's light and no longer that of the X-ray film.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    sourcemap: true,
    modulePreload: {
      polyfill: false,
      // What is loaded on demand comes out of the cache after the first visit: the names of all its parts would be 3 % of the first load.
      resolveDependencies: (_file, needed, { hostType }) => (hostType === 'html' ? needed : []),
    },
    rolldownOptions: {
      output: {
        // Small parts of nearly every view: one file compresses better and is asked for once.
        codeSplitting: { groups: [{ name: 'common', test: COMMON }] },
      },
    },
  },
  worker: { format: 'es' },
  plugins: [demoFirmware(), verifyPage(), serviceWorker('sw/sw.ts')],
});
