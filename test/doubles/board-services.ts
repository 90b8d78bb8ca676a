/** Trust, as whoever writes to boards sees it: anything may be started, and nothing came as a release, until a test says otherwise. */
import type { ReleaseMark } from '../../src/app/model.ts';
import type { MayStart } from '../../src/app/slot-word.ts';
import type { BoardServices } from '../../src/app/trust/services.ts';

/** Both are asked anew each time. */
export const boardServices =
  (
    mayStart: () => MayStart = () => async () => undefined,
    markOf: (sha256: string) => ReleaseMark | undefined = () => undefined,
  ): (() => Promise<BoardServices>) =>
  async () => ({ mayStart: mayStart(), releases: { markOf: async (sha256) => markOf(sha256) } });
