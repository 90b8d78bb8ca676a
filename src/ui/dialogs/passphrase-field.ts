/** A field for something that nobody should read over a shoulder, with a key that shows it all the same. */
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../elements/icons.ts';

interface SecretField {
  readonly id: string;
  readonly autocomplete: 'off' | 'new-password';
  readonly faultId?: string;
}

function toggle(event: Event): void {
  const key = event.currentTarget as HTMLButtonElement;
  const field = key.parentElement?.querySelector('input');
  if (!field) return;
  const isShown = field.type === 'password';
  field.type = isShown ? 'text' : 'password';
  key.setAttribute('aria-pressed', String(isShown));
}

export function secretField({ id, autocomplete, faultId }: SecretField): TemplateResult {
  return html`<div class="with-key">
    <input
      class="input"
      type="password"
      id=${id}
      name=${id}
      autocomplete=${autocomplete}
      autocapitalize="off"
      spellcheck="false"
      aria-invalid=${faultId ? 'true' : nothing}
      aria-describedby=${faultId ?? nothing}
    />
    <button class="key" type="button" aria-label="Show what is typed" aria-pressed="false" @click=${toggle}>${icon('eye')}</button>
  </div>`;
}
