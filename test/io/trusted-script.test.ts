import { expect } from 'chai';
import { isFramed } from '../../src/io/framing.ts';
import { assertOwnScript } from '../../src/io/trusted-script.ts';

const FOLDER = new URL('https://example.org/otter/');

describe('assertOwnScript()', () => {
  it('vouches for the service worker and for dedicated workers of the app', () => {
    for (const url of [
      'sw.js',
      './sw.js',
      'https://example.org/otter/sw.js',
      'assets/xray.worker-Bx3k9aQ2.js',
      '/otter/src/io/workers/xray.worker.ts?worker_file&type=module',
    ]) {
      expect(assertOwnScript(url, FOLDER)).to.equal(new URL(url, FOLDER).href);
    }
  });

  it('refuses every other script, wherever it is', () => {
    for (const url of [
      'https://evil.example/otter/sw.js',
      'https://example.org/sw.js',
      '../sw.js',
      '../otter-evil/sw.js',
      'assets/index-Bx3k9aQ2.js',
      'assets/sw.js',
      'virtual/device/esp32-ota/sw.js',
      'virtual/device/esp32-ota/x.worker.js',
      'demo/greenhouse-node-1.0.0.bin',
      'data:text/javascript,alert(1)',
      'blob:https://example.org/2c3f',
      'javascript:alert(1)//sw.js',
      '',
    ]) {
      expect(() => assertOwnScript(url, FOLDER), url).to.throw(TypeError);
    }
  });
});

describe('isFramed()', () => {
  it('tells a page in a frame from a page of its own', () => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    expect(isFramed(frame.contentWindow!)).to.equal(true);
    frame.remove();
    const alone = { self: undefined as unknown, top: undefined as unknown };
    alone.self = alone.top = alone;
    expect(isFramed(alone as unknown as Window)).to.equal(false);
  });
});
