/**
 * Every error in words: what happened, why, and what to do next. The code itself stands beside them, to be copied.
 * `satisfies Record<ErrorCode, …>`: a code without a remedy does not compile.
 */
import type { ErrorCode } from '../app/errors.ts';
import type { Problem } from '../app/model.ts';
import type { ForeignFormat } from '../core/image/foreign-file.ts';
import { SIGNATURE_MESSAGES } from './signature-messages.ts';
import { TRUST_MESSAGES } from './trust-messages.ts';
import { USB_MESSAGES } from './usb-messages.ts';

type Details = Readonly<Record<string, unknown>>;
type Words = string | ((details: Details) => string);

export interface Message {
  /** What happened; a heading, without a full stop. */
  readonly title: Words;
  readonly why: Words;
  readonly next: Words;
}

const NOTHING_WRITTEN = 'The firmware that runs was not touched.';
const TRY_AGAIN = 'Try again.';

const minutes = (details: Details): string => {
  const seconds = Number(details.retryAfterS);
  return Number.isFinite(seconds) && seconds > 0 ? `about ${Math.max(1, Math.ceil(seconds / 60))} min` : 'ten minutes';
};
const text = (value: unknown, otherwise: string): string =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : otherwise;

const CHOOSE_BIN = 'Choose the .bin of the application.';
const UNPACK = 'Unpack it, and choose the .bin of the application in it.';
const KEEP_ALL_THE_SAME = ' If you want it in the library all the same, keep it; no device will be offered it.';
const A_PICTURE = { why: 'By its first bytes it is made to be looked at.', next: CHOOSE_BIN };

/** What people drop beside firmware. */
const FOREIGN_FILES = {
  elf: {
    name: 'an ELF file',
    why: 'It is what the linker wrote, with names for the debugger. A chip starts only the image that the build makes from it.',
    next: 'Choose the .bin that lies beside it: firmware.bin, or build/<project>.bin.',
  },
  zip: { name: 'a ZIP archive', why: 'A firmware may be in it, but a chip cannot unpack it.', next: UNPACK },
  gzip: { name: 'a gzip archive', why: 'A firmware may be in it, but a chip cannot unpack it.', next: UNPACK },
  png: { name: 'a PNG picture', ...A_PICTURE },
  jpeg: { name: 'a JPEG picture', ...A_PICTURE },
  gif: { name: 'a GIF picture', ...A_PICTURE },
  pdf: { name: 'a PDF document', why: 'By its first bytes it is made to be read.', next: CHOOSE_BIN },
  text: {
    name: 'a text file',
    why: 'It begins with nothing but characters, and they are no Intel HEX and no partition table.',
    next: CHOOSE_BIN,
  },
} as const satisfies Record<ForeignFormat, { readonly name: string; readonly why: string; readonly next: string }>;

const isForeign = (format: unknown): format is ForeignFormat => typeof format === 'string' && Object.hasOwn(FOREIGN_FILES, format);

