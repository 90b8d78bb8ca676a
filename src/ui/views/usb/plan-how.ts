/** Which build is written, to which slot, and with which flash settings: the choices of a plan that only some bundles leave. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { SlotOnChip, UsbState } from '../../../app/usb/model.ts';
import type { UsbSession } from '../../../app/usb/services.ts';
import type { FlashSettings } from '../../../core/bundle/model.ts';
import type { FlashPlan, PlannedWrite } from '../../../core/bundle/plan-model.ts';
import { CHIPS, FLASH_MODES } from '../../../core/image/chips.ts';
import { parseAppDescriptor } from '../../../core/image/descriptors.ts';
import type { ChipName } from '../../../core/image/model.ts';
import { formatCapacity } from '../../elements/measure.ts';
import { heldWords, partitionPurpose } from '../../plan-words.ts';

interface Option {
  readonly value: string;
  readonly label: string;
}

function select(id: string, label: string, options: readonly Option[], present: string, choose: (value: string) => void): TemplateResult {
  return html`<p class="field">
    <label for=${id}>${label}</label>
    <select class="input" id=${id} @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
      ${options.map(({ value, label: words }) => html`<option value=${value} ?selected=${value === present}>${words}</option>`)}
    </select>
  </p>`;
}

/** Where several builds of the bundle are for this chip. */
export function variantChoice(session: UsbSession, { bundle, choices }: UsbState): TemplateResult | typeof nothing {
  const { variants = [], variant = '' } = bundle ?? {};
  if (variants.length < 2) return nothing;
  const options = variants.map((value) => ({ value, label: value || 'complete' }));
  // What was said about partitions of one build says nothing about those of another.
  const { keep: _keep, appSlot: _slot, ...rest } = choices;
  return select('build-variant', 'Of its builds for this chip', options, variant, (value) => session.choose({ ...rest, variant: value }));
}

/** Where there is more than one place for the application. */
export function slotChoice(session: UsbSession, { layout, choices }: UsbState, plan: FlashPlan): TemplateResult | typeof nothing {
  const apps = plan.writes.filter(({ role }) => role === 'app');
  const slots = layout?.slots ?? [];
  if (apps.length !== 1 || slots.length < 2 || plan.writes.some(({ role }) => role === 'partition-table')) return nothing;
  const present = slots.find(({ offset }) => offset === apps[0]!.offset)?.label;
  const options = slots.map((slot) => ({ value: slot.label, label: `${slot.label}: ${heldBy(slot)}${slot.next ? ', starts next' : ''}` }));
  const chosen = choices.appSlot ?? present ?? '';
  return select('app-slot', 'The application goes to', options, chosen, (appSlot) =>
    session.choose({ ...session.state.value.choices, appSlot }),
  );
}

const heldBy = (slot: SlotOnChip): string => heldWords(slot) || (slot.app ? 'a firmware' : 'empty');

const KEEP: FlashSettings = { mode: 'keep', frequency: 'keep', size: 'keep' };
const isSame = (a: FlashSettings | undefined, b: FlashSettings | undefined): boolean =>
  a === b || (a?.mode === b?.mode && a?.frequency === b?.frequency && a?.size === b?.size);

/** As its maker means it: a chip that runs this project already is updated, not installed anew. */
export function asksToErase({ bundle, layout }: UsbState, plan: FlashPlan): boolean {
  if (!bundle?.proposesErase) return false;
  const projects = plan.writes.filter(({ role }) => role === 'app').map(({ bytes }) => projectOf(bytes));
  const names = new Set([bundle.name, ...projects].filter(Boolean));
  return !(layout?.slots.some(({ app }) => app !== undefined && names.has(app.project)) ?? false);
}

/** The descriptor follows the headers of the image and of its first segment. */
const projectOf = (image: Uint8Array): string | undefined => parseAppDescriptor(image.subarray(32))?.projectName;

const OF_A_PROJECT: ReadonlySet<string> = new Set(['Wi-Fi and settings', 'files']);

/** What starts now is of another project than what comes: as before an update over the air. */
export function otherProject({ layout }: UsbState, plan: FlashPlan): string {
  const now = layout?.slots.find(({ next, unfinished }) => next && !unfinished)?.app?.project;
  const apps = plan.writes.filter(({ role }) => role === 'app').map(({ bytes }) => projectOf(bytes));
  const isNamed = apps.some((name) => name !== undefined && name !== '');
  if (!now || !isNamed || apps.includes(now)) return '';
  const stays = plan.partitions.some((entry) => entry.fate === 'kept' && OF_A_PROJECT.has(partitionPurpose(entry)));
  return ` Another project: the chip starts ${now} now.${stays ? ' Settings and files that stay are of that one.' : ''}`;
}

