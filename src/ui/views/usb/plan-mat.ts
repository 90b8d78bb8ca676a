/** What a plan does to the flash, drawn to scale and listed by partition; a partition that may be kept has its choice here. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { UsbState } from '../../../app/usb/model.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import type { FlashPlan, PartitionFate } from '../../../core/bundle/plan-model.ts';
import { APP_TYPE } from '../../../core/image/partition-types.ts';
import '../../elements/flash.ts';
import { formatCapacity } from '../../elements/measure.ts';
import { FATE_WORDS, heldWords, partitionPurpose } from '../../plan-words.ts';
import { bootChainRows, canChoose, erasedOutside, outsideWords, placeWord, writesOutside } from './plan-parts.ts';
import { isThereAlready } from './plan-found.ts';
import { planRegions } from './plan-regions.ts';

/**
 * The flash to scale, and below it what changes and what stays, by partition name.
 * @param plan what is left to do of the plan of the state
 */
export function planMat(session: UsbSession, state: UsbState, plan: FlashPlan): TemplateResult {
  const { layout, chip, bundle } = state;
  const regions = planRegions(plan, layout, bundle?.version);
  const flashSize = regions.reduce((end, region) => Math.max(end, region.offset + region.size), 0);
  const changed = plan.partitions.filter(({ fate }) => fate !== 'kept');
  const kept = plan.partitions.filter(({ fate }) => fate === 'kept');
  const chain = bootChainRows(plan);
  const outside = writesOutside(plan);
  const erased = erasedOutside(plan);
  return html`<section class="mat" aria-labelledby="plan">
    <h2 id="plan" class="vh">What will be written, what stays</h2>
    <ot-flash .flashSize=${flashSize} .regions=${regions} .chip=${chip?.chip ?? plan.target.chip}></ot-flash>
    <div class="two two-even">
      <div class="plan">
        <div>
          <h3><span class="swatch" data-as="write"></span>Will change</h3>
          ${
            changed.length + chain.changed.length + outside.length + erased === 0
              ? html`<p class="quiet">Nothing.</p>`
              : html`<ul class="fates">
                  ${chain.changed}
                  ${outside.map((write) => html`<li><code>${placeWord(write)}</code><span>${outsideWords(write)}</span></li>`)}
                  ${changed.map((fate) => fateRow(session, state, plan, fate))}
                  ${
                    erased > 0
                      ? html`<li>
                          <code>elsewhere</code><span>${FATE_WORDS.erased}, ${formatCapacity(erased)} outside of every partition</span>
                        </li>`
                      : nothing
                  }
                </ul>`
          }
        </div>
      </div>
      <div class="plan">
        <div>
          <h3><span class="swatch" data-as="keep"></span>Stays as it is</h3>
          ${
            kept.length + chain.kept.length === 0
              ? html`<p class="quiet">${plan.partitions.length === 0 ? 'What lies between the writes.' : 'Nothing.'}</p>`
              : html`<ul class="fates">
                  ${chain.kept} ${kept.map((fate) => fateRow(session, state, plan, fate))}
                </ul>`
          }
        </div>
      </div>
    </div>
  </section>`;
}

function fateRow(session: UsbSession, state: UsbState, plan: FlashPlan, fate: PartitionFate): TemplateResult {
  const renamed = fate.newLabel ? `, called ${fate.newLabel} from then on` : '';
  const isThere = state.plan !== undefined && isThereAlready(state.plan, fate);
  const words = (fate.fate === 'kept' ? partitionPurpose(fate) : fateWords(state, fate)) + (isThere ? THERE : '') + renamed;
  return html`<li>
    <code>${fate.label}</code><span>${words}</span>${
      canChoose(plan, fate) && !isThere
        ? html`<label class="tick small"
            ><input
              type="checkbox"
              .checked=${fate.fate === 'kept'}
              aria-label=${`Keep ${fate.label}`}
              @change=${() => toggleKeep(session, state.plan ?? plan, fate)}
            /><span>Keep</span></label
          >`
        : nothing
    }
  </li>`;
}

const THERE = ', the same is there already';

/** How the firmware that is lost stands beside what becomes of its slot. */
const LOST: Partial<Record<PartitionFate['fate'], (lost: string) => string>> = {
  written: (lost) => `, over ${lost}`,
  'partly-written': (lost) => `, over ${lost}`,
  erased: (lost) => `, with ${lost} in it`,
  gone: (lost) => `; ${lost} in it cannot start any more`,
};

/** `will be written, over greenhouse-node 1.0.0` */
function fateWords({ layout }: UsbState, { label, type, fate, in: where }: PartitionFate): string {
  const isSlot = type === APP_TYPE && where !== 'bundle';
  const slot = isSlot ? layout?.slots.find((entry) => entry.label === label) : undefined;
  const lost = slot ? heldWords(slot, { withProject: true }) : '';
  return `${FATE_WORDS[fate]}${(lost && LOST[fate]?.(lost)) || ''}`;
}

/** On top of what was chosen a moment ago, drawn or not. */
function toggleKeep(session: UsbSession, plan: FlashPlan, { label, fate }: PartitionFate): void {
  const { choices } = session.state.value;
  // What nothing would be done to is kept by nobody's word: whoever gives up one partition has said nothing of it.
  const kept =
    choices.keep ?? plan.partitions.filter((entry) => entry.fate === 'kept' && canChoose(plan, entry)).map((entry) => entry.label);
  const keep = fate === 'kept' ? kept.filter((entry) => entry !== label) : [...kept, label];
  session.choose({ ...choices, keep });
}
