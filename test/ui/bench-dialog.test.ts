import { expect } from 'chai';
import '../../src/ui/live-region.ts';
import { openBench } from '../../src/ui/dialogs/bench-dialog.ts';
import { VIRTUAL_CHIPS, VIRTUAL_FLASHES_MB } from '../../src/ui/dialogs/virtual-build.ts';
import { VIRTUAL_CHIPS as CHIP_MODELS } from '../../src/virtual/chip-model.ts';
import { FLASH_SIZES_MB } from '../../src/virtual/partition-schemes.ts';
import type { BenchSettings } from '../../src/app/services.ts';
import { clickOn, expectAccessible, findByRole, unmountAll, until } from '../doubles/mount.ts';
import { demoServices } from '../doubles/services.ts';

async function open(settings: Partial<BenchSettings> = {}) {
  const { services } = demoServices();
  services.bench.settings = { ...services.bench.settings, ...settings };
  const session = await services.devices.session('esp32-ota');
  const answered = openBench(services.bench, session);
  await findByRole('heading', /^Bench of/);
  const changes = () => services.calls.flatMap(([name, , change]) => (name === 'bench' ? [change as Partial<BenchSettings>] : []));
  return { services, answered, changes };
}

const control = <Element extends HTMLInputElement | HTMLSelectElement>(name: keyof BenchSettings): Element =>
  document.querySelector<Element>(`ot-bench-dialog [name=${name}]`)!;
const section = (title: string): HTMLDetailsElement =>
  [...document.querySelectorAll('details')].find((details) => details.querySelector('summary')?.textContent === title)!;

describe('<ot-bench-dialog>', () => {
  afterEach(() => {
    document.querySelector('ot-bench-dialog')?.remove();
    unmountAll();
  });

  for (const [chip, has] of [
    ['ESP32', false],
    ['ESP32-S2', true],
    ['ESP32-S3', true],
    ['ESP32-C3', true],
  ] as const) {
    it(`${has ? 'offers' : 'does not offer'} secure download mode on the ${chip}`, async () => {
      await open({ chip });
      expect(control('fuseSecureDownload') !== null).to.equal(has);
      expect(control('fuseFlashEncryption')).not.to.equal(null);
    });
  }

  it('offers the chips and flashes that the virtual world has', () => {
    expect([...VIRTUAL_CHIPS]).to.have.members(Object.keys(CHIP_MODELS));
    expect([...VIRTUAL_FLASHES_MB]).to.deep.equal([...FLASH_SIZES_MB]);
  });

  it('builds the board anew for another chip, only after a question, and otherwise not', async () => {
    const { answered, changes } = await open({ chip: 'ESP32' });
    expect(control<HTMLSelectElement>('chip').value).to.equal('ESP32');
    await expectAccessible();
    control<HTMLSelectElement>('chip').value = 'ESP32-S3';
    control<HTMLSelectElement>('flashSizeMb').value = '16';
    await clickOn('button', 'Set the bench');
    await findByRole('heading', /^Build .* anew\?$/);
    expect(changes()).to.deep.equal([]);
    await clickOn('button', 'Build it with an ESP32-S3');
    expect(await answered).to.equal(undefined);
    expect(changes()[0]).to.include({ chip: 'ESP32-S3', flashSizeMb: 16 });
  });

  it('opens the faults of an update where one is armed', async () => {
    await open({ cutAfterBytes: 400_000 });
    expect([section('Faults of an update').open, section('Its cable').open]).to.deep.equal([true, false]);
  });

  it('keeps faults, cable and fuses folded until something is set there, and leaves them as they are', async () => {
    const { answered, changes } = await open({ serialLatencyMs: 7, serialMaxBaudRate: 0 });
    expect(['Faults of an update', 'Its cable', 'Its fuses'].filter((title) => section(title).open)).to.deep.equal([]);
    await clickOn('button', 'Set the bench');
    await answered;
    expect(changes()[0]).not.to.have.any.keys('chip', 'flashSizeMb');
    expect(changes()[0]).to.include({ serialLatencyMs: 7, serialMaxBaudRate: 0, serialUnplugAtByte: 0, fuseSecureBoot: false });
  });

  it('sets wiring and faults of the cable', async () => {
    const { answered, changes } = await open({ serialPortBusy: true });
    expect(section('Its cable').open).to.equal(true);
    await expectAccessible();
    control('serialPortBusy').click();
    control('serialWithoutAutoReset').click();
    control<HTMLInputElement>('serialUnplugAtByte').value = '20000';
    control<HTMLSelectElement>('serialMaxBaudRate').value = '460800';
    control('fuseSecureBoot').click();
    await clickOn('button', 'Set the bench');
    await answered;
    const asked = { serialPortBusy: false, serialWithoutAutoReset: true, serialUnplugAtByte: 20_000, serialMaxBaudRate: 460_800 };
    expect(changes()[0]).to.include({ ...asked, fuseSecureBoot: true, serialLatencyMs: 1, serialInstant: false });
  });

  it('clears faults of the cable with the others, and leaves how it is wired', async () => {
    const { answered, changes } = await open({ serialBootLoop: true, serialWithoutAutoReset: true });
    await clickOn('button', 'Clear all faults');
    await answered;
    expect(changes()[0]).to.include({ serialBootLoop: false, serialResetAtByte: 0, cutAfterBytes: 0 });
    expect(changes()[0]).not.to.have.any.keys('serialWithoutAutoReset', 'serialLatencyMs');
  });

  it('presses BOOT and RESET', async () => {
    const { answered, services } = await open({ serialWithoutAutoReset: true });
    await clickOn('button', 'Hold BOOT, press RESET');
    await answered;
    await until(() => services.calls.some(([name]) => name === 'pressBootAndReset'), 'the hand');
  });
});
