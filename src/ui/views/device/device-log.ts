/** What the device says on its log: read every few seconds while someone is signed in and the page is visible. */
import { html, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { DeviceSession } from '../../../app/services.ts';
import { plainText } from '../../../core/plain-text.ts';
import { Observe } from '../../controllers/observe.ts';
import '../../elements/log.ts';
import type { LogLine } from '../../elements/log.ts';
import { LightElement } from '../../elements/light-element.ts';
import { icon } from '../../elements/icons.ts';

const READ_EVERY_MS = 3_000;

/** ESP-IDF colours its lines for terminals (`CONFIG_LOG_COLORS`). */
// oxlint-disable-next-line no-control-regex -- an escape sequence begins with one
const TERMINAL_COLOURS = /\u001b\[[\d;]*m/g;
/** ESP-IDF logs: `E (1234) tag: text`; its level and its clock are kept, the rest stays as it is. */
const IDF_LINE = /^([EWIDV]) \((\d+)\) (.*)$/;

export function parseLog(text: string): readonly LogLine[] {
  const lines = plainText(text.replaceAll(TERMINAL_COLOURS, '')).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line): LogLine => {
    const [, level, clock, rest] = IDF_LINE.exec(line) ?? [];
    if (level === undefined || rest === undefined) return { text: line };
    const base = { atMs: Number(clock), who: level === 'E' ? 'error' : level === 'W' ? 'warning' : 'device', text: rest };
    return level === 'E' ? { ...base, level: 'fault' } : level === 'W' ? { ...base, level: 'now' } : base;
  });
}

@customElement('ot-device-log')
class DeviceLog extends LightElement {
  @property({ attribute: false }) session: DeviceSession | undefined;
  @state() private text: string | undefined;
  @state() private isLost = false;

  readonly #device = new Observe(this, () => this.session?.state);
  #timer: ReturnType<typeof setInterval> | undefined;
  #isReading = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => (document.hidden ? undefined : void this.#read()), READ_EVERY_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  get #isSignedIn(): boolean {
    const { auth, dialect } = this.#device.value ?? {};
    return auth?.state === 'signed-in' && dialect !== 's1';
  }

  protected override updated(): void {
    if (this.text === undefined && !this.isLost && this.#isSignedIn) void this.#read();
  }

  async #read(): Promise<void> {
    const { session } = this;
    if (!session || !this.#isSignedIn || this.#isReading || this.#device.value?.link !== 'online') return;
    this.#isReading = true;
    try {
      this.text = await session.log();
      this.isLost = false;
    } catch {
      // The device restarts, or its session ended: the page already says so, and the next round tries again.
      this.isLost = true;
    } finally {
      this.#isReading = false;
    }
  }

  override render() {
    if (this.#device.value?.dialect === 's1') return this.#renderNone();
    if (this.#isSignedIn || this.text !== undefined) return this.#renderLog(parseLog(this.text ?? ''));
    return html`<section class="sheet" aria-labelledby="device-log">
      <div class="row-head"><h2 id="device-log">Device log</h2></div>
      <p class="facts">
        <span>It is read once you are signed in.</span>
        <button class="key key-small" type="button" ?disabled=${!this.session} @click=${this.#signIn}>
          ${icon('lock')}Sign in to read it
        </button>
      </p>
    </section>`;
  }

  #renderNone(): TemplateResult {
    return html`<section class="sheet" aria-labelledby="device-log">
      <div class="row-head"><h2 id="device-log">Device log</h2></div>
      <p class="quiet">This device has no log that could be read from here.</p>
    </section>`;
  }

  async #signIn(): Promise<void> {
    const { session } = this;
    if (!session) return;
    // Also before the device answered for the first time: signing in asks it.
    const { askSignIn } = await import('../../dialogs/sign-in-dialog.ts');
    await askSignIn(session);
  }

  #renderLog(lines: readonly LogLine[]): TemplateResult {
    // Not live: a console that speaks every line would drown everything else.
    return html`<section class="sheet sheet-log" aria-label="Device log">
      <ot-log .lines=${lines} .heading=${'Device log'} .live=${true}></ot-log>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-device-log': DeviceLog;
  }
}
