/** What a plan does, in rows and sentences. Templates only; which words a partition or a problem has is in `plan-words.ts`. */
import { html, nothing, type TemplateResult } from 'lit';
import { fatesOfBootChain } from '../../../core/bundle/boot-chain.ts';
import type { BundleOrigin, PartRole } from '../../../core/bundle/model.ts';
import type { BundleSummary } from '../../../app/usb/model.ts';
import type { FlashPlan, FlashRange, PartitionFate, PlannedWrite, PlanProblemCode } from '../../../core/bundle/plan-model.ts';
import { APP_TYPE } from '../../../core/image/partition-types.ts';
import { icon } from '../../elements/icons.ts';
import { formatAddress, formatCapacity } from '../../elements/measure.ts';
import { formatMany } from '../../format.ts';
import { FATE_WORDS, ROLE_WORDS } from '../../plan-words.ts';
import { leftOf } from './plan-found.ts';
import { patchedWords } from './plan-how.ts';

/** A partition whose fate is the person's to decide: something would be done to it, or was left out for its sake. */
export function canChoose({ kept }: FlashPlan, { fate, offset, size, type, in: where }: PartitionFate): boolean {
  if (type === APP_TYPE || where === 'bundle' || fate === 'gone' || fate === 'new') return false;
  return fate !== 'kept' || kept.some((range) => range.offset < offset + size && range.offset + range.length > offset);
}

function writeRow(write: PlannedWrite, { target }: FlashPlan, isThere: boolean): TemplateResult {
  const { name, role, offset, length } = write;
  const words = [ROLE_WORDS[role], patchedWords(write, target.chip), isThere ? 'is on the chip already' : ''].filter(Boolean).join(', ');
  return html`<li>
    <span class="num">${formatAddress(offset)}</span>
    <span><b>${name}</b><span class="quiet">${words}</span></span>
    <span class="num">${formatCapacity(length)}</span>
  </li>`;
}

/** Of what is left to write. */
function sumWords(plan: FlashPlan, onChip: readonly number[]): string {
  const all = formatCapacity(plan.bytesToWrite);
  const { bytesToWrite } = leftOf(plan, onChip);
  if (bytesToWrite === plan.bytesToWrite) return all;
  return bytesToWrite === 0 ? `nothing of ${all}: the same is there` : `${formatCapacity(bytesToWrite)} of ${all}`;
}

/** Every write and erase at its address, and the files that stay out. */
export function writesSheet(plan: FlashPlan, ignored: readonly string[], onChip: readonly number[] = []): TemplateResult | typeof nothing {
  if (plan.writes.length + plan.erases.length + ignored.length === 0) return nothing;
  return html`<section class="sheet" aria-labelledby="writes">
    <div class="row-head">
      <h2 id="writes">What is written</h2>
      <p class="quiet num">${sumWords(plan, onChip)}</p>
    </div>
    <ul class="writes rows">
      ${plan.writes.map((write) => writeRow(write, plan, onChip.includes(write.offset)))}
      ${plan.erases.map(
        ({ offset, length }) =>
          html`<li>
            <span class="num">${formatAddress(offset)}</span><span><b>erased</b><span class="quiet">and left empty</span></span>
            <span class="num">${formatCapacity(length)}</span>
          </li>`,
      )}
    </ul>
    ${
      ignored.length > 0
        ? html`<details class="ignored">
            <summary>${formatMany(ignored.length, 'file')} came along and ${ignored.length === 1 ? 'is' : 'are'} not written</summary>
            <ul>
              ${ignored.slice(0, 50).map((path) => html`<li><code>${path}</code></li>`)}
            </ul>
          </details>`
        : nothing
    }
  </section>`;
}

/** Their places come from one that was read; what lies beside it is known to be none. */
const HAS_MANIFEST: ReadonlySet<BundleOrigin> = new Set(['esp-idf', 'esp-web-tools', 'launchpad', 'meshtastic']);
const MOST_NAMED = 3;

/** What might say where the files go, and says nothing that is known here: whoever brought it has to know that it was not followed. */
export function unreadNotice(bundle: BundleSummary | undefined): TemplateResult | typeof nothing {
  if (!bundle || HAS_MANIFEST.has(bundle.origin)) return nothing;
  const unread = bundle.ignored.filter((path) => /\.(?:json|toml)$/i.test(path));
  if (unread.length === 0) return nothing;
  const more = unread.length > MOST_NAMED ? ` and ${unread.length - MOST_NAMED} more` : '';
  return html`<div class="warn" role="note" aria-label="Not read as a manifest">
    ${icon('info')}
    <p>
      <b>${unread.slice(0, MOST_NAMED).join(', ')}${more}</b>: no manifest that Otter can read. Where the files go is taken from the files
      themselves and from the chip.
    </p>
  </div>`;
}

/** In no partition of the table that is there, nor of the one that is written, nor over what starts the chip. */
export function writesOutside(plan: FlashPlan): readonly PlannedWrite[] {
  const over = fatesOfBootChain(plan).map(({ by }) => by);
  const isInside = ({ offset, length }: FlashRange): boolean =>
    plan.partitions.some((entry) => entry.offset < offset + length && entry.offset + entry.size > offset);
  return plan.writes.filter((write) => !isInside(write) && !over.includes(write));
}

/** Names of what starts the chip and is in no table, by what becomes of it. */
const bootChainNames = (plan: FlashPlan, ...fates: readonly string[]): readonly string[] =>
  fatesOfBootChain(plan)
    .filter(({ fate }) => fates.includes(fate))
    .map(({ role }) => ROLE_WORDS[role]);

