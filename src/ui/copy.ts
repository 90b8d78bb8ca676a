/** The clipboard shows nothing by itself, so the live region says how it went. */
import { announce } from './live-region.ts';

export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    announce(`${what} copied.`);
  } catch {
    announce(`${what} not copied: the browser does not let this page use the clipboard.`);
  }
}
