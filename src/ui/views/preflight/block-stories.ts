/** Why a firmware may not go onto a device, told in full: one story for every check and reason that blocks. */
import type { CheckId, PreflightCheck } from '../../../app/model.ts';
import type { PREFLIGHT_REASONS } from '../../../app/preflight-reasons.ts';

type Reasons = typeof PREFLIGHT_REASONS;
type Blocking<Id extends CheckId> = {
  [Reason in keyof Reasons[Id] & string]: Reasons[Id][Reason] extends { readonly verdict: 'block' } ? `${Id} ${Reason}` : never;
}[keyof Reasons[Id] & string];
type BlockReason = { [Id in CheckId]: Blocking<Id> }[CheckId];

interface BlockStory {
  /** The page's heading. */
  readonly title: string;
  readonly what: string;
  readonly why: string;
  readonly next: string;
}

const onlyTrusted = (title: string, what: string): BlockStory => ({
  title,
  what,
  why: 'This device is set to get only firmware that its product trusts. Otter keeps to that, and so does the board where it has keys.',
  next: 'Open the firmware in the library and sign it with a trusted key, attach its .sig, or trust the key that signed it.',
});

const STORIES = {
  'kind bootloader': {
    title: 'This is a boot loader, not a firmware',
    what: 'Otter looked into the file and found a second-stage boot loader.',
    why: 'A slot takes applications only. A boot loader lies at the start of the flash, where no update over the air may write.',
    next: 'Take the application of the same build: firmware.bin, or build/<project>.bin.',
  },
  'kind partition-table': {
    title: 'This is a partition table, not a firmware',
    what: 'Otter looked into the file and found a list of partitions.',
    why: 'It says where things lie in the flash. Written into a slot it would be no program.',
    next: 'Take the application of the same build: firmware.bin, or build/<project>.bin.',
  },
  'kind otadata': {
    title: 'This is the boot switch, not a firmware',
    what: 'Otter looked into the file and found the otadata partition.',
    why: 'It only says which slot starts. The device keeps its own.',
    next: 'Take the application of the same build.',
  },
  'kind merged': {
    title: 'This is a whole flash, not one firmware',
    what: 'The file holds boot loader, partition table and application in one.',
    why: 'Such an image goes to address 0 by USB. A slot takes the application alone.',
    next: 'Take the application of the same build; it is the largest .bin beside this one.',
  },
  'kind uf2': {
    title: 'This is a UF2 container',
    what: 'The file holds its parts in blocks of 512 bytes, for a USB drive.',
    why: 'The device takes the plain application image.',
    next: 'Take the .bin of the same build.',
  },
  'kind hex': {
    title: 'This is an Intel HEX file',
    what: 'The file holds its parts as text, for a programmer.',
    why: 'The device takes the plain application image.',
    next: 'Take the .bin of the same build.',
  },
  'kind encrypted': {
    title: 'This is encrypted, or random data',
    what: 'The bytes have no structure at all: flash encryption leaves them so, and so does anything random.',
    why: 'Nothing in it can be read: not the chip, not the version, not whether it is whole.',
    next: 'Give Otter the plain image; a device with flash encryption encrypts it itself while it writes.',
  },
  'kind damaged': {
    title: 'This firmware is damaged',
    what: 'The file begins as firmware does, and then breaks the rules of its format.',
    why: 'Bytes are missing or changed: a cut download and an editor that saved it as text are the usual reasons.',
    next: 'Take it again from where it was built, and compare its SHA-256.',
  },
  'kind unknown': {
    title: 'This is no firmware that Otter knows',
    what: 'Otter found no magic number of any format it reads.',
    why: 'A slot takes ESP application images; they begin with the byte 0xE9.',
    next: 'Choose the .bin of the application.',
  },
  'chip differs': {
    title: 'This firmware is for another chip',
    what: 'Otter read the chip number in the image header and held it against the board. They differ, so the write key stays locked.',
    why: 'Each family of chips has its own instructions and its own memory. The boot loader would refuse this image.',
    next: 'Build for this board, or take a release that was made for it.',
  },
  'revision too-old': {
    title: 'This firmware needs a newer revision of the chip',
    what: 'The image names the lowest revision that it runs on, and this chip is below.',
    why: 'It may use features or workarounds that this silicon does not have. The boot loader would refuse it.',
    next: 'Build with a lower CONFIG_ESP_REV_MIN, or use a newer board.',
  },
  'revision too-new': {
    title: 'This chip is newer than the firmware allows',
    what: 'The image names the highest revision that it was made for, and this chip is above.',
    why: 'Its makers could not test it there. The boot loader would refuse it.',
    next: 'Build with a newer ESP-IDF, or raise CONFIG_ESP_REV_MAX_FULL.',
  },
  'size too-large': {
    title: 'This firmware does not fit',
    what: 'The image is larger than the slot it would go to.',
    why: 'What does not fit would run over the end of the slot, into the next partition.',
    next: 'Build it smaller (CONFIG_COMPILER_OPTIMIZATION_SIZE), or give the board a table with larger slots by USB.',
  },
  'size no-slot': {
    title: 'This device has no slot to write to',
    what: 'Its partition table has one place for an application, and that one runs.',
    why: 'An update over the air needs a second slot, so that the first can keep running.',
    next: 'Give the board a table with two OTA slots by USB once.',
  },
  'whole damaged': {
    title: 'This firmware is damaged',
    what: 'The image breaks the rules of its own format.',
    why: 'Bytes are missing or changed: a cut download and an editor that saved it as text are the usual reasons.',
    next: 'Take it again from where it was built, and compare its SHA-256.',
  },
  'whole checksum-wrong': {
    title: 'This firmware is damaged',
    what: 'The checksum at the end of the image is not the one its content gives.',
    why: 'At least one byte changed after the build. The boot loader would refuse it.',
    next: 'Take it again from where it was built, and compare its SHA-256.',
  },
  'whole hash-wrong': {
    title: 'This firmware was changed after its build',
    what: 'The SHA-256 that the build appended is not the one the content gives.',
    why: 'At least one byte differs: damage on the way, or somebody edited it.',
    next: 'Take it again from where it was built. Do not trust this copy.',
  },
  'secure-version lower': {
    title: 'The chip does not go back that far',
    what: 'Its anti-rollback counter is above the security version of this firmware.',
    why: 'The counter sits in eFuses and only rises, so that old faults cannot be put back.',
    next: 'Take a release with an equal or higher security version.',
  },
  'release wrong-product': {
    title: 'This release is of another product',
    what: 'Otter held what the publisher signed against what the device says it runs. The products differ.',
    why: 'A signed release says for which product it is, so that nobody can pass it off as another one.',
    next: 'Take a release of the product that this device runs.',
  },
  'release wrong-chip': {
    title: 'This release is for another chip',
    what: 'The publisher signed it for one chip, and the device says it has another.',
    why: 'Each family of chips has its own instructions and its own memory.',
    next: 'Take the release of the same version that was made for this chip.',
  },
  'release wrong-hardware': {
    title: 'This release is for another board',
    what: 'The publisher named the boards that it runs on, and this one is not among them.',
    why: 'Two boards with the same chip can have different pins, sensors and power stages.',
    next: 'Take the release that names this board.',
  },
  'release rollback': {
    title: 'This release is older than what runs',
    what: 'Releases of a product are numbered, and the one that runs has a higher number.',
    why: 'An old release may have a hole that a later one closed. Whoever wants that hole back only has to get the old one installed.',
    next: 'Take a newer release. To go back on purpose, its publisher signs the older image again, with a higher number.',
  },
  'release step-too-large': {
    title: 'This release cannot follow what runs in one step',
    what: 'Its publisher says which release it can follow at the earliest, and the one that runs is older.',
    why: 'Settings or data may have to be converted by a release in between.',
    next: 'Install a release in between first, then this one.',
  },
  'release revoked': {
    title: 'This release was signed by a revoked key',
    what: 'The publisher’s newest root file says that one of the keys that signed it was stolen or lost.',
    why: 'Whoever holds that key can sign whatever they like: this may be the publisher’s work, or anybody’s.',
    next: 'Read the release set again, and take a release that is signed by the keys that count now.',
  },
  'signature tampered': {
    title: 'This signature does not belong to this firmware',
    what: 'There is a signature, and no key that is trusted made it over these bytes.',
    why: 'At least one byte is another one since it was signed, or the signature was made for something else, or by somebody else.',
    next: 'Take the file again from whoever published it. Do not trust this copy.',
  },
  'signature only-trusted-other-product': {
    title: 'This firmware is of another product',
    what: 'This device is set to get only trusted firmware of the product that ran there then. The image names another one, or none.',
    why: 'What a product trusts says nothing of what other products trust: a key that counts there must not count here.',
    next: 'Choose a firmware of that product. To give this device another one, let it take any firmware first.',
  },
  'signature only-trusted-unsigned': onlyTrusted(
    'This firmware is not signed',
    'No signature lies beside it, and none stands behind its image.',
  ),
  'signature only-trusted-unknown-key': onlyTrusted(
    'This firmware is not signed by a trusted key',
    'The signature is valid, and the key that made it is not one that this product trusts.',
  ),
  'signature only-trusted-revoked-key': onlyTrusted(
    'The key of this signature was revoked',
    'The signature is valid, and its key was given up: what it signs may come from anybody.',
  ),
  'signature only-trusted-cannot-check': onlyTrusted(
    'This signature cannot be checked',
    'There is a signature, and nothing here can say whether it is right.',
  ),
  'signature only-trusted-unjudged': {
    title: 'Who signed this could not be found out',
    what: 'The keys, or the signatures of this firmware, could not be read just now.',
    why: 'This device gets only firmware that is known to be trusted.',
    next: 'Reload the page and look again.',
  },
  'signature signed-unjudged': {
    title: 'The signature of this firmware could not be looked at',
    what: 'It is signed. The keys, or its signatures, could not be read just now.',
    why: 'It may have been changed since it was signed, and nobody would know.',
    next: 'Reload the page and look again.',
  },
  'signature device-unsigned': {
    title: 'The device takes only signed firmware',
    what: 'It says so itself, and this firmware has no valid signature.',
    why: 'It would receive all of it, verify, and refuse.',
    next: 'Sign it with a key that the device has, or attach the .sig that belongs to it, on the page of the firmware.',
  },
  'signature device-no-key': {
    title: 'The device has no key to check it with',
    what: 'It says that it checks signatures, and names no key that it trusts: the last one was taken off, or it never got any.',
    why: 'Whatever it receives, it refuses.',
    next: 'Give it a key. A virtual board gets the keys of today on its page.',
  },
  'signature device-other-key': {
    title: 'The device does not have the key of this signature',
    what: 'The signature is valid. The device names the keys that it trusts, and this one is not among them.',
    why: 'It would receive all of it, verify with its own keys, and refuse.',
    next: 'Sign it with a key that the device has. A virtual board gets the keys of today on its page.',
  },
} as const satisfies Record<BlockReason, BlockStory>;

const UNTOLD: BlockStory = {
  title: 'This firmware does not go onto this device',
  what: 'One of the checks below said no.',
  why: 'What it found stands beside it.',
  next: 'Choose another firmware.',
};

export function blockStory({ id, reason }: Pick<PreflightCheck, 'id' | 'reason'>): BlockStory {
  const key = `${id} ${reason}`;
  return Object.hasOwn(STORIES, key) ? STORIES[key as BlockReason] : UNTOLD;
}
