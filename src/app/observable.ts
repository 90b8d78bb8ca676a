/** One value and who wants to know when it changes: all the state management that the app needs. */
export interface Observable<T> {
  readonly value: T;
  /** Calls back after each change; the returned function ends it. */
  subscribe(listener: (value: T) => void): () => void;
}

export class Subject<T> implements Observable<T> {
  #value: T;
  readonly #listeners = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    // A copy: whoever subscribes while being told hears of the next change, not of this one again.
    for (const listener of Array.from(this.#listeners)) listener(value);
  }

  subscribe(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** True while one of them is. */
export function either(a: Observable<boolean>, b: Observable<boolean>): Observable<boolean> {
  const both = new Subject(a.value || b.value);
  for (const one of [a, b]) one.subscribe(() => both.set(a.value || b.value));
  return both;
}
