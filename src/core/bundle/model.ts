/**
 * One normalised form for everything that people flash: files at offsets, build folders, archives, install manifests, UF2, Intel HEX, merged
 * images. Data only. Offsets and lengths are bytes of flash.
 */
import type { ChipName, FirmwareContent } from '../image/model.ts';

/** A file that somebody brought; its bytes are read when they are needed. */
export interface BundleFile {
  /** Relative, with `/`, without `..`; where it came from one file, its name. */
  readonly path: string;
  /** Bytes; `undefined` while it has not been fetched. */
  readonly size: number | undefined;
  read(signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

export type BundleOrigin =
  | 'files'
  | 'esp-idf' // flasher_args.json
  | 'arduino' // sketch.ino.*.bin
  | 'platformio' // .pio/build/<env>
  | 'esp-web-tools' // manifest.json
  | 'launchpad' // TOML
  | 'meshtastic' // .mt.json
  | 'uf2'
  | 'intel-hex'
  | 'merged';

export type PartRole = 'bootloader' | 'partition-table' | 'otadata' | 'app' | 'filesystem' | 'nvs' | 'data';

/** Named by whoever made the bundle, before any byte of it was read. */
export interface BundlePart {
  readonly file: BundleFile;
  /** As stated; `undefined` = to be proposed from what the file is and the chip has. */
  readonly offset: number | undefined;
  /** Partition that it is meant for, when stated. */
  readonly partition?: string;
  /** Its maker wants it encrypted on its way into the flash. */
  readonly encrypted?: boolean;
  /** Lower-case hex, when stated: checked when it is read. */
  readonly md5?: string;
}

/** Values as esptool's options spell them: `dio`, `40m`, `4MB`; `keep` = leave what the image has. */
export interface FlashSettings {
  readonly mode: string;
  readonly frequency: string;
  readonly size: string;
}

export interface BundleBuild {
  /** `undefined` = not stated: the images decide. */
  readonly chip: ChipName | undefined;
  /** Words of its maker that tell builds of one chip apart. */
  readonly variant?: string;
  /** Flash that it needs, when stated. */
  readonly flashBytes?: number;
  readonly parts: readonly BundlePart[];
  readonly settings?: FlashSettings;
}

export interface FlashBundle {
  readonly origin: BundleOrigin;
  /** File or address that says all of this; absent: nobody says it. */
  readonly manifest?: string;
  readonly name: string;
  readonly version: string;
  readonly builds: readonly BundleBuild[];
  /** The maker wants everything erased first (ESP Web Tools `new_install_prompt_erase`); the person decides. */
  readonly proposesErase: boolean;
  /** Files that came along and are not flashed, by path. */
  readonly ignored: readonly string[];
}

/** A part with its bytes, taken apart: merged images, UF2 and HEX become several of these. */
export interface ResolvedPart {
  readonly name: string;
  readonly role: PartRole;
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Why it goes there. */
  readonly placed: 'stated' | 'proposed';
  readonly content: FirmwareContent;
  readonly encrypted: boolean;
  /**
   * Taken out of an image of the whole flash (merged): what it holds for NVS and file systems is its maker's, and stays out by default. Absent:
   * somebody brought this part for its own sake.
   */
  readonly fromMerged?: true;
}

export interface ResolvedBuild {
  readonly chip: ChipName | undefined;
  readonly parts: readonly ResolvedPart[];
  readonly settings?: FlashSettings;
}
