/** What was brought to a session, resolved for its chip, and the plan that follows: made anew whenever one of the three changes. */
import type { BundleFile, FlashBundle, ResolvedBuild } from '../../core/bundle/model.ts';
import { planFlash } from '../../core/bundle/plan.ts';
import type { FlashPlan, FlashTarget, PlanChoices } from '../../core/bundle/plan-model.ts';
import { LibraryError, toProblem } from '../errors.ts';
import type { Problem } from '../model.ts';
import type { BundleSummary } from './model.ts';
import type { UsbPorts } from './usb-ports.ts';

export interface DeskState {
  readonly bundle?: BundleSummary;
  readonly choices: PlanChoices;
  readonly plan?: FlashPlan;
  /** Why there is no plan although there are a bundle and a chip. */
  readonly problem?: Problem;
}

export class BundleDesk {
  readonly #ports: Pick<UsbPorts, 'bundles' | 'library'>;
  readonly #changed: (state: DeskState) => void;
  #bundle: FlashBundle | undefined;
  #firmwareSha256: string | undefined;
  #target: FlashTarget | undefined;
  #resolved: ResolvedBuild | undefined;
  #choices: PlanChoices = {};
  /** Whoever is not the latest throws away what it found. */
  #turn = 0;
  #settled: Promise<void> = Promise.resolve();

  constructor(ports: Pick<UsbPorts, 'bundles' | 'library'>, changed: (state: DeskState) => void) {
    this.#ports = ports;
    this.#changed = changed;
  }

  get resolved(): ResolvedBuild | undefined {
    return this.#resolved;
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
    this.#choices = choices;
    this.#quietly(this.#replan(false));
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
    await this.#settled;
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
      const resolved = (!resolves && this.#resolved) || (await this.#resolve(bundle, target));
      const plan = await planFlash(resolved, target, choices);
      if (turn !== this.#turn) return;
      this.#resolved = resolved;
      this.#changed({ bundle: summaryOf(bundle, resolved), choices, plan });
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#resolved = undefined;
      this.#changed({ bundle: summaryOf(bundle, undefined), choices, problem: toProblem(error) });
      throw error;
    }
  }

  #resolve(bundle: FlashBundle, { chip, flashBytes, partitions }: FlashTarget): Promise<ResolvedBuild> {
    const { bundles } = this.#ports;
    return bundles.resolveBuild(bundles.chooseBuild(bundle, chip, { flashBytes }), { chip, partitions });
  }
}

/** Nothing of what decides which build is taken, and where its parts go, is another. */
const placesAlike = (a: FlashTarget, b: FlashTarget): boolean =>
  a.chip === b.chip && a.flashBytes === b.flashBytes && JSON.stringify(a.partitions) === JSON.stringify(b.partitions);

const fileOf = (path: string, blob: Blob): BundleFile => ({
  path,
  size: blob.size,
  read: async () => new Uint8Array(await blob.arrayBuffer()),
});

function summaryOf(bundle: FlashBundle, resolved: ResolvedBuild | undefined): BundleSummary {
  const { origin, name, version, proposesErase, ignored } = bundle;
  const parts = (resolved?.parts ?? []).map(({ name, role, offset, bytes, placed }) => ({
    name,
    role,
    offset,
    size: bytes.length,
    placed,
  }));
  return { origin, name, version, chips: [...new Set(bundle.builds.map(({ chip }) => chip))], parts, proposesErase, ignored };
}
