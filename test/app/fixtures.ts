/** Firmware, reports and device answers for the tests of the use cases: plain data with one field changed at a time. */
import type { EspImage, FirmwareReport } from '../../src/core/image/model.ts';
import type { DeviceInfo, DeviceSlot } from '../../src/core/ota/device-contract.ts';
import type { FirmwareRecord } from '../../src/app/model.ts';
import type { FirmwareTrust } from '../../src/app/trust/model.ts';
import type { SignatureService } from '../../src/app/trust/services.ts';
import type { UpdateRunPorts } from '../../src/app/update-runner.ts';

export const OLD_SHA = '11'.repeat(32);
export const NEW_SHA = '22'.repeat(32);
export const FILE_SIZE = 900_000;

export function imageOf(change: Partial<EspImage> = {}): EspImage {
  return {
    chip: 'ESP32',
    role: 'app',
    flashMode: 'DIO',
    flashSize: '4MB',
    flashFrequency: '40m',
    entry: 0x40081234,
    minChipRevision: 0,
    maxChipRevision: 399,
    segments: [],
    checksum: { offset: 100, stored: 'aa', computed: 'aa', valid: true },
    appendedHash: { offset: 101, stored: 'bb', computed: 'bb', valid: true },
    imageLength: FILE_SIZE,
    secureBoot: [],
    appDescriptor: {
      secureVersion: 0,
      version: '1.1.0',
      projectName: 'greenhouse-node',
      date: 'Nov 19 2025',
      time: '18:02:11',
      idfVersion: 'v5.3.1',
      elfSha256: '',
      minEfuseBlockRevision: 0,
      maxEfuseBlockRevision: 0,
      mmuPageSizeLog2: 16,
      isArduinoLibrary: false,
    },
    ...change,
  };
}

export function reportOf(change: Partial<FirmwareReport> = {}): FirmwareReport {
  return {
    size: FILE_SIZE,
    content: { kind: 'app', image: imageOf() },
    sha256: NEW_SHA,
    md5: '33'.repeat(16),
    crc32: '44'.repeat(4),
    proposedVersions: [{ version: '1.1.0', from: 'descriptor', certain: true }],
    ...change,
  };
}

export const withImage = (change: Partial<EspImage>): FirmwareReport => reportOf({ content: { kind: 'app', image: imageOf(change) } });

export function firmwareOf(change: Partial<FirmwareRecord> = {}): FirmwareRecord {
  return {
    sha256: NEW_SHA,
    size: FILE_SIZE,
    fileName: 'greenhouse-node-1.1.0.bin',
    kind: 'app',
    chip: 'ESP32',
    name: 'greenhouse-node',
    version: '1.1.0',
    versionCertain: true,
    notes: '',
    tags: [],
    source: { kind: 'file', detail: 'greenhouse-node-1.1.0.bin' },
    addedAt: 1000,
    ...change,
  };
}

const RUNNING: DeviceSlot = {
  label: 'ota_0',
  offset: 0x10000,
  size: 0x140000,
  version: '1.0.0',
  project: 'greenhouse-node',
  sha256: OLD_SHA,
  state: 'VALID',
};
const EMPTY: DeviceSlot = { label: 'ota_1', offset: 0x150000, size: 0x140000, version: '', project: '', sha256: '', state: 'EMPTY' };

/** The device before the update: 1.0.0 in ota_0, ota_1 empty. */
export function infoOf(change: Partial<DeviceInfo> = {}): DeviceInfo {
  return {
    version: '1.0.0',
    build_date: '',
    ip: '192.168.4.2',
    rssi: -54,
    free_heap: 220_000,
    sketch_size: 920_000,
    free_sketch_space: 0x140000,
    chip_id: '246F28F99D27',
    device_id: 'esp32-ota',
    project: 'greenhouse-node',
    hardware: 'ESP32-D0WD-V3',
    chip: 'ESP32',
    chip_revision: 301,
    uptime_s: 1000,
    running: 'ota_0',
    next_boot: 'ota_0',
    slots: [RUNNING, EMPTY],
    flash_size: 4 * 2 ** 20,
    flash_mode: 'DIO',
    flash_frequency: '40m',
    secure_version: 0,
    boot_count: 0,
    ...change,
  };
}

/** The device after it: 1.1.0 runs in ota_1. */
export function updatedInfoOf(state: DeviceSlot['state'], slot: Partial<DeviceSlot> = {}): DeviceInfo {
  const written: DeviceSlot = { ...EMPTY, version: '1.1.0', project: 'greenhouse-node', sha256: NEW_SHA, state, ...slot };
  return infoOf({ version: '1.1.0', uptime_s: 1, running: 'ota_1', next_boot: 'ota_1', slots: [RUNNING, written] });
}

/** S1 says no more than this. */
export function s1InfoOf(version: string, change: Partial<DeviceInfo> = {}): DeviceInfo {
  const { build_date, ip, rssi, free_heap, sketch_size, free_sketch_space, chip_id } = infoOf();
  return { version, build_date, ip, rssi, free_heap, sketch_size, free_sketch_space, chip_id, ...change };
}

export const UNSIGNED: FirmwareTrust = {
  product: 'greenhouse-node',
  signature: { status: 'unsigned' },
  findings: [],
  signatures: [],
  isPinned: false,
};

/** @param verifies a key that the signature beside it is by */
export const trustsIn = (trust: FirmwareTrust, verifies = ''): NonNullable<UpdateRunPorts['trust']> => {
  const signatureBy = async (_sha256: string, keyIds: readonly string[]) => (keyIds.includes(verifies) ? 'c2ln' : undefined);
  const keys = { load: async () => undefined };
  return async () => ({ keys, signatures: { trust: async () => trust, signatureBy } as Partial<SignatureService> as SignatureService });
};
