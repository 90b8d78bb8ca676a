import { expect } from 'chai';
import { factsOf } from '../../../src/core/trust/log-acts.ts';
import { appendTo } from '../../../src/core/trust/log-chain.ts';
import type { LogRecord } from '../../../src/core/trust/log-entry.ts';
import { loadLogStyles } from '../../../src/ui/styles/log-styles.ts';
import { LogView } from '../../../src/ui/views/log-view.ts';
import { chainOf } from '../../core/trust/log-fixtures.ts';
import { allByRole, byRole, clickOn, expectAccessible, findByRole, mount, typeInto, unmountAll, until } from '../../doubles/mount.ts';
import { HeldKeys } from '../../doubles/held-keys.ts';
import { FakeError, FakeServices, withTrust } from '../../doubles/services.ts';
import { makeKey } from '../../core/trust/keys-for-tests.ts';

function withChain(length: number): FakeServices {
  const services = new FakeServices();
  for (const record of chainOf(length)) services.log.store.put(record);
  return services;
}

async function open(services: FakeServices): Promise<LogView> {
  const view = new LogView();
  view.services = services;
  mount(view, { in: 'main' });
  await view.updateComplete;
  return view;
}

const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('.log-row')];
const listing = (): Promise<HTMLElement> => until(() => document.querySelector<HTMLElement>('.log-view'), 'the listing');
const words = (): string => document.body.textContent.replace(/\s+/g, ' ');
const says = (text: string | RegExp): Promise<boolean> =>
  until(() => (typeof text === 'string' ? words().includes(text) : text.test(words())), String(text));
/** Browsers tell of a scroll with the next frame, and a page that nobody looks at has none. */
const scrollTo = (view: HTMLElement, top: number): void => {
  view.scrollTop = top;
  view.dispatchEvent(new Event('scroll'));
};
const press = (key: string): void => {
  document.querySelector('.log-view')!.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
};

