/** The bench of a virtual board: what a hand could do to a real one. Link speed, faults to rehearse, power, factory state. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { BenchService, BenchSettings, DeviceSession } from '../../app/services.ts';
import { NO_FAULTS, armedFaults } from '../bench-faults.ts';
import { icon } from '../elements/icons.ts';
import { errorLines } from '../error-lines.ts';
import { announce } from '../live-region.ts';
import { cableFields, fuseFields, readCable } from './bench-cable.ts';
import { askConfirm } from './confirm-dialog.ts';
import { Modal } from './modal.ts';
import { buildFields, readBuild, type VirtualBuild } from './virtual-build.ts';

type NumberFault = 'cutAfterBytes' | 'flipBitAtByte' | 'failingSector' | 'powerCutAtOperation';
type Answer = 'saved' | 'rebuilt' | 'cleared' | 'boot-buttons' | 'power-cycle' | 'factory-reset';

const FAULTS: readonly { readonly name: NumberFault; readonly label: string; readonly help: string; readonly example: number }[] = [
  {
    name: 'cutAfterBytes',
    label: 'Cut the connection after this many bytes',
    help: 'As if the Wi-Fi went away in the middle.',
    example: 400_000,
  },
  { name: 'flipBitAtByte', label: 'Flip one bit of this byte on its way', help: 'Checksum and hash have to notice.', example: 123_456 },
  {
    name: 'failingSector',
    label: 'Let this sector of the slot fail',
    help: 'A worn-out place of the flash; the first sector is 1.',
    example: 40,
  },
  {
    name: 'powerCutAtOperation',
    label: 'Cut the power at this flash operation',
    help: 'Counted from now, once. The board starts again by itself.',
    example: 120,
  },
];

const SPEEDS: readonly { readonly bytesPerSecond: number; readonly label: string }[] = [
  { bytesPerSecond: 0, label: 'as fast as it goes' },
  { bytesPerSecond: 300_000, label: '300 KB/s, good Wi-Fi' },
  { bytesPerSecond: 75_000, label: '75 KB/s, ordinary Wi-Fi' },
  { bytesPerSecond: 20_000, label: '20 KB/s, far away' },
];

@customElement('ot-bench-dialog')
class BenchDialog extends Modal<Answer> {
  @property({ attribute: false }) bench!: BenchService;
  @property({ attribute: false }) device = { id: '', name: '' };
  @property({ attribute: false }) settings!: BenchSettings;
  @state() private error: unknown;
  @state() private busy = false;

  async #save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const build = readBuild(form);
    const isOther = build.chip !== this.settings.chip || build.flashSizeMb !== this.settings.flashSizeMb;
    if (isOther && !(await this.#isSureOf(build))) return;
    const change = { ...this.#readForm(form), ...(isOther && build) };
    await this.#do(() => this.bench.write(this.device.id, change), isOther ? 'rebuilt' : 'saved');
  }

  #isSureOf({ chip, flashSizeMb }: VirtualBuild): Promise<boolean> {
    return askConfirm({
      title: `Build ${this.device.name} anew?`,
      text: `With an ${chip} and ${flashSizeMb} MB of flash it is another board, as it is delivered: what lies in its flash, its settings and its password go. Its name, your library and the history stay.`,
      confirm: `Build it with an ${chip}`,
      isDestructive: true,
    });
  }

  #readForm(form: FormData): Partial<BenchSettings> {
    const number = (name: string) => Math.max(0, Math.trunc(Number(form.get(name) || 0)) || 0);
    return {
      bytesPerSecond: number('bytesPerSecond'),
      cutAfterBytes: number('cutAfterBytes'),
      flipBitAtByte: number('flipBitAtByte'),
      failingSector: number('failingSector'),
      powerCutAtOperation: number('powerCutAtOperation'),
      fullSlot: form.has('fullSlot'),
      acceptsDefaultPassword: form.has('acceptsDefaultPassword'),
      ...readCable(form, number),
    };
  }

  async #do(act: () => Promise<unknown>, answer: Answer): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = undefined;
    try {
      await act();
      this.finish(answer);
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  protected override renderContent(): TemplateResult {
    const { settings } = this;
    return html`
      <div>
        <h2 id=${this.headingId}>Bench of ${this.device.name}</h2>
        <p class="quiet">What a hand could do to a real board; the board itself does not know.</p>
      </div>
      <form class="form" @submit=${this.#save}>
        <p class="field">
          <label for="bench-speed">Speed of the link</label>
          <select class="input" id="bench-speed" name="bytesPerSecond" autofocus>
            ${this.#speeds().map(({ bytesPerSecond, label }) => html`<option value=${bytesPerSecond} ?selected=${bytesPerSecond === settings.bytesPerSecond}>${label}</option>`)}
          </select>
        </p>
        <p>
          <label class="tick"
            ><input type="checkbox" name="acceptsDefaultPassword" ?checked=${settings.acceptsDefaultPassword} />
            <span>Takes updates with its default password</span></label
          >
        </p>
        ${buildFields(settings)}
        <p class="quiet">Another chip or another flash builds the board anew.</p>
        ${this.#renderFaults()} ${cableFields(settings, this.#pressButtons)} ${fuseFields(settings)}
        ${
          armedFaults(settings).length > 0
            ? html`<p>
                <button class="key key-small" type="button" @click=${this.#clear}>${icon('cross')}Clear all faults</button>
              </p>`
            : nothing
        }
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
        <p class="keys">
          <button class="key key-small" type="button" @click=${() => this.#do(() => this.bench.powerCycle(this.device.id), 'power-cycle')}>
            Power off and on
          </button>
          <button class="key key-small key-stop" type="button" @click=${this.#factoryReset}>Factory reset</button>
        </p>
        <p class="keys keys-end keys-stay">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button class="key key-go" type="submit" aria-busy=${this.busy ? 'true' : nothing}>Set the bench</button>
        </p>
      </form>
    `;
  }

  /** A speed that somebody set elsewhere stays selectable. */
  #speeds() {
    const { bytesPerSecond } = this.settings;
    const isListed = SPEEDS.some((speed) => speed.bytesPerSecond === bytesPerSecond);
    return isListed ? SPEEDS : [...SPEEDS, { bytesPerSecond, label: `${Math.round(bytesPerSecond / 1000)} KB/s` }];
  }

  #renderFaults(): TemplateResult {
    const { settings } = this;
    return html`<details class="faults" ?open=${settings.fullSlot || FAULTS.some(({ name }) => settings[name] > 0)}>
      <summary>Faults of an update</summary>
      <div class="fault-body">
        <div class="fault-pairs fault-fields">${FAULTS.map((fault) => this.#renderFault(fault))}</div>
        <p>
          <label class="tick"
            ><input type="checkbox" name="fullSlot" ?checked=${settings.fullSlot} /> <span>No room for an update</span></label
          >
        </p>
      </div>
    </details>`;
  }

  #renderFault({ name, label, help, example }: (typeof FAULTS)[number]): TemplateResult {
    const value = this.settings[name];
    return html`<p class="field">
      <label for="bench-${name}">${label}</label>
      <input
        class="input num"
        id="bench-${name}"
        name=${name}
        type="number"
        min="0"
        step="1"
        inputmode="numeric"
        placeholder="for example ${example}"
        value=${value || nothing}
        aria-describedby="bench-${name}-help"
      />
      <span class="quiet" id="bench-${name}-help">${help}</span>
    </p>`;
  }

  /** At once, and nothing else: the rest of the form is not set by it. */
  readonly #clear = (): void => void this.#do(() => this.bench.write(this.device.id, NO_FAULTS), 'cleared');

  readonly #pressButtons = (): void => void this.#do(() => this.bench.pressBootAndReset(this.device.id), 'boot-buttons');

  async #factoryReset(): Promise<void> {
    const sure = await askConfirm({
      title: `Reset ${this.device.name} to how it was delivered?`,
      text: 'Flash, settings and password go back to the factory state. Your library and the history stay.',
      confirm: `Reset ${this.device.name}`,
      isDestructive: true,
    });
    if (sure) await this.#do(() => this.bench.factoryReset(this.device.id), 'factory-reset');
  }
}

const SAID = {
  saved: (name) => `The bench of ${name} is set.`,
  rebuilt: (name) => `${name} is built anew.`,
  cleared: (name) => `No faults are armed on ${name}.`,
  'boot-buttons': (name) => `${name} waits in its boot loader.`,
  'power-cycle': (name) => `${name} was switched off and on.`,
  'factory-reset': (name) => `${name} is as it was delivered.`,
} as const satisfies Record<Answer, (name: string) => string>;

export async function openBench(bench: BenchService, session: DeviceSession): Promise<void> {
  const { id, name } = session.state.value.record;
  const dialog = document.createElement('ot-bench-dialog');
  dialog.bench = bench;
  dialog.device = { id, name };
  const askedAt = location.href;
  dialog.settings = await bench.read(id);
  if (location.href !== askedAt) return;
  const answer = await dialog.ask();
  if (answer === undefined) return;
  announce(SAID[answer](name));
  if (answer !== 'saved' && answer !== 'cleared') await session.refresh().catch(() => undefined);
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-bench-dialog': BenchDialog;
  }
}
