/** One signature of a firmware: what it turned out to be, by whose key, and what can be done about it. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { CheckVerdict } from '../../../app/model.ts';
import type { StoredSignature } from '../../../app/trust/model.ts';
import type { KnownKey, SignatureFinding, SignatureSource } from '../../../core/trust/firmware-signature.ts';
import { keyName } from '../../../core/trust/fingerprint.ts';
import { isWeak } from '../../../core/trust/key-strength.ts';
import { hash, icon, type IconName } from '../../elements/icons.ts';
import { formatMoment, shortName } from '../../format.ts';
import { keyWords, productWords, shortFingerprint, sourceWords, whyWords } from '../../signature-words.ts';

type ValidFinding = Extract<SignatureFinding, { readonly verdict: 'valid' }>;

export interface SignatureDeeds {
  readonly save: (index: number, form: 'raw' | 'base64') => void;
  readonly remove: (index: number) => void;
  readonly trust: (finding: ValidFinding) => void;
}

interface Row {
  readonly product: string;
  readonly keys: readonly KnownKey[];
  /** Absent: it stands in the image, and nothing takes it from there. */
  readonly beside: (StoredSignature & { readonly index: number }) | undefined;
  readonly deeds: SignatureDeeds;
}

const ICONS = { pass: 'check', note: 'info', warn: 'caution', block: 'cross' } as const satisfies Record<CheckVerdict, IconName>;

interface Words {
  readonly verdict: CheckVerdict;
  readonly words: string;
  readonly detail: string;
}

function wordsOf(finding: SignatureFinding, product: string, key: KnownKey | undefined): Words {
  if (finding.verdict === 'invalid') {
    return {
      verdict: 'block',
      words: 'Wrong',
      detail: `${whyWords(finding.reason)}${finding.fingerprint ? ', though it says that it is by this key' : ''}`,
    };
  }
  if (finding.verdict === 'cannot-check') return { verdict: 'note', words: 'Cannot be checked', detail: whyWords(finding.reason) };
  const { publicKey } = finding;
  if (key?.status === 'revoked') return { verdict: 'warn', words: 'Valid', detail: 'but this key was revoked, so it may be anybody’s' };
  if (isWeak(publicKey)) return { verdict: 'note', words: 'Valid', detail: `but ${keyName(publicKey)} is too short to be trusted` };
  if (key?.trusted) return { verdict: 'pass', words: 'Valid', detail: `${productWords(product)} trusts this key` };
  return {
    verdict: 'note',
    words: 'Valid',
    detail: key ? `${productWords(product)} does not trust this key` : 'this key is not in the key ring',
  };
}

/** Whose it is, as far as anybody knows. */
function titleOf({ fingerprint }: SignatureFinding, key: KnownKey | undefined): string {
  if (key) return keyWords(key.name);
  return fingerprint ? `Key ${shortFingerprint(fingerprint)}` : 'Of no known key';
}

export function signatureRow(finding: SignatureFinding, { product, keys, beside, deeds }: Row): TemplateResult {
  const key = keys.find(({ fingerprint }) => fingerprint === finding.fingerprint);
  const { verdict, words, detail } = wordsOf(finding, product, key);
  const source = finding.source;
  const digest = source?.form === 'secure-boot' ? source.keyDigest : undefined;
  const canTrust = finding.verdict === 'valid' && key?.status !== 'revoked' && key?.trusted !== true && !isWeak(finding.publicKey);
  return html`<div class="check" data-verdict=${verdict}>
    ${icon(ICONS[verdict])}
    <dt>${titleOf(finding, key)}</dt>
    <dd>
      <b>${words}:</b> ${detail}. ${madeWords(source, beside)}
      ${digest ? html`<div class="small">Key digest ${hash(digest, 'Key digest, SHA-256')}</div>` : nothing}
      ${beside || canTrust ? html`<p class="keys">${canTrust ? trustKey(finding, deeds, product) : nothing} ${beside ? besideKeys(beside.index, deeds) : nothing}</p>` : nothing}
    </dd>
  </div>`;
}

function madeWords(source: SignatureSource | undefined, beside: StoredSignature | undefined): string {
  const from = beside && (beside.fileName ? `from ${shortName(beside.fileName)}` : 'made here');
  const words = [sourceWords(source), from && `${from} ${formatMoment(beside.addedAt)}`].filter(Boolean).join(', ');
  return words && `${beside ? 'Beside the file' : 'In the image'}: ${words}.`;
}

function trustKey(finding: ValidFinding, { trust }: SignatureDeeds, product: string): TemplateResult {
  return html`<button class="key key-small" type="button" aria-haspopup="dialog" @click=${() => trust(finding)}>
    Trust this key for ${productWords(product)}
  </button>`;
}

function besideKeys(index: number, { save, remove }: SignatureDeeds): TemplateResult {
  return html`<button class="key key-small" type="button" @click=${() => save(index, 'raw')}>Save .sig</button>
    <button class="key key-small" type="button" @click=${() => save(index, 'base64')}>Save .sig.b64</button>
    <button class="key key-small" type="button" aria-haspopup="dialog" @click=${() => remove(index)}>Remove</button>`;
}
