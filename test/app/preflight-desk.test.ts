import { expect } from 'chai';
import type { DeviceState } from '../../src/app/model.ts';
import { PreflightDesk } from '../../src/app/preflight-desk.ts';
import type { FirmwareTrust } from '../../src/app/trust/model.ts';
import type { SignatureService } from '../../src/app/trust/services.ts';
import { deviceRecord, deviceState } from '../doubles/fixtures.ts';
import { TakenDown } from '../doubles/taken-down.ts';
import { NEW_SHA, firmwareOf, infoOf, reportOf } from './fixtures.ts';

const device = (onlyTrusted: boolean, link: DeviceState['link'] = 'online') =>
  deviceState({ record: deviceRecord({ id: 'board', onlyTrusted, guardedProduct: 'greenhouse-node' }), info: infoOf(), link });
const unsigned: FirmwareTrust = {
  product: 'greenhouse-node',
  signature: { status: 'unsigned' },
  findings: [],
  signatures: [],
  isPinned: false,
};

function desk(trust: () => Promise<FirmwareTrust>) {
  const asked: string[] = [];
  const keys = { load: async () => void asked.push('keys') };
  const signatures = { trust: (sha256: string) => (asked.push(sha256), trust()) } as unknown as SignatureService;
  return {
    asked,
    desk: new PreflightDesk({ devices: { history: async () => [] }, clock: { now: () => 0 }, trust: async () => ({ keys, signatures }) }),
  };
}

describe('PreflightDesk', () => {
  const reasonOf = (of: PreflightDesk, onlyTrusted: boolean): string | undefined =>
    of.preflight(reportOf(), firmwareOf(), device(onlyTrusted)).checks.find(({ id }) => id === 'signature')?.reason;

  it('finds out who signed the firmware before it is held against a device', async () => {
    const { asked, desk: of } = desk(async () => unsigned);
    await of.prepare('board', NEW_SHA);
    // What another tab has revoked must count.
    expect(asked).to.deep.equal(['keys', NEW_SHA]);
    expect([reasonOf(of, false), reasonOf(of, true)]).to.deep.equal(['unsigned', 'only-trusted-unsigned']);
  });

  it('lets nothing through to a guarded device that could not be found out, and anything to others', async () => {
    const { desk: of } = desk(async () => {
      throw new Error('offline');
    });
    await of.prepare('board', NEW_SHA);
    expect([reasonOf(of, false), reasonOf(of, true)]).to.deep.equal(['unjudged', 'only-trusted-unjudged']);
    const without = new PreflightDesk({ devices: { history: () => Promise.reject(new Error('locked')) }, clock: { now: () => 0 } });
    await without.prepare('board', undefined);
    expect([reasonOf(without, false), reasonOf(without, true)]).to.deep.equal(['unjudged', 'only-trusted-unjudged']);
  });

  it('writes a refusal of a device that answers down once, however often it is shown, and again for another reason', async () => {
    const log = new TakenDown();
    const ports = { devices: { history: async () => [] }, clock: { now: () => 0 }, record: log.record };
    const of = new PreflightDesk(ports);
    await of.prepare('board', NEW_SHA);
    const show = (shown: DeviceState, report = reportOf()): void =>
      of.noteRefusal(of.preflight(report, firmwareOf(), shown), firmwareOf(), shown);
    reasonOf(of, true);
    for (const link of ['connecting', 'unreachable'] as const) show(device(true, link));
    show(device(false));
    expect(log.entries, 'only held against it, not there, or not refused').to.deep.equal([]);
    for (let look = 0; look < 3; look++) show(device(true));
    const { name, version, sha256 } = firmwareOf();
    const facts = { deviceId: 'board', device: deviceRecord().name, firmware: name, version, sha256 };
    expect(log.entries).to.deep.equal([['update-refused', { ...facts, reasons: 'signature: only-trusted-unjudged' }]]);
    show(device(true), reportOf({ content: { kind: 'unknown' } }));
    expect(log.acts).to.deep.equal(['update-refused', 'update-refused']);
    expect(log.entries[1]![1]['reasons']).to.match(/^kind: unknown/);
  });
});
