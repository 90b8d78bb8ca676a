/** What was brought to a session, resolved for its chip, and the plan that follows: made anew whenever one of the three changes. */
import { titleOf } from '../../core/bundle/bundle-title.ts';
import { variantOf, variantsFor } from '../../core/bundle/choose-build.ts';
import { estimateMs, savingMs } from '../../core/bundle/estimate.ts';
import type { BundleBuild, BundleFile, FlashBundle, ResolvedBuild } from '../../core/bundle/model.ts';
import { planFlash } from '../../core/bundle/plan.ts';
import type { FlashPlan, FlashTarget, PlanChoices, PlanProblem } from '../../core/bundle/plan-model.ts';
import { LibraryError, toProblem } from '../errors.ts';
import type { Problem } from '../model.ts';
import type { BundleSummary, UsbState } from './model.ts';
import type { FoundOfPlan } from './plan-probe.ts';
import type { BroughtPart } from './untrusted.ts';
import type { UsbPorts } from './usb-ports.ts';

export interface DeskState {
  readonly bundle?: BundleSummary;
  readonly choices: PlanChoices;
  readonly plan?: FlashPlan;
  /** Why there is no plan although there are a bundle and a chip. */
  readonly problem?: Problem;
}

interface DeskPorts extends Pick<UsbPorts, 'bundles' | 'library'> {
  /** For the board that it is planned for. */
  readonly untrusted?: (parts: readonly BroughtPart[], sha256?: string) => Promise<readonly PlanProblem[]>;
}

export class BundleDesk {
  readonly #ports: DeskPorts;
  readonly #changed: (state: DeskState) => void;
  #bundle: FlashBundle | undefined;
  #firmwareSha256: string | undefined;
  #target: FlashTarget | undefined;
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
    return this.#firmwareSha256;
  }

  /** Resolves when the plan is the one of everything that was said so far. */
  async settled(): Promise<void> {
    for (let waited: Promise<void> | undefined; waited !== this.#settled;) {
      waited = this.#settled;
      await waited.catch(() => undefined);
    }
  }

  async bring(files: readonly { readonly path: string; readonly blob: Blob }[]): Promise<void> {
    await this.#take(await this.#ports.bundles.readBundle(files.map(({ path, blob }) => fileOf(path, blob))));
  }

  async bringUrl(url: string): Promise<void> {
    await this.#take(await this.#ports.bundles.readBundleFrom(url));
  }

  async bringFirmware(sha256: string): Promise<void> {
    const record = await this.#ports.library.get(sha256);
    if (!record) throw new LibraryError('FIRMWARE_UNKNOWN', 'no such firmware', { sha256 });
    const file = fileOf(record.fileName, await this.#ports.library.bytes(sha256));
    await this.#take(await this.#ports.bundles.readBundle([file]), sha256);
  }

  clear(): void {
    this.#turn += 1;
    this.#bundle = this.#resolved = this.#firmwareSha256 = undefined;
    this.#choices = {};
    this.#changed({ choices: {} });
  }

  choose(choices: PlanChoices): void {
    const isOtherBuild = choices.variant !== this.#choices.variant;
    this.#choices = choices;
    this.#quietly(this.#replan(isOtherBuild));
  }

  /** As the chip is now. */
  aim(target: FlashTarget): Promise<void> {
    const before = this.#target;
    this.#target = target;
    return this.#quietly(this.#replan(!before || !placesAlike(before, target)));
  }

  async #take(bundle: FlashBundle, sha256?: string): Promise<void> {
    this.#bundle = bundle;
    this.#firmwareSha256 = sha256;
    this.#choices = {};
    this.#settled = this.#replan(true);
    try {
      await this.#settled;
    } catch (error) {
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
    const bundle = this.#bundle;
    const target = this.#target;
    const choices = this.#choices;
    if (!bundle) return;
    if (!target) return this.#changed({ bundle: summaryOf(bundle, undefined), choices });
    try {
      const resolved = (!resolves && this.#resolved) || (await this.#resolve(bundle, target, choices.variant));
      const [plan, untrusted = []] = await Promise.all([
        planFlash(resolved.build, target, choices),
        this.#ports.untrusted?.(resolved.build.parts, this.#firmwareSha256),
      ]);
      if (turn !== this.#turn) return;
      this.#resolved = resolved;
      this.#changed({ bundle: summaryOf(bundle, resolved), choices, plan: { ...plan, problems: [...untrusted, ...plan.problems] } });
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#resolved = undefined;
      this.#changed({ bundle: summaryOf(bundle, undefined), choices, problem: toProblem(error) });
      throw error;
    }
  }

  async #resolve(bundle: FlashBundle, { chip, flashBytes, partitions }: FlashTarget, wanted: string | undefined): Promise<Resolved> {
    const { bundles } = this.#ports;
    const variants = variantsFor(bundle, chip);
    // What was chosen for one chip may not be there for the next.
    const variant = wanted !== undefined && variants.includes(wanted) ? wanted : undefined;
    const chosen = bundles.chooseBuild(bundle, chip, { flashBytes, variant });
    return { build: await bundles.resolveBuild(chosen, { chip, partitions }), chosen, variants };
  }
}

interface Resolved {
  readonly build: ResolvedBuild;
  readonly chosen: BundleBuild;
  /** Among which it was chosen. */
  readonly variants: readonly string[];
}

/** Nothing of what decides which build is taken, and where its parts go, is another. */
const placesAlike = (a: FlashTarget, b: FlashTarget): boolean =>
  a.chip === b.chip && a.flashBytes === b.flashBytes && JSON.stringify(a.partitions) === JSON.stringify(b.partitions);

const fileOf = (path: string, blob: Blob): BundleFile => ({
  path,
  size: blob.size,
  read: async () => new Uint8Array(await blob.arrayBuffer()),
});

export function summaryOf(bundle: FlashBundle, resolved: Resolved | undefined): BundleSummary {
  const { origin, name, version, proposesErase, ignored, builds } = bundle;
  const stated = { origin, name, version, chips: [...new Set(builds.map(({ chip }) => chip))], proposesErase, ignored };
  if (!resolved) return { ...stated, parts: [] };
  const { build, chosen, variants } = resolved;
  return {
    ...stated,
    ...titleOf(bundle, build),
    parts: build.parts.map(({ name, role, offset, bytes, placed }) => ({ name, role, offset, size: bytes.length, placed })),
    ...(variants.length > 0 && { variants, variant: variantOf(chosen) }),
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

const lineOf = ({ chip }: Pick<UsbState, 'chip'>, baudRate: number) => ({
  baudRate,
  isNativeUsb: chip !== undefined && chip.connection !== 'uart',
});
