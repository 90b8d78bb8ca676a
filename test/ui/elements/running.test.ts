import { expect } from 'chai';
import { html } from 'lit';
import { UPDATE_STAGES } from '../../../src/app/model.ts';
import type { ReinstallEvent, RollbackEvent } from '../../../src/ui/elements/history-events.ts';
import '../../../src/ui/elements/history.ts';
import '../../../src/ui/elements/leap.ts';
import { SHOWN_LINES, type LogElement } from '../../../src/ui/elements/log.ts';
import '../../../src/ui/elements/sectors.ts';
import '../../../src/ui/elements/spark.ts';
import '../../../src/ui/elements/speed.ts';
import { stageShare } from '../../../src/ui/elements/track.ts';
import { heapValues, HISTORY, IMAGE_SIZE, LOG_LINES, SHA_NEW, SLOT_SIZE, speedSamples, stagesAt } from './fixtures.ts';
import { expectAccessible, find, mount, settle, text } from './support.ts';

describe('<ot-track>', () => {
  for (const stage of UPDATE_STAGES) {
    for (const status of ['active', 'failed', 'done'] as const) {
      it(`says where the update is: ${stage} ${status}`, async () => {
        const root = await mount(html`<ot-track .stages=${stagesAt(stage, 0.5, status)} .notes=${{ [stage]: 'a note' }}></ot-track>`);
        const item = [...root.querySelectorAll('.track > li')][UPDATE_STAGES.indexOf(stage)]!;
        expect(text(item)).to.contain({ active: 'under way', failed: 'failed', done: 'done' }[status]).and.to.contain('a note');
        expect(root.querySelectorAll('[aria-current=step]')).to.have.length(status === 'active' ? 1 : 0);
        await expectAccessible(root);
      });
    }
  }

  it('puts the drop at bytes ÷ total of its stage', async () => {
    const root = await mount(html`<ot-track .stages=${stagesAt('write', 0)}></ot-track>`, 1080);
    // Without the travel time: where the drop stands is what counts here.
    root.style.setProperty('--ot-motion-flow', '0s');
    const element = find<HTMLElementTagNameMap['ot-track']>(root, 'ot-track');
    element.stages = stagesAt('write', 0.57);
    await settle(root);
    const bed = find(root, '[data-state=now] .canal-bed').getBoundingClientRect();
    const drop = find(root, '.drop-at').getBoundingClientRect();
    expect((drop.left - bed.left) / bed.width).to.be.closeTo(0.57, 0.01);
  });

  it('draws no percentage and no drop where nothing was reported', async () => {
    const root = await mount(
      html`<ot-track .stages=${stagesAt('check', 0).map((stage) => ({ ...stage, status: 'waiting' as const }))}></ot-track>`,
    );
    expect(text(root)).to.not.contain('%');
    expect(root.querySelector('.drop-carrier')).to.equal(null);
  });

  it('does not believe impossible reports', () => {
    expect(stageShare({ stage: 'write', status: 'active', done: 500, total: 100 })).to.equal(1);
    expect(stageShare({ stage: 'write', status: 'active', done: -5, total: 100 })).to.equal(0);
    expect(stageShare({ stage: 'restart', status: 'active', done: 0, total: 0 })).to.equal(0);
  });
});

