import { expect } from 'chai';
import { bestUpdate, waitingUpdate } from '../../../src/ui/views/best-update.ts';
import { deviceInfo, firmwareRecord, updatedInfo } from '../../doubles/fixtures.ts';

const info = deviceInfo();

describe('bestUpdate()', () => {
  it('takes the newest that is newer than what runs', () => {
    const [older, newer] = [firmwareRecord({ version: '1.9.0' }), firmwareRecord({ version: '1.10.0' })];
    expect(bestUpdate(info, [older, newer])).to.equal(newer);
    expect(bestUpdate(info, [newer, older])).to.equal(newer);
    expect(bestUpdate(info, [firmwareRecord({ version: '1.0.0' }), firmwareRecord({ version: '0.9.0' })])).to.equal(undefined);
  });

  it('leads nobody to another chip or project, a guess, a pre-release, or a damaged file', () => {
    const unfit = [
      firmwareRecord({ chip: 'ESP32-C3' }),
      firmwareRecord({ name: 'pump' }),
      firmwareRecord({ versionCertain: false }),
      firmwareRecord({ version: '1.2.0-crash' }),
      firmwareRecord({ version: 'a1b2c3d' }),
      firmwareRecord({ intact: false }),
      firmwareRecord({ kind: 'merged' }),
    ];
    for (const record of unfit) expect(bestUpdate(info, [record]), JSON.stringify(record)).to.equal(undefined);
  });

  it('proposes nothing to a device that does not say what it is', () => {
    expect(bestUpdate(undefined, [firmwareRecord()])).to.equal(undefined);
    const { project: _project, ...nameless } = info;
    expect(bestUpdate(nameless, [firmwareRecord()])).to.equal(undefined);
  });

  it('leaves out what waits in the other slot already, and knows the slot that needs only a switch', () => {
    const back = updatedInfo();
    const [a, b] = back.slots!;
    const gone = { ...back, version: a!.version, running: a!.label };
    expect(waitingUpdate(gone)?.label).to.equal(b!.label);
    expect(bestUpdate(gone, [firmwareRecord({ version: b!.version })])).to.equal(undefined);
    expect(bestUpdate(gone, [firmwareRecord({ version: '9.0.0' })])?.version).to.equal('9.0.0');
    expect(waitingUpdate(back), 'the way back is no update').to.equal(undefined);
  });
});
