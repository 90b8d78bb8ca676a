/** `<ot-device-vitals>`: how the device is: free heap, signal, uptime, with the samples of the last ten minutes. Property: `device`. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { DeviceState, VitalSample } from '../../../app/model.ts';
import { lastKnownWords } from '../../device-facts.ts';
import { resetWords, signalWord, uptimeParts } from './vital-words.ts';
import { LightElement } from '../../elements/light-element.ts';
import '../../elements/spark.ts';

const SPAN_MS = 10 * 60_000;
/** What the window is called while it has not filled yet. */
function spanWords(samples: readonly VitalSample[]): string {
  const [first, last] = [samples[0], samples.at(-1)];
  const minutes = first && last ? Math.round((last.at - first.at) / 60_000) : 0;
  if (minutes >= 10) return 'last 10 minutes';
  return minutes < 1 ? 'since a moment ago' : minutes === 1 ? 'last minute' : `last ${minutes} minutes`;
}

/** Places on the time axis: the trace of a page just opened is short, not stretched. */
function places(samples: readonly VitalSample[]): readonly number[] {
  const [first, last] = [samples[0]?.at ?? 0, samples.at(-1)?.at ?? 0];
  const span = Math.min(SPAN_MS, Math.max(60_000, last - first));
  return samples.map((sample) => Math.max(0, 1 - (last - sample.at) / span));
}

@customElement('ot-device-vitals')
class DeviceVitals extends LightElement {
  @property({ attribute: false }) device: DeviceState | undefined;

  override render() {
    return this.device ? vitalsSheet(this.device) : nothing;
  }
}

function vitalsSheet(state: DeviceState): TemplateResult {
  const { info, vitals } = state;
  const at = places(vitals);
  const uptime = info?.uptime_s === undefined ? undefined : uptimeParts(info.uptime_s);
  const lowest = info?.min_free_heap;
  const past = lastKnownWords(state);
  return html`<section class="sheet" aria-labelledby="vitals">
    <div class="row-head">
      <h2 id="vitals">Vitals</h2>
      <p class="quiet">${past || (vitals.length > 1 ? spanWords(vitals) : nothing)}</p>
    </div>
    <dl class=${past ? 'gauges rows quiet' : 'gauges rows'}>
      <div class="gauge">
        <dt>Free heap<small>${lowest === undefined ? nothing : `lowest ${Math.round(lowest / 1024)} KB`}</small></dt>
        <dd><ot-spark .values=${vitals.map((sample) => sample.freeHeap)} .at=${at} .threshold=${lowest} .floor=${0}></ot-spark></dd>
        <dd>${info ? html`<span class="reading">${Math.round(info.free_heap / 1024)} <small>KB</small></span>` : '–'}</dd>
      </div>
      <div class="gauge">
        <dt>Wi-Fi signal<small>${info ? signalWord(info.rssi) : nothing}</small></dt>
        <dd><ot-spark .values=${vitals.map((sample) => sample.rssi)} .at=${at} .floor=${-90}></ot-spark></dd>
        <dd>${info ? html`<span class="reading">${String(info.rssi).replace('-', '−')} <small>dBm</small></span>` : '–'}</dd>
      </div>
      <div class="gauge">
        <dt>Uptime<small>${resetWords(info?.reset_reason)}</small></dt>
        <dd></dd>
        <dd>
          ${uptime ? html`<span class="reading">${uptime.map(({ value, unit }) => html`${value} <small>${unit}</small> `)}</span>` : '–'}
        </dd>
      </div>
    </dl>
  </section>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-device-vitals': DeviceVitals;
  }
}
