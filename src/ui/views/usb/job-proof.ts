/** How a job over the cable is known to have done what it says, and its receipt. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import { jobMs, type FlashStage, type UsbJobResult, type UsbJobState, type UsbState } from '../../../app/usb/model.ts';
import { copyText } from '../../copy.ts';
import { hash, icon } from '../../elements/icons.ts';
import { formatAddress, formatCapacity } from '../../elements/measure.ts';
import { formatCount, formatMany, formatMoment } from '../../format.ts';
import { releaseWords } from '../../release-words.ts';
import { hasStarted, restsInSlot, spanWords } from '../../usb-words.ts';

export interface Proof {
  readonly name: string;
  readonly isProven: boolean;
  readonly words: string;
}

const isDone = ({ stages }: UsbJobState, stage: FlashStage): boolean =>
  stages.some((entry) => entry.stage === stage && entry.status === 'done');

/** Something of the flash is no longer what it was. */
export const hasChanged = ({ bytesWritten, bytesErased = 0 }: UsbJobResult): boolean => bytesWritten + bytesErased > 0;

export function proofsOf(job: UsbJobState, result: UsbJobResult): readonly Proof[] {
  switch (job.kind) {
    case 'read':
    case 'snapshot':
      return readProofs(job, result);
    case 'erase':
      return [{ name: 'Erased', isProven: isDone(job, 'erase'), words: `${formatCapacity(erasedBytes(result))}: the chip says so` }];
    default:
      return writeProofs(job, result);
  }
}

function readProofs({ kind }: UsbJobState, { bytesInFlash, bytesBlank = 0 }: UsbJobResult): readonly Proof[] {
  const read = formatCapacity(bytesInFlash - bytesBlank);
  const words =
    bytesBlank > 0
      ? `${read}; the other ${formatCapacity(bytesBlank)} are blank, as the MD5 of the chip says without reading`
      : `all ${read}`;
  return [
    { name: 'Read', isProven: true, words },
    { name: 'Content', isProven: true, words: 'The MD5 that the chip counted over its flash is that of what arrived' },
    ...(kind === 'snapshot' ? [{ name: 'Kept', isProven: true, words: 'in the library, under its SHA-256' }] : []),
  ];
}

const erasedBytes = ({ bytesErased, bytesInFlash }: UsbJobResult): number => bytesErased ?? bytesInFlash;

function writeProofs(job: UsbJobState, result: UsbJobResult): readonly Proof[] {
  const { bytesWritten, bytesInFlash, bytesErased = 0, undo } = result;
  const proofs: Proof[] = [];
  if (bytesInFlash > 0) proofs.push(contentProof(job, result), { name: 'Written', isProven: true, words: writtenWords(result) });
  if (bytesErased > 0) proofs.push({ name: 'Erased', isProven: true, words: formatCapacity(bytesErased) });
  const version = versionProof(job, result);
  if (version) proofs.push(version);
  if (undo && (bytesWritten > 0 || bytesErased > 0)) {
    const was = result.overUnfinished ? ', an unfinished write,' : result.overBroken ? ', which did not start,' : '';
    const what = `What was overwritten${was}`;
    proofs.push({ name: 'Way back', isProven: true, words: `${what} is in the library` });
  }
  return proofs;
}

/** Where nothing differed there is nothing to verify: the comparison was the proof. */
function contentProof(job: UsbJobState, { bytesWritten }: UsbJobResult): Proof {
  const isProven = isDone(job, 'verify') || (isDone(job, 'compare') && bytesWritten === 0);
  const words = isProven
    ? 'The MD5 that the chip counted over its flash is that of the bytes'
    : 'The chip acknowledged every byte, and lets nobody read them back';
  return { name: 'Content', isProven, words };
}

/** What was written may have been the same here and there: the chip is asked only as long as that costs less than writing. */
function writtenWords({ bytesWritten, bytesWrittenBefore = 0, bytesInFlash }: UsbJobResult): string {
  const same = bytesInFlash - bytesWritten;
  if (bytesWritten === 0) return `nothing: all ${formatCapacity(same)} were the same already`;
  const now = formatCapacity(bytesWritten - bytesWrittenBefore);
  const parts = [
    ...(bytesWrittenBefore > 0
      ? [`${now} now`, `${formatCapacity(bytesWrittenBefore)} before it broke off`]
      : [`${same > 0 ? '' : 'all '}${now}`]),
    ...(same > 0 ? [`${formatCapacity(same)} were found to be the same, and left`] : []),
  ];
  return parts.join('; ');
}

