/**
 * `<ot-log-search>`: what is looked for in the log: words, the kind of act, days.
 * Properties: `query`. Events: `LogQueryEvent` with each change.
 */
import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { LogGroup } from '../../../core/trust/log-acts.ts';
import { icon } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { GROUP_WORDS } from './entry-words.ts';
import { WHOLE_LOG, type LogQuery } from './log-query.ts';

export class LogQueryEvent extends Event {
  static readonly type = 'ot-log-query';
  readonly query: LogQuery;

  constructor(query: LogQuery) {
    super(LogQueryEvent.type, { bubbles: true });
    this.query = query;
  }
}

const GROUPS = Object.entries(GROUP_WORDS) as readonly (readonly [LogGroup, { readonly name: string }])[];

@customElement('ot-log-search')
export class LogSearchElement extends LightElement {
  @property({ attribute: false }) query: LogQuery = WHOLE_LOG;

  #ask(change: Partial<LogQuery>): void {
    this.query = { ...this.query, ...change };
    this.dispatchEvent(new LogQueryEvent(this.query));
  }

  protected override render(): TemplateResult {
    const { text, group } = this.query;
    return html`<search class="search log-search">
      <label class="vh" for="log-text">Search the log</label>
      <span class="search-field"
        >${icon('search')}<input
          class="input"
          id="log-text"
          type="search"
          placeholder="Device, firmware, key, hash"
          autocomplete="off"
          spellcheck="false"
          .value=${text}
          @input=${(event: Event) => this.#ask({ text: (event.target as HTMLInputElement).value })}
      /></span>
      <label class="filter"
        ><span class="vh">Kind of act</span
        ><select
          class="input"
          @change=${(event: Event) => this.#ask({ group: (event.target as HTMLSelectElement).value as LogGroup | '' })}
        >
          <option value="" ?selected=${group === ''}>Every kind of act</option>
          ${GROUPS.map(([each, { name }]) => html`<option value=${each} ?selected=${each === group}>${name}</option>`)}
        </select></label
      >
      <span class="log-days">${this.#day('from', 'From')} ${this.#day('to', 'To')}</span>
    </search>`;
  }

  #day(bound: 'from' | 'to', words: string): TemplateResult {
    return html`<label class="filter log-day"
      ><span class="quiet">${words}</span
      ><input
        class="input"
        type="date"
        .value=${this.query[bound]}
        @change=${(event: Event) => this.#ask({ [bound]: (event.target as HTMLInputElement).value })}
    /></label>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-log-search': LogSearchElement;
  }
}
