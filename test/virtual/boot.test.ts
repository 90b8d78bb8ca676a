import { expect } from 'chai';
import type { OtadataEntry, OtaState } from '../../src/core/image/model.ts';
import { FACTORY_INDEX, planBoot, selectSlot } from '../../src/virtual/boot-selection.ts';
import { MAX_UNSTABLE_BOOTS } from '../../src/virtual/board.ts';
import { Bench, makeFirmware, outcome } from '../doubles/virtual-bench.ts';

const entry = (seq: number, state: OtaState): OtadataEntry => ({
  seq,
  label: '',
  state,
  counts: seq !== 0xffffffff && state !== 'INVALID' && state !== 'ABORTED',
});
const erased = entry(0xffffffff, 'UNDEFINED');

describe('planBoot() chooses as the boot loader does', () => {
  const two = { otaCount: 2, hasFactory: false };
  const withFactory = { otaCount: 2, hasFactory: true };
  const rows: [name: string, entries: [OtadataEntry, OtadataEntry] | undefined, layout: typeof two, order: number[], writes: string[]][] = [
    ['no otadata at all: factory', undefined, withFactory, [-1, 0, 1], []],
    ['no otadata, no factory: ota_0', undefined, two, [0, 1], []],
    ['both erased: factory', [erased, erased], withFactory, [-1, 0, 1], []],
    ['both erased, no factory: ota_0', [erased, erased], two, [0, 1], []],
    ['one entry', [entry(1, 'VALID'), erased], two, [0, 1], []],
    ['the higher sequence number', [entry(1, 'VALID'), entry(2, 'VALID')], two, [1, 0], []],
    ['the higher one in the first sector', [entry(3, 'VALID'), entry(2, 'VALID')], two, [0, 1], []],
    ['UNDEFINED counts', [entry(2, 'UNDEFINED'), entry(1, 'VALID')], two, [1, 0], []],
    ['NEW goes on trial', [entry(1, 'VALID'), entry(2, 'NEW')], two, [1, 0], ['1:2:PENDING_VERIFY']],
    ['PENDING_VERIFY had its chance', [entry(1, 'VALID'), entry(2, 'PENDING_VERIFY')], two, [0, 1], ['1:2:ABORTED']],
    ['ABORTED and INVALID do not count', [entry(5, 'ABORTED'), entry(4, 'INVALID')], withFactory, [-1, 0, 1], []],
    [
      'the abort comes before the trial of the other',
      [entry(1, 'NEW'), entry(2, 'PENDING_VERIFY')],
      two,
      [0, 1],
      ['1:2:ABORTED', '0:1:PENDING_VERIFY'],
    ],
    ['down to the factory, then up', [entry(2, 'VALID'), erased], { otaCount: 3, hasFactory: true }, [1, 0, FACTORY_INDEX, 2], []],
    ['no OTA slots: factory', [entry(1, 'VALID'), erased], { otaCount: 0, hasFactory: true }, [-1], []],
  ];
  for (const [name, entries, layout, order, writes] of rows) {
    it(name, () => {
      const plan = planBoot(entries, layout);
      expect(plan.order).to.deep.equal(order);
      expect(plan.writes.map((write) => `${write.entry}:${write.seq}:${write.state}`)).to.deep.equal(writes);
    });
  }

  it('selectSlot() never writes the entry in use', () => {
    expect(selectSlot([erased, erased], 1, 2, 'NEW')).to.deep.equal({ entry: 0, seq: 2, state: 'NEW' });
    expect(selectSlot([entry(1, 'VALID'), erased], 1, 2, 'NEW')).to.deep.equal({ entry: 1, seq: 2, state: 'NEW' });
    expect(selectSlot([entry(3, 'VALID'), entry(2, 'VALID')], 1, 2, 'NEW')).to.deep.equal({ entry: 1, seq: 4, state: 'NEW' });
    expect(selectSlot([entry(3, 'VALID'), entry(4, 'VALID')], 1, 2, 'VALID')).to.deep.equal({ entry: 0, seq: 6, state: 'VALID' });
    expect(selectSlot([entry(3, 'VALID'), entry(4, 'ABORTED')], 1, 2, 'NEW')).to.deep.equal({ entry: 1, seq: 4, state: 'NEW' });
  });
});

