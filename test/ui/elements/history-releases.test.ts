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
    const named = { ...ENTRY.release!, publisher: 'Garden', product: 'greenhouse', version: '1.2.0' };
    history.entries = [{ ...ENTRY, release: named }];
    mount(history, { in: 'main' });
    await until(() => history.textContent.includes('released as greenhouse 1.2.0 of Garden, number 12'));
    history.entries = [ENTRY];
    await until(() => history.textContent.includes('released as release 12'));
  });

  it('is stored and read again, and a mark that is none takes its entry with it', () => {
    expect(parseHistoryEntry(structuredClone(ENTRY))).to.deep.equal(ENTRY);
    const release = { ...ENTRY.release!, publisher: 'Garden', product: 'greenhouse', version: '1.2.0' };
    expect(parseHistoryEntry(structuredClone({ ...ENTRY, release }))?.release).to.deep.equal(release);
    for (const release of [
      { ...ENTRY.release!, publisher: 'x'.repeat(99) },
      { id: 'short', counter: 12 },
      { id: 'aa'.repeat(32), counter: -1 },
      'text',
      { counter: 1 },
    ]) {
      expect(parseHistoryEntry({ ...ENTRY, release })).to.equal(undefined);
    }
  });
});
