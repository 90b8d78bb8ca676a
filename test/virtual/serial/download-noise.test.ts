import { expect } from 'chai';
import { encodeDataBlock, flashBegin, readFlash, spiFlashMd5, SYNC_PAYLOAD } from '../../../src/core/serial/commands.ts';
import { COMMANDS, type CommandName, encodeRequest, SYNC_REPLIES } from '../../../src/core/serial/packet.ts';
import { encodeSlip, SLIP_END } from '../../../src/core/serial/slip.ts';
import { DownloadChip } from '../../doubles/download-chip.ts';
import { seeded } from '../../doubles/virtual-bench.ts';

const SEED = 4711;
const ROUNDS = 400;
const ATTEMPTS = 4;
const SYNC = encodeSlip(encodeRequest('SYNC', SYNC_PAYLOAD.slice()));
/** They lead out of download mode by design. */
const LEAVING: ReadonlySet<CommandName> = new Set(['RUN_USER_CODE', 'FLASH_END', 'FLASH_DEFL_END', 'MEM_END', 'WRITE_REG']);
const SAFE = (Object.keys(COMMANDS) as CommandName[]).filter((command) => !LEAVING.has(command));
const LEAVING_OPCODES = new Set([...LEAVING].map((command) => COMMANDS[command].opcode as number));

describe(`noise on the line to a chip in download mode (seed ${SEED})`, () => {
  for (const speaker of ['ROM', 'stub'] as const) {
    it(`never stops the ${speaker}: it answers a SYNC afterwards`, async function () {
      this.timeout(60_000);
      const next = seeded(SEED);
      const chip = new DownloadChip(speaker === 'ROM' ? 'ESP32-C3' : 'ESP32');
      if (speaker === 'stub') await chip.startStub();
      for (let round = 0; round < ROUNDS; round++) {
        await chip.exchange(spoil(anyRequest(next), next));
        // As a flasher finds back: one may end a frame that was cut, one a read, and a stub may take ends for starts.
        let answers = 0;
        for (let attempt = 0; attempt < ATTEMPTS && answers !== SYNC_REPLIES; attempt++) {
          const request = attempt % 2 === 1 ? Uint8Array.of(SLIP_END, ...SYNC) : SYNC;
          answers = (await chip.frames(request)).length;
        }
        expect(answers, `round ${round}`).to.equal(SYNC_REPLIES);
      }
      expect(chip.events).to.not.include('restart');
    });
  }

  it('takes a stream however it is cut', async () => {
    const next = seeded(SEED);
    const stream = Uint8Array.from([...SYNC, ...encodeSlip(encodeRequest('READ_REG', Uint8Array.of(0, 0x10, 0, 0x40))), ...SYNC]);
    const whole = await new DownloadChip('ESP32').exchange(stream);
    for (let round = 0; round < 50; round++) {
      const chip = new DownloadChip('ESP32');
      const output: number[] = [];
      for (let at = 0; at < stream.length;) {
        const length = 1 + Math.floor(next() * 9);
        output.push(...(await chip.exchange(stream.subarray(at, at + length))));
        at += length;
      }
      expect(Uint8Array.from(output)).to.deep.equal(whole);
    }
  });
});

function anyRequest(next: () => number): Uint8Array {
  const data = Uint8Array.from({ length: Math.floor(next() * 300) }, () => Math.floor(next() * 256));
  const whole = [
    encodeRequest('FLASH_BEGIN', flashBegin.encode({ size: 0x1000, blocks: 1, blockSize: 0x400, offset: 0, encrypted: 0 })),
    encodeRequest('FLASH_DEFL_BEGIN', flashBegin.encode({ size: 0x1000, blocks: 1, blockSize: 0x400, offset: 0, encrypted: 0 })),
    encodeRequest('FLASH_DATA', encodeDataBlock({ sequence: 0, data })),
    encodeRequest('FLASH_DEFL_DATA', encodeDataBlock({ sequence: 0, data })),
    encodeRequest('SPI_FLASH_MD5', spiFlashMd5.encode({ offset: 0, length: 0x1000, reserved1: 0, reserved2: 0 })),
    encodeRequest('READ_FLASH', readFlash.encode({ offset: 0, length: 0x100, packetSize: 0x40, maxInFlight: 1 })),
    encodeRequest(SAFE[Math.floor(next() * SAFE.length)]!, data),
  ];
  return whole[Math.floor(next() * whole.length)]!;
}

/** Cut, flipped, doubled, or with noise before it; never turned into a command that leaves. */
function spoil(request: Uint8Array, next: () => number): Uint8Array {
  const frame = encodeSlip(request);
  const how = Math.floor(next() * 4);
  if (how === 0) return frame.subarray(0, Math.floor(next() * frame.length));
  if (how === 1) {
    const flipped = frame.slice();
    flipped[Math.floor(next() * flipped.length)]! ^= 1 << Math.floor(next() * 8);
    return LEAVING_OPCODES.has(flipped[2]!) ? frame : flipped;
  }
  if (how === 2) return Uint8Array.from([...frame, ...frame]);
  return Uint8Array.from([...Array.from({ length: 40 }, () => Math.floor(next() * 192)), ...frame]);
}
