/**
 * PEM as keys are handed around (RFC 7468 §3, lax): text before, between and after, any line ends, any width. Also the headers of RFC 1421, as far
 * as it takes to refuse what is encrypted that way. Knows no keys.
 */
import { fromBase64, toBase64 } from '../bytes/base64.ts';
import { malformedKey, TrustError, unsupportedKey } from './trust-error.ts';

export interface PemBlock {
  readonly label: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface RawBlock {
  readonly label: string;
  readonly lines: readonly string[];
}

const LINE_WIDTH = 64;
const BOUNDARY = /^-----(BEGIN|END) ([A-Z0-9][A-Z0-9 ]{0,62})-----$/;
const HEADER = /^([A-Za-z0-9-]{1,64}):\s*(.*)$/;
const CIPHER = /^[A-Za-z0-9-]{1,32}/;

export const isPem = (text: string): boolean => text.includes('-----BEGIN ');

/**
 * The first block that has one of `labels`; all others are passed over.
 * @throws TrustError KEY_UNSUPPORTED when there are only others, with the label of the first in `found`; KEY_ENCRYPTION_UNSUPPORTED for
 *   `Proc-Type: 4,ENCRYPTED`, with its cipher
 */
export function findPem(text: string, labels: readonly string[]): PemBlock {
  let other: string | undefined;
  for (const block of blocksOf(text)) {
    if (labels.includes(block.label)) return decode(block);
    other ??= block.label;
  }
  if (other === undefined) throw malformedKey('pem', 'must have a line -----BEGIN …-----');
  throw unsupportedKey('pem.label', `must be one of ${labels.join(', ')}`, other);
}

/** Ends in a line end, as OpenSSL writes it. */
export function toPem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(new RegExp(`.{1,${LINE_WIDTH}}`, 'g')) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

function* blocksOf(text: string): Generator<RawBlock> {
  let open: { readonly label: string; readonly lines: string[] } | undefined;
  for (const rawLine of text.split(/\r\n|\n|\r/)) {
    const line = rawLine.trim();
    const [, boundary, label = ''] = BOUNDARY.exec(line) ?? [];
    if (boundary === 'BEGIN') {
      if (open) throw malformedKey('pem', `${open.label} must end before ${label} begins`);
      open = { label, lines: [] };
    } else if (boundary === 'END' && open) {
      if (open.label !== label) throw malformedKey('pem', `${open.label} must not end as ${label}`);
      yield open;
      open = undefined;
    } else open?.lines.push(line);
  }
  if (open) throw malformedKey('pem', `must have a line -----END ${open.label}-----`);
}

function decode({ label, lines }: RawBlock): PemBlock {
  if (lines.some((line) => line.includes(':'))) refuseHeaders(lines);
  try {
    return { label, bytes: fromBase64(lines.join('')) };
  } catch {
    // Without the cause: an engine may quote what it could not read, and this may be a private key.
    throw malformedKey('pem.base64', `${label} must be base64`);
  }
}

/** RFC 1421 §4.6: only encryption is announced that way, and with a key derivation that protects nothing. */
function refuseHeaders(lines: readonly string[]): never {
  const headers = new Map(lines.map((line) => HEADER.exec(line)).flatMap((match) => (match ? [[match[1]!, match[2]!] as const] : [])));
  if (!/^4,\s*ENCRYPTED$/.test(headers.get('Proc-Type') ?? '')) throw malformedKey('pem.headers', 'must have none');
  const [cipher] = CIPHER.exec(headers.get('DEK-Info') ?? '') ?? [];
  throw new TrustError(
    'KEY_ENCRYPTION_UNSUPPORTED',
    'pem.Proc-Type',
    'must not be encrypted the way of RFC 1421 (Proc-Type: 4,ENCRYPTED)',
    {
      found: cipher ?? 'Proc-Type: 4,ENCRYPTED',
    },
  );
}