describe('<ot-sectors>', () => {
  const sectors = (slotSize: number, imageSize: number, written: number) =>
    html`<ot-sectors
      slotLabel="ota_1"
      .slotOffset=${0x150000}
      .slotSize=${slotSize}
      .imageSize=${imageSize}
      .writtenBytes=${written}
      .activeBytes=${12_288}
    ></ot-sectors>`;

  it('counts its cells in words', async () => {
    const root = await mount(sectors(SLOT_SIZE, IMAGE_SIZE, 532_480));
    expect(find<Element>(root, '.sectors').getAttribute('aria-label')).to.equal(
      'ota_1 in 320 sectors of 4 KB: 130 written, 3 under way, 95 to come, 92 stay empty',
    );
    expect(text(find(root, '.tray-count'))).to.equal('130 of 228 sectors');
    await expectAccessible(root);
  });

  it('promises nothing once the update ended', async () => {
    const root = await mount(
      html`<ot-sectors slotLabel="ota_1" .slotSize=${0x140000} .imageSize=${933_872} .writtenBytes=${532_480} ended></ot-sectors>`,
    );
    expect(find(root, '.sectors').getAttribute('aria-label')).to.include('130 written').and.include('98 not written');
    expect(text(find(root, '.legend')))
      .to.include('not written')
      .and.not.include('will be')
      .and.not.include('under way');
    expect(root.querySelector('[data-as=plan], [data-as=write]')).to.equal(null);
    await expectAccessible(root);
  });

  it('takes 1024 sectors at 20 reports a second without a long task', async () => {
    const root = await mount(sectors(4 * 1024 * 1024, 4 * 1024 * 1024 - 4096, 0));
    const element = find(root, 'ot-sectors') as HTMLElementTagNameMap['ot-sectors'];
    const tasks: number[] = [];
    for (let report = 1; report <= 40; report++) {
      const start = performance.now();
      element.writtenBytes = report * 102_400;
      await element.updateComplete;
      element.getBoundingClientRect();
      tasks.push(performance.now() - start);
    }
    tasks.sort((a, b) => a - b);
    expect(tasks.at(-2), `all: ${tasks.map((ms) => ms.toFixed(1)).join(' ')}`).to.be.lessThan(50);
    expect(root.querySelectorAll('.sec')).to.have.length(4);
  });
});

describe('traces', () => {
  it('<ot-spark> is an image with a label and decoration without', async () => {
    const root = await mount(
      html`<ot-spark .values=${heapValues()} .threshold=${160_000} label="Free heap over ten minutes"></ot-spark
        ><ot-spark .values=${[1]}></ot-spark>`,
    );
    expect([...root.querySelectorAll('.spark')].map((spark) => spark.getAttribute('role'))).to.deep.equal(['img', null]);
    await expectAccessible(root);
  });

  it('<ot-speed> reads now and on average', async () => {
    const root = await mount(
      html`<ot-speed live .samples=${speedSamples()} .more=${[{ label: 'this stage', value: '5', unit: 's left' }]}></ot-speed>`,
    );
    expect(text(find(root, '.readings'))).to.match(/now 7\d\.\d KB\/s average 6\d\.\d KB\/s this stage 5 s left/);
    await expectAccessible(root);
  });

  it('<ot-speed> has no present speed once the bytes are there', async () => {
    const root = await mount(html`<ot-speed .samples=${speedSamples()} .average=${51_200}></ot-speed>`);
    expect(text(find(root, '.readings'))).to.equal('now – KB/s average 50.0 KB/s');
  });

  it('<ot-speed> claims nothing before the first sample', async () => {
    const root = await mount(html`<ot-speed></ot-speed>`);
    expect(text(find(root, '.readings'))).to.equal('now – KB/s average – KB/s');
    await expectAccessible(root);
  });
});

describe('<ot-leap>', () => {
  for (const outcome of ['confirmed', 'unconfirmed', 'rolled-back', 'failed'] as const) {
    it(`says what became of it: ${outcome}`, async () => {
      const root = await mount(html`<ot-leap from="1.0.0" to="1.1.0" .outcome=${outcome}></ot-leap>`);
      expect(find(root, '.leap').getAttribute('aria-label')).to.match(/^from 1\.0\.0 to 1\.1\.0, /);
      await expectAccessible(root);
    });
  }
});

