import { expect } from 'chai';
import type { HistoryEntry } from '../../../src/app/model.ts';
import { parseHistoryEntry } from '../../../src/app/records.ts';
import '../../../src/ui/elements/history.ts';
import { mount, unmountAll, until } from '../../doubles/mount.ts';

const ENTRY: HistoryEntry = {
  id: 'x',
  deviceId: 'd',
  at: 1e12,
  act: 'update',
  outcome: 'confirmed',
  toVersion: '1.1.0',
  sha256: '22'.repeat(32),
  release: { id: 'aa'.repeat(32), counter: 12 },
};

describe('a history of releases', () => {
  afterEach(unmountAll);

  it('says as which signed release a firmware came', async () => {
    const history = document.createElement('ot-history');
    history.entries = [ENTRY];
    mount(history, { in: 'main' });
    await until(() => history.textContent.includes('signed release 12'));
  });

  it('is stored and read again, and a mark that is none takes its entry with it', () => {
    expect(parseHistoryEntry(structuredClone(ENTRY))).to.deep.equal(ENTRY);
    for (const release of [{ id: 'short', counter: 12 }, { id: 'aa'.repeat(32), counter: -1 }, 'text', { counter: 1 }]) {
      expect(parseHistoryEntry({ ...ENTRY, release })).to.equal(undefined);
    }
  });
});
