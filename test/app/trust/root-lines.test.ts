import { expect } from 'chai';
import type { RootPlan } from '../../../src/app/trust/release-services.ts';
import { INDEX_FILE, ROOT_FILE } from '../../../src/core/trust/set-files.ts';
import { ReleaseDesk, settled } from '../../doubles/release-desk.ts';
import { NOW_MS, ReleaseHost, roleOf } from '../../doubles/release-host.ts';
import { person, type Person } from '../../doubles/signers.ts';

const planOf = (ada: Person, days: number): RootPlan => ({
  name: 'Garden',
  keys: [ada.key],
  roles: { root: roleOf([ada]), release: roleOf([ada]) },
  revoked: [],
  expiresAt: NOW_MS + days * 24 * 3600 * 1000,
});

/** Two tabs over one store, neither of which has heard of what the other did. */
async function tabs() {
  const ada = await person('Ada');
  const one = new ReleaseDesk([ada]);
  const { id } = await one.releases.draftRoot(planOf(ada, 300));
  await one.releases.sign(id, ada.key.fingerprint);
  const settled = await one.releases.settle(id);
  const other = new ReleaseDesk([ada], one.store);
  await other.releases.load();
  const next = async (desk: ReleaseDesk, days: number) => {
    const draft = await desk.releases.draftNextRoot(rootId, planOf(ada, days));
    await desk.releases.sign(draft.id, ada.key.fingerprint);
    return draft.id;
  };
  const rootId = settled.kind === 'root' ? settled.rootId : '';
  return { one, other, ada, rootId, next };
}

/** What a tab finds that is opened afterwards. */
async function lineIn({ store }: ReleaseDesk) {
  const later = new ReleaseDesk([], store);
  await later.releases.load();
  return later.releases.roots.value?.[0];
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'kept',
    (error: { code?: unknown }) => error.code ?? String(error),
  );
}

describe('two tabs and one line of root files', () => {
  it('rotate at once: one of the two is kept, the other is told, and its draft stays', async () => {
    const { one, other, next } = await tabs();
    const [first, second] = [await next(one, 301), await next(other, 302)];
    const ends = await Promise.all([codeOf(one.releases.settle(first)), codeOf(other.releases.settle(second))]);
    expect(ends).to.have.members(['kept', 'ROOT_OVERTAKEN']);
    const line = await lineIn(one);
    expect(line?.files.map(({ root }) => root.version)).to.deep.equal([1, 2]);
    expect([...one.store.kept.drafts.keys()]).to.deep.equal([ends[0] === 'kept' ? second : first]);
    expect([...one.acts, ...other.acts].filter(([act]) => act === 'root-trusted')).to.have.lengthOf(2);
  });

  it('one rotates, and the other comes later with a draft for the same version: it is told, too', async () => {
    const { one, next, rootId, ada } = await tabs();
    const [first, second] = [await next(one, 301), await next(one, 302)];
    await one.releases.settle(first);
    expect(await codeOf(one.releases.settle(second))).to.equal('ROOT_OVERTAKEN');
    const third = await one.releases.draftNextRoot(rootId, planOf(ada, 303));
    await one.releases.sign(third.id, ada.key.fingerprint);
    expect(await codeOf(one.releases.settle(third.id))).to.equal('kept');
  });

  it('one rotates while the other reads a set that went another way: nothing of it is added, and the line holds', async () => {
    const { one, other, next, rootId, ada } = await tabs();
    const host = await ReleaseHost.open();
    host.rootSigners = [ada];
    const { root, bytes } = other.releases.roots.value![0]!.newest;
    host.root = root;
    host.files.set('1.root.json', bytes);
    await host.rotate({ expiresMs: root.expiresMs + 1000 });
    await host.rotate();
    await one.releases.settle(await next(one, 301));
    const { state } = await other.visit(host);
    expect(state.value.problem?.code).to.equal('ROOT_OVERTAKEN');
    expect(state.value.steps.at(-1)).to.deep.equal({ step: 'line', status: 'refused' });
    const line = await lineIn(one);
    expect(line?.id).to.equal(rootId);
    expect(line?.files).to.have.lengthOf(2);
  });

  it('both follow the same set: no harm', async () => {
    const host = await ReleaseHost.open();
    const one = new ReleaseDesk();
    const visit = await one.visit(host);
    await visit.confirm('Garden');
    const other = new ReleaseDesk([], one.store);
    await other.releases.load();
    await host.rotate();
    const [here, there] = await Promise.all([one.visit(host), other.visit(host)]);
    expect([here.state.value.problem, there.state.value.problem]).to.deep.equal([undefined, undefined]);
    expect((await lineIn(one))?.files).to.have.lengthOf(2);
  });

  it('an index is not kept that was held against a root file which is not the newest any more', async () => {
    const { one, other, next, rootId, ada } = await tabs();
    const { id } = await other.releases.draftIndex({ rootId, releaseIds: [], expiresAt: NOW_MS + 1000 });
    await other.releases.sign(id, ada.key.fingerprint);
    await one.releases.settle(await next(one, 301));
    expect(await codeOf(other.releases.settle(id))).to.equal('ROOT_OVERTAKEN');
    expect((await lineIn(one))?.seen).to.equal(undefined);
  });

  it('of two indexes of one version only the first is kept; the other is told, and its draft stays', async () => {
    const { one, other, rootId, ada } = await tabs();
    const drafts = [];
    for (const [desk, days] of [
      [one, 1],
      [other, 2],
    ] as const) {
      const { id } = await desk.releases.draftIndex({ rootId, releaseIds: [], expiresAt: NOW_MS + days * 1000 });
      await desk.releases.sign(id, ada.key.fingerprint);
      drafts.push(id);
    }
    expect(await codeOf(one.releases.settle(drafts[0]!))).to.equal('kept');
    expect(await codeOf(other.releases.settle(drafts[1]!))).to.equal('INDEX_ROLLBACK');
    expect([...one.store.kept.drafts.keys()]).to.deep.equal([drafts[1]]);
  });

  it('an index that is held back until another tab has read a newer one is not believed', async () => {
    const host = await ReleaseHost.open();
    const one = new ReleaseDesk();
    await (await one.visit(host)).confirm('Garden');
    const other = new ReleaseDesk([], one.store);
    await other.releases.load();
    const older = host.files.get(INDEX_FILE)!;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    other.source = {
      read: async (path, most) => {
        if (path !== INDEX_FILE) return host.read(path, most);
        await held;
        return older;
      },
    };
    const visit = other.releases.visit({ kind: 'url', url: 'https://example.org/gh/' });
    host.index = { ...host.index, version: 9 };
    await host.publishEntries();
    const { state } = await one.visit(host);
    expect(state.value.index?.version).to.equal(9);
    release();
    await settled(visit);
    expect(visit.state.value.problem?.code).to.equal('INDEX_ROLLBACK');
    expect(visit.state.value.offers).to.deep.equal([]);
  });

  it('a set is refused as a whole when its publisher was forgotten meanwhile', async () => {
    const host = await ReleaseHost.open();
    const one = new ReleaseDesk();
    await (await one.visit(host)).confirm('Garden');
    const other = new ReleaseDesk([], one.store);
    await other.releases.load();
    await one.releases.forgetRoot(one.releases.roots.value![0]!.id);
    const { state } = await other.visit(host);
    expect(host.files.has(ROOT_FILE)).to.equal(true);
    expect(state.value.problem?.code).to.equal('RELEASE_FORGOTTEN');
  });
});
