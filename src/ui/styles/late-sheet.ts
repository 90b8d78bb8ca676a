/**
 * A sheet that comes with its view: a link of its own, because a sheet that the bundler ties to a lazy chunk puts its loader, and a table of
 * every chunk, into the first load.
 */

/** @returns a loader that resolves when the sheet applies, and rejects like an import that could not be fetched */
export function lateSheet(href: string): () => Promise<void> {
  let loaded: Promise<void> | undefined;
  return () =>
    (loaded ??= load(href).catch((error: unknown) => {
      loaded = undefined;
      throw error;
    }));
}

function load(sheet: string): Promise<void> {
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = sheet;
  return new Promise((resolve, reject) => {
    link.addEventListener('load', () => resolve());
    link.addEventListener('error', () => {
      link.remove();
      reject(new TypeError(`Failed to fetch dynamically imported module: ${sheet}`));
    });
    document.head.append(link);
  });
}
