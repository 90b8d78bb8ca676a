/**
 * `<ot-speed>`: how fast bytes arrive: now, on average, and the trace over time from zero, with the average dashed.
 *
 * Properties: `samples` (oldest first), `more` (further readings, such as the time left), `live`, `average`. ARIA: a description list; the trace is an image
 * that says its span and range. No events.
 */
import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { SpeedSample } from '../../app/model.ts';
import { LightElement } from './light-element.ts';
import './spark.ts';

export interface Reading {
  readonly label: string;
  readonly value: string;
  readonly unit: string;
}

@customElement('ot-speed')
class SpeedElement extends LightElement {
  @property({ attribute: false }) samples: readonly SpeedSample[] = [];
  @property({ attribute: false }) more: readonly Reading[] = [];
  /** Bytes arrive now; otherwise there is no present speed to tell. */
  @property({ type: Boolean }) live = false;
  /** Bytes per second of the whole stage, where it is known better than from the samples. */
  @property({ attribute: false }) average: number | undefined;

  protected override render(): TemplateResult {
    const speeds = this.samples.map((sample) => sample.bytesPerSecond);
    const average = this.average ?? mean(this.samples);
    const readings = [rate('now', this.live ? speeds.at(-1) : undefined), rate('average', average), ...this.more];
    return html`<dl class="readings">
        ${readings.map(
          ({ label, value, unit }) =>
            html`<div>
              <dt>${label}</dt>
              <dd class="reading">${value} <small>${unit}</small></dd>
            </div>`,
        )}
      </dl>
      <div class="spark-tall">
        <ot-spark
          .values=${speeds}
          .at=${places(this.samples)}
          .threshold=${average}
          .floor=${0}
          .label=${label(this.samples, average)}
        ></ot-spark>
      </div>`;
  }
}

function rate(label: string, bytesPerSecond: number | undefined): Reading {
  return { label, value: bytesPerSecond === undefined ? '–' : (bytesPerSecond / 1024).toFixed(1), unit: 'KB/s' };
}

/** Weighted by how long each speed lasted, as the bytes themselves would say. */
export function mean(samples: readonly SpeedSample[]): number | undefined {
  let bytes = 0;
  for (let i = 1; i < samples.length; i++) bytes += samples[i]!.bytesPerSecond * (samples[i]!.at - samples[i - 1]!.at);
  const span = (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0);
  return span > 0 ? bytes / span : samples[0]?.bytesPerSecond;
}

function places(samples: readonly SpeedSample[]): readonly number[] | undefined {
  const [first, last] = [samples[0]?.at ?? 0, samples.at(-1)?.at ?? 0];
  return last > first ? samples.map((sample) => (sample.at - first) / (last - first)) : undefined;
}

function label(samples: readonly SpeedSample[], average: number | undefined): string {
  if (samples.length < 2 || average === undefined) return 'No speed measured yet';
  const seconds = (samples.at(-1)!.at - samples[0]!.at) / 1000;
  return `Speed over ${seconds.toFixed(0)} seconds, average ${(average / 1024).toFixed(1)} KB per second`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-speed': SpeedElement;
  }
}