/** Asked where it has to be seen; whoever says nothing keeps what is there. */
export function eraseQuestion(session: UsbSession, state: UsbState, plan: FlashPlan): TemplateResult | typeof nothing {
  if (!asksToErase(state, plan)) return nothing;
  const { choices } = state;
  const answer = (eraseAll: boolean, label: string, note: string): TemplateResult =>
    html`<label class="tick option"
      ><input
        type="radio"
        name="erase-first"
        .checked=${(choices.eraseAll === true) === eraseAll}
        @change=${() => session.choose({ ...choices, eraseAll })}
      /><span>${label}<small class="quiet">${note}</small></span></label
    >`;
  return html`<section class="sheet" aria-label="First installation">
    <fieldset class="faults">
      <legend>Erase everything first? Recommended for a first install</legend>
      <p class="quiet">Its maker asks this where the chip does not run it yet, and this one does not.</p>
      ${answer(false, ...keepingWords(plan))} ${answer(true, 'Erase everything first', 'nothing of the firmware before is left')}
    </fieldset>
  </section>`;
}

/** What another partition table gives up is out of reach, erased or not. */
function keepingWords({ partitions }: FlashPlan): readonly [label: string, note: string] {
  const gone = partitions.filter(({ fate }) => fate === 'gone').map(({ label }) => label);
  if (gone.length === 0) return ['Keep what is there', 'settings and files of the firmware before stay'];
  return ['Do not erase', `the new partition table gives up ${gone.join(', ')} all the same`];
}

/** Only a boot loader states them for the whole flash. */
export function settingsChoice(session: UsbSession, { bundle, choices }: UsbState, plan: FlashPlan): TemplateResult | typeof nothing {
  if (!bootloaderOf(plan)) return nothing;
  const { settings: stated } = bundle ?? {};
  const { chip, flashBytes } = plan.target;
  const ways: readonly { readonly label: string; readonly settings: FlashSettings | undefined }[] = [
    { label: stated ? `as the bundle says: ${settingsText(stated)}` : 'as its boot loader has them', settings: undefined },
    ...(stated ? [{ label: 'as its boot loader has them', settings: KEEP }] : []),
    ...(flashBytes === undefined
      ? []
      : [{ label: `size as found on this ${chip}: ${formatCapacity(flashBytes)}`, settings: { ...(stated ?? KEEP), size: 'detect' } }]),
  ];
  const options = ways.map(({ label }, index) => ({ value: String(index), label }));
  const present = ways.findIndex(({ settings }) => isSame(settings, choices.settings));
  return select('flash-settings', 'Flash settings in the header', options, String(present), (value) => {
    const { settings: _settings, ...rest } = choices;
    const { settings } = ways[Number(value)]!;
    session.choose(settings ? { ...rest, settings } : rest);
  });
}

const settingsText = ({ mode, frequency, size }: FlashSettings): string =>
  [mode.toUpperCase(), frequency.replace(/m$/, ' MHz'), size.replace(/^(\d+)(KB|MB)$/, '$1 $2')]
    .filter((word) => !/^keep$/i.test(word))
    .join(', ') || 'unchanged';

const bootloaderOf = ({ writes, target }: FlashPlan): PlannedWrite | undefined =>
  writes.find(({ role, offset }) => role === 'bootloader' && offset === CHIPS[target.chip].bootloaderOffset);

/** `flash settings changed to DIO, 40 MHz, 4 MB`; empty where nothing was changed. */
export function patchedWords({ patched, bytes }: PlannedWrite, chip: ChipName): string {
  const [, , mode = 0, sizeAndFrequency = 0] = bytes;
  if (!patched) return '';
  const { flashSizes, flashFrequencies } = CHIPS[chip] as {
    readonly [Name in 'flashSizes' | 'flashFrequencies']: Readonly<Record<number, string>>;
  };
  const text = settingsText({
    mode: FLASH_MODES[mode] ?? 'keep',
    frequency: flashFrequencies[sizeAndFrequency & 0x0f] ?? 'keep',
    size: flashSizes[sizeAndFrequency >>> 4] ?? 'keep',
  });
  return `flash settings changed to ${text}`;
}
