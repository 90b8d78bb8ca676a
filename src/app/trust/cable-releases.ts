/**
 * Holds what a cable brings as a signed release against the board, as the pre-flight over the air does: the same check, the same gravity. What
 * the cable knows of a board is what lies in its flash, and what the board said of itself where it is known here. One thing differs: a cable is
 * how a board becomes another product, so that needs a word and no more, unless the board is guarded.
 */
import { sha256Hex } from '../../core/bytes/sha256.ts';
import type { PlanProblem } from '../../core/bundle/plan-model.ts';
import type { DeviceRecord } from '../model.ts';
import { PREFLIGHT_REASONS } from '../preflight-reasons.ts';
import type { PreflightReason } from '../preflight-reasons.ts';
import type { Clock } from '../ports.ts';
import type { DeviceService } from '../services.ts';
import type { FindUntrusted, WhereFrom } from '../usb/untrusted.ts';
import { cableGuard, isBoard } from './cable-guard.ts';
import type { CableGuardPorts } from './cable-guard.ts';
import { checkRelease } from './release-check.ts';
import type { BoardNow } from './release-check.ts';
import type { ReleaseService } from './release-services.ts';
import type { BoardServices, JudgeServices } from './services.ts';

interface CableReleasesPorts {
  readonly devices: Pick<DeviceService, 'stored' | 'history'>;
  readonly trust: () => Promise<{ readonly releases: Pick<ReleaseService, 'known'> }>;
  readonly clock: Pick<Clock, 'now'>;
}

export interface CableRulesPorts extends CableGuardPorts, CableReleasesPorts {
  readonly devices: CableReleasesPorts['devices'];
  readonly trust: () => Promise<JudgeServices & BoardServices & { readonly releases: Pick<ReleaseService, 'known'> }>;
}

/** All that the app knows against what a cable brings. */
export function cableRules(ports: CableRulesPorts): FindUntrusted {
  const rules = [cableGuard(ports), cableReleases(ports)];
  return async (...asked) => (await Promise.all(rules.map((find) => find(...asked)))).flat();
}

export function cableReleases({ devices, trust, clock }: CableReleasesPorts): FindUntrusted {
  return async (board, parts, from = {}) => {
    const known = await (await trust()).releases.known();
    if (known.length === 0) return [];
    const record = (await devices.stored()).find((other) => isBoard(other, board));
    const ids = new Set([board, record?.id ?? board]);
    const histories = await Promise.all([...ids].map((id) => devices.history(id).catch(() => [])));
    const now = { known, nowMs: clock.now(), history: histories.flat() };
    const files = await Promise.all(parts.map(async ({ name, bytes }) => ({ name, sha256: await sha256Hex(bytes) })));
    const [first] = parts;
    if (from.sha256 !== undefined && first && !files.some(({ sha256 }) => sha256 === from.sha256)) {
      files.push({ name: first.name, sha256: from.sha256 });
    }
    const target = boardNow(from, record);
    return files.flatMap(({ name, sha256 }) => {
      const answer = checkRelease(sha256, target, now);
      return answer ? problemsOf(name, answer, runningProduct(from, record)) : [];
    });
  };
}

/** Of a guarded board the product stays what it was, whatever runs there by now; who erases everything gives up what ran. */
function boardNow(from: WhereFrom, record: DeviceRecord | undefined): BoardNow {
  const { lastInfo, guardedProduct, onlyTrusted = false } = record ?? {};
  const runs = from.erasesAll ? undefined : from.running;
  const isNameless = runs !== undefined && runningProduct(from, record) === undefined;
  const product = onlyTrusted ? guardedProduct || undefined : isNameless ? undefined : null;
  return { product, chip: from.chip, hardware: lastInfo?.hardware || undefined, runs: runs?.sha256 };
}

/** Of a board that may become another one. */
function runningProduct({ running, erasesAll = false }: WhereFrom, record: DeviceRecord | undefined): string | undefined {
  if (erasesAll || record?.onlyTrusted) return undefined;
  return running?.project || record?.lastInfo?.project || undefined;
}

type Answer = NonNullable<ReturnType<typeof checkRelease>>;

function problemsOf(part: string, [reason, facts]: Answer, runs: string | undefined): readonly PlanProblem[] {
  const { verdict }: { readonly verdict: 'pass' | 'warn' | 'block' } = PREFLIGHT_REASONS.release[reason];
  const problem = (severity: 'warn' | 'block', change: Answer[1]): PlanProblem => ({
    code: 'RELEASE_UNFIT',
    severity,
    facts: { ...facts, part, ...change },
  });
  const becomesAnother = runs !== undefined && runs !== facts['product'];
  return [
    ...(becomesAnother ? [problem('warn', { reason: 'wrong-product', deviceProduct: runs })] : []),
    ...(verdict === 'pass' ? [] : [problem(verdict, { reason })]),
  ];
}

type Reasons = typeof PREFLIGHT_REASONS.release;

/** What a plan has words for. */
export type UnfitReason = {
  [Reason in PreflightReason<'release'>]: Reasons[Reason]['verdict'] extends 'pass' ? never : Reason;
}[PreflightReason<'release'>];
