/** What an envelope says before anybody has vouched for it, and who has signed it: for whoever is about to sign it too. */
import { parseEnvelope, unverifiedPayload } from '../../core/trust/jws.ts';
import type { JwsEnvelope } from '../../core/trust/jws.ts';
import { MOST_INDEX_BYTES, parseIndex } from '../../core/trust/release-index.ts';
import { parseRelease } from '../../core/trust/release.ts';
import { parseRoot } from '../../core/trust/root.ts';
import type { Root } from '../../core/trust/root.ts';
import { signingState } from '../../core/trust/threshold-signing.ts';
import { TrustError } from '../../core/trust/trust-error.ts';
import { parseStrictJson } from '../../core/trust/strict-json.ts';
import type { Bytes, DraftContent, Quorum } from './release-services.ts';

const WHERE = 'envelope';

/** @throws TrustError */
export const readEnvelope = (bytes: Bytes): JwsEnvelope => parseEnvelope(bytes, WHERE, MOST_INDEX_BYTES);

/** @throws TrustError JWS_MALFORMED for what is none of ours, or as its kind is malformed */
export async function contentOf(envelope: JwsEnvelope): Promise<DraftContent> {
  const payload = unverifiedPayload(envelope, WHERE);
  switch (schemaOf(payload)) {
    case 'otter-root/1':
      return { kind: 'root', root: await parseRoot(payload) };
    case 'otter-release/1':
      return { kind: 'release', release: parseRelease(payload) };
    case 'otter-index/1':
      return { kind: 'index', index: parseIndex(payload) };
    default:
      throw new TrustError('JWS_MALFORMED', `${WHERE}.payload.schema`, 'must be that of a root file, an index or a release');
  }
}

function schemaOf(payload: Uint8Array): unknown {
  const value = parseStrictJson(payload, `${WHERE}.payload`, payload.length);
  return typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
}

/** By which root files enough have to sign: the next root file by those of the old one and by its own. */
export async function quorumsOf(envelope: JwsEnvelope, content: DraftContent, before: Root | undefined): Promise<readonly Quorum[]> {
  if (content.kind !== 'root') return before ? [await quorum(envelope, before, 'release')] : [];
  const own = await quorum(envelope, content.root, 'new');
  return before ? [await quorum(envelope, before, 'old'), own] : [own];
}

async function quorum(envelope: JwsEnvelope, root: Root, by: Quorum['by']): Promise<Quorum> {
  const role = by === 'release' ? 'release' : 'root';
  return { by, threshold: root.roles[role].threshold, state: await signingState(envelope, root, role) };
}

/** Nobody else is missing. */
export const isComplete = (quorums: readonly Quorum[]): boolean => quorums.length > 0 && quorums.every(({ state }) => state.missing === 0);
