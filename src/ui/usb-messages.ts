/** The faults of the cable in words: what happened, why, and what to do next. A code of these rooms without words does not compile. */
import type { SerialErrorCode } from '../app/usb/errors.ts';
import type { UsbErrorCode } from '../app/usb/usb-errors.ts';
import type { BundleErrorCode } from '../core/bundle/bundle-error.ts';
import type { SerialProtocolErrorCode } from '../core/serial/serial-error.ts';
import { formatBytes } from './format.ts';
import type { Message } from './messages.ts';

type Details = Readonly<Record<string, unknown>>;

/** Most that is quoted of a file, a manifest or a device. */
const MOST_QUOTED = 200;

const quote = (details: Details, name: string, otherwise = ''): string => {
  const value = details[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, MOST_QUOTED) : otherwise;
};
/** Numbers of bytes that nobody reads, as sizes. */
const rule = (details: Details): string =>
  quote(details, 'rule', 'it breaks a rule of its format').replaceAll(/\b\d{6,}(?= bytes\b| at most\b)(?: bytes)?/g, (bytes) =>
    formatBytes(Number.parseInt(bytes, 10)),
  );
/** `“manifest.json” says at builds[0].parts[1].offset` */
const atField = (details: Details): string => {
  const field = quote(details, 'field');
  return field ? `In “${file(details, 'the manifest')}”, at ${field}` : `In “${file(details)}”`;
};
const file = (details: Details, otherwise = 'A file'): string => quote(details, 'path', otherwise);
const list = (details: Details, name: string): string => {
  const value = details[name];
  return Array.isArray(value) ? value.map(String).join(', ').slice(0, MOST_QUOTED) : '';
};

/** An address, as the size of what lies before it. */
const sizeAt = (details: Details, name: string): string => {
  const value = details[name];
  return typeof value === 'number' ? formatBytes(value) : 'its end';
};

/** Its files of releases lead on to a host that sends no `Access-Control-Allow-Origin`. With a status it was read after all. */
const isGitHub = ({ host, status }: Details): boolean => host === 'github.com' && status === undefined;

/** By kind of what the console recognises. */
const CRASHES: Readonly<Record<string, string>> = {
  'boot-loop': 'one restart after the other',
  'brown-out': 'that the supply voltage breaks down',
  panic: 'that it crashes',
  'no-bootloader': 'that the ROM finds no boot loader',
  'no-table': 'that the boot loader finds no partition table',
  'no-app': 'that the boot loader finds nothing to start',
  watchdog: 'that a watchdog restarts it',
};

const BY_HAND = 'Hold BOOT, tap RESET, let go of BOOT, and try again.';
const LINE = 'Take a shorter cable, without a hub, and try again at a lower speed.';
const UNTOUCHED = 'Nothing was written.';
const TELL_MAKER = 'Tell whoever made it; the report below says what is wrong.';

type CableErrorCode = SerialErrorCode | UsbErrorCode | BundleErrorCode | SerialProtocolErrorCode;

/** Improv's words for its errors are names with dashes. */
const plainReason = (reason: unknown): string => (typeof reason === 'string' ? reason.replaceAll('-', ' ') : 'it cannot');

