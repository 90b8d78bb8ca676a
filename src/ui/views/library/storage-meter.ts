/** How much of the browser's room is taken, as a bar and in words. A template; shared by the library and the settings. */
import { html, nothing, type TemplateResult } from 'lit';
import type { FirmwareRecord, StorageUse } from '../../../app/model.ts';
import { formatBytes, formatMany } from '../../format.ts';

/** From here on the next firmware may not fit. */
const NEARLY_FULL = 0.9;

export function storageMeter(use: StorageUse | undefined, records: readonly FirmwareRecord[]): TemplateResult {
  const bytes = records.reduce((sum, { size }) => sum + size, 0);
  const library = html`<p class="small">
    ${formatMany(records.length, 'firmware', 'firmware files')}, <span class="num">${formatBytes(bytes)}</span>
  </p>`;
  if (!use || use.quotaBytes <= 0) return library;
  const share = Math.min(1, use.usedBytes / use.quotaBytes);
  const isNearlyFull = share >= NEARLY_FULL;
  return html`<div class="limit">
    ${library}
    <p class="small num">${formatBytes(use.usedBytes)} of ${formatBytes(use.quotaBytes)}</p>
    <svg
      class="limit-drawn"
      width="100%"
      height="14"
      role="img"
      aria-label=${`Storage: ${formatBytes(use.usedBytes)} of the ${formatBytes(use.quotaBytes)} that this browser allows`}
    >
      <rect class="limit-bar" x=".5" y=".5" width="99.8%" height="13" rx="3" />
      <rect
        class="limit-now"
        data-as=${isNearlyFull ? 'near' : nothing}
        x=".5"
        y=".5"
        width=${`${Math.max(0.4, share * 99.8)}%`}
        height="13"
        rx="3"
      />
    </svg>
    <p class="quiet limit-words">
      ${
        isNearlyFull
          ? 'Nearly full: export the library, then delete what you no longer need.'
          : use.persisted
            ? 'The browser promised to keep it until you delete it.'
            : 'The browser has not promised to keep it: it may clear it when the disk runs full. Export what you cannot get again.'
      }
    </p>
  </div>`;
}
