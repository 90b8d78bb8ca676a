/** “Are you sure?”, asked so that it can be answered: what will happen, what stays, and a key that names the deed. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Modal } from './modal.ts';
import { isNameTaken, nameHint } from './names.ts';

interface Confirmation {
  readonly title: string;
  readonly text: string;
  /** Names the deed: `Reset esp32-ota`, never `OK`. */
  readonly confirm: string;
  /** Something is lost for good: the key is red and the focus starts on Cancel. */
  readonly isDestructive?: boolean;
}

@customElement('ot-confirm-dialog')
class ConfirmDialog extends Modal<true> {
  @property({ attribute: false }) confirmation!: Confirmation;

  protected override renderContent(): TemplateResult {
    const { title, text, confirm, isDestructive = false } = this.confirmation;
    return html`
      <h2 id=${this.headingId}>${title}</h2>
      <p>${text}</p>
      <p class="keys keys-end">
        <button class="key" type="button" ?autofocus=${isDestructive} @click=${() => this.finish()}>Cancel</button>
        <button class=${isDestructive ? 'key key-stop' : 'key key-go'} type="button" @click=${() => this.finish(true)}>${confirm}</button>
      </p>
    `;
  }
}

export async function askConfirm(confirmation: Confirmation): Promise<boolean> {
  const dialog = document.createElement('ot-confirm-dialog');
  dialog.confirmation = confirmation;
  return (await dialog.ask()) === true;
}

interface NameQuestion {
  readonly title: string;
  readonly label: string;
  readonly value: string;
  readonly confirm: string;
  readonly maxLength: number;
  /** Names that others have; one of them is taken all the same, but not unnoticed. */
  readonly others?: readonly string[];
}

@customElement('ot-name-dialog')
class NameDialog extends Modal<string> {
  @property({ attribute: false }) question!: NameQuestion;
  @state() private isTaken = false;

  #onInput(event: InputEvent): void {
    this.isTaken = isNameTaken((event.target as HTMLInputElement).value, this.question.others ?? []);
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const value = this.querySelector('input')?.value.trim();
    if (value) this.finish(value);
  }

  protected override renderContent(): TemplateResult {
    const { title, label, value, confirm, maxLength } = this.question;
    return html`
      <h2 id=${this.headingId}>${title}</h2>
      <form class="form" @submit=${this.#submit}>
        <div class="field">
          <label for="name-value">${label}</label>
          <input
            class="input"
            id="name-value"
            required
            autofocus
            autocomplete="off"
            maxlength=${maxLength || nothing}
            .value=${value}
            @input=${this.#onInput}
          />
          <div aria-live="polite">${nameHint(this.isTaken)}</div>
        </div>
        <p class="keys keys-end">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button class="key key-go" type="submit">${confirm}</button>
        </p>
      </form>
    `;
  }
}

/** `undefined` when dismissed or unchanged. */
export async function askName(question: NameQuestion): Promise<string | undefined> {
  const dialog = document.createElement('ot-name-dialog');
  dialog.question = question;
  const name = await dialog.ask();
  return name === question.value ? undefined : name;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-confirm-dialog': ConfirmDialog;
    'ot-name-dialog': NameDialog;
  }
}
