/**
 * The firmware that a visitor without hardware rehearses with: five files of one project, the same bytes on every machine.
 * See docs/decisions/0004-demo-firmware.md.
 */
import { sha256, sha256Hex } from '../../src/core/bytes/sha256.ts';
import { type DescriptorDescription, encodeImage } from '../../src/core/image/encode-image.ts';
import { APP_DESCRIPTOR_BYTES } from '../../src/core/image/descriptors.ts';
import { encodeRehearsal, type Rehearsal } from '../../src/core/image/rehearsal.ts';
import { compile } from './compile.ts';
import { link, type MemoryMap } from './link.ts';
import type { InstructionSet } from './object-code.ts';
import { riscv } from './riscv.ts';
import { ESP32_1_0, ESP32_1_1, ESP32_1_2, ESP32C3_1_1, type Source } from './source.ts';
import { xtensa } from './xtensa.ts';

export interface DemoFile {
  readonly fileName: string;
  readonly title: string;
  /** What it rehearses, one sentence. */
  readonly purpose: string;
  readonly bytes: Uint8Array;
}

/** One line of `demo/index.json`. */
export interface DemoIndexEntry extends Omit<DemoFile, 'bytes'> {
  readonly size: number;
  readonly sha256: string;
}

interface Target {
  readonly chip: 'ESP32' | 'ESP32-C3';
  readonly instructions: InstructionSet;
  readonly memory: MemoryMap;
  readonly minChipRevision: number;
  readonly maxChipRevision: number;
  readonly flashFrequency: '40m' | '80m';
}

interface Build {
  readonly target: Target;
  readonly source: Source;
  readonly rehearsal: Rehearsal;
  readonly version: string;
  readonly date: string;
  readonly time: string;
}

const ENTRY_SYMBOL = 'freertos.iram.0';

const ESP32: Target = {
  chip: 'ESP32',
  instructions: xtensa,
  memory: { drom: 0x3f400020, dram: 0x3ffbdb60, iram: 0x40080000, irom: 0x400d0020, reserved: APP_DESCRIPTOR_BYTES },
  minChipRevision: 0,
  maxChipRevision: 399,
  flashFrequency: '40m',
};
const ESP32C3: Target = {
  chip: 'ESP32-C3',
  instructions: riscv,
  // Both flash mappings share one range of pages: DROM begins behind those of IROM.
  memory: { drom: 0x3c040020, dram: 0x3fc8b000, iram: 0x40380000, irom: 0x42000020, reserved: APP_DESCRIPTOR_BYTES },
  minChipRevision: 3,
  maxChipRevision: 199,
  flashFrequency: '80m',
};

/** Takes a fraction of a second; pure, so callers may keep the result. */
export async function generateDemoFirmware(): Promise<readonly DemoFile[]> {
  const released = { target: ESP32, rehearsal: 'healthy' } as const;
  const next = { version: '1.1.0', date: 'Nov 19 2025', time: '18:02:11' };
  const good = await build({ ...released, ...next, source: ESP32_1_1 });
  return [
    {
      fileName: 'greenhouse-node-1.0.0.bin',
      title: 'greenhouse-node 1.0.0',
      purpose: 'The factory firmware of the virtual board.',
      bytes: await build({ ...released, source: ESP32_1_0, version: '1.0.0', date: 'Oct 27 2025', time: '09:41:37' }),
    },
    {
      fileName: 'greenhouse-node-1.1.0.bin',
      title: 'greenhouse-node 1.1.0',
      purpose: 'A good minor release: update to it, then go back with one click.',
      bytes: good,
    },
    {
      fileName: 'greenhouse-node-1.2.0-crash.bin',
      title: 'greenhouse-node 1.2.0, crashes at boot',
      purpose: 'Intact, but it panics while it starts: watch the boot loader roll back.',
      bytes: await build({
        target: ESP32, rehearsal: 'crash-at-boot', source: ESP32_1_2, version: '1.2.0-crash', date: 'Nov 20 2025', time: '07:15:54',
      }), // prettier-ignore
    },
    {
      fileName: 'greenhouse-node-1.1.0-esp32c3.bin',
      title: 'greenhouse-node 1.1.0 for ESP32-C3',
      purpose: 'Built for another chip: refused before anything is written.',
      bytes: await build({ ...next, target: ESP32C3, rehearsal: 'healthy', source: ESP32C3_1_1 }),
    },
    {
      fileName: 'greenhouse-node-1.1.0-corrupted.bin',
      title: 'greenhouse-node 1.1.0, damaged',
      purpose: 'A few bytes in its middle are wrong: checksum and SHA-256 tell.',
      bytes: corrupt(good),
    },
  ];
}

export function describeDemoFirmware(files: readonly DemoFile[]): Promise<DemoIndexEntry[]> {
  return Promise.all(files.map(async ({ bytes, ...about }) => ({ ...about, size: bytes.length, sha256: await sha256Hex(bytes) })));
}

async function build({ target, source, rehearsal, version, date, time }: Build): Promise<Uint8Array> {
  const marker = { symbol: 'rehearsal', section: 'drom', bytes: encodeRehearsal(rehearsal), entry: 0, references: [] } as const;
  const program = link([marker, ...compile(source, target.instructions)], target.memory, target.instructions);
  // There is no ELF; its content is what was linked.
  const elfSha256 = await sha256(concatenate(program.segments.map(({ data }) => data)));
  const descriptor: DescriptorDescription = {
    version, projectName: 'greenhouse-node', date, time, idfVersion: 'v5.3.1', secureVersion: 0, elfSha256,
  }; // prettier-ignore
  return encodeImage({
    chip: target.chip,
    flashMode: 'DIO',
    flashSize: '4MB',
    flashFrequency: target.flashFrequency,
    entry: program.addressOf(ENTRY_SYMBOL),
    minChipRevision: target.minChipRevision,
    maxChipRevision: target.maxChipRevision,
    segments: program.segments,
    descriptor,
    appendHash: true,
  });
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

/** As a bad memory chip or a cut transfer leaves it: the header is fine, 61 bytes in the middle are not. */
function corrupt(image: Uint8Array): Uint8Array {
  const damaged = image.slice();
  const middle = Math.floor(image.length / 2);
  for (let i = 0; i < 61; i++) damaged[middle + i]! ^= 0x20 + i;
  return damaged;
}
