/**
 * Parses what a device answers (`device-contract.ts`), for the page that asked. Whatever answers at an address may be
 * anything: every text is bounded, every number finite, every word known, or it is a `DeviceProtocolError`.
 * Fields that the contract does not know are ignored, so that newer devices keep working.
 */
import { FieldReader, defined } from '../fields.ts';
import { CHIP_NAMES } from './chip-names.ts';
import { DEVICE_ERRORS, UPDATE_PHASES } from './device-contract.ts';
import type {
  DeviceErrorCode,
  DeviceInfo,
  DevicePartition,
  DeviceSlot,
  LoginAnswer,
  UpdateLine,
  UpdateProgress,
  UpdateResult,
  UpdateStatus,
} from './device-contract.ts';
import { DeviceProtocolError } from './protocol-error.ts';

/** ota_0 … ota_15 and factory. */
const MAX_SLOTS = 17;
/** A 4 KiB table sector holds 95 entries of 32 bytes. */
const MAX_PARTITIONS = 95;
const MOST_KEYS = 64;
const MAX_MESSAGE_LENGTH = 500;
const MAX_TOKEN_LENGTH = 4096;
const MAX_SESSION_S = 31 * 24 * 3600;
const UINT32_MAX = 0xffffffff;
const SHA256_OR_NOTHING = /^(?:[0-9a-fA-F]{64})?$/;
/** Partition labels are 16 bytes; a label becomes part of sentences and of element ids. */
const LABEL = /^[\w.-]{1,16}$/;
const SLOT_STATES = ['NEW', 'PENDING_VERIFY', 'VALID', 'INVALID', 'ABORTED', 'UNDEFINED', 'EMPTY', 'FACTORY'] as const;

const fault = (where: string, rule: string): DeviceProtocolError => new DeviceProtocolError(where, rule);
const bytes = { min: 0, max: UINT32_MAX, integer: true } as const;

/** `text` as JSON, or the typed error. */
export function parseDeviceJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new DeviceProtocolError(where, 'is not JSON', { cause });
  }
}

function parseSlot(value: unknown, where: string): DeviceSlot {
  const fields = new FieldReader(value, where, fault);
  return {
    label: fields.matching('label', LABEL, 'a partition label'),
    offset: fields.number('offset', bytes),
    size: fields.number('size', bytes),
    version: fields.optionalText('version', 64) ?? '',
    project: fields.optionalText('project', 64) ?? '',
    sha256: fields.has('sha256') ? fields.matching('sha256', SHA256_OR_NOTHING, '64 hex digits or empty').toLowerCase() : '',
    state: fields.has('state') ? fields.oneOf('state', SLOT_STATES) : 'UNDEFINED',
    ...defined({ image_size: fields.optionalNumber('image_size', bytes), unfinished: fields.optionalBoolean('unfinished') }),
  };
}

function parsePartition(value: unknown, where: string): DevicePartition {
  const fields = new FieldReader(value, where, fault);
  return {
    label: fields.text('label', 16),
    type: fields.number('type', { min: 0, max: 255, integer: true }),
    subtype: fields.number('subtype', { min: 0, max: 255, integer: true }),
    offset: fields.number('offset', bytes),
    size: fields.number('size', bytes),
  };
}

/** S1's devices write numbers as text, leave fields out, and give the chip id as a number. */
function parseS1Fields(fields: FieldReader, value: object) {
  const count = (key: string): number => fields.optionalNumber(key, { min: 0, max: UINT32_MAX, fromText: true }) ?? 0;
  const chipId: unknown = (value as Record<string, unknown>)['chip_id'];
  return {
    version: fields.text('version', 64),
    build_date: fields.optionalText('build_date', 64) ?? '',
    ip: fields.optionalText('ip', 64) ?? '',
    rssi: fields.optionalNumber('rssi', { min: -200, max: 100, fromText: true }) ?? 0,
    free_heap: count('free_heap'),
    sketch_size: count('sketch_size'),
    free_sketch_space: count('free_sketch_space'),
    chip_id: typeof chipId === 'number' && Number.isFinite(chipId) ? String(chipId) : (fields.optionalText('chip_id', 64) ?? ''),
  };
}

