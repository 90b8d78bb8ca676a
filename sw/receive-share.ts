/**
 * Receives what another app shares to Otter (`share_target` of the web app manifest): parks the file in a cache and sends the person to
 * the library, which looks at it. Nothing is written to a device.
 *
 * A share is a navigation by POST, so a stranger's form can reach this too. A form names the origin that it comes from and is refused for
 * that; the system that shares names none. A sandboxed form names none either, hence the limits: one field, few files, a size that no
 * firmware exceeds, the oldest parked file makes room for the newest, and the page asks before it takes anything into the library.
 */
import type { LogGiven } from '../src/core/trust/log-acts.ts';
import {
  MAX_SHARE_NAME,
  SHARE_CACHE,
  SHARE_FIELD,
  SHARE_NAME_HEADER,
  SHARE_REFUSED_HEADER,
  type ShareRefusal,
  sharePath,
} from '../src/io/store/share-shelf.ts';

/** Takes down what came of a share; never throws and is never waited for. */
type NoteShare = <Act extends 'file-shared' | 'share-refused'>(act: Act, given: LogGiven<Act>) => void;

const MAX_BYTES = 32 << 20;
const MAX_PARKED = 4;

/** Always ends in the library; `?shared=` tells the page to look for what was parked, or why nothing could be. */
export async function receiveShare(request: Request, scope: string, note: NoteShare = () => undefined): Promise<Response> {
  if (isFromForm(request)) {
    note('share-refused', { code: 'FOREIGN_FORM' });
    return toLibrary(scope);
  }
  const share = await readShare(request);
  const key = await park(share, scope);
  if (typeof share === 'string') note('share-refused', { code: share });
  else note('file-shared', share);
  return toLibrary(scope, key);
}

function toLibrary(scope: string, key?: string): Response {
  return Response.redirect(new URL(key ? `./#/firmware?shared=${key}` : './#/firmware', scope).href, 303);
}

/** Measured: Chromium shows its worker the `Origin` of a form's navigation, `null` where there is nobody to name. */
function isFromForm(request: Request): boolean {
  const origin = request.headers.get('Origin');
  return origin !== null && origin !== 'null';
}

async function readShare(request: Request): Promise<File | ShareRefusal> {
  const form = await request.formData().catch(() => undefined);
  const file = form?.get(SHARE_FIELD);
  if (!(file instanceof File)) return 'FILE_UNREADABLE';
  if (file.size === 0) return 'FILE_EMPTY';
  return file.size > MAX_BYTES ? 'FILE_TOO_LARGE' : file;
}

async function park(share: File | ShareRefusal, scope: string): Promise<string> {
  const cache = await caches.open(SHARE_CACHE);
  const parked = await cache.keys();
  for (const oldest of parked.slice(0, Math.max(0, parked.length - MAX_PARKED + 1))) await cache.delete(oldest);
  const entry =
    typeof share === 'string'
      ? new Response(null, { headers: { [SHARE_REFUSED_HEADER]: share } })
      : new Response(share, {
          headers: {
            'Content-Type': 'application/octet-stream',
            [SHARE_NAME_HEADER]: encodeURIComponent([...share.name].slice(-MAX_SHARE_NAME).join('')),
          },
        });
  const key = crypto.randomUUID();
  await cache.put(new URL(sharePath(key), scope), entry);
  return key;
}
