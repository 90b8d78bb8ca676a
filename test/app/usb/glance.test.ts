import { expect } from 'chai';
import { UsbBench } from './usb-doubles.ts';

const ADDRESS = 'https://example.org/fw/manifest.json';
const manifest = (version: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(
    JSON.stringify({ name: 'Greenhouse', version, builds: [{ chipFamily: 'ESP32', parts: [{ path: 'app.bin', offset: 0x10000 }] }] }),
  );

describe('a glance at an address', () => {
  it('asks its host once: the board that is opened gets what was shown', async () => {
    const bench = new UsbBench();
    bench.fetched.set(ADDRESS, manifest('1.1.0'));
    expect(await bench.usb.glance(ADDRESS)).to.include({ name: 'Greenhouse', version: '1.1.0' });
    bench.fetched.delete(ADDRESS);
    const session = await bench.session();
    await session.bringUrl(ADDRESS);
    expect(session.state.value.bundle).to.include({ name: 'Greenhouse', version: '1.1.0' });
  });

  it('is for one board: whoever fetches it again gets what is there now', async () => {
    const bench = new UsbBench();
    bench.fetched.set(ADDRESS, manifest('1.1.0'));
    await bench.usb.glance(ADDRESS);
    const session = await bench.session();
    await session.bringUrl(ADDRESS);
    bench.fetched.set(ADDRESS, manifest('1.2.0'));
    await session.bringUrl(ADDRESS);
    expect(session.state.value.bundle?.version).to.equal('1.2.0');
  });

  it('is of its own address, and of no other', async () => {
    const bench = new UsbBench();
    bench.fetched.set(ADDRESS, manifest('1.1.0'));
    await bench.usb.glance(ADDRESS);
    const other = 'https://example.org/other/manifest.json';
    bench.fetched.set(other, manifest('2.0.0'));
    const session = await bench.session();
    await session.bringUrl(other);
    expect(session.state.value.bundle?.version).to.equal('2.0.0');
  });
});
