/** The slots of a device in two lines, to scale: width is the slot, the block its image. For lists; the device's page draws them large. */
import { html, nothing, svg, type TemplateResult } from 'lit';
import type { DeviceInfo, DeviceSlot } from '../../../core/ota/device-contract.ts';
import { slotLetter } from '../../elements/slot-words.ts';

/** @param past nothing of it is known to run now */
export function miniSlots(info: DeviceInfo | undefined, past = false): TemplateResult | typeof nothing {
  if (!info?.slots?.length) return nothing;
  // Slots of one device may differ in size: the largest one is the full width.
  const widest = Math.max(...info.slots.map((slot) => slot.size), 1);
  return html`<ul class="mini-ab">
    ${info.slots.map((slot) => miniSlot(slot, slot.label === info.running && !past, widest))}
  </ul>`;
}

function miniSlot(slot: DeviceSlot, runs: boolean, widest: number): TemplateResult {
  const image = slot.image_size ?? 0;
  const percent = (bytes: number) => `${Math.min(100, (bytes / widest) * 99).toFixed(3)}%`;
  const words = slot.version || (slot.unfinished ? 'unfinished write' : slot.state === 'EMPTY' ? 'empty' : 'unnamed');
  return html`<li>
    <b>${slotLetter(slot.label)}<span class="vh"> ${slot.label}${runs ? ', runs' : ''}</span></b>
    <svg width="100%" height="12" aria-hidden="true">
      <rect class="cell" data-as="free" x=".5" y=".5" width=${percent(slot.size)} height="11" />
      ${image > 0 ? svg`<rect class="cell" data-as=${runs ? 'run' : 'old'} x=".5" y=".5" width=${percent(image)} height="11" />` : nothing}
    </svg>
    <span>${words}</span>
  </li>`;
}
