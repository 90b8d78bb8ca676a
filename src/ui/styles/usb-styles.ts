/** The sheet of the USB door. */
import { lateSheet } from './late-sheet.ts';
import href from './usb.css?url';

export const loadUsbStyles = lateSheet(new URL(href, import.meta.url).href);
