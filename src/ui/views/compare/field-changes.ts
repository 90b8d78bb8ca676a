/** What two firmwares say about themselves, field by field, in words. Pure. */
import type { FirmwareRecord } from '../../../app/model.ts';
import type { FirmwareReport } from '../../../core/image/model.ts';
import type { FirmwareTrust } from '../../../app/trust/model.ts';
import { formatAddress } from '../../elements/measure.ts';
import { formatCount, formatFlashHeader, formatMoment } from '../../format.ts';
import { signatureBrief } from '../../signature-words.ts';
import { KIND_WORDS } from '../library/kind-words.ts';
import { imageOf } from '../library/release-facts.ts';

export interface Side {
  readonly record: FirmwareRecord;
  readonly report: FirmwareReport;
  /** Absent where it could not be found out. */
  readonly trust?: FirmwareTrust | undefined;
}

export interface Field {
  readonly name: string;
  readonly a: string;
  readonly b: string;
  readonly differs: boolean;
  /** What a machine said: set in mono. */
  readonly mono: boolean;
}

interface FieldRule {
  readonly name: string;
  readonly mono?: true;
  readonly read: (side: Side) => string | undefined;
}

const revision = (full: number): string => `${Math.floor(full / 100)}.${full % 100}`;
const short = (hash: string): string => `${hash.slice(0, 8)}…${hash.slice(-8)}`;
const descriptorOf = ({ report }: Side) => imageOf(report)?.appDescriptor;

const RULES: readonly FieldRule[] = [
  { name: 'Kind', read: ({ record }) => KIND_WORDS[record.kind].name },
  { name: 'Project', read: ({ record }) => record.name },
  { name: 'Version', mono: true, read: ({ record }) => record.version },
  { name: 'Chip', read: ({ record }) => record.chip },
  { name: 'Size', mono: true, read: ({ record }) => `${formatCount(record.size)} bytes` },
  { name: 'Built', read: ({ record }) => (record.builtAt === undefined ? undefined : formatMoment(record.builtAt)) },
  { name: 'ESP-IDF', mono: true, read: ({ record }) => record.idfVersion },
  { name: 'Secure version', mono: true, read: (side) => descriptorOf(side)?.secureVersion.toString() },
  { name: 'Chip revision, at least', mono: true, read: ({ report }) => mapped(imageOf(report)?.minChipRevision, revision) },
  {
    name: 'Flash',
    mono: true,
    read: ({ report }) =>
      mapped(imageOf(report), ({ flashMode, flashFrequency, flashSize }) => formatFlashHeader(flashMode, flashFrequency, flashSize)),
  },
  { name: 'Entry', mono: true, read: ({ report }) => mapped(imageOf(report)?.entry, (entry) => formatAddress(entry, 8)) },
  { name: 'Segments', mono: true, read: ({ report }) => imageOf(report)?.segments.length.toString() },
  { name: 'Secure-boot blocks', mono: true, read: ({ report }) => imageOf(report)?.secureBoot.length.toString() },
  { name: 'Signature', read: ({ trust }) => mapped(trust, signatureBrief) },
  { name: 'ELF, SHA-256', mono: true, read: (side) => mapped(descriptorOf(side)?.elfSha256, short) },
  { name: 'File, SHA-256', mono: true, read: ({ record }) => short(record.sha256) },
];

function mapped<T>(value: T | undefined, words: (value: T) => string): string | undefined {
  return value === undefined ? undefined : words(value);
}

/** Fields that neither has are left out. */
export function compareFields(a: Side, b: Side): readonly Field[] {
  return RULES.flatMap(({ name, mono = false, read }) => {
    const [left, right] = [read(a) ?? '', read(b) ?? ''];
    if (left === '' && right === '') return [];
    return [{ name, a: left || '(none)', b: right || '(none)', differs: left !== right, mono }];
  });
}