describe('a board', () => {
  const update = async (bench: Bench, firmware: Uint8Array): Promise<void> => {
    expect(await outcome(await bench.upload(firmware))).to.have.property('result');
    await bench.call('POST', 'reboot');
  };
  const log = async (bench: Bench): Promise<string> => await (await bench.call('GET', 'log')).text();

  it('rolls back by itself when the new firmware crashes at boot, and its log shows it', async () => {
    const bench = await Bench.start();
    await update(bench, await makeFirmware({ version: '1.2.0', rehearsal: 'crash-at-boot' }));
    const info = await bench.later(4_000);
    expect(info).to.include({ version: '1.0.0', running: 'ota_0', reset_reason: 'PANIC' });
    expect(info['slots'][1]).to.include({ version: '1.2.0', state: 'ABORTED' });
    const text = await log(bench);
    for (const line of [
      'Guru Meditation Error',
      'Rebooting...',
      'rst:0xc (SW_CPU_RESET)',
      'Loaded app from partition at offset 0x150000',
      'Loaded app from partition at offset 0x10000',
    ]) {
      expect(text).to.contain(line);
    }
    const refused = await bench.call('POST', 'rollback');
    expect([refused.status, (await refused.json()).code]).to.deep.equal([409, 'NO_ROLLBACK']);
  });

  it('rolls back after 30 s when the new firmware never confirms itself', async () => {
    const bench = await Bench.start();
    await update(bench, await makeFirmware({ version: '1.2.0', rehearsal: 'never-confirms' }));
    expect(await bench.later(20_000)).to.include({ version: '1.2.0', running: 'ota_1' });
    const early = await bench.upload(await makeFirmware({ version: '1.3.0' }));
    expect([early.status, (await early.json()).code]).to.deep.equal([503, 'REBOOTING']);
    expect(await bench.later(16_000)).to.include({ version: '1.0.0', running: 'ota_0' });
    expect(await log(bench)).to.contain('did not confirm itself within 30 s');
  });

  it('confirms healthy firmware itself, and raises the eFuse to its secure version', async () => {
    const bench = await Bench.start();
    await update(bench, await makeFirmware({ version: '1.1.0', secureVersion: 3 }));
    expect((await bench.later(2_600))['slots'][1].state).to.equal('PENDING_VERIFY');
    const info = await bench.later(3_000);
    expect(info['slots'][1].state).to.equal('VALID');
    expect(info['secure_version']).to.equal(3);
    const older = await bench.upload(await makeFirmware({ version: '1.1.1', secureVersion: 2 }));
    expect((await older.json()).code).to.equal('SECURE_VERSION');
    expect((await (await bench.call('POST', 'rollback')).json()).code).to.equal('NO_ROLLBACK');
  });

  it('goes back when it was started more than three times without a stable minute', async () => {
    const bench = await Bench.start();
    await update(bench, await makeFirmware({ version: '1.1.0' }));
    expect(await bench.later(70_000)).to.include({ version: '1.1.0' });
    for (let i = 0; i < MAX_UNSTABLE_BOOTS; i++) {
      await bench.hand('POST', 'bench/power-cycle');
      expect(await bench.later(5_000)).to.include({ version: '1.1.0' });
    }
    await bench.hand('POST', 'bench/power-cycle');
    expect(await bench.later(8_000)).to.include({ version: '1.0.0', running: 'ota_0' });
    expect(await log(bench)).to.contain('without a stable minute');
  });

  it('counts no start against a firmware that was asked for or followed by a stable minute', async () => {
    const bench = await Bench.start();
    await update(bench, await makeFirmware({ version: '1.1.0' }));
    for (let i = 0; i < 6; i++) {
      await bench.later(6_000);
      expect((await bench.call('POST', 'reboot')).status).to.equal(200);
    }
    for (let i = 0; i < 6; i++) {
      await bench.later(70_000);
      await bench.hand('POST', 'bench/power-cycle');
    }
    expect(await bench.later(5_000)).to.include({ version: '1.1.0' });
  });

  it('counts no start against a firmware that was flashed by cable in between', async () => {
    const bench = await Bench.start();
    await update(bench, await makeFirmware({ version: '1.1.0' }));
    await bench.later(70_000);
    for (let i = 0; i < MAX_UNSTABLE_BOOTS + 3; i++) {
      bench.device.board.enterDownload(bench.clock.ms);
      await bench.hand('POST', 'bench/power-cycle');
      expect(await bench.later(5_000)).to.include({ version: '1.1.0' });
    }
  });

  it('gives firmware from elsewhere no guard that it does not have', async () => {
    const bench = await Bench.start();
    await update(bench, await makeFirmware({ version: '1.1.0', rehearsal: 'none' }));
    await bench.later(70_000);
    for (let i = 0; i < MAX_UNSTABLE_BOOTS + 1; i++) {
      await bench.hand('POST', 'bench/power-cycle');
      await bench.later(5_000);
    }
    expect(await bench.later(5_000)).to.include({ version: '1.1.0', running: 'ota_1' });
    expect(await log(bench)).to.not.contain('without a stable minute');
  });

  it('makes up no words for firmware from elsewhere, which it cannot execute', async () => {
    const bench = await Bench.start();
    await bench.later(100_000);
    const before = (await log(bench)).length;
    await update(bench, await makeFirmware({ version: '1.1.0', rehearsal: 'none' }));
    expect((await bench.later(90_000))['slots'][1]).to.include({ version: '1.1.0', state: 'VALID' });
    const text = (await log(bench)).slice(before);
    expect(text).to.contain('Calling app_main()').and.contain('this chip executes no code');
    expect(text).to.not.match(/got ip|web server|self-test|running stable/);
  });

  it('survives days of crashing unseen', async () => {
    const bench = await Bench.start({}, await makeFirmware({ version: '1.0.0', rehearsal: 'crash-at-boot' }));
    const answer = await bench.later(5 * 86_400_000);
    expect(answer['status']).to.equal(503);
  });

  it('starts the other slot when the chosen image is damaged in flash', async () => {
    const bench = await Bench.start();
    await update(bench, await makeFirmware({ version: '1.1.0' }));
    await bench.later(10_000);
    bench.device.board.flash.program(0x150000 + 600, new Uint8Array(4));
    await bench.hand('POST', 'bench/power-cycle');
    const info = await bench.later(3_000);
    expect(info).to.include({ version: '1.0.0', running: 'ota_0' });
    expect(info['slots'][1].state).to.equal('INVALID');
    expect(await log(bench)).to.match(/OTA app partition slot 1 is not bootable/);
  });

  it('halts without anything to start, or without a partition table, until it is reset to the factory', async () => {
    const bench = await Bench.start();
    bench.device.board.flash.program(0x10000, new Uint8Array(64));
    await bench.hand('POST', 'bench/power-cycle');
    expect((await bench.later(60_000))['status']).to.equal(503);
    expect(bench.device.board.state.log.at(-1)).to.contain('No bootable app partitions');
    bench.device.board.flash.program(0x8000, new Uint8Array(64));
    await bench.hand('POST', 'bench/power-cycle');
    expect(bench.device.board.state.log.at(-1)).to.contain('partition table');
    const { mac } = bench.device.board.state;
    expect((await bench.hand('POST', 'bench/factory-reset')).status).to.equal(200);
    expect(await bench.later(3_000)).to.include({ status: 200, version: '1.0.0', mac });
  });

  for (const [chip, rom, panic] of [
    ['ESP32-C3', 'ESP-ROM:esp32c3', 'MEPC'],
    ['ESP32-S3', 'ESP-ROM:esp32s3', 'Backtrace'],
  ] as const) {
    it(`prints what an ${chip} prints`, async () => {
      const bench = await Bench.start({ chip }, await makeFirmware({ version: '1.0.0', chip }));
      await update(bench, await makeFirmware({ version: '1.2.0', chip, rehearsal: 'crash-at-boot' }));
      await bench.later(4_000);
      const text = await log(bench);
      expect(text).to.contain(rom).and.contain(panic).and.contain('ota_1            OTA app          00 11 00150000 00140000');
    });
  }
});
