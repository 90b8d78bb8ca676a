import { expect } from 'chai';
import type { ChangeTopic } from '../../src/app/ports.ts';
import { pageClock } from '../../src/io/page/clock.ts';
import { leavePageGuard } from '../../src/io/page/guards.ts';
import { BroadcastNotifier, webLocks } from '../../src/io/page/tabs.ts';

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

describe('other tabs', () => {
  it('hear what changed; the one that told does not, and nonsense is not heard', async () => {
    const name = `otter-test-${crypto.randomUUID()}`;
    const [here, there] = [new BroadcastNotifier(name), new BroadcastNotifier(name)];
    const heard: string[] = [];
    here.subscribe((topic: ChangeTopic) => heard.push(`here ${topic}`));
    const end = there.subscribe((topic) => heard.push(`there ${topic}`));
    const stranger = new BroadcastChannel(name);
    stranger.postMessage({ topic: 'firmware' });
    stranger.postMessage('constructor');
    here.tell('firmware');
    await tick();
    end();
    here.tell('devices');
    await tick();
    expect(heard).to.deep.equal(['there firmware']);
    for (const channel of [here, there, stranger]) channel.close();
  });

  it('cannot hold the same device, and may when it is free again', async () => {
    const name = `test:${crypto.randomUUID()}`;
    let second: boolean | undefined;
    const first = await webLocks.tryHold(name, async () => {
      second = await webLocks.tryHold(name, async () => expect.fail('ran twice'));
    });
    expect([first, second]).to.deep.equal([true, false]);
    expect(await webLocks.tryHold(name, async () => undefined)).to.equal(true);
  });

  it('get a device back when the work on it threw', async () => {
    const name = `test:${crypto.randomUUID()}`;
    const failed = await webLocks.tryHold(name, () => Promise.reject(new Error('work'))).catch((error: Error) => error.message);
    expect(failed).to.equal('work');
    expect(await webLocks.tryHold(name, async () => undefined)).to.equal(true);
  });
});

describe('the leave-page guard', () => {
  const isAsked = (): boolean => {
    const event = new Event('beforeunload', { cancelable: true });
    dispatchEvent(event);
    return event.defaultPrevented;
  };

  it('asks while anybody holds it, and releasing twice is harmless', () => {
    const guard = leavePageGuard();
    const [first, second] = [guard.take(), guard.take()];
    expect(isAsked()).to.equal(true);
    first();
    first();
    expect(isAsked()).to.equal(true);
    second();
    expect(isAsked()).to.equal(false);
  });
});

describe('pageClock', () => {
  it('sleeps, and wakes with the signal’s reason', async () => {
    const startedAt = performance.now();
    await pageClock.sleep(20);
    expect(performance.now() - startedAt).to.be.at.least(19);
    const reason = new Error('enough');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason));
    expect(await pageClock.sleep(10_000, controller.signal).catch((error: unknown) => error)).to.equal(reason);
    expect(await pageClock.sleep(10_000, AbortSignal.abort(reason)).catch((error: unknown) => error)).to.equal(reason);
  });
});
