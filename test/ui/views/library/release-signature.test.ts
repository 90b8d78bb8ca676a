import { expect } from 'chai';
import { signDetached } from '../../../../src/core/trust/detached-signature.ts';
import '../../../../src/ui/live-region.ts';
import { FirmwareView } from '../../../../src/ui/views/firmware-view.ts';
import { makeKey, type TestKey } from '../../../core/trust/keys-for-tests.ts';
import { deviceState, firmwareRecord, firmwareReport, SHA_100, SHA_110 } from '../../../doubles/fixtures.ts';
import { HeldKeys } from '../../../doubles/held-keys.ts';
import { byRole, clickOn, expectAccessible, findByRole, mount, unmountAll, until } from '../../../doubles/mount.ts';
import { FakeServices, withTrust } from '../../../doubles/services.ts';

/** What the fake library holds, of every firmware. */
const BYTES = new TextEncoder().encode('firmware');

describe('<ot-release-signature>', () => {
  let key: TestKey;
  before(async () => {
    key = await makeKey('Ed25519');
  });
  beforeEach(() => history.replaceState(null, '', `#/firmware/${SHA_110}`));
  afterEach(() => {
    unmountAll();
    history.replaceState(null, '', ' ');
  });

  async function open(keys = new HeldKeys(), services = withTrust(new FakeServices(), keys)) {
    services.devices.put(deviceState());
    services.library.put(firmwareRecord({ sha256: SHA_100, version: '1.0.0' }), firmwareReport({ sha256: SHA_100 }));
    services.library.put(firmwareRecord(), firmwareReport({ sha256: SHA_110 }));
    const view = new FirmwareView();
    view.services = services;
    view.route = { view: 'firmware', sha256: SHA_110 };
    mount(view, { in: 'main' });
    mount(document.createElement('ot-live-region'));
    const section = await findByRole('region', 'Signature');
    return { services, section, signatures: (await services.trust()).signatures };
  }

  const says = (section: HTMLElement, words: RegExp): Promise<true> =>
    until(() => words.test(section.textContent.replace(/\s+/g, ' ')), String(words));

  it('says that nobody signed it, and where to get a key when there is none', async () => {
    const { section } = await open();
    await says(section, /Not signed\./);
    (await findByRole('button', 'Sign')).focus();
    await clickOn('button', 'Sign');
    await findByRole('heading', 'No key here can sign');
    expect((await findByRole('link', 'Go to the keys')).getAttribute('href')).to.equal('#/keys');
    await expectAccessible();
    await clickOn('button', 'Cancel');
    await until(() => document.activeElement?.textContent.trim() === 'Sign', 'the focus to come back');
  });

  it('signs with the key that is chosen, trusted ones first, and the shelf shows it', async () => {
    const keys = new HeldKeys();
    await keys.add('Nightly', await makeKey('P-256'), { trusted: false });
    await keys.add('Old', await makeKey('P-256'), { status: 'retired' });
    await keys.add('Release 2026', key);
    const { section, services } = await open(keys);
    await clickOn('button', 'Sign');
    await findByRole('heading', 'Which key signs?');
    const choices = [...document.querySelectorAll('.choice b')].map((name) => name.textContent);
    expect(choices).to.deep.equal(['Release 2026', 'Nightly']);
    await expectAccessible();
    document.querySelector<HTMLElement>('.choice')!.click();
    await says(section, /Signed by Release 2026, which greenhouse-node trusts\./);
    await says(section, /Release 2026 ?Valid: greenhouse-node trusts this key\. Beside the file: Ed25519, made here/);
    await until(() => /Signed/.test(document.querySelector('a.release[aria-current]')?.textContent ?? ''), 'the mark on the shelf');
    await until(() => /Signed by Release 2026/.test(document.querySelector('ot-live-region')?.textContent ?? ''), 'it to be said');
    expect(services.library.records.value?.find(({ sha256 }) => sha256 === SHA_110)?.signatures).to.have.length(1);
    await expectAccessible();
  });

  it('lets the product trust the key of a signature, after its fingerprint was shown', async () => {
    const keys = new HeldKeys();
    const keyId = await keys.add('Nightly', key, { trusted: false });
    const { section, signatures } = await open(keys);
    await signatures.sign(SHA_110, keyId);
    await says(section, /Valid, by Nightly, which greenhouse-node does not trust\./);
    await clickOn('button', 'Trust this key for greenhouse-node');
    await findByRole('heading', 'Let greenhouse-node trust Nightly?');
    expect(document.querySelector('dialog')!.textContent).to.include(keyId.slice(0, 8)).and.include('Ed25519');
    await expectAccessible();
    await clickOn('button', 'Trust Nightly');
    await says(section, /Signed by Nightly, which greenhouse-node trusts\./);
    expect(byRole('button', 'Trust this key for greenhouse-node')).to.equal(undefined);
  });

  it('shows a signature over other bytes as what it is, and lets it be taken away', async () => {
    const keys = new HeldKeys();
    await keys.add('Release 2026', key);
    const { section, signatures } = await open(keys);
    const wrong = await signDetached(key.privateKey, BYTES.subarray(1));
    await signatures.attach(SHA_110, new Blob([wrong]), '<img src=x onerror=alert(1)>.sig');
    await says(section, /Not trusted: no trusted key made its signature over these bytes/);
    expect(section.querySelector('.check dt')!.textContent).to.equal('Of no known key');
    expect(section.querySelector('.check')!.getAttribute('data-verdict')).to.equal('block');
    expect(section.querySelector('img')).to.equal(null);
    await until(() => /Tampered/.test(document.querySelector('a.release[aria-current]')?.textContent ?? ''), 'the mark on the shelf');
    await clickOn('button', 'Remove');
    await clickOn('button', 'Remove signature');
    await says(section, /Not signed, although greenhouse-node trusts keys\./);
  });

  it('says what is wrong with a file that is no signature', async () => {
    const { section, services } = await open();
    const choosing = HTMLInputElement.prototype.click;
    HTMLInputElement.prototype.click = function click(this: HTMLInputElement) {
      if (this.type !== 'file') return choosing.call(this);
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(9000)], 'node.sig'));
      this.files = transfer.files;
      this.dispatchEvent(new Event('change'));
    };
    try {
      await clickOn('button', 'Attach .sig');
      await says(section, /That is no signature/);
    } finally {
      HTMLInputElement.prototype.click = choosing;
    }
    expect(services.library.records.value?.some(({ signatures }) => signatures !== undefined)).to.equal(false);
  });
});
