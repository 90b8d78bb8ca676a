import { expect } from 'chai';
import { SerialError } from '../../../src/app/usb/errors.ts';
import { TARGETS } from '../../../src/core/serial/targets.ts';
import { watchdogReset } from '../../../src/core/serial/watchdogs.ts';
import { resetByWatchdog } from '../../../src/io/serial/watchdogs.ts';

describe('resetByWatchdog()', () => {
  it('arms the watchdog', async () => {
    const { watchdogs } = TARGETS['ESP32-S2'];
    const written: { address: number; value: number }[] = [];
    const write = async (address: number, value: number): Promise<void> => void written.push({ address, value });
    await resetByWatchdog({ write }, watchdogs!);
    expect(written).to.deep.equal(watchdogReset(watchdogs!));
  });

  describe('when the port goes', () => {
    const { watchdogs } = TARGETS['ESP32-C3'];
    const goneAt = async (gone: number): Promise<string> => {
      const write = async (address: number): Promise<void> => {
        if (address === gone) throw new SerialError('PORT_GONE', 'the port is gone', {});
      };
      return await resetByWatchdog({ write }, watchdogs!).then(
        () => 'reset',
        (error: unknown) => (error as SerialError).code,
      );
    };

    it('takes that for the reset once the watchdog is armed', async () => {
      expect(await goneAt(watchdogs!.rtc.config0)).to.equal('reset');
    });

    it('and for the cable before', async () => {
      expect(await goneAt(watchdogs!.rtc.config1)).to.equal('PORT_GONE');
    });
  });
});
