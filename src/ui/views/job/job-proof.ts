/** How we know that an update worked, and its receipt. Nothing is listed that the device did not say itself. */
import { html, nothing, type TemplateResult } from 'lit';
import type { FirmwareSource, UpdateJobState, UpdateProof } from '../../../app/model.ts';
import { copyText } from '../../copy.ts';
import { hash, icon, versionTag } from '../../elements/icons.ts';
import { formatCount, formatMany, formatMoment, shortName } from '../../format.ts';
import { firmwareWord, reportsProgress } from '../../job-words.ts';
import { releaseWords } from '../../release-words.ts';
import { sectorCount, writeSpeed } from './stage-notes.ts';

interface Proof {
  readonly name: string;
  readonly isProven: boolean;
  readonly words: string;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** A rollback is proven by the earlier firmware being back, not by the new one being absent. */
function proofsOfReturn(job: UpdateJobState, proof: UpdateProof): readonly Proof[] {
  const proofs: Proof[] = [
    {
      name: 'Version',
      isProven: proof.version === job.fromVersion,
      words: `The device says ${proof.version || 'nothing'} after its restart`,
    },
  ];
  if (proof.runningSlot) {
    const isKept = proof.keptSlots.includes(proof.runningSlot);
    proofs.push({
      name: 'Slot',
      isProven: proof.runningSlot !== job.slot,
      words: `It started from ${proof.runningSlot}, not from ${job.slot}`,
    });
    proofs.push({
      name: 'Content',
      isProven: isKept,
      words: isKept ? `SHA-256 of ${proof.runningSlot} is the one from before` : `SHA-256 of ${proof.runningSlot} was not known before`,
    });
  }
  return proofs;
}

/** With the bytes proven by their hash, the version that the device states is theirs, whatever the library calls the file. */
function versionProof({ firmware, outcome }: UpdateJobState, proof: UpdateProof): Pick<Proof, 'isProven' | 'words'> {
  const said = `The device says ${proof.version || 'nothing'} after its restart`;
  if (proof.version === firmware.version) return { isProven: true, words: said };
  const isProvenByBytes = outcome === 'confirmed' && Boolean(proof.slotSha256);
  return { isProven: isProvenByBytes, words: firmware.version ? `${said}; in the library the file is ${firmware.version}` : said };
}

/** A virtual chip executes nothing: it marks the slot in the place of the firmware. */
export type Confirmer = 'firmware itself' | 'virtual chip';

function proofsOf(job: UpdateJobState, proof: UpdateProof, confirmer: Confirmer): readonly Proof[] {
  if (job.outcome === 'rolled-back') return proofsOfReturn(job, proof);
  const proofs: Proof[] = [];
  const isConfirmed = job.outcome === 'confirmed';
  proofs.push({
    name: 'Version',
    ...versionProof(job, proof),
  });
  if (proof.slotSha256) {
    const isSame = proof.slotSha256 === job.firmware.sha256;
    const words =
      isSame || isConfirmed
        ? `SHA-256 of ${proof.runningSlot}, read back, is the ${isSame ? 'file’s' : 'image’s'}`
        : `SHA-256 of ${proof.runningSlot} is not the file’s`;
    proofs.push({ name: 'Content', isProven: isSame || isConfirmed, words });
  }
  // Without slots nothing was read back and nobody confirmed: the version is all there is.
  if (!proof.runningSlot) return [...proofs, { name: 'Content', isProven: false, words: 'The device does not tell what its flash holds' }];
  if (job.signedBy !== undefined) {
    const own = job.isVerifiedByDevice ? '. The device verified it with a key of its own' : '';
    proofs.push({ name: 'Signature', isProven: true, words: `Signed by ${shortName(job.signedBy, 64)}, which its product trusts${own}` });
  }
  const state = proof.slotState ? `, state ${proof.slotState.toLowerCase().replaceAll('_', ' ')}` : '';
  proofs.push({ name: 'Slot', isProven: proof.runningSlot === job.slot, words: `otadata points to ${proof.runningSlot}${state}` });
  const after = proof.confirmMs === undefined ? '' : `, ${seconds(proof.confirmMs)} after its return`;
  const instead = confirmer === 'virtual chip' ? '. It runs no code, so it speaks for the firmware' : '';
  proofs.push({
    name: 'Confirmed',
    isProven: isConfirmed,
    words: isConfirmed ? `By the ${confirmer}${after}${instead}` : 'Not by the firmware, so far',
  });
  if (proof.keptSlots.length > 0) {
    proofs.push({ name: 'Kept', isProven: true, words: `${proof.keptSlots.join(', ')}: the same SHA-256 as before` });
  }
  return proofs;
}

export function proofSheet(job: UpdateJobState, proof: UpdateProof, confirmer: Confirmer): TemplateResult {
  const proofs = proofsOf(job, proof, confirmer);
  const proven = proofs.filter((entry) => entry.isProven).length;
  return html`<section class="sheet" aria-labelledby="proof">
    <div class="row-head">
      <h2 id="proof">How we know</h2>
      <p class=${proven === proofs.length ? 'verdict' : 'verdict verdict-look'}>
        ${icon(proven === proofs.length ? 'check' : 'info')}${proven === proofs.length ? formatMany(proven, 'proof') : `${proven} of ${proofs.length} proven`}
      </p>
    </div>
    <dl class="checks rows">
      ${proofs.map(
        (entry) =>
          html`<div class="check" data-verdict=${entry.isProven ? 'pass' : 'note'}>
            ${icon(entry.isProven ? 'check' : 'info')}
            <dt>${entry.name}<span class="vh">: ${entry.isProven ? 'proven' : 'not proven'}</span></dt>
            <dd>${entry.words}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

const SOURCES = {
  file: (detail) => `the file ${detail}`,
  demo: () => 'the demo firmware of Otter',
  device: (detail) => `the device ${detail}`,
  share: (detail) => `another app (${detail})`,
  import: (detail) => `the archive ${detail}`,
  release: (detail) => `the signed release ${detail}`,
} as const satisfies Record<FirmwareSource['kind'], (detail: string) => string>;

/** The facts of the receipt as lines of text, for the clipboard and for the sheet alike. */
function receiptFacts(job: UpdateJobState): readonly (readonly [string, string])[] {
  const { firmware, proof } = job;
  const average = writeSpeed(job);
  const written = [
    `${formatCount(firmware.size)} bytes`,
    `${sectorCount(firmware.size)} sectors`,
    average ? `${(average / 1024).toFixed(1)} KB/s in ${seconds(firmware.size / (average / 1000))}` : '',
  ];
  const facts: (readonly [string, string])[] = [
    ['From', `library, added ${formatMoment(firmware.addedAt)} from ${SOURCES[firmware.source.kind](firmware.source.detail)}`],
    ...(job.release ? [['Released as', releaseWords(job.release)] as const] : []),
    reportsProgress(job)
      ? ['Written', `${written.filter(Boolean).join(', ')}, to ${job.slot || 'the free slot'}`]
      : ['Sent', `${written[0]}; where they went, the device does not say`],
    ['Began', formatMoment(job.startedAt)],
  ];
  if (job.signedBy !== undefined) facts.push(['Signed by', job.signedBy]);
  if (job.endedAt !== undefined) facts.push(['Took', seconds(job.endedAt - job.startedAt)]);
  if (proof) facts.push(['Restart', `${seconds(proof.awayMs)} without an answer${job.outcome === 'rolled-back' ? '' : ', as expected'}`]);
  return facts;
}

export function receiptSheet(job: UpdateJobState): TemplateResult {
  const { firmware } = job;
  const facts = receiptFacts(job);
  const text = [
    `Device\t${job.deviceName}`,
    `Firmware\t${firmware.name} ${firmwareWord(job)}`,
    `SHA-256\t${firmware.sha256}`,
    `Outcome\t${job.outcome}`,
    ...facts.map((fact) => fact.join('\t')),
  ];
  return html`<section class="sheet" aria-labelledby="receipt">
    <div class="row-head">
      <h2 id="receipt">Receipt</h2>
      <button class="link-key small" type="button" @click=${() => copyText(text.join('\n'), 'Receipt')}>${icon('copy')}Copy</button>
    </div>
    <dl class="pairs">
      <dt>Firmware</dt>
      <dd>
        ${shortName(firmware.name || firmware.fileName)}
        ${firmware.version ? versionTag(firmwareWord(job), job.outcome === 'confirmed' ? 'run' : 'plain') : nothing}
      </dd>
      <dt>SHA-256</dt>
      <dd>${hash(firmware.sha256)}</dd>
      ${facts.map(
        ([name, words]) =>
          html`<dt>${name}</dt>
            <dd>${words}</dd>`,
      )}
    </dl>
  </section>`;
}
