import { expect } from 'chai';
import type { HistoryEntry } from '../../../src/app/model.ts';
import { historyLanes, rowPaths } from '../../../src/ui/elements/history-lanes.ts';
import { HISTORY } from './fixtures.ts';

const short = (entries: readonly HistoryEntry[], slots?: readonly string[]) =>
  historyLanes(entries, slots).rows.map(({ entry, before, at, after, mark }) => [entry.id, before, at, after, mark]);

describe('historyLanes()', () => {
  it('follows the running slot from entry to entry', () => {
    expect(short(HISTORY)).to.deep.equal([
      ['7', 0, 1, 1, 'run'],
      ['6', 0, 0, 0, 'event'],
      ['5', 0, 1, 0, 'stopped'],
      ['4', 0, 1, 0, 'stopped'],
      ['3', 1, 0, 0, 'past'],
      ['2', 0, 1, 1, 'past'],
      ['1', undefined, 0, 0, 'past'],
    ]);
  });

  it('has a lane for a slot in which nothing happened yet', () => {
    expect(historyLanes(HISTORY.slice(-1), ['ota_1', 'ota_0']).labels).to.deep.equal(['ota_0', 'ota_1']);
  });

  it('gives a slot to the newest image that stayed in it; a failed write leaves none', () => {
    const holds = (entries: readonly HistoryEntry[]) =>
      historyLanes(entries)
        .rows.filter((row) => row.holdsLane)
        .map((row) => row.entry.id);
    expect(holds(HISTORY)).to.deep.equal(['7', '3']);
    expect(holds(HISTORY.slice(2))).to.deep.equal(['3']);
  });

  it('says of no slot that it runs which the device does not name', () => {
    const marks = (running?: string) => historyLanes(HISTORY, [], running).rows.filter(({ mark }) => mark === 'run');
    expect(marks('ota_1')).to.have.length(1);
    expect(marks('ota_0')).to.have.length(0);
  });

  it('a factory reset leads back to the first slot, and leaves nothing of what was installed before', () => {
    const reset: HistoryEntry = { id: 'r', deviceId: 'd', at: 1e15, act: 'factory-reset', outcome: 'done' };
    const { rows } = historyLanes([reset, ...HISTORY]);
    expect([rows[0]!.before, rows[0]!.at, rows[0]!.after, rows[0]!.mark]).to.deep.equal([1, 0, 0, 'event']);
    expect(rows.some((row) => row.holdsLane || row.mark === 'run')).to.equal(false);
  });

  it('an attempt that was interrupted moved nothing; one after the switch may have', () => {
    const [tried] = HISTORY.filter(({ id }) => id === '7');
    const marks = (switched?: true) =>
      short([{ ...tried!, outcome: 'interrupted', ...(switched && { switched }) }, ...HISTORY.slice(1)])[0];
    expect(marks()).to.deep.equal(['7', 0, 1, 0, 'stopped']);
    expect(marks(true)).to.deep.equal(['7', 0, 1, 0, 'ask']);
  });

  it('needs neither slots nor versions', () => {
    const bare: HistoryEntry = { id: 'x', deviceId: 'd', at: 0, act: 'update', outcome: 'failed' };
    expect(short([bare])).to.deep.equal([['x', undefined, 0, 0, 'stopped']]);
    expect(historyLanes([]).rows).to.deep.equal([]);
  });
});

describe('rowPaths()', () => {
  const rows = historyLanes(HISTORY).rows;
  const pathsOf = (id: string) =>
    rowPaths(
      rows.find((row) => row.entry.id === id)!,
      id === '7',
    );

  it('bends from the old lane into the new one', () => expect(pathsOf('3').line).to.equal('M36 100C36 75 12 75 12 50M12 50V0'));
  it('ends the line at the newest knot', () => expect(pathsOf('7').line).to.equal('M12 100C12 75 36 75 36 50'));
  it('draws the way back only when the device took it', () => {
    expect(pathsOf('4').back).to.equal('M36 50C36 25 12 25 12 0');
    expect(pathsOf('5')).to.deep.equal({ line: 'M12 100V0', tried: 'M12 100C12 75 36 75 36 50', back: '' });
  });
  it('starts nowhere before the first entry', () => expect(pathsOf('1').line).to.equal('M12 50V0'));
});
