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
import { secondsLeft, stageNotes, writtenBytes } from './stage-notes.ts';

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
          ></ot-sectors>`
        : nothing
    }
  </section>`;
}

function timeLeft(job: UpdateJobState): readonly Reading[] {
  const stage = activeStage(job);
  const left = stage?.stage === 'write' ? secondsLeft(stage, job.speed) : undefined;
  return left === undefined ? [] : [{ label: 'this stage', value: String(left), unit: 's left' }];
}

export function jobSpeed(job: UpdateJobState): TemplateResult {
  const [first, last] = [job.speed[0], job.speed.at(-1)];
  const seconds = first && last ? Math.round((last.at - first.at) / 1000) : 0;
  return html`<section class="sheet" aria-labelledby="speed">
    <div class="row-head">
      <h2 id="speed">Speed</h2>
      <p class="quiet">${seconds > 1 ? `over ${seconds} seconds` : nothing}</p>
    </div>
    ${
      reportsProgress(job)
        ? html`<ot-speed .samples=${job.speed} .more=${timeLeft(job)}></ot-speed>`
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
