/**
 * What firmware files turn into once they are parsed. Data only: no parsing, no words for people.
 * Offsets and lengths are bytes; unless said otherwise offsets count from the start of the image they belong to.
 */

export type ChipName =
  | 'ESP8266'
  | 'ESP32'
  | 'ESP32-S2'
  | 'ESP32-S3'
  | 'ESP32-C2'
  | 'ESP32-C3'
  | 'ESP32-C5'
  | 'ESP32-C6'
  | 'ESP32-C61'
  | 'ESP32-H2'
  | 'ESP32-H21'
  | 'ESP32-H4'
  | 'ESP32-P4'
  | 'ESP32-S31';

/** Where a load address lies: constants and code mapped from flash, RAM for data or code, RTC memories. */
export type MemoryRegion = 'DROM' | 'IROM' | 'DRAM' | 'IRAM' | 'DIRAM' | 'RTC_FAST' | 'RTC_SLOW' | 'PSRAM' | 'PADDING' | 'UNKNOWN';

export interface ImageSegment {
  /** Offset of the segment's data (after its 8-byte header) in the image. */
  readonly offset: number;
  readonly length: number;
  readonly loadAddress: number;
  readonly region: MemoryRegion;
}

/** `esp_app_desc_t` (ESP-IDF `esp_app_desc.h`). */
export interface AppDescriptor {
  readonly secureVersion: number;
  readonly version: string;
  readonly projectName: string;
  /** As compiled in: `Nov 19 2025` and `18:02:11`. */
  readonly date: string;
  readonly time: string;
  /** `date` and `time` read as UTC, ms since 1970; absent when unreadable. */
  readonly builtAtMs?: number;
  readonly idfVersion: string;
  readonly elfSha256: string;
  readonly minEfuseBlockRevision: number;
  readonly maxEfuseBlockRevision: number;
  readonly mmuPageSizeLog2: number;
  /** True for Arduino-core builds, whose `version` is that of the core library and not the release. */
  readonly isArduinoLibrary: boolean;
}

export interface BootloaderDescriptor {
  readonly secureVersion: number;
  readonly version: number;
  readonly idfVersion: string;
}

export interface StoredAndComputed {
  /** Offset of the stored value in the image. */
  readonly offset: number;
  readonly stored: string;
  readonly computed: string;
  readonly valid: boolean;
}

export interface SecureBootBlock {
  readonly version: 1 | 2;
  readonly scheme: 'RSA-3072-PSS' | 'ECDSA-P192' | 'ECDSA-P256' | 'ECDSA-P384' | 'unknown';
  readonly offset: number;
  /** Its CRC is wrong (V2): it was a signature once, and no chip looks at it. */
  readonly damaged?: true;
}

/** ESP application or boot loader image (`esp_app_format.h`), fully walked. */
export interface EspImage {
  readonly chip: ChipName;
  readonly role: 'app' | 'bootloader';
  readonly flashMode: string;
  readonly flashSize: string;
  readonly flashFrequency: string;
  readonly entry: number;
  /** `min_chip_rev_full`, major × 100 + minor. */
  readonly minChipRevision: number;
  readonly maxChipRevision: number;
  readonly segments: readonly ImageSegment[];
  /** XOR of all segment bytes with 0xEF. */
  readonly checksum: StoredAndComputed;
  /** SHA-256 over everything before it; absent when the header says that none is appended. */
  readonly appendedHash?: StoredAndComputed;
  /** ESP8266 only: CRC-32 over everything before it, where the image ends with one. */
  readonly crc32Trailer?: StoredAndComputed;
  /** Up to and including checksum and appended hash (or CRC trailer): what the boot loader reads. */
  readonly imageLength: number;
  readonly appDescriptor?: AppDescriptor;
  readonly bootloaderDescriptor?: BootloaderDescriptor;
  readonly secureBoot: readonly SecureBootBlock[];
}

export interface Partition {
  readonly label: string;
  readonly type: number;
  readonly subtype: number;
  readonly offset: number;
  readonly size: number;
  readonly flags: number;
  /** The 16 label bytes as hex, where `label` alone cannot give them back (not UTF-8, or bytes after the NUL). */
  readonly labelHex?: string;
}

export interface PartitionTable {
  readonly partitions: readonly Partition[];
  readonly md5?: StoredAndComputed;
  /** Of the bytes it was parsed from (at most its flash sector); absent for a table that was never binary. */
  readonly length?: number;
  /** Hex of what follows the end row, when it is not all FF (a signature, for example). */
  readonly tailHex?: string;
}

export type OtaState = 'NEW' | 'PENDING_VERIFY' | 'VALID' | 'INVALID' | 'ABORTED' | 'UNDEFINED';

export interface OtadataEntry {
  readonly seq: number;
  readonly label: string;
  readonly state: OtaState;
  /** False when erased, when the CRC is wrong, or when the state is INVALID or ABORTED. */
  readonly counts: boolean;
}

export interface Otadata {
  readonly entries: readonly [OtadataEntry, OtadataEntry];
  /** Index of the entry that wins; absent when none counts. */
  readonly active?: 0 | 1;
}

/** A run of bytes inside a container or merged image, at a flash address. */
export interface FlashPart {
  readonly flashOffset: number;
  readonly length: number;
  readonly name: string;
  readonly content: FirmwareContent;
}

/** What a file is. `damaged`: the magic says one thing, the bytes break its rules. */
export type FirmwareContent =
  | { readonly kind: 'app' | 'bootloader'; readonly image: EspImage }
  | { readonly kind: 'partition-table'; readonly table: PartitionTable }
  | { readonly kind: 'otadata'; readonly otadata: Otadata }
  | { readonly kind: 'merged' | 'uf2' | 'hex'; readonly chip?: ChipName; readonly parts: readonly FlashPart[] }
  | { readonly kind: 'encrypted'; readonly entropyBits: number }
  | {
      readonly kind: 'damaged';
      readonly as: string;
      readonly code: string;
      readonly offset: number;
      readonly rule: string;
      readonly chip?: ChipName;
    }
  | { readonly kind: 'unknown' };

export type FirmwareKind = FirmwareContent['kind'];

/** A version as proposed to a person: where it was read, and whether it can be believed without asking. */
export interface ProposedVersion {
  readonly version: string;
  readonly from: 'descriptor' | 'file-name' | 'strings';
  readonly certain: boolean;
}

/** Everything the X-ray tells of one file. */
export interface FirmwareReport {
  readonly size: number;
  readonly content: FirmwareContent;
  /** Lower-case hex of the whole file. */
  readonly sha256: string;
  readonly md5: string;
  readonly crc32: string;
  readonly proposedVersions: readonly ProposedVersion[];
}
