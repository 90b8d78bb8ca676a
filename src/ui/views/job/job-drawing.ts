/** An update while it runs and after: track, sectors, speed and log. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { UpdateJobState } from '../../../app/model.ts';
import type { DeviceInfo } from '../../../core/ota/device-contract.ts';
import '../../elements/log.ts';
import '../../elements/sectors.ts';
import '../../elements/speed.ts';
import type { Reading } from '../../elements/speed.ts';
import '../../elements/track.ts';
import { activeStage, reportsProgress } from '../../job-words.ts';
import { secondsLeft, stageNotes, writeSpeed, writtenBytes } from './stage-notes.ts';

/** Sent and not yet answered for: the sector that the device is at. */
const UNDER_WAY_BYTES = 3 * 4096;

export function jobMat(job: UpdateJobState, info: DeviceInfo | undefined): TemplateResult {
  const slot = info?.slots?.find((candidate) => candidate.label === job.slot);
  const isWriting = job.outcome === 'running' && activeStage(job)?.stage === 'write';
  return html`<section class="mat" aria-labelledby="stages">
    <h2 class="vh" id="stages">Stages</h2>
    <ot-track .stages=${job.stages} .notes=${stageNotes(job)}></ot-track>
    ${
      slot
        ? html`<ot-sectors
            .slotLabel=${slot.label}
            .slotOffset=${slot.offset}
            .slotSize=${slot.size}
            .imageSize=${job.firmware.size}
            .writtenBytes=${writtenBytes(job)}
            .activeBytes=${isWriting ? UNDER_WAY_BYTES : 0}
            .ended=${job.outcome !== 'running'}
          ></ot-sectors>`
        : nothing
    }
  </section>`;
}

/** What is known while bytes arrive; the way from then on takes as long as it took this device the last time, or nobody knows. */
function timeLeft(job: UpdateJobState, earlierMs: number | undefined): readonly Reading[] {
  const stage = activeStage(job);
  const now = job.speed.at(-1)?.at;
  if (stage?.stage !== 'write' || now === undefined) return [];
  const left = secondsLeft(stage, job.speed);
  const readings: Reading[] = left === undefined ? [] : [{ label: 'this stage', value: String(left), unit: 's left' }];
  const provenIn = earlierMs === undefined ? 0 : Math.ceil((job.startedAt + earlierMs - now) / 1000);
  // An earlier update that was smaller or met a faster link tells nothing of this one.
  if (provenIn > (left ?? 0)) readings.push({ label: 'until proven', value: String(provenIn), unit: 's, as last time' });
  return readings;
}

/** `earlierMs`: how long the last proven update of this device took. */
export function jobSpeed(job: UpdateJobState, earlierMs?: number): TemplateResult {
  const [first, last] = [job.speed[0], job.speed.at(-1)];
  const average = writeSpeed(job);
  const sampledMs = first && last ? last.at - first.at : 0;
  const seconds = Math.round((average === undefined ? sampledMs : job.firmware.size / (average / 1000)) / 1000);
  const isWriting = job.outcome === 'running' && activeStage(job)?.stage === 'write';
  return html`<section class="sheet" aria-labelledby="speed">
    <div class="row-head">
      <h2 id="speed">Speed</h2>
      <p class="quiet">${seconds > 1 ? `over ${seconds} seconds` : nothing}</p>
    </div>
    ${
      reportsProgress(job)
        ? html`<ot-speed .samples=${job.speed} .more=${timeLeft(job, earlierMs)} .live=${isWriting} .average=${average}></ot-speed>`
        : html`<p>
            This device does not report how far it is, so there is no speed to show. What counts is the version that it says afterwards.
          </p>`
    }
  </section>`;
}

export function jobLog(job: UpdateJobState): TemplateResult {
  return html`<section class="sheet sheet-log" aria-label="Log">
    <ot-log .lines=${job.log} .heading=${'Log'} .label=${'Log of this update'} .live=${job.outcome === 'running'}></ot-log>
  </section>`;
}
