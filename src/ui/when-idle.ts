/** For code that a page needs soon, but not to be usable: it is fetched after the first view had its turn. */
const FIRST_VIEW_MS = 700;
const LATEST_MS = 1_500;

export function whenIdle(act: () => void): void {
  setTimeout(() => {
    // Safari has no idle callbacks.
    if (typeof requestIdleCallback === 'function') requestIdleCallback(act, { timeout: LATEST_MS });
    else act();
  }, FIRST_VIEW_MS);
}