const MESSAGES = {
  // ---- the way to a device ----
  ADDRESS_INVALID: {
    title: 'This is no address of a device',
    why: 'An address starts with http:// or https:// and carries no user name or password.',
    next: 'Write it like http://192.168.1.42 and add the device again.',
  },
  MIXED_CONTENT: {
    title: 'The browser does not let this page call the device',
    why: 'Otter came over https, the device speaks plain http, and this browser blocks such a call.',
    next: 'Use Chrome or Edge 142 or newer with the address or .local name of the device, open its own page and hand it the file there, or open Otter from a server on your own network, or give the device https. Chrome can allow it in the site settings, under “Insecure content”.',
  },
  LOCAL_NETWORK_DENIED: {
    title: 'Access to the local network was refused',
    why: 'The browser asks before a page may reach devices at home, and the answer was no.',
    next: 'Open the site settings beside the address bar, allow “Local network access”, and try again.',
  },
  CORS_BLOCKED: {
    title: 'The device does not let this page read its answers (CORS)',
    why: ({ preflight }) =>
      preflight
        ? 'Its info can be read, but this call did not pass: most likely it does not answer OPTIONS, or does not allow the headers Authorization and Content-Type.'
        : 'It answers, but without the header Access-Control-Allow-Origin, so the browser keeps the answer to itself.',
    next: 'Open the device’s own page and hand it the file there, or give it a firmware that sends that header.',
  },
  UNREACHABLE: {
    title: 'Nothing answers at that address',
    why: 'The device may be off, in another network, or it has a new address.',
    next: 'Check its power and Wi-Fi, and compare the address with the one your router shows.',
  },
  NETWORK_UNREACHABLE_OR_CORS: {
    title: 'No answer that this page may read',
    why: 'Either nothing is there, or the device forbids pages of other origins to read its answers (CORS). The browser does not say which.',
    next: 'Open the address in a tab of its own. If it answers there, it is CORS: the firmware has to send Access-Control-Allow-Origin.',
  },
  TIMEOUT: {
    title: 'The device took too long to answer',
    why: 'It may be busy, far from its access point, or restarting.',
    next: 'Wait a moment and try again.',
  },
  CONNECTION_LOST: {
    title: 'The connection broke off',
    why: 'The answer of the device stopped in the middle.',
    next: `${NOTHING_WRITTEN} Open the device to see what it says, then try again.`,
  },
  NOT_A_DEVICE: {
    title: 'Something answers, but no device that Otter knows',
    why: 'The address belongs to a web page or to another kind of device.',
    next: 'Check the address. The device has to answer at “info” as our contract or the S1 page does.',
  },
  WORKER_MISSING: {
    title: 'Virtual boards cannot run in this window',
    why: 'They live in a service worker, and this window has none: a private window or blocked site data are the usual reasons.',
    next: 'Open Otter in a normal window, or allow site data for this page, and reload it.',
  },
  DEVICE_REFUSED: {
    title: 'The device refused',
    why: (details) =>
      `It answered ${text(details.status, 'an error')}${typeof details.text === 'string' && details.text ? `: “${details.text.slice(0, 200)}”` : ''}.`,
    next: 'Look into the log of the device; the sentence above is its own.',
  },
  NOT_SUPPORTED: {
    title: 'This device cannot do that',
    why: 'Its web page knows fewer calls than our own contract.',
    next: 'Use what its page offers, or put a firmware on it that speaks the whole contract.',
  },
  DEVICE_PROTOCOL: {
    title: 'The device answered something unreadable',
    why: (details) => `In ${text(details.where, 'its answer')}: ${text(details.rule, 'against the contract')}.`,
    next: 'Another version of its firmware may fix that. Copy the report if you want to tell someone.',
  },

  // ---- what the device itself says ----
  MALFORMED: {
    title: 'The device did not understand the request',
    why: 'A part of it was missing or not what the device expects.',
    next: `${TRY_AGAIN} If it stays, device and Otter speak different versions of the contract.`,
  },
  NO_SESSION: { title: 'You are signed out', why: 'The session ended, or the device restarted.', next: 'Sign in and do it again.' },
  WRONG_PASSWORD: {
    title: 'The device says no',
    why: 'That is not its password.',
    next: 'Check capital letters and try again. After five wrong passwords the device waits ten minutes.',
  },
  PASSWORD_CHANGE_REQUIRED: {
    title: 'The default password has to be changed first',
    why: 'This device takes no update while anyone could sign in with the password from the manual.',
    next: 'Sign in and choose a new password, then update.',
  },
  PASSWORD_TOO_WEAK: {
    title: 'The device wants a stronger password',
    why: 'It is too short, too simple, or the default one.',
    next: 'Take at least eight characters, with a letter and a digit.',
  },
  FORBIDDEN: { title: 'The device forbids that', why: 'This session may not do it.', next: 'Sign in again, or ask who runs the device.' },
  NOT_FOUND: {
    title: 'The device does not know that call',
    why: 'Its firmware is older than our contract, or the address is not quite right.',
    next: 'Check the address of the device, path included.',
  },
  METHOD_NOT_ALLOWED: {
    title: 'The device does not take that call this way',
    why: 'Its firmware speaks another version of the contract.',
    next: 'Update the device by its own page once, or add it again.',
  },
  UPDATE_RUNNING: {
    title: 'An update already runs on this device',
    why: 'It may come from another tab or another person.',
    next: 'Wait until it ends, then look what runs.',
  },
  NO_ROLLBACK: {
    title: 'There is nothing to go back to',
    why: 'The other slot holds no firmware that could boot.',
    next: 'Install the earlier firmware from the history or the library instead.',
  },
  UPDATE_ERROR_SIZE: {
    title: 'The firmware does not fit',
    why: `It is larger than the slot, or another size arrived than was announced. ${NOTHING_WRITTEN}`,
    next: 'Build it smaller, or give the board a partition table with larger slots.',
  },
  UPDATE_ERROR_MD5: {
    title: 'Other bytes arrived than were sent',
    why: `The MD5 that the device counted is not the file’s. ${NOTHING_WRITTEN}`,
    next: 'Try again. If it happens twice, the way to the device damages data.',
  },
  UPDATE_ERROR_SHA256: {
    title: 'Other bytes arrived than were sent',
    why: `The SHA-256 that the device counted is not the file’s. ${NOTHING_WRITTEN}`,
    next: 'Try again. If it happens twice, the way to the device damages data.',
  },
  UPDATE_ERROR_WRITE: {
    title: ({ stage }) => (stage === 'erase' ? 'The flash could not be erased' : 'The flash did not take the data'),
    why: ({ stage }) =>
      `${stage === 'erase' ? 'A sector did not become empty.' : 'A sector did not hold what was written into it.'} ${NOTHING_WRITTEN}`,
    next: 'Try once more. If the same place fails again, the flash chip is worn out.',
  },
  UPDATE_ERROR_ABORT: {
    title: 'The transfer ended too early',
    why: `Fewer bytes arrived than were announced. ${NOTHING_WRITTEN}`,
    next: 'Check the connection and try again.',
  },
  UPDATE_ERROR_SPACE: {
    title: 'The device has no room for the update',
    why: `There is no free slot, or its storage is full. ${NOTHING_WRITTEN}`,
    next: 'Free storage on the device, or on a virtual board switch the fault “full slot” off.',
  },
  IMAGE_INVALID: {
    title: 'The device does not take this as firmware',
    why: `Its check of magic, segments, checksum or hash failed. ${NOTHING_WRITTEN}`,
    next: 'Take the file again from where it was built. The X-ray shows which part is damaged.',
  },
  WRONG_CHIP: {
    title: 'This firmware is for another chip',
    why: `The chip number in the image is not the board’s. ${NOTHING_WRITTEN}`,
    next: 'Build for this board, or take the release that was made for it.',
  },
  CHIP_REVISION: {
    title: 'This firmware wants another revision of the chip',
    why: `The image names the revisions that it runs on, and this one is not among them. ${NOTHING_WRITTEN}`,
    next: 'Build with a lower minimum revision (CONFIG_ESP_REV_MIN), or use a newer board.',
  },
  SECURE_VERSION: {
    title: 'The chip does not go back that far',
    why: `Its anti-rollback counter is above the security version of this firmware. ${NOTHING_WRITTEN}`,
    next: 'Take a release with an equal or higher security version.',
  },
  SIGNATURE_INVALID: {
    title: 'The device does not trust this signature',
    why: `It looked for itself: none of its keys has made this signature over these bytes. ${NOTHING_WRITTEN}`,
    next: 'Take the release from its original source, or sign it with a key that the device has: its page names them.',
  },
  SIGNATURE_MISSING: {
    title: 'The device takes only signed firmware',
    why: `This one came without a signature. ${NOTHING_WRITTEN}`,
    next: 'Sign it with a key that the device has, or attach the .sig that belongs to it, on the page of the firmware.',
  },
  LOCKED_OUT: {
    title: 'The device waits after too many wrong passwords',
    why: 'Five were wrong, so it takes none for a while. A restart does not shorten that.',
    next: (details) => `Wait ${minutes(details)}, then sign in with the right one.`,
  },
  REBOOTING: { title: 'The device is restarting', why: 'It answers nothing until it is up again.', next: 'Wait a few seconds.' },
  IN_BOOT_LOADER: {
    title: 'The chip is in its boot loader',
    why: 'It waits for a flasher on its serial port, and no application runs that could answer.',
    next: 'Open it by cable and run the application, or cut its power.',
  },
  NOT_STARTED: {
    title: 'The board does not start',
    why: 'Its boot loader found no firmware that it could start.',
    next: 'Open it by cable and write one.',
  },

  // ---- an update ----
  JOB_RUNNING: {
    title: 'An update of this device is under way',
    why: 'One at a time: two would write the same slot.',
    next: 'Open it to watch or to stop it.',
  },
  UPDATE_IN_OTHER_TAB: {
    title: 'Another tab updates this device',
    why: 'Only one tab may write to it at a time.',
    next: 'Go to that tab, or close it and try again.',
  },
  PREFLIGHT_BLOCKED: {
    title: 'This firmware does not go onto this device',
    why: 'A check before the writing said no.',
    next: 'Read the check that stopped it, and choose another firmware.',
  },
  FORCE_NEEDED: {
    title: 'This update has to be forced',
    why: 'It is not newer than what runs, or another product.',
    next: 'Tick the box above the key if you mean it.',
  },
  NOT_SIGNED_IN: { title: 'Sign in first', why: 'The device takes updates only from someone it knows.', next: 'Sign in and write again.' },
  SESSION_EXPIRED: {
    title: 'The session ended while the update ran',
    why: `The device gives a session a limited time. ${NOTHING_WRITTEN}`,
    next: 'Sign in again and repeat the update.',
  },
  UPDATE_LOST: {
    title: 'Nobody knows how the update ended',
    why: 'The answer broke off, and the device cannot say what became of it.',
    next: 'Open the device: the version that it shows is the truth.',
  },
  UPDATE_INTERRUPTED_BY_RESET: {
    title: 'The board restarted in the middle of the update',
    why: ({ slot }) =>
      `Its power went, or it was reset, while it wrote. The running firmware is untouched; ${typeof slot === 'string' && slot ? slot : 'the other slot'} holds an unfinished write that cannot start.`,
    next: 'See that its power holds, and write the update again.',
  },
  DID_NOT_RESTART: {
    title: 'The device did not restart',
    why: 'The new firmware lies in its slot, and the device was asked to restart, but went on running.',
    next: 'Restart it from its page, or switch its power off and on. It then starts the new firmware.',
  },
  DID_NOT_RETURN: {
    title: 'The device has not come back yet',
    why: 'It restarted and was not seen again in the time we waited.',
    next: 'Look at the board: lamp, power, Wi-Fi. If the new firmware does not start, the boot loader goes back by itself at the next reset.',
  },
  NOT_CONFIRMED: {
    title: 'The new firmware has not confirmed itself',
    why: 'It runs and answers, but has not told the boot loader that it is well. At the next restart the earlier one may return.',
    next: 'Wait a little and open the device, or undo now.',
  },
  NOT_PROVEN: {
    title: 'Which firmware runs is not proven',
    why: 'The device is back, but says nothing that tells the new firmware from the old one.',
    next: 'Check a feature of the new version by hand.',
  },
  SLOT_DIFFERS: {
    title: 'The slot does not hold what was sent',
    why: 'The SHA-256 that the device reads back is not the file’s.',
    next: 'Write it again. If it differs again, do not trust the flash of this board.',
  },
  ROLLED_BACK: {
    title: ({ by }) =>
      by === 'version'
        ? 'The device came back with the earlier firmware'
        : by === 'reset'
          ? 'The board was restarted before the new firmware confirmed itself'
          : 'The device went back to the earlier firmware by itself',
    why: ({ by }) =>
      by === 'reset'
        ? 'A new firmware has one start to prove itself. The power went, or somebody pressed reset, before it had, so the boot loader returned to the slot that was known to work.'
        : by === 'version'
          ? 'It took the file, restarted, and says the version from before. A device without slots does not tell more.'
          : 'The new one started and failed before it confirmed itself, so the boot loader returned to the slot that was known to work.',
    next: ({ by }) =>
      by === 'reset'
        ? 'Write it again, and leave the power on until it says that it is proven.'
        : by === 'version'
          ? 'Read what it says on its serial port, and keep the earlier version until it is fixed.'
          : 'Read the device log for the reason, and keep the earlier version until it is fixed.',
  },

  // ---- the library ----
  FIRMWARE_UNKNOWN: {
    title: 'This firmware is not in your library',
    why: 'It was deleted, or the link is from another browser.',
    next: 'Drop the file here again.',
  },
  FIRMWARE_CHANGED: {
    title: 'The stored firmware is damaged',
    why: 'Its bytes no longer have the SHA-256 under which they were stored.',
    next: 'Delete it and add the file again. It will not be written to any device.',
  },
  FILE_EMPTY: { title: 'The file is empty', why: 'It has no bytes at all.', next: 'Build it again, or choose another file.' },
  FILE_NOT_RECOGNISED: {
    title: ({ format }) =>
      isForeign(format) ? `This is ${FOREIGN_FILES[format].name}, not a firmware` : 'Otter does not recognise this file',
    why: ({ format }) =>
      isForeign(format)
        ? FOREIGN_FILES[format].why
        : 'It begins like no format of firmware that Otter reads, and is not random enough to be encrypted.',
    next: ({ format, over }) =>
      `${isForeign(format) ? FOREIGN_FILES[format].next : CHOOSE_BIN}${over === 'cable' ? '' : KEEP_ALL_THE_SAME}`,
  },
  NO_APPLICATION: {
    title: 'There is no application in this file',
    why: 'Otter found no application image in it that is whole.',
    next: 'Take the .bin of the application from the same build.',
  },
  FILE_TOO_LARGE: {
    title: 'The file is too large for firmware',
    why: 'No ESP32 has that much flash.',
    next: 'Choose the .bin of the application, not an archive of the whole build.',
  },
  FILE_UNREADABLE: {
    title: 'The file could not be read',
    why: 'It was moved, deleted, or written again while Otter read it.',
    next: 'Choose it once more.',
  },
  EDIT_INVALID: { title: 'That cannot be saved', why: 'A name or version is missing or too long.', next: 'Shorten it and save again.' },
  ARCHIVE_INVALID: {
    title: 'This is no library archive',
    why: 'Its structure or one of its checksums is wrong. Nothing was imported.',
    next: 'Choose a file that Otter exported.',
  },
  ARCHIVE_TOO_LARGE: {
    title: 'The archive is too large',
    why: 'It would not fit into this browser’s storage.',
    next: 'Export it in parts, or free storage first.',
  },
  DEMO_UNAVAILABLE: {
    title: 'The demo firmware could not be fetched',
    why: 'It is stored with the first visit, and that was cut short.',
    next: 'Go online once and reload.',
  },
  INSPECTOR_FAILED: {
    title: 'The X-ray stopped',
    why: 'The worker that reads files ended unexpectedly. The file was not stored.',
    next: 'Try again; reload Otter if it stays.',
  },

  // ---- the list of devices ----
  DEVICE_UNKNOWN: {
    title: 'No such device on this bench',
    why: 'It was removed, or the link is from another browser.',
    next: 'Go to the devices and open or add one.',
  },
  DEVICE_BUILT_IN: {
    title: 'The demo board stays',
    why: 'It ships with Otter.',
    next: 'Reset it to its factory state instead.',
  },
  DEVICE_EXISTS: {
    title: 'That device is already here',
    why: 'Another one has the same name or address.',
    next: 'Open it, or choose another name.',
  },
  DEVICE_NAME_INVALID: {
    title: 'That name does not work',
    why: 'A name has 1 to 128 characters.',
    next: 'Choose another one.',
  },
  NOT_VIRTUAL: { title: 'Only a virtual board has a bench', why: 'This one is real.', next: 'Do it by hand, on the board itself.' },

  // ---- the browser's storage ----
  STORAGE_FULL: {
    title: 'The storage of this browser is full',
    why: 'It gives every site a limited room, and nothing more fits.',
    next: 'Delete firmware that you no longer need, or free space on the disk. Nothing half-stored was left behind.',
  },
  STORE_BLOCKED: {
    title: 'Another tab holds the library',
    why: 'An older Otter is open there and keeps its form of storage.',
    next: 'Close the other tabs of Otter and reload this one.',
  },
  STORE_UNAVAILABLE: {
    title: 'This window has no storage',
    why: 'A private window or blocked site data are the usual reasons.',
    next: 'Open Otter in a normal window, or allow site data for this page.',
  },
  STORE_FAILED: {
    title: 'The storage failed',
    why: 'The browser’s database gave an error.',
    next: 'Reload the page. Export your library soon if it happens again.',
  },
  STORE_NEWER: {
    title: 'A newer Otter was here',
    why: 'The stored library has a form that this version does not know.',
    next: 'Reload to get the newer Otter.',
  },

  PART_MISSING: {
    title: 'This part of Otter could not be loaded',
    why: 'It is fetched when it is first needed: the network is away, or a newer version of Otter replaced it.',
    next: 'Reload Otter once the network is back. Your devices and your library stay as they are.',
  },
  UNEXPECTED: {
    title: 'Something went wrong inside Otter',
    why: 'This is a fault of ours, not yours.',
    next: 'Reload the page. The report below helps to find it.',
  },
} as const satisfies Record<ErrorCode, Message>;

interface ErrorWords {
  readonly title: string;
  readonly why: string;
  readonly next: string;
}

const ALL: Readonly<Record<string, Message>> = { ...USB_MESSAGES, ...TRUST_MESSAGES, ...SIGNATURE_MESSAGES, ...MESSAGES };

/** The words for a problem; a code that we do not know gets those of `UNEXPECTED`. */
export function wordsFor(problem: Problem): ErrorWords {
  const message: Message = Object.hasOwn(ALL, problem.code) ? ALL[problem.code]! : MESSAGES.UNEXPECTED;
  const say = (words: Words) => (typeof words === 'string' ? words : words(problem.details));
  return { title: say(message.title), why: say(message.why), next: say(message.next) };
}
