/** What was brought to a session, resolved for its chip, and the plan that follows: made anew whenever one of the three changes. */
import { titleOf } from '../../core/bundle/bundle-title.ts';
import { BundleError } from '../../core/bundle/bundle-error.ts';
import type { BundleErrorCode } from '../../core/bundle/bundle-error.ts';
import { variantOf, variantsFor } from '../../core/bundle/choose-build.ts';
import { estimateMs, savingMs } from '../../core/bundle/estimate.ts';
import type { BundleBuild, BundleFile, FlashBundle, ResolvedBuild } from '../../core/bundle/model.ts';
import { isContainerName } from '../../core/bundle/file-roles.ts';
import { planFlash } from '../../core/bundle/plan.ts';
import type { FlashPlan, FlashTarget, PlanChoices, PlanProblem } from '../../core/bundle/plan-model.ts';
import { Pacer } from '../../core/bytes/pacer.ts';
import { defined } from '../../core/fields.ts';
import { LibraryError, toProblem } from '../errors.ts';
import type { FirmwareRecord, Problem } from '../model.ts';
import type { BundleSummary, UsbState } from './model.ts';
import type { FoundOfPlan } from './plan-probe.ts';
import { isSnapshot, snapshotRuns } from './snapshot.ts';
import { isOwn, snapshotBuild, snapshotBundle, snapshotSummary, withWordOnBoard } from './snapshot-plan.ts';
import type { BroughtSnapshot } from './snapshot-plan.ts';
import type { BroughtPart, WhereFrom } from './untrusted.ts';
import type { UsbPorts } from './usb-ports.ts';

export interface DeskState {
  readonly bundle?: BundleSummary;
  readonly choices: PlanChoices;
  readonly plan?: FlashPlan;
  /** Why there is no plan although there are a bundle and a chip. */
  readonly problem?: Problem;
}

interface DeskPorts extends Pick<UsbPorts, 'bundles' | 'library' | 'clock' | 'deviceName'> {
  /** For the board that it is planned for. */
  readonly untrusted?: (parts: readonly BroughtPart[], from: WhereFrom) => Promise<readonly PlanProblem[]>;
}

interface Brought {
  readonly bundle: FlashBundle;
  /** Of the library, when it is one firmware of it. */
  readonly sha256?: string;
  /** What was saved from a board: its place is known to the byte. */
  readonly snapshot?: BroughtSnapshot;
}

export class BundleDesk {
  readonly #ports: DeskPorts;
  readonly #changed: (state: DeskState) => void;
  #brought: Brought | undefined;
  #target: FlashTarget | undefined;
  /** Of the chip that is aimed at. */
  #deviceId = '';
  #resolved: Resolved | undefined;
  #choices: PlanChoices = {};
  /** Whoever is not the latest throws away what it found. */
  #turn = 0;
  #settled: Promise<void> = Promise.resolve();

  constructor(ports: DeskPorts, changed: (state: DeskState) => void) {
    this.#ports = ports;
    this.#changed = changed;
  }

  get resolved(): ResolvedBuild | undefined {
    return this.#resolved?.build;
  }

  /** Of the library, when what was brought is one firmware of it. */
  get firmwareSha256(): string | undefined {
    return this.#brought?.sha256;
  }

  get restores(): boolean {
    return this.#brought?.snapshot !== undefined;
  }

