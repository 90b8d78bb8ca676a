/** Where the application lies in a file that holds more. */
import type { EspImage, FirmwareContent, FlashPart } from './model.ts';

export type ApplicationPart = FlashPart & { readonly content: { readonly kind: 'app'; readonly image: EspImage } };

const isApplication = (part: FlashPart): part is ApplicationPart => part.content.kind === 'app';

/** The first application that a container holds; `undefined` for a plain image, and for what holds none. */
export function applicationPart(content: FirmwareContent): ApplicationPart | undefined {
  return 'parts' in content ? content.parts.find(isApplication) : undefined;
}
