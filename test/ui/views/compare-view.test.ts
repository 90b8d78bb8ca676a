import { expect } from 'chai';
import { CompareView } from '../../../src/ui/views/compare-view.ts';
import { espImage, firmwareRecord, firmwareReport, SHA_100, SHA_110 } from '../../doubles/fixtures.ts';
import { byRole, expectAccessible, findByRole, mount, unmountAll, until } from '../../doubles/mount.ts';
import { FakeServices } from '../../doubles/services.ts';

const SECTOR = 4096;

function bench(): FakeServices {
  const services = new FakeServices();
  const before = new Uint8Array(3 * SECTOR).fill(1);
  const after = new Uint8Array(4 * SECTOR).fill(1);
  after[SECTOR] = 2;
  services.library.put(firmwareRecord({ sha256: SHA_100, version: '1.0.0', size: before.length, idfVersion: 'v5.2' }), {
    ...firmwareReport({ sha256: SHA_100 }),
    content: { kind: 'app', image: espImage({ segments: [{ offset: 32, length: 1024, loadAddress: 0x400d0020, region: 'IROM' }] }) },
  });
  services.library.put(firmwareRecord({ size: after.length }), {
    ...firmwareReport(),
    content: { kind: 'app', image: espImage({ segments: [{ offset: 32, length: 3072, loadAddress: 0x400d0020, region: 'IROM' }] }) },
  });
  services.library.bytes = ((sha256: string) => Promise.resolve(new Blob([sha256 === SHA_100 ? before : after]))) as () => Promise<Blob>;
  return services;
}

async function open(services: FakeServices, a = SHA_100, b = SHA_110): Promise<CompareView> {
  const view = new CompareView();
  view.services = services;
  view.route = { view: 'compare', a, b };
  mount(view, { in: 'main' });
  await view.updateComplete;
  return view;
}

describe('comparing two firmwares', () => {
  afterEach(unmountAll);

  it('says what differs, draws the sectors to scale, and leaves out what is the same', async () => {
    await open(bench());
    const heading = await findByRole('heading', '1.1.0 is 4.0 KB larger than 1.0.0');
    expect(heading.tagName).to.equal('H1');
    const drawing = await until(() => document.querySelector('svg.sectors'), 'the sectors');
    expect(drawing.getAttribute('aria-label')).to.equal('4 sectors of 4 KB: 2 the same, 1 differ, 1 only in 1.1.0');
    expect(byRole('region', 'Sector by sector')?.textContent).to.contain('2 of 4 sectors differ, in 4\u00a0097 bytes.');
    const fields = byRole('region', 'What they say about themselves');
    expect(fields?.querySelector('tbody')?.textContent).to.contain('v5.2').and.to.not.contain('greenhouse-node');
    expect(fields?.textContent).to.contain('The same in both').and.to.contain('Project greenhouse-node');
    expect(byRole('region', 'Memory by memory')?.textContent).to.contain('+2.0');
    expect(byRole('region', 'What an update would change')).to.not.equal(undefined);
    await expectAccessible();
  });

  it('swaps the two', async () => {
    await open(bench());
    expect((await findByRole('link', 'Swap')).getAttribute('href')).to.equal(`#/firmware/compare/${SHA_110}/${SHA_100}`);
    unmountAll();
    await open(bench(), SHA_110, SHA_100);
    await findByRole('heading', '1.0.0 is 4.0 KB smaller than 1.1.0');
  });

  it('warns when they are for different chips', async () => {
    const services = bench();
    services.library.put(firmwareRecord({ chip: 'ESP32-C3' }), services.library.reports.get(SHA_110));
    await open(services);
    await findByRole('heading', 'For different chips: ESP32 and ESP32-C3');
    expect(document.body.textContent).to.contain('cannot run the other');
  });

  it('says what is missing when a link leads to a firmware that is not here', async () => {
    const services = bench();
    await services.library.delete(SHA_100);
    await open(services);
    await until(() => document.querySelector('[role=alert]')?.textContent.includes('FIRMWARE_UNKNOWN'), 'the error');
    expect(byRole('heading', 'These two cannot be compared')?.tagName).to.equal('H1');
    await expectAccessible();
  });
});
