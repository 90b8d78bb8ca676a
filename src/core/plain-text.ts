/**
 * Text from devices, files and strangers as it may stand in a sentence of ours: without control characters, and without the marks that
 * turn the direction of what follows (Unicode 16, UAX #9, explicit directional formatting). Line breaks and tabs stay.
 */
// oxlint-disable-next-line no-control-regex -- these are what has to go
const UNRULY = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/g;

export const plainText = (text: string): string => text.replaceAll(UNRULY, '');
