/**
 * Which version a firmware file is: from its descriptor, its file name and its strings, best guess first.
 * Only a descriptor that the project itself wrote is certain; everything else is a proposal for a person to confirm.
 */
import type { FirmwareContent, ImageSegment, ProposedVersion } from './model.ts';
import { appImageOf } from './starting-app.ts';

const NUMBERS = String.raw`\d{1,5}\.\d{1,5}(?:\.\d{1,5}){0,2}`;
/** Only words that name a pre-release: in `node-1.1.0-esp32c3.bin` the rest is not part of the version. */
const PRE_RELEASE = String.raw`(?:-(?:alpha|beta|rc|pre|dev|snapshot|nightly)[.\-]?\d{0,6})?`;
const IN_FILE_NAME = new RegExp(String.raw`(?:^|[^a-z0-9.])v?(${NUMBERS}${PRE_RELEASE})(?![0-9a-z]|\.\d)`, 'gi');
/** A string that is nothing but a version, as `#define VERSION "1.2.1"` leaves it. Two numbers alone are too often something else. */
const WHOLE_STRING = new RegExp(String.raw`^v?(\d{1,5}\.\d{1,5}\.\d{1,5}${PRE_RELEASE})$`, 'i');

const MOST_FROM_STRINGS = 5;
const LONGEST_STRING = 40;

/** @param bytes the file that `content` was read from */
export function proposeVersions(fileName: string, content: FirmwareContent, bytes: Uint8Array): readonly ProposedVersion[] {
  const proposals: ProposedVersion[] = [];
  const descriptor = appImageOf(content)?.appDescriptor;
  const isOwnDescriptor = descriptor !== undefined && !descriptor.isArduinoLibrary && descriptor.version !== '';
  if (isOwnDescriptor) proposals.push({ version: descriptor.version, from: 'descriptor', certain: true });
  const fromName = versionInFileName(fileName);
  if (fromName !== undefined) proposals.push({ version: fromName, from: 'file-name', certain: false });
  if (content.kind === 'app' && !isOwnDescriptor) {
    const exclude = descriptor?.idfVersion ?? '';
    for (const version of versionsInStrings(bytes, content.image.segments, exclude)) {
      proposals.push({ version, from: 'strings', certain: false });
    }
  }
  return withoutRepeats(proposals);
}

/** The last version in `PanicButton_v1.2.1.bin`: `1.2.1`. */
export function versionInFileName(fileName: string): string | undefined {
  const base = fileName.replace(/^.*[/\\]/, '').replace(/(\.[a-z][a-z0-9]{1,4})+$/i, '');
  return [...base.matchAll(IN_FILE_NAME)].at(-1)?.[1];
}

/** Versions that stand alone between NULs in the constants of an image, in order of appearance. */
function versionsInStrings(bytes: Uint8Array, segments: readonly ImageSegment[], exclude: string): readonly string[] {
  const found = new Set<string>();
  for (const { offset, length, region } of segments) {
    if (region !== 'DROM' && region !== 'DRAM') continue;
    for (const text of printableStrings(bytes.subarray(offset, offset + length))) {
      const version = WHOLE_STRING.exec(text)?.[1];
      if (version !== undefined && !exclude.includes(version)) found.add(version);
      if (found.size === MOST_FROM_STRINGS) return [...found];
    }
  }
  return [...found];
}

/** NUL-terminated ASCII of 5 to 40 characters that starts like a version (a digit or v): the rest is not worth a string. */
function* printableStrings(bytes: Uint8Array): Generator<string> {
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0, start);
    if (end < 0) return;
    const length = end - start;
    const first = bytes[start]!;
    const startsLikeVersion = (first >= 0x30 && first <= 0x39) || first === 0x76 || first === 0x56;
    if (length >= 5 && length <= LONGEST_STRING && startsLikeVersion) yield String.fromCharCode(...bytes.subarray(start, end));
    start = end + 1;
  }
}

function withoutRepeats(proposals: readonly ProposedVersion[]): readonly ProposedVersion[] {
  const plain = ({ version }: ProposedVersion) => version.replace(/^v(?=\d)/i, '');
  return proposals.filter((proposal, i) => proposals.findIndex((other) => plain(other) === plain(proposal)) === i);
}
