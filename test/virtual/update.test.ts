import { expect } from 'chai';
import { md5Hex } from '../../src/core/bytes/md5.ts';
import { sha256Hex } from '../../src/core/bytes/sha256.ts';
import { throughLink } from '../../src/virtual/device/body.ts';
import { Bench, ManualClock, lines, makeFirmware, outcome, type Json } from '../doubles/virtual-bench.ts';

describe('POST update', () => {
  let firmware: Uint8Array<ArrayBuffer>;
  before(async () => {
    firmware = await makeFirmware({ version: '1.1.0', bytes: 200_000 });
  });

  it('streams erasing, writing, verifying, switching, then the result; reboot runs it; it confirms itself', async () => {
    const bench = await Bench.start();
    const answer = await bench.upload(firmware, { 'X-Firmware-SHA256': await sha256Hex(firmware), 'X-Firmware-MD5': md5Hex(firmware) });
    expect(answer.headers.get('content-type')).to.equal('application/x-ndjson');
    const said = await lines(answer);
    expect([...new Set(said.slice(0, -1).map((line) => line.phase))]).to.deep.equal(['erasing', 'writing', 'verifying', 'switching']);
    expect(said.at(-1)).to.deep.equal({
      result: { slot: 'ota_1', bytes: firmware.length, sha256: await sha256Hex(firmware), version: '1.1.0' },
    });
    expect(await bench.info()).to.include({ version: '1.0.0', running: 'ota_0', next_boot: 'ota_1' });
    expect((await bench.call('POST', 'reboot')).status).to.equal(200);
    const away = await bench.call('GET', 'info');
    expect(away.status).to.equal(503);
    expect(Number(away.headers.get('retry-after'))).to.be.greaterThan(0);
    const back = await bench.later(2_600);
    expect(back).to.include({ status: 200, version: '1.1.0', running: 'ota_1', reset_reason: 'SW' });
    expect(back['slots'].map((slot: Json) => slot.state)).to.deep.equal(['VALID', 'PENDING_VERIFY']);
    const confirmed = await bench.later(3_000);
    expect(confirmed['slots'].map((slot: Json) => [slot.version, slot.state])).to.deep.equal([
      ['1.0.0', 'VALID'],
      ['1.1.0', 'VALID'],
    ]);
    expect(confirmed['slots'][1].sha256).to.equal(await sha256Hex(firmware));
  });

  const code = async (answer: Response): Promise<[number, string]> => [answer.status, (await answer.json()).code];

  it('says why before anything is erased, and leaves the other slot alone', async () => {
    const bench = await Bench.start();
    await (await bench.upload(firmware)).text();
    const before = (await bench.info())['slots'];
    const wrongChip = await makeFirmware({ version: '1.1.0', chip: 'ESP32-C3' });
    expect(await code(await bench.upload(wrongChip))).to.deep.equal([422, 'WRONG_CHIP']);
    expect(await code(await bench.upload(await makeFirmware({ version: '1.1.0', minChipRevision: 400 })))).to.deep.equal([
      422,
      'CHIP_REVISION',
    ]);
    expect(await code(await bench.upload(new Uint8Array(5_000).fill(7)))).to.deep.equal([422, 'IMAGE_INVALID']);
    expect(await code(await bench.upload(new Uint8Array(0)))).to.deep.equal([422, 'IMAGE_INVALID']);
    expect(await code(await bench.upload(firmware, { 'X-Firmware-Size': String(0x140001) }))).to.deep.equal([413, 'UPDATE_ERROR_SIZE']);
    for (const headers of [{ 'X-Firmware-Size': 'many' }, { 'X-Firmware-SHA256': 'abc' }, { 'X-Firmware-MD5': 'zz'.repeat(16) }] as Record<
      string,
      string
    >[]) {
      expect(await code(await bench.upload(firmware, headers))).to.deep.equal([400, 'MALFORMED']);
    }
    await bench.hand('PUT', 'bench', { fullSlot: true });
    expect(await code(await bench.upload(firmware))).to.deep.equal([507, 'UPDATE_ERROR_SPACE']);
    expect((await bench.info())['slots']).to.deep.equal(before);
  });

  const failures: [name: string, settings: object, headers: Record<string, string>, code: string][] = [
    ['a wrong MD5', {}, { 'X-Firmware-MD5': '0'.repeat(32) }, 'UPDATE_ERROR_MD5'],
    ['a wrong SHA-256', {}, { 'X-Firmware-SHA256': '0'.repeat(64) }, 'UPDATE_ERROR_SHA256'],
    ['a flipped bit', { flipBitAtByte: 100_000 }, {}, 'IMAGE_INVALID'],
    ['a cut connection', { cutAfterBytes: 70_000 }, {}, 'UPDATE_ERROR_ABORT'],
    ['less than announced', {}, { 'X-Firmware-Size': '900000' }, 'UPDATE_ERROR_ABORT'],
    ['more than announced', {}, { 'X-Firmware-Size': '100000' }, 'UPDATE_ERROR_SIZE'],
    ['a failing sector', { failingSector: 9 }, {}, 'UPDATE_ERROR_WRITE'],
  ];
  for (const [name, settings, headers, expected] of failures) {
    it(`${name} leaves the running firmware as it was: ${expected}`, async () => {
      const bench = await Bench.start(settings);
      const said = await outcome(await bench.upload(firmware, headers));
      expect(said.code).to.equal(expected);
      expect(await (await bench.call('GET', 'update')).json()).to.include({ state: 'failed', code: expected });
      const info = await bench.info();
      expect(info).to.include({ running: 'ota_0', next_boot: 'ota_0' });
      await bench.restoreDevice();
      await bench.call('POST', 'reboot');
      expect(await bench.later(3_000)).to.include({ version: '1.0.0' });
      await bench.hand('PUT', 'bench', { cutAfterBytes: 0, flipBitAtByte: 0, failingSector: 0 });
      expect((await outcome(await bench.upload(firmware))).result.version).to.equal('1.1.0');
    });
  }

  it('takes firmware of unannounced length, up to the size of the slot', async () => {
    const bench = await Bench.start();
    const raw = await bench.call('POST', 'update', { body: new Blob([firmware]), headers: { accept: 'application/x-ndjson' } });
    expect((await outcome(raw)).result.bytes).to.equal(firmware.length);
    const tooLong = new Uint8Array(0x140000 + 1);
    tooLong.set(firmware);
    const over = await bench.call('POST', 'update', { body: new Blob([tooLong]), headers: { accept: 'application/x-ndjson' } });
    expect((await outcome(over)).code).to.equal('UPDATE_ERROR_SIZE');
  });

  it('keeps to the speed of a slow link, and says how far it is', async () => {
    const bench = await Bench.start({ bytesPerSecond: 100_000 });
    const startMs = bench.clock.ms;
    const said = await lines(await bench.upload(firmware));
    const expectedMs = (firmware.length / 100_000) * 1000;
    expect(bench.clock.ms - startMs).to.be.within(expectedMs, expectedMs * 1.35);
    expect(said.filter((line) => line.phase === 'writing').length).to.be.greaterThan(8);
    expect(await (await bench.call('GET', 'log')).text()).to.contain('Progress: 50%');
  });

  it('does not save a slow link up while it erases', async () => {
    const clock = new ManualClock();
    const faults = { bytesPerSecond: 100_000, cutAfterBytes: 0, flipBitAtByte: -1 };
    const source = (async function* () {
      for (let i = 0; i < 8; i++) yield new Uint8Array(10_000);
    })();
    const arrivedAt: number[] = [];
    for await (const _piece of throughLink(source, faults, clock, new AbortController().signal)) {
      // Deaf for a second after the first piece, as a device that erases.
      if (arrivedAt.push(clock.ms) === 1) clock.ms += 1_000;
    }
    expect(arrivedAt.at(-1)! - arrivedAt[1]!).to.be.at.least(500);
  });

  it('dies at the operation of a power cut: the connection breaks, and it starts the old firmware', async () => {
    const bench = await Bench.start({ powerCutAtOperation: 300 });
    const answer = await bench.upload(firmware);
    expect(
      await answer.text().then(
        () => 'told',
        () => 'broken',
      ),
    ).to.equal('broken');
    expect((await bench.call('GET', 'info')).status).to.equal(503);
    expect(await bench.later(3_000)).to.include({ version: '1.0.0', reset_reason: 'POWERON' });
    const { state, progress } = await (await bench.call('GET', 'update')).json();
    expect([state, progress.phase]).to.deep.equal(['interrupted', 'erasing']);
  });

  it('answers the same request twice with the same result, writing once', async () => {
    const bench = await Bench.start();
    const headers = { 'X-Firmware-SHA256': await sha256Hex(firmware) };
    const first = await outcome(await bench.upload(firmware, headers));
    const { operations } = bench.device.board.flash;
    await bench.restoreDevice();
    expect(await outcome(await bench.upload(firmware, headers))).to.deep.equal(first);
    expect(bench.device.board.flash.operations).to.be.lessThan(operations);
    expect(bench.device.board.flash.operations).to.equal(0);
  });

  it('calls an update interrupted that nobody finished', async () => {
    const bench = await Bench.start();
    bench.device.board.change({ update: { state: 'running' } });
    await bench.device.save();
    await bench.restoreDevice();
    expect(await (await bench.call('GET', 'update')).json()).to.deep.equal({ state: 'interrupted' });
  });

  it('takes one at a time, and refuses restart and rollback meanwhile; a pulled plug ends it', async () => {
    const bench = await Bench.start();
    let feed!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (feed = controller) });
    feed.enqueue(firmware.subarray(0, 70_000));
    const first = await bench.upload(firmware, {}, undefined).then((answer) => answer.text());
    void first;
    const pending = bench.call('POST', 'update', {
      body,
      headers: { accept: 'application/x-ndjson', 'X-Firmware-Size': String(firmware.length) },
    });
    const answer = await pending;
    expect(await code(await bench.upload(firmware))).to.deep.equal([409, 'UPDATE_RUNNING']);
    expect(await code(await bench.call('POST', 'reboot'))).to.deep.equal([409, 'UPDATE_RUNNING']);
    expect(await code(await bench.call('POST', 'rollback'))).to.deep.equal([409, 'UPDATE_RUNNING']);
    expect((await bench.info())['slots'][1]).to.include({ state: 'INVALID', unfinished: true });
    const { state, progress } = await (await bench.call('GET', 'update')).json();
    expect(state).to.equal('running');
    expect(progress.phase).to.be.oneOf(['erasing', 'writing']);
    expect(progress.done).to.be.within(1, progress.total);
    await bench.hand('POST', 'bench/power-cycle');
    const heard = answer.text().then(
      () => 'all of it',
      () => 'no more',
    );
    expect(await heard, 'of a board without power').to.equal('no more');
    expect(await bench.later(3_000)).to.include({ version: '1.0.0', reset_reason: 'POWERON' });
    expect(await (await bench.call('GET', 'update')).json()).to.include({ state: 'interrupted' });
    expect((await bench.info())['slots'][1]).to.include({ state: 'INVALID', unfinished: true, image_size: 0 });
  });

  it('tells a slot with an unfinished write from an empty one, until it is whole', async () => {
    const bench = await Bench.start();
    const slot = async () => (await bench.info())['slots'][1];
    expect(await slot())
      .to.include({ state: 'EMPTY' })
      .and.not.have.property('unfinished');
    await bench.hand('PUT', 'bench', { cutAfterBytes: 70_000 });
    expect((await outcome(await bench.upload(firmware))).code).to.equal('UPDATE_ERROR_ABORT');
    expect(await slot()).to.include({ state: 'INVALID', unfinished: true, image_size: 0, version: '', sha256: '' });
    await bench.restoreDevice();
    expect(await slot(), 'and it is remembered').to.include({ unfinished: true });
    await bench.hand('PUT', 'bench', { cutAfterBytes: 0 });
    expect(await outcome(await bench.upload(firmware))).to.have.property('result');
    expect(await slot())
      .to.include({ version: '1.1.0' })
      .and.not.have.property('unfinished');
  });

  it('stops when the sender goes away, and when nobody reads the answer any more', async () => {
    const bench = await Bench.start({ bytesPerSecond: 50_000 });
    const answer = await bench.upload(firmware);
    await answer.body!.cancel('gone');
    await bench.device.untilIdle();
    expect(await (await bench.call('GET', 'update')).json()).to.include({ state: 'failed', code: 'UPDATE_ERROR_ABORT' });
    const leaving = new AbortController();
    const second = await bench.upload(firmware, {}, leaving.signal);
    leaving.abort();
    await second.text().catch(() => undefined);
    await bench.device.untilIdle();
    expect(await (await bench.call('GET', 'update')).json()).to.include({ code: 'UPDATE_ERROR_ABORT' });
  });

  it('takes a file system as multipart, switching nothing', async () => {
    const bench = await Bench.start();
    const form = new FormData();
    const files = new Uint8Array(30_000).fill(0x5a);
    form.append('filesystem', new Blob([files]), 'spiffs.bin');
    const answer = await bench.call('POST', 'update', { body: form, headers: { accept: 'application/x-ndjson' } });
    expect((await outcome(answer)).result).to.deep.equal({ slot: 'spiffs', bytes: 30_000, sha256: await sha256Hex(files), version: '' });
    expect(bench.device.board.flash.read(0x290000, 30_000)).to.deep.equal(files);
    expect(await bench.info()).to.include({ next_boot: 'ota_0' });
  });

  it('refuses an empty file system before anything is erased', async () => {
    const bench = await Bench.start();
    const form = new FormData();
    form.append('filesystem', new Blob([]), 'spiffs.bin');
    const { operations } = bench.device.board.flash;
    expect(await code(await bench.call('POST', 'update', { body: form }))).to.deep.equal([400, 'MALFORMED']);
    expect(bench.device.board.flash.operations).to.equal(operations);
  });

  it('keeps the session of a sender whose update takes longer than an idle session lives', async () => {
    const bench = await Bench.start({ bytesPerSecond: 500 });
    const startMs = bench.clock.ms;
    expect((await outcome(await bench.upload(firmware))).result.version).to.equal('1.1.0');
    expect(bench.clock.ms - startMs).to.be.greaterThan(5 * 60_000);
    expect((await bench.call('POST', 'reboot')).status).to.equal(200);
  });

  it('refuses forms without a firmware and forms that break off', async () => {
    const bench = await Bench.start();
    const form = new FormData();
    form.append('note', 'x');
    expect(await code(await bench.call('POST', 'update', { body: form }))).to.deep.equal([400, 'MALFORMED']);
    const whole = new FormData();
    whole.append('firmware', new Blob([firmware]), 'f.bin');
    const request = new Request('http://x', { method: 'POST', body: whole });
    const type = request.headers.get('content-type')!;
    const bytes = await request.arrayBuffer();
    const cut = await bench.call('POST', 'update', {
      body: new Blob([bytes.slice(0, bytes.byteLength - 30)]),
      headers: { 'content-type': type, accept: 'application/x-ndjson' },
    });
    expect((await outcome(cut)).code).to.equal('UPDATE_ERROR_ABORT');
    const rubbish = await bench.call('POST', 'update', { body: 'rubbish', headers: { 'content-type': type } });
    expect(await code(rubbish)).to.deep.equal([400, 'MALFORMED']);
  });

  it('has room for 4 MB on a 16 MB board, and none for a file system on a 2 MB board', async () => {
    const bench = await Bench.start({ flashSizeMb: 16 });
    const big = await makeFirmware({ version: '1.1.0', bytes: (4 << 20) - 4_096 });
    expect((await outcome(await bench.upload(big))).result.bytes).to.equal(big.length);
    const small = await Bench.start({ flashSizeMb: 2 });
    const form = new FormData();
    form.append('filesystem', new Blob(['x']), 'x.bin');
    expect(await code(await small.call('POST', 'update', { body: form }))).to.deep.equal([507, 'UPDATE_ERROR_SPACE']);
  });

  it('says that the disk is full, and is restored from what was stored', async () => {
    const bench = await Bench.start();
    bench.disk.failure = new DOMException('full', 'QuotaExceededError');
    const said = await outcome(await bench.upload(firmware).catch(() => new Response('{"code":"thrown"}')));
    expect(['UPDATE_ERROR_SPACE', 'thrown']).to.include(said.code);
    expect(bench.device.isOver).to.equal(true);
    bench.disk.failure = undefined;
    await bench.restoreDevice();
    expect(await bench.info()).to.include({ version: '1.0.0' });
    expect((await outcome(await bench.upload(firmware))).result.version).to.equal('1.1.0');
  });
});
