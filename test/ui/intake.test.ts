import { expect } from 'chai';
import { FilesEvent } from '../../src/ui/files-event.ts';
import { Intake } from '../../src/ui/intake.ts';
import '../../src/ui/live-region.ts';
import type { Route } from '../../src/ui/router.ts';
import { SHA_110, firmwareRecord } from '../doubles/fixtures.ts';
import { byRole, clickOn, expectAccessible, findByRole, mount, unmountAll, until } from '../doubles/mount.ts';
import { FakeError, FakeServices, withTrust } from '../doubles/services.ts';

const HOSTILE = '<img src=x onerror="window.__hostile = true">.bin';
const binary = (name: string): File => new File([new Uint8Array(16)], name);

async function open(route: Route = { view: 'devices' }, services = new FakeServices()): Promise<FakeServices> {
  const intake = new Intake();
  intake.services = services;
  intake.route = route;
  mount(intake);
  mount(document.createElement('ot-live-region'));
  await intake.updateComplete;
  return services;
}

function drag(type: string, files: readonly File[]): DragEvent {
  const dataTransfer = new DataTransfer();
  for (const file of files) dataTransfer.items.add(file);
  const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer });
  document.body.dispatchEvent(event);
  return event;
}

describe('files from outside', () => {
  beforeEach(() => history.replaceState(null, '', '#/devices'));
  afterEach(() => {
    unmountAll();
    history.replaceState(null, '', ' ');
  });

  it('shows where to let go while files hang over the page, and stops the browser from opening them', async () => {
    await open();
    expect(drag('dragenter', [binary('a.bin')]).defaultPrevented).to.equal(true);
    expect(drag('dragover', [binary('a.bin')]).defaultPrevented).to.equal(true);
    await until(() => document.body.textContent.includes('Let go: one file'), 'the place to let go');
    drag('dragleave', [binary('a.bin')]);
    await until(() => !document.body.textContent.includes('Let go'), 'it to go');
  });

  it('leaves dragged text alone', async () => {
    await open();
    const dataTransfer = new DataTransfer();
    dataTransfer.setData('text/plain', 'words');
    const event = new DragEvent('dragover', { bubbles: true, cancelable: true, dataTransfer });
    document.body.dispatchEvent(event);
    expect(event.defaultPrevented).to.equal(false);
  });

  it('keeps a file that it does not recognise only when it is told to', async () => {
    const services = new FakeServices();
    services.library.refusesUnknown = true;
    await open({ view: 'devices' }, services);
    drag('drop', [binary('notes.txt')]);
    await until(() => document.body.textContent.includes('Otter does not recognise this file'), 'the refusal');
    await expectAccessible();
    await clickOn('button', 'Keep it anyway');
    await until(() => location.hash === `#/firmware/${SHA_110}`, 'the release');
    expect(services.called('add').at(-1)).to.deep.equal(['notes.txt', { kind: 'file', detail: 'notes.txt' }, 16, { evenUnknown: true }]);
    expect(byRole('button', 'Keep it anyway')).to.equal(undefined);
  });

  it('puts a dropped file into the library and opens it', async () => {
    const services = await open();
    drag('drop', [binary('a.bin')]);
    await until(() => location.hash === `#/firmware/${SHA_110}`, 'the release');
    expect(services.called('add')).to.deep.equal([['a.bin', { kind: 'file', detail: 'a.bin' }, 16]]);
    expect(document.querySelector('ot-live-region')?.textContent).to.contain('greenhouse-node 1.1.0 is in the library.');
  });

  it('leads to the pre-flight on the page of a device', async () => {
    await open({ view: 'device', id: 'esp32-ota' });
    drag('drop', [binary('a.bin')]);
    await until(() => location.hash === `#/devices/esp32-ota/update/${SHA_110}`, 'the pre-flight');
  });

  it('takes several files one after the other and leads to the list', async () => {
    const services = await open({ view: 'device', id: 'esp32-ota' });
    drag('drop', [binary('a.bin'), binary('b.bin')]);
    await until(() => location.hash === '#/firmware', 'the list');
    expect(services.called('add').map(([name]) => name)).to.deep.equal(['a.bin', 'b.bin']);
  });

  it('takes pasted files, and files that a view got from a chooser', async () => {
    const services = await open();
    const clipboardData = new DataTransfer();
    clipboardData.items.add(binary('pasted.bin'));
    document.body.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData }));
    await until(() => services.called('add').length === 1, 'the pasted file');
    document.body.dispatchEvent(new FilesEvent([binary('chosen.bin')]));
    await until(() => services.called('add').length === 2, 'the chosen file');
  });

  it('imports an archive that is dropped', async () => {
    const services = await open();
    drag('drop', [binary('otter-library-2025-11-20.zip')]);
    await until(() => services.called('importArchive').length === 1, 'the import');
    expect(services.called('add')).to.deep.equal([]);
  });

  const shared = async (...files: readonly File[]): Promise<FakeServices> => {
    history.replaceState(null, '', '#/firmware?shared=11112222-3333-4444-5555-666677778888');
    const services = new FakeServices();
    Object.assign(services.shell, { takeSharedFiles: () => Promise.resolve(files) });
    return await open({ view: 'firmware' }, services);
  };

  it('asks before what another app shared enters the library, and clears the address', async () => {
    const services = await shared(binary('shared.bin'));
    const dialog = await findByRole('dialog', 'A file was shared with Otter');
    expect(dialog.textContent).to.contain('“shared.bin” (16 B)');
    expect(services.called('add')).to.deep.equal([]);
    await expectAccessible();
    await clickOn('button', 'Add it to the library');
    await until(() => services.called('add').length === 1, 'the shared file');
    expect(services.called('add')[0]?.[1]).to.deep.equal({ kind: 'share', detail: 'shared.bin' });
    expect(location.hash).to.not.contain('shared');
  });

  it('adds nothing of a share that is not wanted, and shows hostile names as text', async () => {
    const services = await shared(binary(HOSTILE), binary('other.bin'));
    const dialog = await findByRole('dialog', '2 files were shared with Otter');
    expect(dialog.textContent).to.contain(HOSTILE).and.to.contain('“other.bin”');
    expect(document.querySelector('img')).to.equal(null);
    await clickOn('button', 'Cancel');
    await until(() => document.body.textContent.includes('Nothing was added.'), 'it to be said');
    expect(services.called('add')).to.deep.equal([]);
  });

  it('says what was refused, why, and what to do, with hostile file names as text', async () => {
    const services = new FakeServices();
    services.library.nextError = new FakeError('STORAGE_FULL');
    await open({ view: 'devices' }, services);
    drag('drop', [binary(HOSTILE)]);
    const alert = await findByRole('alert', 'Not added');
    expect(alert.textContent).to.contain(HOSTILE).and.to.contain('STORAGE_FULL').and.to.contain('Delete firmware that you no longer need');
    expect(document.querySelector('img')).to.equal(null);
    expect(location.hash).to.equal('#/devices');
    await expectAccessible();
    await clickOn('button', 'Close');
    await until(() => !byRole('alert', 'Not added'), 'it to close');
  });

  it('takes nothing while a question is open', async () => {
    const services = await open();
    const dialog = document.createElement('dialog');
    document.body.append(dialog);
    dialog.showModal();
    drag('drop', [binary('a.bin')]);
    expect(services.called('add')).to.deep.equal([]);
    dialog.remove();
  });

  describe('and signatures among them', () => {
    const signed = async (route?: Route) => {
      const services = withTrust(new FakeServices());
      await open(route, services);
      return services;
    };
    const signaturesOf = (services: FakeServices) => services.library.records.value?.flatMap(({ signatures = [] }) => signatures) ?? [];
    const heard = (words: RegExp) => until(() => words.test(document.body.textContent), String(words));

    it('keeps the .sig with the .bin that it came with', async () => {
      for (const name of ['a.bin.sig', 'a.sig', 'a.bin.sig.b64', 'release.sig']) {
        const services = await signed();
        drag('drop', [binary(name), binary('a.bin')]);
        await until(() => signaturesOf(services).length === 1, `the signature ${name}`);
        expect(signaturesOf(services)[0]).to.include({ fileName: name });
        await heard(/Signature attached\. Cannot be checked/);
        expect(services.called('add')).to.have.length(1);
        expect(location.hash).to.equal(`#/firmware/${SHA_110}`);
        unmountAll();
      }
    });

    it('attaches a lone .sig to the firmware that is open', async () => {
      for (const view of [{ view: 'firmware' }, { view: 'preflight', id: 'esp32-ota' }] as const) {
        const services = await signed({ ...view, sha256: SHA_110 });
        services.library.put(firmwareRecord());
        drag('drop', [binary('whatever.sig')]);
        await until(() => signaturesOf(services).length === 1, 'the signature');
        await heard(/Signature attached/);
        expect(services.called('add')).to.deep.equal([]);
        unmountAll();
      }
    });

    it('says what to do with one that belongs to nothing', async () => {
      const services = await signed({ view: 'devices' });
      drag('drop', [binary('node.bin.sig')]);
      await heard(/A signature needs its firmware/);
      await heard(/Drop it together with its \.bin/);
      expect(signaturesOf(services)).to.deep.equal([]);
      expect(services.called('add')).to.deep.equal([]);
      await expectAccessible();
    });
  });
});
