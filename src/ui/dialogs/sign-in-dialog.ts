/**
 * Signs in to one device: the password, the lock-out with its clock, and a new password where the device insists on one or somebody wants
 * to give it one.
 * Everything it has to say it says inside the dialog: the page behind is inert, its live region is not heard.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toProblem } from '../../app/errors.ts';
import type { DeviceState } from '../../app/model.ts';
import type { DeviceSession } from '../../app/services.ts';
import { Observe } from '../controllers/observe.ts';
import '../elements/board.ts';
import { icon } from '../elements/icons.ts';
import { wordsFor } from '../messages.ts';
import { Modal } from './modal.ts';
import { hasDeliveredPassword, passwordFaults, VIRTUAL_DEFAULT_PASSWORD } from './password-rule.ts';

interface SignInOptions {
  /** Names what follows: `Sign in and write`. */
  readonly confirm?: string;
}

@customElement('ot-sign-in-dialog')
class SignInDialog extends Modal<true> {
  @property({ attribute: false }) session!: DeviceSession;
  @property() confirm = 'Sign in';
  @state() private busy = false;
  @state() private fault = '';
  @state() private isShown = false;
  @property() step: 'password' | 'new-password' = 'password';
  @state() private secondsLeft = 0;

  readonly #device = new Observe(this, () => this.session.state);
  #clock: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#readClock();
    this.#clock = setInterval(() => this.#readClock(), 500);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  get #state(): DeviceState {
    return this.#device.value ?? this.session.state.value;
  }

  #readClock(): void {
    const { auth } = this.#state;
    this.secondsLeft = auth.state === 'locked-out' ? Math.max(0, Math.ceil((auth.until - Date.now()) / 1000)) : 0;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const { auth } = this.#state;
    if (auth.state === 'locked-out' && this.secondsLeft === 0) this.#readClock();
    if (this.step === 'password' && mustChange(this.#state)) this.step = 'new-password';
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    // Nothing can be typed while it is locked out: the way on is the way out.
    if (changed.has('secondsLeft') && this.secondsLeft > 0 && !changed.get('secondsLeft')) this.#cancel()?.focus();
    if (changed.has('step') && this.step === 'new-password') this.#input('new-password')?.focus();
  }

  #cancel(): HTMLElement | undefined {
    return this.querySelector<HTMLElement>('form .keys .key') ?? undefined;
  }

  #input(id: string): HTMLInputElement | undefined {
    return this.querySelector<HTMLInputElement>(`#${id}`) ?? undefined;
  }

  async #signIn(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const field = this.#input('password');
    if (this.busy || !field || this.secondsLeft > 0) return;
    await this.#try(async () => {
      await this.session.login(field.value);
      if (!mustChange(this.#state)) this.finish(true);
    }, field);
  }

  async #changePassword(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const field = this.#input('new-password');
    if (this.busy || !field) return;
    const [weakness] = passwordFaults(field.value);
    const again = this.#input('new-password-again')?.value;
    if (weakness || field.value !== again) {
      this.fault = weakness ?? 'The two are not the same.';
      field.focus();
      return;
    }
    await this.#try(async () => {
      await this.session.changePassword(field.value);
      this.finish(true);
    }, field);
  }

  /** Runs one request; a refusal is shown, read out, and the focus is back in the field. */
  async #try(request: () => Promise<void>, field: HTMLInputElement): Promise<void> {
    this.busy = true;
    this.fault = '';
    try {
      await request();
    } catch (error) {
      const problem = toProblem(error);
      const words = wordsFor(problem);
      this.#readClock();
      this.fault = problem.code === 'LOCKED_OUT' ? '' : `${words.title}. ${words.next}`;
      if (problem.code !== 'LOCKED_OUT') {
        field.focus();
        field.select();
      }
    } finally {
      this.busy = false;
    }
  }

  protected override renderContent(): TemplateResult {
    const { record } = this.#state;
    const isVirtual = record.kind === 'virtual';
    return html`
      <div class="dialog-head">
        <ot-board
          .door=${isVirtual ? 'virtual' : 'network'}
          .chipLabel=${this.#state.info?.chip ?? 'ESP32'}
          .lamp=${'off'}
          .label=${''}
        ></ot-board>
        <div>
          <h2 id=${this.headingId}>
            ${this.step === 'password' ? `${record.name} asks who you are` : `A new password for ${record.name}`}
          </h2>
          <p class="quiet num">${isVirtual ? 'in this browser' : record.baseUrl}</p>
        </div>
      </div>
      ${this.step === 'password' ? this.#renderPassword() : this.#renderNewPassword()}
    `;
  }

  #renderPassword(): TemplateResult {
    const { record } = this.#state;
    const isLocked = this.secondsLeft > 0;
    const known = hasDeliveredPassword(record) && !isLocked ? VIRTUAL_DEFAULT_PASSWORD : '';
    return html`<form class="form" novalidate @submit=${this.#signIn}>
      <div class="field">
        <label for="password">Password</label>
        ${this.#renderField('password', 'current-password', known)} ${this.#renderFault()}
      </div>
      ${
        known
          ? html`<p class="quiet">
              This board lives in your browser. A new one has the password <code>${VIRTUAL_DEFAULT_PASSWORD}</code>, filled in for you.
            </p>`
          : record.kind === 'virtual' && !isLocked
            ? html`<p class="quiet">
                Its password is the one you gave it. If it is lost, a factory reset in the menu of its page brings back
                <code>${VIRTUAL_DEFAULT_PASSWORD}</code>, and its first firmware.
              </p>`
            : nothing
      }
      ${
        record.baseUrl.startsWith('http:') && record.kind === 'network'
          ? html`<p class="warn">
              ${icon('caution')}<span
                ><b>Plain HTTP.</b> The password crosses your network once, readable;
                ${
                  this.#state.dialect === 's1'
                    ? 'this device keeps no session, so what is sent afterwards is not tied to it.'
                    : 'then a session stands in for it.'
                }
                Otter never stores the password.</span
              >
            </p>`
          : nothing
      }
      <p class="keys keys-end">
        <button class="key" type="button" ?autofocus=${isLocked} @click=${() => this.finish()}>Cancel</button>
        <button class="key key-go" type="submit" ?disabled=${isLocked} aria-busy=${this.busy ? 'true' : nothing}>${this.confirm}</button>
      </p>
    </form>`;
  }

  #renderNewPassword(): TemplateResult {
    return html`<form class="form" novalidate @submit=${this.#changePassword}>
      <p>
        ${mustChange(this.#state) ? 'This device takes no update while its password is the default one. ' : nothing}Choose your own; it is
        kept on the device only.
      </p>
      <div class="field">
        <label for="new-password">New password</label>
        ${this.#renderField('new-password', 'new-password', '')}
        <p class="quiet" id="password-rule">At least 8 characters, with a letter and a digit, and not the default one.</p>
        ${this.#renderFault()}
      </div>
      <div class="field">
        <label for="new-password-again">The same again</label>
        ${this.#renderField('new-password-again', 'new-password', '')}
      </div>
      <p class="keys keys-end">
        <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
        <button class="key key-go" type="submit" aria-busy=${this.busy ? 'true' : nothing}>Change password</button>
      </p>
    </form>`;
  }

  #renderField(id: string, autocomplete: 'current-password' | 'new-password', prefilled: string): TemplateResult {
    const isFaulty = this.fault !== '' && id !== 'new-password-again';
    const describedBy = [isFaulty || this.secondsLeft > 0 ? 'password-fault' : '', id === 'new-password' ? 'password-rule' : '']
      .filter(Boolean)
      .join(' ');
    return html`<div class="with-key">
      <input
        class="input"
        id=${id}
        name=${id}
        type=${this.isShown ? 'text' : 'password'}
        autocomplete=${autocomplete}
        autocapitalize="off"
        spellcheck="false"
        value=${prefilled}
        ?readonly=${id === 'password' && this.secondsLeft > 0}
        ?autofocus=${id !== 'new-password-again' && this.secondsLeft === 0}
        aria-invalid=${isFaulty ? 'true' : nothing}
        aria-describedby=${describedBy || nothing}
      />
      ${
        id === 'new-password-again'
          ? nothing
          : html`<button
              class="key"
              type="button"
              aria-label="Show password"
              aria-pressed=${this.isShown}
              @click=${() => (this.isShown = !this.isShown)}
            >
              ${icon('eye')}
            </button>`
      }
    </div>`;
  }

  #renderFault(): TemplateResult {
    const isLocked = this.secondsLeft > 0;
    return html`<div id="password-fault">
      <div role="alert">
        ${
          isLocked
            ? html`<p class="field-fault">
                ${icon('cross')}Five wrong passwords. The device takes none for a while, not even the right one.
              </p>`
            : this.fault
              ? html`<p class="field-fault">${icon('cross')}${this.fault}</p>`
              : nothing
        }
      </div>
      ${
        isLocked
          ? html`<p class="field-fault" role="timer" aria-live="off">Next try in <span class="num">${countdown(this.secondsLeft)}</span></p>
              ${this.#state.record.kind === 'virtual' ? html`<p class="quiet">On this virtual board a factory reset forgives at once; it is in the menu of its page.</p>` : nothing}`
          : nothing
      }
    </div>`;
  }
}

/** Some devices take updates with the default password; those only offer the change, they do not insist. */
export function mustChange(state: DeviceState): boolean {
  return state.auth.state === 'signed-in' && state.auth.mustChange && state.info?.accepts_default_password !== true;
}

const countdown = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

/** True once the device may be written to; false when the dialog was dismissed. */
export async function askSignIn(session: DeviceSession, options: SignInOptions = {}): Promise<boolean> {
  const { state } = session;
  if (state.value.auth.state === 'signed-in' && !mustChange(state.value)) return true;
  const dialog = document.createElement('ot-sign-in-dialog');
  dialog.session = session;
  if (options.confirm) dialog.confirm = options.confirm;
  return (await dialog.ask()) === true;
}

/** For someone who is signed in; true once the device took the new password. */
export async function askNewPassword(session: DeviceSession): Promise<boolean> {
  const dialog = document.createElement('ot-sign-in-dialog');
  dialog.session = session;
  dialog.step = 'new-password';
  return (await dialog.ask()) === true;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-sign-in-dialog': SignInDialog;
  }
}
