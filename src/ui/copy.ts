/** The clipboard and saved files: both end with a word to the live region, because neither shows anything by itself. */
import { announce } from './live-region.ts';

export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    announce(`${what} copied.`);
  } catch {
    announce(`${what} not copied: the browser does not let this page use the clipboard.`);
  }
}

export function saveFile(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The download has begun once the click returns; a later turn is safe in every browser.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  announce(`${fileName} saved.`);
}
