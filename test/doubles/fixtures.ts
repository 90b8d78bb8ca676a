/** Ready-made states and records for UI tests: the demo device and its firmware, as the app would hold them. */
import type { EspImage, FirmwareReport } from '../../src/core/image/model.ts';
import type { DeviceInfo, DeviceSlot } from '../../src/core/ota/device-contract.ts';
import {
  UPDATE_STAGES,
  type DeviceRecord,
  type DeviceState,
  type FirmwareRecord,
  type HistoryEntry,
  type Preflight,
  type PreflightCheck,
  type StageState,
  type UpdateJobState,
  type UpdateStage,
} from '../../src/app/model.ts';

export const NOW = Date.UTC(2025, 10, 20, 9, 12);
export const SHA_100 = 'a817'.repeat(16);
export const SHA_110 = '4f1c'.repeat(16);
export const KB = 1024;

export const slotA: DeviceSlot = {
  label: 'ota_0',
  offset: 0x10000,
  size: 0x140000,
  version: '1.0.0',
  project: 'greenhouse-node',
  sha256: SHA_100,
  image_size: 926_208,
  state: 'VALID',
};
export const slotB: DeviceSlot = {
  label: 'ota_1',
  offset: 0x150000,
  size: 0x140000,
  version: '',
  project: '',
  sha256: '',
  image_size: 0,
  state: 'EMPTY',
};

export function deviceInfo(change: Partial<DeviceInfo> = {}): DeviceInfo {
  return {
    version: '1.0.0',
    build_date: 'Nov 14 2025 09:30:00',
    ip: '192.168.4.1',
    rssi: -58,
    free_heap: 186_368,
    sketch_size: 926_208,
    free_sketch_space: 0x140000,
    chip_id: '5E8A10',
    device_id: 'esp32-ota',
    project: 'greenhouse-node',
    hardware: 'ESP32-D0WD-V3',
    chip: 'ESP32',
    chip_revision: 301,
    mac: '24:0A:C4:5E:8A:10',
    uptime_s: 15_132,
    reset_reason: 'POWERON',
    running: 'ota_0',
    next_boot: 'ota_0',
    slots: [slotA, slotB],
    flash_size: 0x400000,
    flash_mode: 'DIO',
    flash_frequency: '40m',
    partitions: [
      { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x5000 },
      { label: 'otadata', type: 1, subtype: 0, offset: 0xe000, size: 0x2000 },
      { label: 'ota_0', type: 0, subtype: 0x10, offset: 0x10000, size: 0x140000 },
      { label: 'ota_1', type: 0, subtype: 0x11, offset: 0x150000, size: 0x140000 },
      { label: 'spiffs', type: 1, subtype: 0x82, offset: 0x290000, size: 0x160000 },
      { label: 'coredump', type: 1, subtype: 3, offset: 0x3f0000, size: 0x10000 },
    ],
    min_free_heap: 144_384,
    secure_version: 0,
    accepts_default_password: true,
    boot_count: 0,
    ...change,
  };
}

/** After a good update: B runs 1.1.0, A keeps 1.0.0. */
export const updatedInfo = (): DeviceInfo =>
  deviceInfo({
    version: '1.1.0',
    running: 'ota_1',
    next_boot: 'ota_1',
    slots: [slotA, { ...slotB, version: '1.1.0', project: 'greenhouse-node', sha256: SHA_110, image_size: 933_872, state: 'VALID' }],
  });

export function deviceRecord(change: Partial<DeviceRecord> = {}): DeviceRecord {
  return {
    id: 'esp32-ota',
    name: 'esp32-ota',
    kind: 'virtual',
    baseUrl: 'https://otter.test/app/virtual/device/esp32-ota/',
    addedAt: NOW - 86_400_000,
    ...change,
  };
}

export function deviceState(change: Partial<DeviceState> = {}): DeviceState {
  const vitals = Array.from({ length: 60 }, (_, index) => ({
    at: NOW - (60 - index) * 10_000,
    freeHeap: 186_368 - (index % 7) * 2_048,
    rssi: -58 - (index % 5),
  }));
  return { record: deviceRecord(), link: 'online', dialect: 'otter', info: deviceInfo(), auth: { state: 'signed-out' }, vitals, ...change };
}

export function firmwareRecord(change: Partial<FirmwareRecord> = {}): FirmwareRecord {
  return {
    sha256: SHA_110,
    size: 933_872,
    fileName: 'greenhouse-node-1.1.0.bin',
    kind: 'app',
    chip: 'ESP32',
    name: 'greenhouse-node',
    version: '1.1.0',
    versionCertain: true,
    builtAt: Date.UTC(2025, 10, 19, 18, 2),
    idfVersion: 'v5.3.1',
    notes: '',
    tags: [],
    source: { kind: 'demo', detail: 'greenhouse-node-1.1.0.bin' },
    addedAt: NOW - 3_600_000,
    ...change,
  };
}

