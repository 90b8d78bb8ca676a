/**
 * Who signed the firmware, held against who is asked for it: by the page (the device is given only what its product trusts), by the device itself
 * (it has keys), by the product (it trusts keys), or by nobody. Pure.
 */
import type { FirmwareSignature } from '../core/trust/firmware-signature.ts';
import type { DeviceInfo } from '../core/ota/device-contract.ts';
import type { PreflightReason } from './preflight-reasons.ts';
import type { FirmwareTrust } from './trust/model.ts';

interface Asked {
  readonly info: DeviceInfo;
  readonly onlyTrusted: boolean;
  /** Of a device that gets only trusted firmware. */
  readonly guardedProduct: string | undefined;
  /** What the image calls its project. */
  readonly project: string | undefined;
  /** Rightly or not. */
  readonly isSigned: boolean;
  /** Whose release it came as; empty where it came as none that is trusted. */
  readonly publisher: string;
}

type Answer = readonly [PreflightReason<'signature'>, Readonly<Record<string, string | number>>];

/** @param trust absent: what is known of keys and signatures could not be read */
export function signatureAnswer(
  trust: FirmwareTrust | undefined,
  { info, onlyTrusted, guardedProduct = '', project = '', isSigned, publisher }: Asked,
): Answer {
  if (!trust) return [onlyTrusted || info.signature_required ? 'only-trusted-unjudged' : isSigned ? 'signed-unjudged' : 'unjudged', {}];
  const { signature, product, isPinned } = trust;
  const { status } = signature;
  const facts = { product, publisher, ...factsOf(signature) };
  if (status === 'tampered') return [status, facts];
  // The keys of another product, and those of none, say nothing here.
  if (onlyTrusted && (project === '' || project !== guardedProduct))
    return ['only-trusted-other-product', { ...facts, product: guardedProduct, image: project }];
  if (onlyTrusted && status !== 'trusted') return [`only-trusted-${status}`, facts];
  const refusal = refusalOfDevice(trust, info);
  if (refusal) return [refusal, facts];
  if (status === 'trusted' || status === 'revoked-key') return [status, facts];
  return [isPinned ? `pinned-${status}` : status, facts];
}

/** The device looks for itself, and takes what any of its keys has signed, whomever the page trusts. */
function refusalOfDevice({ findings }: FirmwareTrust, { signature_required: isAsked, trusted_keys: keys }: DeviceInfo) {
  if (isAsked !== true) return undefined;
  if (keys?.length === 0) return 'device-no-key';
  const signers = findings.flatMap((finding) => (finding.verdict === 'valid' ? [finding.fingerprint] : []));
  if (signers.length === 0) return 'device-unsigned';
  return keys && !signers.some((signer) => keys.includes(signer)) ? 'device-other-key' : undefined;
}

/** `key` is a name, or the fingerprint of a key that has none here; empty where nobody knows. */
function factsOf(signature: FirmwareSignature): { readonly key: string; readonly why: string } {
  const key = 'key' in signature && signature.key ? signature.key.name : 'fingerprint' in signature ? (signature.fingerprint ?? '') : '';
  return { key, why: 'reason' in signature ? signature.reason : '' };
}
