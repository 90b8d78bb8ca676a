/** Which files are signatures, and which firmware they lie beside: by their names alone. */

/** The number is what a release set has of the second and on. */
const SIGNATURE = /(?:\.by-[\w+-]+)?\.sig(?:\.b64)?$/i;
const NUMBER = /\.\d{1,2}$/;

export const isSignatureFile = (fileName: string): boolean => SIGNATURE.test(fileName);

/** `node.bin.sig`, `node.sig`, `node.bin.by-Release-2026.sig`, `node.bin.2.sig`, and all with `.b64` belong to `node.bin`. */
export function belongsTo(signature: string, firmware: string): boolean {
  const stem = signature.replace(SIGNATURE, '').toLowerCase();
  const name = firmware.toLowerCase();
  return [stem, stem.replace(NUMBER, '')].some((of) => of === name) || stem === name.replace(/\.\w+$/, '');
}
