import { expect } from 'chai';
import {
  CLASSIC_RESET,
  CLASSIC_RESET_LONG,
  downloadSequences,
  isUsbSerialJtag,
  RUN_RESET,
  RUN_RESET_USB,
  runSequence,
  USB_JTAG_RESET,
  type ResetSequence,
} from '../../../src/core/serial/reset-sequence.ts';

interface Lines {
  readonly dtr: boolean;
  readonly rts: boolean;
}

/** Two transistors: RTS pulls EN while DTR is not asserted, DTR pulls IO0 while RTS is not. */
const pins = ({ dtr, rts }: Lines) => ({ enable: dtr || !rts, io0: rts || !dtr });

/** What operating systems make of a step: one line after the other, in either order. */
function* states({ steps }: ResetSequence, first: 'dtr' | 'rts'): Generator<Lines> {
  let lines: Lines = { dtr: false, rts: false };
  for (const step of steps) {
    if ('waitMs' in step) continue;
    yield (lines = { ...lines, [first]: step[first] });
    yield (lines = step);
  }
}

/** A chip behind the classic circuit: IO0 is sampled where EN rises and stays up to the next step. */
function startsInto(sequence: ResetSequence): 'download' | 'run' | 'nothing' {
  let enable = true;
  let started: 'download' | 'run' | 'nothing' = 'nothing';
  for (const step of sequence.steps) {
    if ('waitMs' in step) continue;
    const { enable: rises, io0 } = pins(step);
    if (!enable && rises) started = io0 ? 'run' : 'download';
    enable = rises;
  }
  return started;
}

describe('reset sequences', () => {
  it('the classic ones start the boot loader, the others the application', () => {
    expect(startsInto(CLASSIC_RESET)).to.equal('download');
    expect(startsInto(CLASSIC_RESET_LONG)).to.equal('download');
    expect(startsInto(RUN_RESET)).to.equal('run');
    expect(startsInto(RUN_RESET_USB)).to.equal('run');
  });

  it('all of them leave both lines released', () => {
    for (const { name, steps } of [CLASSIC_RESET, CLASSIC_RESET_LONG, USB_JTAG_RESET, RUN_RESET, RUN_RESET_USB]) {
      expect(
        steps.findLast((step) => 'dtr' in step),
        name,
      ).to.deep.equal({ dtr: false, rts: false });
    }
  });

  it('USB Serial/JTAG: from "download" to "reset" never through (0,0), whichever line changes first', () => {
    for (const first of ['dtr', 'rts'] as const) {
      const seen = [...states(USB_JTAG_RESET, first)].map(({ dtr, rts }) => `${Number(dtr)}${Number(rts)}`);
      const download = seen.lastIndexOf('10');
      const reset = seen.indexOf('01', download);
      expect(download).to.be.at.least(0);
      expect(seen.slice(download, reset)).not.to.include('00');
    }
  });

  it('what is tried depends on what the port says it is', () => {
    expect(downloadSequences({ usbVendorId: 0x303a, usbProductId: 0x1001 })).to.deep.equal([USB_JTAG_RESET]);
    expect(downloadSequences({ usbVendorId: 0x10c4, usbProductId: 0xea60 })).to.deep.equal([CLASSIC_RESET, CLASSIC_RESET_LONG]);
    expect(downloadSequences({})).to.include.members([CLASSIC_RESET, USB_JTAG_RESET]);
    expect(runSequence({ usbVendorId: 0x303a, usbProductId: 0x1001 })).to.equal(RUN_RESET_USB);
    expect(runSequence({})).to.equal(RUN_RESET);
    expect(isUsbSerialJtag({ usbVendorId: 0x303a, usbProductId: 2 })).to.equal(false);
  });
});
