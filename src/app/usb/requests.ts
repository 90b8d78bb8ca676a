/** From what a person asks for to what is done to the flash; refuses what would brick a chip, or cannot be done. */
import type { ResolvedBuild } from '../../core/bundle/model.ts';
import type { FlashPlan, FlashRange, PlannedWrite } from '../../core/bundle/plan-model.ts';
import { WHOLE_FLASH, bootStage, eraseForbiddenBy } from '../../core/bundle/chip-protection.ts';
import type { Protection } from '../../core/bundle/chip-protection.ts';
import { nextBootSlot, otadataAfter } from '../../core/bundle/boot-slot.ts';
import { tableOf } from '../../core/bundle/places.ts';
import { overlap } from '../../core/bundle/ranges.ts';
import type { Partition } from '../../core/image/model.ts';
import { Pacer } from '../../core/bytes/pacer.ts';
import { defined } from '../../core/fields.ts';
import { sha256Hex } from '../../core/bytes/sha256.ts';
import type { ReleaseMark } from '../model.ts';
import type { StartWord, StartingSlot } from '../slot-word.ts';
import { whereOn } from './chip-layout.ts';
import type { ChipScene, FoundOnChip } from './chip-layout.ts';
import type { FlashRequest } from './flash-order.ts';
import type { WrittenApp } from './model.ts';
import { stretchName } from './place-name.ts';
import { invalidateSlotWrites, selectSlotWrites } from './slots.ts';
import type { SlotScene } from './slots.ts';
import { snapshotWrites } from './snapshot.ts';
import { applicationsIn, assertTrusted } from './untrusted.ts';
import { UsbError } from './usb-errors.ts';
import type { UsbPorts } from './usb-ports.ts';

export interface RequestScene extends ChipScene {
  readonly deviceId: string;
}

export interface FlashWish {
  readonly plan: FlashPlan;
  readonly resolved: ResolvedBuild;
  readonly firmwareSha256: string | undefined;
  readonly release: ReleaseMark | undefined;
  /** What was saved goes back. */
  readonly restores: boolean;
  readonly full: boolean;
  readonly snapshot: 'nothing' | 'overwritten' | 'everything';
}

export function flashRequest(
  { plan, resolved, firmwareSha256, release, restores, full, snapshot }: FlashWish,
  scene: RequestScene,
): FlashRequest {
  const blocks = plan.problems.filter(({ severity }) => severity === 'block').map(({ code }) => code);
  if (blocks.length > 0) throw new UsbError('PLAN_BLOCKED', 'this plan must not be carried out', { problems: blocks });
  const { writes, erases, target } = plan;
  const erasesChip = coversFlash(erases, target.flashBytes);
  // All of it is overwritten: the plain image is half as large as a container.
  const everything = snapshot === 'everything' || (snapshot === 'overwritten' && erasesChip && target.flashBytes !== undefined);
  const written = restores ? undefined : writtenApp(plan, resolved);
  return {
    kind: restores ? 'restore' : 'flash',
    writes,
    erases,
    erasesChip,
    full,
    snapshot: everything ? 'everything' : snapshot,
    identity: scene.identity,
    deviceId: scene.deviceId,
    ...(written?.slot !== undefined && { written: { ...written, slot: written.slot } }),
    history: {
      act: restores ? 'restore' : 'flash',
      ...defined({ release, sha256: firmwareSha256, project: written?.project, toVersion: written?.version }),
      ...(!restores && placeOf(written, writes, targetTable(plan, resolved))),
    },
  };
}

/** The release that a file of the library came as, or an application in what was brought; a way to ask that fails tells nothing. */
export async function releaseIn(
  { parts }: ResolvedBuild,
  firmwareSha256: string | undefined,
  { trust }: Pick<UsbPorts, 'trust'>,
): Promise<ReleaseMark | undefined> {
  const releases = (await trust?.().catch(() => undefined))?.releases;
  if (!releases) return undefined;
  const apps = await Promise.all(parts.filter(({ role }) => role === 'app').map(({ bytes }) => sha256Hex(bytes)));
  for (const sha256 of firmwareSha256 === undefined ? apps : [firmwareSha256, ...apps]) {
    const mark = await releases.markOf(sha256).catch(() => undefined);
    if (mark) return mark;
  }
  return undefined;
}

