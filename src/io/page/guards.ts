/** Keeps the screen awake and asks before the page is left, while something is being written. */
import type { Guard } from '../../app/ports.ts';

/** One `up` for the first taker, one `down` after the last. */
function counted(up: () => void, down: () => void): Guard {
  let takers = 0;
  return {
    take() {
      if (++takers === 1) up();
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        if (--takers === 0) down();
      };
    },
  };
}

export function screenWakeLock(): Guard {
  let wanted = false;
  let sentinel: WakeLockSentinel | undefined;
  // Comfort, not safety: a battery saver or an old browser may refuse.
  const request = async (): Promise<void> => {
    if (!wanted || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    const granted = await navigator.wakeLock.request('screen').catch(() => undefined);
    if (wanted) sentinel = granted;
    else await granted?.release();
  };
  // The browser takes the lock away when the tab is hidden.
  const again = (): void => void request();
  return counted(
    () => {
      wanted = true;
      document.addEventListener('visibilitychange', again);
      again();
    },
    () => {
      wanted = false;
      document.removeEventListener('visibilitychange', again);
      void sentinel?.release().catch(() => undefined);
      sentinel = undefined;
    },
  );
}

export function leavePageGuard(): Guard {
  const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
  return counted(
    () => addEventListener('beforeunload', ask),
    () => removeEventListener('beforeunload', ask),
  );
}
