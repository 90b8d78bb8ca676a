import { expect } from 'chai';
import { linkTo, parseRoute, viewKey, type Route } from '../../src/ui/router.ts';

const SHA = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);

const ROUTES: readonly (readonly [string, Route])[] = [
  ['#/devices', { view: 'devices' }],
  ['#/devices/esp32-ota', { view: 'device', id: 'esp32-ota' }],
  ['#/devices/esp32-ota/job', { view: 'job', id: 'esp32-ota' }],
  [`#/devices/esp32-ota/update/${SHA}`, { view: 'preflight', id: 'esp32-ota', sha256: SHA }],
  ['#/usb', { view: 'usb' }],
  ['#/usb/virtual%3Aesp32-ota', { view: 'usb', portId: 'virtual:esp32-ota' }],
  ['#/firmware', { view: 'firmware' }],
  [`#/firmware/${SHA}`, { view: 'firmware', sha256: SHA }],
  [`#/firmware/compare/${SHA}/${OTHER}`, { view: 'compare', a: SHA, b: OTHER }],
  ['#/keys', { view: 'keys' }],
  [`#/keys/${SHA}`, { view: 'keys', fingerprint: SHA }],
  ['#/settings', { view: 'settings' }],
];

describe('parseRoute()', () => {
  for (const [hash, route] of ROUTES) {
    it(`reads ${hash.replace(/[0-9a-f]{64}/g, '<sha>')} and linkTo() writes it back`, () => {
      expect(parseRoute(hash)).to.deep.equal(route);
      expect(linkTo(route)).to.equal(hash);
    });
  }

  it('opens the devices when there is no address', () => {
    for (const hash of ['', '#', '#/', '#/devices/']) expect(parseRoute(hash)).to.deep.equal({ view: 'devices' });
  });

  it('keeps any device id apart from the path around it', () => {
    const id = 'a/b %?#ü';
    expect(parseRoute(linkTo({ view: 'device', id }))).to.deep.equal({ view: 'device', id });
    expect(parseRoute(linkTo({ view: 'job', id }))).to.deep.equal({ view: 'job', id });
  });

  it('calls everything else not found, and never throws', () => {
    const strange = [
      '#/nowhere',
      '#/devices/a/b',
      '#/devices/a/update/xyz',
      `#/devices/a/update/${SHA}/more`,
      '#/firmware/zz',
      '#/keys/zz',
      `#/keys/${SHA}/more`,
      '#/settings/x',
      '#/devices/%E0%A4%A',
      `#/firmware/${SHA.toUpperCase()}`,
    ];
    for (const hash of strange) expect(parseRoute(hash).view, hash).to.equal('not-found');
  });
});

describe('viewKey()', () => {
  it('tells devices apart, and keeps the library one view whatever is open in it', () => {
    expect(viewKey({ view: 'device', id: 'a' })).to.not.equal(viewKey({ view: 'device', id: 'b' }));
    expect(viewKey({ view: 'keys' })).to.not.equal(viewKey({ view: 'keys', fingerprint: SHA }));
    expect(viewKey({ view: 'firmware' })).to.equal(viewKey({ view: 'firmware', sha256: SHA }));
  });
});
