import { expect } from 'chai';
import { html } from 'lit';
import type { FirmwareKind } from '../../../src/core/image/model.ts';
import '../../../src/ui/elements/board.ts';
import '../../../src/ui/elements/flash.ts';
import { hash, icon, ICON_NAMES, lamp, versionTag, type LampState } from '../../../src/ui/elements/icons.ts';
import { otterArt } from '../../../src/ui/elements/otter-art.ts';
import { otterMark } from '../../../src/ui/elements/otter.ts';
import '../../../src/ui/elements/slots.ts';
import '../../../src/ui/elements/xray.ts';
import { CONTENTS, EMPTY_B, IMAGE_SIZE, PARTITIONS, PLAN, reportOf, SHA_NEW, SLOT_A, SLOT_B, SLOT_SIZE, appImage } from './fixtures.ts';
import { expectAccessible, find, mount, text } from './support.ts';

const label = (root: ParentNode, selector: string) => find<Element>(root, selector).getAttribute('aria-label') ?? '';
const LAMPS: readonly LampState[] = ['on', 'busy', 'off', 'stopped', 'unconfirmed'];

describe('small parts', () => {
  it('say everything in words and pass axe', async () => {
    const root = await mount(
      html`<p>
          ${LAMPS.map((state) => lamp(state, `is ${state}`))} ${versionTag('1.0.0', 'run')} ${versionTag('1.1.0', 'new')} ${versionTag('1')}
        </p>
        <div>${hash(SHA_NEW)} ${hash('a1b2')}</div>
        <p>${ICON_NAMES.map((name) => icon(name))}${otterMark()}</p>
        ${otterArt()}`,
    );
    for (const state of LAMPS) expect(text(find(root, `[data-lamp=${state}]`))).to.equal(`is ${state}`);
    await expectAccessible(root);
  });

  it('every lamp has a shape of its own', async () => {
    const root = await mount(html`${LAMPS.map((state) => lamp(state, ''))}`);
    const shapes = [...root.querySelectorAll('.lamp-bulb')].map((bulb) => [...bulb.children].map((part) => part.outerHTML).join(''));
    expect(new Set(shapes).size).to.equal(LAMPS.length);
  });

  it('a hash shows eight and eight, and copies without spaces', async () => {
    const root = await mount(html`${hash(SHA_NEW)}`);
    expect(text(find(root, 'summary code'))).to.equal('4f1c9ab2…51c8e07d');
    expect(find(root, '.hash-full').textContent?.replace(/\s/g, '')).to.equal(SHA_NEW);
    expect(find(root, '.hash-full').textContent).to.not.match(/[0-9a-f] [0-9a-f]/);
  });

  it('a hostile name stays text', async () => {
    const root = await mount(html`${versionTag('<img src=x onerror=alert(1)>')}`);
    expect(root.querySelector('img')).to.equal(null);
  });
});

describe('<ot-board>', () => {
  for (const door of ['usb', 'network', 'virtual'] as const) {
    it(`says how it is reached and what its lamp does: ${door}`, async () => {
      const root = await mount(
        html`${LAMPS.map((state) => html`<ot-board .door=${door} .lamp=${state} .balloons=${[{ n: 1, at: 'mac' }]}></ot-board>`)}<ot-board
            .door=${door}
            compact
          ></ot-board>`,
      );
      const labels = [...root.querySelectorAll('.board')].map((board) => board.getAttribute('aria-label'));
      expect(new Set(labels).size).to.equal(LAMPS.length);
      expect(labels[3]).to.match(/stopped/);
      await expectAccessible(root);
    });
  }

  it('is silent where the words beside it say the same', async () => {
    const root = await mount(html`<ot-board .label=${''}></ot-board>`);
    expect(find<Element>(root, '.board').getAttribute('aria-hidden')).to.equal('true');
  });

  it('keeps long names on the shield', async () => {
    const root = await mount(html`<ot-board .chipLabel=${'ESP32-D0WD-V3'} .moduleLabel=${'MODULE WITH A LONG NAME'}></ot-board>`);
    const shield = find<SVGGraphicsElement>(root, '.shield').getBBox();
    for (const words of root.querySelectorAll<SVGGraphicsElement>('.silk[x="111"]'))
      expect(words.getBBox().width).to.be.at.most(shield.width);
  });
});

