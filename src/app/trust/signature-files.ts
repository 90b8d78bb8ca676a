/** Which files are signatures, and which firmware they lie beside: by their names alone. */

const SIGNATURE = /(?:\.by-[\w+-]+)?\.sig(?:\.b64)?$/i;

export const isSignatureFile = (fileName: string): boolean => SIGNATURE.test(fileName);

/** `node.bin.sig`, `node.sig`, `node.bin.by-Release-2026.sig`, and all with `.b64` belong to `node.bin`. */
export function belongsTo(signature: string, firmware: string): boolean {
  const stem = signature.replace(SIGNATURE, '').toLowerCase();
  const name = firmware.toLowerCase();
  return stem === name || stem === name.replace(/\.\w+$/, '');
}
