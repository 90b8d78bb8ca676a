/**
 * The one Trusted Types policy besides Lit's. The content-security policy lets no string become a script's address; this vouches for
 * exactly two kinds: the service worker and the dedicated workers that the build emitted, both below the page's own address.
 */
interface TrustedTypesFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown };
}

const SERVICE_WORKER = 'sw.js';
/** `xray.worker-Bx3k9aQ2.js` in a build, `xray.worker.ts` in `vite dev`. */
const DEDICATED_WORKER = /(^|\/)[\w-]+\.worker[\w.-]*\.(js|ts)$/;

const factory = (globalThis as { trustedTypes?: TrustedTypesFactory }).trustedTypes;
const policy = factory?.createPolicy('otter', { createScriptURL: (url) => assertOwnScript(url, new URL('.', document.baseURI)) });

/** For `new Worker(…)` and `serviceWorker.register(…)`, whose types only know strings and URLs. TypeError for any other script. */
export function trustedScriptUrl(url: string | URL): string {
  const { href } = new URL(url, document.baseURI);
  if (!policy) return assertOwnScript(href, new URL('.', document.baseURI));
  return policy.createScriptURL(href) as string;
}

/** @param folder the folder of the page, ending in `/` */
export function assertOwnScript(url: string, folder: URL): string {
  const { origin, pathname, href } = new URL(url, folder);
  const path = pathname.startsWith(folder.pathname) ? pathname.slice(folder.pathname.length) : undefined;
  const isOwn = origin === folder.origin && path !== undefined && (path === SERVICE_WORKER || DEDICATED_WORKER.test(path));
  if (!isOwn) throw new TypeError(`not a script of this app: ${href}`);
  return href;
}
