import { expect } from 'chai';
import type { AppServices } from '../../../src/app/services.ts';
import { Subject } from '../../../src/app/observable.ts';
import type { KeyService, TrustServices } from '../../../src/app/trust/services.ts';
import type { RouteOf } from '../../../src/ui/router.ts';
import '../../../src/ui/views/releases-view.ts';
import '../../../src/ui/views/releases/firmware-papers.ts';
import { firmwareRecord } from '../../doubles/fixtures.ts';
import { allByRole, byRole, clickOn, expectAccessible, findByRole, mount, typeInto, unmountAll, until } from '../../doubles/mount.ts';
import { ReleaseDesk, keyRecordOf } from '../../doubles/release-desk.ts';
import { EXPIRED, IMAGE, ReleaseHost, releaseOf } from '../../doubles/release-host.ts';
import { FakeServices } from '../../doubles/services.ts';
import { person } from '../../doubles/signers.ts';

const EVIL = '<img src=x onerror="window.hacked=1">';

function servicesOf(desk: ReleaseDesk): AppServices {
  const keys = { records: new Subject(desk.people.map(keyRecordOf)), load: () => Promise.resolve() } as unknown as KeyService;
  const trust = { keys, releases: desk.releases } as unknown as TrustServices;
  return Object.assign(new FakeServices(), { trust: () => Promise.resolve(trust) });
}

async function open(desk: ReleaseDesk, route: Omit<RouteOf<'releases'>, 'view'> = {}) {
  const view = document.createElement('ot-releases-view');
  view.services = servicesOf(desk);
  view.route = { view: 'releases', ...route };
  mount(view, { in: 'main' });
  await until(() => document.querySelector('ot-releases-view h1, ot-releases-view .head ~ *'), 'the page');
  return view;
}

const page = () => document.body.textContent.replace(/\s+/g, ' ');

async function readSet(desk: ReleaseDesk, host: ReleaseHost): Promise<void> {
  desk.source = host;
  await open(desk, { page: 'add' });
  typeInto(await findByRole('textbox', 'Address of the set'), 'https://example.org/gh/');
  await clickOn('button', 'Read the set');
}

async function trustIt(host: ReleaseHost, desk: ReleaseDesk): Promise<void> {
  await readSet(desk, host);
  await findByRole('heading', 'A publisher you do not know yet');
  const { fingerprint } = await rootOf(desk);
  typeInto(await findByRole('textbox', 'Their fingerprint, pasted or typed'), fingerprint);
  typeInto(await findByRole('textbox', 'What you call them'), 'Garden');
  await clickOn('button', 'Trust this publisher');
}

async function rootOf(desk: ReleaseDesk) {
  const visit = await desk.visit(desk.source!);
  return visit.state.value.root!;
}

