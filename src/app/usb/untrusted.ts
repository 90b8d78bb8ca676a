/** Boards that are given only trusted firmware are given nothing else by the cable, either. What that means for a build, the port says. */
import type { ResolvedPart } from '../../core/bundle/model.ts';
import type { PlanProblem } from '../../core/bundle/plan-model.ts';
import type { FirmwareContent } from '../../core/image/model.ts';
import { UsbError } from './usb-errors.ts';

export type BroughtPart = Pick<ResolvedPart, 'name' | 'role' | 'bytes' | 'content'>;

/** @param board id of a virtual device, or a MAC. @param sha256 of the file in the library that all of it came from */
export type FindUntrusted = (board: string, parts: readonly BroughtPart[], sha256?: string) => Promise<readonly PlanProblem[]>;

/** @throws UsbError PLAN_BLOCKED */
export async function assertTrusted(
  find: FindUntrusted | undefined,
  board: string,
  { parts, sha256 }: { readonly parts: readonly BroughtPart[]; readonly sha256: string | undefined },
): Promise<void> {
  const problems = (await find?.(board, parts, sha256)) ?? [];
  if (problems.length > 0)
    throw new UsbError('PLAN_BLOCKED', 'nobody who is trusted has signed it', { problems: problems.map(({ code }) => code) });
}

/** The applications of a file. */
export function applicationsIn(content: FirmwareContent, bytes: Uint8Array<ArrayBuffer>): readonly BroughtPart[] {
  if (content.kind === 'app') return [{ name: 'application', role: 'app', bytes, content }];
  if (!('parts' in content)) return [];
  return content.parts.flatMap(({ name, content, flashOffset, length }) =>
    content.kind === 'app' ? [{ name, role: 'app' as const, bytes: bytes.slice(flashOffset, flashOffset + length), content }] : [],
  );
}
