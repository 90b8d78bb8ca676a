/** What can be done with the key ring, asked for and said: the same from the page and from the palette. Each loads its question when it is first asked. */
import { canBeTrusted } from '../../../app/trust/key-use.ts';
import type { KeyRecord } from '../../../app/trust/model.ts';
import type { KeyService } from '../../../app/trust/services.ts';
import { announce } from '../../live-region.ts';
import { navigate } from '../../router.ts';
import { saveFile } from '../../save-file.ts';
import type { KeyEnd } from '../../dialogs/end-key-dialog.ts';
import { loadKeyRingStyles } from '../../styles/key-ring-styles.ts';
import { productsOf } from './key-words.ts';

/** With its sheet: it may be asked on any page. Without one it is asked all the same. */
async function question<T>(load: () => Promise<T>): Promise<T> {
  const [part] = await Promise.all([load(), loadKeyRingStyles().catch(() => undefined)]);
  return part;
}

const show = (key: KeyRecord): void => navigate({ view: 'keys', fingerprint: key.id });

export async function makeKey(keys: KeyService): Promise<void> {
  const { MakeKeyDialog } = await question(() => import('../../dialogs/make-key-dialog.ts'));
  const key = await Object.assign(new MakeKeyDialog(), { keys }).ask();
  if (!key) return;
  announce(`${key.name} is made.`);
  show(key);
}

export async function makeSuccessor(keys: KeyService, predecessor: KeyRecord): Promise<void> {
  const { MakeKeyDialog } = await question(() => import('../../dialogs/make-key-dialog.ts'));
  const products = productsOf(predecessor.id, keys.products.value ?? []);
  const key = await Object.assign(new MakeKeyDialog(), { keys, predecessor, products }).ask();
  if (!key) return;
  announce(`${key.name} is made and follows ${predecessor.name}.`);
  show(key);
}

/** @param file what was dropped, when nobody has to choose any more */
export async function importKey(keys: KeyService, file?: File): Promise<void> {
  const { ImportKeyDialog } = await question(() => import('../../dialogs/import-key-dialog.ts'));
  const key = await Object.assign(new ImportKeyDialog(), { keys, file }).ask();
  if (!key) return;
  announce(`${key.name} is in your key ring${key.status === 'revoked' ? ', and it is revoked' : ''}.`);
  show(key);
}

export async function backUp(keys: KeyService, key: KeyRecord): Promise<void> {
  const { BackupKeyDialog } = await question(() => import('../../dialogs/backup-key-dialog.ts'));
  const file = await Object.assign(new BackupKeyDialog(), { keys, key }).ask();
  if (!file) return;
  saveFile(file.blob, file.fileName);
  announce(`Saved as ${file.fileName}.`);
}

export async function editKey(keys: KeyService, key: KeyRecord): Promise<void> {
  const { EditKeyDialog } = await question(() => import('../../dialogs/edit-key-dialog.ts'));
  if (await Object.assign(new EditKeyDialog(), { keys, key }).ask()) announce('Saved.');
}

const END_WORDS = { retire: 'is retired', revoke: 'is revoked for good', delete: 'is deleted' } as const satisfies Record<KeyEnd, string>;

export async function endKey(keys: KeyService, key: KeyRecord, end: KeyEnd): Promise<void> {
  const { EndKeyDialog } = await question(() => import('../../dialogs/end-key-dialog.ts'));
  if (!(await Object.assign(new EndKeyDialog(), { keys, key, end }).ask())) return;
  announce(`${key.name} ${END_WORDS[end]}.`);
  if (end === 'delete') navigate({ view: 'keys' });
}

/** @param known products that the library and the devices speak of */
export async function trustKey(keys: KeyService, key: KeyRecord, known: readonly string[]): Promise<void> {
  const { ProductDialog } = await question(() => import('../../dialogs/product-dialog.ts'));
  const trusting = new Set(productsOf(key.id, keys.products.value ?? []));
  const product = await Object.assign(new ProductDialog(), { key, known: known.filter((name) => !trusting.has(name)) }).ask();
  if (product !== undefined) await pin(keys, product, key);
}

export async function trustForProduct(keys: KeyService, product: string): Promise<void> {
  const { TrustKeyDialog } = await question(() => import('../../dialogs/trust-key-dialog.ts'));
  const pinned = new Set(keys.products.value?.find((other) => other.product === product)?.keyIds);
  const open = (keys.records.value ?? []).filter((key) => canBeTrusted(key) && !pinned.has(key.id));
  const key = await Object.assign(new TrustKeyDialog(), { keys: open, product }).ask();
  if (key) await pin(keys, product, key);
}

async function pin(keys: KeyService, product: string, key: KeyRecord): Promise<void> {
  await keys.pin(product, key.id);
  announce(`${product} trusts ${key.name}.`);
}

export async function stopTrusting(keys: KeyService, product: string, key: { readonly id: string; readonly name: string }): Promise<void> {
  const isLast = keys.products.value?.find((other) => other.product === product)?.keyIds.length === 1;
  const record = keys.records.value?.find(({ id }) => id === key.id);
  const counts = record !== undefined && canBeTrusted(record);
  const { askConfirm } = await import('../../dialogs/confirm-dialog.ts');
  const rest = counts
    ? `Firmware that only ${key.name} signed counts as signed by a stranger then.`
    : 'It counts for nothing there already.';
  const text = isLast
    ? `It is the only key that ${product} names. Without one Otter holds its firmware against no key, and takes it unsigned again.`
    : rest;
  const title = counts ? `Shall ${product} stop trusting ${key.name}?` : `Remove ${key.name} from ${product}?`;
  if (!(await askConfirm({ title, text, confirm: counts ? 'Stop trusting it' : 'Remove it', isDestructive: true }))) return;
  await keys.unpin(product, key.id);
  announce(`${product} does not name ${key.name} any more.`);
}

export async function addSecret(keys: KeyService, way: 'make' | 'import'): Promise<void> {
  const { SecretDialog } = await question(() => import('../../dialogs/secret-dialog.ts'));
  const secret = await Object.assign(new SecretDialog(), { keys, way }).ask();
  if (secret) announce(`${secret.name} is kept in this browser.`);
}

export async function deleteSecret(
  keys: KeyService,
  { id, name, exportable }: { readonly id: string; readonly name: string; readonly exportable: boolean },
): Promise<void> {
  const { askConfirm } = await import('../../dialogs/confirm-dialog.ts');
  const text = exportable
    ? 'Devices that were built with it keep it. Without another copy nobody can encrypt for them any more, or prove who sends.'
    : 'Nothing can take it out before, so unless it is kept elsewhere it is gone, and devices that have it need a new one.';
  if (!(await askConfirm({ title: `Delete ${name}?`, text, confirm: 'Delete it', isDestructive: true }))) return;
  await keys.deleteSecret(id);
  announce(`${name} is deleted.`);
}

export async function saveKeysHeader(keys: KeyService, key?: KeyRecord): Promise<void> {
  const { KeysHeaderDialog } = await question(() => import('../../dialogs/keys-header-dialog.ts'));
  const file = await Object.assign(new KeysHeaderDialog(), { keys, key }).ask();
  if (!file) return;
  saveFile(file.blob, file.fileName);
  announce(`Saved as ${file.fileName}.`);
}