describe('<ot-log>', () => {
  it('is a log that can be read, focused and copied', async () => {
    const root = await mount(html`<section class="sheet"><ot-log .lines=${LOG_LINES} live></ot-log></section>`);
    const log = find(root, '[role=log]');
    expect([log.tabIndex, log.getAttribute('aria-live')]).to.deep.equal([0, 'off']);
    await expectAccessible(root);
  });

  it('copies every line, also those that it does not show', async () => {
    const lines = Array.from({ length: SHOWN_LINES + 50 }, (_, i) => ({ atMs: i, who: 'device', text: `line ${i}` }));
    const root = await mount(html`<ot-log .lines=${lines}></ot-log>`);
    expect(root.querySelectorAll('.log li')).to.have.length(SHOWN_LINES);
    expect(text(root)).to.contain('50 earlier lines are in the copy');
    const copied: string[] = [];
    const original = Object.getOwnPropertyDescriptor(Navigator.prototype, 'clipboard')!;
    Object.defineProperty(navigator, 'clipboard', {
      configurable: true,
      value: { writeText: async (words: string) => void copied.push(words) },
    });
    try {
      find<HTMLButtonElement>(root, 'button').click();
      await settle(root);
      expect(copied[0]?.split('\n')).to.have.length(SHOWN_LINES + 50);
      expect(copied[0]).to.contain('0.000\tdevice\tline 0');
      expect(text(find(root, 'button'))).to.equal('Copied');
    } finally {
      Reflect.deleteProperty(navigator, 'clipboard');
      expect(Object.getOwnPropertyDescriptor(Navigator.prototype, 'clipboard')).to.deep.equal(original);
    }
  });

  it('follows the end, and leaves a reader alone who scrolled up', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => ({ text: `line ${i}` }));
    const root = await mount(html`<ot-log .lines=${many(100)}></ot-log>`);
    const element = find<LogElement>(root, 'ot-log');
    const log = find(root, '.log');
    const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 2;
    expect(atEnd()).to.equal(true);
    element.lines = many(120);
    await settle(root);
    expect(atEnd()).to.equal(true);
    log.scrollTop = 0;
    element.lines = many(140);
    await settle(root);
    expect(log.scrollTop).to.equal(0);
  });

  it('says that nothing was said', async () => {
    const root = await mount(html`<ot-log></ot-log>`);
    expect(text(root)).to.contain('Nothing was said yet');
    await expectAccessible(root);
  });
});

