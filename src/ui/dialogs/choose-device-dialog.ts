/** Asks which device a firmware is for. Nothing is written by choosing: the pre-flight comes next. */
import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { DeviceRecord, FirmwareRecord } from '../../app/model.ts';
import { miniBoard, versionTag } from '../elements/icons.ts';
import { projectOf } from '../views/library/shelf.ts';
import { placeOf } from '../views/devices/device-words.ts';
import { Modal } from './modal.ts';

@customElement('ot-choose-device-dialog')
export class ChooseDeviceDialog extends Modal<DeviceRecord> {
  @property({ attribute: false }) devices: readonly DeviceRecord[] = [];
  @property({ attribute: false }) firmware!: FirmwareRecord;

  protected override renderContent(): TemplateResult {
    return html`
      <h2 id=${this.headingId}>Which device?</h2>
      <p class="quiet">
        ${projectOf(this.firmware)} ${this.firmware.version} is held against the device first. Nothing is written before you say so.
      </p>
      <ul class="choices">
        ${this.devices.map((device) => this.#renderChoice(device))}
      </ul>
      <p class="keys keys-end"><button class="key" type="button" @click=${() => this.finish()}>Cancel</button></p>
    `;
  }

  #renderChoice(device: DeviceRecord): TemplateResult {
    const { lastInfo: info } = device;
    return html`<li>
      <button class="choice" type="button" @click=${() => this.finish(device)}>
        ${miniBoard()}<span
          ><b>${device.name}</b><span class="quiet">${info ? `${info.chip ?? 'chip unknown'}, ` : ''}${placeOf(device)}</span></span
        >${info ? versionTag(info.version || '–', 'run') : ''}
      </button>
    </li>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-choose-device-dialog': ChooseDeviceDialog;
  }
}