describe('the page of the log', () => {
  before(loadLogStyles);
  afterEach(unmountAll);

  it('teaches what it is for while it is empty', async () => {
    await open(new FakeServices());
    await says('Whatever matters here is written down');
    expect(byRole('button', 'Verify the chain')).to.equal(undefined);
    expect(byRole('link', 'Go to the devices')).to.not.equal(undefined);
    await expectAccessible();
  });

  it('says why it could not be opened, and opens when it can', async () => {
    const services = withChain(3);
    services.log.nextError = new FakeError('STORE_UNAVAILABLE');
    await open(services);
    await says('STORE_UNAVAILABLE');
    services.log.nextError = undefined;
    await clickOn('button', 'Try again');
    await says('3 entries, kept in this browser only');
  });

  it('lists what happened in words, newest first, with one heading and no flaw that axe finds', async () => {
    await open(withChain(12));
    await says('Gewächshaus “1”.bin was shared by another app');
    expect(byRole('heading', 'Log')?.tagName).to.equal('H1');
    expect(rows()).to.have.length(12);
    expect(rows()[0]!.textContent).to.match(/12[\s\S]*was shared by another app/);
    expect(rows()[11]!.textContent).to.contain('Signed in to esp32-ota');
    expect(document.querySelectorAll('.key-go')).to.have.length(1);
    await expectAccessible();
  });

  it('has only the rows in sight in the page, whatever the length of the log', async () => {
    const services = withChain(3000);
    await open(services);
    await says('3 000 entries');
    await until(() => rows()[0]?.textContent.includes('3000'), 'the first row');
    expect(rows().length).to.be.below(60);
    expect(services.log.store.reads).to.be.below(4);
    const view = await listing();
    scrollTo(view, view.scrollHeight);
    await until(() => rows().at(-1)?.getAttribute('aria-posinset') === '3000', 'the last row');
    await until(() => rows().at(-1)?.textContent.includes('Signed in to esp32-ota'), 'the first entry');
  });

  it('follows what is written meanwhile, and keeps the place of who reads further down', async () => {
    const services = withChain(300);
    await open(services);
    const view = await listing();
    services.log.audit.write('device-removed', { id: 'd', name: 'pump' });
    await until(() => rows()[0]?.textContent.includes('pump was removed'), 'the new row');
    scrollTo(view, 2800);
    await until(() => !words().includes('pump was removed'), 'the rows below');
    const middle = document.elementFromPoint(view.getBoundingClientRect().x + 100, view.getBoundingClientRect().y + 100);
    const before = middle?.closest('.log-row')?.id;
    services.log.audit.write('device-removed', { id: 'd', name: 'pump' });
    await says('302 entries');
    await until(() => view.scrollTop > 2800, 'the place to be kept');
    const after = document.elementFromPoint(view.getBoundingClientRect().x + 100, view.getBoundingClientRect().y + 100);
    expect(after?.closest('.log-row')?.id).to.equal(before);
  });

  describe('looks for', () => {
    it('words in what is told and in every fact', async () => {
      await open(withChain(900));
      typeInto(await findSearch(), 'Gewachshaus');
      await says('300 entries found');
      typeInto(await findSearch(), '4f1c4f1c ota_1');
      await says('300 entries found');
      await until(() => rows()[0]?.textContent.includes('esp32-ota runs greenhouse-node 1.1.0'), 'what was found');
      typeInto(await findSearch(), 'nothing like it');
      await says('No entry has that in it.');
      await clickOn('button', 'Show all');
      await until(() => rows()[0]?.textContent.includes('900'), 'all of them');
      await expectAccessible();
    });

    it('a kind of act, and days', async () => {
      await open(withChain(3000));
      const kind = await until(() => document.querySelector<HTMLSelectElement>('.log-search select'), 'the choice');
      kind.value = 'sign-in';
      kind.dispatchEvent(new Event('change', { bubbles: true }));
      await says('1 000 entries found');
      const [from, to] = document.querySelectorAll<HTMLInputElement>('input[type=date]');
      for (const [field, day] of [
        [from!, '2025-11-21'],
        [to!, '2025-11-21'],
      ] as const) {
        field.value = day;
        field.dispatchEvent(new Event('change', { bubbles: true }));
      }
      // A day has 1416 entries of the fixture, every third of them a sign-in.
      await says(/47[123] entries found/);
    });

    it('what comes while it looks', async () => {
      const services = withChain(30);
      await open(services);
      typeInto(await findSearch(), 'pump');
      await says('No entry has that in it.');
      services.log.audit.write('device-removed', { id: 'd', name: 'pump' });
      await says('1 entry found');
    });
  });

  describe('shows one entry whole', () => {
    it('that was pointed at, and closes it', async () => {
      await open(withChain(12));
      await until(() => rows().length === 12, 'the rows');
      rows()[1]!.click();
      const card = await findByRole('region', 'Entry 11');
      for (const fact of ['esp32-ota runs greenhouse-node 1.1.0', 'From version', '1.0.0', 'Otter 0.4.0'])
        expect(card.textContent).to.contain(fact);
      await expectAccessible();
      await clickOn('button', 'Close');
      await until(() => !byRole('region', 'Entry 11'), 'the card to close');
      expect(document.activeElement?.className).to.equal('log-view');
    });

    it('that the arrow keys came to', async () => {
      await open(withChain(2000));
      const view = await listing();
      await until(() => rows()[0]?.textContent.includes('2000'), 'the rows');
      for (const [key, seq] of [
        ['ArrowDown', 2000],
        ['ArrowDown', 1999],
        ['End', 1],
        ['ArrowUp', 2],
        ['Home', 2000],
      ] as const) {
        press(key);
        await findByRole('region', `Entry ${seq}`);
        await until(() => view.getAttribute('aria-activedescendant') === `entry-${seq}`, `entry ${seq} in the list`);
        expect(document.getElementById(`entry-${seq}`)?.getAttribute('aria-selected')).to.equal('true');
      }
    });

    it('as text: what a name holds never becomes markup', async () => {
      const services = withChain(2);
      const name = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
      services.log.audit.write('device-added', { id: 'javascript:alert(1)', name, kind: 'network' });
      await open(services);
      await until(() => rows()[0]?.textContent.includes('<img src=x'), 'the text');
      rows()[0]!.click();
      await findByRole('region', 'Entry 3');
      expect(document.querySelector('main img, main script')).to.equal(null);
      expect((window as { hacked?: number }).hacked).to.equal(undefined);
      for (const link of allByRole('link')) expect(link.getAttribute('href')).to.match(/^(#|verify-log)/);
    });

    it('that is missing or cannot be read, without losing the others', async () => {
      const services = withChain(12);
      services.log.store.stored.delete(11);
      services.log.store.stored.set(10, { seq: 10, act: 5 });
      await open(services);
      await until(() => rows().length === 12, 'the rows');
      await says('Entry 11 is missing');
      await says('Entry 10 cannot be read');
      rows()[1]!.click();
      await findByRole('region', 'Entry 11 is missing');
    });
  });

  describe('proves the chain', () => {
    it('whole', async () => {
      await open(withChain(900));
      await clickOn('button', 'Verify the chain');
      await says('The chain is whole');
      await says('1 entry came since');
      expect(document.querySelector('.chain svg')?.getAttribute('aria-label')).to.contain('900 entries, all of it proven');
      await expectAccessible();
    });

    it('broken, and names the first broken link', async () => {
      const services = withChain(900);
      const record = services.log.store.stored.get(500) as LogRecord;
      services.log.store.stored.set(500, { ...record, facts: { device: 'another' } });
      await open(services);
      await clickOn('button', 'Verify the chain');
      await says('Entry 500 was changed');
      await says('Up to entry 499 the chain is whole.');
      expect(document.querySelector('.chain svg')?.getAttribute('aria-label')).to.contain('broken at entry 500');
      await expectAccessible();
    });

    it('on a page of its own too', async () => {
      await open(withChain(3));
      const link = (await findByRole('link', 'Verify an exported file')) as HTMLAnchorElement;
      expect(link.getAttribute('href')).to.equal('verify-log.html');
      expect(byRole('link', 'Save the verifier')?.getAttribute('download')).to.equal('verify-log.html');
    });
  });

  it('is exported, and says that it was', async () => {
    const services = withChain(30);
    await open(services);
    const saved: string[] = [];
    const original = HTMLAnchorElement.prototype.click;
    HTMLAnchorElement.prototype.click = function (this: HTMLAnchorElement) {
      saved.push(this.download);
    };
    try {
      await clickOn('button', 'Export CSV');
      await until(() => saved.length === 1, 'the table');
      await clickOn('button', 'Export JSON Lines');
      await until(() => saved.length === 2, 'the lines');
    } finally {
      HTMLAnchorElement.prototype.click = original;
    }
    expect(saved.map((name) => name.split('.').at(-1))).to.deep.equal(['csv', 'jsonl']);
    await says('30 entries were exported as csv');
  });

  it('offers to sign its head only where there is a key', async () => {
    const services = withChain(5);
    await open(services);
    await findByRole('button', 'Verify the chain');
    expect(byRole('button', 'Sign the head')).to.equal(undefined);
    unmountAll();
    const keys = new HeldKeys();
    await keys.add('mine', await makeKey('P-256'));
    await open(withTrust(services, keys));
    await findByRole('button', 'Sign the head');
    const original = HTMLAnchorElement.prototype.click;
    HTMLAnchorElement.prototype.click = () => undefined;
    await clickOn('button', 'Sign the head');
    await says('mine signed the log up to entry 5');
    HTMLAnchorElement.prototype.click = original;
    await expectAccessible();
  });

  it('says what is not in it, and writes it when it can', async () => {
    const services = withChain(3);
    await open(services);
    await says('3 entries');
    services.log.store.isFull = true;
    services.log.audit.write('device-removed', { id: 'd', name: 'pump' });
    await says('1 act is not in the log.');
    await expectAccessible();
    services.log.store.isFull = false;
    await clickOn('button', 'Write them now');
    await until(() => !words().includes('not in the log'), 'the strip to go');
    await says('pump was removed');
  });

  it('tells an act of a newer Otter by its name', async () => {
    const services = withChain(2);
    const record = appendTo(services.log.store.end, {
      at: chainOf(1)[0]!.at,
      act: 'moon-landed',
      facts: factsOf('signed-out', { id: 'd', name: 'm' }),
      by: 'page',
    });
    services.log.store.put(record);
    await open(services);
    await says('moon-landed');
  });
});

const findSearch = (): Promise<HTMLInputElement> => until(() => document.querySelector<HTMLInputElement>('#log-text'), 'the search');