  /** What the board itself had is its way back, whoever signed it. */
  get restoresOwn(): boolean {
    const snapshot = this.#brought?.snapshot;
    return snapshot !== undefined && isOwn(snapshot, this.#deviceId);
  }

  /** Resolves when the plan is the one of everything that was said so far. */
  async settled(): Promise<void> {
    for (let waited: Promise<void> | undefined; waited !== this.#settled;) {
      waited = this.#settled;
      await waited.catch(() => undefined);
    }
  }

  async bring(files: readonly { readonly path: string; readonly blob: Blob }[]): Promise<void> {
    await this.#take({ bundle: await this.#ports.bundles.readBundle(files.map(({ path, blob }) => fileOf(path, blob))) });
  }

  async bringUrl(url: string): Promise<void> {
    await this.#take({ bundle: await this.#ports.bundles.readBundleFrom(url) });
  }

  async bringFirmware(sha256: string): Promise<void> {
    const record = await this.#ports.library.get(sha256);
    if (!record) throw new LibraryError('FIRMWARE_UNKNOWN', 'no such firmware', { sha256 });
    if (isSnapshot(record)) return this.#take(await this.#snapshot(record));
    const file = fileOf(record.fileName, await this.#ports.library.bytes(sha256));
    await this.#take({ bundle: await this.#ports.bundles.readBundle([file]), sha256 });
  }

  async #snapshot(record: FirmwareRecord): Promise<Brought> {
    const { library, clock, deviceName } = this.#ports;
    const { sha256 } = record;
    const [report, blob] = await Promise.all([library.report(sha256), library.bytes(sha256)]);
    const runs = await snapshotRuns({ report, bytes: new Uint8Array(await blob.arrayBuffer()) }, new Pacer(() => clock.sleep(0)));
    return { bundle: snapshotBundle(record), sha256, snapshot: { summary: snapshotSummary(record, deviceName), record, report, runs } };
  }

  clear(): void {
    this.#turn += 1;
    this.#brought = this.#resolved = undefined;
    this.#choices = {};
    this.#changed({ choices: {} });
  }

  choose(choices: PlanChoices): void {
    const before = this.#choices;
    this.#choices = choices;
    this.#quietly(this.#replan(choices.variant !== before.variant || choices.offsets !== before.offsets));
  }

  /** As the chip is now; what was saved from it before knows it by its id. */
  aim(target: FlashTarget, deviceId: string): Promise<void> {
    const before = this.#target;
    this.#target = target;
    this.#deviceId = deviceId;
    return this.#quietly(this.#replan(!before || !placesAlike(before, target)));
  }

  async #take(brought: Brought): Promise<void> {
    this.#brought = brought;
    this.#choices = {};
    this.#settled = this.#replan(true);
    try {
      await this.#settled;
    } catch (error) {
      // An address of the person's own may mend it.
      if (error instanceof BundleError && PLACE_FAULTS.has(error.code)) return;
      // Whoever brought it hears why; on the desk it is of no use.
      this.clear();
      throw error;
    }
  }

