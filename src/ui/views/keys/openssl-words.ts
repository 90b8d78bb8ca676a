/** The same with openssl: what a person types who has no Otter at hand. Commands only; `docs/openssl.md` says more. */
import type { KeyRecord } from '../../../app/trust/model.ts';
import { plainName } from '../../../core/trust/set-files.ts';

export interface ShellCommand {
  readonly what: string;
  readonly line: string;
}

const FIRMWARE = 'firmware.bin';

/** Names are those under which this page saves. */
export function opensslCommands({
  name,
  algorithm,
  privateKey,
}: Pick<KeyRecord, 'name' | 'algorithm' | 'privateKey'>): readonly ShellCommand[] {
  const stem = plainName(name);
  const publicKey = `${stem}.pub.pem`;
  const backup = `${stem}.backup.pem`;
  const [sign, verify] = algorithm === 'Ed25519' ? pureCommands(publicKey, backup) : digestCommands(publicKey, backup);
  return [
    { what: 'Check a signature', line: verify },
    { what: 'Out of a .sig.b64', line: `openssl base64 -d -in ${FIRMWARE}.sig.b64 -out ${FIRMWARE}.sig` },
    { what: 'See the fingerprint', line: `openssl pkey -pubin -in ${publicKey} -outform DER | openssl dgst -sha256` },
    ...(privateKey === 'exportable'
      ? [
          { what: 'Check a backup', line: `openssl pkey -in ${backup} -pubout` },
          { what: 'Sign with a backup', line: sign },
        ]
      : []),
  ];
}

type Pair = readonly [sign: string, verify: string];

const digestCommands = (publicKey: string, backup: string): Pair => [
  `openssl dgst -sha256 -sign ${backup} -out ${FIRMWARE}.sig ${FIRMWARE}`,
  `openssl dgst -sha256 -verify ${publicKey} -signature ${FIRMWARE}.sig ${FIRMWARE}`,
];

const pureCommands = (publicKey: string, backup: string): Pair => [
  `openssl pkeyutl -sign -rawin -inkey ${backup} -in ${FIRMWARE} -out ${FIRMWARE}.sig`,
  `openssl pkeyutl -verify -rawin -pubin -inkey ${publicKey} -in ${FIRMWARE} -sigfile ${FIRMWARE}.sig`,
];
