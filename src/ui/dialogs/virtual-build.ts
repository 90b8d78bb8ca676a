/** How a virtual board is built: its chip and its flash. The same question when it is added and on its bench. Templates and one reader. */
import { html, type TemplateResult } from 'lit';
import type { BenchSettings } from '../../app/services.ts';
import type { ChipName } from '../../core/image/model.ts';

export type VirtualBuild = Pick<BenchSettings, 'chip' | 'flashSizeMb'>;

/** All that the virtual world has; a test holds them against each other. */
export const VIRTUAL_CHIPS = [
  'ESP32',
  'ESP32-S2',
  'ESP32-S3',
  'ESP32-C2',
  'ESP32-C3',
  'ESP32-C5',
  'ESP32-C6',
  'ESP32-C61',
  'ESP32-H2',
  'ESP32-P4',
] as const satisfies readonly ChipName[];
export const VIRTUAL_FLASHES_MB = [2, 4, 8, 16] as const satisfies readonly BenchSettings['flashSizeMb'][];

/** As most boards are. */
export const USUAL_BUILD: VirtualBuild = { chip: 'ESP32', flashSizeMb: 4 };

export function buildFields({ chip, flashSizeMb }: VirtualBuild): TemplateResult {
  return html`<div class="two two-even build-fields">
    <p class="field">
      <label for="virtual-chip">Chip</label>
      <select class="input" id="virtual-chip" name="chip">
        ${VIRTUAL_CHIPS.map((name) => html`<option value=${name} ?selected=${name === chip}>${name}</option>`)}
      </select>
    </p>
    <p class="field">
      <label for="virtual-flash">Flash</label>
      <select class="input num" id="virtual-flash" name="flashSizeMb">
        ${VIRTUAL_FLASHES_MB.map((size) => html`<option value=${size} ?selected=${size === flashSizeMb}>${size} MB</option>`)}
      </select>
    </p>
  </div>`;
}

export function readBuild(form: FormData): VirtualBuild {
  const size = Number(form.get('flashSizeMb'));
  return {
    chip: VIRTUAL_CHIPS.find((name) => name === form.get('chip')) ?? USUAL_BUILD.chip,
    flashSizeMb: VIRTUAL_FLASHES_MB.find((known) => known === size) ?? USUAL_BUILD.flashSizeMb,
  };
}
