/**
 * `<ot-version-question>`: asks a person which version a firmware is, when its bytes do not say it for sure. Arduino builds carry the
 * version of the core library where others carry their own.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { FirmwareRecord } from '../../../app/model.ts';
import type { LibraryService } from '../../../app/services.ts';
import type { FirmwareReport, ProposedVersion } from '../../../core/image/model.ts';
import { icon } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { errorLines } from '../../error-lines.ts';
import { announce } from '../../live-region.ts';

const FROM_WORDS = {
  descriptor: 'from the descriptor',
  'file-name': 'from the file name',
  strings: 'found in the code',
} as const satisfies Record<ProposedVersion['from'], string>;

@customElement('ot-version-question')
class VersionQuestion extends LightElement {
  @property({ attribute: false }) library!: LibraryService;
  @property({ attribute: false }) record!: FirmwareRecord;
  @property({ attribute: false }) report: FirmwareReport | undefined;
  @state() private busy = false;
  @state() private error: unknown;

  async #settle(version: string): Promise<void> {
    if (this.busy || version === '') return;
    this.busy = true;
    this.error = undefined;
    try {
      await this.library.edit(this.record.sha256, { version });
      announce(`It is version ${version}.`);
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    void this.#settle(this.querySelector('input')?.value.trim() ?? '');
  }

  override render() {
    const proposals = this.#proposals();
    return html`<section class="warn" aria-labelledby="which-version">
      ${icon('caution')}
      <form class="form" @submit=${this.#submit}>
        <h3 id="which-version">Which version is it?</h3>
        <p>The file does not say it for sure. Arduino builds, for example, carry the version of the core library instead of their own.</p>
        ${proposals.length > 0 ? this.#renderProposals(proposals) : nothing}
        <div class="field">
          <label for="true-version">Version</label>
          <div class="with-key">
            <input class="input num" id="true-version" maxlength="60" autocomplete="off" spellcheck="false" required />
            <button class="key" type="submit" aria-busy=${this.busy}>That is it</button>
          </div>
        </div>
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
      </form>
    </section>`;
  }

  #renderProposals(proposals: readonly ProposedVersion[]): TemplateResult {
    return html`<p class="keys">
      ${proposals.map(
        ({ version, from }) =>
          html`<button class="key key-small" type="button" @click=${() => this.#settle(version)}>
            <span class="num">${version}</span> <span class="quiet">${FROM_WORDS[from]}</span>
          </button>`,
      )}
    </p>`;
  }

  #proposals(): readonly ProposedVersion[] {
    const seen = new Set<string>();
    return (this.report?.proposedVersions ?? [])
      .filter(({ version }) => version !== '' && !seen.has(version) && seen.add(version))
      .slice(0, 4);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-version-question': VersionQuestion;
  }
}
