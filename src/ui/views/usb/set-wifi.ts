/** Wi-Fi for a firmware that takes it over the cable (Improv). */
import type { UsbSession } from '../../../app/usb/services.ts';
import { attempt } from '../../attempt.ts';
import { announce } from '../../live-region.ts';

export async function setWifi(session: UsbSession): Promise<void> {
  await attempt(async () => {
    const improv = await session.improv();
    if (!improv) {
      announce('This firmware does not take its Wi-Fi over the cable.');
      const { askConfirm } = await import('../../dialogs/confirm-dialog.ts');
      await askConfirm({
        title: 'This firmware does not take its Wi-Fi over the cable',
        text: 'It does not answer to Improv. Give it its network the way its maker says: most open an access point of their own.',
        confirm: 'I see',
      });
      return;
    }
    const { openImprov } = await import('../../dialogs/improv-dialog.ts');
    await openImprov(improv, session.state.value.kind === 'virtual');
  });
}