describe('<ot-history>', () => {
  it('tells the story in words, in order', async () => {
    const root = await mount(html`<ot-history .entries=${HISTORY} rollbackSlot="ota_0"></ot-history>`);
    const titles = [...root.querySelectorAll('.knot-title')].map(text);
    expect(titles[0]).to.equal('1.1.0 greenhouse-node runs in ota_1');
    expect(titles[3]).to.equal('1.0.1 greenhouse-node went back by itself');
    await expectAccessible(root);
  });

  it('asks to install again what is still in the library', async () => {
    const root = await mount(html`<ot-history .entries=${HISTORY.slice(2)} .inLibrary=${new Set([SHA_NEW])}></ot-history>`);
    const keys = [...root.querySelectorAll('button')];
    expect(keys.map(text)).to.deep.equal(['Install 1.1.0 again']);
    const asked: string[] = [];
    root.addEventListener('ot-reinstall', (event: ReinstallEvent) => asked.push(event.sha256));
    keys[0]!.click();
    expect(asked).to.deep.equal([SHA_NEW]);
  });

  it('offers the way back once, from the slot that holds it', async () => {
    const root = await mount(html`<ot-history .entries=${HISTORY} rollbackSlot="ota_0"></ot-history>`);
    const back = [...root.querySelectorAll('button')].filter((key) => text(key).startsWith('Roll back'));
    expect(back.map(text)).to.deep.equal(['Roll back to 1.0.0']);
    const asked: string[] = [];
    root.addEventListener('ot-rollback', (event: RollbackEvent) => asked.push(event.slot));
    back[0]!.click();
    expect(asked).to.deep.equal(['ota_0']);
  });

  it('tells a rollback by hand from a switch to the newer one', async () => {
    const [first] = HISTORY;
    const act = (fromVersion: string, toVersion: string) => ({ ...first!, act: 'rollback' as const, fromVersion, toVersion });
    const root = await mount(html`<ot-history .entries=${[act('1.0.0', '1.1.0'), act('1.1.0', '1.0.0')]}></ot-history>`);
    const details = [...root.querySelectorAll('.knot-words .quiet')].map(text);
    expect(details[0]).to.contain('switched by hand, from 1.0.0');
    expect(details[1]).to.contain('rolled back by hand, from 1.1.0');
  });

  it('tells what was done by cable: a stop half-way, an erase, another boot choice', async () => {
    const { toVersion: _toVersion, project: _project, ...bare } = HISTORY[0]!;
    const entries = [
      { ...HISTORY[0]!, id: 'a', act: 'flash' as const, outcome: 'stopped' as const },
      { ...bare, id: 'b', act: 'erase' as const, outcome: 'done' as const },
      { ...bare, id: 'c', act: 'erase' as const, outcome: 'stopped' as const },
      { ...bare, id: 'd', act: 'rollback' as const, outcome: 'done' as const },
    ];
    const root = await mount(html`<ot-history .entries=${entries}></ot-history>`);
    expect([...root.querySelectorAll('.knot-title')].map(text)).to.deep.equal([
      '1.1.0 greenhouse-node was stopped half-way',
      'Flash erased',
      'An erase broke off',
      'Boot choice changed by cable, at ota_1',
    ]);
    expect(text(root.querySelector('.knot-words .quiet')!)).to.contain('by cable');
  });

  it('says over the cable what was done, and an outcome in words, never by its code', async () => {
    const { toVersion: _toVersion, project: _project, ...bare } = HISTORY[0]!;
    const { slot: _slot, ...noSlot } = HISTORY[0]!;
    const { slot: _of, ...bareNoSlot } = bare;
    const entries = [
      { ...bare, id: 'a', act: 'erase' as const, outcome: 'done' as const, region: 'nvs' },
      { ...HISTORY[0]!, id: 'b', act: 'flash' as const, outcome: 'unconfirmed' as const, code: 'DOES_NOT_START' },
      { ...HISTORY[0]!, id: 'c', act: 'flash' as const, outcome: 'done' as const },
      {
        ...HISTORY[0]!,
        id: 'd',
        act: 'rollback' as const,
        outcome: 'unconfirmed' as const,
        slotChange: 'chosen' as const,
        code: 'APP_CRASHES',
      },
      { ...HISTORY[0]!, id: 'e', act: 'rollback' as const, outcome: 'confirmed' as const, slotChange: 'invalidated' as const },
      { ...HISTORY[0]!, id: 'f', act: 'restore' as const, outcome: 'confirmed' as const },
      { ...HISTORY[0]!, id: 'g', act: 'flash' as const, outcome: 'failed' as const, code: 'VERIFY_FAILED' },
      { ...noSlot, id: 'h', act: 'flash' as const, outcome: 'done' as const, region: '0x010000 – 0x05a000' },
      { ...noSlot, id: 'i', act: 'flash' as const, outcome: 'done' as const },
      { ...bareNoSlot, id: 'j', act: 'flash' as const, outcome: 'done' as const, region: 'spiffs', toVersion: '1.1.0' },
      { ...bareNoSlot, id: 'k', act: 'flash' as const, outcome: 'stopped' as const },
    ];
    const root = await mount(html`<ot-history .entries=${entries}></ot-history>`);
    expect([...root.querySelectorAll('.knot-title')].map(text)).to.deep.equal([
      'nvs was erased',
      '1.1.0 greenhouse-node was written to ota_1',
      '1.1.0 greenhouse-node was written to ota_1',
      'ota_1 was chosen to start, 1.1.0',
      'ota_1 was marked invalid',
      'A saved flash was put back, 1.1.0',
      '1.1.0 greenhouse-node was not written to the end, in ota_1',
      '1.1.0 greenhouse-node was written to 0x010000 – 0x05a000',
      '1.1.0 greenhouse-node was written',
      'Data was written to spiffs',
      'Data was stopped half-way',
    ]);
    const details = [...root.querySelectorAll('.knot-words .quiet')].map(text);
    expect(details[1]).to.contain('it does not start');
    expect(details[3]).to.contain('by cable').and.contain('it starts, and crashes');
    expect(details[6]).to.contain('the flash does not hold what was written');
    expect(text(root)).to.not.match(/[A-Z]{3,}_[A-Z]/);
  });

  it('claims nothing of a change of slot whose end nobody saw', async () => {
    const { slot: _slot, toVersion: _toVersion, ...rest } = HISTORY[0]!;
    const lost = { ...rest, id: 'lost', act: 'rollback' as const, outcome: 'unconfirmed' as const, code: 'DID_NOT_RETURN' };
    const root = await mount(html`<ot-history .entries=${[lost, ...HISTORY]}></ot-history>`);
    const titles = [...root.querySelectorAll('.knot-title')].map(text);
    expect(titles[0]).to.equal('The other slot was asked for; what became of it was not seen');
    expect(titles[1]).to.equal('1.1.0 greenhouse-node runs in ota_1');
  });

  it('has no keys while the device is written', async () => {
    const root = await mount(html`<ot-history .entries=${HISTORY} rollbackSlot="ota_0" busy></ot-history>`);
    expect(root.querySelector('button')).to.equal(null);
  });

  it('fits a phone', async () => {
    const root = await mount(html`<ot-history .entries=${HISTORY}></ot-history>`, 288);
    expect(root.scrollWidth).to.be.at.most(288);
  });

  it('says that nothing happened yet', async () =>
    expect(text(await mount(html`<ot-history></ot-history>`))).to.contain('Nothing happened'));
});
