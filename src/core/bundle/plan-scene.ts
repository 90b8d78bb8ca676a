/** What the checks of a plan look at, and how they say what they find. */
import type { Partition } from '../image/model.ts';
import type { ResolvedBuild, ResolvedPart } from './model.ts';
import { partRange } from './places.ts';
import type { FlashRange, FlashTarget, PlanChoices, PlannedWrite, PlanProblem, PlanProblemCode } from './plan-model.ts';
import { overlap } from './ranges.ts';

/** One piece, and the partitions in the middle of it that stay. */
export interface TornPart {
  readonly part: ResolvedPart;
  readonly inside: readonly Partition[];
}

export interface PlanScene {
  readonly build: ResolvedBuild;
  /** As placed. */
  readonly parts: readonly ResolvedPart[];
  readonly target: FlashTarget;
  readonly choices: PlanChoices;
  /** That holds when all is written. */
  readonly table: readonly Partition[] | undefined;
  /** Of the bundle. */
  readonly newTable: readonly Partition[] | undefined;
  readonly writes: readonly PlannedWrite[];
  readonly erases: readonly FlashRange[];
  /** Wanted to stay and cannot. */
  readonly moved: readonly Partition[];
  /** Left out of the writes. */
  readonly torn: readonly TornPart[];
}

export type Check = (scene: PlanScene) => readonly PlanProblem[];
type Facts = PlanProblem['facts'];

export const block = (code: PlanProblemCode, facts: Facts): PlanProblem => ({ code, severity: 'block', facts });
export const warn = (code: PlanProblemCode, facts: Facts): PlanProblem => ({ code, severity: 'warn', facts });
export const note = (code: PlanProblemCode, facts: Facts): PlanProblem => ({ code, severity: 'note', facts });

export const labels = (partitions: readonly Partition[]): string => partitions.map(({ label }) => label).join(', ');
/** A merged image is not asked whether each of its parts fits: what stays was cut out of it. */
export const writtenParts = ({ parts, writes, torn }: PlanScene): readonly ResolvedPart[] =>
  parts.filter((part) => torn.some((entry) => entry.part === part) || writes.some((write) => overlap(write, partRange(part))));
