/**
 * Holds what a cable brings to a guarded board against what the product trusts that it was guarded for: part by part, or the whole file as one.
 * Settings and files of the board are nobody's program, and are free.
 */
import type { PlanProblem } from '../../core/bundle/plan-model.ts';
import type { PartRole } from '../../core/bundle/model.ts';
import { roleOfPartition } from '../../core/bundle/places.ts';
import type { Partition } from '../../core/image/model.ts';
import type { DeviceRecord } from '../model.ts';
import type { DeviceService } from '../services.ts';
import type { BroughtPart, FindUntrusted, WhereFrom } from '../usb/untrusted.ts';
import type { JudgeServices, SignatureService } from './services.ts';

export interface CableGuardPorts {
  readonly devices: Pick<DeviceService, 'stored'>;
  /** Loaded only for a guarded board. */
  readonly trust: () => Promise<JudgeServices>;
}

export function cableGuard({ devices, trust }: CableGuardPorts): FindUntrusted {
  return async (board, parts, from = {}) => {
    const { isKnown, candidates } = guardedOf(await devices.stored(), board);
    if (candidates.length === 0) return [];
    const { keys, signatures } = await trust();
    await keys.load();
    const judged = await Promise.all(candidates.map((record) => problemsOf(parts, { record, from, signatures })));
    if (isKnown) return judged.flat();
    const doubtful = candidates.find((_, index) => judged[index]!.length > 0);
    return doubtful ? [{ code: 'MAY_BE_GUARDED', severity: 'warn', facts: { device: doubtful.name } }] : [];
  };
}

/** What ports call a board by: `usb:` and its MAC, where it has told one. */
const USB = 'usb:';

export const isBoard = ({ id, lastInfo }: DeviceRecord, board: string): boolean => {
  const mac = macOf(board);
  return id === board || (mac !== undefined && macOf(lastInfo?.mac) === mac);
};

/** The guarded device that the board is; or those that it may be, if it is none. */
export function guardedOf(records: readonly DeviceRecord[], board: string): Guarded {
  const guarded = records.filter(({ onlyTrusted }) => onlyTrusted);
  const known = guarded.find((record) => isBoard(record, board));
  return { isKnown: known !== undefined, candidates: known ? [known] : guarded.filter((record) => mayBeBoard(record, board)) };
}

interface Guarded {
  readonly isKnown: boolean;
  readonly candidates: readonly DeviceRecord[];
}

/** One of the two never told its MAC: nobody can say that they are not the same. */
const mayBeBoard = ({ kind, lastInfo }: DeviceRecord, board: string): boolean =>
  kind === 'network' && board.startsWith(USB) && (macOf(board) === undefined || macOf(lastInfo?.mac) === undefined);

/** Twelve hex digits, however they were spelled. */
function macOf(text = ''): string | undefined {
  const digits = text.toLowerCase().replace(USB, '').replaceAll(/[:-]/g, '');
  return /^[0-9a-f]{12}$/.test(digits) ? digits : undefined;
}

interface Court {
  readonly record: DeviceRecord;
  readonly from: WhereFrom;
  readonly signatures: SignatureService;
}

async function problemsOf(parts: readonly BroughtPart[], { record, from, signatures }: Court): Promise<readonly PlanProblem[]> {
  const { guardedProduct: product = '' } = record;
  const { sha256, tables = [] } = from;
  const isWhole = sha256 !== undefined && (await signatures.trust(sha256, product)).signature.status === 'trusted';
  const problems = parts
    .filter((part) => !isFree(part, tables))
    .map(async (part): Promise<readonly PlanProblem[]> => {
      const status = isOfAnother(part, product)
        ? 'other-product'
        : isWhole
          ? 'trusted'
          : (await signatures.trustOf(part.bytes, part.content, product)).signature.status;
      if (status === 'trusted') return [];
      return [{ code: 'UNTRUSTED_APPLICATION', severity: 'block', facts: { part: part.name, status, product } }];
    });
  return (await Promise.all(problems)).flat();
}

const FREE: readonly PartRole[] = ['nvs', 'otadata', 'filesystem'];

/**
 * By the place that the board has for it, not by what a file calls it: a plan may move applications, and only those. What was brought may have
 * pointed at one of the tables: all of them have to agree.
 */
function isFree({ role, content, offset, bytes }: BroughtPart, tables: readonly (readonly Partition[])[]): boolean {
  if (role === 'app' || content.kind === 'app' || content.kind === 'bootloader') return false;
  const isFreeIn = (partitions: readonly Partition[]): boolean => {
    const place = partitions.find((other) => offset >= other.offset && offset + bytes.length <= other.offset + other.size);
    return place !== undefined && FREE.includes(roleOfPartition(place));
  };
  return tables.length > 0 && tables.every(isFreeIn);
}

/** Keys may be trusted by several products; what an application calls itself has to be this one. */
const isOfAnother = ({ content }: BroughtPart, product: string): boolean =>
  content.kind === 'app' && (product === '' || content.image.appDescriptor?.projectName !== product);
