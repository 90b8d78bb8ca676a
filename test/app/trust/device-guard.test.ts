import { expect } from 'chai';
import { toBase64 } from '../../../src/core/bytes/base64.ts';
import { DeviceGuard } from '../../../src/app/trust/device-guard.ts';
import { SignatureError } from '../../../src/app/trust/signature-errors.ts';
import { makeKey, type TestKey } from '../../core/trust/keys-for-tests.ts';
import { deviceInfo, deviceRecord, deviceState } from '../../doubles/fixtures.ts';
import { HeldKeys } from '../../doubles/held-keys.ts';
import { until } from '../../doubles/mount.ts';
import { FakeServices } from '../../doubles/services.ts';

describe('DeviceGuard', () => {
  let key: TestKey;
  let second: TestKey;
  before(async () => {
    [key, second] = await Promise.all([makeKey('P-256'), makeKey('Ed25519')]);
  });

  function bench(kind: 'virtual' | 'network') {
    const services = new FakeServices();
    services.devices.put(deviceState({ record: deviceRecord({ id: 'board', kind }), info: deviceInfo({ project: 'greenhouse-node' }) }));
    const keys = new HeldKeys();
    return { services, keys, guard: new DeviceGuard({ devices: services.devices, bench: services.bench, keys }) };
  }

  const refusalOf = async (work: Promise<unknown>): Promise<SignatureError> => {
    const error: unknown = await work.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).to.be.instanceOf(SignatureError);
    return error as SignatureError;
  };

  it('gives a virtual board the keys that its product trusts, but no revoked one', async () => {
    const { services, keys, guard } = bench('virtual');
    await keys.add('Release', key);
    await keys.add('Old', second, { status: 'retired' });
    await keys.add('Lost', await makeKey('P-256'), { status: 'revoked' });
    await keys.add('Other', await makeKey('P-256'), { trusted: false });
    await guard.setOnlyTrusted('board', true);
    expect(services.bench.settings.trustedKeys).to.deep.equal([key, second].map(({ publicKey }) => toBase64(publicKey.spki)));
    expect(services.bench.settings.signatureRequired).to.equal(true);
    expect(services.calls.filter(([name]) => name === 'setOnlyTrusted')).to.deep.equal([['setOnlyTrusted', 'board', 'greenhouse-node']]);
    await guard.setOnlyTrusted('board', false);
    expect(services.bench.settings).to.deep.include({ trustedKeys: [], signatureRequired: false });
    expect(services.calls.at(-1)).to.deep.equal(['setOnlyTrusted', 'board', undefined]);
  });

  it('refuses while the product trusts no key, and says which product', async () => {
    const { services, keys, guard } = bench('virtual');
    await keys.add('Lost', key, { status: 'revoked' });
    const { code, details } = await refusalOf(guard.setOnlyTrusted('board', true));
    expect([code, details['product']]).to.deep.equal(['NO_KEY_PINNED', 'greenhouse-node']);
    expect(services.bench.settings.trustedKeys).to.deep.equal([]);
    expect(services.calls).to.deep.equal([]);
  });

  it('keeps guarding the product that it was set for, whatever runs there by now', async () => {
    const { services, keys, guard } = bench('network');
    await keys.add('Release', key);
    const record = deviceRecord({ id: 'board', kind: 'network', onlyTrusted: true, guardedProduct: 'sensor' });
    services.devices.put(deviceState({ record, info: deviceInfo({ project: 'toy' }) }));
    await guard.setOnlyTrusted('board', true);
    expect(services.calls).to.deep.equal([['setOnlyTrusted', 'board', 'sensor']]);
  });

  it('takes a revoked key off a board at once, also the last one: the board goes on checking, and takes nothing', async () => {
    const { services, keys, guard } = bench('virtual');
    const [lost, good] = [await keys.add('Lost', key), await keys.add('Release', second)];
    await guard.setOnlyTrusted('board', true);
    keys.change(lost, { status: 'revoked' });
    await until(() => services.bench.settings.trustedKeys.length === 1, 'the key to be taken off');
    expect(services.bench.settings.trustedKeys).to.deep.equal([toBase64(second.publicKey.spki)]);
    keys.change(good, { status: 'revoked' });
    await until(() => services.bench.settings.trustedKeys.length === 0, 'the last key to be taken off');
    expect(services.bench.settings.signatureRequired).to.equal(true);
  });

  it('knows which guarded boards do not have a key yet that their product trusts', async () => {
    const { keys, guard } = bench('virtual');
    const first = await keys.add('Release', key);
    expect(await guard.boardsWithout(first)).to.deep.equal([]);
    await guard.setOnlyTrusted('board', true);
    expect(await guard.boardsWithout(first)).to.deep.equal([]);
    const next = await keys.add('Release 2027', second);
    expect((await guard.boardsWithout(next)).map(({ id }) => id)).to.deep.equal(['board']);
    keys.change(next, { trusted: false });
    expect(await guard.boardsWithout(next)).to.deep.equal([]);
  });

  it('puts no revoked key back, however slow an earlier run was', async () => {
    const { services, keys, guard } = bench('virtual');
    const [lost, stolen] = [await keys.add('Lost', key), await keys.add('Stolen', second)];
    const spare = await makeKey('P-256');
    await keys.add('Spare', spare);
    await guard.setOnlyTrusted('board', true);
    const { bench: board } = services;
    const [read, write] = [board.read.bind(board), board.write.bind(board)];
    const slow: (() => void)[] = [];
    let reads = 0;
    board.read = async () => {
      const read0 = await read();
      if (reads++ === 0) await new Promise<void>((resolve) => slow.push(resolve));
      return read0;
    };
    keys.change(lost, { status: 'revoked' });
    await until(() => slow.length === 1, 'the first run to read');
    keys.change(stolen, { status: 'revoked' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    slow[0]!();
    board.write = write;
    await until(() => board.settings.trustedKeys.length === 1, 'both keys to be taken off');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(board.settings.trustedKeys).to.deep.equal([toBase64(spare.publicKey.spki)]);
  });

  it('gives no board a key that was revoked meanwhile', async () => {
    const { services, keys, guard } = bench('virtual');
    const lost = await keys.add('Lost', key);
    await keys.add('Release', second);
    const { bench: board } = services;
    const write = board.write.bind(board);
    const slow: (() => void)[] = [];
    board.write = async (...args) => {
      if (slow.length === 0) await new Promise<void>((resolve) => slow.push(resolve));
      return write(...args);
    };
    const given = guard.setOnlyTrusted('board', true);
    await until(() => slow.length === 1, 'the board to be written');
    keys.change(lost, { status: 'revoked' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    slow[0]!();
    await given;
    await until(() => board.settings.trustedKeys.length === 1, 'the key to be taken off');
    expect(board.settings.trustedKeys).to.deep.equal([toBase64(second.publicKey.spki)]);
  });

  it('tells which boards lack a key, also while another cannot be reached', async () => {
    const { services, keys, guard } = bench('virtual');
    await keys.add('Release', key);
    await guard.setOnlyTrusted('board', true);
    const { record } = (await services.devices.session('board')).state.value;
    services.devices.records.set([{ ...record, id: 'lost' }, record]);
    const { bench: board } = services;
    board.read = async (id?: string) => {
      if (id === 'lost') throw new Error('no worker');
      return board.settings;
    };
    const next = await keys.add('Release 2027', second);
    expect((await guard.boardsWithout(next)).map(({ id }) => id)).to.deep.equal(['board']);
  });

  it('leaves the bench of a real device alone', async () => {
    const { services, keys, guard } = bench('network');
    await keys.add('Release', key);
    await guard.setOnlyTrusted('board', true);
    expect(services.calls).to.deep.equal([['setOnlyTrusted', 'board', 'greenhouse-node']]);
  });

  it('does not promise on the page what the board did not take', async () => {
    const { services, keys, guard } = bench('virtual');
    await keys.add('Release', key);
    services.bench.write = async () => {
      throw new SignatureError('SIGNATURE_UNKNOWN', 'as a disk that is full', {});
    };
    await refusalOf(guard.setOnlyTrusted('board', true));
    expect(services.calls).to.deep.equal([]);
  });
});
