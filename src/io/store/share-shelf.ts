/**
 * Where shared files wait between the service worker that receives them and the page that looks at them: a cache of its own, one entry
 * per share. Both ends import these words.
 */
export const SHARE_CACHE = 'otter-shared';
/** Relative to the worker's scope; also where the manifest's share target points, less the key. */
export const SHARE_PATH = 'share';
export const sharePath = (key: string): string => `${SHARE_PATH}/${key}`;
/** Name of the form field; the web app manifest says it too. */
export const SHARE_FIELD = 'firmware';
export const SHARE_NAME_HEADER = 'X-File-Name';
/** Characters of a name that are kept: the last ones, for the sake of its ending. */
export const MAX_SHARE_NAME = 120;
/** Set on an entry without bytes: why the share could not be kept. */
export const SHARE_REFUSED_HEADER = 'X-Refused';

export const SHARE_REFUSALS = ['FILE_EMPTY', 'FILE_TOO_LARGE', 'FILE_UNREADABLE'] as const;
export type ShareRefusal = (typeof SHARE_REFUSALS)[number];
