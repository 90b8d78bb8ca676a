/** Fields that several questions about keys share. Templates; whoever shows them reads them by their names. */
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../elements/icons.ts';

/** As long as the key ring takes them. */
const MOST_NAME = 64;
const MOST_PURPOSE = 256;

interface NamingFields {
  readonly name: string;
  readonly purpose: string;
  /** Empty: nothing is wrong. */
  readonly fault: string;
}

export const NAME_NEEDED = 'Give it a name, so that you can tell it from the others.';

export function namingFields({ name, purpose, fault }: NamingFields): TemplateResult {
  return html`<div class="field">
      <label for="key-name">Name</label>
      <input
        class="input"
        id="key-name"
        name="name"
        maxlength=${MOST_NAME}
        autocomplete="off"
        placeholder="Release 2026"
        .value=${name}
        aria-invalid=${fault ? 'true' : nothing}
        aria-describedby=${fault ? 'key-name-fault' : nothing}
      />
      ${fieldFault('key-name-fault', fault)}
    </div>
    <div class="field">
      <label for="key-purpose">Purpose <span class="quiet">(optional)</span></label>
      <input
        class="input"
        id="key-purpose"
        name="purpose"
        maxlength=${MOST_PURPOSE}
        autocomplete="off"
        placeholder="Signs what is shipped"
        .value=${purpose}
      />
    </div>`;
}

export const fieldFault = (id: string, fault: string): TemplateResult =>
  html`<div aria-live="polite">${fault ? html`<p class="field-fault" id=${id}>${icon('cross')}${fault}</p>` : nothing}</div>`;

/** Whether a private half, or a secret, may ever leave the browser: said once, at its beginning. */
export function exportableField({
  label,
  words,
  checked,
}: {
  readonly label: string;
  readonly words: string;
  readonly checked: boolean;
}): TemplateResult {
  return html`<div>
    <label class="tick"><input type="checkbox" name="exportable" aria-describedby="exportable-words" .checked=${checked} />${label}</label>
    <p class="quiet" id="exportable-words">${words}</p>
  </div>`;
}

export const BACKUP_WORDS =
  'Otherwise nothing takes its private half out of this browser: the safest way to keep it, but it is lost with the browser’s data. This cannot be changed later.';

export const textOf = (within: Element, name: string): string =>
  within.querySelector<HTMLInputElement | HTMLTextAreaElement>(`[name="${name}"]`)?.value.trim() ?? '';

export const isTicked = (within: Element, name: string): boolean =>
  within.querySelector<HTMLInputElement>(`[name="${name}"]`)?.checked ?? false;
