/**
 * The data of GET_SECURITY_INFO's reply, both ways: 12 bytes from the ESP32-S2, 20 from the chips after it.
 * Source: Espressif, "Serial Protocol" and "get-security-info" of the esptool documentation.
 */
import { ByteReader } from '../bytes/reader.ts';
import { failWith, SerialProtocolError } from './serial-error.ts';

/** Bits of the flags word; the same on all chips. */
export const SECURITY_FLAGS = {
  SECURE_BOOT_EN: 1 << 0,
  SECURE_BOOT_AGGRESSIVE_REVOKE: 1 << 1,
  SECURE_DOWNLOAD_ENABLE: 1 << 2,
  SECURE_BOOT_KEY_REVOKE0: 1 << 3,
  SECURE_BOOT_KEY_REVOKE1: 1 << 4,
  SECURE_BOOT_KEY_REVOKE2: 1 << 5,
  SOFT_DIS_JTAG: 1 << 6,
  HARD_DIS_JTAG: 1 << 7,
  DIS_USB: 1 << 8,
  DIS_DOWNLOAD_DCACHE: 1 << 9,
  DIS_DOWNLOAD_ICACHE: 1 << 10,
} as const;

const KEY_BLOCKS = 7;
const SHORT_LENGTH = 12;
const LONG_LENGTH = 20;

export interface SecurityInfo {
  readonly flags: number;
  /** Raw; an odd number of bits set = the flash is encrypted. */
  readonly flashCryptCount: number;
  /** Of the seven key blocks. */
  readonly keyPurposes: readonly number[];
  /** `esp_chip_id_t` and the version of this interface; absent in the short form of the ESP32-S2. */
  readonly chip?: { readonly id: number; readonly apiVersion: number };
}

export function encodeSecurityInfo({ flags, flashCryptCount, keyPurposes, chip }: SecurityInfo): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(chip ? LONG_LENGTH : SHORT_LENGTH);
  const view = new DataView(data.buffer);
  view.setUint32(0, flags, true);
  view.setUint8(4, flashCryptCount);
  data.set(keyPurposes.slice(0, KEY_BLOCKS), 5);
  if (chip) {
    view.setUint32(SHORT_LENGTH, chip.id, true);
    view.setUint32(SHORT_LENGTH + 4, chip.apiVersion, true);
  }
  return data;
}

/** @throws SerialProtocolError `PACKET_PAYLOAD` for any length but the two. */
export function parseSecurityInfo(data: Uint8Array): SecurityInfo {
  if (data.length !== SHORT_LENGTH && data.length !== LONG_LENGTH) {
    throw new SerialProtocolError('PACKET_PAYLOAD', `security info has ${SHORT_LENGTH} or ${LONG_LENGTH} bytes, not ${data.length}`);
  }
  const reader = new ByteReader(data, failWith('PACKET_PAYLOAD'));
  const flags = reader.u32le('the flags');
  const flashCryptCount = reader.u8('the flash encryption counter');
  const keyPurposes = [...reader.bytes(KEY_BLOCKS, 'the key purposes')];
  const info = { flags, flashCryptCount, keyPurposes };
  if (reader.remaining === 0) return info;
  return { ...info, chip: { id: reader.u32le('the chip id'), apiVersion: reader.u32le('the API version') } };
}

/** An odd number of bits: each change of the state burns one more. */
export function isFlashEncrypted(flashCryptCount: number): boolean {
  let odd = false;
  for (let bits = flashCryptCount >>> 0; bits !== 0; bits &= bits - 1) odd = !odd;
  return odd;
}