  /** What goes wrong is in the state. */
  #quietly(work: Promise<void>): Promise<void> {
    this.#settled = work.catch(() => undefined);
    return this.#settled;
  }

  async #replan(resolves: boolean): Promise<void> {
    const turn = ++this.#turn;
    const brought = this.#brought;
    const target = this.#target;
    const choices = this.#choices;
    if (!brought) return;
    if (!target) return this.#changed({ bundle: summaryOf(brought, undefined), choices });
    let found: Chosen | Resolved | undefined;
    try {
      found = this.#chooseBuild(brought, target, choices.variant);
      const resolved = (!resolves && this.#resolved) || {
        ...found,
        build: await this.#resolve(brought, found.chosen, { target, choices }),
      };
      const [plan, untrusted] = await Promise.all([
        planFlash(resolved.build, target, choices),
        this.#untrusted(brought, resolved.build, choices),
      ]);
      if (turn !== this.#turn) return;
      this.#resolved = resolved;
      const { snapshot } = brought;
      const judged = snapshot ? withWordOnBoard(plan, snapshot, this.#deviceId) : plan;
      this.#changed({ bundle: summaryOf(brought, resolved), choices, plan: { ...judged, problems: [...untrusted, ...judged.problems] } });
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#resolved = undefined;
      this.#changed({ bundle: summaryOf(brought, found), choices, problem: toProblem(error) });
      throw error;
    }
  }

  async #untrusted({ sha256 }: Brought, { parts }: ResolvedBuild, choices: PlanChoices): Promise<readonly PlanProblem[]> {
    const from = { sha256, erasesAll: choices.eraseAll };
    return this.restoresOwn ? [] : ((await this.#ports.untrusted?.(parts, from)) ?? []);
  }

  #chooseBuild({ bundle, snapshot }: Brought, { chip, flashBytes }: FlashTarget, wanted: string | undefined): Chosen {
    if (snapshot) return { chosen: { chip, parts: [] }, variants: [] };
    const variants = variantsFor(bundle, chip);
    // What was chosen for one chip may not be there for the next.
    const variant = wanted !== undefined && variants.includes(wanted) ? wanted : undefined;
    return { chosen: this.#ports.bundles.chooseBuild(bundle, chip, { flashBytes, variant }), variants };
  }

  async #resolve({ snapshot }: Brought, chosen: BundleBuild, { target, choices }: Aim): Promise<ResolvedBuild> {
    if (snapshot) return snapshotBuild(snapshot, target, this.#deviceId);
    const { chip, partitions, tableOffset } = target;
    const { offsets } = choices;
    const parts = chosen.parts.map((part) => ({ ...part, offset: offsets?.get(part.file.path) ?? part.offset }));
    return this.#ports.bundles.resolveBuild({ ...chosen, parts }, { chip, partitions, tableOffset });
  }
}

interface Aim {
  readonly target: FlashTarget;
  readonly choices: PlanChoices;
}

interface Chosen {
  readonly chosen: BundleBuild;
  /** Among which it was chosen. */
  readonly variants: readonly string[];
}

interface Resolved extends Chosen {
  readonly build: ResolvedBuild;
}

const PLACE_FAULTS: ReadonlySet<string> = new Set<BundleErrorCode>(['BUNDLE_PLACE_UNKNOWN', 'BUNDLE_PLACE_CONFLICT']);

/** Nothing of what decides which build is taken, and where its parts go, is another. */
const placesAlike = (a: FlashTarget, b: FlashTarget): boolean =>
  a.chip === b.chip &&
  a.flashBytes === b.flashBytes &&
  a.tableOffset === b.tableOffset &&
  JSON.stringify(a.partitions) === JSON.stringify(b.partitions);

const fileOf = (path: string, blob: Blob): BundleFile => ({
  path,
  size: blob.size,
  read: async () => new Uint8Array(await blob.arrayBuffer()),
});

export function summaryOf({ bundle, snapshot }: Pick<Brought, 'bundle' | 'snapshot'>, found: Chosen | Resolved | undefined): BundleSummary {
  const { origin, name, version, proposesErase, ignored, builds } = bundle;
  const chips = [...new Set(builds.map(({ chip }) => chip))];
  const stated = { origin, name, version, chips, proposesErase, ignored, ...(snapshot && { snapshot: snapshot.summary }) };
  if (!found) return { ...stated, parts: [] };
  const { chosen, variants } = found;
  const placeable = chosen.parts.filter(({ file }) => !isContainerName(file.path));
  const files = placeable.map(({ file, offset }) => ({ path: file.path, ...defined({ offset }) }));
  const ways = { files, ...(variants.length > 0 && { variants, variant: variantOf(chosen) }) };
  if (!('build' in found)) return { ...stated, ...ways, parts: [] };
  const { build } = found;
  return {
    ...stated,
    ...ways,
    // What was saved is called what it was saved as, whatever lies in it.
    ...(!snapshot && titleOf(bundle, build)),
    parts: build.parts.map(({ name, role, offset, bytes, placed }) => ({ name, role, offset, size: bytes.length, placed })),
    ...(build.settings && { settings: build.settings }),
  };
}

/** The state of a session, with what lies on its desk. @param baudRate at which it would be written */
export function withDesk(state: UsbState, { bundle, choices, plan, problem }: DeskState, baudRate: number): UsbState {
  const {
    bundle: _bundle,
    plan: _plan,
    onChip: _on,
    estimatedMs: _ms,
    differingMs: _differ,
    savingMs: _saving,
    problem: _problem,
    ...rest
  } = state;
  const line = lineOf(rest, baudRate);
  return {
    ...rest,
    choices,
    ...(bundle && { bundle }),
    ...(plan && { plan, estimatedMs: estimateMs(plan, line), savingMs: savingMs(plan, line) }),
    ...(problem && { problem }),
  };
}

/** With what of the plan is on the chip already, and what lies where nothing is lost. */
export function withOnChip(state: UsbState, { onChip, blank }: FoundOfPlan): UsbState {
  const { plan, baudRate } = state;
  if (!plan) return state;
  const line = lineOf(state, baudRate);
  const differing = { ...plan, writes: plan.writes.filter(({ offset }) => !onChip.includes(offset)) };
  return { ...state, onChip, differingMs: estimateMs(differing, line), savingMs: savingMs(differing, line, blank) };
}

const lineOf = ({ chip, loader }: Pick<UsbState, 'chip' | 'loader'>, baudRate: number) => ({
  baudRate,
  isRom: loader !== undefined && loader !== 'stub',
  isNativeUsb: chip !== undefined && chip.connection !== 'uart',
});
