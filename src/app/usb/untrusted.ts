/**
 * What the app knows against writing something to a board: boards that are given only trusted firmware are given nothing else by the cable, and a
 * signed release goes only where it was meant for. What that means for a build, the port says.
 */
import type { ResolvedPart } from '../../core/bundle/model.ts';
import type { PlanProblem } from '../../core/bundle/plan-model.ts';
import type { ChipName, FirmwareContent, Partition } from '../../core/image/model.ts';
import { UsbError } from './usb-errors.ts';

export type BroughtPart = Pick<ResolvedPart, 'name' | 'role' | 'offset' | 'bytes' | 'content'>;

export interface WhereFrom {
  /** Of the file in the library that all of it came from. */
  readonly sha256?: string | undefined;
  /** Of the chip as it is now, by each look; empty where there was none. */
  readonly tables?: readonly (readonly Partition[])[] | undefined;
  readonly chip?: ChipName | undefined;
  /** What starts from its flash now, by its own word. */
  readonly running?: RunningApp | undefined;
  /** Whatever ran there is gone then. */
  readonly erasesAll?: boolean | undefined;
}

export interface RunningApp {
  readonly project: string;
  /** The one inside the image, where it has one. */
  readonly sha256?: string;
}

/** @param board id of a virtual device, or what history calls a real one: `usb:` and its MAC */
export type FindUntrusted = (board: string, parts: readonly BroughtPart[], from?: WhereFrom) => Promise<readonly PlanProblem[]>;

interface Asked extends WhereFrom {
  readonly parts: readonly BroughtPart[];
  /** Warnings that the person has seen, and gave their word about. */
  readonly seen?: readonly PlanProblem[];
}

/** @throws UsbError PLAN_BLOCKED */
export async function assertTrusted(find: FindUntrusted | undefined, board: string, { parts, seen = [], ...from }: Asked): Promise<void> {
  const found = (await find?.(board, parts, from)) ?? [];
  const problems = found.filter(
    ({ code, severity, facts }) => severity === 'block' || !seen.some((other) => isSame(other, { code, facts })),
  );
  if (problems.length > 0)
    throw new UsbError('PLAN_BLOCKED', 'it must not go onto this board', { problems: problems.map(({ code }) => code) });
}

const isSame = (a: Pick<PlanProblem, 'code' | 'facts'>, b: typeof a): boolean =>
  a.code === b.code && a.facts['reason'] === b.facts['reason'];

/** The applications of a file. */
export function applicationsIn(content: FirmwareContent, bytes: Uint8Array<ArrayBuffer>): readonly BroughtPart[] {
  if (content.kind === 'app') return [{ name: 'application', role: 'app', offset: 0, bytes, content }];
  if (!('parts' in content)) return [];
  return content.parts.flatMap(({ name, content, flashOffset, length }) =>
    content.kind === 'app'
      ? [{ name, role: 'app' as const, offset: flashOffset, bytes: bytes.slice(flashOffset, flashOffset + length), content }]
      : [],
  );
}
