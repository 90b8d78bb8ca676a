/** Cable and fuses of a virtual board, in the form of its bench: how it is wired, what goes wrong, what is burnt. Templates and one reader. */
import { html, nothing, type TemplateResult } from 'lit';
import type { BenchSettings } from '../../app/services.ts';
import type { ChipTarget } from '../../core/serial/target-model.ts';
import { TARGETS } from '../../core/serial/targets.ts';
import { baudWords } from '../usb-words.ts';

interface Choice {
  readonly value: number;
  readonly label: string;
}

const LATENCIES: readonly Choice[] = [
  { value: 1, label: '1 ms, tuned' },
  { value: 16, label: '16 ms, usual' },
];

const RATES: readonly Choice[] = [
  { value: 0, label: 'any' },
  ...[921_600, 460_800, 115_200].map((value) => ({ value, label: baudWords(value) })),
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

const FUSES = [
  { name: 'fuseFlashEncryption', label: 'Flash encryption' },
  { name: 'fuseSecureBoot', label: 'Secure boot' },
  { name: 'fuseSecureDownload', label: 'Secure download mode' },
  { name: 'fuseDownloadDisabled', label: 'Download mode disabled' },
] as const satisfies readonly { readonly name: keyof BenchSettings; readonly label: string }[];

/** Those that not every chip has. */
const IS_THERE: { readonly [Name in keyof BenchSettings]?: (target: ChipTarget) => boolean } = {
  fuseSecureDownload: ({ security }) => security?.secureDownload !== undefined,
};

function fusesOf(chip: string): readonly (typeof FUSES)[number][] {
  const target = Object.values<ChipTarget>(TARGETS).find(({ name }) => name === chip);
  return FUSES.filter(({ name }) => !target || (IS_THERE[name]?.(target) ?? true));
}

type CableSettings = Pick<
  BenchSettings,
  'serialLatencyMs' | 'serialMaxBaudRate' | (typeof TICKS | typeof BYTES | typeof FUSES)[number]['name']
>;

export function cableFields(settings: BenchSettings, pressButtons: () => void): TemplateResult {
  const isTouched = settings.serialMaxBaudRate > 0 || [...TICKS, ...BYTES].some(({ name }) => Boolean(settings[name]));
  return html`<details class="faults" ?open=${isTouched}>
    <summary>Its cable</summary>
    <div class="fault-body">
      <div class="fault-pairs">
        ${select(
          'serialLatencyMs',
          'Adapter latency',
          choices(LATENCIES, settings.serialLatencyMs, (value) => `${value} ms`),
          settings,
        )}
        ${select('serialMaxBaudRate', 'Fastest rate', choices(RATES, settings.serialMaxBaudRate, baudWords), settings)}
      </div>
      ${ticks(TICKS, settings)}
      <p class="quiet" id="bench-bytes-help">At the n-th byte over the wire from now, once. Empty is off.</p>
      <div class="fault-pairs" role="group" aria-describedby="bench-bytes-help">${BYTES.map((field) => byteField(field, settings))}</div>
      <p class="keys">
        <button class="key key-small" type="button" @click=${pressButtons}>Hold BOOT, press RESET</button>
      </p>
    </div>
  </details>`;
}

export function fuseFields(settings: BenchSettings): TemplateResult {
  return html`<details class="faults" ?open=${FUSES.some(({ name }) => settings[name])}>
    <summary>Its fuses</summary>
    <div class="fault-body">
      <p class="quiet">Burnt once and for good on a real chip; this one takes them back.</p>
      ${ticks(fusesOf(settings.chip), settings)}
    </div>
  </details>`;
}

const ticks = (fields: readonly (typeof TICKS | typeof FUSES)[number][], settings: BenchSettings): TemplateResult =>
  html`<div class="fault-ticks">
    ${fields.map(
      ({ name, label }) =>
        html`<label class="tick"><input type="checkbox" name=${name} ?checked=${settings[name]} /> <span>${label}</span></label>`,
    )}
  </div>`;

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
  const ticked = Object.fromEntries([...TICKS, ...FUSES].map(({ name }) => [name, form.has(name)]));
  const bytes = Object.fromEntries(BYTES.map(({ name }) => [name, number(name)]));
  return {
    ...ticked,
    ...bytes,
    serialLatencyMs: number('serialLatencyMs'),
    serialMaxBaudRate: number('serialMaxBaudRate'),
  } as CableSettings;
}
