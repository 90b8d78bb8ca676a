/** Wi-Fi for a firmware that takes it over the cable (Improv). */
import type { UsbSession } from '../../../app/usb/services.ts';
import { attempt } from '../../attempt.ts';
import { announce } from '../../live-region.ts';

const SILENT = {
  title: 'This firmware does not take its Wi-Fi over the cable',
  text: 'It does not answer to Improv. Give it its network the way its maker says: most open an access point of their own.',
} as const;
const NONE_RUNS = {
  title: 'No firmware runs on this board',
  text: 'Nothing is there that could take a network. Write a firmware first, with its boot loader and partition table.',
} as const;

const NOTHING_STARTS: ReadonlySet<string> = new Set(['no-bootloader', 'no-table', 'no-app']);

/** The chip says so when it starts, or its flash did when it was read. */
function hasNoFirmware({ console, state }: UsbSession): boolean {
  const { layout } = state.value;
  const isEmpty = layout !== undefined && (!layout.hasBootloader || layout.slots.every(({ app }) => app === undefined));
  return isEmpty || console.buffer.troubles.some(({ kind }) => NOTHING_STARTS.has(kind));
}

export async function setWifi(session: UsbSession): Promise<void> {
  await attempt(async () => {
    const improv = await session.improv();
    if (!improv) {
      const words = hasNoFirmware(session) ? NONE_RUNS : SILENT;
      announce(`${words.title}.`);
      const { askConfirm } = await import('../../dialogs/confirm-dialog.ts');
      await askConfirm({ ...words, confirm: 'I see' });
      return;
    }
    const { openImprov } = await import('../../dialogs/improv-dialog.ts');
    await openImprov(improv, session.state.value.kind === 'virtual');
  });
}