type PlannedApp = Partial<WrittenApp> & Pick<NonNullable<FlashRequest['written']>, 'offset'>;

/** Where the plan puts it, which may be another slot than the bundle says. Of several, the one that starts once all of it is written. */
function writtenApp(plan: FlashPlan, { parts }: Pick<ResolvedBuild, 'parts'>): PlannedApp | undefined {
  const { writes, target } = plan;
  const table = targetTable(plan, { parts });
  const next = nextBootSlot(table, otadataAfter(target, table, plan));
  const apps = writes.filter(({ role }) => role === 'app');
  const write = apps.find(({ offset }) => offset === next?.offset) ?? apps[0];
  const brought = parts.filter(({ role }) => role === 'app');
  const app = brought.find(({ offset }) => offset === write?.offset) ?? brought[0];
  if (!app || !write) return undefined;
  const descriptor = 'image' in app.content ? app.content.image.appDescriptor : undefined;
  const label = table.find(({ offset }) => offset === write.offset)?.label;
  return { offset: write.offset, ...defined({ version: descriptor?.version, project: descriptor?.projectName, slot: label }) };
}

/** The one that will be there. */
const targetTable = ({ target }: FlashPlan, { parts }: Pick<ResolvedBuild, 'parts'>): readonly Partition[] =>
  tableOf(parts) ?? target.partitions ?? [];

/** Of the application by its slot; without a table, and of one piece of something else, by what is known of where it lies. */
function placeOf(
  app: PlannedApp | undefined,
  writes: readonly PlannedWrite[],
  table: readonly Partition[],
): Pick<FlashRequest['history'], 'slot' | 'region'> {
  if (app?.slot !== undefined) return { slot: app.slot.slice(0, 16) };
  const [piece, ...more] = app ? writes.filter(({ offset }) => offset === app.offset) : writes;
  if (!piece || more.length > 0) return {};
  return { region: table.find(({ offset }) => offset === piece.offset)?.label ?? stretchName(piece) };
}

const coversFlash = ([first, ...others]: readonly FlashRange[], flashBytes: number | undefined): boolean =>
  first !== undefined && others.length === 0 && first.offset === 0 && first.length >= (flashBytes ?? first.length);

export async function restoreRequest(
  sha256: string,
  { library, clock, untrusted }: Pick<UsbPorts, 'library' | 'clock' | 'untrusted'>,
  scene: RequestScene,
): Promise<FlashRequest> {
  assertPlainWritesAllowed(scene);
  const record = await library.get(sha256);
  if (!record) throw new UsbError('SNAPSHOT_UNUSABLE', 'not in the library', { sha256, reason: 'not in the library' });
  const [report, blob] = await Promise.all([library.report(sha256), library.bytes(sha256)]);
  const { chip, flash } = scene.identity;
  const bytes = new Uint8Array(await blob.arrayBuffer());
  // Of this very chip it is the one that it starts with, as far as anybody can know.
  const isOwn = record.source.kind === 'device' && record.source.detail === scene.deviceId;
  const writes = await snapshotWrites({ record, report, bytes }, chip, flash.bytes, new Pacer(() => clock.sleep(0)));
  // What this board had before is its way back, whoever signed it.
  if (!isOwn) {
    // Nobody says of another board's bytes what they are: without a signature over all of them they are no less than a program.
    const pieces = writes.map((write) => ({ ...write, content: { kind: 'unknown' } as const }));
    const parts = [...applicationsIn(report.content, bytes), ...pieces];
    await assertTrusted(untrusted, scene.deviceId, { ...whereOn(scene), parts, sha256 });
  }
  if (!isOwn) for (const write of writes) assertBootloaderStays(scene, write);
  return { ...handRequest(writes, scene), kind: 'restore', history: { act: 'restore', sha256 } };
}

