import { expect } from 'chai';
import { TARGETS } from '../../../src/core/serial/targets.ts';
import { watchdogReset } from '../../../src/core/serial/watchdogs.ts';
import { resetByWatchdog } from '../../../src/io/serial/watchdogs.ts';

describe('resetByWatchdog()', () => {
  it('lets go of download mode first, and of nothing else in that register', async () => {
    const { watchdogs, usb } = TARGETS['ESP32-S2'];
    const [force] = usb!.forceDownload!;
    const written: { address: number; value: number }[] = [];
    const registers = {
      read: async () => 0xffff_ffff,
      write: async (address: number, value: number) => void written.push({ address, value }),
    };
    await resetByWatchdog(registers, watchdogs!, usb);
    expect(written).to.deep.equal([{ address: force!.address, value: 0xffff_fffe }, ...watchdogReset(watchdogs!)]);
  });
});
