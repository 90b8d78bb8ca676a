/** Other tabs of the same app: what changed, and who holds which device. */
import type { ChangeNotifier, ChangeTopic, TabLocks } from '../../app/ports.ts';
import { CHANGES_CHANNEL } from '../store/changes-channel.ts';

const TOPICS: readonly ChangeTopic[] = ['firmware', 'devices', 'history', 'settings', 'keys', 'releases', 'log'];

export class BroadcastNotifier implements ChangeNotifier {
  readonly #channel: BroadcastChannel;

  constructor(name = CHANGES_CHANNEL) {
    this.#channel = new BroadcastChannel(name);
  }

  tell(topic: ChangeTopic): void {
    this.#channel.postMessage(topic);
  }

  subscribe(listener: (topic: ChangeTopic) => void): () => void {
    const hear = (event: MessageEvent<unknown>): void => {
      const topic = TOPICS.find((known) => known === event.data);
      if (topic) listener(topic);
    };
    this.#channel.addEventListener('message', hear);
    return () => this.#channel.removeEventListener('message', hear);
  }

  close(): void {
    this.#channel.close();
  }
}

/** Web Locks: the browser gives a lock back when its tab dies, so a crashed tab never blocks a device. */
const LOCK_PREFIX = 'otter:';

export const webLocks: TabLocks = {
  held: async () => {
    const { held = [] } = await navigator.locks.query();
    return held.flatMap(({ name }) => (name?.startsWith(LOCK_PREFIX) === true ? [name.slice(LOCK_PREFIX.length)] : []));
  },
  tryHold: (name, task) =>
    navigator.locks.request(LOCK_PREFIX + name, { ifAvailable: true }, async (lock) => {
      if (!lock) return false;
      await task();
      return true;
    }),
};
