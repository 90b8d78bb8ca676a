/**
 * `<ot-silence-strip>`: no application answers, why that is, and the way to its cable. Shows nothing while one does, or may again.
 *
 * Properties: `services`, `device`. No events.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { DeviceState } from '../../../app/model.ts';
import type { AppServices } from '../../../app/services.ts';
import { cableOf, isStuck } from '../../device-facts.ts';
import { icon } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { linkTo } from '../../router.ts';
import { askToConnect } from '../usb/along.ts';
import './broken-write.ts';

@customElement('ot-silence-strip')
class SilenceStrip extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) device!: DeviceState;

  override render() {
    const { link, cable } = this.device;
    if (!isStuck(this.device)) return nothing;
    const portId = cableOf(this.device);
    return html`<section class="job-strip" aria-label="Why it does not answer">
      ${icon(link === 'boot-loader' ? 'usb' : 'caution')}<span
        >${silenceWords(link === 'not-starting', cable !== undefined)}
        <ot-broken-write .services=${this.services} .deviceId=${this.device.record.id}></ot-broken-write
      ></span>
      ${portId === undefined ? nothing : html`<a class="key key-small" href=${linkTo({ view: 'usb', portId })} @click=${() => askToConnect(portId)}>${cable === undefined ? 'Open by cable' : 'Go to its cable'}</a>`}
    </section>`;
  }
}

function silenceWords(isEmpty: boolean, isHeld: boolean): TemplateResult {
  if (isEmpty) return html`<b>It does not start.</b> Its boot loader found no firmware that it could start.`;
  return isHeld
    ? html`<b>In its boot loader, by cable.</b> No application runs until it is let go.`
    : html`<b>In its boot loader.</b> It waits for a flasher on its serial port, and no application runs.`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-silence-strip': SilenceStrip;
  }
}