export function selectRequest(label: string, scene: RequestScene): FlashRequest {
  assertPlainWritesAllowed(scene);
  return {
    ...handRequest(selectSlotWrites(label, slotScene(scene)), scene),
    history: { act: 'rollback', slot: label.slice(0, 16), slotChange: 'chosen' },
  };
}

export function invalidateRequest(label: string, scene: RequestScene): FlashRequest {
  assertPlainWritesAllowed(scene);
  return {
    ...handRequest(invalidateSlotWrites(label, slotScene(scene)), scene),
    history: { act: 'rollback', slot: label.slice(0, 16), slotChange: 'invalidated' },
  };
}

interface StartOptions {
  readonly word?: StartWord | undefined;
  /** The table that holds then, where it comes along. */
  readonly table?: readonly Partition[] | undefined;
}

/** Whoever guards the board is asked about what lay there before and would start only now: otadata is a way to start it, and so is its absence. */
export async function assertMayStart(
  change: Pick<FlashRequest, 'writes' | 'erases'>,
  { deviceId, found, unsteered }: RequestScene,
  { trust }: Pick<UsbPorts, 'trust'>,
  { word, table }: StartOptions,
): Promise<void> {
  // Nobody knows which of the two tables holds.
  const starts = startsAfter(change, unsteered, table) ?? startsAfter(change, found, table);
  if (starts) await (await trust?.())?.mayStart(deviceId, starts, word);
}

/** `undefined`: what starts now, or what the job itself brings. */
function startsAfter(
  { writes, erases }: Pick<FlashRequest, 'writes' | 'erases'>,
  found: FoundOnChip | undefined,
  brought: readonly Partition[] | undefined,
): StartingSlot | undefined {
  const { partitions = [], slots = [] } = found?.layout ?? {};
  const table = brought ?? partitions;
  const next = nextBootSlot(table, otadataAfter({ partitions, otadata: found?.otadata }, table, { writes, erases }));
  if (!next || [...writes, ...erases].some((range) => overlap(range, { offset: next.offset, length: 1 }))) return undefined;
  const slot = slots.find(({ offset }) => offset === next.offset);
  if (slot?.next) return undefined;
  return { label: next.label, version: slot?.app?.version ?? '', sha256: slot?.app?.appendedHash ?? '' };
}

/** Without a plan nobody else asks what the chip bears. */
function assertPlainWritesAllowed({ identity }: Pick<RequestScene, 'identity'>): void {
  const { flashEncryption, secureDownload } = identity.security;
  if (flashEncryption) throw protectedBy('flash-encryption', 'plain bytes are not readable to this chip');
  if (secureDownload) throw protectedBy('secure-download', 'this chip lets nobody read');
}

export function assertMayErase({ identity, found }: RequestScene, range: FlashRange | 'everything'): void {
  const chip = { security: identity.security, tableOffset: found?.layout.tableOffset };
  const reason = eraseForbiddenBy(chip, range === 'everything' ? WHOLE_FLASH : range);
  if (reason) throw protectedBy(reason, 'what is erased here cannot be put back');
}

/** A chip with secure boot starts nothing without its boot loader, and takes no other than one that is signed with its key. */
function assertBootloaderStays({ identity, found }: RequestScene, range: FlashRange): void {
  if (identity.security.secureBoot && overlap(range, bootStage(found?.layout.tableOffset)))
    throw protectedBy('secure-boot', 'without its boot loader this chip starts nothing');
}

const protectedBy = (reason: Protection, message: string): UsbError => new UsbError('CHIP_PROTECTED', message, { reason });

function handRequest(writes: readonly PlannedWrite[], { identity, deviceId }: RequestScene): Omit<FlashRequest, 'history'> {
  return { kind: 'slots', writes, erases: [], erasesChip: false, full: false, snapshot: 'nothing', identity, deviceId };
}

function slotScene({ found }: RequestScene): SlotScene {
  const partitions = found?.layout.partitions;
  if (!partitions) throw new UsbError('NO_OTADATA', 'no partition table', {});
  return { partitions, otadata: found.otadata, slots: found.layout.slots };
}
