/** Small facts about the page: is it seen, how full is the disk. */
import { Subject } from '../../app/observable.ts';
import type { PageVisibility, StorageMeter } from '../../app/ports.ts';
import { toStoreError } from '../store/database.ts';

export function pageVisibility(): PageVisibility {
  const visible = new Subject(document.visibilityState === 'visible');
  document.addEventListener('visibilitychange', () => visible.set(document.visibilityState === 'visible'));
  return { visible };
}

export const storageMeter: StorageMeter = {
  async use() {
    try {
      const { usage = 0, quota = 0 } = await navigator.storage.estimate();
      return { usedBytes: usage, quotaBytes: quota, persisted: await navigator.storage.persisted() };
    } catch (error) {
      throw toStoreError(error);
    }
  },
  askToPersist() {
    // May wait for a person for ever, so nobody waits for it.
    navigator.storage.persist().catch(() => false);
  },
};
