import { expect } from 'chai';
import type { SerialError } from '../../../src/app/usb/errors.ts';
import { encodeReply, COMMANDS } from '../../../src/core/serial/packet.ts';
import { encodeSlip } from '../../../src/core/serial/slip.ts';
import { LoaderChannel } from '../../../src/io/serial/loader-channel.ts';
import { LoaderClient } from '../../../src/io/serial/loader-client.ts';
import { FakeWire } from '../../app/usb/usb-doubles.ts';
import { OrderedClock } from '../../doubles/ordered-clock.ts';

const { signal } = new AbortController();
const MINUTE_MS = 60_000;

function ready(): { readonly wire: FakeWire; readonly clock: OrderedClock; readonly client: LoaderClient } {
  const wire = new FakeWire(115_200);
  const clock = new OrderedClock();
  const client = new LoaderClient(new LoaderChannel({ wire, clock }));
  client.speakWith('stub');
  client.channel.expectsFrames = true;
  return { wire, clock, client };
}

describe('LoaderChannel, while a long answer is waited for', () => {
  it('bears some noise, however much it becomes in all', async () => {
    const { wire, clock, client } = ready();
    const erased = client.command('ERASE_FLASH', undefined, { signal, timeoutMs: MINUTE_MS });
    erased.catch(() => undefined);
    for (let second = 0; second < 50; second++) {
      await clock.sleep(1_000);
      wire.print('noise noise ');
    }
    wire.print(encodeSlip(encodeReply({ opcode: COMMANDS.ERASE_FLASH.opcode, value: 0 }, 2)));
    expect((await erased).status.failed).to.equal(false);
  });

  it('takes a log for the end of it, and says how long it really waited', async () => {
    const { wire, clock, client } = ready();
    const begun = clock.now();
    const erased = client.command('ERASE_FLASH', undefined, { signal, timeoutMs: MINUTE_MS }).catch((error: unknown) => error);
    await clock.sleep(1_000);
    wire.print('x'.repeat(100));
    const { code, details, message } = (await erased) as SerialError;
    const waitedMs = clock.now() - begun;
    expect([code, waitedMs < 2_000]).to.deep.equal(['TIMED_OUT', true]);
    expect([details.timeoutMs, message]).to.deep.equal([waitedMs, `ERASE_FLASH was not answered within ${waitedMs} ms`]);
    expect(client.channel.isAstray, 'and still knows why').to.equal(true);
  });
});
