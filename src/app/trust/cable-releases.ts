/**
 * Holds what a cable brings as a signed release against the board, as the pre-flight over the air does: the same check, the same gravity. What
 * the cable knows of a board is what lies in its flash, and what the board said of itself where it is known here.
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
  readonly devices: Pick<DeviceService, 'records' | 'load' | 'history'>;
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
    await devices.load();
    const record = devices.records.value?.find((other) => isBoard(other, board));
    const ids = new Set([board, record?.id ?? board]);
    const histories = await Promise.all([...ids].map((id) => devices.history(id).catch(() => [])));
    const now = { known, nowMs: clock.now(), history: histories.flat() };
    const files = await Promise.all(parts.map(async ({ name, bytes }) => ({ name, sha256: await sha256Hex(bytes) })));
    const [first] = parts;
    if (from.sha256 !== undefined && first && !files.some(({ sha256 }) => sha256 === from.sha256)) {
      files.push({ name: first.name, sha256: from.sha256 });
    }
    return files.flatMap(({ name, sha256 }) => {
      const answer = checkRelease(sha256, boardNow(from, record), now);
      return answer ? problemOf(name, answer) : [];
    });
  };
}

/** Of a guarded board the product stays what it was, whatever runs there by now; who erases everything gives up what ran. */
function boardNow({ chip, running, erasesAll = false }: WhereFrom, record: DeviceRecord | undefined): BoardNow {
  const { lastInfo, guardedProduct, onlyTrusted = false } = record ?? {};
  const runs = erasesAll ? undefined : running;
  const product = onlyTrusted ? guardedProduct : erasesAll ? undefined : running?.project || lastInfo?.project;
  return { product: product || undefined, chip, hardware: lastInfo?.hardware || undefined, runs: runs?.sha256 };
}

type Answer = NonNullable<ReturnType<typeof checkRelease>>;

function problemOf(part: string, [reason, facts]: Answer): readonly PlanProblem[] {
  const { verdict }: { readonly verdict: 'pass' | 'warn' | 'block' } = PREFLIGHT_REASONS.release[reason];
  return verdict === 'pass' ? [] : [{ code: 'RELEASE_UNFIT', severity: verdict, facts: { ...facts, part, reason } }];
}

type Reasons = typeof PREFLIGHT_REASONS.release;

/** What a plan has words for. */
export type UnfitReason = {
  [Reason in PreflightReason<'release'>]: Reasons[Reason]['verdict'] extends 'pass' ? never : Reason;
}[PreflightReason<'release'>];
