import { expect } from 'chai';
import type { DeviceRecord } from '../../../src/app/model.ts';
import { cableGuard } from '../../../src/app/trust/cable-guard.ts';
import type { SignatureService } from '../../../src/app/trust/services.ts';
import { applicationsIn, assertTrusted, type BroughtPart } from '../../../src/app/usb/untrusted.ts';
import { UsbError } from '../../../src/app/usb/usb-errors.ts';
import type { Partition } from '../../../src/core/image/model.ts';
import { restoreRequest, type RequestScene } from '../../../src/app/usb/requests.ts';
import type { UsbPorts } from '../../../src/app/usb/usb-ports.ts';
import { deviceInfo, deviceRecord } from '../../doubles/fixtures.ts';
import { SHA_110 } from '../../doubles/fixtures.ts';
import { firmwareOf, imageOf, reportOf } from '../fixtures.ts';

const MAC = '24:6F:28:AA:BB:CC';
const PRODUCT = 'greenhouse-node';
const app: BroughtPart = {
  name: 'node.bin',
  role: 'app',
  offset: 0x10000,
  bytes: new Uint8Array(4),
  content: { kind: 'app', image: imageOf() },
};
const unknown = { content: { kind: 'unknown' } } as const;
const table: BroughtPart = { ...app, ...unknown, name: 'partitions.bin', role: 'partition-table', offset: 0x8000 };
const called = (projectName: string): BroughtPart => ({
  ...app,
  content: { kind: 'app', image: imageOf({ appDescriptor: { ...imageOf().appDescriptor!, projectName } }) },
});

const place = (label: string, [type, subtype]: readonly [number, number], offset: number): Partition =>
  ({ label, type, subtype, offset, size: 0x1000, encrypted: false, readonly: false }) as unknown as Partition;
const partitions = [
  place('nvs', [1, 2], 0x9000),
  place('otadata', [1, 0], 0xd000),
  place('ota_0', [0, 0x10], 0x10000),
  place('spiffs', [1, 0x82], 0x20000),
];

/** @param status of the file, of each of its parts */
function guardOf(records: readonly DeviceRecord[], [file, part]: readonly [file: string, part: string] = ['unsigned', 'unsigned']) {
  let loads = 0;
  const products = new Set<string | undefined>();
  const verdict = (status: string, product: string | undefined) => (products.add(product), { signature: { status }, product: 'claimed' });
  const signatures = {
    trust: async (_sha256: string, product?: string) => verdict(file, product),
    trustOf: async (_bytes: Uint8Array, _content: unknown, product?: string) => verdict(part, product),
  } as unknown as SignatureService;
  const find = cableGuard({
    devices: { stored: async () => records },
    trust: async () => ({ keys: { load: async () => void loads++ }, signatures }),
  });
  return { find, loads: () => loads, products };
}

const guarded = { onlyTrusted: true, guardedProduct: PRODUCT } as const;
const virtual = deviceRecord({ id: 'board', kind: 'virtual', ...guarded });
const network = deviceRecord({ id: 'n1', kind: 'network', ...guarded, lastInfo: deviceInfo({ mac: MAC }) });
const { lastInfo: _lastInfo, ...nameless } = network;
const from = { sha256: SHA_110 };
const blocked = (part: string, status: string) => ({
  code: 'UNTRUSTED_APPLICATION',
  severity: 'block',
  facts: { part, status, product: PRODUCT },
});

