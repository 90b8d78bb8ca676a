/** Files that the operating system opens with the installed app (`file_handlers` of the manifest; File Handling API, Chromium). */

interface LaunchParams {
  readonly files?: readonly FileSystemFileHandle[];
}

interface LaunchQueue {
  setConsumer(consumer: (params: LaunchParams) => void): void;
}

/** Calls back with what the app was opened with, now and whenever it is opened with more. Does nothing where browsers cannot. */
export function onLaunchFiles(take: (files: readonly File[]) => void): void {
  const queue = (globalThis as { launchQueue?: LaunchQueue }).launchQueue;
  queue?.setConsumer(({ files = [] }) => {
    void Promise.allSettled(files.map((handle) => handle.getFile())).then((results) =>
      take(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))),
    );
  });
}
