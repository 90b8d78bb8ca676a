/** Which chip answers, and all that it tells about itself. */
import { SerialError, isSerialError } from '../../app/usb/errors.ts';
import type { ChipIdentity } from '../../app/usb/ports.ts';
import { describeChip, securityFromInfo } from '../../core/serial/describe-chip.ts';
import type { ChipDescription } from '../../core/serial/describe-chip.ts';
import type { SerialUsbInfo } from '../../core/serial/port.ts';
import { isUsbSerialJtag } from '../../core/serial/reset-sequence.ts';
import { parseSecurityInfo, SECURITY_FLAGS } from '../../core/serial/security-info.ts';
import type { SecurityInfo } from '../../core/serial/security-info.ts';
import type { RegisterAccess } from '../../core/serial/register-field.ts';
import type { ChipTarget } from '../../core/serial/target-model.ts';
import { CHIP_MAGIC_ADDRESS, ESPRESSIF_VENDOR_ID, TARGETS, targetByChipId, targetByMagic } from '../../core/serial/targets.ts';
import { STUB_STATUS_LENGTH } from '../../core/serial/packet.ts';
import type { LoaderClient } from './loader-client.ts';

export interface Detected {
  readonly target: ChipTarget;
  /** Absent from chips that have none, and from a stub that is running already on one of those. */
  readonly info: SecurityInfo | undefined;
  readonly secureDownload: boolean;
}

/** @throws SerialError `CHIP_UNKNOWN` */
export async function detectChip(client: LoaderClient, signal: AbortSignal): Promise<Detected> {
  const info = await securityInfo(client, signal);
  const secureDownload = info !== undefined && (info.flags & SECURITY_FLAGS.SECURE_DOWNLOAD_ENABLE) !== 0;
  const chipId = info?.chip?.id;
  const byId = chipId === undefined ? undefined : targetByChipId(chipId);
  if (byId) return { target: byId, info, secureDownload };
  const magic = secureDownload ? undefined : await readMagic(client, signal);
  const target = magic === undefined ? onlyShortOne(info) : targetByMagic(magic);
  if (!target) {
    const details = { ...(chipId !== undefined && { chipId }), ...(magic !== undefined && { magic }) };
    throw new SerialError('CHIP_UNKNOWN', `a boot loader of a chip that nobody here knows: ${JSON.stringify(details)}`, details);
  }
  if (!client.isStub) client.statusLength = target.rom.statusLength;
  return { target, info, secureDownload };
}

/** Registers through the loader. One at a time, whatever the caller does at once: replies carry no number. */
export function registersOf(client: LoaderClient, signal: AbortSignal): RegisterAccess {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  return {
    read: (address) => inTurn(() => client.readRegister(address, { signal })),
    write: (...writes) => inTurn(() => client.writeRegisters(writes, { signal })),
  };
}

/** What is burnt does not change: each word is fetched once. Not for registers that do something. */
function remembering(registers: RegisterAccess): RegisterAccess['read'] {
  const known = new Map<number, Promise<number>>();
  return (address) => {
    const value = known.get(address) ?? registers.read(address);
    known.set(address, value);
    return value;
  };
}

interface IdentifyingParts {
  readonly client: LoaderClient;
  readonly detected: Detected;
  readonly usb: SerialUsbInfo;
  readonly signal: AbortSignal;
}

/** Everything but the flash, which a ROM must attach first. */
export async function identify(parts: IdentifyingParts): Promise<Omit<ChipIdentity, 'flash'>> {
  const { client, detected, usb, signal } = parts;
  const { target, info } = detected;
  if (detected.secureDownload) return { chip: target.name, ...silent(target, info), connection: connectionByUsb(usb, target) };
  const read = remembering(registersOf(client, signal));
  const described = await describeChip(read, target, client.channel.wire.baudRate);
  const security = info ? mergedSecurity(described, info) : described.security;
  return { chip: target.name, ...described, security, connection: await connectionOf(read, target, described.revision, usb) };
}

export const UNKNOWN_FLASH: ChipIdentity['flash'] = { manufacturer: '', jedecId: '', bytes: undefined };

async function securityInfo(client: LoaderClient, signal: AbortSignal): Promise<SecurityInfo | undefined> {
  try {
    return parseSecurityInfo((await client.command('GET_SECURITY_INFO', undefined, { signal, timeoutMs: 500 })).data);
  } catch (error) {
    signal.throwIfAborted();
    if (isSerialError(error, 'PORT_GONE', 'PORT_CLOSED')) throw error;
    // ESP8266 and ESP32 do not have it, each in its own way; what they say about it is forgotten.
    await client.channel.drain(20, 300, signal);
    return undefined;
  }
}

/** `undefined`: this boot loader reads no registers. */
async function readMagic(client: LoaderClient, signal: AbortSignal): Promise<number | undefined> {
  try {
    return await client.readRegister(CHIP_MAGIC_ADDRESS, { signal });
  } catch (error) {
    if (isSerialError(error, 'COMMAND_REFUSED')) return undefined;
    // The ESP8266's replies end with two bytes of status: too short to be read as the others'.
    if (!isSerialError(error, 'FRAME_DAMAGED') || client.isStub) throw error;
    client.statusLength = STUB_STATUS_LENGTH;
    return await client.readRegister(CHIP_MAGIC_ADDRESS, { signal });
  }
}

/** The one whose security info names no chip, in the mode that reads no registers. */
function onlyShortOne(info: SecurityInfo | undefined): ChipTarget | undefined {
  if (!info || info.chip) return undefined;
  return Object.values<ChipTarget>(TARGETS).find(({ rom }) => rom.securityInfo === 'short');
}

/** Nobody may look: what the table and the security info say. */
function silent(target: ChipTarget, info: SecurityInfo | undefined): Omit<ChipIdentity, 'chip' | 'flash' | 'connection'> {
  const { crystal } = target;
  return {
    description: target.name,
    revision: undefined,
    features: [],
    mac: '',
    crystalMhz: crystal.kind === 'fixed' ? crystal.mhz : 0,
    security: { ...(info ? securityFromInfo(info) : { flashEncryption: false, secureBoot: false }), secureDownload: true },
  };
}

/** Either source may know more than the other; what one of them says is so. */
function mergedSecurity({ security }: ChipDescription, info: SecurityInfo): ChipIdentity['security'] {
  const told = securityFromInfo(info);
  return {
    flashEncryption: security.flashEncryption || told.flashEncryption,
    secureBoot: security.secureBoot || told.secureBoot,
    secureDownload: told.secureDownload,
  };
}

/** The ROM keeps the number of the port that it talks on; a bridge in between would hide it from the USB ids. */
async function connectionOf(
  read: RegisterAccess['read'],
  target: ChipTarget,
  revision: number,
  usb: SerialUsbInfo,
): Promise<ChipIdentity['connection']> {
  const row = target.usb?.romPort.find(({ belowRevision }) => revision < belowRevision);
  if (!row) return connectionByUsb(usb, target);
  const port = (await read(row.address)) & 0xff;
  if (port === row.usbSerialJtag) return 'usb-serial-jtag';
  return port === row.usbOtg ? 'usb-otg' : connectionByUsb(usb, target);
}

function connectionByUsb(usb: SerialUsbInfo, target: ChipTarget): ChipIdentity['connection'] {
  if (isUsbSerialJtag(usb) && target.usb?.serialJtag === true) return 'usb-serial-jtag';
  const isOtg = usb.usbVendorId === ESPRESSIF_VENDOR_ID && usb.usbProductId === target.usb?.otgProductId;
  return isOtg && usb.usbProductId !== undefined ? 'usb-otg' : 'uart';
}
