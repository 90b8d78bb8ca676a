/** The cable of a virtual board, in the form of its bench: how it is wired, and what goes wrong on it. Templates and one reader. */
import { html, nothing, type TemplateResult } from 'lit';
import type { BenchSettings } from '../../app/services.ts';

interface Choice {
  readonly value: number;
  readonly label: string;
}

const LATENCIES: readonly Choice[] = [
  { value: 1, label: '1 ms, a tuned driver' },
  { value: 16, label: '16 ms, as FTDI sets it' },
];

const RATES: readonly Choice[] = [
  { value: 0, label: 'every rate' },
  { value: 921_600, label: 'up to 921,600 baud' },
  { value: 460_800, label: 'up to 460,800 baud' },
  { value: 115_200, label: 'up to 115,200 baud' },
];

const TICKS = [
  { name: 'serialWithoutAutoReset', label: 'No auto-reset: a hand has to press BOOT and RESET' },
  { name: 'serialStubFails', label: 'The flasher stub does not start, only the ROM answers' },
  { name: 'serialBootLoop', label: 'Boot loop: the ROM finds no boot loader' },
  { name: 'serialPortBusy', label: 'Another program has the port open' },
  { name: 'serialInstant', label: 'Bits and flash take no time' },
] as const satisfies readonly { readonly name: keyof BenchSettings; readonly label: string }[];

const BYTES = [
  { name: 'serialLoseByteToChip', label: 'Lose a byte to the chip' },
  { name: 'serialLoseByteToHost', label: 'Lose a byte from the chip' },
  { name: 'serialFlipByteToChip', label: 'Flip a bit to the chip' },
  { name: 'serialFlipByteToHost', label: 'Flip a bit from the chip' },
  { name: 'serialUnplugAtByte', label: 'Pull the cable' },
  { name: 'serialResetAtByte', label: 'Reset the chip' },
] as const satisfies readonly { readonly name: keyof BenchSettings; readonly label: string }[];

type CableSettings = Pick<
  BenchSettings,
  'serialLatencyMs' | 'serialMaxBaudRate' | (typeof TICKS)[number]['name'] | (typeof BYTES)[number]['name']
>;

export function cableFields(settings: BenchSettings, pressButtons: () => void): TemplateResult {
  return html`<fieldset class="faults">
    <legend>Its cable</legend>
    <div class="fault-pairs">
      ${select(
        'serialLatencyMs',
        'The adapter waits',
        choices(LATENCIES, settings.serialLatencyMs, (value) => `${value} ms`),
        settings,
      )}
      ${select(
        'serialMaxBaudRate',
        'It bears',
        choices(RATES, settings.serialMaxBaudRate, (value) => `up to ${value} baud`),
        settings,
      )}
    </div>
    <div class="fault-ticks">
      ${TICKS.map(
        ({ name, label }) =>
          html`<label class="tick"><input type="checkbox" name=${name} ?checked=${settings[name]} /> <span>${label}</span></label>`,
      )}
    </div>
    <p class="quiet" id="bench-bytes-help">At the n-th byte over the wire from now, once. Empty is off.</p>
    <div class="fault-pairs" role="group" aria-describedby="bench-bytes-help">${BYTES.map((field) => byteField(field, settings))}</div>
    <p class="keys">
      <button class="key key-small" type="button" @click=${pressButtons}>Hold BOOT, press RESET</button>
    </p>
  </fieldset>`;
}

/** A value that somebody set elsewhere stays selectable. */
const choices = (listed: readonly Choice[], present: number, label: (value: number) => string): readonly Choice[] =>
  listed.some(({ value }) => value === present) ? listed : [...listed, { value: present, label: label(present) }];

function select(
  name: 'serialLatencyMs' | 'serialMaxBaudRate',
  label: string,
  options: readonly Choice[],
  settings: BenchSettings,
): TemplateResult {
  return html`<p class="field">
    <label for="bench-${name}">${label}</label>
    <select class="input" id="bench-${name}" name=${name}>
      ${options.map((option) => html`<option value=${option.value} ?selected=${option.value === settings[name]}>${option.label}</option>`)}
    </select>
  </p>`;
}

function byteField({ name, label }: (typeof BYTES)[number], settings: BenchSettings): TemplateResult {
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
      placeholder="byte"
      value=${settings[name] || nothing}
    />
  </p>`;
}

/** @param number of a field that may be empty */
export function readCable(form: FormData, number: (name: string) => number): CableSettings {
  const ticks = Object.fromEntries(TICKS.map(({ name }) => [name, form.has(name)]));
  const bytes = Object.fromEntries(BYTES.map(({ name }) => [name, number(name)]));
  return {
    ...ticks,
    ...bytes,
    serialLatencyMs: number('serialLatencyMs'),
    serialMaxBaudRate: number('serialMaxBaudRate'),
  } as CableSettings;
}
