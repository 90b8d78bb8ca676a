/** Holds what a cable brings to a guarded board against what its product trusts: application by application, or the whole file as one. */
import type { PlanProblem } from '../../core/bundle/plan-model.ts';
import type { DeviceRecord } from '../model.ts';
import type { DeviceService } from '../services.ts';
import type { BroughtPart, FindUntrusted } from '../usb/untrusted.ts';
import type { SignatureService, TrustServices } from './services.ts';

export interface CableGuardPorts {
  readonly devices: Pick<DeviceService, 'records' | 'load'>;
  /** Loaded only for a guarded board. */
  readonly trust: () => Promise<Pick<TrustServices, 'signatures'>>;
}

export function cableGuard({ devices, trust }: CableGuardPorts): FindUntrusted {
  return async (board, parts, sha256) => {
    await devices.load();
    if (!devices.records.value?.some((record) => record.onlyTrusted && isBoard(record, board))) return [];
    const { signatures } = await trust();
    if (sha256 !== undefined && (await signatures.trust(sha256)).signature.status === 'trusted') return [];
    const applications = parts.filter(({ role, content }) => role === 'app' || content.kind === 'app');
    const problems = await Promise.all(applications.map((part) => problemOf(part, signatures)));
    return problems.filter((problem) => problem !== undefined);
  };
}

const isBoard = ({ id, lastInfo }: DeviceRecord, board: string): boolean =>
  id === board || lastInfo?.mac?.toLowerCase() === board.toLowerCase();

async function problemOf(part: BroughtPart, signatures: SignatureService): Promise<PlanProblem | undefined> {
  const { signature, product } = await signatures.trustOf(part.bytes, part.content);
  if (signature.status === 'trusted') return undefined;
  return { code: 'UNTRUSTED_APPLICATION', severity: 'block', facts: { part: part.name, status: signature.status, product } };
}
