import { expect } from 'chai';
import { executeServerCommand } from '@web/test-runner-commands';
import { makeFirmware } from '../doubles/virtual-bench.ts';
import { WorkerScope } from './worker-scope.ts';

describe('the virtual device behind the real service worker', () => {
  it('answers info for esp32-ota without being asked to exist, and is still there after the worker was killed', async () => {
    const scope = await WorkerScope.open();
    const first = await (await scope.fetch('virtual/device/esp32-ota/info')).json();
    expect(first).to.include({ chip: 'ESP32', device_id: 'esp32-ota' });
    await executeServerCommand('kill-service-workers');
    const second = await (await scope.fetch('virtual/device/esp32-ota/info')).json();
    expect(second.mac).to.equal(first.mac);
    await scope.close();
  });
  void makeFirmware;
});
