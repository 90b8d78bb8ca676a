/**
 * `<ot-log-proof>`: what holds the log together. Verifies the chain, draws it, names the first broken link; signs its head where there is a key
 * for it, and hands out the page that verifies an exported file without Otter.
 *
 * Properties: `log`, `entries` (how many there are), `signers`. `verify()` is called by the page's own key.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { OpenLog } from '../../../app/services.ts';
import { isAbort } from '../../../app/errors.ts';
import type { LogSigner } from '../../../app/trust/audit-log.ts';
import type { SignedHead } from '../../../core/trust/log-head.ts';
import type { ChainVerdict } from '../../../core/trust/log-verify.ts';
import { breakWords } from '../../broken-link-words.ts';
import { hash, icon } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { WidthController } from '../../elements/width-controller.ts';
import { errorLines } from '../../error-lines.ts';
import { formatCount, formatMany } from '../../format.ts';
import { announce } from '../../live-region.ts';
import { saveFile } from '../../save-file.ts';
import { chainDrawing } from './chain-drawing.ts';

export const VERIFIER = 'verify-log.html';

type Proof =
  | { readonly at: 'nothing' }
  | { readonly at: 'looking'; readonly done: number }
  | { readonly at: 'found'; readonly verdict: ChainVerdict }
  | { readonly at: 'failed'; readonly error: unknown };

@customElement('ot-log-proof')
export class LogProofElement extends LightElement {
  @property({ attribute: false }) log: OpenLog | undefined;
  @property({ type: Number }) entries = 0;
  /** Keys of the ring that may sign a head. */
  @property({ attribute: false }) signers: readonly LogSigner[] = [];
  @state() private proof: Proof = { at: 'nothing' };
  @state() private signed: SignedHead | undefined;

  readonly #width = new WidthController(this, { target: () => this.querySelector('.mat-inner') });
  #stop = new AbortController();

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop.abort();
    if (this.proof.at === 'looking') this.proof = { at: 'nothing' };
  }

  get isLooking(): boolean {
    return this.proof.at === 'looking';
  }

  async verify(): Promise<void> {
    if (!this.log || this.isLooking) return;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.proof = { at: 'looking', done: 0 };
    try {
      const verdict = await this.log.verify({ signal, onProgress: (done) => (this.proof = { at: 'looking', done }) });
      this.proof = { at: 'found', verdict };
      announce(verdict.broken ? `${breakWords(verdict.broken).title}.` : 'The chain is whole.');
    } catch (error) {
      if (!isAbort(error)) this.proof = { at: 'failed', error };
    }
  }

  protected override render(): TemplateResult {
    return html`<section class="mat log-mat" aria-labelledby="proof">
      <div class="mat-inner">
        <div class="log-proof-words" role="status">${this.#renderWords()}</div>
        ${this.entries > 0 ? this.#renderChain() : nothing} ${this.#renderFoot()}
      </div>
    </section>`;
  }

  #renderWords(): TemplateResult {
    const { proof } = this;
    switch (proof.at) {
      case 'nothing':
        return html`<h2 id="proof">Not verified since you came</h2>
          <p class="quiet">Each entry carries the hash of the one before it: whoever changes one breaks all that follow.</p>`;
      case 'looking':
        return html`<h2 id="proof">Following the chain</h2>
          <p class="quiet">
            <span class="num">${formatCount(proof.done)}</span> of <span class="num">${formatCount(this.entries)}</span>
          </p>`;
      case 'failed':
        return html`<h2 id="proof">The chain could not be followed</h2>
          ${errorLines(proof.error)}`;
      case 'found':
        return proof.verdict.broken ? broken(proof.verdict) : whole(proof.verdict, this.entries - proof.verdict.entries);
    }
  }

  #renderChain(): TemplateResult {
    const { proof, entries } = this;
    const verdict = proof.at === 'found' ? proof.verdict : undefined;
    const proven = proof.at === 'looking' ? proof.done : (verdict?.entries ?? 0);
    // What came since was not looked at, and one link would stand for it and for what was.
    const shown = verdict && !verdict.broken ? verdict.entries : Math.max(entries, verdict?.broken?.seq ?? 0);
    return chainDrawing({ entries: shown, proven, broken: verdict?.broken?.seq, px: this.#width.px });
  }

  #renderFoot(): TemplateResult {
    return html`<p class="log-foot">
      ${this.signers.length > 0 ? this.#renderSigners() : nothing}
      <a class="link-key" href=${VERIFIER} target="_blank" rel="noopener">${icon('check')}Verify an exported file</a>
      <a class="link-key" href=${VERIFIER} download=${VERIFIER}>${icon('save')}Save the verifier</a>
      <span class="quiet">One page that needs nothing else, to keep beside the file.</span>
    </p>`;
  }

  #renderSigners(): TemplateResult {
    return html`<span class="log-sign">
      <label class="vh" for="log-signer">Key</label>
      <select class="input" id="log-signer">
        ${this.signers.map(({ kid, name }) => html`<option value=${kid}>${name}</option>`)}
      </select>
      <button class="key key-small" type="button" ?disabled=${this.entries === 0} @click=${this.#sign}>
        ${icon('signed')}Sign the head
      </button>
      ${this.signed ? html`<span class="quiet">Entry ${this.signed.seq} is signed; the file is for whoever should be able to tell.</span>` : nothing}
    </span>`;
  }

  readonly #sign = async (): Promise<void> => {
    const kid = this.querySelector<HTMLSelectElement>('#log-signer')?.value;
    const signer = this.signers.find((each) => each.kid === kid);
    if (!signer || !this.log) return;
    try {
      this.signed = await this.log.sign(signer);
      if (!this.signed) return;
      saveFile(new Blob([`${JSON.stringify(this.signed)}\n`], { type: 'application/json' }), `otter-log-head-${this.signed.seq}.json`);
      announce(`The log is signed up to entry ${this.signed.seq}.`);
    } catch (error) {
      this.proof = { at: 'failed', error };
    }
  };
}

function whole({ entries, head, signedHeads }: ChainVerdict, since: number): TemplateResult {
  if (entries === 0)
    return html`<h2 id="proof">Nothing to prove yet</h2>
      <p class="quiet">The log has no entry.</p>`;
  return html`<h2 id="proof">${icon('check', 'inline')} The chain is whole</h2>
    <p class="quiet">
      ${formatMany(entries, 'entry', 'entries')}, each follows the one before. Head
      ${hash(head.h, 'Hash of the last entry')}${signedHeads.length > 0 ? `, ${formatMany(signedHeads.length, 'signed head')} agree` : nothing}${since > 0 ? `. ${formatMany(since, 'entry', 'entries')} came since` : nothing}.
    </p>`;
}

function broken({ entries, broken }: ChainVerdict): TemplateResult {
  if (!broken) throw new TypeError('this chain is whole');
  const { title, why } = breakWords(broken);
  return html`<h2 id="proof" class="log-broken">${icon('cross', 'inline')} ${title}</h2>
    <p class="quiet">
      ${why} ${entries > 0 ? `Up to entry ${formatCount(entries)} the chain is whole.` : 'Nothing before it can be proven.'} What follows
      proves nothing.
    </p>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-log-proof': LogProofElement;
  }
}
