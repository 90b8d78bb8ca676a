/**
 * Why a page did not reach a device. A failed `fetch` says nothing but "failed": this file tells CORS, mixed content, the local-network
 * permission and silence apart as far as a page can. Loaded with the first failure.
 * Sources: WHATWG Fetch; Private/Local Network Access (Chromium ≥ 142).
 */
import { LinkError, isAbort } from '../../app/errors.ts';
import type { LinkErrorCode } from '../../app/errors.ts';
import { OtterError } from '../../core/errors.ts';
import { isIpAddress, isKnownLocal, isLoopback, isMixed, reachOptions } from './reach.ts';

const PROBE_TIMEOUT_MS = 3000;

/** `undefined` where the browser has no such permission, and so no way from an https page to an http device. */
async function localNetworkPermission(host: string): Promise<PermissionState | undefined> {
  // Chromium 142 has one permission; later ones tell the machine itself from its network.
  for (const name of [isLoopback(host) ? 'loopback-network' : 'local-network', 'local-network-access']) {
    try {
      return (await navigator.permissions.query({ name: name as PermissionName })).state;
    } catch {
      // This browser does not know the name.
    }
  }
  return undefined;
}

/** Whether anything answers; `undefined` when the time ran out. With `no-cors` the answer itself stays unread. */
async function answers(probe: URL, page: URL, mode: 'cors' | 'no-cors'): Promise<boolean | undefined> {
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    await fetch(probe, { mode, credentials: 'omit', cache: 'no-store', signal, ...reachOptions(probe, page) });
    return true;
  } catch (error) {
    return error instanceof DOMException && error.name === 'TimeoutError' ? undefined : false;
  }
}

type Silence = readonly [LinkErrorCode, { readonly preflight?: true }?];

async function reasonOfSilence({ target, probe, isPreflighted }: FailedCall, page: URL): Promise<Silence> {
  if (target.origin === page.origin) return ['UNREACHABLE'];
  const mixed = isMixed(target, page);
  const permission = mixed || isKnownLocal(target.hostname) ? await localNetworkPermission(target.hostname) : undefined;
  if (permission === 'denied') return ['LOCAL_NETWORK_DENIED'];
  const isPublicAddress = isIpAddress(target.hostname) && !isKnownLocal(target.hostname);
  if (mixed && (permission === undefined || isPublicAddress)) return ['MIXED_CONTENT'];
  const isThere = await answers(probe, page, 'no-cors');
  if (isThere === undefined) return ['NETWORK_UNREACHABLE_OR_CORS'];
  if (!isThere) return ['UNREACHABLE'];
  if ((await answers(probe, page, 'cors')) !== true) return ['CORS_BLOCKED'];
  // The page may read this device. A call that needs the device's consent first did not get it; any other was cut off.
  return isPreflighted ? ['CORS_BLOCKED', { preflight: true }] : ['CONNECTION_LOST'];
}

export interface FailedCall {
  readonly target: URL;
  /** Safe to ask again: changes nothing on the device. */
  readonly probe: URL;
  readonly signal?: AbortSignal | undefined;
  /** Carries headers of ours, so that the browser asks the device by `OPTIONS` first. */
  readonly isPreflighted: boolean;
}

/** What a rejection of `fetch` means. An abort by the caller is given back as it is. */
export async function explainFailure(cause: unknown, call: FailedCall, page = new URL(location.href)): Promise<unknown> {
  if (call.signal?.aborted === true) return call.signal.reason as unknown;
  if (cause instanceof OtterError || isAbort(cause)) return cause;
  const details = { host: call.target.host };
  if (cause instanceof DOMException && cause.name === 'TimeoutError')
    return new LinkError('TIMEOUT', 'no answer in time', details, { cause });
  const [code, more] = await reasonOfSilence(call, page);
  return new LinkError(code, cause instanceof Error ? cause.message : 'request failed', { ...details, ...more }, { cause });
}
