/** What is about to be signed, in words: for the list, for headings, and in full for whoever signs. */
import { html, nothing, type TemplateResult } from 'lit';
import type { DraftContent, DraftRecord, RootLine } from '../../../app/trust/release-services.ts';
import type { Root } from '../../../core/trust/root.ts';
import { hash } from '../../elements/icons.ts';
import { formatCount, formatMany, formatMoment } from '../../format.ts';
import { thresholdWords } from './parts.ts';

/** Without looking inside. */
export function draftWords({ kind, rootId, name }: DraftRecord, lines: readonly RootLine[]): string {
  const publisher = lines.find(({ id }) => id === rootId)?.name ?? name ?? 'a publisher';
  return { root: `A root file of ${publisher}`, release: `A release by ${publisher}`, index: `An index of ${publisher}` }[kind];
}

export function contentName(content: DraftContent): string {
  switch (content.kind) {
    case 'root':
      return `Root file ${content.root.version}`;
    case 'release':
      return `${content.release.product} ${content.release.version}`;
    case 'index':
      return `Index ${content.index.version}`;
  }
}

export function contentFacts(content: DraftContent, before?: Root): TemplateResult {
  return html`<dl class="pairs">
      ${rowsOf(content, before).map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    ${content.kind === 'release' && content.release.notes ? html`<p class="notes">${content.release.notes}</p>` : nothing}`;
}

type Row = readonly [name: string, value: unknown];

function rowsOf(content: DraftContent, before: Root | undefined): readonly Row[] {
  if (content.kind === 'root') return rootRows(content.root, before);
  if (content.kind === 'index') {
    const { index } = content;
    return [
      ['What it is', 'A list of the releases that belong together'],
      ['Version', index.version],
      [
        'Lists',
        html`<ul class="plain-list">
          ${index.releases.map(({ product, version, chip, counter }) => html`<li>${product} ${version} for ${chip}, number ${counter}</li>`)}
        </ul>`,
      ],
      ['Issued', formatMoment(index.issuedMs)],
      ['Valid until', formatMoment(index.expiresMs)],
    ];
  }
  const { release } = content;
  return [
    ['What it is', 'A firmware that may be installed'],
    ['Product', release.product],
    ['Version', release.version],
    ['Chip', release.chip],
    ['Boards', release.hardware.length === 0 ? 'every one with this chip' : release.hardware.join(', ')],
    ['Number', `${release.counter}${release.minFromCounter > 0 ? `, to follow ${release.minFromCounter} or later` : ', to follow any'}`],
    ['Image', html`${formatCount(release.size)} bytes, ${hash(release.sha256, 'SHA-256 of the image')}`],
    ['Issued', formatMoment(release.issuedMs)],
    ['Valid until', formatMoment(release.expiresMs)],
  ];
}

function rootRows(root: Root, before: Root | undefined): readonly Row[] {
  const isIn = (other: Root | undefined, kid: string) => other?.keys.some(({ fingerprint }) => fingerprint === kid) ?? false;
  const added = before ? root.keys.filter(({ fingerprint }) => !isIn(before, fingerprint)) : [];
  const gone = before ? before.keys.filter(({ fingerprint }) => !isIn(root, fingerprint)) : [];
  const named = (keys: readonly { readonly name: string; readonly fingerprint: string }[]) =>
    html`<ul class="plain-list">
      ${keys.map(({ name, fingerprint }) => html`<li>${name} <code>${fingerprint.slice(0, 8)}…</code>${root.revoked.includes(fingerprint) ? ', revoked' : ''}</li>`)}
    </ul>`;
  const role = (name: 'root' | 'release') => {
    const { keys, threshold } = root.roles[name];
    return html`${named(root.keys.filter(({ fingerprint }) => keys.includes(fingerprint)))}<span class="quiet"
        >${thresholdWords(threshold, keys.length)}</span
      >`;
  };
  return [
    ['What it is', 'Whose keys may release, and how many have to agree'],
    ['Version', root.version],
    ['Next root files', role('root')],
    ['Releases', role('release')],
    ...(added.length > 0 ? ([['New keys', named(added)]] as const) : []),
    ...(gone.length > 0 ? ([['Keys that leave', named(gone)]] as const) : []),
    ['Revoked', root.revoked.length === 0 ? 'none' : formatMany(root.revoked.length, 'key')],
    ['Issued', formatMoment(root.issuedMs)],
    ['Valid until', formatMoment(root.expiresMs)],
  ];
}
