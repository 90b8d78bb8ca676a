import { defineConfig } from 'vite';
import { demoFirmware } from './build/demo-firmware-plugin.ts';
import { serviceWorker } from './build/service-worker-plugin.ts';

export default defineConfig({
  // Relative: the same build works from any sub-path (hash routes never change the path).
  base: './',
  build: {
    target: 'es2022',
    // The first versions with `light-dark()`: lowered, it would follow the page's light and no longer that of the X-ray film.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    sourcemap: true,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
  plugins: [demoFirmware(), serviceWorker('sw/sw.ts')],
});
