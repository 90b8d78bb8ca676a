/** `<ot-sign-for>`: a file that somebody sent to be signed: what it is, in words, who has signed it, and with which key of this browser to sign. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { KeyRecord } from '../../../app/trust/model.ts';
import type { EnvelopeReading, ForeignEnvelope } from '../../../app/trust/release-services.ts';
import { icon } from '../../elements/icons.ts';
import { chooseFiles } from '../../files-event.ts';
import { formatMany } from '../../format.ts';
import { announce } from '../../live-region.ts';
import { saveFile } from '../../save-file.ts';
import { onBrought, takeBrought } from './bring-set.ts';
import { contentName } from './draft-words.ts';
import { HOME, ReleasePage } from './page.ts';
import { askedBy, contentSheet, seatsOf, signingSheet } from './signing.ts';

@customElement('ot-sign-for')
class SignFor extends ReleasePage {
  @state() private envelope: ForeignEnvelope | undefined;
  /** Signed here since it was opened. */
  @state() private isSigned = false;
  #end: () => void = () => undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#end = onBrought(this.#takeBrought);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end();
  }

  protected override firstUpdated(): void {
    this.#takeBrought();
  }

  readonly #takeBrought = (): void => {
    const { envelope } = takeBrought() ?? {};
    if (envelope) void this.#open(envelope);
  };

  async #choose(): Promise<void> {
    const [file] = await chooseFiles({ accept: '.json,application/json', multiple: false });
    if (file) await this.#open(file);
  }

  async #open(file: File): Promise<void> {
    this.envelope = undefined;
    this.isSigned = false;
    await this.act('open', async () => {
      this.envelope = await this.trust.releases.readEnvelope(file, file.name);
      announce(`${contentName(this.envelope.content)} is open.`);
    });
  }

  async #sign({ id, name }: KeyRecord): Promise<void> {
    const { envelope } = this;
    if (!envelope) return;
    await this.act(id, async () => {
      this.envelope = await this.trust.releases.signEnvelope(envelope, id);
      this.isSigned = true;
      announce(`Signed by ${name}.`);
    });
  }

  #save({ bytes, fileName }: ForeignEnvelope): void {
    const name = fileName.replace(/(?:\.to-sign|\.signed)?\.json$/i, '') + '.signed.json';
    saveFile(new Blob([bytes], { type: 'application/json' }), name);
    announce(`Saved as ${name}.`);
  }

  override render() {
    const { envelope } = this;
    if (!envelope) return this.#renderStart();
    const [reading] = envelope.readings;
    return html`
      ${this.head(`${contentName(envelope.content)}: ${this.isSigned ? 'signed by you' : 'to be signed'}`, {
        back: HOME,
        lead: html`<span class="num">${envelope.fileName}</span>`,
        keys: this.isSigned
          ? html`<div class="keys">
              <button class="key key-go" type="button" @click=${() => this.#save(envelope)}>${icon('save')}Save what is signed</button>
            </div>`
          : undefined,
      })}
      ${this.errorPlace()} ${envelope.readings.map((each) => this.#renderReading(each, envelope.readings.length > 1))}
      <div class="two">
        ${contentSheet('What you would sign', envelope.content, reading?.line)}
        <div class="stack">${this.#renderKeys(envelope)} ${this.#renderWarning(envelope)}</div>
      </div>
    `;
  }

  #renderStart(): TemplateResult {
    return html`${this.head('Sign for somebody', {
        back: HOME,
        lead: 'Root files, releases and indexes can need the signatures of several people. Open what you were sent, and see what it is before you sign.',
      })}
      ${this.errorPlace()}
      <section class="sheet empty">
        <h2>Open the file</h2>
        <p class="quiet">It ends in .json and holds nothing secret. Dropping it here does the same.</p>
        <p class="keys">
          <button class="key key-go" type="button" aria-busy=${this.isDoing('open')} @click=${this.#choose}>
            ${icon('signed')}Choose the file
          </button>
        </p>
      </section>`;
  }

  #renderReading({ line, quorums }: EnvelopeReading, isOneOfSeveral: boolean): TemplateResult {
    return html`${isOneOfSeveral ? html`<h2>For ${line?.name}</h2>` : nothing} ${seatsOf(quorums, this.ownKeys)}`;
  }

  #renderKeys({ readings, signers }: ForeignEnvelope): TemplateResult {
    const asked = askedBy(readings.flatMap(({ quorums }) => quorums));
    return signingSheet({
      title: 'Sign with',
      able: this.ownKeys.filter(({ id }) => !signers.includes(id) && (readings.length === 0 || asked.has(id))),
      none: this.isSigned ? 'No other key of yours is asked for.' : 'No key of your key ring is asked for, or it has signed already.',
      isNext: !this.isSigned,
      isDoing: (id) => this.isDoing(id),
      sign: (key) => void this.#sign(key),
      note: html`<p class="quiet">
        ${signers.length === 0 ? 'Nobody has signed it yet.' : `${formatMany(signers.length, 'signature')} in the file.`}
      </p>`,
    });
  }

  #renderWarning({ content, readings }: ForeignEnvelope): TemplateResult | typeof nothing {
    if (readings.length > 0 && content.kind !== 'release') return nothing;
    return html`<section class="warn" aria-label="Before you sign">
      ${icon('caution')}
      <p>
        ${readings.length === 0 ? 'No publisher that you trust is known here, so nothing says whose keys are asked for. ' : ''}${
          content.kind === 'release'
            ? 'Your name stands behind this image. Compare its SHA-256 with one that you built, or that you were told by somebody you know.'
            : ''
        }
      </p>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-sign-for': SignFor;
  }
}
