/** A chain of plausible entries, and its lines. */
import { factsOf } from '../../../src/core/trust/log-acts.ts';
import { EMPTY_LOG, appendTo, type LogHead } from '../../../src/core/trust/log-chain.ts';
import type { LogEntry, LogRecord } from '../../../src/core/trust/log-entry.ts';
import { headerLine, recordLine } from '../../../src/core/trust/log-export.ts';

const START = Date.UTC(2025, 10, 20, 9, 12);
const FIRMWARE = { name: 'greenhouse-node', version: '1.1.0', sha256: '4f1c'.repeat(16) };
const DEVICE = { id: 'esp32-ota', name: 'esp32-ota' };

export const atOf = (index: number): string => new Date(START + index * 61_003).toISOString();

/** The body of the nth entry. */
export function bodyOf(index: number): Omit<LogEntry, 'seq'> {
  const at = atOf(index);
  const common = { at, by: 'page', app: '0.4.0' } as const;
  switch (index % 3) {
    case 0:
      return { ...common, act: 'signed-in', facts: factsOf('signed-in', { ...DEVICE, mustChange: false }) };
    case 1:
      return {
        ...common,
        act: 'update-finished',
        facts: factsOf('update-finished', {
          deviceId: DEVICE.id,
          deviceName: DEVICE.name,
          firmware: FIRMWARE,
          fromVersion: '1.0.0',
          slot: 'ota_1',
          startedAt: START,
          endedAt: START + 27_400 + index,
        }),
      };
    default:
      return { at, act: 'file-shared', facts: factsOf('file-shared', { name: 'Gewächshaus “1”.bin', size: 912_384 }), by: 'worker' };
  }
}

export function chainOf(length: number, body: (index: number) => Omit<LogEntry, 'seq'> = bodyOf): LogRecord[] {
  let head: LogHead = EMPTY_LOG;
  return Array.from({ length }, (_, index) => {
    const record = appendTo(head, body(index));
    head = record;
    return record;
  });
}

/** As exported; without the LF. */
export const linesOfChain = (records: readonly unknown[]): string[] => records.map((record) => recordLine(record).trimEnd());

export const exportOf = (records: readonly LogRecord[]): string =>
  headerLine({ at: atOf(0), head: records.at(-1) ?? EMPTY_LOG }) + records.map((record) => recordLine(record)).join('');
