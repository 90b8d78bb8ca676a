/**
 * `<ot-rail-jobs>`: updates that go on while other views are open. Shows the way back to each in the rail, and tells the live region about
 * stages and ends, over the air and by cable. Properties: `jobs`, `usb`, `hiddenDeviceId` (device or port whose page is open already).
 * No events.
 */
import { html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { UpdateJobState } from '../app/model.ts';
import type { Observable } from '../app/observable.ts';
import type { UsbService } from '../app/usb/services.ts';
import { Observe } from './controllers/observe.ts';
import { lamp } from './elements/icons.ts';
import { LightElement } from './elements/light-element.ts';
import { JobAnnouncer } from './job-announcer.ts';
import { shortJobWords } from './job-words.ts';
import { linkTo } from './router.ts';
import { UsbJobWatch } from './usb-job-watch.ts';
import { shortUsbJobWords } from './usb-words.ts';

@customElement('ot-rail-jobs')
class RailJobs extends LightElement {
  @property({ attribute: false }) jobs!: Observable<ReadonlyMap<string, UpdateJobState>>;
  @property({ attribute: false }) usb: UsbService | undefined;
  @property({ attribute: false }) hiddenDeviceId: string | undefined;

  readonly #jobs = new Observe(this, () => this.jobs);
  #announcer: JobAnnouncer | undefined;
  #cable: UsbJobWatch | undefined;

  protected override willUpdate(): void {
    this.#announcer ??= new JobAnnouncer(this.jobs);
    if (this.usb) this.#cable ??= new UsbJobWatch(this.usb, () => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#announcer?.stop();
    this.#announcer = undefined;
    this.#cable?.stop();
    this.#cable = undefined;
  }

  override render() {
    const running = [...(this.#jobs.value?.values() ?? [])].filter(
      (job) => job.outcome === 'running' && job.deviceId !== this.hiddenDeviceId,
    );
    const byCable = (this.#cable?.running ?? []).filter(({ portId }) => portId !== this.hiddenDeviceId);
    return [
      ...running.map(
        (job) =>
          html`<a class="rail-job" href=${linkTo({ view: 'job', id: job.deviceId })}
            >${lamp('busy', shortJobWords(job))}<span>${job.deviceName}</span></a
          >`,
      ),
      ...byCable.map(
        ({ portId, title, job }) =>
          html`<a class="rail-job" href=${linkTo({ view: 'usb', portId })}
            >${lamp('busy', job ? shortUsbJobWords(job) : 'Working')}<span>${title}</span></a
          >`,
      ),
    ];
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-rail-jobs': RailJobs;
  }
}
