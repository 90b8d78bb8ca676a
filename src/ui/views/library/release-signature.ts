/**
 * `<ot-release-signature>`: who stands behind a firmware: the one status, every signature of it, and what can be done: sign, attach a `.sig`,
 * save one, trust its key.
 *
 * Properties: `services`, `record`, `judged` (undefined while that is being found out).
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { FirmwareRecord } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import type { FirmwareTrust, StoredSignature } from '../../../app/trust/model.ts';
import type { TrustServices } from '../../../app/trust/services.ts';
import { keyName } from '../../../core/trust/fingerprint.ts';
import type { SignatureFinding } from '../../../core/trust/firmware-signature.ts';
import type { JudgedFirmware } from '../../controllers/firmware-trust.ts';
import { SignFirmwareDialog } from '../../dialogs/sign-firmware-dialog.ts';
import { TrustSignerDialog } from '../../dialogs/trust-signer-dialog.ts';
import { icon } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { errorLines } from '../../error-lines.ts';
import { chooseFiles } from '../../files-event.ts';
import { announce } from '../../live-region.ts';
import { saveFile } from '../../save-file.ts';
import { STATUS_WORDS, signatureSentence, whyWords } from '../../signature-words.ts';
import { signatureRow, type SignatureDeeds } from './signature-row.ts';

const SIGNATURE_FILES = '.sig,.b64,.sign,.signature,application/octet-stream,text/plain';

type ValidFinding = Extract<SignatureFinding, { readonly verdict: 'valid' }>;

/** Of the one that came, not of all of them. */
function attachedWords({ findings, signature }: FirmwareTrust): string {
  const finding = findings.at(-1);
  if (finding?.verdict === 'valid')
    return signature.status === 'trusted' ? 'Attached: it is valid.' : 'Attached: it is valid, by a key that is not trusted.';
  return `Attached, but ${finding ? whyWords(finding.reason) : 'nothing is known of it'}.`;
}

@customElement('ot-release-signature')
export class ReleaseSignature extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) record!: FirmwareRecord;
  @property({ attribute: false }) judged: JudgedFirmware | undefined;
  @state() private isBusy = false;
  @state() private error: unknown;

  /** One deed at a time; `work` gives what is said when it is done. */
  async #do(work: (trust: TrustServices) => Promise<string | undefined>): Promise<void> {
    if (this.isBusy || !this.services.trust) return;
    this.isBusy = true;
    this.error = undefined;
    try {
      const said = await work(await this.services.trust());
      if (said) announce(said);
    } catch (error) {
      this.error = error;
    } finally {
      this.isBusy = false;
    }
  }

  readonly #sign = (): Promise<void> =>
    this.#do(async ({ keys, signatures }) => {
      await keys.load();
      const dialog = new SignFirmwareDialog();
      dialog.keys = keys.records.value ?? [];
      dialog.product = this.judged?.trust.product ?? '';
      dialog.trusted = new Set(this.judged?.keys.filter(({ trusted }) => trusted).map(({ fingerprint }) => fingerprint));
      const keyId = await dialog.ask();
      return keyId && `${signatureSentence(await signatures.sign(this.record.sha256, keyId))}.`;
    });

  readonly #attach = (): Promise<void> =>
    this.#do(async ({ signatures }) => {
      const [file] = await chooseFiles({ accept: SIGNATURE_FILES, multiple: false });
      return file && attachedWords(await signatures.attach(this.record.sha256, file, file.name));
    });

  readonly #deeds: SignatureDeeds = {
    save: (index, form) =>
      void this.#do(async ({ signatures }) => {
        const { blob, fileName } = await signatures.save(this.record.sha256, index, form);
        saveFile(blob, fileName);
        return `Saved as ${fileName}.`;
      }),
    remove: (index) =>
      void this.#do(async ({ signatures }) => {
        const { askConfirm } = await import('../../dialogs/confirm-dialog.ts');
        const isMeant = await askConfirm({
          title: 'Remove this signature?',
          text: 'The firmware stays. Without a copy of the signature, only its key can make it again.',
          confirm: 'Remove signature',
          isDestructive: true,
        });
        return isMeant ? `Removed. ${signatureSentence(await signatures.remove(this.record.sha256, index))}.` : undefined;
      }),
    trust: (finding) => void this.#do((trust) => this.#trust(trust, finding)),
  };

  async #trust({ keys, signatures }: TrustServices, { fingerprint, publicKey }: ValidFinding): Promise<string | undefined> {
    const { product } = this.judged?.trust ?? (await signatures.trust(this.record.sha256));
    const dialog = new TrustSignerDialog();
    dialog.fingerprint = fingerprint;
    dialog.algorithm = keyName(publicKey);
    dialog.product = product;
    dialog.name = this.judged?.keys.find((key) => key.fingerprint === fingerprint)?.name ?? '';
    const answer = await dialog.ask();
    if (!answer) return undefined;
    if (!dialog.name) await keys.importPublic(publicKey.spki, { name: answer.name, purpose: '' });
    await keys.pin(product, fingerprint);
    return `${signatureSentence(await signatures.trust(this.record.sha256))}.`;
  }

  override render() {
    if (!this.services.trust) return nothing;
    return html`<section aria-labelledby="signature">
      <h3 id="signature">Signature</h3>
      ${this.judged ? this.#renderVerdict(this.judged) : html`<p class="quiet">Looking at its signatures…</p>`}
      <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
      <p class="keys">
        <button class="key" type="button" aria-haspopup="dialog" aria-busy=${this.isBusy} @click=${this.#sign}>
          ${icon('signed')}Sign
        </button>
        <button class="key" type="button" @click=${this.#attach}>${icon('plus')}Attach .sig</button>
      </p>
    </section>`;
  }

  #renderVerdict({ trust, keys }: JudgedFirmware): TemplateResult {
    const { icon: name, sign } = STATUS_WORDS[trust.signature.status];
    const { findings, signatures } = trust;
    const inside = findings.length - signatures.length;
    const besideOf = (index: number): (StoredSignature & { readonly index: number }) | undefined => {
      const signature = signatures[index - inside];
      return signature && { ...signature, index: index - inside };
    };
    return html`<p class="sign" data-sign=${sign === 'ok' ? nothing : sign}>${icon(name)}<b>${signatureSentence(trust)}.</b></p>
      ${
        findings.length === 0
          ? nothing
          : html`<dl class="checks rows">
              ${findings.map((finding, index) =>
                signatureRow(finding, { product: trust.product, keys, beside: besideOf(index), deeds: this.#deeds }),
              )}
            </dl>`
      }`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-release-signature': ReleaseSignature;
  }
}
