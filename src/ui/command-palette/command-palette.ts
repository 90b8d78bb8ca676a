/**
 * Ctrl/⌘-K: find a place, a device, a firmware or an action by typing. A combobox with a listbox (ARIA APG), in a native dialog.
 * The chosen command runs after the dialog has closed, so that the focus is back where it was.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { AppServices } from '../../app/services.ts';
import { Modal } from '../dialogs/modal.ts';
import { icon } from '../elements/icons.ts';
import { formatMany } from '../format.ts';
import { findCommands, gatherCommands, type Command } from './commands.ts';

/** A thousand firmware records would make thousands of rows; nobody reads past a few dozen. */
const MOST_SHOWN = 60;

@customElement('ot-command-palette')
class CommandPalette extends Modal<Command> {
  @property({ attribute: false }) commands: readonly Command[] = [];
  @state() private query = '';
  @state() private at = 0;

  get #found(): readonly Command[] {
    return findCommands(this.commands, this.query).slice(0, MOST_SHOWN);
  }

  #onInput(event: Event): void {
    this.query = (event.target as HTMLInputElement).value;
    this.at = 0;
  }

  #onKey(event: KeyboardEvent): void {
    const last = this.#found.length - 1;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: this.at >= last ? 0 : this.at + 1,
      ArrowUp: this.at <= 0 ? last : this.at - 1,
      PageDown: Math.min(last, this.at + 8),
      PageUp: Math.max(0, this.at - 8),
    };
    if (event.key === 'Enter') {
      event.preventDefault();
      this.#choose(this.#found[this.at]);
    } else if (Object.hasOwn(moves, event.key) && last >= 0) {
      event.preventDefault();
      this.at = moves[event.key]!;
    }
  }

  #choose(command: Command | undefined): void {
    if (command) this.finish(command);
  }

  protected override updated(): void {
    this.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }

  protected override renderContent(): TemplateResult {
    const found = this.#found;
    return html`
      <h2 class="vh" id=${this.headingId}>Find or do</h2>
      <div class="finder">
        ${icon('search')}
        <input
          class="finder-input"
          type="text"
          role="combobox"
          autofocus
          aria-label="Find a device, a firmware, or an action"
          aria-expanded="true"
          aria-controls="finder-list"
          aria-autocomplete="list"
          aria-activedescendant=${found.length > 0 ? `finder-${this.at}` : nothing}
          autocomplete="off"
          spellcheck="false"
          placeholder="Find or do"
          .value=${this.query}
          @input=${this.#onInput}
          @keydown=${this.#onKey}
        />
        <button class="key key-small" type="button" @click=${() => this.finish()}>Close</button>
      </div>
      <ul class="finder-list" id="finder-list" role="listbox" aria-label="Results">
        ${found.map((command, index) => this.#renderOption(command, index))}
      </ul>
      <p class=${found.length > 0 ? 'vh' : 'quiet'} role="status">
        ${found.length > 0 ? formatMany(found.length, 'result') : `Nothing here is called “${this.query}”.`}
      </p>
    `;
  }

  #renderOption(command: Command, index: number): TemplateResult {
    return html`<li
      class="finder-option"
      id="finder-${index}"
      role="option"
      aria-selected=${index === this.at}
      @click=${() => this.#choose(command)}
      @pointermove=${() => (this.at = index)}
    >
      ${icon(command.icon)}<span>${command.label}</span><span class="finder-note">${command.note}</span>
    </li>`;
  }
}

let isGathering = false;

const isDialogOpen = (): boolean => document.querySelector('dialog[open]') !== null;

/** Opens the palette unless a dialog is open, and runs what was chosen. */
export async function openPalette(services: AppServices): Promise<void> {
  if (isGathering || isDialogOpen()) return;
  try {
    const command = await ask(services);
    await command?.run();
  } catch (error) {
    const { showProblem } = await import('../dialogs/problem-dialog.ts');
    await showProblem(error);
  }
}

async function ask(services: AppServices): Promise<Command | undefined> {
  const palette = document.createElement('ot-command-palette');
  isGathering = true;
  try {
    palette.commands = await gatherCommands(services);
  } finally {
    isGathering = false;
  }
  // Another dialog may have opened meanwhile.
  return isDialogOpen() ? undefined : palette.ask();
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-command-palette': CommandPalette;
  }
}
