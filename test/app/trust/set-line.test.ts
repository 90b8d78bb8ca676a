import { expect } from 'chai';
import type { SetVisitState } from '../../../src/app/trust/release-services.ts';
import { ROOT_FILE, rootFile } from '../../../src/core/trust/set-files.ts';
import { ReleaseDesk, settled } from '../../doubles/release-desk.ts';
import { ReleaseHost, SPAN, roleOf } from '../../doubles/release-host.ts';
import { person } from '../../doubles/signers.ts';

const HERE = 'https://example.org/gh/';
const ELSEWHERE = 'https://mirror.example.org/';

async function trusting(desk: ReleaseDesk, host: ReleaseHost, name = 'Garden', url = HERE) {
  const visit = await desk.visit(host, url);
  await visit.confirm(name);
  await settled(visit);
}

/** Whoever took a host over, with keys of their own. */
async function mallory(): Promise<ReleaseHost> {
  const host = await ReleaseHost.open();
  const one = await person('Mallory');
  host.files.clear();
  host.rootSigners = host.releaseSigners = [one];
  host.root = { ...host.root, keys: [one.key], roles: { root: roleOf([one]), release: roleOf([one]) } };
  await host.publishRoot();
  await host.publishIndex([]);
  return host;
}

/** Trusts version 2 of a publisher, who then signs another version 2. */
async function forked() {
  const host = await ReleaseHost.open();
  const desk = new ReleaseDesk();
  await trusting(desk, host);
  const first = host.files.get(ROOT_FILE)!;
  await host.rotate();
  await desk.visit(host);
  const [before] = desk.releases.roots.value!;
  host.files.set(rootFile(1), first);
  host.root = { ...host.root, version: 1, expiresMs: SPAN.expiresMs + 60_000 };
  await host.rotate();
  return { host, desk, before: before! };
}

function expectRefused(desk: ReleaseDesk, { problem, offers, steps }: SetVisitState, code: string): void {
  expect(problem?.code).to.equal(code);
  expect(steps.at(-1)?.status).to.equal('refused');
  expect(offers).to.deep.equal([]);
  const [act, given] = desk.acts.at(-1)!;
  expect(act).to.equal('set-refused');
  expect(given).to.include({ code });
}