function versionProof(job: UsbJobState, { toVersion, provedBy, otherTrouble }: UsbJobResult): Proof | undefined {
  if (!toVersion) return undefined;
  if (restsInSlot(job)) {
    const trouble = otherTrouble ? `, and is in trouble: ${otherTrouble.line ?? otherTrouble.kind}` : '';
    const words =
      provedBy === 'boot-log' ? `${toVersion}, from the other slot${trouble}` : `nothing that it printed says so: ${toVersion} is chosen`;
    return { name: 'Started', isProven: provedBy === 'boot-log' && !otherTrouble, words };
  }
  const words = hasStarted(job)
    ? `It started and printed ${toVersion}`
    : provedBy === 'boot-log'
      ? `The boot log names ${toVersion}, but its start is not proven`
      : `${toVersion}, as its descriptor in the flash says; it did not print it`;
  return { name: 'Version', isProven: hasStarted(job), words };
}

export function proofSheet(job: UsbJobState, result: UsbJobResult): TemplateResult {
  return html`<section class="sheet" aria-labelledby="proof">
    <h2 id="proof">How we know</h2>
    <dl class="checks rows">
      ${proofsOf(job, result).map(
        ({ name, isProven, words }) =>
          html`<div class="check" data-verdict=${isProven ? 'pass' : 'note'}>
            ${icon(isProven ? 'check' : 'info')}
            <dt>${name}<span class="vh">: ${isProven ? 'proven' : 'not proven'}</span></dt>
            <dd>${words}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

export function receiptSheet(state: UsbState, job: UsbJobState, result: UsbJobResult): TemplateResult {
  const facts = receiptFacts(state, job, result);
  const { readSha256: read } = result;
  const text = [
    ...facts.map((fact) => fact.join('\t')),
    ...(read ? [`SHA-256\t${read}`] : []),
    ...result.parts.map((part) => `${formatAddress(part.offset)}\t${part.name}\t${part.sha256}`),
  ];
  return html`<section class="sheet" aria-labelledby="receipt">
    <div class="row-head">
      <h2 id="receipt">Receipt</h2>
      <button class="link-key small" type="button" @click=${() => copyText(text.join('\n'), 'Receipt')}>${icon('copy')}Copy</button>
    </div>
    <dl class="pairs">
      ${facts.map(
        ([name, words]) =>
          html`<dt>${name}</dt>
            <dd>${words}</dd>`,
      )}
      ${
        read
          ? html`<dt>SHA-256</dt>
              <dd>${hash(read, 'SHA-256 of what was read')}</dd>`
          : nothing
      }
    </dl>
    ${
      result.parts.length > 0
        ? html`<ul class="writes rows">
            ${result.parts.map(
              ({ name, offset, size, sha256 }) =>
                html`<li>
                  <span class="num">${formatAddress(offset)}</span><span><b>${name}</b>${hash(sha256, `SHA-256 of ${name}`)}</span>
                  <span class="num">${formatCapacity(size)}</span>
                </li>`,
            )}
          </ul>`
        : nothing
    }
  </section>`;
}

function receiptFacts({ bundle, title, chip }: UsbState, job: UsbJobState, result: UsbJobResult): readonly (readonly [string, string])[] {
  const facts: (readonly [string, string])[] = [['Board', [title, chip?.mac].filter(Boolean).join(', ')]];
  if (bundle && job.kind === 'flash') facts.push(['Firmware', [bundle.name, bundle.version].filter(Boolean).join(' ')]);
  if (job.kind === 'restore' && result.toVersion) facts.push(['Firmware', `${result.toVersion}, as it was saved`]);
  if (result.release) facts.push(['Released as', releaseWords(result.release)]);
  if (result.written) facts.push(['Slot', result.written.slot]);
  if (result.invalidSlot) facts.push(['Marked invalid', result.invalidSlot]);
  if (result.chosenSlot) facts.push(['Starts next', result.chosenSlot.now]);
  facts.push(['Began', formatMoment(job.startedAt)]);
  if (job.endedAt !== undefined) facts.push(['Took', spanWords(jobMs(job))]);
  const { repeatedBlocks } = result;
  if (repeatedBlocks) facts.push(['Sent twice', `${formatMany(repeatedBlocks, 'block')} that the line had damaged`]);
  if (result.wireBytes > 0) facts.push(['On the wire', `${formatCount(result.wireBytes)} bytes`]);
  return facts;
}
