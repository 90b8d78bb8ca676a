import { expect } from 'chai';
import { md5Hex } from '../../src/core/bytes/md5.ts';
import { sha256Hex } from '../../src/core/bytes/sha256.ts';
import { Bench, lines, makeFirmware, outcome } from '../doubles/virtual-bench.ts';

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
    expect(back['slots'].map((slot: any) => slot.state)).to.deep.equal(['VALID', 'PENDING_VERIFY']);
    const confirmed = await bench.later(3_000);
    expect(confirmed['slots'].map((slot: any) => [slot.version, slot.state])).to.deep.equal([
      ['1.0.0', 'VALID'],
      ['1.1.0', 'VALID'],
    ]);
    expect(confirmed['slots'][1].sha256).to.equal(await sha256Hex(firmware));
  });
});
