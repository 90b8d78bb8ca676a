/** What is saved into the library before anything is overwritten: the choice, and its words beside the key. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { UsbState } from '../../../app/usb/model.ts';
import type { FlashPlan } from '../../../core/bundle/plan-model.ts';
import { formatCapacity } from '../../elements/measure.ts';
import { formatBytes } from '../../format.ts';

export type Snapshot = 'nothing' | 'overwritten' | 'everything';

const SNAPSHOTS: readonly { readonly id: Snapshot; readonly label: string; readonly note: (plan: FlashPlan) => string }[] = [
  { id: 'nothing', label: 'Save nothing', note: () => 'there is no way back to what is overwritten' },
  { id: 'overwritten', label: 'Save what is overwritten', note: (plan) => `${formatBytes(plan.bytesToWrite)}, one click brings it back` },
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

/** Saving first is offered where something would be lost: the first write is one that nobody has a copy of. */
export function proposedSnapshot(state: UsbState): Snapshot {
  const { layout, plan } = state;
  // Half of one and half of another is no way back for anybody.
  if (unfinishedUnder(state)) return 'nothing';
  const losesSomething = (layout?.slots.some((slot) => slot.app) ?? false) || (plan?.erases.length ?? 0) > 0;
  return losesSomething ? 'overwritten' : 'nothing';
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
  return html`<fieldset class="faults">
    <legend>Before, into the library</legend>
    ${unfinished ? html`<p class="quiet">${unfinished} holds an unfinished write: saving it would keep that mix, not a firmware.</p>` : nothing}
    ${SNAPSHOTS.map(
      ({ id, label, note }) =>
        html`<label class="tick option"
          ><input
            type="radio"
            name="usb-snapshot"
            ?disabled=${cannotRead && id !== 'nothing'}
            .checked=${id === saves}
            @change=${() => choose(id)}
          /><span>${label}<small class="quiet">${note(plan)}</small></span></label
        >`,
    )}
  </fieldset>`;
}
