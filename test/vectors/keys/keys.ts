/** The files of this folder, by name without `.pem`. */
import { fromBase64 } from '../../../src/core/bytes/base64.ts';
import pointUrl from './ec-P-256.public.bin?url';

const PEMS = import.meta.glob<string>('./*.pem', { query: '?raw', import: 'default', eager: true });

export const KEY_FILES = Object.keys(PEMS).map((path) => path.slice(2, -'.pem'.length));

export function pemText(name: string): string {
  const text = PEMS[`./${name}.pem`];
  if (text === undefined) throw new RangeError(`no key file ${name}.pem`);
  return text;
}

export const pemFile = (name: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(pemText(name));

/** The last block of the file, decoded. */
export function derOf(name: string): Uint8Array<ArrayBuffer> {
  const [block = ''] = pemText(name).split('-----BEGIN').slice(-1);
  const [, body = ''] = /-----\n([^-]*)-----END/.exec(block) ?? [];
  return fromBase64(body.replaceAll('\n', ''));
}

/** The 64 bytes of `ec-P-256.public` as Secure Boot V1 has them. */
export const secureBootV1Point = async (): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await (await fetch(pointUrl)).arrayBuffer());
