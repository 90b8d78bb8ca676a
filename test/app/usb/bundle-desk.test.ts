/** The desk with the real rules of bundles: what it tells of what was brought, and what a choice changes. */
import { expect } from 'chai';
import { BundleDesk, type DeskState } from '../../../src/app/usb/bundle-desk.ts';
import { bundleRules } from '../../../src/app/usb/bundle-rules.ts';
import type { UsbPorts } from '../../../src/app/usb/usb-ports.ts';
import { FakeClock } from './usb-doubles.ts';
import { appBytes, bootloaderBytes, targetOf } from '../../core/bundle/plan-fixtures.ts';

class Desk {
  state: DeskState = { choices: {} };
  readonly desk: BundleDesk;

  constructor(untrusted?: ConstructorParameters<typeof BundleDesk>[0]['untrusted']) {
    const bundles = bundleRules(() => expect.fail('nothing is fetched'));
    const library = {} as UsbPorts['library'];
    const ports = { bundles, library, clock: new FakeClock(), deviceName: () => undefined, ...(untrusted && { untrusted }) };
    this.desk = new BundleDesk(ports, (state) => (this.state = state));
  }

  async bring(files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): Promise<void> {
    await this.desk.bring(Object.entries(files).map(([path, bytes]) => ({ path, blob: new Blob([bytes]) })));
  }
}

describe('BundleDesk', () => {
  it('calls one file what the application in it is called, as soon as it is read for a chip; the part keeps its file name', async () => {
    const bench = new Desk();
    await bench.bring({ 'greenhouse-node-1.1.0.bin': await appBytes({ version: '1.1.0' }) });
    expect(bench.state.bundle).to.include({ name: 'greenhouse-node-1.1.0', version: '' });
    await bench.desk.aim(targetOf(), 'usb:1');
    expect(bench.state.bundle).to.include({ name: 'greenhouse', version: '1.1.0' });
    expect(bench.state.bundle?.parts.map(({ name }) => name)).to.deep.equal(['greenhouse-node-1.1.0.bin']);
    expect(bench.state.bundle).not.to.have.any.keys('variants', 'variant', 'settings');
  });

  it('offers the builds for the chip, takes the first, and another when it is chosen', async () => {
    const bench = new Desk();
    const build = async (version: string) => ({ bootloader: await bootloaderBytes(), app: await appBytes({ version }) });
    const [one, two] = [await build('1.0.0'), await build('2.0.0')];
    await bench.desk.aim(targetOf(), 'usb:1');
    await bench.bring({
      'release/lamp/bootloader.bin': one.bootloader,
      'release/lamp/firmware.bin': one.app,
      'release/fan/bootloader.bin': two.bootloader,
      'release/fan/firmware.bin': two.app,
    });
    expect(bench.state.bundle).to.deep.include({ variants: ['lamp', 'fan'], variant: 'lamp', version: '1.0.0' });
    bench.desk.choose({ variant: 'fan' });
    await bench.desk.settled();
    expect(bench.state.bundle).to.deep.include({ variant: 'fan', version: '2.0.0' });
    bench.desk.choose({ variant: 'gone' });
    await bench.desk.settled();
    expect(bench.state.bundle).to.deep.include({ variant: 'lamp', version: '1.0.0' });
  });

  it('says what a board must not be given before anything else, and asks anew with each plan', async () => {
    const asked: string[][] = [];
    let isTrusted = false;
    const problem = { code: 'UNTRUSTED_APPLICATION', severity: 'block', facts: { part: 'a', status: 'unsigned', product: 'p' } } as const;
    const bench = new Desk(async (parts) => (asked.push(parts.map(({ role }) => role)), isTrusted ? [] : [problem]));
    await bench.desk.aim(targetOf(), 'usb:1');
    await bench.bring({ 'bootloader.bin': await bootloaderBytes(), 'firmware.bin': await appBytes({ version: '1.1.0' }) });
    expect(asked.at(-1)).to.have.members(['bootloader', 'app']);
    expect(bench.state.plan?.problems[0]).to.deep.equal(problem);
    isTrusted = true;
    bench.desk.choose({});
    await bench.desk.settled();
    expect(bench.state.plan?.problems.map(({ code }) => code)).to.not.include('UNTRUSTED_APPLICATION');
  });

  it('keeps nothing of what has no place on this chip: whoever brought it hears why', async () => {
    const bench = new Desk();
    await bench.desk.aim(targetOf(), 'usb:1');
    let error: unknown;
    await bench.bring({ 'empty.bin': new Uint8Array(0) }).catch((caught: unknown) => (error = caught));
    expect(error).to.include({ code: 'BUNDLE_FILE_EMPTY' });
    expect(bench.state).to.deep.equal({ choices: {} });
  });

  it('keeps what has no place yet, and plans it where a person says; another word for it is heard too', async () => {
    const bench = new Desk();
    await bench.desk.aim(targetOf(), 'usb:1');
    await bench.bring({ constructor: new Uint8Array(4096).fill(0xff) });
    expect(bench.state.problem).to.include({ code: 'BUNDLE_PLACE_UNKNOWN' });
    expect(bench.state.bundle).to.deep.include({ files: [{ path: 'constructor' }], parts: [] });
    bench.desk.choose({ offsets: new Map([['constructor', 0x3f0000]]), keep: [] });
    await bench.desk.settled();
    expect(bench.state.plan?.writes.map(({ offset }) => offset)).to.deep.equal([0x3f0000]);
    expect(bench.state).not.to.have.property('problem');
    bench.desk.choose({ keep: [] });
    await bench.desk.settled();
    expect(bench.state.problem).to.include({ code: 'BUNDLE_PLACE_UNKNOWN' });
  });

  it('puts a file where a person says, over the address in its name', async () => {
    const bench = new Desk();
    await bench.desk.aim(targetOf(), 'usb:1');
    await bench.bring({ 'app@0x20000.bin': await appBytes() });
    expect(bench.state.bundle?.files).to.deep.equal([{ path: 'app@0x20000.bin', offset: 0x20000 }]);
    bench.desk.choose({ offsets: new Map([['app@0x20000.bin', 0x150000]]) });
    await bench.desk.settled();
    expect(bench.state.plan?.writes.map(({ offset }) => offset)).to.deep.equal([0x150000]);
  });
});
