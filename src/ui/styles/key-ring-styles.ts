/** The sheet of the key ring. */
import href from './key-ring.css?url';
import { lateSheet } from './late-sheet.ts';

export const loadKeyRingStyles = lateSheet(new URL(href, import.meta.url).href);
