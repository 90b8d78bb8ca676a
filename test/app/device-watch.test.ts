import { expect } from 'chai';
import { DeviceWatch } from '../../src/app/device-watch.ts';
import { DeviceError, LinkError } from '../../src/app/errors.ts';
import type { Problem } from '../../src/app/model.ts';
import { Subject } from '../../src/app/observable.ts';
import type { DeviceErrorCode, DeviceInfo } from '../../src/core/ota/device-contract.ts';
import { SteppedClock } from '../doubles/stepped-clock.ts';
import { infoOf } from './fixtures.ts';

const silence = new LinkError('UNREACHABLE', 'no', {});
const away = (code: DeviceErrorCode, retryAfterS?: number): DeviceError =>
  new DeviceError(code, 'away', { status: 503, ...(retryAfterS !== undefined && { retryAfterS }) });

class Bench {
  readonly clock = new SteppedClock();
  readonly visible = new Subject(true);
  readonly watch = new DeviceWatch({ clock: this.clock, page: { visible: this.visible }, ask: async () => this.ask() });
  /** What it says when it is asked. */
  says: DeviceInfo | Error = infoOf();
  asked = 0;
  problem: Problem | undefined;
  #before: DeviceInfo | undefined;

  ask(): void {
    this.asked++;
    if (this.says instanceof Error) {
      this.problem = this.watch.silent(this.says);
    } else {
      this.watch.answered(this.says, this.#before);
      this.#before = this.says;
    }
  }

  get link(): string {
    return this.watch.link;
  }
}

describe('DeviceWatch', () => {
  it('asks while somebody watches, however many do, and stops with the last', async () => {
    const bench = new Bench();
    const [first, second] = [bench.watch.watch(), bench.watch.watch()];
    await bench.clock.pass(4500);
    expect([bench.asked, bench.link]).to.deep.equal([4, 'online']);
    first();
    first();
    await bench.clock.pass(1500);
    expect(bench.asked).to.equal(5);
    second();
    await bench.clock.pass(10_000);
    expect(bench.asked).to.equal(5);
  });

  for (const code of ['IN_BOOT_LOADER', 'NOT_STARTED'] as const) {
    it(`does not ask anew for each view what it just said: ${code}`, async () => {
      const bench = new Bench();
      bench.says = away(code);
      bench.watch.watch()();
      await bench.clock.pass(0);
      for (let view = 0; view < 20; view++) {
        const leave = bench.watch.watch();
        await bench.clock.pass(100);
        leave();
      }
      expect(bench.asked).to.be.within(1, 3);
      bench.says = infoOf();
      const stay = bench.watch.watch();
      await bench.clock.pass(6000);
      expect(bench.link).to.equal('online');
      stay();
      const again = bench.asked;
      bench.watch.watch();
      await bench.clock.pass(0);
      expect(bench.asked, 'a device that answers is asked at once').to.equal(again + 1);
    });
  }

  it('does not ask while the page is hidden, and asks at once when it is seen again', async () => {
    const bench = new Bench();
    const stop = bench.watch.watch();
    await bench.clock.pass(0);
    bench.visible.set(false);
    await bench.clock.pass(60_000);
    expect(bench.asked).to.equal(1);
    bench.visible.set(true);
    await bench.clock.pass(0);
    expect(bench.asked).to.equal(2);
    stop();
  });

  it('asks nobody when the page is seen again and none watches', async () => {
    const bench = new Bench();
    bench.visible.set(false);
    bench.visible.set(true);
    await bench.clock.pass(10_000);
    expect(bench.asked).to.equal(0);
  });

  it('backs off from a device that does not answer, up to half a minute', async () => {
    const bench = new Bench();
    bench.says = silence;
    const stop = bench.watch.watch();
    await bench.clock.pass(120_000);
    expect(bench.clock.sleeps.slice(0, 6)).to.deep.equal([3000, 6000, 12_000, 24_000, 30_000, 30_000]);
    expect([bench.link, bench.problem?.code]).to.deep.equal(['unreachable', 'UNREACHABLE']);
    bench.says = infoOf();
    await bench.clock.pass(30_000);
    expect(bench.link).to.equal('online');
    stop();
  });

  it('does not ask before a device that starts said it answers, and not longer than that', async () => {
    const bench = new Bench();
    bench.ask();
    bench.watch.expectRestart();
    bench.says = away('REBOOTING', 3);
    const before = bench.asked;
    const stop = bench.watch.watch();
    await bench.clock.pass(0);
    expect(bench.asked - before).to.equal(1);
    bench.says = infoOf({ uptime_s: 1 });
    await bench.clock.pass(2_999);
    expect([bench.asked - before, bench.link]).to.deep.equal([1, 'restarting']);
    await bench.clock.pass(1);
    expect(bench.link).to.equal('online');
    bench.says = away('REBOOTING', 3600);
    await bench.clock.pass(1_500);
    bench.says = infoOf({ uptime_s: 1 });
    await bench.clock.pass(5_000);
    expect(bench.link).to.equal('online');
    stop();
  });

  it('asks a device that is in its boot loader now and then only, and sees its return within six seconds', async () => {
    const bench = new Bench();
    bench.says = away('IN_BOOT_LOADER');
    const stop = bench.watch.watch();
    await bench.clock.pass(60_000);
    expect(bench.asked).to.be.within(8, 13);
    expect(bench.link).to.equal('boot-loader');
    bench.says = infoOf();
    await bench.clock.pass(6_000);
    expect(bench.link).to.equal('online');
    stop();
  });

  it('asks nothing of a chip that a cable holds, whoever answers meanwhile, and expects its start once it is let go', async () => {
    const bench = new Bench();
    const stop = bench.watch.watch();
    await bench.clock.pass(0);
    bench.watch.hold();
    await bench.clock.pass(600_000);
    expect(bench.asked).to.equal(1);
    bench.watch.expectRestart();
    bench.watch.answered(infoOf(), infoOf());
    expect(bench.link, 'an answer that was under way').to.equal('boot-loader');
    expect(bench.watch.silent(silence)).to.equal(undefined);
    expect(bench.link).to.equal('boot-loader');
    bench.says = silence;
    bench.watch.letGo();
    await bench.clock.pass(10_000);
    expect(bench.link).to.equal('restarting');
    await bench.clock.pass(10_000);
    expect(bench.link).to.equal('unreachable');
    stop();
  });

  it('takes whatever answers after a cable let go for another boot', () => {
    const bench = new Bench();
    bench.ask();
    bench.watch.hold();
    bench.watch.letGo();
    bench.ask();
    expect(bench.link).to.equal('online');
  });

  it('says that a device does not start', () => {
    const bench = new Bench();
    bench.says = away('NOT_STARTED');
    bench.ask();
    expect([bench.link, bench.problem]).to.deep.equal(['not-starting', undefined]);
  });

  it('does not call it a restart for ever when a device that says so gives no time', async () => {
    const bench = new Bench();
    bench.says = away('REBOOTING');
    const stop = bench.watch.watch();
    await bench.clock.pass(10_000);
    expect(bench.link).to.equal('restarting');
    await bench.clock.pass(20_000);
    expect([bench.link, bench.problem?.code]).to.deep.equal(['unreachable', 'TIMEOUT']);
    stop();
  });

  it('expects silence after a restart, for a while, and sees through the old boot’s last words', () => {
    const bench = new Bench();
    bench.ask();
    bench.watch.expectRestart();
    bench.says = infoOf({ uptime_s: 1001 });
    bench.ask();
    expect(bench.link).to.equal('restarting');
    bench.says = silence;
    bench.ask();
    expect(bench.link).to.equal('restarting');
    bench.clock.time += 61_000;
    bench.ask();
    expect(bench.link).to.equal('unreachable');
    bench.says = infoOf({ uptime_s: 1 });
    bench.ask();
    expect(bench.link).to.equal('online');
  });

  it('asks nothing more once it has ended', async () => {
    const bench = new Bench();
    bench.watch.watch();
    await bench.clock.pass(0);
    bench.watch.end();
    bench.visible.set(false);
    bench.visible.set(true);
    bench.watch.watch();
    await bench.clock.pass(60_000);
    expect(bench.asked).to.equal(1);
  });
});
