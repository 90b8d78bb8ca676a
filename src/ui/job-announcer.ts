/** Tells the live region when any job enters a stage or ends, whichever view is open. Bytes are never announced. */
import type { UpdateJobState } from '../app/model.ts';
import type { Observable } from '../app/observable.ts';
import { activeStage, jobAnnouncement } from './job-words.ts';
import { announce } from './live-region.ts';

export class JobAnnouncer {
  /** Where each job stood when it was last announced, by device id. */
  readonly #said = new Map<string, string>();
  readonly stop: () => void;

  constructor(jobs: Observable<ReadonlyMap<string, UpdateJobState>>) {
    for (const job of jobs.value.values()) this.#said.set(job.deviceId, standing(job));
    this.stop = jobs.subscribe((now) => this.#compare(now));
  }

  #compare(jobs: ReadonlyMap<string, UpdateJobState>): void {
    for (const job of jobs.values()) {
      const now = standing(job);
      if (this.#said.get(job.deviceId) === now) continue;
      this.#said.set(job.deviceId, now);
      announce(jobAnnouncement(job));
    }
  }
}

const standing = (job: UpdateJobState): string => `${job.id} ${job.outcome} ${activeStage(job)?.stage ?? ''}`;
