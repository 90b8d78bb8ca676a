/**
 * Reads back what an earlier version of the app, another tab, or a hand in the developer tools left in the database.
 * A record that breaks a rule is `undefined`: it is left out, never half believed. Also reads the manifest of an archive.
 */
import type { DeviceRecord, FirmwareRecord, HistoryEntry, ReleaseMark, Settings } from './model.ts';
import type { StoredSignature } from './trust/model.ts';
import { FIRST_SETTINGS } from './settings.ts';
import { FieldReader, defined } from '../core/fields.ts';
import { CHIP_NAMES } from '../core/ota/chip-names.ts';
import { parseDeviceInfo } from '../core/ota/device-codec.ts';
import { OtterError } from '../core/errors.ts';

class RecordError extends OtterError<'RECORD_INVALID', { readonly where: string }> {}

export const fault = (where: string, rule: string): RecordError => new RecordError('RECORD_INVALID', `${where} ${rule}`, { where });

const SHA256 = /^[0-9a-f]{64}$/;
export const time = { min: 0, max: 8.64e15 } as const;
const KINDS = ['app', 'bootloader', 'partition-table', 'otadata', 'merged', 'uf2', 'hex', 'encrypted', 'damaged', 'unknown'] as const;
const HISTORY_ACTS = ['update', 'rollback', 'restart', 'added', 'power-cycle', 'factory-reset', 'flash', 'restore', 'erase'] as const;
const HISTORY_OUTCOMES = ['confirmed', 'unconfirmed', 'rolled-back', 'failed', 'stopped', 'done', 'started', 'interrupted'] as const;

export const LIMITS = { name: 128, version: 64, notes: 10_000, tag: 32, tags: 20, fileName: 255, ranges: 4096, signatures: 16 } as const;

/** RSA with 16,384 bits, in base64. */
const MOST_SIGNATURE_CHARACTERS = 2732;

/** The record, or `undefined` when it breaks a rule. */
export function lenient<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof OtterError) return undefined;
    throw error;
  }
}

const mark = (fields: FieldReader, key: string): true | undefined => fields.optionalBoolean(key) || undefined;

/** Whether it is base64 is seen by whoever checks it. */
function signatureOf(value: unknown, where: string): StoredSignature {
  const fields = new FieldReader(value, where, fault);
  return {
    value: fields.text('value', MOST_SIGNATURE_CHARACTERS),
    addedAt: fields.number('addedAt', time),
    ...defined({
      keyId: fields.has('keyId') ? fields.matching('keyId', SHA256, '64 hex digits') : undefined,
      fileName: fields.optionalText('fileName', LIMITS.fileName),
    }),
  };
}

export function parseFirmwareRecord(value: unknown): FirmwareRecord | undefined {
  return lenient(() => {
    const fields = new FieldReader(value, 'firmware', fault);
    const source = fields.child('source');
    const chip = fields.optionalText('chip');
    const imageVersion = fields.optionalText('imageVersion', LIMITS.version) || undefined;
    return {
      sha256: fields.matching('sha256', SHA256, '64 hex digits'),
      size: fields.number('size', { min: 0, integer: true }),
      fileName: fields.text('fileName', LIMITS.fileName),
      kind: fields.oneOf('kind', KINDS),
      name: fields.text('name', LIMITS.name),
      version: imageVersion ?? fields.text('version', LIMITS.version),
      versionCertain: fields.boolean('versionCertain'),
      notes: fields.text('notes', LIMITS.notes),
      tags: fields.texts('tags', LIMITS.tags, LIMITS.tag),
      source: { kind: source.oneOf('kind', ['file', 'demo', 'device', 'share', 'import', 'release']), detail: source.text('detail') },
      addedAt: fields.number('addedAt', time),
      ...defined({
        chip: CHIP_NAMES.find((name) => name === chip),
        imageVersion,
        intact: fields.optionalBoolean('intact'),
        builtAt: fields.optionalNumber('builtAt', time),
        idfVersion: fields.optionalText('idfVersion', 64),
        hasSecureBoot: mark(fields, 'hasSecureBoot'),
        signatures: fields.has('signatures') ? fields.list('signatures', LIMITS.signatures, signatureOf) : undefined,
      }),
    };
  });
}

