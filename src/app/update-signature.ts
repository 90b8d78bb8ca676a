/** What an update has to do with signatures: who signed what it sends, and the signature that goes along to a device that asks for one. */
import type { DeviceInfo } from '../core/ota/device-contract.ts';
import type { FirmwareRecord } from './model.ts';
import type { RecordAct, UploadOptions } from './ports.ts';
import type { FirmwareTrust } from './trust/model.ts';
import type { JudgeServices } from './trust/services.ts';
import { verdictOf } from './trust/verdict.ts';

export interface SignaturePorts {
  readonly trust?: () => Promise<JudgeServices>;
  readonly record?: RecordAct;
}

/** `undefined`: it cannot be found out; the checks say what that means. */
export async function trustIn(sha256: string, { trust: open }: SignaturePorts): Promise<FirmwareTrust | undefined> {
  try {
    const services = await open?.();
    await services?.keys.load();
    return await services?.signatures.trust(sha256);
  } catch {
    return undefined;
  }
}

/** As `trustIn`, for what is about to be written: the log keeps what was found, also that nobody signed it. */
export async function judge(firmware: FirmwareRecord, ports: SignaturePorts): Promise<FirmwareTrust | undefined> {
  const trust = await trustIn(firmware.sha256, ports);
  if (trust) ports.record?.('signature-checked', { ...firmware, ...verdictOf(trust) });
  return trust;
}

/** One by a key that the device has; where it does not say which it has, one that is right. */
export async function signatureFor(
  { signature_required: isAsked, trusted_keys: keys }: DeviceInfo,
  sha256: string,
  { trust, ports }: { readonly trust: FirmwareTrust | undefined; readonly ports: SignaturePorts },
): Promise<Pick<UploadOptions, 'signature'>> {
  if (isAsked !== true || !trust) return {};
  const signers = trust.findings.flatMap((finding) => (finding.verdict === 'valid' ? [finding.fingerprint] : []));
  const signature = await (await ports.trust?.())?.signatures.signatureBy(sha256, keys ?? signers);
  return signature === undefined ? {} : { signature };
}
