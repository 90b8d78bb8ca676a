/**
 * The one Trusted Types policy of the page: script may be loaded from this app's own folder and from nowhere else.
 * The document's content-security policy names it (`trusted-types lit-html otter`), so no second one can be made.
 */
interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}

interface TrustedTypes {
  createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy;
}

let policy: ScriptUrlPolicy | undefined;

function ownScript(url: string): string {
  const script = new URL(url, document.baseURI);
  const folder = new URL('./', document.baseURI);
  if (script.origin !== folder.origin || !script.pathname.startsWith(folder.pathname))
    throw new TypeError(`not a script of this app: ${script.href}`);
  return script.href;
}

/** The URL in the form that `Worker` and `serviceWorker.register` take under Trusted Types (typed as text for the DOM's types). */
export function trustScriptUrl(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  policy ??= trustedTypes?.createPolicy('otter', { createScriptURL: ownScript }) ?? { createScriptURL: ownScript };
  return policy.createScriptURL(url);
}
