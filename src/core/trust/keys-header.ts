/**
 * `keys.h`, the C header from which firmware that speaks S2 takes its keys, under the names that it knows. Only what is asked for is in it:
 * a secret in a firmware can be read by whoever holds the device.
 */
import { keyName } from './fingerprint.ts';
import { publicKeyToPem } from './key-export.ts';
import type { Fingerprint, PublicKey } from './key-model.ts';
import type { SharedSecret } from './secret-import.ts';

export interface DeviceKeys {
  readonly publicKey: PublicKey;
  readonly fingerprint: Fingerprint;
  readonly aesKey?: SharedSecret;
  readonly psk?: SharedSecret;
}

const BYTES_PER_LINE = 12;

/** C99 and C++, for any number of sources: everything in it is `static`. */
export function writeKeysHeader({ publicKey, fingerprint, aesKey, psk }: DeviceKeys): string {
  const isSecret = aesKey !== undefined || psk !== undefined;
  const parts = [
    `/*\n${(isSecret ? SECRET : PUBLIC).map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */`,
    '#ifndef OTA_KEYS_H\n#define OTA_KEYS_H',
    '#include <stdint.h>',
    `/* Public. ${keyName(publicKey)}, SHA-256 of its SPKI: ${fingerprint} */\n${stringOf('SERVER_PUBLIC_KEY', publicKeyToPem(publicKey))}`,
    ...(aesKey ? [`/* SECRET. AES-256-CBC, decrypts the firmware. */\n${arrayOf('AES_FIRMWARE_KEY', aesKey.bytes)}`] : []),
    ...(psk
      ? [`/* SECRET. The key of HMAC-SHA-256 is these 64 characters, not the bytes they stand for. */\n${stringOf('HMAC_PSK', psk.digits)}`]
      : []),
    '#endif /* OTA_KEYS_H */',
  ];
  return `${parts.join('\n\n')}\n`;
}

const PUBLIC = ['Keys for firmware updates. Nothing in this file is secret.'];
const SECRET = [
  'Keys for firmware updates.',
  '',
  'THIS FILE HOLDS SECRETS. Whoever has it, or a firmware that was built with it, can decrypt the updates of every device with the',
  'same secrets and change them on their way, where only the signature is left to stop it. Keep it out of version control, and turn',
  'on flash encryption in devices that leave your hands.',
];

/** One literal for each line. PEM and hexadecimal digits have no character that C wants escaped but the line end. */
function stringOf(name: string, text: string): string {
  const literals = (text.match(/[^\n]+\n?/g) ?? []).map((line) => `    "${line.replace('\n', '\\n')}"`);
  return `static const char ${name}[] =\n${literals.join('\n')};`;
}

function arrayOf(name: string, bytes: Uint8Array): string {
  const values = Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, '0')}`);
  const lines = values.flatMap((_, at) => (at % BYTES_PER_LINE === 0 ? [`    ${values.slice(at, at + BYTES_PER_LINE).join(', ')},`] : []));
  return `static const uint8_t ${name}[${bytes.length}] = {\n${lines.join('\n')}\n};`;
}
