/** Key files that were let go anywhere on the page. */
import type { AppServices } from '../../../app/services.ts';
import { attempt } from '../../attempt.ts';
import { importKey } from './key-acts.ts';

/** One question after the other. */
export async function bringKeys({ trust }: AppServices, files: readonly File[]): Promise<void> {
  await attempt(async () => {
    const keys = (await trust?.())?.keys;
    if (!keys) return;
    await keys.load();
    for (const file of files) await importKey(keys, file);
  });
}