describe('the guard of the cable', () => {
  it('asks nothing, and loads no keys, for a board that nobody guards', async () => {
    const { find, loads } = guardOf([{ ...virtual, onlyTrusted: false }, network]);
    expect(await find('board', [app])).to.deep.equal([]);
    expect(await find('usb:aa:aa:aa:aa:aa:aa', [app])).to.deep.equal([]);
    expect(loads()).to.equal(0);
  });

  it('knows a virtual board by its id and a real one by its MAC, however that is spelled', async () => {
    const { find } = guardOf([virtual, network]);
    for (const board of ['board', `usb:${MAC}`, `usb:${MAC.toLowerCase()}`, `usb:${MAC.replaceAll(':', '-')}`])
      expect(await find(board, [app], from), board).to.deep.equal([blocked('node.bin', 'unsigned')]);
    const dashed = { ...network, lastInfo: deviceInfo({ mac: MAC.replaceAll(':', '-') }) };
    expect(await guardOf([dashed]).find(`usb:${MAC.toLowerCase()}`, [app])).to.have.length(1);
  });

  it('lets through what is trusted: the application, or the whole file', async () => {
    expect(await guardOf([virtual], ['unsigned', 'trusted']).find('board', [app], from)).to.deep.equal([]);
    expect(await guardOf([virtual], ['trusted', 'unsigned']).find('board', [table, app], from)).to.deep.equal([]);
    expect(await guardOf([virtual], ['trusted', 'unsigned']).find('board', [app])).to.have.length(1);
  });

  it('refuses a claim to be another product, and one to be none, whoever signed it', async () => {
    const { find, loads, products } = guardOf([virtual], ['trusted', 'trusted']);
    for (const name of ['toy', '']) expect(await find('board', [called(name)], from)).to.deep.equal([blocked('node.bin', 'other-product')]);
    expect(loads(), 'what another tab has revoked is read anew').to.equal(2);
    expect([...products]).to.deep.equal([PRODUCT]);
    const { guardedProduct: _product, ...forgotten } = virtual;
    expect(await guardOf([forgotten], ['trusted', 'trusted']).find('board', [called('')])).to.have.length(1);
  });

  it('refuses an application by what it is, also where its part is called something else', async () => {
    expect(await guardOf([virtual]).find('board', [{ ...app, role: 'data' }])).to.have.length(1);
  });

  it('refuses a boot loader and a partition table that nobody signed, beside a trusted application', async () => {
    const boot: BroughtPart = { ...app, name: 'boot.bin', role: 'bootloader', offset: 0x1000, content: { kind: 'unknown' } };
    const found = await guardOf([virtual]).find('board', [boot, table], { tables: [partitions] });
    expect(found).to.deep.equal([blocked('boot.bin', 'unsigned'), blocked('partitions.bin', 'unsigned')]);
  });

  it('refuses unknown bytes over an application, whatever they are called', async () => {
    const { find } = guardOf([virtual]);
    for (const role of ['data', 'nvs', 'filesystem', 'otadata'] as const)
      expect(await find('board', [{ ...app, ...unknown, role }], { tables: [partitions] }), role).to.have.length(1);
    // It could be moved to a slot, reaches out of its partition, or lies where nobody knows what is there.
    const settings: BroughtPart = { ...app, ...unknown, role: 'nvs', offset: 0x9000 };
    expect(await find('board', [{ ...settings, role: 'app' }], { tables: [partitions] })).to.have.length(1);
    expect(await find('board', [{ ...settings, bytes: new Uint8Array(0x1001) }], { tables: [partitions] })).to.have.length(1);
    expect(await find('board', [settings])).to.have.length(1);
  });

  it('leaves settings, the boot switch and files free, at their places', async () => {
    const { find } = guardOf([virtual]);
    for (const offset of [0x9000, 0xd000, 0x20000])
      expect(await find('board', [{ ...app, ...unknown, role: 'data', offset }], { tables: [partitions] })).to.deep.equal([]);
  });

  it('leaves free only what every table that was found there calls so', async () => {
    const { find } = guardOf([virtual]);
    const settings: BroughtPart = { ...app, ...unknown, role: 'data', offset: 0x9000 };
    expect(await find('board', [settings], { tables: [partitions, partitions] })).to.deep.equal([]);
    for (const other of [[], [place('ota_0', [0, 0x10], 0x9000)]])
      expect(await find('board', [settings], { tables: [other, partitions] })).to.have.length(1);
  });

  it('warns where one of the two told no MAC: it may be the guarded one', async () => {
    const warning = [{ code: 'MAY_BE_GUARDED', severity: 'warn', facts: { device: network.name } }];
    expect(await guardOf([nameless]).find(`usb:${MAC}`, [app])).to.deep.equal(warning);
    expect(await guardOf([network]).find('usb:serial-1', [app])).to.deep.equal(warning);
    expect(await guardOf([nameless], ['unsigned', 'trusted']).find(`usb:${MAC}`, [app])).to.deep.equal([]);
    expect(await guardOf([nameless]).find('another-virtual', [app])).to.deep.equal([]);
  });

  it('starts a doubtful job only after the warning was seen', async () => {
    const { find } = guardOf([nameless]);
    const asked = { parts: [app], sha256: undefined };
    const error: unknown = await assertTrusted(find, `usb:${MAC}`, asked).catch((error: unknown) => error);
    expect(error).to.be.instanceOf(UsbError);
    await assertTrusted(find, `usb:${MAC}`, { ...asked, seen: await find(`usb:${MAC}`, [app]) });
  });

  it('refuses what was saved from another board when nothing in it can be read as an application', async () => {
    const library = {
      get: async () => firmwareOf({ kind: 'unknown', source: { kind: 'device', detail: 'usb:another' } }),
      report: async () => reportOf({ content: { kind: 'unknown' } }),
      bytes: async () => new Blob([new Uint8Array(0x2000)]),
    } as unknown as UsbPorts['library'];
    const security = { flashEncryption: false, secureDownload: false, secureBoot: false };
    const identity = { chip: 'ESP32', flash: { bytes: 0x400000 }, security };
    const scene = { identity, deviceId: 'board', found: undefined } as unknown as RequestScene;
    const clock = { now: () => 0, sleep: async () => undefined };
    const restore = (status: string) =>
      restoreRequest(SHA_110, { library, clock, untrusted: guardOf([virtual], [status, 'unsigned']).find }, scene);
    const error: unknown = await restore('unsigned').catch((error: unknown) => error);
    expect((error as UsbError).code).to.equal('PLAN_BLOCKED');
    expect((error as UsbError).details['problems']).to.deep.equal(['UNTRUSTED_APPLICATION']);
    expect((await restore('trusted')).kind).to.equal('restore');
  });

  it('refuses a job by name', async () => {
    const { find } = guardOf([virtual]);
    const seen = await find('board', [app]);
    const error: unknown = await assertTrusted(find, 'board', { parts: [app], seen }).catch((error: unknown) => error);
    expect(error).to.be.instanceOf(UsbError);
    expect((error as UsbError).code).to.equal('PLAN_BLOCKED');
    await assertTrusted(undefined, 'board', { parts: [app] });
    await assertTrusted(find, 'another', { parts: [app] });
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
