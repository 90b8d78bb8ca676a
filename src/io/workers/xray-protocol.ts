/** What page and X-ray worker say to each other. Both ends are ours and of one build. */
import type { FirmwareReport } from '../../core/image/model.ts';

export interface XrayRequest {
  readonly id: number;
  readonly file: Blob;
  readonly fileName: string;
}

export type XrayAnswer =
  | { readonly id: number; readonly report: FirmwareReport }
  /** The file vanished or changed on disk. */
  | { readonly id: number; readonly unreadable: string }
  /** A bug of ours. */
  | { readonly id: number; readonly failed: string };
