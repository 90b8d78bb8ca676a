/** A release set, from wherever a person says that it lies. */
import type { OpenSet } from '../../app/trust/release-ports.ts';
import { setAddress } from '../../app/trust/set-origin.ts';
import type { PlainFetch } from '../http/fetch-file.ts';
import { fileSet, zipSet } from './file-set.ts';
import { folderSet } from './folder-set.ts';
import { urlSet } from './url-set.ts';

export const setOpener =
  ({ fetch, pause }: { readonly fetch: PlainFetch; readonly pause: () => Promise<void> }): OpenSet =>
  async (origin) => {
    switch (origin.kind) {
      case 'url':
        return urlSet(setAddress(origin.url), fetch);
      case 'zip':
        return zipSet(origin.file, origin.name, pause);
      case 'files':
        return fileSet(origin.files);
      case 'folder':
        return folderSet(origin.folder);
    }
  };
