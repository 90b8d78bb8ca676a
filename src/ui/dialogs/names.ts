/** Two devices may carry one name, but nobody should give it twice without noticing. */
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../elements/icons.ts';

const plain = (name: string): string => name.trim().toLowerCase();

export const isNameTaken = (name: string, others: readonly string[]): boolean => others.some((other) => plain(other) === plain(name));

/** `bench-2`, `bench-3` …: the first that nobody has. The first board counts as number one. */
export function freeName(stem: string, others: readonly string[]): string {
  let number = 2;
  while (isNameTaken(`${stem}-${number}`, others)) number += 1;
  return `${stem}-${number}`;
}

/** Goes into a live region beside the field. */
export function nameHint(isTaken: boolean): TemplateResult | typeof nothing {
  return isTaken ? html`<p class="field-hint">${icon('caution')}Another device has this name already.</p>` : nothing;
}
