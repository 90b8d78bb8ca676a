/** What the app says of a snapshot of some sectors: a piece of a flash, and no firmware for a slot. */
import { expect } from 'chai';
import type { HistoryEntry } from '../../../src/app/model.ts';
import { uf2Pieces } from '../../../src/core/image/encode-uf2.ts';
import { inspectFirmware } from '../../../src/core/image/inspect.ts';
import '../../../src/ui/elements/history.ts';
import { flashParts } from '../../../src/ui/elements/xray-others.ts';
import { checkSentence } from '../../../src/ui/preflight-words.ts';
import { appBytes } from '../../core/bundle/plan-fixtures.ts';
import { concat } from '../../core/image/builders.ts';
import { byRole, mount, unmountAll, until } from '../../doubles/mount.ts';

describe('a snapshot of some sectors', () => {
  afterEach(unmountAll);

  it('is not called damaged', async () => {
    const app = await appBytes({ version: '1.0.0', bytes: 100_000 });
    const runs = [
      { flashOffset: 0x1_0000, bytes: app.slice(0, 0x2000) },
      { flashOffset: 0x1_4000, bytes: app.slice(0x4000, 0x5000) },
    ];
    const { content } = await inspectFirmware(concat(...uf2Pieces(runs, 'ESP32')), 'snapshot.uf2');
    if (content.kind !== 'uf2') throw new Error(content.kind);
    const [head, middle] = flashParts(content.parts, content.kind).map(({ what }) => what);
    expect(head).to.equal('the beginning of an image');
    expect(middle).to.not.equal('damaged');
  });

  it('has one part, or more', () => {
    const sentence = (parts: number): string => checkSentence({ id: 'kind', verdict: 'block', reason: 'uf2', facts: { parts } });
    expect(sentence(1)).to.include('with 1 part,');
    expect(sentence(2)).to.include('with 2 parts,');
  });

  it('is not offered as an update over the air once it was put back', async () => {
    const restored: HistoryEntry = {
      id: '1',
      deviceId: 'esp32-ota',
      at: 0,
      act: 'restore',
      outcome: 'confirmed',
      sha256: 'ab'.repeat(32),
      toVersion: '1.0.0',
    };
    const history = document.createElement('ot-history');
    history.entries = [restored];
    mount(history);
    await until(() => history.textContent.includes('“Restore” by cable brings it again'), 'the way');
    expect(byRole('button', /Install/)).to.equal(undefined);
  });
});
