/** For which chip a file is, as its content says. */
import type { Pacer } from '../bytes/pacer.ts';
import { identifyFirmware } from '../image/inspect.ts';
import type { ChipName, FirmwareContent } from '../image/model.ts';
import { MOST_BUNDLE_BYTES } from './limits.ts';
import type { BundleFile } from './model.ts';

export function chipOfContent(content: FirmwareContent): ChipName | undefined {
  if ('image' in content) return content.image.chip;
  return 'chip' in content ? content.chip : undefined;
}

/** Reads the file. `undefined` where it does not tell, or is larger than any flash. */
export async function chipOfFile(file: BundleFile, pacer: Pacer): Promise<ChipName | undefined> {
  if ((file.size ?? 0) > MOST_BUNDLE_BYTES) return undefined;
  return chipOfContent(await identifyFirmware(await file.read(), pacer));
}
