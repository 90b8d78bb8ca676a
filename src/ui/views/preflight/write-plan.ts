/** What a write would change and what it leaves alone, by partition name. */
import { html, nothing, type TemplateResult } from 'lit';
import type { FirmwareRecord, Preflight } from '../../../app/model.ts';
import type { DeviceInfo } from '../../../core/ota/device-contract.ts';
import { runningSlot } from '../../device-facts.ts';
import '../../elements/flash.ts';
import { flashRegions, type FlashRegion } from '../../elements/flash-scale.ts';
import { isEmpty, slotLetter, type SlotPlan } from '../../elements/slot-words.ts';
import { deviceFlash, deviceSlots } from '../device/device-mat.ts';

export interface WritePlan {
  readonly slot: SlotPlan;
  /** Version in the slot now; empty when it holds nothing. */
  readonly overwrites: string;
  readonly written: readonly FlashRegion[];
  readonly kept: readonly FlashRegion[];
}

/** `undefined` when the device does not tell its slots: then nothing can be drawn or promised. */
export function planWrite(info: DeviceInfo, firmware: FirmwareRecord, preflight: Preflight): WritePlan | undefined {
  const target = info.slots?.find((slot) => slot.label === preflight.targetSlot);
  if (!target) return undefined;
  const slot: SlotPlan = {
    slot: target.label,
    version: firmware.version || firmware.fileName,
    project: firmware.name,
    size: firmware.size,
  };
  const regions = flashRegions({
    flashSize: info.flash_size ?? 0,
    partitions: info.partitions ?? [],
    slots: info.slots ?? [],
    running: info.running,
    plan: slot,
    bootloaderOffset: 0x1000,
  }).filter((region) => region.name !== '');
  return {
    slot,
    overwrites: isEmpty(target) ? '' : target.unfinished ? 'an unfinished write' : target.version || 'unnamed firmware',
    written: regions.filter((region) => region.state === 'write'),
    kept: regions.filter((region) => region.state !== 'write'),
  };
}

function change(region: FlashRegion, plan: WritePlan, info: DeviceInfo): string {
  if (region.name === plan.slot.slot)
    return plan.overwrites
      ? `${plan.overwrites} ${plan.overwrites === plan.slot.version ? 'is replaced by this' : 'becomes'} ${plan.slot.version}`
      : `${plan.slot.version}, into an empty slot`;
  const from = runningSlot(info);
  return from
    ? `start from ${slotLetter(plan.slot.slot)} instead of ${slotLetter(from.label)}`
    : `start from ${slotLetter(plan.slot.slot)}`;
}

/** Regions before the first partition have no type that says what they are for. */
const BEFORE_PARTITIONS: Readonly<Record<string, string>> = { bootloader: 'starts the chip', table: 'says where things lie' };

const stays = (region: FlashRegion, info: DeviceInfo): string =>
  region.name === info.running ? `${info.version}, your way back` : region.note || (BEFORE_PARTITIONS[region.name] ?? 'data');

export function planMat(plan: WritePlan, info: DeviceInfo): TemplateResult {
  return html`<section class="mat" aria-labelledby="plan">
    <h2 id="plan" class="vh">What will be written, what stays</h2>
    <div class="two">
      ${deviceSlots(info, plan.slot)}
      <div class="plan">
        <div>
          <h3><span class="swatch" data-as="write"></span>Will be written</h3>
          <ul>
            ${plan.written.map((region) => html`<li><code>${region.name}</code><span>${change(region, plan, info)}</span></li>`)}
          </ul>
        </div>
        <div>
          <h3><span class="swatch" data-as="keep"></span>Stays as it is</h3>
          <ul>
            ${plan.kept.map((region) => html`<li><code>${region.name}</code><span>${stays(region, info)}</span></li>`)}
          </ul>
        </div>
      </div>
    </div>
    ${deviceFlash(info, plan.slot)}
  </section>`;
}

/** The sentence beside the key. */
export function planSentence(plan: WritePlan | undefined): TemplateResult {
  if (!plan)
    return html`This device names no slots and reports no progress: it takes the file, restarts, and then its <b>version</b> is the only
      proof.`;
  const flips = plan.written.some((region) => region.name === 'otadata');
  const kept = plan.kept.filter((region) => region.name !== 'table').map((region) => region.name);
  return html`${plan.overwrites ? 'Overwrites' : 'Fills'} <b>${plan.slot.slot}</b> (${plan.overwrites || 'empty'})${
      flips ? html` and flips <b>otadata</b>` : nothing
    }.${kept.length > 0 ? html` Keeps <b>${kept.join(', ')}</b>.` : nothing}`;
}