describe('a set that is not at one with the line it continues', () => {
  for (const [place, url] of [
    ['where the line was read before', HERE],
    ['at another address', ELSEWHERE],
  ] as const) {
    it(`a second root file under a version that is known, ${place}: ROOT_FORKED, with its hash in the log, and the line stays`, async () => {
      const { host, desk, before } = await forked();
      const { state } = await desk.visit(host, url);
      expectRefused(desk, state.value, 'ROOT_FORKED');
      expect(state.value.problem?.details['rule']).to.equal(`version 2 of Garden is ${before.newest.fingerprint}`);
      expect(desk.acts.at(-1)?.[1])
        .to.have.property('found')
        .that.matches(/^[0-9a-f]{64}$/)
        .and.not.equals(before.newest.fingerprint);
      expect(desk.releases.roots.value?.[0]?.newest.fingerprint).to.equal(before.newest.fingerprint);
      expect(desk.releases.roots.value?.[0]?.index).to.equal(before.index);
    });
  }

  it('a fork that went on, and one whose older root files were taken away', async () => {
    const { host, desk } = await forked();
    const [first, second] = [host.files.get(rootFile(1))!, host.files.get(ROOT_FILE)!];
    host.files.delete(rootFile(1));
    host.files.delete(rootFile(2));
    expectRefused(desk, (await desk.visit(host, ELSEWHERE)).state.value, 'ROOT_FORKED');
    host.files.set(rootFile(1), first).set(rootFile(2), second);
    await host.rotate();
    expectRefused(desk, (await desk.visit(host, ELSEWHERE)).state.value, 'ROOT_FORKED');
  });

  it('a fork for those only who follow: the root file itself is the known one', async () => {
    const { host, desk, before } = await forked();
    host.files.set(ROOT_FILE, before.newest.bytes);
    expectRefused(desk, (await desk.visit(host)).state.value, 'ROOT_FORKED');
  });

  it("a fork for newcomers only: what the set says of the line's version is the known one", async () => {
    const { host, desk, before } = await forked();
    host.files.set(rootFile(2), before.newest.bytes);
    expectRefused(desk, (await desk.visit(host)).state.value, 'ROOT_FORKED');
  });

  it('newcomers are shown another publisher: ROOT_UNKNOWN, and new root files are kept all the same', async () => {
    const host = await ReleaseHost.open();
    const desk = new ReleaseDesk();
    await trusting(desk, host);
    await host.rotate();
    host.files.set(ROOT_FILE, (await mallory()).files.get(ROOT_FILE)!);
    const { state } = await desk.visit(host);
    expectRefused(desk, state.value, 'ROOT_UNKNOWN');
    expect(state.value.steps.map(({ step }) => step)).to.deep.equal(['root', 'line']);
    expect(desk.releases.roots.value?.[0]?.version).to.equal(2);
  });

  it('a root file of the line, and beside it one that nobody of the line signed: ROOT_UNKNOWN', async () => {
    const { host, desk, before } = await forked();
    host.files.set(ROOT_FILE, before.newest.bytes).set(rootFile(2), (await mallory()).files.get(ROOT_FILE)!);
    expectRefused(desk, (await desk.visit(host)).state.value, 'ROOT_UNKNOWN');
  });

  it('a fork of an older version, with the newest and the root file the known ones: newcomers who follow would be led onto it', async () => {
    const { host, desk } = await forked();
    const other = host.files.get(rootFile(2))!;
    const genuine = desk.releases.roots.value![0]!.newest;
    host.root = genuine.root;
    host.files.set(rootFile(2), genuine.bytes);
    await host.rotate();
    await desk.visit(host);
    expect(desk.releases.roots.value?.[0]?.version).to.equal(3);
    host.files.set(rootFile(2), other);
    expectRefused(desk, (await desk.visit(host)).state.value, 'ROOT_FORKED');
  });

  it('an older root file that nobody of the line signed: ROOT_UNKNOWN; a page in its place is none', async () => {
    const host = await ReleaseHost.open();
    const desk = new ReleaseDesk();
    await trusting(desk, host);
    await host.rotate();
    await desk.visit(host);
    host.files.set(rootFile(1), new TextEncoder().encode('<!doctype html>'));
    expect((await desk.visit(host)).state.value.problem).to.equal(undefined);
    host.files.set(rootFile(1), (await mallory()).files.get(ROOT_FILE)!);
    expectRefused(desk, (await desk.visit(host)).state.value, 'ROOT_UNKNOWN');
  });

  it('a newer root file than those that are followed: ROOT_SKIPPED', async () => {
    const host = await ReleaseHost.open();
    const desk = new ReleaseDesk();
    await trusting(desk, host);
    await host.rotate();
    host.files.delete(rootFile(2));
    expectRefused(desk, (await desk.visit(host)).state.value, 'ROOT_SKIPPED');
  });
});

describe('a set that is', () => {
  it('may leave out what came before the next root file', async () => {
    const host = await ReleaseHost.open();
    const desk = new ReleaseDesk();
    await trusting(desk, host);
    host.files.delete(rootFile(1));
    await host.rotate();
    const { state } = await desk.visit(host, ELSEWHERE);
    expect(state.value).to.deep.include({ problem: undefined, rotations: 1 });
    expect(state.value.line?.name).to.equal('Garden');
  });

  it('of a publisher whom nobody knows is asked about, whoever else is known', async () => {
    const { desk } = await forked();
    const { state } = await desk.visit(await mallory(), ELSEWHERE);
    expect(state.value.steps).to.deep.equal([{ step: 'root', status: 'asking' }]);
  });

  it('of another trusted publisher than before at this address is read, and that is told and written down', async () => {
    const desk = new ReleaseDesk();
    const [garden, other] = [await ReleaseHost.open(), await mallory()];
    await trusting(desk, garden);
    await trusting(desk, other, 'Nursery', ELSEWHERE);
    const { state } = await desk.visit(other, HERE);
    expect(state.value.problem).to.equal(undefined);
    expect([state.value.line?.name, state.value.formerly?.name]).to.deep.equal(['Nursery', 'Garden']);
    const sha256 = state.value.line!.id;
    expect(desk.acts.at(-1)).to.deep.equal(['set-changed-hands', { source: 'example.org', name: 'Nursery', sha256 }]);
    expect((await desk.visit(garden, ELSEWHERE)).state.value.formerly?.name).to.equal('Nursery');
  });
});
