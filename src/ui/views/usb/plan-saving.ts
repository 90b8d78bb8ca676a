/** What is saved into the library before anything is overwritten: the choice, and its words beside the key. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { UsbState } from '../../../app/usb/model.ts';
import type { FlashPlan } from '../../../core/bundle/plan-model.ts';
import { DATA_TYPE, OTA_DATA_SUBTYPE } from '../../../core/image/partition-types.ts';
import { formatCapacity } from '../../elements/measure.ts';
import { losesNothing } from './plan-found.ts';

export type Snapshot = 'nothing' | 'overwritten' | 'everything';

const SNAPSHOTS: readonly { readonly id: Snapshot; readonly label: string; readonly note: (plan: FlashPlan) => string }[] = [
  { id: 'nothing', label: 'Save nothing', note: () => 'there is no way back to what is overwritten' },
  {
    id: 'overwritten',
    label: 'Save what is overwritten',
    note: (plan) => `${formatCapacity(plan.bytesToWrite)}, one click brings it back`,
  },
  {
    id: 'everything',
    label: 'Save everything',
    note: ({ target }) => (target.flashBytes === undefined ? 'the whole flash' : `the whole flash, ${formatCapacity(target.flashBytes)}`),
  },
];

/** Beside the key, for the choice stands below it. */
export const SAVES_FIRST = {
  nothing: '',
  overwritten: ' Saves first what is overwritten.',
  everything: ' Saves the whole flash first.',
} as const satisfies Record<Snapshot, string>;

/**
 * Saved first is whatever is not known to be blank, table or not: what nobody can name, somebody may miss.
 * @param left of the plan
 */
export function proposedSnapshot(state: UsbState, left: FlashPlan): Snapshot {
  // Blank flash is no loss, and nothing that is the same.
  if (losesNothing(left) || state.savingMs?.overwritten === 0) return 'nothing';
  // Half of one and half of another is no way back for anybody; but what else gives way is whole.
  if (unfinishedUnder(state) && !losesOther(state, left)) return 'nothing';
  return 'overwritten';
}

/** Something besides slots in which a write broke off, and besides what every build brings along. */
function losesOther({ layout }: UsbState, left: FlashPlan): boolean {
  const isUnfinished = (label: string): boolean => layout?.slots.some((slot) => slot.label === label && slot.unfinished) ?? false;
  return left.partitions.some(
    ({ label, fate, in: where, type, subtype }) =>
      where !== 'bundle' && fate !== 'kept' && !isUnfinished(label) && !(type === DATA_TYPE && subtype === OTA_DATA_SUBTYPE),
  );
}

/** Label of a slot that is going to be overwritten, and holds what a job that broke off left. */
export function unfinishedUnder({ layout, plan }: UsbState): string | undefined {
  const isTouched = (offset: number, size: number): boolean =>
    [...(plan?.writes ?? []), ...(plan?.erases ?? [])].some(
      (range) => range.offset < offset + size && range.offset + range.length > offset,
    );
  return layout?.slots.find(({ unfinished, offset, size }) => unfinished && isTouched(offset, size))?.label;
}

interface SavingChoice {
  /** Label of a slot in which a write broke off, among what is overwritten. */
  readonly unfinished: string | undefined;
  readonly saves: Snapshot;
  /** The chip does not let itself be read. */
  readonly cannotRead: boolean;
  readonly choose: (snapshot: Snapshot) => void;
}

export function savingChoice(plan: FlashPlan, { saves, cannotRead, unfinished, choose }: SavingChoice): TemplateResult {
  const isIdle = losesNothing(plan);
  const ways = SNAPSHOTS.filter(({ id }) => id !== 'overwritten' || !isIdle);
  return html`<fieldset class="faults">
    <legend>Before, into the library</legend>
    ${unfinished ? html`<p class="quiet">${unfinished} holds an unfinished write: saving it would keep that mix, not a firmware.</p>` : nothing}
    ${ways.map(
      ({ id, label, note }) =>
        html`<label class="tick option"
          ><input
            type="radio"
            name="usb-snapshot"
            ?disabled=${cannotRead && id !== 'nothing'}
            .checked=${id === saves}
            @change=${() => choose(id)}
          /><span>${label}<small class="quiet">${id === 'nothing' && isIdle ? 'nothing is overwritten' : note(plan)}</small></span></label
        >`,
    )}
  </fieldset>`;
}
