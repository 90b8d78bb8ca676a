import { expect } from 'chai';
import { toBase64 } from '../../src/core/bytes/base64.ts';
import { signDetached } from '../../src/core/trust/detached-signature.ts';
import { makeKey } from '../core/trust/keys-for-tests.ts';
import { Bench, makeFirmware, type MemoryDisk, type Json } from '../doubles/virtual-bench.ts';

/** Runs the story on copies of one disk, cutting the power at its first operation, then at its second, and so on until none is left. */
async function cutEverywhere(
  disk: MemoryDisk,
  startMs: number,
  token: string,
  story: (bench: Bench) => Promise<void>,
  factory: Uint8Array,
): Promise<number> {
  for (let cutAt = 1; ; cutAt++) {
    const bench = new Bench(factory, disk.copy());
    bench.clock.ms = startMs;
    bench.token = token;
    await bench.restoreDevice();
    await bench.hand('PUT', 'bench', { powerCutAtOperation: cutAt });
    await story(bench);
    const wasCut = bench.device.board.flash.operationsUntilPowerCut === 0;
    if (!wasCut) return cutAt - 1;
    await expectWorking(bench, `cut at operation ${cutAt}`);
  }
}

async function expectWorking(bench: Bench, when: string): Promise<void> {
  // What is on the disk must be as good as what is in memory.
  await bench.restoreDevice();
  const info = await bench.later(200_000);
  expect(info['status'], when).to.equal(200);
  expect(['1.0.0', '1.1.0'], when).to.include(info['version']);
  const running = info['slots'].find((slot: Json) => slot.label === info['running']);
  expect(running.version, when).to.equal(info['version']);
  expect(['VALID', 'UNDEFINED'], when).to.include(running.state);
}

const ignoreDeath = async (answer: Promise<Response>): Promise<void> => {
  try {
    await (await answer).text();
  } catch {
    // The device died while it answered.
  }
};

describe('a power cut at every flash operation', () => {
  let old: Uint8Array<ArrayBuffer>;
  let firmware: Uint8Array<ArrayBuffer>;
  before(async () => {
    old = await makeFirmware({ version: '1.0.0', bytes: 9_000 });
    firmware = await makeFirmware({ version: '1.1.0', bytes: 21_000 });
  });

  it('of an update, the restart and the confirmation leaves a device that boots the old or the new image', async () => {
    const bench = await Bench.start({}, old);
    const cuts = await cutEverywhere(
      bench.disk,
      bench.clock.ms,
      bench.token,
      async (bench) => {
        await ignoreDeath(bench.upload(firmware));
        await ignoreDeath(bench.call('POST', 'reboot'));
        await bench.later(10_000);
      },
      old,
    );
    // 6 sectors erased, 84 pages, one entry to switch, one to go on trial, one to confirm (two operations each).
    expect(cuts).to.equal(6 + Math.ceil(firmware.length / 256) + 6);
  });

  it('of a rollback leaves a device that boots one of the two', async () => {
    const bench = await Bench.start({}, old);
    await (await bench.upload(firmware)).text();
    await bench.call('POST', 'reboot');
    await bench.later(10_000);
    const cuts = await cutEverywhere(
      bench.disk,
      bench.clock.ms,
      bench.token,
      async (bench) => {
        await ignoreDeath(bench.call('POST', 'rollback'));
        await bench.later(10_000);
      },
      old,
    );
    expect(cuts).to.equal(6);
  });

  it('of a crash and its automatic rollback leaves a device that boots the old image', async () => {
    const crashing = await makeFirmware({ version: '1.1.0', rehearsal: 'crash-at-boot' });
    const bench = await Bench.start({}, old);
    await (await bench.upload(crashing)).text();
    const cuts = await cutEverywhere(
      bench.disk,
      bench.clock.ms,
      bench.token,
      async (bench) => {
        await ignoreDeath(bench.call('POST', 'reboot'));
        await bench.later(10_000);
      },
      old,
    );
    expect(cuts).to.equal(4);
  });

  it('of a second update over one that waits for its restart leaves a device that boots one of the two', async () => {
    const bench = await Bench.start({}, old);
    await (await bench.upload(firmware)).text();
    const cuts = await cutEverywhere(
      bench.disk,
      bench.clock.ms,
      bench.token,
      async (bench) => {
        await ignoreDeath(bench.upload(firmware));
        await ignoreDeath(bench.call('POST', 'reboot'));
        await bench.later(10_000);
      },
      old,
    );
    expect(cuts).to.be.greaterThan(90);
  });

  it('of an update that is signed leaves a device that boots the old or the new image, of one that is not signed, the old one', async () => {
    const key = await makeKey('P-256');
    const bench = await Bench.start({ trustedKeys: [toBase64(key.publicKey.spki)] }, old);
    const signed = { 'X-Firmware-Signature': toBase64(await signDetached(key.privateKey, firmware)) };
    for (const [headers, versions] of [
      [signed, ['1.0.0', '1.1.0']],
      [{}, ['1.0.0']],
    ] as const) {
      const booted = new Set<string>();
      const cuts = await cutEverywhere(
        bench.disk,
        bench.clock.ms,
        bench.token,
        async (bench) => {
          await ignoreDeath(bench.upload(firmware, headers));
          // Whoever cuts the power before it looked at the signature must not get it started.
          await bench.later(10_000);
          await ignoreDeath(bench.call('POST', 'rollback'));
          await ignoreDeath(bench.call('POST', 'reboot'));
          booted.add((await bench.later(10_000))['version']);
        },
        old,
      );
      expect([...booted].sort()).to.deep.equal(versions);
      expect(cuts).to.be.greaterThan(90);
    }
  });
});