describe('the page of releases', () => {
  afterEach(() => {
    unmountAll();
    location.hash = '';
  });

  it('teaches what it is for while nobody is trusted, with one filled key', async () => {
    await open(new ReleaseDesk());
    await findByRole('heading', 'No publisher is trusted yet');
    expect(document.querySelectorAll('.key-go')).to.have.lengthOf(1);
    for (const name of [/Make a root file/, /Open what is to be signed/]) expect(byRole('link', name)).to.not.equal(undefined);
    await expectAccessible();
  });

  it('shows the first root file with its fingerprint, and trusts it only once that was compared', async () => {
    const desk = new ReleaseDesk();
    await readSet(desk, await ReleaseHost.open());
    await findByRole('heading', 'A publisher you do not know yet');
    const { fingerprint } = await rootOf(desk);
    expect(document.querySelector('.print')?.getAttribute('aria-label')).to.equal(`Fingerprint ${fingerprint}`);
    const key = (await findByRole('button', 'Trust this publisher')) as HTMLButtonElement;
    expect(key.disabled).to.equal(true);
    await expectAccessible();

    const field = await findByRole('textbox', 'Their fingerprint, pasted or typed');
    typeInto(
      field,
      fingerprint.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    );
    await until(() => page().includes('Not the same: do not trust this set'));
    (await findByRole('checkbox', 'I compared all of it by eye')).click();
    expect(key.disabled, 'one digit differs').to.equal(true);

    typeInto(field, fingerprint.toUpperCase().replaceAll(/(.{4})/g, '$1 '));
    await until(() => page().includes('The same, to the last digit'));
    await until(() => !key.disabled);
  });

  it('takes a release in, link by link', async () => {
    const host = await ReleaseHost.open();
    const desk = new ReleaseDesk();
    await trustIt(host, desk);
    await clickOn('button', 'Take greenhouse 1.2.0');
    await findByRole('heading', 'greenhouse 1.2.0 is in your library');
    expect([...document.querySelectorAll<HTMLElement>('.plate')].map(({ dataset }) => dataset.state)).to.deep.equal(
      Array.from({ length: 5 }, () => 'passed'),
    );
    expect(byRole('link', /Open greenhouse 1\.2\.0/)?.getAttribute('href')).to.match(/^#\/firmware\/[0-9a-f]{64}$/);
    await expectAccessible();
  });

  const attacks: readonly [name: string, words: string, attack: (host: ReleaseHost) => Promise<void>][] = [
    [
      'a rolled-back index',
      'A newer index was here before, or another one of this version',
      async (host) => {
        host.index = { ...host.index, version: 3 };
        await host.publishEntries();
      },
    ],
    [
      'a frozen index',
      'The index has expired',
      async (host) => {
        host.index = { ...host.index, ...EXPIRED };
        await host.publishEntries();
      },
    ],
    [
      'a root file by somebody else',
      'The new root file is not signed by the keys you trust',
      async (host) => {
        host.rootSigners = [await person('Mallory')];
        await host.rotate();
      },
    ],
  ];
  for (const [name, words, attack] of attacks) {
    it(`refuses ${name} by its name`, async () => {
      const host = await ReleaseHost.open();
      const desk = new ReleaseDesk();
      const visit = await desk.visit(host);
      await visit.confirm('Garden');
      await until(() => visit.state.value.index);
      await attack(host);
      await readSet(desk, host);
      await findByRole('heading', 'This set is refused');
      expect(page()).to.include(words);
      expect(document.querySelector('.plate[data-state=refused]')?.textContent).to.include(words);
      await expectAccessible();
    });
  }

  it('warns of an expired release, and takes it only when a person says so', async () => {
    const host = await ReleaseHost.open();
    await host.publishIndex([await host.publishRelease(await releaseOf(IMAGE.bytes, EXPIRED))]);
    const desk = new ReleaseDesk();
    await trustIt(host, desk);
    await clickOn('button', 'Take greenhouse 1.2.0');
    await findByRole('heading', 'This release has expired');
    const key = (await findByRole('button', /all the same/)) as HTMLButtonElement;
    expect(key.disabled).to.equal(true);
    (await findByRole('checkbox', 'I want it although it expired')).click();
    await until(() => !key.disabled);
    key.click();
    await findByRole('heading', 'greenhouse 1.2.0 is in your library');
  });

  it('makes a root file: who is missing is said, and it is signed with the keys of the ring', async () => {
    const desk = new ReleaseDesk([await person('Ada'), await person('Bo')]);
    await open(desk, { page: 'make' });
    for (const name of ['Ada: signs root files', 'Bo: signs root files', 'Ada: signs releases'])
      (await findByRole('checkbox', name)).click();
    typeInto(await findByRole('textbox', 'What this publisher is called here'), 'Garden');
    const threshold = document.querySelector<HTMLSelectElement>('#threshold-root')!;
    await until(() => threshold.options.length === 2);
    threshold.value = '2';
    threshold.dispatchEvent(new Event('change'));
    await expectAccessible();
    await clickOn('button', 'Write the root file');
    await until(() => location.hash.startsWith('#/releases/draft/'));
    unmountAll();

    await open(desk, { page: 'draft', id: location.hash.split('/').at(-1)! });
    await findByRole('heading', 'Root file 1: 2 signatures missing');
    await clickOn('button', 'Sign with Ada');
    await findByRole('heading', 'Root file 1: 1 signature missing');
    expect([...document.querySelectorAll<HTMLElement>('.seat')].map(({ dataset }) => dataset.state).toSorted()).to.deep.equal([
      'open',
      'signed',
    ]);
    await expectAccessible();
    const last = await findByRole('button', 'Sign with Bo');
    last.focus();
    last.click();
    await findByRole('heading', 'Root file 1 is signed');
    await until(() => document.activeElement?.tagName === 'H1', 'the focus to return to the page');
    await clickOn('button', 'Use root file 1');
    await until(() => location.hash.startsWith('#/releases/root/'));
  });

  it('goes from a firmware to a set: publish, list, save', async () => {
    const ada = await person('Ada');
    const desk = new ReleaseDesk([ada]);
    desk.nowMs = Date.now();
    const role = { keys: [ada.key.fingerprint], threshold: 1 };
    const plan = { name: 'Garden', keys: [ada.key], roles: { root: role, release: role }, revoked: [], expiresAt: Date.now() + 9e9 };
    const { id } = await desk.releases.draftRoot(plan);
    await desk.releases.sign(id, ada.key.fingerprint);
    const root = await desk.releases.settle(id);
    const rootId = root.kind === 'root' ? root.rootId : '';
    const sha256 = await desk.keep(IMAGE.bytes);
    const services = servicesOf(desk);
    (services.library as FakeServices['library']).put(firmwareRecord({ sha256 }));
    const show = async (page: string, id: string) => {
      unmountAll();
      const view = document.createElement('ot-releases-view');
      view.services = services;
      view.route = { view: 'releases', page, id };
      mount(view, { in: 'main' });
    };
    const signed = async () => {
      await until(() => location.hash.startsWith('#/releases/draft/'));
      await show('draft', location.hash.split('/').at(-1)!);
      await clickOn('button', 'Sign with Ada');
    };

    await show('publish', sha256);
    await findByRole('heading', 'Publish greenhouse-node 1.2.0');
    expect((await findByRole('textbox', 'Number')) as HTMLInputElement).to.have.property('value', '1');
    typeInto(await findByRole('textbox', 'What is new'), 'Waters on Sundays.');
    await expectAccessible();
    await clickOn('button', 'Go on to the signatures');
    await signed();
    await clickOn('button', 'Keep it, and list it');
    await until(() => location.hash === `#/releases/index/${rootId}`);

    await show('index', rootId);
    await findByRole('heading', 'The next index of Garden');
    await until(() => document.querySelector<HTMLInputElement>('.choices-set input')?.checked);
    await expectAccessible();
    await clickOn('button', 'Write index 1');
    await signed();
    await clickOn('button', 'Use index 1');
    await until(() => location.hash === `#/releases/root/${rootId}`);

    await show('root', rootId);
    await findByRole('heading', 'Garden');
    expect(document.querySelectorAll('.key-go')).to.have.lengthOf(1);
    await expectAccessible();
    await clickOn('button', 'Save the set as .zip');
    await until(() => /\d files saved as Garden\.zip/.test(page()));

    await show('rotate', rootId);
    await findByRole('heading', 'The next root file of Garden');
    await expectAccessible();
    (await findByRole('checkbox', 'Ada: was stolen')).click();
    await until(() => (byRole('button', 'Write root file 2') as HTMLButtonElement).disabled, 'a root file needs a key');
  });

  it('says where a release is published that a root file is signed and waits, and uses it there', async () => {
    const ada = await person('Ada');
    const desk = new ReleaseDesk([ada]);
    desk.nowMs = Date.now();
    const role = { keys: [ada.key.fingerprint], threshold: 1 };
    const plan = { name: 'Garden', keys: [ada.key], roles: { root: role, release: role }, revoked: [], expiresAt: Date.now() + 9e9 };
    const sha256 = await desk.keep(IMAGE.bytes);
    const { id } = await desk.releases.draftRoot(plan);
    await open(desk, { page: 'publish', id: sha256 });
    await findByRole('heading', 'First say whose keys may release');
    unmountAll();

    await desk.releases.sign(id, ada.key.fingerprint);
    await open(desk, { page: 'publish', id: sha256 });
    await until(() => page().includes('Root file 1 of Garden is signed, and not used yet.'));
    expect(document.querySelectorAll('.key-go')).to.have.lengthOf(1);
    await expectAccessible();
    await clickOn('button', 'Use it now');
    await findByRole('button', 'Go on to the signatures');
    expect(page()).to.not.include('not used yet');
    unmountAll();

    const rootId = desk.releases.roots.value![0]!.id;
    const [next, other] = [await desk.releases.draftNextRoot(rootId, plan), await desk.releases.draftNextRoot(rootId, plan)];
    for (const draft of [next, other]) await desk.releases.sign(draft.id, ada.key.fingerprint);
    await open(desk, { page: 'publish', id: sha256 });
    await until(() => page().includes('Until you use it, releases are signed for the one before.'));
    expect(document.querySelectorAll('.key-go'), 'the form has the filled key').to.have.lengthOf(1);
    (document.querySelector('.warn button') as HTMLElement).click();
    await until(() => !page().includes('not used yet'), 'the other one is late, and nothing to use');
  });

  it('says in words what somebody else wants signed, and signs it', async () => {
    const [ada, bo] = [await person('Ada'), await person('Bo')];
    const [here, there] = [new ReleaseDesk([ada]), new ReleaseDesk([bo])];
    const both = { keys: [ada.key.fingerprint, bo.key.fingerprint], threshold: 2 };
    const plan = {
      name: 'Garden',
      keys: [ada.key, bo.key],
      roles: { root: both, release: both },
      revoked: [],
      expiresAt: Date.now() + 9e9,
    };
    const { blob, fileName } = await here.releases.exportDraft((await here.releases.draftRoot(plan)).id);
    const { bringDroppedSet } = await import('../../../src/ui/views/releases/bring-set.ts');
    await open(there, { page: 'sign' });
    location.hash = '#/releases/sign';
    await bringDroppedSet({ files: [new File([blob], fileName)], folders: [] });
    await findByRole('heading', 'Root file 1: to be signed');
    expect(page()).to.include('Whose keys may release, and how many have to agree');
    await expectAccessible();
    await clickOn('button', 'Sign with Bo');
    await findByRole('heading', 'Root file 1: signed by you');
    expect(byRole('button', 'Save what is signed')).to.not.equal(undefined);
  });

  it('shows names and notes of strangers as text, whatever they are made of', async () => {
    const host = await ReleaseHost.open();
    host.root = { ...host.root, keys: host.root.keys.map((key, index) => ({ ...key, name: `${EVIL}${index}` })) };
    await host.publishRoot();
    const release = await host.publishRelease(
      await releaseOf(IMAGE.bytes, { product: EVIL, version: '<script>1', notes: EVIL, hardware: [EVIL] }),
    );
    await host.publishIndex([release]);
    const desk = new ReleaseDesk();
    await trustIt(host, desk);
    await clickOn('button', /^Take </);
    await until(() => document.querySelectorAll('.plate[data-state=passed]').length === 5);
    unmountAll();

    const papers = document.createElement('ot-firmware-papers');
    papers.services = servicesOf(desk);
    papers.record = firmwareRecord({ sha256: release.release.sha256 });
    mount(papers, { in: 'main' });
    await until(() => page().includes('onerror'));
    expect(page()).to.include(`Signed by ${EVIL}`);
    expect(document.querySelector('main img, main script')).to.equal(null);
    expect((window as { hacked?: unknown }).hacked).to.equal(undefined);
    unmountAll();

    await open(desk);
    await until(() => page().includes('Releases here'));
    expect(document.querySelector('main img, main script')).to.equal(null);
    expect(allByRole('heading').map((heading) => heading.textContent)).to.not.include('');
  });
});