export function parseDeviceRecord(value: unknown): DeviceRecord | undefined {
  return lenient(() => {
    const fields = new FieldReader(value, 'device', fault);
    const lastInfo = fields.has('lastInfo') ? lenient(() => parseDeviceInfo((value as { lastInfo: unknown }).lastInfo)) : undefined;
    return {
      id: fields.matching('id', /^[\w-]{1,64}$/, 'a device id'),
      name: fields.text('name', LIMITS.name),
      kind: fields.oneOf('kind', ['virtual', 'network']),
      baseUrl: fields.matching('baseUrl', /^https?:\/\/[^\s]+\/$/, 'an http(s) address that ends in /'),
      addedAt: fields.number('addedAt', time),
      ...defined({
        lastSeenAt: fields.optionalNumber('lastSeenAt', time),
        lastInfo,
        ownPassword: fields.optionalBoolean('ownPassword'),
        lockedUntil: fields.optionalNumber('lockedUntil', time),
        onlyTrusted: fields.optionalBoolean('onlyTrusted'),
        guardedProduct: fields.optionalText('guardedProduct'),
      }),
    };
  });
}

function rangeOf(value: unknown, where: string): { readonly offset: number; readonly length: number } {
  const fields = new FieldReader(value, where, fault);
  return { offset: fields.number('offset', { min: 0 }), length: fields.number('length', { min: 0 }) };
}

const releaseMark = (fields: FieldReader): ReleaseMark => ({
  id: fields.matching('id', SHA256, '64 hex digits'),
  counter: fields.number('counter', { min: 0, integer: true }),
  ...defined({
    publisher: fields.optionalText('publisher', LIMITS.version),
    product: fields.optionalText('product', LIMITS.version),
    version: fields.optionalText('version', LIMITS.version),
  }),
});

export function parseHistoryEntry(value: unknown): HistoryEntry | undefined {
  return lenient(() => {
    const fields = new FieldReader(value, 'history', fault);
    return {
      id: fields.text('id', 64),
      deviceId: fields.text('deviceId', 64),
      at: fields.number('at', time),
      act: fields.oneOf('act', HISTORY_ACTS),
      outcome: fields.oneOf('outcome', HISTORY_OUTCOMES),
      ...defined({
        sha256: fields.has('sha256') ? fields.matching('sha256', SHA256, '64 hex digits') : undefined,
        project: fields.optionalText('project'),
        fromVersion: fields.optionalText('fromVersion'),
        toVersion: fields.optionalText('toVersion'),
        signedBy: fields.optionalText('signedBy'),
        slot: fields.optionalText('slot', 16),
        switched: mark(fields, 'switched'),
        durationMs: fields.optionalNumber('durationMs', { min: 0 }),
        code: fields.optionalText('code', 64),
        ranges: fields.has('ranges') ? fields.list('ranges', LIMITS.ranges, rangeOf) : undefined,
        slotChange: fields.has('slotChange') ? fields.oneOf('slotChange', ['chosen', 'invalidated'] as const) : undefined,
        region: fields.optionalText('region', 64),
        release: fields.has('release') ? releaseMark(fields.child('release')) : undefined,
      }),
    };
  });
}

/** Field by field: one bad value does not cost the others. */
export function parseSettings(value: unknown): Settings {
  const read = <T>(pick: (fields: FieldReader) => T, otherwise: T): T =>
    lenient(() => pick(new FieldReader(value, 'settings', fault))) ?? otherwise;
  return {
    theme: read((fields) => fields.oneOf('theme', ['system', 'light', 'dark']), FIRST_SETTINGS.theme),
    confirmTimeoutS: read((fields) => fields.number('confirmTimeoutS', { min: 5, max: 3600 }), FIRST_SETTINGS.confirmTimeoutS),
  };
}