function parseOwnFields(fields: FieldReader) {
  const small = { min: 0, max: UINT32_MAX } as const;
  return defined({
    device_id: fields.optionalText('device_id', 64),
    project: fields.optionalText('project', 64),
    hardware: fields.optionalText('hardware', 64),
    chip: fields.has('chip') ? CHIP_NAMES.find((name) => name === fields.text('chip', 64)) : undefined,
    chip_revision: fields.optionalNumber('chip_revision', { min: 0, max: 0xffff, integer: true }),
    mac: fields.optionalText('mac', 32),
    uptime_s: fields.optionalNumber('uptime_s', small),
    reset_reason: fields.optionalText('reset_reason', 64),
    running: fields.has('running') ? fields.matching('running', LABEL, 'a partition label') : undefined,
    next_boot: fields.has('next_boot') ? fields.matching('next_boot', LABEL, 'a partition label') : undefined,
    slots: fields.has('slots') ? fields.list('slots', MAX_SLOTS, parseSlot) : undefined,
    partitions: fields.has('partitions') ? fields.list('partitions', MAX_PARTITIONS, parsePartition) : undefined,
    flash_size: fields.optionalNumber('flash_size', bytes),
    flash_mode: fields.optionalText('flash_mode', 16),
    flash_frequency: fields.optionalText('flash_frequency', 16),
    min_free_heap: fields.optionalNumber('min_free_heap', small),
    secure_version: fields.optionalNumber('secure_version', bytes),
    accepts_default_password: fields.optionalBoolean('accepts_default_password'),
    boot_count: fields.optionalNumber('boot_count', small),
    signature_required: fields.optionalBoolean('signature_required'),
    trusted_keys: fields.has('trusted_keys') ? fields.texts('trusted_keys', MOST_KEYS, 64) : undefined,
  });
}

/** `GET info`, ours or S1's. */
export function parseDeviceInfo(value: unknown): DeviceInfo {
  const fields = new FieldReader(value, 'info', fault);
  const info: DeviceInfo = { ...parseS1Fields(fields, value as object), ...parseOwnFields(fields) };
  const labels = new Set(info.slots?.map((slot) => slot.label));
  if (labels.size !== (info.slots?.length ?? 0)) throw fault('info.slots', 'must have different labels');
  if (info.slots && info.running !== undefined && !labels.has(info.running)) throw fault('info.running', 'must be one of the slots');
  return info;
}

/** Whether `info` is that of our own contract; everything else is treated as S1. */
export const speaksOwnContract = (info: DeviceInfo): boolean => info.slots !== undefined && info.device_id !== undefined;

export function parseLoginAnswer(value: unknown): LoginAnswer {
  const fields = new FieldReader(value, 'login', fault);
  // A token becomes a header: visible ASCII only, or `fetch` would throw later and elsewhere.
  const token = fields.text('token', MAX_TOKEN_LENGTH);
  if (!/^[\x21-\x7e]+$/.test(token)) throw fault('login.token', 'must be visible ASCII');
  return {
    token,
    expires_in: fields.number('expires_in', { min: 0, max: MAX_SESSION_S }),
    must_change: fields.optionalBoolean('must_change') ?? false,
  };
}

function parseProgress(fields: FieldReader): UpdateProgress {
  const total = fields.number('total', bytes);
  return { phase: fields.oneOf('phase', UPDATE_PHASES), total, done: fields.number('done', { ...bytes, max: total }) };
}

function parseResult(fields: FieldReader): UpdateResult {
  return {
    slot: fields.matching('slot', LABEL, 'a partition label'),
    bytes: fields.number('bytes', bytes),
    sha256: fields.matching('sha256', SHA256_OR_NOTHING, '64 hex digits or empty').toLowerCase(),
    version: fields.optionalText('version', 64) ?? '',
  };
}

export const isDeviceErrorCode = (code: string): code is DeviceErrorCode => Object.hasOwn(DEVICE_ERRORS, code);

/** Device code and text of an error body; `code` only when it is one of the contract's. */
export function parseDeviceError(value: unknown): { readonly error: string; readonly code?: DeviceErrorCode } {
  const fields = new FieldReader(value, 'error', fault);
  const code = fields.optionalText('code', 64);
  return { error: fields.text('error', MAX_MESSAGE_LENGTH), ...(code !== undefined && isDeviceErrorCode(code) ? { code } : {}) };
}

/** One line of the answer to `POST update`. An error whose code is unknown here counts as a failed write. */
export function parseUpdateLine(text: string): UpdateLine {
  const value = parseDeviceJson(text, 'line');
  const fields = new FieldReader(value, 'line', fault);
  if (fields.has('result')) return { result: parseResult(fields.child('result')) };
  if (fields.has('error')) {
    const { error, code } = parseDeviceError(value);
    return { error, code: code ?? 'UPDATE_ERROR_WRITE' };
  }
  return parseProgress(fields);
}

/** `GET update` */
export function parseUpdateStatus(value: unknown): UpdateStatus {
  const fields = new FieldReader(value, 'update', fault);
  const code = fields.optionalText('code', 64);
  return {
    state: fields.oneOf('state', ['none', 'running', 'succeeded', 'failed', 'interrupted']),
    ...defined({
      progress: fields.has('progress') ? parseProgress(fields.child('progress')) : undefined,
      result: fields.has('result') ? parseResult(fields.child('result')) : undefined,
      error: fields.optionalText('error', MAX_MESSAGE_LENGTH),
      code: code !== undefined && isDeviceErrorCode(code) ? code : undefined,
    }),
  };
}
