/** Long work on the main thread, in portions: between them the page may draw and answer. */

/** Half of what a person would notice as a hang (50 ms), so that a slow machine still stays below. */
const SLICE_MS = 16;

interface InSlices<Progress> {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Runs a generator to its end, a few steps at a time. Rejects with the signal's reason. */
export async function runInSlices<Progress, Result>(
  work: Generator<Progress, Result>,
  { signal, onProgress }: InSlices<Progress>,
): Promise<Result> {
  for (;;) {
    signal.throwIfAborted();
    const end = performance.now() + SLICE_MS;
    let step = work.next();
    while (!step.done && performance.now() < end) step = work.next();
    if (step.done) return step.value;
    onProgress?.(step.value);
    await new Promise((resolve) => setTimeout(resolve));
  }
}
