/** The sheet of the releases. */
import { lateSheet } from './late-sheet.ts';
import href from './releases.css?url';

export const loadReleasesStyles = lateSheet(new URL(href, import.meta.url).href);