export function espImage(change: Partial<EspImage> = {}): EspImage {
  const verdict = (offset: number) => ({ offset, stored: 'ab', computed: 'ab', valid: true });
  return {
    chip: 'ESP32',
    role: 'app',
    flashMode: 'DIO',
    flashSize: '4MB',
    flashFrequency: '40m',
    entry: 0x40081a4c,
    minChipRevision: 0,
    maxChipRevision: 399,
    segments: [
      { offset: 32, length: 173_260, loadAddress: 0x3f400020, region: 'DROM' },
      { offset: 173_300, length: 18_944, loadAddress: 0x3ffb0000, region: 'DRAM' },
      { offset: 192_252, length: 4_400, loadAddress: 0x40080000, region: 'IRAM' },
      { offset: 196_660, length: 675_000, loadAddress: 0x400d0020, region: 'IROM' },
      { offset: 871_668, length: 62_160, loadAddress: 0x40081130, region: 'IRAM' },
    ],
    checksum: verdict(933_839),
    appendedHash: verdict(933_840),
    imageLength: 933_872,
    secureBoot: [],
    appDescriptor: {
      secureVersion: 0,
      version: '1.1.0',
      projectName: 'greenhouse-node',
      date: 'Nov 19 2025',
      time: '18:02:11',
      builtAtMs: Date.UTC(2025, 10, 19, 18, 2, 11),
      idfVersion: 'v5.3.1',
      elfSha256: '00'.repeat(32),
      minEfuseBlockRevision: 0,
      maxEfuseBlockRevision: 199,
      mmuPageSizeLog2: 16,
      isArduinoLibrary: false,
    },
    ...change,
  };
}

export function firmwareReport(change: Partial<FirmwareReport> = {}): FirmwareReport {
  return {
    size: 933_872,
    content: { kind: 'app', image: espImage() },
    sha256: SHA_110,
    md5: 'd1'.repeat(16),
    crc32: 'cafe0123',
    proposedVersions: [{ version: '1.1.0', from: 'descriptor', certain: true }],
    ...change,
  };
}

export const check = (
  id: PreflightCheck['id'],
  verdict: PreflightCheck['verdict'],
  reason: string,
  facts: PreflightCheck['facts'] = {},
): PreflightCheck => ({
  id,
  verdict,
  reason,
  facts,
});

/** The decision alone, with no checks: tests that need the sentences give `checks`. */
export const preflight = (change: Partial<Preflight> = {}): Preflight => ({ checks: [], decision: 'go', targetSlot: 'ota_1', ...change });

/** The stages of a job that has reached `active`; `undefined` = all done. */
export function stagesAt(active: UpdateStage | undefined, done = 0, total = 933_872): StageState[] {
  const at = active === undefined ? UPDATE_STAGES.length : UPDATE_STAGES.indexOf(active);
  return UPDATE_STAGES.map((stage, index): StageState => {
    if (index < at)
      return { stage, status: 'done', done: total, total, startedAt: NOW + index * 1_000, endedAt: NOW + index * 1_000 + 900 };
    if (index === at) return { stage, status: 'active', done, total, startedAt: NOW + index * 1_000 };
    return { stage, status: 'waiting', done: 0, total };
  });
}

export function updateJob(change: Partial<UpdateJobState> = {}): UpdateJobState {
  return {
    id: 'job-1',
    deviceId: 'esp32-ota',
    deviceName: 'esp32-ota',
    firmware: firmwareRecord(),
    fromVersion: '1.0.0',
    slot: 'ota_1',
    stages: stagesAt('write', 532_480),
    speed: Array.from({ length: 20 }, (_, index) => ({ at: NOW + index * 250, bytesPerSecond: 280_000 + (index % 4) * 8_000 })),
    log: [
      { atMs: 0, who: 'otter', text: 'greenhouse-node 1.1.0, 933 872 bytes' },
      { atMs: 402, who: 'device', text: 'erase 0x150000, 228 sectors' },
    ],
    startedAt: NOW,
    outcome: 'running',
    ...change,
  };
}

export const confirmedJob = (): UpdateJobState =>
  updateJob({
    stages: stagesAt(undefined),
    outcome: 'confirmed',
    endedAt: NOW + 27_400,
    proof: {
      version: '1.1.0',
      runningSlot: 'ota_1',
      slotSha256: SHA_110,
      slotState: 'VALID',
      awayMs: 2_600,
      confirmMs: 3_050,
      keptSlots: ['ota_0'],
    },
  });

export function historyEntry(change: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    id: 'h1',
    deviceId: 'esp32-ota',
    at: NOW,
    act: 'update',
    outcome: 'confirmed',
    sha256: SHA_110,
    project: 'greenhouse-node',
    fromVersion: '1.0.0',
    toVersion: '1.1.0',
    slot: 'ota_1',
    durationMs: 27_400,
    ...change,
  };
}
