/** How the states of a key are said. */
import type { TemplateResult } from 'lit';
import { canBeTrusted } from '../../../app/trust/key-use.ts';
import type { KeyRecord, ProductTrust, SecretUse } from '../../../app/trust/model.ts';
import type { KeyUses } from '../../../app/trust/services.ts';
import type { MadeAlgorithm } from '../../../core/trust/signing-key.ts';
import { lamp, type LampState } from '../../elements/icons.ts';
import { formatAgo, formatDay, formatMany } from '../../format.ts';

const STATUS_LAMPS = {
  active: ['on', 'Active'],
  retired: ['off', 'Retired'],
  revoked: ['stopped', 'Revoked'],
} as const satisfies Record<KeyRecord['status'], readonly [LampState, string]>;

export function statusLamp({ status, isWeak }: Pick<KeyRecord, 'status' | 'isWeak'>): TemplateResult {
  if (isWeak && status !== 'revoked') return lamp('off', 'Too short');
  const [state, word] = STATUS_LAMPS[status];
  return lamp(state, word);
}

/** What can be done with it here. */
export function halfWords({ privateKey, status, isWeak }: Pick<KeyRecord, 'privateKey' | 'status' | 'isWeak'>): string {
  if (status === 'revoked') return 'Nothing that it signed is trusted';
  if (isWeak) return 'Neither signs nor is trusted: it only checks what it signed';
  if (status === 'retired') return 'Signs no more; what it signed stays good';
  if (privateKey === 'none') return 'Only verifies: its private half is not here';
  return privateKey === 'exportable' ? 'Signs here; a backup can be made' : 'Signs here; nothing takes it out of this browser';
}

const RANKS = { active: 0, retired: 1, revoked: 2 } as const satisfies Record<KeyRecord['status'], number>;

/** What can still be used first; otherwise as it comes, the newest first. */
export const byUse = (records: readonly KeyRecord[]): readonly KeyRecord[] => records.toSorted((a, b) => RANKS[a.status] - RANKS[b.status]);

/** `Made 30 Nov, last used 2 h ago` */
export function timesWords({ source, createdAt, usedAt, privateKey }: KeyRecord, now: number): string {
  const since = `${source === 'made' ? 'Made' : 'Imported'} ${formatDay(createdAt, now)}`;
  if (usedAt !== undefined) return `${since}, last used ${formatAgo(usedAt, now)}`;
  return privateKey === 'none' ? since : `${since}, not used yet`;
}

export const productsOf = (id: string, products: readonly ProductTrust[]): readonly string[] =>
  products.filter(({ keyIds }) => keyIds.includes(id)).map(({ product }) => product);

/** `greenhouse-node and pump`, `greenhouse-node, pump and 2 more` */
export function listed(names: readonly string[], most = 3): string {
  const shown = names.slice(0, names.length > most ? most - 1 : most);
  const rest = names.length - shown.length;
  const parts = rest > 0 ? [...shown, `${rest} more`] : shown;
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** What depends on a key, one sentence each; empty when nothing does. */
export function usesSentences({ products, firmware, releases }: KeyUses, key: KeyRecord): readonly string[] {
  const [one, many] = canBeTrusted(key) ? ['trusts', 'trust'] : ['still names', 'still name'];
  return [
    ...(products.length > 0 ? [`${listed(products, 5)} ${products.length === 1 ? one : many} it.`] : []),
    ...(firmware.length > 0 ? [`It signed ${formatMany(firmware.length, 'firmware', 'firmware files')} in your library.`] : []),
    ...(releases > 0 ? [`It signed ${formatMany(releases, 'release')}.`] : []),
  ];
}

export const ALGORITHM_WORDS = {
  'ECDSA P-256': 'Short signatures, and quick to check on any chip. Take this one unless something asks for another.',
  Ed25519: 'Shorter still, and the same signature every time. openssl 3 checks it; few chips do.',
  'RSA-2048': 'What many older devices and update servers expect.',
  'RSA-3072': 'Long signatures that are quick to check; the size that secure boot V2 uses.',
} as const satisfies Record<MadeAlgorithm, string>;

export const SECRET_WORDS = {
  'aes-256': { name: 'AES-256 key', words: 'encrypts firmware on its way to devices that decrypt it themselves' },
  psk: { name: 'Pre-shared key', words: 'proves to a device who sends, and to the server which device asks' },
} as const satisfies Record<SecretUse, { readonly name: string; readonly words: string }>;
