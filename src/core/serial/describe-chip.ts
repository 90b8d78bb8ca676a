/**
 * Who a chip is, from its registers and the table; and the inverse, registers of a chip as somebody wants it to be.
 * Knows no wire: reading a register is a parameter.
 */
import { isFlashEncrypted, SECURITY_FLAGS, type SecurityInfo } from './security-info.ts';
import { readField, writeField, type ReadRegister, type RegisterWords } from './register-field.ts';
import type { ChipTarget, Crystal, EmbeddedMemory, FieldConditions, Identity, IdentityFieldName, RomClock } from './target-model.ts';

export interface ChipDescription {
  /** `ESP32-D0WD-V3` */
  readonly description: string;
  /** major × 100 + minor */
  readonly revision: number;
  readonly features: readonly string[];
  /** `a0:b1:…`, lower case. */
  readonly mac: string;
  readonly crystalMhz: number;
  readonly security: ChipSecurityState;
  /** Absent: the chip has no fuses for it that are known here. */
  readonly encryption?: FlashEncryption;
}

export interface FlashEncryption {
  /** SPI_BOOT_CRYPT_CNT (FLASH_CRYPT_CNT of the ESP32), raw: an odd number of bits set = on. */
  readonly cryptCount: number;
  /** `release`: its boot loader encrypts nothing that comes over the cable (DIS_DOWNLOAD_MANUAL_ENCRYPT). */
  readonly mode: 'development' | 'release';
}

interface ChipSecurityState {
  readonly flashEncryption: boolean;
  readonly secureBoot: boolean;
  /** Its first version, which knows one boot loader by its digest and takes no other. */
  readonly secureBootV1?: true;
  readonly secureDownload: boolean;
}

/** Of a pin's number in SPI_ATTACH. */
const PIN_BITS = 6;

/** @param baudRate at which the chip talks: some crystals are told by the divider that leads to it. */
export async function describeChip(readRegister: ReadRegister, target: ChipTarget, baudRate: number): Promise<ChipDescription> {
  const { identity } = target;
  const read = readOnce(readRegister);
  const { major, minor } = await readRevision(read, identity);
  const values = { ...(await readVariants(read, identity)), major, minor };
  const features = identity.features.flatMap((feature) => {
    if (typeof feature === 'string') return [feature];
    return holds(feature.when, values) ? [feature.name] : [];
  });
  const embedded = [await describeMemory(read, identity.flash, 'flash'), await describeMemory(read, identity.psram, 'PSRAM')];
  return {
    description: identity.names.find(({ when }) => holds(when, values))?.name ?? `${target.name} (unknown package)`,
    revision: 100 * major + minor,
    features: [...features, ...embedded.filter((text) => text !== undefined)],
    mac: formatMac(await readMac(read, identity)),
    crystalMhz: await readCrystal(read, target, baudRate),
    security: await readSecurity(read, target, 100 * major + minor),
    ...(target.security && { encryption: await readEncryption(read, target.security) }),
  };
}

/** What SPI_ATTACH must be told for a ROM to find the flash; 0 = where every chip has it. Flash in the package of an ESP32 is elsewhere. */
export async function flashPins(readRegister: ReadRegister, { spiPads = [] }: ChipTarget): Promise<number> {
  const read = readOnce(readRegister);
  let pins = 0;
  for (const [i, pad] of spiPads.entries()) pins += (await readField(pad, read)) * 2 ** (PIN_BITS * i);
  return pins;
}

/** Of a chip in secure download mode, which lets nobody read registers: what its security info says. */
export function securityFromInfo({ flags, flashCryptCount }: SecurityInfo): ChipSecurityState {
  return {
    flashEncryption: isFlashEncrypted(flashCryptCount),
    secureBoot: (flags & SECURITY_FLAGS.SECURE_BOOT_EN) !== 0,
    secureDownload: (flags & SECURITY_FLAGS.SECURE_DOWNLOAD_ENABLE) !== 0,
  };
}

/** `a0:b1:c2:d3:e4:f5` of 48 bits. */
export function formatMac(mac: number): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?=.)/g, '$&:');
}

