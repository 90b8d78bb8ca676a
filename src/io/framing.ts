/**
 * Clickjacking: a page inside a stranger's frame could be made to click "Write". GitHub Pages sets no headers and a meta policy cannot
 * carry `frame-ancestors`, so on the very first visit (later the service worker adds it) only the page itself can refuse.
 */
export function isFramed(page: Window = window): boolean {
  return page.top !== page.self;
}
