import { expect } from 'chai';
import { COMMANDS, encodeReply, SYNC_VALUE } from '../../../src/core/serial/packet.ts';
import type { StatusLength } from '../../../src/core/serial/packet.ts';
import { encodeSlip } from '../../../src/core/serial/slip.ts';
import { LoaderChannel } from '../../../src/io/serial/loader-channel.ts';
import { LoaderClient } from '../../../src/io/serial/loader-client.ts';
import { FakeWire } from '../../app/usb/usb-doubles.ts';
import { OrderedClock } from '../../doubles/ordered-clock.ts';

const { signal } = new AbortController();
const REFUSED = { failed: true, code: 0x05 };
const DONE = { failed: false, code: 0 };
const { opcode } = COMMANDS.SYNC;

/** Who is found where a SYNC is answered so. */
async function foundBy(length: StatusLength, status: typeof DONE, value: number): Promise<'rom' | 'stub' | undefined> {
  const wire = new FakeWire(115_200);
  const client = new LoaderClient(new LoaderChannel({ wire, clock: new OrderedClock() }));
  wire.onSend = () => wire.print(encodeSlip(encodeReply({ opcode, value, status }, length)));
  return await client.sync(signal);
}

describe('LoaderClient.sync()', () => {
  it('tells a ROM from a stub', async () => {
    expect(await foundBy(4, DONE, SYNC_VALUE)).to.equal('rom');
    expect(await foundBy(2, DONE, 0)).to.equal('stub');
  });

  it('takes what a ROM was refusing before for what it is: nothing', async () => {
    expect(await foundBy(4, { failed: false, code: 0x05 }, SYNC_VALUE)).to.equal('rom');
  });

  it('takes a ROM that refuses a damaged SYNC for nobody, and not for a stub', async () => {
    expect(await foundBy(4, REFUSED, 0)).to.equal(undefined);
    expect(await foundBy(2, REFUSED, 0)).to.equal(undefined);
  });
});
