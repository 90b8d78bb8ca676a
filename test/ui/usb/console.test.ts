import { expect } from 'chai';
import { loadUsbStyles } from '../../../src/ui/styles/usb-styles.ts';
import { ConsoleFilter } from '../../../src/ui/elements/console-filter.ts';
import { ROW_PX } from '../../../src/ui/elements/console-list.ts';
import '../../../src/ui/elements/console.ts';
import { SendHistory } from '../../../src/ui/elements/send-history.ts';
import { allByRole, byRole, clickOn, expectAccessible, findByRole, mount, typeInto, unmountAll, until } from '../../doubles/mount.ts';
import { FakeError, type Call } from '../../doubles/services.ts';
import { FakeBuffer, FakeConsole } from '../../doubles/usb-services.ts';

const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('.con-row')];
const shown = (): string[] => rows().map((row) => (row.textContent ?? '').replace(/\s+/g, ' ').trim());
const view = (): HTMLElement => document.querySelector<HTMLElement>('.con-view')!;

/** A page in the background is told of no scrolling. */
function scrollTo(px: number): void {
  view().scrollTop = px;
  view().dispatchEvent(new Event('scroll'));
}

function open(lines: readonly string[] = [], calls: Call[] = []) {
  const source = new FakeConsole(calls);
  for (const text of lines) source.buffer.add({ text });
  source.open.set(true);
  const element = document.createElement('ot-console');
  element.source = source;
  mount(element, { in: 'main' });
  return { source, element, calls };
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index}`);

describe('<ot-console>', () => {
  before(loadUsbStyles);
  afterEach(unmountAll);

  it('keeps the page small however long the log is, and shows its end', async () => {
    const { source } = open(numbered(100_000));
    await until(() => shown().at(-1) === 'line 99999', 'the newest line');
    expect(rows().length).to.be.below(80);
    source.buffer.reads = 0;
    source.buffer.add({ text: 'one more' });
    source.changed();
    await until(() => shown().at(-1) === 'one more', 'the new line');
    expect(source.buffer.reads).to.be.below(500);
    expect(view().scrollHeight).to.be.at.least(100_000 * ROW_PX);
  });

  it('advises no speed that it reads at already', async () => {
    const { source } = open();
    source.buffer.troubles = [{ kind: 'garbage', line: 0 }];
    const advises = (rate: number, words: string): Promise<unknown> => {
      source.baudRate.set(rate);
      source.changed();
      return until(() => document.querySelector('.con-trouble')?.textContent?.includes(words) ?? false, words);
    };
    await advises(9600, 'Try 115200 first, then 74880 (the ROM of chips with a 26 MHz crystal).');
    await advises(115_200, 'Try 74880 (the ROM of chips with a 26 MHz crystal) first, then the one that the firmware sets.');
    await advises(74_880, 'Try 115200 first, then the one that the firmware sets.');
  });

  it('stays where its reader scrolled to, and follows the end again on request', async () => {
    const { source } = open(numbered(1_000));
    await until(() => shown().includes('line 999'), 'the end');
    scrollTo(2_000);
    await until(() => shown().includes('line 100') && !shown().includes('line 999'), 'what stands there');
    source.buffer.add({ text: 'late' });
    source.changed();
    await findByRole('button', 'Follow the end');
    expect(shown()).to.include('line 100');
    await clickOn('button', 'Follow the end');
    await until(() => shown().at(-1) === 'late', 'the end again');
    await until(() => !byRole('button', 'Follow the end'), 'the key to go');
  });

  it('keeps the lines in sight in their place when older ones are dropped', async () => {
    const { source } = open(numbered(1_000));
    await until(() => shown().includes('line 999'), 'the end');
    scrollTo(10_000);
    await until(() => shown().includes('line 500') && !shown().includes('line 999'), 'the middle');
    source.buffer.drop(100);
    source.changed();
    await until(() => view().scrollTop === 8_000, 'the place to be kept');
    await until(() => shown().includes('line 500'), 'the same lines');
  });

  it('shows only lines with a text in them, new ones too', async () => {
    const { source } = open(['I wifi: up', 'E sensor: none', 'I wifi: gone']);
    typeInto(await until(() => document.querySelector<HTMLInputElement>('.con-filter input'), 'the filter'), 'WIFI');
    await until(() => shown().length === 2, 'two lines');
    source.buffer.add({ text: 'W wifi: weak' });
    source.buffer.add({ text: 'W other' });
    source.changed();
    await until(() => shown().length === 3, 'the new one');
    expect(shown()).to.deep.equal(['I wifi: up', 'I wifi: gone', 'W wifi: weak']);
    typeInto(document.querySelector<HTMLInputElement>('.con-filter input')!, 'nowhere');
    await until(() => document.body.textContent.includes('No line has that in it.'), 'the words for nothing');
  });

  it('holds still while it is paused, and catches up afterwards', async () => {
    const { source } = open(['first']);
    await clickOn('button', 'Pause');
    source.buffer.add({ text: 'second' });
    source.changed();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(shown()).to.deep.equal(['first']);
    await clickOn('button', 'Go on');
    await until(() => shown().length === 2, 'the rest');
  });

  it('colours what the chip coloured, and shows times when asked', async () => {
    const { source } = open();
    source.buffer.add({ text: 'E boom', spans: [{ text: 'E ', color: 'red', bold: true }, { text: '  boom' }] });
    source.changed();
    await until(() => document.querySelector('[data-ansi=red][data-bold]'), 'the red span');
    expect(rows()[0]!.textContent).to.include('  boom');
    expect(rows()[0]!.querySelector('time')).to.equal(null);
    (await findByRole('checkbox', 'Times')).click();
    await until(() => /^\d\d:\d\d:\d\d\.\d{3}$/.test(rows()[0]!.querySelector('time')?.textContent ?? ''), 'the time');
  });

  it('sends a line with the chosen ending, and walks through what was sent', async () => {
    const { calls } = open(['> ']);
    const field = (await findByRole('textbox', 'Send a line')) as HTMLInputElement;
    const press = (key: string) => field.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    typeInto(field, 'help');
    await clickOn('button', 'Send');
    const ending = document.querySelector<HTMLSelectElement>('.con-send select')!;
    ending.value = 'lf';
    ending.dispatchEvent(new Event('change'));
    typeInto(field, 'wifi');
    await clickOn('button', 'Send');
    expect(calls).to.deep.equal([
      ['console.send', 'help\r\n'],
      ['console.send', 'wifi\n'],
    ]);
    typeInto(field, 'half');
    press('ArrowUp');
    expect(field.value).to.equal('wifi');
    press('ArrowUp');
    expect(field.value).to.equal('help');
    press('ArrowDown');
    press('ArrowDown');
    expect(field.value).to.equal('half');
  });

  it('changes its speed while it listens, and says what went wrong', async () => {
    const { source, calls } = open();
    const rate =
      document.querySelector<HTMLSelectElement>('#con-rate') ??
      (await until(() => document.querySelector<HTMLSelectElement>('#con-rate'), 'the speeds'));
    rate.value = '74880';
    rate.dispatchEvent(new Event('change'));
    expect(calls).to.deep.equal([['console.setBaudRate', 74_880]]);
    source.reset = () => Promise.reject(new FakeError('PORT_GONE'));
    await clickOn('button', 'Reset');
    await until(() => document.body.textContent.includes('The port is gone'), 'the fault');
  });

  it('says why nothing can be sent while the boot loader has the line', async () => {
    const { element, calls } = open();
    element.locked = 'The chip is in its boot loader.';
    await until(() => byRole('button', 'Send')?.matches(':disabled'), 'the key to be off');
    await clickOn('button', 'Reset');
    expect(calls).to.deep.equal([]);
    expect(document.querySelector<HTMLInputElement>('.con-send input')!.getAttribute('aria-describedby')).to.equal('con-mute');
  });

  it('tells of trouble in an alert, once it is there, and puts it away', async () => {
    const { source } = open(['rst:0xc']);
    source.buffer.troubles = [
      { kind: 'boot-loop', line: 0, resets: 5 },
      { kind: 'brown-out', line: 0 },
    ];
    source.changed();
    await until(() => allByRole('alert').some((alert) => /It restarts again and again: 5 times/.test(alert.textContent)), 'the warning');
    await expectAccessible();
    await clickOn('button', /^Put away: It restarts/);
    await until(() => !document.body.textContent.includes('again and again'), 'it to go');
    source.buffer.troubles = [
      { kind: 'boot-loop', line: 9, resets: 6 },
      { kind: 'brown-out', line: 4 },
    ];
    source.changed();
    await until(() => document.body.textContent.includes('supply voltage'), 'what is new');
    expect(document.body.textContent).to.not.include('again and again');
  });

  it('advises what helps against what ends each run', async () => {
    const { source } = open(['rst:0xc']);
    const alerts = () =>
      allByRole('alert')
        .map(({ textContent }) => textContent)
        .join(' ');
    source.buffer.troubles = [{ kind: 'boot-loop', line: 0, resets: 23 }];
    source.changed();
    await until(() => alerts().includes('Read the lines before each restart'), 'the advice without a cause');
    source.buffer.troubles = [
      { kind: 'boot-loop', line: 0, resets: 24 },
      { kind: 'panic', line: 1, reason: 'LoadProhibited' },
    ];
    source.changed();
    await until(() => /24 times so far.*Undo the write, or write another firmware/s.test(alerts()), 'the advice for a crash');
    expect(alerts()).to.not.include('boot loader and partition table');
  });

  it('is short beside something else, and keeps its tools only while they are of use', async () => {
    const { source, element } = open(numbered(100));
    element.isShort = true;
    await until(() => Math.abs((document.querySelector('.con-view')?.clientHeight ?? 0) - 128) < 4, 'the last lines only');
    expect(byRole('button', 'Save')).to.not.equal(undefined);
    element.locked = 'Otter talks to the boot loader now.';
    await until(() => !byRole('button', 'Save') && !byRole('textbox', 'Send a line'), 'the tools to go');
    expect(shown().at(-1)).to.equal('line 99');
    expect(source.open.value).to.equal(true);
  });

  it('opens the port at the chosen speed', async () => {
    const { source, calls } = open();
    source.open.set(false);
    await clickOn('button', 'Listen');
    expect(calls).to.deep.equal([['console.start', 115_200]]);
    await expectAccessible();
  });
});

describe('ConsoleFilter', () => {
  it('works a long log off in slices', () => {
    const buffer = new FakeBuffer();
    for (const text of numbered(250)) buffer.add({ text });
    const filter = new ConsoleFilter();
    filter.set('9');
    expect(filter.advance(buffer, 250, 100)).to.equal(false);
    expect(filter.advance(buffer, 250, 100)).to.equal(false);
    expect(filter.advance(buffer, 250, 100)).to.equal(true);
    const expected = buffer.lines.filter(({ text }) => text.includes('9')).map(({ number }) => number);
    const found = Array.from({ length: filter.count(buffer, 250) }, (_, row) => filter.numberAt(buffer, 250, row));
    expect(found).to.deep.equal(expected);
  });

  it('looks at the last line again, because it may have grown', () => {
    const buffer = new FakeBuffer();
    buffer.add({ text: 'no' });
    const filter = new ConsoleFilter();
    filter.set('yes');
    filter.advance(buffer, 1);
    expect(filter.count(buffer, 1)).to.equal(0);
    buffer.lines[0] = { ...buffer.lines[0]!, text: 'no yes' };
    buffer.add({ text: 'other' });
    filter.advance(buffer, 2);
    expect(filter.count(buffer, 2)).to.equal(1);
    expect(filter.numberAt(buffer, 2, 0)).to.equal(0);
  });

  it('forgets lines that the buffer dropped', () => {
    const buffer = new FakeBuffer();
    for (const text of ['a1', 'b', 'a2', 'b', 'a3']) buffer.add({ text });
    const filter = new ConsoleFilter();
    filter.set('a');
    filter.advance(buffer, 5);
    buffer.drop(2);
    filter.advance(buffer, 5);
    expect(filter.count(buffer, 5)).to.equal(2);
    expect([0, 1].map((row) => filter.numberAt(buffer, 5, row))).to.deep.equal([2, 4]);
  });
});

describe('SendHistory', () => {
  it('keeps what was being written', () => {
    const history = new SendHistory();
    expect(history.earlier('draft')).to.equal(undefined);
    history.add('one');
    history.add('one');
    expect(history.earlier('draft')).to.equal('one');
    expect(history.earlier('one')).to.equal(undefined);
    expect(history.later()).to.equal('draft');
    expect(history.later()).to.equal(undefined);
  });
});