/** What starts the chip, where it changes other than by its own kind, and where it stays. */
export function bootChainRows(plan: FlashPlan): { readonly changed: readonly TemplateResult[]; readonly kept: readonly TemplateResult[] } {
  const row = (name: string, words: string): TemplateResult => html`<li><code>${name}</code><span>${words}</span></li>`;
  const fates = fatesOfBootChain(plan);
  const changed = fates.flatMap(({ role, fate, by }) => {
    if (fate === 'overwritten') return [row(ROLE_WORDS[role], `${FATE_WORDS.written} over, with ${by?.name}`)];
    return fate === 'erased' ? [row(ROLE_WORDS[role], FATE_WORDS.erased)] : [];
  });
  const kept = fates.filter(({ fate }) => fate === 'kept').map(({ role }) => row(ROLE_WORDS[role], CHAIN_PURPOSE[role]));
  return { changed, kept };
}

const CHAIN_PURPOSE = { bootloader: 'starts the chip', 'partition-table': 'says where everything lies' } as const;

const overlapBytes = (a: FlashRange, from: number, to: number): number =>
  Math.max(0, Math.min(a.offset + a.length, to) - Math.max(a.offset, from));

/** Bytes; partitions of one table do not overlap, and those of both are counted once. */
export function erasedOutside({ partitions, erases }: FlashPlan): number {
  const places = partitions.filter(({ in: where }) => where !== 'bundle');
  const inside = erases.flatMap((erase) => places.map(({ offset, size }) => overlapBytes(erase, offset, offset + size)));
  const erased = erases.reduce((sum, { length }) => sum + length, 0);
  return Math.max(0, erased - inside.reduce((sum, bytes) => sum + bytes, 0));
}

const HAS_NO_PARTITION: ReadonlySet<PartRole> = new Set(['bootloader', 'partition-table']);

export const placeWord = ({ role, offset }: PlannedWrite): string =>
  HAS_NO_PARTITION.has(role) ? ROLE_WORDS[role] : formatAddress(offset);

export const outsideWords = ({ role, name }: PlannedWrite): string =>
  HAS_NO_PARTITION.has(role) ? FATE_WORDS.written : `${FATE_WORDS.written} with ${name}, outside of every partition`;

/** Why a plan cannot be drawn. */
const NOT_PLACED: Partial<Record<PlanProblemCode, string>> = {
  PART_TOO_LARGE: 'there is no room for it',
  BEYOND_FLASH: 'it ends behind the end of the flash',
  PARTS_OVERLAP: 'two parts of it want the same place',
};

const notPlaced = ({ problems }: FlashPlan): string | undefined =>
  problems.flatMap(({ code, severity }) => (severity === 'block' ? (NOT_PLACED[code] ?? []) : []))[0];

/** A part has no room where it is to go: what would be written there is nothing that anybody wants, and is not shown as if it were. */
export const isNotPlaced = (plan: FlashPlan): boolean => notPlaced(plan) !== undefined;

/** What was brought, where nobody can say what it would do to the flash. */
export function broughtSheet(parts: BundleSummary['parts']): TemplateResult {
  return html`<section class="sheet" aria-labelledby="writes">
    <h2 id="writes">What was brought</h2>
    <ul class="writes rows">
      ${parts.map(
        ({ name, role, size }) =>
          html`<li>
            <span class="num">no place</span><span><b>${name}</b><span class="quiet">${ROLE_WORDS[role]}</span></span>
            <span class="num">${formatCapacity(size)}</span>
          </li>`,
      )}
    </ul>
  </section>`;
}

/** `hello_world to factory`: the table that comes along is new to the reader, so what goes there is named as well. */
function freshPlace({ writes }: FlashPlan, { label, offset, type }: PartitionFate, name: string): string {
  const isApp = type === APP_TYPE && writes.some((write) => write.role === 'app' && write.offset === offset);
  return isApp && name ? `${name} to ${label}` : label;
}

/** The sentence beside the key. @param name of what is written */
export function planSentence(plan: FlashPlan, name = ''): TemplateResult {
  const reason = notPlaced(plan);
  if (reason !== undefined) return html`<b>Nothing is written</b>: ${reason}.`;
  if (plan.writes.length + plan.erases.length === 0) return html`<b>Nothing is written</b>.`;
  const WRITTEN: readonly PartitionFate['fate'][] = ['written', 'partly-written'];
  const names = (fates: readonly PartitionFate['fate'][]) =>
    plan.partitions.filter((entry) => fates.includes(entry.fate)).map((entry) => entry.label);
  const outside = [...bootChainNames(plan, 'overwritten'), ...writesOutside(plan).map(placeWord)];
  const inTables = plan.partitions
    .filter(({ fate }) => WRITTEN.includes(fate))
    .map((entry) => (entry.in === 'bundle' ? freshPlace(plan, entry, name) : entry.label));
  const overwritten = [...new Set([...outside, ...inTables])];
  const erased = [...bootChainNames(plan, 'erased'), ...names(['erased'])];
  const gone = names(['gone']);
  const kept = [...bootChainNames(plan, 'kept'), ...names(['kept'])];
  const what = overwritten.length > 0 ? overwritten.join(', ') : formatMany(plan.writes.length, 'region');
  return html`Writes
    <b>${what}</b
    >.${erased.length > 0 ? html` Erases <b>${erased.join(', ')}</b>.` : nothing}${gone.length > 0 ? html` Gives up <b>${gone.join(', ')}</b>.` : nothing}${
      kept.length > 0 ? html` Keeps <b>${kept.join(', ')}</b>.` : nothing
    }`;
}
