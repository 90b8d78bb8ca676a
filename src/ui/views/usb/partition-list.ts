/** The partition table as a table, folded below the drawing: where each one begins and ends, to the byte. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Partition } from '../../../core/image/model.ts';
import { PARTITION_FLAGS, partitionSubtypeName, partitionTypeName } from '../../../core/image/partition-types.ts';
import { formatAddress, formatCapacity } from '../../elements/measure.ts';
import { formatMany } from '../../format.ts';

export function partitionList(partitions: readonly Partition[]): TemplateResult | typeof nothing {
  if (partitions.length === 0) return nothing;
  return html`<details class="ignored partition-list">
    <summary>${formatMany(partitions.length, 'partition')}, with addresses</summary>
    <table class="segs">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Type</th>
          <th scope="col">From</th>
          <th scope="col" class="words-head">To</th>
          <th scope="col" class="r">Size</th>
        </tr>
      </thead>
      <tbody>
        ${partitions.map(row)}
      </tbody>
    </table>
  </details>`;
}

function row({ label, type, subtype, offset, size, flags }: Partition): TemplateResult {
  const kind = `${partitionTypeName(type)}, ${partitionSubtypeName(type, subtype)}`;
  const isEncrypted = (flags & PARTITION_FLAGS.encrypted) !== 0;
  return html`<tr>
    <th scope="row"><code>${label}</code></th>
    <td class="plain">${kind}${isEncrypted ? ', encrypted' : ''}</td>
    <td class="num">${formatAddress(offset)}</td>
    <td class="words num">${formatAddress(offset + size - 1)}</td>
    <td class="r">${formatCapacity(size)}</td>
  </tr>`;
}