describe('<ot-slots>', () => {
  const two = [SLOT_A, SLOT_B];

  it('draws blocks to scale and tells the numbers', async () => {
    const root = await mount(html`<ot-slots .slots=${two} running="ota_0" nextBoot="ota_0"></ot-slots>`, 500);
    const [bed] = root.querySelectorAll<SVGSVGElement>('.tray-bed');
    const block = find<SVGRectElement>(bed!, '.cell[data-as=run]');
    expect(block.getBBox().width / bed!.getBoundingClientRect().width).to.be.closeTo(926_208 / SLOT_SIZE, 0.01);
    expect(label(root, '.tray-bed')).to.equal('Slot A, ota_0: greenhouse-node 1.0.0, 904.5 KB of 1280 KB, running, confirmed');
    expect(label(root, '.switch')).to.equal('otadata points to slot A');
    await expectAccessible(root);
  });

  it('with a plan shows tape, hatch and where the switch will stand', async () => {
    const root = await mount(html`<ot-slots .slots=${two} running="ota_0" nextBoot="ota_0" .plan=${PLAN}></ot-slots>`);
    expect(text(find(root, '.tape'))).to.equal('0.9.3 will be overwritten');
    expect(getComputedStyle(find(root, '.cell[data-as=write]')).fill).to.contain('#ot-hatch');
    expect(document.querySelectorAll('#ot-hatch')).to.have.length(1);
    expect(label(root, '.switch')).to.equal('otadata points to slot A; after the update it will point to slot B');
    expect(root.querySelector('.switch-ghost')).to.not.equal(null);
    expect([...root.querySelectorAll('.tray-bed')][1]?.getAttribute('aria-label')).to.contain('368.0 KB stay free');
    await expectAccessible(root);
  });

  it('says of an empty slot that it is empty', async () => {
    const root = await mount(html`<ot-slots .slots=${[SLOT_A, EMPTY_B]} running="ota_0" nextBoot="ota_0"></ot-slots>`);
    expect(text(root)).to.contain('Empty');
    expect([...root.querySelectorAll('.tray-bed')][1]?.getAttribute('aria-label')).to.equal('Slot B, ota_1: empty, 1280 KB free');
    await expectAccessible(root);
  });

  it('says of half a write what it is, and does not call its room free', async () => {
    const half = { ...EMPTY_B, state: 'INVALID' as const, unfinished: true };
    const root = await mount(html`<ot-slots .slots=${[SLOT_A, half]} running="ota_0" nextBoot="ota_0"></ot-slots>`);
    expect(text(root)).to.contain('Holds an unfinished write').and.contain('cannot start').and.not.contain('Empty');
    const label = [...root.querySelectorAll('.tray-bed')][1]?.getAttribute('aria-label');
    expect(label).to.equal('Slot B, ota_1: holds an unfinished write, not whole, of 1280 KB');
    await expectAccessible(root);
  });

  it('measures nothing that the device did not tell', async () => {
    const { image_size: _, ...untold } = SLOT_A;
    const root = await mount(html`<ot-slots .slots=${[untold]} running="ota_0"></ot-slots>`);
    expect(text(root)).to.contain('size unknown');
    expect(root.querySelector('.dim')).to.equal(null);
  });

  it('an image that is too large says so', async () => {
    const root = await mount(html`<ot-slots .slots=${two} running="ota_0" .plan=${{ ...PLAN, size: SLOT_SIZE + 4096 }}></ot-slots>`);
    expect(text(root)).to.contain('does not fit');
  });

  it('moves the switch when the boot choice moves', async () => {
    const root = await mount(html`<ot-slots .slots=${two} running="ota_0" nextBoot="ota_0"></ot-slots>`);
    const before = find<Element>(root, '.switch-at').getAttribute('y');
    const element = find(root, 'ot-slots') as HTMLElementTagNameMap['ot-slots'];
    element.nextBoot = 'ota_1';
    await element.updateComplete;
    expect([before, find<Element>(root, '.switch-at').getAttribute('y')]).to.deep.equal(['25%', '75%']);
    expect(text(root)).to.contain('Starts at the next boot');
  });

  it('keeps its words inside a narrow place', async () => {
    const root = await mount(html`<ot-slots .slots=${two} running="ota_0" nextBoot="ota_0"></ot-slots>`, 280);
    expect(root.scrollWidth).to.be.at.most(280);
    for (const bed of root.querySelectorAll<SVGSVGElement>('.tray-bed')) {
      const right = bed.getBoundingClientRect().right + 1;
      for (const words of bed.querySelectorAll('text'))
        expect(words.getBoundingClientRect().right, words.textContent ?? '').to.be.at.most(right);
    }
  });
});

