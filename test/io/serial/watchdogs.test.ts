import { expect } from 'chai';
import { SerialError } from '../../../src/app/usb/errors.ts';
import { TARGETS } from '../../../src/core/serial/targets.ts';
import type { RegisterWrite } from '../../../src/core/serial/register-field.ts';
import { watchdogReset } from '../../../src/core/serial/watchdogs.ts';
import { resetByWatchdog } from '../../../src/io/serial/watchdogs.ts';

describe('resetByWatchdog()', () => {
  it('arms the watchdog', async () => {
    const { watchdogs } = TARGETS['ESP32-S2'];
    const written: RegisterWrite[] = [];
    const write = async (...writes: readonly RegisterWrite[]): Promise<void> => void written.push(...writes);
    await resetByWatchdog({ write }, watchdogs!);
    expect(written).to.deep.equal(watchdogReset(watchdogs!));
  });

  describe('when the port goes', () => {
    const { watchdogs } = TARGETS['ESP32-C3'];
    const goneAt = async (gone: number): Promise<string> => {
      const write = async (...writes: readonly RegisterWrite[]): Promise<void> => {
        if (writes.some(({ address }) => address === gone)) throw new SerialError('PORT_GONE', 'the port is gone', {});
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
