/** SHA-256 by the platform: about 1 GB/s, one-shot, off the calling thread. */
import { toHex } from './hex.ts';

export async function sha256(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  // WebCrypto takes no SharedArrayBuffer views and says so with a TypeError; nothing here shares memory.
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}

export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return toHex(await sha256(bytes));
}