describe('<ot-flash>', () => {
  for (const [mb, width] of [
    [2, 1000],
    [4, 1080],
    [8, 760],
    [16, 1080],
    [4, 300],
  ] as const) {
    it(`draws ${mb} MB to scale on ${width} px`, async () => {
      const root = await mount(
        html`<ot-flash .flashSize=${mb * 1024 * 1024} .partitions=${PARTITIONS} .slots=${[SLOT_A, EMPTY_B]} running="ota_0"></ot-flash>`,
        width,
      );
      const strip = find<SVGSVGElement>(root, '.flash').getBoundingClientRect();
      const ota0 = [...root.querySelectorAll<SVGRectElement>('.cell[data-as=run]')][0]!.getBBox();
      expect(ota0.width / strip.width).to.be.closeTo(926_208 / (mb * 1024 * 1024), 0.01);
      const labels = [...root.querySelectorAll('.tick-n')]
        .map((words) => words.getBoundingClientRect())
        .filter((box) => box.top > strip.top + 120);
      for (let i = 1; i < labels.length; i++) expect(labels[i]!.left).to.be.greaterThan(labels[i - 1]!.right);
      await expectAccessible(root);
    });
  }

  it('names every region, and what will be written', async () => {
    const root = await mount(
      html`<ot-flash .partitions=${PARTITIONS} .slots=${[SLOT_A, SLOT_B]} running="ota_0" .plan=${PLAN}></ot-flash>`,
    );
    const words = label(root, '.flash');
    for (const { label: name } of PARTITIONS) expect(words).to.contain(`${name} at 0x`);
    expect(words).to.contain('ota_1 at 0x150000, 1280 KB, 0.9.3 to 1.1.0, will be written');
    expect(words.match(/will be written/g)).to.have.length(2);
  });
});

describe('<ot-xray>', () => {
  for (const kind of Object.keys(CONTENTS) as FirmwareKind[]) {
    it(`holds against the light: ${kind}`, async () => {
      const root = await mount(
        html`<ot-xray .report=${reportOf(CONTENTS[kind])} .slotSize=${SLOT_SIZE}></ot-xray
          ><ot-xray .report=${reportOf(CONTENTS[kind])} heading="Inside" details="facts"></ot-xray>`,
        560,
      );
      expect(label(root, '.xray')).to.have.length.greaterThan(20);
      expect(root.scrollWidth).to.be.at.most(560);
      await expectAccessible(root);
    });
  }

  it('tells sizes, capacities and what stays free', async () => {
    const root = await mount(html`<ot-xray .report=${reportOf(CONTENTS.app)} .slotSize=${SLOT_SIZE}></ot-xray>`);
    expect(label(root, '.xray'))
      .to.contain('IROM 659.2 KB')
      .and.to.contain('368.0 KB of the slot stay free')
      .and.to.contain('DRAM 18.5 KB of 160 KB');
    expect(root.querySelectorAll('.segs tbody tr')).to.have.length(5);
  });

  for (const width of [330, 480, 1000]) {
    it(`names every memory with its unit, in one form, at ${width} px`, async () => {
      const root = await mount(html`<ot-xray .report=${reportOf(CONTENTS.app)} .slotSize=${SLOT_SIZE}></ot-xray>`, width);
      const notes = [...root.querySelectorAll('g:not(:has(.dim-n)) > .cell-name + .cell-note')].map((note) => note.textContent);
      const memory = notes.filter((note) => /\d KB$/.test(note));
      expect(memory.filter((note) => note.includes('/')).length * memory.filter((note) => note.includes(' of ')).length).to.equal(0);
      expect(memory.length).to.be.at.least(4);
      expect(notes.filter((note) => note === '')).to.deep.equal([]);
    });
  }

  it('shows by how much an image is too long', async () => {
    const root = await mount(html`<ot-xray .report=${reportOf(CONTENTS.app)} .slotSize=${IMAGE_SIZE - 4096}></ot-xray>`);
    expect(label(root, '.xray')).to.contain('4.0 KB too long for the slot');
    expect(root.querySelector('.misfit-line')).to.not.equal(null);
  });

  it('marks the place where a damaged file breaks', async () => {
    const root = await mount(html`<ot-xray .report=${reportOf(CONTENTS.damaged)}></ot-xray>`, 1000);
    const film = find<SVGSVGElement>(root, '.xray').getBoundingClientRect();
    const ring = find<SVGCircleElement>(root, '.misfit-ring').getBBox();
    expect((ring.x + ring.width / 2) / film.width).to.be.closeTo(512_044 / IMAGE_SIZE, 0.01);
    expect(text(root)).to.contain('CHECKSUM_MISMATCH').and.to.contain('0x07D02C');
  });

  it('says when a checksum disagrees', async () => {
    const broken = appImage({ checksum: { offset: 1, stored: '00', computed: '01', valid: false } });
    const root = await mount(html`<ot-xray .report=${reportOf({ kind: 'app', image: broken })} details="facts"></ot-xray>`);
    expect(text(root)).to.contain('checksum disagrees, built-in SHA-256 agrees');
  });

  it('is nothing without a report', async () => {
    const root = await mount(html`<ot-xray></ot-xray>`);
    expect(text(find(root, 'ot-xray'))).to.equal('');
  });
});