export const USB_MESSAGES = {
  // ---- the port and the chip behind it ----
  PORT_BUSY: {
    title: 'Something else holds the port',
    why: ({ isVirtual }) =>
      isVirtual === true
        ? 'Another tab of Otter has its cable, or its bench plays that another program has the port open.'
        : 'A serial monitor, an IDE, a slicer or another tab has it open (on Linux brltty or ModemManager may), or the board vanished at that moment.',
    next: ({ isVirtual }) =>
      isVirtual === true
        ? 'Disconnect there or close that tab; or take that fault off its bench. Then try again.'
        : 'Close the other program or tab, then try again. If nothing else is open, pull the cable and plug it in again.',
  },
  PORT_GONE: {
    title: 'The port is gone',
    why: ({ isVirtual }) =>
      isVirtual === true
        ? 'The browser put the worker to rest in which this board lives, or its bench pulled the cable.'
        : 'The cable was pulled, the board lost its power, or its driver gave up.',
    next: ({ isVirtual }) =>
      isVirtual === true ? 'Try again: it is there at once.' : 'Plug it in again. If that happens by itself, take another cable or port.',
  },
  PORT_LEFT_ON_RESET: {
    title: 'The board left this port when it was reset',
    why: 'Its USB is in the chip itself, which is another device to your computer in its boot loader than with its application.',
    next: 'Choose the port once more: the board is most likely there as another one. If it is not listed, plug it in again.',
  },
  PORT_CLOSED: { title: 'The port was closed', why: 'It was closed while something was still under way.', next: 'Connect again.' },
  PERMISSION_DENIED: {
    title: 'The port may not be opened',
    why: 'The browser or the operating system does not allow it.',
    next: 'Choose the port once more. On Linux your user must be in the group dialout; a browser from a snap needs “raw-usb”.',
  },
  RATE_REFUSED: {
    title: 'The adapter does not run at this rate',
    why: (details) => `Its driver refused ${quote(details, 'baudRate', 'the rate')} baud; the port is open at the rate before.`,
    next: 'Choose a lower rate.',
  },
  RATE_LOST: {
    title: 'The line does not bear this rate',
    why: (details) =>
      `At ${quote(details, 'baudRate', 'this rate')} baud nothing gets through, the chip is at that rate now, and this board has no reset that the page could use.`,
    next: (details) => `${BY_HAND} Unless you choose a rate, it begins with ${quote(details, 'nextBaudRate', 'fewer')} baud then.`,
  },
  CHIP_RESTARTED: {
    title: 'The chip restarted in the middle',
    why: (details) =>
      `It left its boot loader by itself${details.text ? ` (“${quote(details, 'text')}”)` : ''}: its supply broke down for a moment, or somebody pressed RESET.`,
    next: 'Take another cable or USB port, without a hub, or give the board a supply of its own. Then go on: what was verified is not written twice.',
  },
  NO_ANSWER: {
    title: 'The chip does not answer',
    why: 'Not one byte came back: it is not in its boot loader, has no power, or its TX and RX are not on this port.',
    next: `${BY_HAND} If nothing comes even then, try another cable.`,
  },
  NO_SYNC_BUT_TEXT: {
    title: 'The chip runs its application instead of its boot loader',
    why: 'It prints, as the console shows, but the reset into the boot loader does not work on this board.',
    next: BY_HAND,
  },
  WRONG_MODE: {
    title: 'The chip started in another mode',
    why: (details) => `BOOT (GPIO0) was not held low when it started${details.text ? `: “${quote(details, 'text')}”` : ''}.`,
    next: BY_HAND,
  },
  NO_SYNC_IN_DOWNLOAD_MODE: {
    title: 'The chip waits, but does not hear',
    why: 'It says that it waits for a download, and answers nothing: what this page sends does not arrive.',
    next: 'Check the wire from TX of the adapter to RX of the chip, and that nothing else hangs on it.',
  },
  DOWNLOAD_DISABLED: {
    title: 'Download mode is switched off for good',
    why: 'The chip says so itself: a fuse lets no boot loader answer over the cable, and nothing was written.',
    next: 'No cable, speed or key changes that. If its application runs, update it over the air; the console shows whether it does.',
  },
  CHIP_UNKNOWN: {
    title: 'Otter does not know this chip',
    why: (details) =>
      `A boot loader answers, and names itself ${quote(details, 'chipId', quote(details, 'magic', 'in a way that is new here'))}.`,
    next: 'A newer Otter may know it. The console works all the same.',
  },
  STUB_FAILED: {
    title: 'The stub did not start in the chip',
    why: 'This fast loader was sent into its RAM and said nothing.',
    next: 'Try again with “ROM only”: slower, but all of it works.',
  },
  COMMAND_REFUSED: {
    title: 'The chip refused',
    why: (details) =>
      `To ${quote(details, 'command', 'what was asked')} it said: ${quote(details, 'meaning', quote(details, 'status', 'no'))}.`,
    next: 'Connect again. If it stays, copy the report.',
  },
  TIMED_OUT: {
    title: 'The chip stopped answering',
    why: (details) => `In the middle of ${quote(details, 'command', 'the work')}. Bytes may have been lost on the line.`,
    next: LINE,
  },
  FRAME_DAMAGED: { title: 'The line damages what goes over it', why: 'What came back was no whole answer.', next: LINE },
  MD5_MISMATCH: {
    title: 'What was read is not what lies in the flash',
    why: 'The MD5 that the chip counted differs from that of the bytes that arrived.',
    next: LINE,
  },
  READ_SHORT: { title: 'Fewer bytes arrived than the chip promised', why: 'The rest was lost on the line.', next: LINE },
  SECURE_DOWNLOAD: {
    title: 'The chip is in secure download mode',
    why: (details) => `It does not offer ${quote(details, 'operation', 'that')}, by a fuse that cannot be undone.`,
    next: 'What can be written can still be written; read and compare are over for good.',
  },
  NEEDS_STUB: {
    title: 'That needs the stub',
    why: (details) => `The ROM of this chip cannot do it alone${details.operation ? ` (${quote(details, 'operation')})` : ''}.`,
    next: 'Connect again without “ROM only”.',
  },
  BEYOND_FLASH: {
    title: 'The flash ends before that',
    why: (details) => `It ends at ${sizeAt(details, 'limit')}, and this goes on to ${sizeAt(details, 'end')}. ${UNTOUCHED}`,
    next: 'Bring what was built for this flash size, or choose a smaller stretch.',
  },
  BEYOND_REACH: {
    title: 'The cable does not reach that far into the flash',
    why: (details) =>
      `The boot loader of this chip has no address beyond ${sizeAt(details, 'limit')}: it would begin again at 0, over what starts the chip. ${UNTOUCHED}`,
    next: 'Connect without “ROM only” if you chose that. Otherwise leave out what lies behind it; the application itself can reach it, over the air.',
  },

  // ---- work on a chip ----
  PORT_UNKNOWN: {
    title: 'This port is not here',
    why: 'It was unplugged, or the link is from another browser.',
    next: 'Plug the board in and choose its port.',
  },
  USB_BUSY: {
    title: 'Something is under way on this port',
    why: 'One thing at a time goes over a cable.',
    next: 'Wait for its end, or stop it.',
  },
  USB_IN_OTHER_TAB: {
    title: 'Another tab writes to this device',
    why: 'Only one tab may.',
    next: 'Go to that tab, or close it and try again.',
  },
  CHIP_NOT_READY: { title: 'The chip is not connected', why: 'It has to be in its boot loader for that.', next: 'Press Connect first.' },
  PLAN_MISSING: {
    title: 'There is no plan yet',
    why: 'Nothing was brought, or it is still being worked out.',
    next: 'Bring a firmware, and look at what would change.',
  },
  PLAN_BLOCKED: {
    title: 'This cannot be written to this chip',
    why: 'One of the checks stops it.',
    next: 'Read what stands above the drawing.',
  },
  CHIP_PROTECTED: {
    title: 'The chip protects itself',
    why: 'Flash encryption, secure boot or secure download mode is fused in: a plain write would brick it.',
    next: 'Update it over the air, or bring what was made for its keys.',
  },
  CABLE_LOST: {
    title: 'The cable was lost in the middle',
    why: 'It was pulled, or the board lost its power.',
    next: ({ canGoOn }) =>
      canGoOn === false
        ? 'Plug it in again, connect, and write all of it anew: in secure download mode a chip does not tell which board it is on.'
        : 'Plug it in again and go on: what arrived is found by comparing, and is not written twice.',
  },
  NOTHING_TO_RESUME: { title: 'Nothing was interrupted', why: 'There is no job to go on with.', next: 'Start anew from the plan.' },
  CHANGED_SINCE: {
    title: 'The board was changed since',
    why: 'What was saved fits what was written then, and something else lies there now: putting it back would leave neither. Nothing was changed.',
    next: 'Look at what the chip holds now. What was saved is in the library, and so is every firmware that you brought.',
  },
  NOTHING_TO_UNDO: {
    title: 'There is nothing to put back',
    why: 'Nothing was saved before the last write of this page.',
    next: 'Saved states of the flash are in the library: “Restore” on the page of the chip shows them.',
  },
  OTHER_CHIP: {
    title: 'This is another chip',
    why: (details) =>
      `The work was begun on ${quote(details, 'expected', 'one')}, and now ${quote(details, 'found', 'another')} is plugged in.`,
    next: 'Plug the first one in again, or start anew with this one.',
  },
  VERIFY_FAILED: {
    title: 'The flash does not hold what was written',
    why: 'Its MD5 differs, also after a second try.',
    next: 'Try a lower speed once. If it stays, the flash chip is worn out.',
  },
  CANNOT_VERIFY: {
    title: 'Written, but not proven',
    why: 'This chip lets nobody read its flash back.',
    next: 'Look at the console: what it prints is the proof.',
  },
  DOES_NOT_START: {
    title: 'It is on the chip, but does not start',
    why: (details) => `What was written is there, but after the start the boot log shows ${CRASHES[quote(details, 'kind')] ?? 'trouble'}.`,
    next: ({ canUndo }) =>
      `${canUndo ? 'Undo brings back what was there before. Or read' : 'Read'} the console below, and write the whole build, boot loader and table included.`,
  },
  APP_CRASHES: {
    title: 'It starts, and crashes',
    why: (details) =>
      `${quote(details, 'version', 'The application')} names itself in the boot log, and then the console says “${quote(details, 'line', quote(details, 'kind', 'a restart')).replace(/\.$/, '')}”.`,
    next: 'What was written is proven, so the fault is in the firmware or the board. Go back to what ran before, where a key offers that; or read the console, and write another one.',
  },
  NOTHING_PRINTED: {
    title: 'Written and proven, but silent',
    why: 'Every byte is in the flash as it should be, but after the start nothing was printed: nobody can tell whether it runs.',
    next: 'Press RESET and look at the console. A firmware that prints nothing, or at another rate, may be all right.',
  },
  OTHER_VERSION_STARTS: {
    title: 'Another version starts',
    why: 'The boot log names another version than the one that was written: most likely another slot is chosen.',
    next: 'Connect, and choose the slot under “Slots by hand”.',
  },
  FLASH_SIZE_NOT_KNOWN: {
    title: 'The flash does not tell its size',
    why: 'Without it nobody knows where everything ends.',
    next: 'Give a stretch, from … to.',
  },
  RANGE_INVALID: {
    title: 'That stretch is not in the flash',
    why: 'It is empty, ends behind the flash, or is not in whole sectors.',
    next: 'Correct it: multiples of 0x1000.',
  },
  SNAPSHOT_UNUSABLE: {
    title: 'This cannot be restored here',
    why: 'It is no snapshot that Otter took, or it is of another chip.',
    next: 'Choose another one. To write it all the same, bring it as a file.',
  },
  SLOT_UNKNOWN: {
    title: 'There is no such slot',
    why: 'The partition table does not list it.',
    next: 'Connect again, so that the table is read anew.',
  },
  NO_OTADATA: {
    title: 'Nothing chooses between slots',
    why: 'The table has no otadata partition.',
    next: 'Bring a table with one, or write to the slot that starts.',
  },
  SLOT_IS_LAST: { title: 'Then nothing would start', why: 'No other slot holds a firmware that could.', next: 'Write another one first.' },
  SLOT_IS_EMPTY: { title: 'That slot is empty', why: 'Nothing in it could start.', next: 'Write a firmware into it first.' },
  MANIFEST_UNREACHABLE: {
    title: (details) => (isGitHub(details) ? 'GitHub does not let pages of other sites read this' : 'The address could not be read'),
    why: (details) => {
      const address = quote(details, 'url', 'It');
      if (details.status !== undefined)
        return `${address} answers with ${quote(details, 'status')}: there is no such file, or not for everybody.`;
      return isGitHub(details)
        ? `${address}: files of releases, and everything else of github.com, are for tabs of their own (CORS).`
        : `${address} does not answer, or does not let pages of other sites read it (CORS).`;
    },
    next: (details) =>
      isGitHub(details)
        ? 'Download it there, and drop it here. Where the maker has it in the repository or on GitHub Pages, an address of raw.githubusercontent.com or github.io works.'
        : 'Check the address, or download it and drop it here.',
  },
  IMPROV_TIMEOUT: {
    title: 'The board did not answer',
    why: 'It took too long to look for networks or to join one.',
    next: 'Check the password, and try again nearer to the access point.',
  },
  IMPROV_REFUSED: {
    title: 'The board did not join',
    why: ({ reason }) => (reason === 'unable-to-connect' ? 'It could not connect to that network.' : `It says: ${plainReason(reason)}.`),
    next: 'Check name and password. Most boards speak 2.4 GHz only.',
  },

  // ---- what was brought ----
  BUNDLE_EMPTY: {
    title: 'There is nothing to flash in it',
    why: 'No image, no manifest, no partition table.',
    next: 'Bring the .bin, or the whole build folder.',
  },
  BUNDLE_SYNTAX: { title: 'The manifest cannot be read', why: (details) => `${file(details, 'It')}: ${rule(details)}.`, next: TELL_MAKER },
  BUNDLE_UNKNOWN_MANIFEST: {
    title: 'Otter does not know this kind of manifest',
    why: (details) => `${file(details, 'It')} is neither of ESP-IDF, ESP Web Tools, Launchpad nor Meshtastic.`,
    next: 'Bring the .bin files themselves.',
  },
  BUNDLE_FIELD: {
    title: 'The manifest is wrong',
    why: (details) => `${atField(details)}: the value ${rule(details)}.`,
    next: TELL_MAKER,
  },
  BUNDLE_OFFSET: {
    title: 'A part has an impossible address',
    why: (details) => `${atField(details)}: ${rule(details)}.`,
    next: (details) => (details.field === undefined ? 'Correct the name of the file, or leave the address out of it.' : TELL_MAKER),
  },
  BUNDLE_PATH: {
    title: 'A path leads out of the archive or folder',
    why: (details) => `“${file(details)}”: ${rule(details)}. Otter reads only what lies beside the manifest.`,
    next: 'Do not use this one: a good archive has no such paths.',
  },
  BUNDLE_DUPLICATE: {
    title: 'Two files have the same path',
    why: (details) => `${file(details)} is there twice.`,
    next: 'Bring them one at a time.',
  },
  BUNDLE_ADDRESS: {
    title: 'That address is not followed',
    why: (details) => `${file(details, 'It')}: ${rule(details)}.`,
    next: 'Addresses start with https:// or http:// and carry no password.',
  },
  BUNDLE_TOO_MANY: {
    title: 'That is more than any firmware has',
    why: (details) => `At most ${quote(details, 'limit', 'a few hundred')} of them are read.`,
    next: 'Bring the build folder alone, not the one above it.',
  },
  BUNDLE_TOO_LARGE: {
    title: 'That is larger than any flash',
    why: (details) => `“${file(details, 'It')}”: ${rule(details)}.`,
    next: 'Bring the .bin files, not an archive of everything.',
  },
  BUNDLE_FILE_MISSING: {
    title: 'A file did not come along',
    why: (details) => `${quote(details, 'manifest', 'The manifest')} names ${file(details, 'one')}, and it is not there.`,
    next: 'Bring the whole folder, or the archive.',
  },
  BUNDLE_FILE_EMPTY: {
    title: 'A file is empty',
    why: (details) => `${file(details)} has no bytes.`,
    next: 'Most often a download broke off: download it again. Did you build it? Then build it again.',
  },
  BUNDLE_FILE_CHANGED: {
    title: 'A file is not the one that the manifest means',
    why: (details) => `The MD5 of ${file(details, 'one')} is another than the manifest says.`,
    next: 'Download it again from its source.',
  },
  BUNDLE_FILE_DAMAGED: {
    title: 'A file is damaged',
    why: (details) => `${file(details)}: ${rule(details)}.`,
    next: 'Take it again from where it was built.',
  },
  BUNDLE_ZIP_DAMAGED: {
    title: 'The archive is damaged',
    why: (details) => `“${file(details, 'It')}”: ${rule(details)}.`,
    next: 'Download it again.',
  },
  BUNDLE_ZIP_UNSUPPORTED: {
    title: 'The archive is packed in a way that Otter does not read',
    why: (details) => `“${file(details, 'It')}”: ${rule(details)}.`,
    next: 'Unpack it and drop the folder.',
  },
  BUNDLE_ZIP_BOMB: {
    title: 'The archive lies about its size',
    why: (details) => `${file(details, 'An entry')} unpacks to more than it says.`,
    next: 'Do not use this one.',
  },
  BUNDLE_NO_BUILD: {
    title: 'There is no build for this chip',
    why: (details) => {
      const manifest = quote(details, 'manifest', 'It');
      return list(details, 'chips') ? `${manifest} has builds for ${list(details, 'chips')}.` : `${manifest} is for other chips.`;
    },
    next: (details) =>
      quote(details, 'manifest')
        ? 'Look for the release of this chip, or bring its .bin files alone.'
        : 'Look for the release of this chip.',
  },
  BUNDLE_CHIP_CONFLICT: {
    title: 'Its images are for different chips',
    why: (details) => `${rule(details)}.`,
    next: 'Bring the files of one build only.',
  },
  BUNDLE_PLACE_UNKNOWN: {
    title: 'Nothing says where this file belongs',
    why: (details) =>
      `${file(details)} states no address, and the chip has no partition that it is for.${details.looksEncrypted ? ' It may be encrypted: then it can be read only at the address that it was encrypted for.' : ''}`,
    next: 'Bring the manifest or the partition table of its build along. If you know its address, give it below.',
  },
  BUNDLE_PLACE_CONFLICT: {
    title: 'Two files would go to the same place',
    why: (details) => `${file(details, 'Both')}: ${rule(details)}.`,
    next: 'Bring one of them, or give them other addresses below.',
  },

  // ---- bytes on the line ----
  SLIP_ESCAPE: { title: 'The line damages what goes over it', why: 'A byte was lost or changed.', next: LINE },
  SLIP_FRAME_TOO_LONG: { title: 'The line damages what goes over it', why: 'The end of an answer was lost.', next: LINE },
  PACKET_LENGTH: { title: 'The line damages what goes over it', why: 'An answer has the wrong length.', next: LINE },
  PACKET_DIRECTION: {
    title: 'The line echoes',
    why: 'What this page sends comes back to it: TX and RX are joined somewhere.',
    next: 'Check the wires between adapter and chip.',
  },
  PACKET_PAYLOAD: {
    title: 'The chip answers in an unknown way',
    why: 'Its answer does not fit the question.',
    next: `${UNTOUCHED} Connect again; copy the report if it stays.`,
  },
  IMPROV_FRAME: {
    title: 'The board answers in an unknown way',
    why: 'Its Wi-Fi answer is not whole.',
    next: 'Try again; reset the board if it stays.',
  },
  IMPROV_CHECKSUM: { title: 'The board’s answer was damaged on the line', why: 'Its checksum is wrong.', next: 'Try again.' },
  IMPROV_PAYLOAD: {
    title: 'The board answers in an unknown way',
    why: 'Its Wi-Fi answer does not fit the question.',
    next: 'Another version of its firmware may fix that.',
  },
} as const satisfies Record<CableErrorCode, Message>;
