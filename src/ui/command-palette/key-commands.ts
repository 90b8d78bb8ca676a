/** What the palette finds and does with the key ring. */
import type { AppServices } from '../../app/services.ts';
import { canBeTrusted } from '../../app/trust/key-use.ts';
import type { KeyRecord } from '../../app/trust/model.ts';
import type { KeyService } from '../../app/trust/services.ts';
import { navigate } from '../router.ts';
import type { Command } from './commands.ts';

const acts = () => import('../views/keys/key-acts.ts');

const ringCommands = (keys: KeyService): readonly Command[] => [
  {
    id: 'make-key',
    label: 'Make a key',
    note: 'Keys',
    icon: 'plus',
    keywords: 'new sign signing rsa ecdsa ed25519 generate',
    run: async () => (await acts()).makeKey(keys),
  },
  {
    id: 'import-key',
    label: 'Import a key',
    note: 'Keys',
    icon: 'keys',
    keywords: 'pem der jwk openssl public private passphrase',
    run: async () => (await acts()).importKey(keys),
  },
  {
    id: 'make-secret',
    label: 'Make a secret',
    note: 'Keys',
    icon: 'lock',
    keywords: 'aes psk sealed delivery',
    run: async () => (await acts()).addSecret(keys, 'make'),
  },
];

const headerCommand = (keys: KeyService): Command => ({
  id: 'keys-header',
  label: 'Save a keys.h',
  note: 'Keys',
  icon: 'save',
  keywords: 'header c device public key secret',
  run: async () => (await acts()).saveKeysHeader(keys),
});

const openCommand = ({ id, name, purpose, algorithm, status }: KeyRecord): Command => ({
  id: `go-key-${id}`,
  label: name,
  note: status === 'active' ? 'Key' : `Key, ${status}`,
  icon: 'keys',
  keywords: `open show ${purpose} ${algorithm} ${id}`,
  run: () => navigate({ view: 'keys', fingerprint: id }),
});

/** Nothing where the key ring cannot be opened: its page says why. */
export async function keyCommands({ trust }: AppServices): Promise<readonly Command[]> {
  try {
    const keys = (await trust?.())?.keys;
    await keys?.load();
    const records = keys?.records.value ?? [];
    return keys ? [...ringCommands(keys), ...(records.some(canBeTrusted) ? [headerCommand(keys)] : []), ...records.map(openCommand)] : [];
  } catch {
    return [];
  }
}
