/**
 * The reference tool's bytes, as it sent them to real mask ROMs, against the virtual chip: every reply has to be the recorded one.
 * What cannot be equal is listed, with its reason; it is compared in everything but that number.
 */
import { expect } from 'chai';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import { encodeSlip, SlipDecoder } from '../../../src/core/serial/slip.ts';
import { DownloadChip } from '../../doubles/download-chip.ts';
import { sharedData } from '../../doubles/shared-data.ts';

const READ_REG = 0x0a;
const SYNC = 0x08;
const CHIPS = { esp32: 'ESP32', esp32c3: 'ESP32-C3' } as const;
const MACS = { esp32: '24:0a:c4:00:01:10', esp32c3: 'c4:0a:24:fe:10:01' } as const;

/** Registers whose value is the emulator's own, until the next register is read: replies repeat the last value. */
const EXCEPTED: Readonly<Record<number, string>> = {
  0x3ff4_0014: 'UART divider: the emulator has no baud rate',
  0x3ff5_a00c: 'eFuse with the major revision: ours is v3.1, not v3.0',
  0x3ff5_a014: 'eFuse with the minor revision',
  0x3ff5_f06c: 'calibration of the crystal: the emulator says 8 MHz',
  0x6000_8850: 'eFuse with the revision: ours is v0.4, not v0.3',
  0x6000_8858: 'eFuse with the revision',
};
/** W0 after "read discoverable parameters" (5A): the emulator's flash has none, ours has. */
const SFDP_COMMAND = 0x5a;
const SPI = { 0x3ff4_2080: 0x3ff4_2024, 0x6000_2058: 0x6000_2020 } as Readonly<Record<number, number>>;

const NAMES = `esp32-rom-baud esp32-rom-erase-region esp32-rom-flash-id esp32-rom-read-4k esp32-rom-secinfo esp32-rom-write-8k-defl
  esp32-rom-write-8k esp32-stub1-write-8k esp32-stub2-erase-flash esp32-stub2-erase-region esp32-stub2-flash-id esp32-stub2-loadram
  esp32-stub2-read-16k esp32-stub2-skip-flashed esp32-stub2-status esp32-stub2-write-50k esp32-stub2-write-8k-raw
  esp32-stub2-write-921600 esp32c3-rom-baud esp32c3-rom-erase-region esp32c3-rom-flash-id esp32c3-rom-read-4k esp32c3-rom-secinfo
  esp32c3-rom-write-8k-defl esp32c3-rom-write-8k esp32c3-sdm-erase-region esp32c3-sdm-secinfo esp32c3-sdm-write-8k
  esp32c3-stub2-erase-flash esp32c3-stub2-erase-region esp32c3-stub2-flash-id esp32c3-stub2-loadram esp32c3-stub2-read-16k
  esp32c3-stub2-skip-flashed esp32c3-stub2-status esp32c3-stub2-write-50k esp32c3-stub2-write-8k-raw esp32c3-stub2-write-921600`.split(
  /\s+/,
);

interface Transcript {
  readonly host: Uint8Array[];
  readonly chip: Uint8Array[];
}

describe('a virtual chip in download mode, against golden transcripts', () => {
  for (const name of NAMES) {
    it(`answers like the real one: ${name}`, async function () {
      this.timeout(20_000);
      const file = await sharedData(`vectors/serial/${name}.jsonl`);
      if (!file) return this.skip();
      const transcript = parseTranscript(new TextDecoder().decode(file));
      const family = name.split('-')[0] as keyof typeof CHIPS;
      const chip = new DownloadChip(CHIPS[family], { mac: MACS[family], ...(name.includes('-sdm-') && { secure: { download: true } }) });
      const replies = await replay(chip, transcript.host);
      const excepted = exceptions(transcript.host);
      const expected = comparable(transcript.chip, excepted);
      const got = comparable(replies, excepted);
      got.forEach((reply, i) => expect(reply, `reply ${i} of ${name}`).to.equal(expected[i]));
      expect(got.length).to.equal(expected.length);
    });
  }
});

function parseTranscript(text: string): Transcript {
  const decoders = { '>': new SlipDecoder(), '<': new SlipDecoder() };
  const frames: Record<'>' | '<', Uint8Array[]> = { '>': [], '<': [] };
  for (const line of text.trim().split('\n')) {
    const { d, hex } = JSON.parse(line) as { d: '>' | '<'; hex: string };
    frames[d].push(...decoders[d].push(fromHex(hex)));
  }
  return { host: frames['>'], chip: frames['<'] };
}

async function replay(chip: DownloadChip, host: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const replies: Uint8Array[] = [];
  for (const frame of host) replies.push(...(await chip.frames(encodeSlip(frame))));
  return replies;
}

/** By count of value-setting replies: whether the value that holds from then on is an excepted one. */
function exceptions(host: readonly Uint8Array[]): boolean[] {
  const excepted: boolean[] = [];
  let flashCommand = 0;
  for (const frame of host) {
    const word = (at: number) => (frame.length >= at + 4 ? new DataView(frame.buffer, frame.byteOffset).getUint32(at, true) : 0);
    const address = word(8);
    if (frame[1] === 0x09 && Object.values(SPI).includes(address)) flashCommand = word(12) & 0xff || flashCommand;
    if (frame[1] === READ_REG) excepted.push(address in EXCEPTED || (address in SPI && flashCommand === SFDP_COMMAND));
  }
  return excepted;
}

/** As hex, the value of excepted registers and of the replies that repeat it blanked. */
function comparable(frames: readonly Uint8Array[], excepted: readonly boolean[]): string[] {
  let reads = 0;
  let isExcepted = false;
  return frames.map((frame) => {
    if (frame[0] !== 0x01 || frame.length < 10) return toHex(frame);
    if (frame[1] === READ_REG) isExcepted = excepted[reads++] ?? false;
    if (frame[1] === SYNC) isExcepted = false;
    const copy = frame.slice();
    if (isExcepted) copy.fill(0, 4, 8);
    return toHex(copy);
  });
}
