/** The sheet of the log. */
import { lateSheet } from './late-sheet.ts';
import href from './log.css?url';

export const loadLogStyles = lateSheet(new URL(href, import.meta.url).href);
