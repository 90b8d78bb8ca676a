/**
 * `<ot-log>`: what was said, on listing paper. Shows the last lines only, copies all of them; stays at the end while its reader is there.
 *
 * Properties: `lines`, `heading` (the visible title; `headingLevel` 2 or 3), `live` (true while bytes flow: nothing is announced then),
 * `label` (name of the region, by default the heading). ARIA: `role="log"`, focusable. No events; copying needs no one else.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { icon } from './icons.ts';
import { LightElement } from './light-element.ts';

/** A `JobLine`, or a line of a device that knows no clock. */
export interface LogLine {
  readonly atMs?: number;
  readonly who?: string;
  readonly text: string;
  readonly level?: 'now' | 'fault';
}

/** A long console must not make a long DOM. */
export const SHOWN_LINES = 400;
/** Within this distance of the end a reader follows the log. */
const FOLLOW_PX = 24;

@customElement('ot-log')
export class LogElement extends LightElement {
  @property({ attribute: false }) lines: readonly LogLine[] = [];
  @property() heading = 'Log';
  @property({ type: Number }) headingLevel: 2 | 3 = 2;
  @property({ type: Boolean }) live = false;
  @property() label = '';
  @state() private copied: 'no' | 'yes' | 'failed' = 'no';

  #follows = true;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('lines')) return;
    this.copied = 'no';
    const log = this.querySelector('.log');
    this.#follows = !log || log.scrollHeight - log.scrollTop - log.clientHeight < FOLLOW_PX;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('lines') || !this.#follows) return;
    const log = this.querySelector('.log');
    if (log) log.scrollTop = log.scrollHeight;
  }

  protected override render(): TemplateResult {
    const hidden = Math.max(0, this.lines.length - SHOWN_LINES);
    return html`<div class="row-head">
        ${this.headingLevel === 3 ? html`<h3>${this.heading}</h3>` : html`<h2>${this.heading}</h2>`}
        <button class="link-key small" type="button" ?disabled=${this.lines.length === 0} @click=${this.#copy}>
          ${icon(this.copied === 'yes' ? 'check' : 'copy')}${COPY_WORDS[this.copied]}
        </button>
      </div>
      <div class="log" role="log" aria-live=${this.live ? 'off' : 'polite'} tabindex="0" aria-label=${this.label || this.heading}>
        ${hidden > 0 ? html`<p class="log-cut">${hidden} earlier lines are in the copy</p>` : nothing}
        ${
          this.lines.length === 0
            ? html`<p class="log-cut">Nothing was said yet.</p>`
            : html`<ol>
                ${this.lines.slice(hidden).map(line)}
              </ol>`
        }
      </div>`;
  }

  readonly #copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(this.lines.map(lineText).join('\n'));
      this.copied = 'yes';
    } catch {
      // The browser may refuse the clipboard; the lines can still be selected by hand, and the key says so.
      this.copied = 'failed';
    }
  };
}

const COPY_WORDS = { no: 'Copy', yes: 'Copied', failed: 'Not allowed, select by hand' } as const;

function clock(atMs: number | undefined): string {
  return atMs === undefined ? '' : (atMs / 1000).toFixed(3);
}

/** A whole SHA-256 takes lines of its own; the copy has it. */
const shortHashes = (text: string): string => text.replaceAll(/\b([0-9a-f]{8})[0-9a-f]{48}([0-9a-f]{8})\b/g, '$1…$2');

function line({ atMs, who, text, level }: LogLine): TemplateResult {
  return html`<li>
    <time>${clock(atMs)}</time><span class="who">${who ?? ''}</span
    ><span class="said" data-level=${level ?? nothing}>${shortHashes(text)}</span>
  </li>`;
}

function lineText({ atMs, who, text }: LogLine): string {
  return [clock(atMs), who, text].filter(Boolean).join('\t');
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-log': LogElement;
  }
}
