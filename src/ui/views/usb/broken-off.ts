/** Slots that are not what they look like: a write broke off in them, or the board itself chose another one. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { AppServices } from '../../../app/services.ts';
import type { BrokenJob, ChipLayout, SlotOnChip } from '../../../app/usb/model.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import { attempt } from '../../attempt.ts';
import { askConfirm } from '../../dialogs/confirm-dialog.ts';
import { withStartWord } from '../../dialogs/start-word.ts';
import { icon } from '../../elements/icons.ts';
import { formatMoment } from '../../format.ts';
import { announce } from '../../live-region.ts';

const ACTS: Partial<Readonly<Record<BrokenJob['act'], string>>> = {
  erase: 'An erase',
  restore: 'Bringing a saved flash back',
};

const firmwareOf = ({ project, toVersion }: BrokenJob): string => [project, toVersion].filter(Boolean).join(' ');

function brokenWords(job: BrokenJob): string {
  const what = ACTS[job.act] ?? `Writing ${firmwareOf(job) || 'a firmware'}`;
  return `${what} broke off on ${formatMoment(job.at)}${job.outcome === 'interrupted' ? ': the page was closed or reloaded' : ''}.`;
}

/** What was interrupted, what that leaves, and the way on. */
export function brokenNotices(services: AppServices, session: UsbSession, layout: ChipLayout | undefined): TemplateResult | typeof nothing {
  const slots = (layout?.slots ?? []).filter(({ unfinished }) => unfinished);
  if (slots.length === 0) return nothing;
  return html`${slots.map(({ label, brokenOff }) => {
    const sha256 = brokenOff?.sha256;
    const inLibrary = sha256 !== undefined && services.library.records.value?.some((record) => record.sha256 === sha256);
    return html`<div class="warn" role="note" aria-label=${`${label} is unfinished`}>
      ${icon('caution')}
      <div>
        <p><b>${label} is unfinished.</b> ${brokenOff ? brokenWords(brokenOff) : 'A write broke off in it.'}</p>
        <p>
          It holds a part of the new and a part of the old, whatever version it names, and most likely cannot start. Bring the same firmware
          once more: only what is missing is written.
        </p>
        ${
          inLibrary
            ? html`<p class="keys">
                <button class="key key-go" type="button" @click=${() => attempt(() => session.bringFirmware(sha256))}>
                  Bring ${(brokenOff && firmwareOf(brokenOff)) || 'it'} again
                </button>
              </p>`
            : nothing
        }
      </div>
    </div>`;
  })}`;
}

/** The boot choice is not the one that was left here. */
export function changedItselfNotice({ changedItself }: ChipLayout): TemplateResult | typeof nothing {
  if (!changedItself) return nothing;
  const { from, to } = changedItself;
  return html`<p class="quiet">
    Otter left <code>${from}</code> to start. Since then the board itself went over to <code>${to}</code>: its log below says why.
  </p>`;
}

/** A firmware that crashed is chosen only by whoever means it. */
const DOUBTS: Partial<Readonly<Record<NonNullable<SlotOnChip['lastStart']>, string>>> = {
  crashed: 'The last time that it started from there, it crashed or was taken back',
  'no-start': 'The last time that it was to start from there, it did not',
  'not-proven': 'Nobody has seen it start from there yet',
};

function doubtOf({ lastStart, state }: SlotOnChip): string | undefined {
  if (state === 'INVALID' || state === 'ABORTED') return 'The boot loader gave it up once';
  return lastStart && DOUBTS[lastStart];
}

export async function chooseSlot(session: UsbSession, slot: SlotOnChip): Promise<void> {
  const { label, app } = slot;
  const doubt = doubtOf(slot);
  const version = app?.version || 'What lies in it';
  if (doubt) {
    const sure = await askConfirm({
      title: `Start ${label} next?`,
      text: `${version} is in ${label}. ${doubt}. If it does not come up, you can switch back here.`,
      confirm: `Start ${label} next`,
    });
    if (!sure) return;
  }
  await startNext(session, label);
}

/** On a guarded board only what is trusted, or what somebody gave their word about. */
export const startNext = (session: UsbSession, label: string): Promise<boolean> =>
  attempt(async () => {
    if (await withStartWord((word) => session.selectSlot(label, word))) announce(`${label} starts next.`);
  });
