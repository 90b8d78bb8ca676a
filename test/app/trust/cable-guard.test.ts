import { expect } from 'chai';
import { Subject } from '../../../src/app/observable.ts';
import type { DeviceRecord } from '../../../src/app/model.ts';
import { cableGuard } from '../../../src/app/trust/cable-guard.ts';
import type { SignatureService } from '../../../src/app/trust/services.ts';
import { applicationsIn, assertTrusted, type BroughtPart } from '../../../src/app/usb/untrusted.ts';
import { UsbError } from '../../../src/app/usb/usb-errors.ts';
import { deviceInfo, deviceRecord } from '../../doubles/fixtures.ts';
import { SHA_110 } from '../../doubles/fixtures.ts';
import { imageOf } from '../fixtures.ts';

const MAC = '24:6F:28:AA:BB:CC';
const app: BroughtPart = { name: 'node.bin', role: 'app', bytes: new Uint8Array(4), content: { kind: 'app', image: imageOf() } };
const table: BroughtPart = { ...app, name: 'partitions.bin', role: 'partition-table', content: { kind: 'unknown' } };

/** @param status of the file, of each of its applications */
function guardOf(records: readonly DeviceRecord[], [file, part]: readonly [file: string, part: string] = ['unsigned', 'unsigned']) {
  let loads = 0;
  const verdict = (status: string) => async () => ({ signature: { status }, product: 'greenhouse-node' });
  const signatures = { trust: verdict(file), trustOf: verdict(part) } as unknown as SignatureService;
  const find = cableGuard({
    devices: { records: new Subject<readonly DeviceRecord[] | undefined>(records), load: async () => undefined },
    trust: async () => (loads++, { signatures }),
  });
  return { find, loads: () => loads };
}

const virtual = deviceRecord({ id: 'board', kind: 'virtual', onlyTrusted: true });
const network = deviceRecord({ id: 'n1', kind: 'network', onlyTrusted: true, lastInfo: deviceInfo({ mac: MAC }) });

describe('the guard of the cable', () => {
  it('asks nothing, and loads no keys, for a board that nobody guards', async () => {
    const { find, loads } = guardOf([{ ...virtual, onlyTrusted: false }, network]);
    expect(await find('board', [app])).to.deep.equal([]);
    expect(await find('aa:aa:aa:aa:aa:aa', [app])).to.deep.equal([]);
    expect(loads()).to.equal(0);
  });

  it('knows a virtual board by its id and a real one by its MAC, however that is spelled', async () => {
    const { find } = guardOf([virtual, network]);
    for (const board of ['board', MAC, MAC.toLowerCase()]) {
      expect(await find(board, [table, app], SHA_110), board).to.deep.equal([
        {
          code: 'UNTRUSTED_APPLICATION',
          severity: 'block',
          facts: { part: 'node.bin', status: 'unsigned', product: 'greenhouse-node' },
        },
      ]);
    }
  });

  it('lets through what is trusted: the application, or the whole file', async () => {
    expect(await guardOf([virtual], ['unsigned', 'trusted']).find('board', [app], SHA_110)).to.deep.equal([]);
    expect(await guardOf([virtual], ['trusted', 'unsigned']).find('board', [app], SHA_110)).to.deep.equal([]);
    expect(await guardOf([virtual], ['trusted', 'unsigned']).find('board', [app])).to.have.length(1);
    for (const status of ['unknown-key', 'revoked-key', 'tampered', 'cannot-check'])
      expect(await guardOf([virtual], [status, status]).find('board', [app], SHA_110), status).to.have.length(1);
  });

  it('refuses an application by what it is, also where its part is called something else', async () => {
    expect(await guardOf([virtual]).find('board', [{ ...app, role: 'data' }])).to.have.length(1);
  });

  it('refuses a job by name', async () => {
    const { find } = guardOf([virtual]);
    const error: unknown = await assertTrusted(find, 'board', { parts: [app], sha256: undefined }).catch((error: unknown) => error);
    expect(error).to.be.instanceOf(UsbError);
    expect((error as UsbError).code).to.equal('PLAN_BLOCKED');
    await assertTrusted(undefined, 'board', { parts: [app], sha256: undefined });
    await assertTrusted(find, 'another', { parts: [app], sha256: undefined });
  });

  it('finds the applications of a file', () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => i);
    expect(applicationsIn(app.content, bytes)[0]!.bytes).to.equal(bytes);
    const parts = [
      { flashOffset: 0, length: 8, name: 'boot', content: { kind: 'unknown' } as const },
      { flashOffset: 16, length: 4, name: 'app0', content: app.content },
    ];
    const found = applicationsIn({ kind: 'merged', parts }, bytes);
    expect(found.map(({ name, bytes }) => [name, ...bytes])).to.deep.equal([['app0', 16, 17, 18, 19]]);
    expect(applicationsIn({ kind: 'unknown' }, bytes)).to.deep.equal([]);
  });
});