/** @throws RangeError when it is no MAC. */
export function parseMac(text: string): number {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw new RangeError(`not a MAC address: ${text}`);
  return Number.parseInt(text.replaceAll(':', ''), 16);
}

interface ChipLikeness {
  readonly mac: string;
  /** major × 100 + minor; the chip must be able to say it. */
  readonly revision: number;
  readonly package?: number;
  readonly flashCryptCount?: number;
  readonly secureBoot?: boolean;
  readonly secureDownload?: boolean;
  /** As SPI_ATTACH takes them. */
  readonly flashPins?: number;
}

/** Puts all of it into eFuse registers, over what `words` has. @throws RangeError for what does not fit the fields of this chip. */
export function burnEfuses(target: ChipTarget, likeness: ChipLikeness, words: RegisterWords = new Map()): RegisterWords {
  const { identity, security, spiPads = [] } = target;
  writeField(identity.mac, parseMac(likeness.mac), words);
  const major = Math.floor(likeness.revision / 100);
  writeField(identity.major, identity.majorCodes ? codeOfMajor(identity.majorCodes, major) : major, words);
  writeField(identity.minor, likeness.revision % 100, words);
  writeField(identity.variants.package ?? [], likeness.package ?? 0, words);
  writeField(security?.flashCryptCount ?? [], likeness.flashCryptCount ?? 0, words);
  const secureBoot = security?.secureBoot.findLast(({ fromRevision = 0 }) => likeness.revision >= fromRevision);
  writeField(secureBoot?.field ?? [], likeness.secureBoot ? 1 : 0, words);
  writeField(security?.secureDownload ?? [], likeness.secureDownload ? 1 : 0, words);
  for (const [i, pad] of spiPads.entries()) {
    writeField(pad, Math.floor((likeness.flashPins ?? 0) / 2 ** (PIN_BITS * i)) % 2 ** PIN_BITS, words);
  }
  return words;
}

/** What a chip with this crystal has in the field of its UART's divider at this rate. */
export function clockDivider({ crystal }: ChipTarget, { crystalMhz, baudRate }: ClockFacts): number {
  const factor = crystal.kind === 'measured' ? crystal.clockFactor : 1;
  return Math.floor((crystalMhz * 1e6 * factor) / baudRate);
}

interface ClockFacts {
  readonly crystalMhz: number;
  readonly baudRate: number;
}

/** What to ask CHANGE_BAUDRATE of a ROM for, so that it comes out at `baudRate`. @param crystalMhz as `describeChip` found it. */
export async function romBaudRate(read: ReadRegister, target: ChipTarget, baudRate: number, crystalMhz: number): Promise<number> {
  const believedMhz = await believedCrystal(read, target.rom.clock);
  if (!believedMhz) return baudRate;
  // What the ROM measured is off by some percent; the crystal that it measured is the nearest that there is, whatever the UART seems to say.
  const trueMhz = target.rom.clock.kind === 'calibrated' ? nearestCrystal(target.crystal, believedMhz) : crystalMhz;
  return Math.floor((baudRate * believedMhz) / trueMhz);
}

/** Crystal frequency that the ROM calculates with; 0 or `undefined` where it calculates right, or does not know yet. */
async function believedCrystal(read: ReadRegister, clock: RomClock): Promise<number | undefined> {
  switch (clock.kind) {
    case 'right':
      return undefined;
    case 'assumed':
      return clock.mhz;
    case 'register':
      return await readField(clock.mhz, read);
    case 'calibrated':
      return ((await readField(clock.ticks, read)) * 15_625 * (await readField(clock.rc8m, read))) / 40 / 1e6;
  }
}

/** eFuses do not change while they are read, and each reading is a round trip. */
function readOnce(read: ReadRegister): ReadRegister {
  const known = new Map<number, number>();
  return async (address) => {
    const value = known.get(address) ?? (await read(address));
    known.set(address, value);
    return value;
  };
}

