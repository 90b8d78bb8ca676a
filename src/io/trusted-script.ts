/**
 * The one Trusted Types policy of the page besides Lit's. The document's content-security policy names it
 * (`trusted-types lit-html otter`) and lets no string become a script's address; this vouches for exactly two kinds, both in this
 * app's own folder: the service worker, and the dedicated workers that the build emitted.
 */
interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}

interface TrustedTypes {
  createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy;
}

const SERVICE_WORKER = 'sw.js';
/** `xray.worker-Bx3k9aQ2.js` in a build, `xray.worker.ts` in `vite dev`. */
const DEDICATED_WORKER = /(^|\/)[\w-]+\.worker[\w.-]*\.(js|ts)$/;

let policy: ScriptUrlPolicy | undefined;

/** The URL in the form that `Worker` and `serviceWorker.register` take under Trusted Types (typed as text for the DOM's types). */
export function trustScriptUrl(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const rules = { createScriptURL: (address: string) => assertOwnScript(address, new URL('./', document.baseURI)) };
  policy ??= trustedTypes?.createPolicy('otter', rules) ?? rules;
  return policy.createScriptURL(url);
}

/**
 * @param folder of the page, ending in `/`
 * @throws TypeError for every other address, also for those that virtual devices answer in the same folder
 */
export function assertOwnScript(url: string, folder: URL): string {
  const { origin, pathname, href } = new URL(url, folder);
  const path = pathname.startsWith(folder.pathname) ? pathname.slice(folder.pathname.length) : '';
  const isOurs = path === SERVICE_WORKER || (DEDICATED_WORKER.test(path) && !path.startsWith('virtual/'));
  if (origin !== folder.origin || !isOurs) throw new TypeError(`not a script of this app: ${href}`);
  return href;
}