async function readRevision(read: ReadRegister, identity: Identity): Promise<{ major: number; minor: number }> {
  const zero = identity.revisionIsZeroWhen;
  if (zero && (await hold(read, zero))) return { major: 0, minor: 0 };
  const code = await readField(identity.major, read);
  const major = identity.majorCodes ? Math.max(0, identity.majorCodes.indexOf(code)) : code;
  return { major, minor: await readField(identity.minor, read) };
}

async function hold(read: ReadRegister, conditions: NonNullable<Identity['revisionIsZeroWhen']>): Promise<boolean> {
  for (const { field, value } of conditions) {
    if ((await readField(field, read)) !== value) return false;
  }
  return true;
}

function codeOfMajor(codes: readonly number[], major: number): number {
  const code = codes[major];
  if (code === undefined) throw new RangeError(`this chip cannot say that it is v${major}`);
  return code;
}

type IdentityValues = { readonly [Name in IdentityFieldName]?: number };

async function readVariants(read: ReadRegister, { variants }: Identity): Promise<IdentityValues> {
  const values: { [Name in IdentityFieldName]?: number } = {};
  for (const [name, field] of Object.entries(variants)) values[name as IdentityFieldName] = await readField(field, read);
  return values;
}

function holds(when: FieldConditions, values: IdentityValues): boolean {
  return Object.entries(when).every(([name, value]) => values[name as IdentityFieldName] === value);
}

async function describeMemory(read: ReadRegister, memory: EmbeddedMemory | undefined, kind: string): Promise<string | undefined> {
  if (!memory) return undefined;
  const code = await readField(memory.capacity, read);
  if (code === 0) return undefined;
  const vendor = memory.vendor && memory.vendors?.[await readField(memory.vendor, read)];
  return `Embedded ${kind} ${memory.sizes[code] ?? 'of unknown size'}${vendor ? ` (${vendor})` : ''}`;
}

const LOWER_HALF = 2 ** 24;

async function readMac(read: ReadRegister, { mac, macPrefix }: Identity): Promise<number> {
  const value = await readField(mac, read);
  if (!macPrefix || value >= LOWER_HALF) return value;
  return (macPrefix.prefixes[await readField(macPrefix.selector, read)] ?? 0) * LOWER_HALF + value;
}

async function readCrystal(read: ReadRegister, { crystal, uartClockDivider }: ChipTarget, baudRate: number): Promise<number> {
  if (crystal.kind === 'fixed') return crystal.mhz;
  return nearestCrystal(crystal, (baudRate * (await readField(uartClockDivider, read))) / 1e6 / crystal.clockFactor);
}

function nearestCrystal(crystal: Crystal, mhz: number): number {
  if (crystal.kind === 'fixed') return crystal.mhz;
  return crystal.candidatesMhz.reduce((best, candidate) => (Math.abs(candidate - mhz) < Math.abs(best - mhz) ? candidate : best));
}

async function readSecurity(read: ReadRegister, { security }: ChipTarget, revision: number): Promise<ChipSecurityState> {
  if (!security) return { flashEncryption: false, secureBoot: false, secureDownload: false };
  let secureBoot = false;
  let secureBootV1 = false;
  for (const { field, isV1 = false, fromRevision = 0 } of security.secureBoot) {
    if (revision < fromRevision || (await readField(field, read)) === 0) continue;
    secureBoot = true;
    secureBootV1 ||= isV1;
  }
  return {
    flashEncryption: isFlashEncrypted(await readField(security.flashCryptCount, read)),
    secureBoot,
    ...(secureBootV1 && { secureBootV1 }),
    secureDownload: security.secureDownload !== undefined && (await readField(security.secureDownload, read)) !== 0,
  };
}

async function readEncryption(
  read: ReadRegister,
  { flashCryptCount, encryptedDownloadDisabled }: NonNullable<ChipTarget['security']>,
): Promise<FlashEncryption> {
  const isDisabled = (await readField(encryptedDownloadDisabled, read)) !== 0;
  return { cryptCount: await readField(flashCryptCount, read), mode: isDisabled ? 'release' : 'development' };
}
